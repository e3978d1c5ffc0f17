"""Sourcing's set-up as the API lists it."""

from __future__ import annotations

import sys

from oms.sourcing.rates import RateCard
from oms.sourcing.rules import SourcingRule

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict


class SourcingRules(TypedDict):
    """All rules, in the order in which they are asked whether they apply."""

    rules: list[SourcingRule]


class RateCards(TypedDict):
    """All rate cards, by id."""

    rate_cards: list[RateCard]


class Deleted(TypedDict):
    """What is no longer there."""

    deleted: str
    """Its id."""
