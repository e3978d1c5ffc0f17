"""Availability and reservations as the API takes and shows them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oms.clock import to_text
from oms.errors import FieldError, InvalidInput
from oms.ids import MAX_SKU
from oms.orders.contact import Address
from oms.orders.sold import MAX_UNITS
from oms.routing.quoted import LineQuote, Quote
from oms.stock.reservations import MAX_LINES, Reservation

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict

LONGEST = 24 * 60
"""Minutes that a reservation may last, from when it is made or extended."""

ALPHA_2 = 2
"""Letters of a country code."""

Country = Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]
Minutes = Annotated[int, Field(ge=1, le=LONGEST)]


class Strict(BaseModel):
    """A request in which a misspelt field is not taken for a default."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class BasketLine(Strict):
    """So many units of a sku. A sku that stands on several lines is added up."""

    sku: Annotated[str, Field(min_length=1, max_length=MAX_SKU)]
    quantity: Annotated[int, Field(ge=1, le=MAX_UNITS)] = 1


class MakeReservation(Strict):
    """A basket whose units are to be kept until its order comes. All of it is reserved, or nothing."""

    lines: Annotated[list[BasketLine], Field(min_length=1, max_length=MAX_LINES)]
    channel_id: Annotated[str, Field(max_length=64)] = ""
    """The channel whose pool and buffer count, and whose orders may use it; empty for any."""
    minutes: Minutes = 15
    """How long the units are kept."""
    country: Country = ""
    """Where the parcel is likely to go (ISO 3166-1 alpha-2), so that units near there are kept."""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    city: Annotated[str, Field(max_length=200)] = ""
    pickup_location_id: Annotated[str, Field(max_length=64)] = ""
    """The store in which the customer will fetch it."""


class ExtendReservation(Strict):
    """Keep the units for so many minutes from now."""

    minutes: Minutes = 15


class UnitsByDay(TypedDict):
    """From a day on, so many units in all may be promised."""

    date: str
    units: int


class PartResource(TypedDict):
    """Units that one location would send."""

    location_id: str
    quantity: int
    available_on: str
    """The day on which the location has them."""
    arrives: str | None
    """The day by which they should be there; null without a country."""


class LineAvailability(TypedDict):
    """What one sku of the basket can be promised."""

    sku: str
    quantity: int
    answer: str
    """`in_stock`, `incoming`, `backorder`, `unavailable` or `unknown`."""
    available: int
    """Units that may be promised from stock, whatever the basket asks for."""
    available_by: list[UnitsByDay]
    """Units that may be promised in all, from each day on which that changes; the first is today."""
    parts: list[PartResource]
    """Where the basket's units would come from."""
    undated: int
    """Units that may be ordered, and nobody knows when they come."""
    refused: int
    """Units beyond those that may wait for stock."""
    release_date: str | None
    """Until then it is preordered; null for what is out."""
    earliest_delivery: str | None
    """When all of the line should be there; null when that is not known."""


class AvailabilityResource(TypedDict):
    """What a basket can be promised."""

    as_of: str
    channel_id: str
    orderable: bool
    """Whether an order for it would go on without anybody's help."""
    earliest_delivery: str | None
    """When the last of it should be there; null when that is not known of all."""
    lines: list[LineAvailability]


class ReservedResource(TypedDict):
    """Units kept at a location; of a kit, its components."""

    sku: str
    location_id: str
    quantity: int


class BasketLineResource(TypedDict):
    """What was asked for."""

    sku: str
    quantity: int


class ReservationResource(TypedDict):
    """Units kept for a basket."""

    reservation_id: str
    """An order that names it as `reservation_id` takes it over."""
    status: str
    """`open`, `used`, `released` or `expired`."""
    channel_id: str
    lines: list[BasketLineResource]
    units: list[ReservedResource]
    made_at: str
    expires_at: str
    closed_at: str | None
    order_id: str
    """The order that used it; empty when none did."""
    version: int
    actions: list[str]
    """What can be done with it now: `extend`, `release`."""


