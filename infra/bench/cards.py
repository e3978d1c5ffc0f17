"""Plans by rate cards with steps of weight, for orders of many lines over a large network: how many are proved."""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import median
from time import process_time

from oms.sourcing.distance import Coordinates
from oms.sourcing.facts import Demand, Goods, OrderFacts
from oms.sourcing.plan import Plan, Situation, plan
from oms.sourcing.rates import RateCard, Step, Zone
from oms.sourcing.rules import Objective, SourcingRule
from oms.sourcing.sites import Site

LINES, LOCATIONS, CARDS = 12, 2000, 40

KINDS = ((1, 1, False), (1, 3, False), (3, 9, False), (1, 3, True), (3, 9, True))
"""Units of each line, from and to, and whether fewest parcels come first."""

ORDERS = 6
"""Of each kind."""

_ENDS = (500, 1000, 2000, 3500, 5000, 10_000)
_HOME = Coordinates(50, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """Plans of one kind of order: processor seconds, and what is left open."""

    units: str
    fewest_first: bool
    orders: int
    proved: int
    median: float
    slowest: float
    gap: float
    """The widest: what another plan could cost less at most, in hundredths of the cost."""


def proofs(orders: int = ORDERS) -> list[Proofs]:
    """One for each of `KINDS`, of so many orders drawn at random, the same each time."""
    return [_proofs(low, high, orders, fewest=fewest) for low, high, fewest in KINDS]


def _proofs(low: int, high: int, orders: int, *, fewest: bool) -> Proofs:
    seconds, found = list[float](), list[Plan]()
    for number in range(orders):
        chance = random.Random(f"{low} {high} {fewest} {number}")  # noqa: S311 - the same orders each time
        problem = _Problem(chance, low, high, fewest=fewest)
        start = process_time()
        found.append(problem.solved())
        seconds.append(process_time() - start)
    return Proofs(
        units=str(low) if low == high else f"{low} to {high}",
        fewest_first=fewest,
        orders=orders,
        proved=sum(not each.gap and not each.parcels_gap for each in found),
        median=median(seconds),
        slowest=max(seconds),
        gap=max(100 * each.gap / sum(bill.total for bill in each.bills.values()) for each in found),
    )


class _Problem:
    """An order, and a network at random: three, ten or thirty in a hundred locations have one to three of a line."""

    def __init__(self, chance: random.Random, low: int, high: int, *, fewest: bool) -> None:
        cards = {
            name: RateCard(card_id=name, currency="EUR", zones=(_zone(chance),)) for name in map(str, range(CARDS))
        }
        self._sites = [
            Site(
                location_id=f"l{number:04}",
                latitude=chance.uniform(47, 54),
                longitude=chance.uniform(6, 14),
                rate_card=chance.choice(list(cards)),
            )
            for number in range(LOCATIONS)
        ]
        skus, density = [f"S{number:02}" for number in range(LINES)], chance.choice([0.03, 0.1, 0.3])
        self._stock = {
            sku: {site.location_id: chance.randint(1, 3) for site in self._sites if chance.random() < density}
            for sku in skus
        }
        objective = Objective(
            fewest_parcels=fewest, shipping=100, parcel=chance.choice([0, 100]), kilometre=chance.choice([0, 1])
        )
        goods = {sku: Goods(grams=chance.randint(80, 2000), price=2000) for sku in skus}
        self._situation = Situation(
            order=OrderFacts(country="DE", currency="EUR", goods=goods),
            rule=SourcingRule(rule_id="r", objective=objective, currency="EUR"),
            cards=cards,
        )
        self._lines = [Demand(sku, sku, chance.randint(low, high)) for sku in skus]

    def solved(self) -> Plan:
        return plan(self._lines, self._stock, self._sites, _HOME, situation=self._situation)


def _zone(chance: random.Random) -> Zone:
    count = chance.randint(1, 4)
    ends, prices = sorted(chance.sample(_ENDS, count)), sorted(chance.sample(range(200, 1500), count))
    steps = tuple(Step(grams=grams, price=price) for grams, price in zip(ends, prices, strict=True))
    return Zone(name="all", steps=steps, per_kilogram=chance.choice([0, 80]))
