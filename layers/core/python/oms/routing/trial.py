"""Rules on trial over past orders, as the API asks for it and answers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from oms.errors import NotFound
from oms.orders.evolve import fold
from oms.orders.log import OrderLog
from oms.setup import ID_PATTERN
from oms.sourcing.forms import MOST_RULES, SourcingRuleForm
from oms.sourcing.rules import SourcingRule
from oms.sourcing.simulation import Comparison, Trial, compared, simulate

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict

MOST_ORDERS = 50
"""Orders of one call: each is a read of its log, and two searches."""


class TrialRule(SourcingRuleForm):
    """A rule of sourcing under its id, as it would be set up."""

    rule_id: Annotated[str, Field(pattern=ID_PATTERN)]

    @property
    def rule(self) -> SourcingRule:
        """The rule."""
        return self.value(self.rule_id)


class SimulateRouting(BaseModel):
    """The rules to try, and on which past orders: those that are named, or those of some days."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    rules: Annotated[list[TrialRule], Field(max_length=MOST_RULES)]
    """All rules that would hold. Orders to which none applies go by the rule of the house: an empty list tries it."""
    order_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_ORDERS)] | None = None
    first_day: date | None = None
    """Orders placed on this day (UTC) or later, the newest first; the answer has a cursor for the next page."""
    last_day: date | None = None
    """And on this day or earlier; without it, `first_day` alone."""
    limit: Annotated[int, Field(ge=1, le=MOST_ORDERS)] = MOST_ORDERS
    cursor: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> SimulateRouting:
        if (self.order_ids is None) == (self.first_day is None):
            raise ValueError("which orders? Name order_ids, or days from first_day on")
        if self.order_ids is not None and (self.last_day or self.cursor):
            raise ValueError("order_ids: these are all; last_day and cursor go with first_day")
        if self.last_day and self.first_day and self.last_day < self.first_day:
            raise ValueError("last_day: not before first_day")
        return self


class OutcomeResource(TypedDict):
    """What sourcing an order came to, or would have."""

    rule_id: str
    location_ids: list[str]
    parcels: int
    kilometres: int | None
    shipping: int | None
    """By rate cards, with handling, in minor units of the order's currency; null without any rate card."""
    cost: int | None
    """Of either plan by the rule on trial, in minor units of its currency; null where it weighs no money."""
    arrives: str | None
    unfilled: int
    """Units that wait for stock."""


class TrialResource(TypedDict):
    """An order as it was sourced first, and as it would have been."""

    order_id: str
    sourced_at: str
    currency: str
    """Of `shipping`."""
    cost_currency: str
    changed: bool
    """Whether any unit would come from elsewhere, or wait, or not."""
    left_out: int
    """Locations with stock that were too many to be kept: they are candidates of neither plan."""
    before: OutcomeResource
    after: OutcomeResource


class TotalResource(TypedDict):
    """Sums over the orders of this answer; amounts in minor units by currency."""

    parcels: int
    kilometres: int
    unfilled: int
    shipping: dict[str, int]
    cost: dict[str, int]


class ComparisonResource(TypedDict):
    """All orders of this answer together."""

    orders: int
    changed: int
    earlier: int
    """Orders whose last parcel would arrive earlier."""
    later: int
    days: int
    """Days by which they would arrive later in sum; below zero when earlier."""
    before: TotalResource
    after: TotalResource


class SkippedOrder(TypedDict):
    """An order that could not be tried."""

    order_id: str
    why: str


class SimulationResource(TypedDict):
    """What other rules would have changed."""

    orders: list[TrialResource]
    total: ComparisonResource
    skipped: list[SkippedOrder]
    cursor: str | None


class _First(NamedTuple):
    """An order's first decision."""

    at: datetime
    inputs: Mapping[str, Any]
    postal_code: str


def trials(
    log: OrderLog, order_ids: Iterable[str], rules: Sequence[SourcingRule], cursor: str | None
) -> SimulationResource:
    """Each order's first sourcing beside what the rules on trial would have made of it.

    Raises:
        NotFound: there is no order of one of the ids.
    """
    tried: list[tuple[str, _First, Trial]] = []
    skipped: list[SkippedOrder] = []
    for order_id in order_ids:
        first = _first_decision(log, order_id)
        if isinstance(first, str):
            skipped.append({"order_id": order_id, "why": first})
            continue
        try:
            trial = simulate(first.inputs, rules, postal_code=first.postal_code)
        except ValueError:
            skipped.append({"order_id": order_id, "why": "what its sourcing rested on cannot be read any more"})
            continue
        tried.append((order_id, first, trial))
    return {
        "orders": [_trial(*each) for each in tried],
        "total": _total(compared([trial for _, _, trial in tried])),
        "skipped": skipped,
        "cursor": cursor,
    }


def _first_decision(log: OrderLog, order_id: str) -> _First | str:
    """The first sourcing of an order, with the postal code as it was then; or why there is none."""
    entries = log.entries(order_id)
    if not entries:
        raise NotFound(f"there is no order {order_id}")
    for count, entry in enumerate(entries, 1):
        for event in entry.events:
            explanation = getattr(event, "explanation", None)
            if explanation is None:
                continue
            if not explanation.inputs:
                return "what its sourcing rested on was not kept"
            order = fold(entries[:count])
            shipping = order.contact.shipping if order and order.contact else None
            return _First(entry.at, explanation.inputs, shipping.postal_code if shipping else "")
    return "it was not sourced yet"


def _trial(order_id: str, first: _First, trial: Trial) -> TrialResource:
    told: TrialResource = _plain(
        {
            "order_id": order_id,
            "sourced_at": first.at.isoformat().replace("+00:00", "Z"),
            "currency": trial.currency,
            "cost_currency": trial.cost_currency,
            "changed": trial.changed,
            "left_out": int(first.inputs.get("left_out", 0)),
            "before": asdict(trial.before),
            "after": asdict(trial.after),
        }
    )
    return told


def _total(comparison: Comparison) -> ComparisonResource:
    told: ComparisonResource = _plain(asdict(comparison))
    return told


def _plain(value: Any) -> Any:
    """JSON's own types."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