def basket_of(skus: Sequence[str], quantities: Sequence[str]) -> dict[str, int]:
    """The basket that repeated `sku` and `quantity` name: in the same order; without quantities, one each.

    Raises:
        InvalidInput: names what is wrong.
    """
    if not skus or not all(skus):
        raise InvalidInput("name at least one sku", path="sku")
    if len(skus) > MAX_LINES:
        raise InvalidInput(f"at most {MAX_LINES} skus at a time", path="sku")
    if quantities and len(quantities) != len(skus):
        raise InvalidInput(f"{len(quantities)} quantities for {len(skus)} skus: name one for each", path="quantity")
    wrong = [
        FieldError(f"quantity[{number}]", f"a whole number from 1 to {MAX_UNITS}")
        for number, each in enumerate(quantities)
        if not (each.isascii() and each.isdigit() and 1 <= int(each) <= MAX_UNITS)
    ]
    if wrong:
        raise InvalidInput("some quantities are none; see errors", errors=wrong)
    basket: dict[str, int] = {}
    for number, sku in enumerate(skus):
        basket[sku] = basket.get(sku, 0) + (int(quantities[number]) if quantities else 1)
    return basket


def destination(asked: Mapping[str, str]) -> Address:
    """Where the query says that the basket would go.

    Raises:
        InvalidInput: the country is none.
    """
    country = asked.get("country", "").strip().upper()
    if country and not (len(country) == ALPHA_2 and country.isascii() and country.isalpha()):
        raise InvalidInput(f"{country!r} is no country code of two letters", path="country")
    return Address(country=country, postal_code=asked.get("postal_code", "")[:20], city=asked.get("city", "")[:200])


def until(now: datetime, wish: ExtendReservation) -> datetime:
    """When an extended reservation ends."""
    return now + timedelta(minutes=wish.minutes)


def availability_resource(quote: Quote, *, as_of: str, channel_id: str, dated: bool) -> AvailabilityResource:
    """A quote; `dated` when it is known to which country the goods go."""
    return {
        "as_of": as_of,
        "channel_id": channel_id,
        "orderable": quote.orderable,
        "earliest_delivery": _day(quote.arrives) if dated else None,
        "lines": [_line(each, dated=dated) for each in quote.lines],
    }


def reservation_resource(reservation: Reservation) -> ReservationResource:
    """A reservation as it stands."""
    return {
        "reservation_id": reservation.reservation_id,
        "status": reservation.status.value,
        "channel_id": reservation.channel_id,
        "lines": [{"sku": sku, "quantity": units} for sku, units in reservation.lines.items()],
        "units": [
            {"sku": each.sku, "location_id": each.location_id, "quantity": each.quantity} for each in reservation.units
        ],
        "made_at": to_text(reservation.made_at),
        "expires_at": to_text(reservation.expires_at),
        "closed_at": to_text(reservation.closed_at) if reservation.closed_at else None,
        "order_id": reservation.order_id,
        "version": reservation.version,
        "actions": ["extend", "release"] if reservation.open else [],
    }


def _line(line: LineQuote, *, dated: bool) -> LineAvailability:
    return {
        "sku": line.sku,
        "quantity": line.quantity,
        "answer": line.answer.value,
        "available": line.available,
        "available_by": [{"date": day.isoformat(), "units": units} for day, units in line.steps],
        "parts": [
            {
                "location_id": each.location_id,
                "quantity": each.quantity,
                "available_on": each.available_on.isoformat(),
                "arrives": each.arrives.isoformat() if dated else None,
            }
            for each in line.parts
        ],
        "undated": line.undated,
        "refused": line.refused,
        "release_date": _day(line.product.release_date) if line.product else None,
        "earliest_delivery": _day(line.arrives) if dated else None,
    }


def _day(day: object) -> str | None:
    return str(day) if day else None
