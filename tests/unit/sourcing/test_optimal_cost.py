"""That a plan by rules costs the least: against every way there is to share small demands out."""

from __future__ import annotations

from collections import Counter
from itertools import product

from hypothesis import example, given
from hypothesis import strategies as st

from oms.sourcing.distance import Coordinates, metres
from oms.sourcing.facts import Demand, Goods, OrderFacts
from oms.sourcing.plan import UNKNOWN_DISTANCE, Plan, Situation, plan
from oms.sourcing.rates import RateCard, Step, Zone, edge_below, price
from oms.sourcing.rules import Objective, SourcingRule
from oms.sourcing.sites import Site

HOME = Coordinates(48.0, 11.0)
IDS = ("l1", "l2", "l3", "l4")
SKUS = ("A", "B")

steps = st.lists(
    st.tuples(st.integers(1, 8), st.integers(0, 9)), min_size=1, max_size=4, unique_by=lambda each: each[0]
).map(
    lambda pairs: tuple(
        Step(grams=grams * 500, price=amount * 100)
        for (grams, _), amount in zip(sorted(pairs), sorted(amount for _, amount in pairs), strict=True)
    )
)
zones = st.builds(Zone, name=st.just("all"), steps=steps, per_kilogram=st.sampled_from([0, 50, 130]))
cards = st.fixed_dictionaries(
    {
        f"card-{each}": st.builds(
            RateCard, card_id=st.just(each), currency=st.just("EUR"), zones=zones.map(lambda zone: (zone,))
        )
        for each in IDS
    }
)
sites = st.lists(
    st.builds(
        Site,
        location_id=st.sampled_from(IDS),
        latitude=st.sampled_from([None, 48.0, 52.0]),
        longitude=st.sampled_from([11.0, 13.0]),
        priority=st.integers(0, 2),
        handling_parcel=st.sampled_from([0, 70]),
        handling_unit=st.sampled_from([0, 15]),
        unsold_percent=st.sampled_from([0, 50]),
    ),
    unique_by=lambda site: site.location_id,
    min_size=1,
    max_size=4,
).map(
    lambda places: [
        Site(**{**{name: getattr(site, name) for name in site.__slots__}, "rate_card": f"card-{site.location_id}"})
        for site in places
    ]
)
objectives = st.builds(
    Objective,
    fewest_parcels=st.booleans(),
    parcel=st.sampled_from([0, 100, 300]),
    shipping=st.sampled_from([0, 0, 100]),
    kilometre=st.sampled_from([0, 1]),
    balance=st.sampled_from([0, 40]),
    markdown=st.sampled_from([0, 100]),
)
demands = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1)
stocks = st.dictionaries(st.sampled_from(SKUS), st.dictionaries(st.sampled_from(IDS), st.integers(0, 3)))
GOODS = {"A": Goods(grams=700, price=1000, markdown_percent=30), "B": Goods(grams=1800, price=2500)}
FACTS = OrderFacts(country="DE", currency="EUR", goods=GOODS)


