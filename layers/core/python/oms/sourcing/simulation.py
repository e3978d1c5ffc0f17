"""Past orders sourced again by other rules: the same function, on the inputs that their logs keep.

Of each order its first sourcing is made again, when all its units were open, from what was known then: stock, places,
calendars, rate cards, and who was kept from giving. It is asked twice, by the rule of then and by the rules on trial,
and both answers are measured with the same yardsticks. Orders do not take stock from one another here: each sees what
it saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from oms.sourcing.decide import Decision, Question, decide
from oms.sourcing.explanation import currency_of
from oms.sourcing.objective import MILLI, Prices, Terms
from oms.sourcing.plan import Assignment, ranked_sites
from oms.sourcing.record import question_of
from oms.sourcing.rules import Objective, SourcingRule

_WHAT_CARRIERS_ASK = Objective(fewest_parcels=False, shipping=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What sourcing an order came to, or would have."""

    rule_id: str
    location_ids: tuple[str, ...]
    """Nearest first."""
    parcels: int
    kilometres: int | None
    """Of all parcels; None when one distance is not known."""
    shipping: int | None
    """By rate cards, with handling, in minor units of the order's currency; None when no location has a rate card."""
    cost: int | None
    """By the rule on trial, in minor units of its currency; None where it weighs no money."""
    arrives: date | None
    """When the last parcel should be there; None when nothing is sent."""
    unfilled: int
    """Units that wait for stock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An order as it was sourced, and as it would have been."""

    before: Outcome
    after: Outcome
    currency: str
    """Of `shipping`."""
    cost_currency: str
    """Of `cost`; empty where the rule on trial weighs no money."""
    changed: bool
    """Whether any unit would come from elsewhere, or wait, or not."""


def simulate(inputs: Mapping[str, Any], rules: Iterable[SourcingRule], *, postal_code: str = "") -> Trial:
    """An order's recorded decision beside what the rules on trial would have decided.

    Orders to which none of the rules applies go by the rule of the house, as they would in earnest. Without the
    `postal_code`, rules for certain postal codes apply to none.

    Raises:
        ValueError: there is no record, or not one that can be read.
    """
    question = question_of(inputs, postal_code=postal_code)
    before = decide(question, proof=False)
    after = decide(replace(question, rules=tuple(rules)), proof=False)
    yardstick = _Yardstick(question, after.rule)
    return Trial(
        before=yardstick.measured(before),
        after=yardstick.measured(after),
        currency=question.order.currency,
        cost_currency=yardstick.currency,
        changed=_units(before) != _units(after),
    )


class _Yardstick:
    """What both plans are measured with: carriers' prices, and what the rule on trial weighs."""

    def __init__(self, question: Question, rule: SourcingRule) -> None:
        self._question, self._rule = question, rule
        self.currency = currency_of(rule, question.order)

    def measured(self, decision: Decision) -> Outcome:
        """A decision in figures."""
        plan = decision.plan
        places = list(dict.fromkeys(each.location_id for each in plan.assignments))
        far = [plan.kilometres.get(place) for place in places]
        known = [each for each in far if each is not None]
        return Outcome(
            rule_id=decision.rule.rule_id,
            location_ids=tuple(places),
            parcels=sum(place not in self._question.joined for place in places),
            kilometres=sum(known) if len(known) == len(far) else None,
            shipping=self._shipping(plan.assignments),
            cost=self._amount(self._rule, plan.assignments) if self.currency else None,
            arrives=decision.arrives,
            unfilled=sum(each.quantity for each in plan.unfilled),
        )

    def _shipping(self, assignments: Sequence[Assignment]) -> int | None:
        cards = self._question.cards
        if not any(site.rate_card in cards for site in self._question.sites):
            return None
        currency = self._question.order.currency
        exchange = self._rule.exchange if self._rule.currency == currency else {}
        rule = SourcingRule(rule_id="", objective=_WHAT_CARRIERS_ASK, currency=currency, exchange=exchange)
        return self._amount(rule, assignments)

    def _amount(self, rule: SourcingRule, assignments: Sequence[Assignment]) -> int:
        """What the assignments cost by a rule, in minor units."""
        question = self._question
        ranked = ranked_sites(question.sites, question.destination)
        skus = sorted({each.sku for each in assignments})
        given: dict[tuple[str, str], int] = {}
        for each in assignments:
            key = each.sku, each.location_id
            given[key] = given.get(key, 0) + each.quantity
        # Kits have no stock of their own: what was given was there.
        table = [
            [
                max(question.stock.get(sku, {}).get(site.location_id, 0), given.get((sku, site.location_id), 0))
                for _, site in ranked
            ]
            for sku in skus
        ]
        needs = [sum(units for (name, _), units in given.items() if name == sku) for sku in skus]
        terms = Terms(
            rule=rule,
            order=question.order,
            cards=question.cards,
            now=question.now,
            full=question.full,
            joined=question.joined,
        )
        prices = Prices(terms, ranked, skus, needs, table)
        total = 0
        for column, (_, site) in enumerate(ranked):
            units = {
                row: given[sku, site.location_id] for row, sku in enumerate(skus) if (sku, site.location_id) in given
            }
            total += prices.bill(column, units).total if units else 0
        return (total + MILLI // 2) // MILLI


def _units(decision: Decision) -> dict[tuple[str, str], int]:
    """Units by line and location."""
    found: dict[tuple[str, str], int] = {}
    for each in decision.plan.assignments:
        key = each.line_id, each.location_id
        found[key] = found.get(key, 0) + each.quantity
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Sums over orders. Amounts are by currency; orders whose kilometres are not known count none."""

    parcels: int = 0
    kilometres: int = 0
    unfilled: int = 0
    shipping: Mapping[str, int]
    cost: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All trials together."""

    orders: int
    changed: int
    earlier: int
    """Orders whose last parcel would arrive earlier."""
    later: int
    days: int
    """Days by which orders would arrive later in sum; below zero when they would arrive earlier."""
    before: Total
    after: Total


def compared(trials: Sequence[Trial]) -> Comparison:
    """What the rules on trial would have changed in all."""
    days = [
        (each.after.arrives - each.before.arrives).days for each in trials if each.before.arrives and each.after.arrives
    ]
    return Comparison(
        orders=len(trials),
        changed=sum(each.changed for each in trials),
        earlier=sum(each < 0 for each in days),
        later=sum(each > 0 for each in days),
        days=sum(days),
        before=_total([(each, each.before) for each in trials]),
        after=_total([(each, each.after) for each in trials]),
    )


def _total(outcomes: Sequence[tuple[Trial, Outcome]]) -> Total:
    shipping, cost = dict[str, int](), dict[str, int]()
    for trial, each in outcomes:
        if each.shipping is not None:
            shipping[trial.currency] = shipping.get(trial.currency, 0) + each.shipping
        if each.cost is not None:
            cost[trial.cost_currency] = cost.get(trial.cost_currency, 0) + each.cost
    return Total(
        parcels=sum(each.parcels for _, each in outcomes),
        kilometres=sum(each.kilometres or 0 for _, each in outcomes),
        unfilled=sum(each.unfilled for _, each in outcomes),
        shipping=shipping,
        cost=cost,
    )
