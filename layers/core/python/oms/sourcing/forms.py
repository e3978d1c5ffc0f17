"""Rules of sourcing and rate cards as callers send them, checked field by field."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from oms.errors import InvalidInput
from oms.money import exponent
from oms.sourcing.rates import RateCard, Zone
from oms.sourcing.rules import Amount, Applies, Objective, Places, SourcingRule

MOST_RULES = 200
"""Rules that are looked at for an order."""


def _currency(value: str) -> str:
    if value:
        try:
            exponent(value)
        except InvalidInput as error:
            raise ValueError(error.detail) from None
    return value


def _countries(value: tuple[str, ...]) -> None:
    if wrong := [each for each in value if not re.fullmatch("[A-Z]{2}", each)]:
        raise ValueError(f"countries: ISO 3166-1 alpha-2, such as DE, and not {wrong[0]!r}")


def _for_orders(applies: Applies) -> Applies:
    _countries(applies.countries)
    if applies.min_value is not None and applies.max_value is not None and applies.max_value < applies.min_value:
        raise ValueError("max_value: not below min_value")
    return applies


def _zone(zone: Zone) -> Zone:
    _countries(zone.countries)
    for lighter, heavier in pairwise(zone.steps):
        if heavier.grams <= lighter.grams:
            raise ValueError(f"steps: {heavier.grams} g does not come after {lighter.grams} g")
        if heavier.price < lighter.price:
            raise ValueError(f"steps: {heavier.grams} g is cheaper than {lighter.grams} g")
    return zone


Currency = Annotated[str, AfterValidator(_currency)]
Rate = Annotated[int, Field(gt=0, le=10**15)]


class SourcingRuleForm(BaseModel):
    """How orders are sourced: which orders, from which locations, and what counts as good."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)

    name: Annotated[str, Field(max_length=200)] = ""
    """For people."""
    priority: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Of the rules that apply to an order the one of the lowest number is taken."""
    active: bool = True
    """An inactive rule applies to no order."""
    applies: Annotated[Applies, AfterValidator(_for_orders)] = Applies()
    """Which orders it is for; without any field for all."""
    places: Places = Places()
    """Which locations may give."""
    objective: Objective = Objective()
    """What counts as good."""
    currency: Currency = ""
    """ISO 4217, of the rule's amounts; empty for each order's own."""
    exchange: Annotated[
        dict[Annotated[str, Field(min_length=1), AfterValidator(_currency)], Rate], Field(max_length=50)
    ] = {}
    """Minor units of `currency` that a million minor units of another currency are, by that currency."""
    max_parcels: Annotated[int, Field(ge=1, le=100)] | None = None
    """An order goes out in so many parcels at most; what would take a further one waits. Null: any number."""
    min_value_per_split: Amount = 0
    """A parcel beside the first must carry goods of at least this value, tax included; cheaper goods wait."""
    split_lines: bool = True
    """Whether units of a sku may come from several locations; if not, they wait until one location has them all."""

    @model_validator(mode="after")
    def _consistent(self) -> SourcingRuleForm:
        if self.exchange and not self.currency:
            raise ValueError("exchange: into which currency? Name the rule's currency")
        if self.currency in self.exchange:
            raise ValueError(f"exchange: {self.currency} is the rule's own currency")
        amounts = (
            self.applies.min_value,
            self.applies.max_value,
            self.min_value_per_split,
            self.objective.parcel,
            self.objective.late_day,
            self.objective.balance,
        )
        if any(amounts) and not self.currency:
            raise ValueError("currency: amounts need one")
        return self

    def value(self, rule_id: str) -> SourcingRule:
        """The rule under its id."""
        return SourcingRule(rule_id=rule_id, **{name: getattr(self, name) for name in SourcingRuleForm.model_fields})


class RateCardForm(BaseModel):
    """What a carrier asks for a parcel, by zone and weight."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)

    name: Annotated[str, Field(max_length=200)] = ""
    """For people."""
    currency: Annotated[str, Field(min_length=3, max_length=3), AfterValidator(_currency)]
    """ISO 4217, of all its prices."""
    zones: Annotated[list[Annotated[Zone, AfterValidator(_zone)]], Field(min_length=1, max_length=300)]
    """The first that a destination meets is the one that counts."""

    def value(self, card_id: str) -> RateCard:
        """The card under its id."""
        return RateCard(card_id=card_id, name=self.name, currency=self.currency, zones=tuple(self.zones))
