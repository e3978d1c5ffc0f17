"""Contents of parcels put together, against the search that tries every set of locations."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.sourcing import assembly, branching, contents, scales
from oms.sourcing.assembly import Assembled, assembled
from oms.sourcing.contents import MOST_LISTED, Contents
from oms.sourcing.distance import Coordinates
from oms.sourcing.facts import Demand, Goods, OrderFacts
from oms.sourcing.fewest import fewest_parcels
from oms.sourcing.plan import Situation, plan
from oms.sourcing.rates import RateCard, Step, Zone, price
from oms.sourcing.rules import Objective, SourcingRule
from oms.sourcing.scales import CELLS
from oms.sourcing.sites import Site
from oms.sourcing.stepped import Sharing, Steps, Units, cheapest
from oms.sourcing.tightening import sums_of

GRAIN = 1
ENDS = [500, 1000, 2000, 3500, 5000, 10_000]


def drawn(chance: random.Random) -> Steps:
    goods, places, whole = chance.randint(1, 5), chance.randint(2, 8), chance.random() < 1 / 3
    table = [[chance.choice([0, 0, 1, 2, 3]) for _ in range(places)] for _ in range(goods)]
    needs = [min(chance.randint(1, 4), max(row) if whole else sum(row)) for row in table]
    return Steps(
        needs=needs,
        table=table,
        whole=whole,
        grams=[chance.choice([0, 130, 333, 450, 999, 1800]) for _ in range(goods)],
        lump=[chance.randint(0, 400) for _ in range(places)],
        zones={column: zone(chance) for column in range(places) if chance.random() < 0.9},
        rate=1,
        extra=[[chance.choice([0, 0, 15, 90]) for _ in range(places)] for _ in range(goods)],
        joined=frozenset(column for column in range(places) if chance.random() < 0.3),
        most=None,
    )


def zone(chance: random.Random) -> Zone:
    count = chance.randint(1, 4)
    ends, prices = sorted(chance.sample(ENDS, count)), sorted(chance.sample(range(200, 1500), count))
    steps = tuple(Step(grams=grams, price=amount) for grams, amount in zip(ends, prices, strict=True))
    return Zone(name="all", steps=steps, per_kilogram=chance.choice([0, 80]))


def first_comer(steps: Steps) -> Sharing:
    """Some way to share the goods out: a row after the other from whoever comes first."""
    units: dict[int, dict[int, int]] = {}
    for row, need in enumerate(steps.needs):
        units[row], missing = {}, need
        for column, have in enumerate(steps.table[row]):
            taken = min(missing, have)
            if taken and (not steps.whole or taken == need):
                units[row][column] = taken
                missing -= taken
    return Sharing(cost_of(steps, units), units, proved=False)


def cost_of(steps: Steps, units: Units) -> int:
    total = 0
    for column, lump in enumerate(steps.lump):
        counts = [units.get(row, {}).get(column, 0) for row in range(len(steps.needs))]
        if any(counts):
            grams = sum(count * each for count, each in zip(counts, steps.grams, strict=True))
            charge = price(steps.zones[column], grams) if column in steps.zones else 0
            total += lump + charge + sum(count * row[column] for count, row in zip(counts, steps.extra, strict=True))
    return total


def cases() -> list[Steps]:
    chance = random.Random(9)  # noqa: S311 - the same figures each time
    return [each for each in (drawn(chance) for _ in range(60)) if any(each.needs)]


def put_together(steps: Steps, known: Sharing) -> Assembled:
    return assembled(Contents(steps), steps.most, known.units, GRAIN)


HOW = {
    "all listed": (MOST_LISTED, CELLS),
    "nothing listed": (0, CELLS),
    "nothing listed, and weights rounded": (0, 15),
}


@pytest.mark.parametrize("how", HOW)
def test_contents_put_together_cost_as_little_as_the_best_of_all_sets_of_locations(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, cells = HOW[how]
    monkeypatch.setattr(contents, "MOST_LISTED", listed)
    monkeypatch.setattr(scales, "CELLS", cells)
    for number, steps in enumerate(cases()):
        known = first_comer(steps)
        found, best = put_together(steps, known), cheapest(steps, known.cost, looks=10**8)
        assert best.proved
        assert found.sharing.proved, f"case {number}"
        assert found.sharing.cost == best.cost == found.bound, f"case {number}"
        assert cost_of(steps, found.sharing.units) == found.sharing.cost
        for row, need in enumerate(steps.needs):
            given = found.sharing.units.get(row, {})
            assert sum(given.values()) == need
            assert all(units <= steps.table[row][column] for column, units in given.items())


def test_no_more_parcels_are_made_than_may_be() -> None:
    fewer = 0
    for steps in cases():
        known, free = first_comer(steps), put_together(steps, first_comer(steps))
        most = parcels(steps, known.units) - 1
        limited = replace(steps, most=most)
        best = cheapest(limited, known.cost + 10**6, looks=10**8)
        if not best.units:
            continue
        found = put_together(limited, best)
        assert found.sharing.cost == best.cost >= free.sharing.cost
        assert parcels(steps, found.sharing.units) <= most
        fewer += parcels(steps, free.sharing.units) > most
    assert fewer, "the limit changes nothing: the test shows nothing"


def test_the_fewest_parcels_are_those_of_the_smallest_set_of_locations_that_has_everything() -> None:
    better = 0
    for steps in cases():
        known = parcels(steps, first_comer(steps).units)
        found = fewest_parcels(Contents(steps), known)
        least = smallest(steps)
        assert found.least == least
        assert bool(found.units) == (least < known)
        if found.units:
            assert parcels(steps, found.units) == least
            assert [sum(found.units.get(row, {}).values()) for row in range(len(steps.needs))] == list(steps.needs)
            better += 1
    assert better


def parcels(steps: Steps, units: Units) -> int:
    return len({column for each in units.values() for column in each} - steps.joined)


def smallest(steps: Steps) -> int:
    others = [column for column in range(len(steps.lump)) if column not in steps.joined]
    for size in range(len(others) + 1):
        for chosen in combinations(others, size):
            have = [[row[column] for column in (*chosen, *steps.joined)] for row in steps.table]
            if all(
                (max(units, default=0) if steps.whole else sum(units)) >= need
                for need, units in zip(steps.needs, have, strict=True)
            ):
                return size
    raise AssertionError("all together have everything")


def test_what_is_not_settled_tells_how_much_cheaper_another_could_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SECONDS", 0.0), ("EFFORT", 0), ("_MOST", -1)):
        monkeypatch.setattr(assembly, name, value)
    monkeypatch.setattr(branching, "SECONDS", 0.0)
    left_open = 0
    for steps in cases()[:30]:
        known = first_comer(steps)
        found, best = put_together(steps, known), cheapest(steps, known.cost, looks=10**8)
        assert found.bound <= best.cost <= found.sharing.cost <= known.cost
        assert found.sharing.proved == (found.bound == found.sharing.cost)
        left_open += not found.sharing.proved
    assert left_open, "everything is proved without the effort: the test shows nothing"


@given(
    needs=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    data=st.data(),
)
def test_no_choice_that_has_everything_violates_a_cut(needs: list[int], data: st.DataObject) -> None:
    chosen = data.draw(
        st.lists(st.lists(st.integers(0, 4), min_size=len(needs), max_size=len(needs)), min_size=1, max_size=9)
    )
    units = np.array(chosen, dtype=float)
    covered = np.minimum(needs, units.sum(axis=0)).astype(int)
    for cut in sums_of(len(needs)):
        least = -(-(cut.parts @ covered) // cut.whole)
        assert cut._replace(least=int(least)).counts(units).sum() >= least


@pytest.mark.parametrize(("most", "fewest"), [(1, False), (1, True), (3, False), (3, True), (9, False)])
def test_twelve_lines_over_two_thousand_locations_with_prices_by_weight_are_proved(most: int, *, fewest: bool) -> None:
    chance = random.Random(4)  # noqa: S311 - the same figures each time
    cards = {str(number): RateCard(card_id=str(number), currency="EUR", zones=(zone(chance),)) for number in range(20)}
    sites = [
        Site(
            location_id=f"l{number:04}",
            latitude=chance.uniform(47, 54),
            longitude=chance.uniform(6, 14),
            rate_card=chance.choice(list(cards)),
        )
        for number in range(2000)
    ]
    skus = [f"S{number:02}" for number in range(12)]
    stock = {sku: {site.location_id: chance.randint(1, 3) for site in sites if chance.random() < 0.03} for sku in skus}
    goods = {sku: Goods(grams=chance.choice([200, 450, 900, 1800]), price=2000) for sku in skus}
    objective = Objective(fewest_parcels=fewest, shipping=100, parcel=100)
    situation = Situation(
        order=OrderFacts(country="DE", currency="EUR", goods=goods),
        rule=SourcingRule(rule_id="r", objective=objective, currency="EUR"),
        cards=cards,
    )
    lines = [Demand(sku, sku, chance.randint(-(-most // 3), most)) for sku in skus]
    quick = plan(lines, stock, sites, Coordinates(50, 10), situation=situation, proof=False, work=1_000_000)
    found = plan(lines, stock, sites, Coordinates(50, 10), situation=situation, work=1_000_000)
    assert (found.gap, found.parcels_gap) == (0, 0)
    assert quick.gap + quick.parcels_gap > 0, "the search proves it alone: the test shows nothing"
    if fewest:
        assert len(quick.bills) - quick.parcels_gap <= len(found.bills) <= len(quick.bills)
    if not fewest or len(found.bills) == len(quick.bills):
        spent, before = (sum(bill.total for bill in each.bills.values()) for each in (found, quick))
        assert before - quick.gap <= spent <= before
