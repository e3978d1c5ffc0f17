"""The screeners that there are: our own rules, and vendors by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from oms.fraud.protocol import Screener, Screening, ScreeningRequest
from oms.fraud.rules import Counted, FraudRules
from oms.fraud.score import Known, assess, looks
from oms.fraud.simulated import SimulatedVendor
from oms.fraud.traits import traits
from oms.orders.screening import ScreeningOutcome

EXEMPT = "exempt"
"""Stands in place of a provider for orders that the rules leave alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An order in which a trait was seen."""

    order_id: str
    placed_at: datetime


class Counters(Protocol):
    """Remembers which orders had a trait in common, without the trait itself."""

    def others(
        self, counted: Counted, value: str, sighting: Sighting, *, within: timedelta, limit: int
    ) -> Sequence[datetime]:
        """Note the order, then say when others with the same trait were placed: the newest first, at most `limit`.

        The same order noted again is the same order.
        """
        ...


@dataclass(frozen=True, slots=True)
class RulesScreener:
    """Applies rules, and counts for them what they ask for: one write and one read for each trait."""

    rules: FraudRules
    counters: Counters

    def screen(self, request: ScreeningRequest) -> Screening:
        """See `Screener`; never unavailable by itself."""
        from oms.fraud.disposable import is_disposable

        sighting = Sighting(order_id=request.order_id, placed_at=request.placed_at)
        values = traits(request)
        others = {
            counted: self.counters.others(
                counted, values[counted], sighting, within=timedelta(hours=look.hours), limit=look.orders
            )
            for counted, look in looks(self.rules).items()
            if counted in values
        }
        return assess(self.rules, request, Known(others=others, disposable=is_disposable))


@dataclass(frozen=True, slots=True)
class Exempt:
    """Lets pass what the rules leave alone."""

    def screen(self, request: ScreeningRequest) -> Screening:  # noqa: ARG002 - whatever it is
        """See `Screener`."""
        return Screening(score=0, outcome=ScreeningOutcome.ACCEPT, provider=EXEMPT)


def screener(rules: FraudRules, request: ScreeningRequest, counters: Counters) -> Screener:
    """Who screens this order under these rules.

    Raises:
        KeyError: the rules name a provider that there is not.
    """
    if request.method in rules.exempt:
        return Exempt()
    match rules.provider:
        case "rules":
            return RulesScreener(rules, counters)
        case "simulated":
            return SimulatedVendor()
    raise KeyError(rules.provider)
