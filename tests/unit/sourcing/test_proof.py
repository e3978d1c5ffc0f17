"""What the search leaves open is proved by the solver: the plan then costs what the search finds with all its time."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from oms.sourcing.distance import Coordinates
from oms.sourcing.facts import Demand, Goods, OrderFacts
from oms.sourcing.instance import Problem
from oms.sourcing.optimum import cost_of
from oms.sourcing.plan import Plan, Situation, plan
from oms.sourcing.rules import Objective, SourcingRule
from oms.sourcing.sites import Site

HOME = Coordinates(50.0, 10.0)
SKUS = [f"S{number}" for number in range(8)]
RULE = SourcingRule(
    rule_id="r", objective=Objective(fewest_parcels=False, parcel=400, kilometre=2), currency="EUR", split_lines=True
)
RULES = {
    "by money": RULE,
    "fewest parcels": replace(RULE, objective=replace(RULE.objective, fewest_parcels=True)),
    "at most nine": replace(RULE, max_parcels=9),
}
LITTLE = 20_000
"""Work that is enough to find something, and to prove nothing."""


def planned(seed: int, rule: SourcingRule, *, joined: frozenset[str] = frozenset(), **effort: bool | int) -> Plan:
    chance = random.Random(seed)  # noqa: S311 - the same figures each time
    places = [
        Site(location_id=f"l{number:02}", latitude=chance.uniform(47, 54), longitude=chance.uniform(6, 14))
        for number in range(40)
    ]
    stock = {
        sku: {place.location_id: chance.randint(1, 3) for place in places if chance.random() < 0.3} for sku in SKUS
    }
    lines = [Demand(sku, sku, chance.randint(3, 5)) for sku in SKUS]
    order = OrderFacts(country="DE", currency="EUR", goods={sku: Goods(grams=500, price=2000) for sku in SKUS})
    situation = Situation(order=order, rule=rule, joined=joined, parcels=len(joined))
    return plan(lines, stock, places, HOME, situation=situation, **effort)  # type: ignore[arg-type]


def cost(found: Plan) -> tuple[int, int]:
    return len(found.bills), sum(bill.total for bill in found.bills.values())


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_what_a_search_with_little_time_leaves_open_is_proved(rule: SourcingRule) -> None:
    opened = 0
    for seed in range(4):
        quick = planned(seed, rule, work=LITTLE, proof=False)
        assured, thorough = planned(seed, rule, work=LITTLE), planned(seed, rule, work=10**9, proof=False)
        opened += quick.gap > 0
        assert assured.gap == thorough.gap == 0
        assert cost(assured) == cost(thorough)
        assert sum(each.quantity for each in assured.assignments) == sum(each.quantity for each in quick.assignments)
    assert opened


def test_a_location_that_packs_for_the_order_already_costs_no_parcel_in_the_proof_either() -> None:
    joined = frozenset({"l03", "l07"})
    assured = planned(1, RULES["fewest parcels"], joined=joined, work=LITTLE)
    thorough = planned(1, RULES["fewest parcels"], joined=joined, work=10**9, proof=False)
    assert assured.gap == 0
    assert cost(assured) == cost(thorough)


def test_twelve_lines_over_two_thousand_locations_are_proved_by_the_rule_of_the_house() -> None:
    chance = random.Random(3)  # noqa: S311 - the same figures each time
    places = [
        Site(location_id=f"l{number:04}", latitude=chance.uniform(47, 54), longitude=chance.uniform(6, 14))
        for number in range(2000)
    ]
    skus = [f"S{number:02}" for number in range(12)]
    stock = {
        sku: {place.location_id: chance.randint(1, 3) for place in places if chance.random() < 0.1} for sku in skus
    }
    lines = [Demand(sku, sku, chance.randint(1, 3)) for sku in skus]
    quick = plan(lines, stock, places, HOME, work=1_000_000, proof=False)
    found = plan(lines, stock, places, HOME, work=1_000_000)
    assert quick.gap, "the search proves it alone: the test shows nothing"
    assert (found.gap, found.parcels_gap) == (0, 0)
    assert len(quick.kilometres) - quick.parcels_gap <= len(found.kilometres) <= len(quick.kilometres)


def test_columns_that_do_not_cover_cost_nothing_that_could_be_told() -> None:
    problem = Problem(needs=[2], stock=[[1, 1, 2]], fixed=[5, 6, 20], unit=[[1, 1, 1]], whole=[False])
    assert cost_of(problem, [0, 1]) == 13
    with pytest.raises(ValueError, match="do not cover"):
        cost_of(problem, [0])
