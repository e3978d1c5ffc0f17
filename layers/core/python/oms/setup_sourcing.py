"""What set-up says about sourcing, checked: what a location can and asks for, and what a product asks of a location."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from oms.setup import ID_PATTERN, LocationKind

WEEK = 7


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {value!r}: write it as Europe/Berlin") from None
    return value


def _once(value: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(value))


def _cut_off(value: str) -> str:
    if value:
        try:
            given = time.fromisoformat(value)
        except ValueError:
            given = time.max
        if given.strftime("%H:%M") != value:
            raise ValueError("write the time as 14:30")
    return value


def _week(value: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(value)))


Name = Annotated[str, Field(pattern=ID_PATTERN)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Ability = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Service = Annotated[str, Field(min_length=1, max_length=100)]
Cost = Annotated[int, Field(ge=0, le=1_000_000)]
Percent = Annotated[int, Field(ge=0, le=100)]
Abilities = Annotated[tuple[Ability, ...], Field(max_length=20), AfterValidator(_once)]


class SourcingOfLocation(BaseModel):
    """What sourcing has to know of a location."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)

    kind: LocationKind = LocationKind.WAREHOUSE
    groups: Annotated[tuple[Name, ...], Field(max_length=50), AfterValidator(_once)] = ()
    """Names under which rules of sourcing speak of several locations."""
    markets: Annotated[tuple[Country, ...], Field(max_length=250), AfterValidator(_once)] = ()
    """Countries that it ships to (ISO 3166-1 alpha-2); empty for all."""
    abilities: Abilities = ()
    """What it can handle that not every location can: `hazmat`, `cold`, `oversize`, or a name of your own."""
    services: Annotated[tuple[Service, ...], Field(max_length=50), AfterValidator(_once)] = ()
    """Shipping services that it offers, as the channels name them; empty for all."""
    ships: bool = True
    """Whether it sends parcels to customers; a store that does not can still hand over in person."""
    daily_capacity: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Units that it can hand over on one working day; 0 for any number."""
    cut_off: Annotated[str, AfterValidator(_cut_off)] = ""
    """Time of its day (`14:30`) until which an order counts as of the same day; empty for midnight."""
    time_zone: Annotated[str, Field(max_length=60), AfterValidator(_zone)] = "UTC"
    """IANA name, such as `Europe/Berlin`."""
    working_days: Annotated[
        tuple[Annotated[int, Field(ge=1, le=WEEK)], ...], Field(max_length=WEEK), AfterValidator(_week)
    ] = ()
    """Days of the week on which it works, 1 for Monday to 7 for Sunday; empty for those usual in its country."""
    closed_days: Annotated[tuple[date, ...], Field(max_length=400), AfterValidator(_once)] = ()
    """Further days on which it does not work, beside its country's public holidays."""
    rate_card: Annotated[str, Field(pattern=rf"^$|{ID_PATTERN}")] = ""
    """Id of the rate card by which its parcels are charged."""
    handling_parcel: Cost = 0
    """What preparing a parcel costs here, in minor units of its rate card's currency."""
    handling_unit: Cost = 0
    """What picking a unit costs here, in the same."""
    unsold_percent: Percent = 0
    """Share of its stock that it will not sell by itself before the price goes down."""


class SourcingCells(BaseModel):
    """In CSV a list is one cell, its parts divided by `|`: `hazmat|cold`, `2026-12-24|2026-12-31`."""

    @field_validator(
        "groups",
        "markets",
        "abilities",
        "services",
        "working_days",
        "closed_days",
        mode="before",
        check_fields=False,
    )
    @classmethod
    def _parts_of_a_cell(cls, value: object) -> object:
        return [each.strip() for each in value.split("|") if each.strip()] if isinstance(value, str) else value


class SourcingOfProduct(BaseModel):
    """What a product asks of the locations that ship it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)

    requires: Abilities = ()
    """Abilities that a location must have to ship it: `hazmat`, `cold`, `oversize`, or a name of your own."""
    markdown_percent: Percent = 0
    """Share of its price that it loses when it is not sold in time."""


class ProductCells(BaseModel):
    """As `SourcingCells`."""

    @field_validator("requires", "substitutes", mode="before", check_fields=False)
    @classmethod
    def _required_in_a_cell(cls, value: object) -> object:
        return [each.strip() for each in value.split("|") if each.strip()] if isinstance(value, str) else value