def _cost(
    rule: SourcingRule,
    card: dict[str, RateCard],
    places: list[Site],
    stock: dict[str, dict[str, int]],
    given_units: dict[str, Counter[str]],
) -> int:
    """What a sharing costs, as the guide says it, in thousandths of a minor unit; parcels beyond that are not in it."""
    wish, total = rule.objective, 0
    for site in places:
        units = given_units.get(site.location_id, Counter())
        if not sum(units.values()):
            continue
        far = metres(site.coordinates, HOME) if site.coordinates else UNKNOWN_DISTANCE
        grams = sum(GOODS[sku].grams * count for sku, count in units.items())
        charge = price(card[site.rate_card].zones[0], grams) + site.handling_parcel + site.handling_unit * units.total()
        total += 1000 * wish.parcel + 10 * wish.shipping * charge + wish.kilometre * far
        for sku, count in units.items():
            levels = {each.location_id: max(0, stock.get(sku, {}).get(each.location_id, 0)) for each in places}
            there = sum(levels.values())
            total += count * (wish.balance * 1000 * (there - levels[site.location_id]) // there)
            saved = {
                each.location_id: GOODS[sku].price
                * GOODS[sku].markdown_percent
                * each.unsold_percent
                * wish.markdown
                // 1000
                for each in places
            }
            best = max(saved[name] for name, level in levels.items() if level)
            total += count * max(0, best - saved[site.location_id])
    return total


def _sharings(need: int, row: dict[str, int], places: list[Site]) -> list[dict[str, int]]:
    ranges = [range(min(need, max(0, row.get(site.location_id, 0))) + 1) for site in places]
    return [
        {site.location_id: count for site, count in zip(places, counts, strict=True)}
        for counts in product(*ranges)
        if sum(counts) == need
    ]


def _of(result: Plan) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for each in result.assignments:
        found.setdefault(each.location_id, Counter())[each.sku] += each.quantity
    return found


@given(demands, stocks, sites, cards, objectives, st.booleans())
def test_no_other_way_to_share_the_demand_out_costs_less(
    wanted: dict[str, int],
    stock: dict[str, dict[str, int]],
    places: list[Site],
    card: dict[str, RateCard],
    objective: Objective,
    split_lines: bool,  # noqa: FBT001 - drawn
) -> None:
    rule = SourcingRule(rule_id="r", objective=objective, currency="EUR", split_lines=split_lines)
    lines = [Demand(str(number), sku, count) for number, (sku, count) in enumerate(wanted.items())]
    result = plan(lines, stock, places, HOME, situation=Situation(order=FACTS, rule=rule, cards=card))
    have = {
        sku: {site.location_id: max(0, stock.get(sku, {}).get(site.location_id, 0)) for site in places}
        for sku in wanted
    }
    needs = {
        sku: min(count, sum(have[sku].values())) if split_lines else count * (max(have[sku].values()) >= count)
        for sku, count in wanted.items()
    }
    got = Counter[str]()
    for each in result.assignments:
        got[each.sku] += each.quantity
    assert {sku: got[sku] for sku in wanted} == needs

    ours = _of(result)
    cost = _cost(rule, card, places, stock, ours)
    assert sum(bill.total for bill in result.bills.values()) == cost
    ways = [
        [each for each in _sharings(needs[sku], have[sku], places) if split_lines or sum(map(bool, each.values())) <= 1]
        for sku in wanted
    ]
    best: tuple[int, int] | None = None
    for way in product(*ways):
        units = {
            site.location_id: Counter(
                {sku: each[site.location_id] for sku, each in zip(wanted, way, strict=True) if each[site.location_id]}
            )
            for site in places
        }
        parcels = sum(1 for each in units.values() if each)
        key = (parcels if objective.fewest_parcels else 0, _cost(rule, card, places, stock, units))
        best = key if best is None or key < best else best
    assert best is not None
    assert (len(ours) if objective.fewest_parcels else 0) == best[0]
    assert cost == best[1]
    assert result.gap == 0, "nothing as small as this is left unproved"


@given(zones, st.integers(1, 20_000))
@example(Zone(name="z", steps=(Step(grams=500, price=100), Step(grams=4000, price=900)), per_kilogram=0), 13_700)
def test_the_even_prices_of_the_search_are_nowhere_above_the_true_ones(zone: Zone, grams: int) -> None:
    edge = edge_below(zone, grams)
    for weight in {
        1,
        grams,
        *range(1, grams, max(1, grams // 300)),
        *(step.grams for step in zone.steps if step.grams <= grams),
    }:
        assert edge.price * edge.run + edge.rise * (weight - edge.grams) <= price(zone, weight) * edge.run


def test_what_is_heavier_than_the_last_step_goes_in_several_parcels_or_by_the_kilogram() -> None:
    steps = (Step(grams=1000, price=300), Step(grams=5000, price=700))
    assert price(Zone(name="z", steps=steps), 11_000) == 2 * 700 + 300
    assert price(Zone(name="z", steps=steps, per_kilogram=60), 6001) == 700 + 2 * 60
