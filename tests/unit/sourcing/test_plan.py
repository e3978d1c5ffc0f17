from __future__ import annotations

import random
from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from oms.sourcing.distance import Coordinates, metres
from oms.sourcing.optimum import WORK
from oms.sourcing.plan import UNKNOWN_DISTANCE, Assignment, Demand, Plan, Site, Unfilled, plan

Stock = dict[str, dict[str, int]]

MUNICH = Coordinates(48.14, 11.58)
BERLIN = Site(location_id="berlin", latitude=52.52, longitude=13.40)
VERONA = Site(location_id="verona", latitude=45.44, longitude=10.99)
VIENNA = Site(location_id="vienna", latitude=48.21, longitude=16.37)
NOWHERE = Site(location_id="nowhere")

skus = st.sampled_from(["A", "B", "C", "D"])
demands = st.lists(st.builds(Demand, st.sampled_from(["1", "2", "3", "10"]), skus, st.integers(1, 6)), max_size=6)
sites = st.lists(
    st.builds(
        Site,
        location_id=st.sampled_from(["l1", "l2", "l3", "l4", "l5", "l6"]),
        # Few coordinates, so that distances often tie.
        latitude=st.sampled_from([None, 45.0, 48.0, 52.0]),
        longitude=st.sampled_from([9.0, 13.0]),
        priority=st.integers(0, 2),
    ),
    unique_by=lambda site: site.location_id,
    max_size=6,
)
stocks = st.dictionaries(
    skus, st.dictionaries(st.sampled_from(["l1", "l2", "l3", "l4", "l5", "l6", "closed"]), st.integers(-2, 6))
)
destinations = st.sampled_from([None, MUNICH])


def _wanted(lines: list[Demand]) -> Counter[str]:
    wanted: Counter[str] = Counter()
    for line in lines:
        wanted[line.sku] += line.quantity
    return wanted


def _distance(site: Site, destination: Coordinates | None) -> int:
    if destination is None or site.coordinates is None:
        return UNKNOWN_DISTANCE
    return metres(site.coordinates, destination)


def _covers(chosen: tuple[Site, ...], needs: dict[str, int], stock: Stock) -> bool:
    return all(
        sum(max(0, stock.get(sku, {}).get(site.location_id, 0)) for site in chosen) >= need
        for sku, need in needs.items()
    )


def _assigned(result: Plan) -> Counter[tuple[str, str]]:
    units: Counter[tuple[str, str]] = Counter()
    for location_id, _, sku, quantity in result.assignments:
        units[sku, location_id] += quantity
    return units


@given(demands, stocks, sites, destinations)
def test_a_plan_never_takes_more_than_a_location_has(
    lines: list[Demand], stock: Stock, places: list[Site], destination: Coordinates | None
) -> None:
    known = {site.location_id for site in places}
    for (sku, location_id), units in _assigned(plan(lines, stock, places, destination)).items():
        assert location_id in known
        assert 0 < units <= stock[sku][location_id]


@given(demands, stocks, sites, destinations)
def test_all_that_the_stock_can_cover_is_covered_and_the_rest_is_named(
    lines: list[Demand], stock: Stock, places: list[Site], destination: Coordinates | None
) -> None:
    result = plan(lines, stock, places, destination)
    got: Counter[str] = Counter()
    for assignment in result.assignments:
        got[assignment.sku] += assignment.quantity
    for sku, wanted in _wanted(lines).items():
        there = sum(max(0, stock.get(sku, {}).get(site.location_id, 0)) for site in places)
        assert got[sku] == min(wanted, there)
    ordered: Counter[tuple[str, str]] = Counter()
    for line in lines:
        ordered[line.line_id, line.sku] += line.quantity
    for _, line_id, sku, quantity in result.assignments:
        ordered[line_id, sku] -= quantity
    for line_id, sku, quantity in result.unfilled:
        assert quantity > 0
        ordered[line_id, sku] -= quantity
    assert not any(ordered.values())


@given(demands, stocks, sites, destinations)
def test_the_choice_is_the_best_of_all_choices(
    lines: list[Demand], stock: Stock, places: list[Site], destination: Coordinates | None
) -> None:
    """Brute force over all sets of locations: fewest parcels, of these nearest, then priority."""
    result = plan(lines, stock, places, destination)
    needs = {
        sku: min(wanted, sum(max(0, stock.get(sku, {}).get(site.location_id, 0)) for site in places))
        for sku, wanted in _wanted(lines).items()
    }
    by_size = (
        [chosen for chosen in combinations(places, size) if _covers(chosen, needs, stock)]
        for size in range(len(places) + 1)
    )
    smallest = next(covers for covers in by_size if covers)

    def key(chosen: tuple[Site, ...]) -> tuple[int, int]:
        return sum(_distance(site, destination) for site in chosen), sum(site.priority for site in chosen)

    used = {location_id for _, location_id in _assigned(result)}
    assert len(used) == len(smallest[0]) == result.explanation.parcels
    assert key(tuple(site for site in places if site.location_id in used)) == min(map(key, smallest))


@given(demands, stocks, sites, destinations, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_come_does_not_matter(
    lines: list[Demand], stock: Stock, places: list[Site], destination: Coordinates | None, chance: random.Random
) -> None:
    before = plan(lines, stock, places, destination)
    chance.shuffle(lines)
    chance.shuffle(places)
    turned = {sku: dict(reversed(levels.items())) for sku, levels in reversed(stock.items())}
    assert plan(lines, turned, places, destination) == before


@given(demands, stocks, sites, destinations)
def test_a_search_without_any_work_allowed_still_covers_and_says_that_it_was_cut_short(
    lines: list[Demand], stock: Stock, places: list[Site], destination: Coordinates | None
) -> None:
    exact = plan(lines, stock, places, destination)
    quick = plan(lines, stock, places, destination, work=0)
    assert quick.unfilled == exact.unfilled
    assert sum(_assigned(quick).values()) == sum(_assigned(exact).values())
    if quick.explanation.parcels != exact.explanation.parcels:
        assert all("cut short" in c.verdict for c in quick.explanation.candidates if c.chosen)


def test_one_parcel_from_afar_beats_two_from_nearby() -> None:
    stock = {"A": {"verona": 1, "berlin": 1}, "B": {"vienna": 1, "berlin": 1}}
    result = plan([Demand("1", "A", 1), Demand("2", "B", 1)], stock, [BERLIN, VERONA, VIENNA], MUNICH)
    assert result.assignments == (Assignment("berlin", "1", "A", 1), Assignment("berlin", "2", "B", 1))


def test_of_equal_numbers_of_parcels_the_nearest_wins() -> None:
    stock = {"A": {"berlin": 5, "verona": 5, "vienna": 5}}
    result = plan([Demand("1", "A", 2)], stock, [BERLIN, VIENNA, VERONA], MUNICH)
    assert result.assignments == (Assignment("verona", "1", "A", 2),)


def test_two_lines_of_one_sku_are_summed_before_stock_is_looked_at() -> None:
    stock = {"A": {"verona": 3, "berlin": 4}}
    lines = [Demand("1", "A", 2), Demand("2", "A", 2)]
    result = plan(lines, stock, [VERONA, BERLIN], MUNICH)
    assert {a.location_id for a in result.assignments} == {"berlin"}
    assert result.kilometres == {"berlin": 504}


def test_a_line_that_no_location_covers_alone_is_split() -> None:
    stock = {"A": {"verona": 3, "berlin": 4}}
    result = plan([Demand("1", "A", 6)], stock, [VERONA, BERLIN], MUNICH)
    assert result.assignments == (Assignment("verona", "1", "A", 2), Assignment("berlin", "1", "A", 4))


def test_a_short_sku_goes_to_the_first_lines_and_line_10_comes_after_line_2() -> None:
    stock = {"A": {"verona": 3}}
    result = plan([Demand("10", "A", 2), Demand("2", "A", 2)], stock, [VERONA], MUNICH)
    assert result.assignments == (Assignment("verona", "2", "A", 2), Assignment("verona", "10", "A", 1))
    assert result.unfilled == (Unfilled("10", "A", 1),)


def test_without_a_destination_priority_decides_and_then_the_name() -> None:
    stock = {"A": {"verona": 1, "berlin": 1, "vienna": 1}}
    late = Site(location_id="berlin", latitude=52.52, longitude=13.40, priority=1)
    result = plan([Demand("1", "A", 1)], stock, [late, VIENNA, VERONA], None)
    assert result.assignments[0].location_id == "verona"
    assert result.explanation.kilometres is None


def test_a_location_of_unknown_place_is_the_last_choice() -> None:
    stock = {"A": {"nowhere": 1, "berlin": 1}}
    result = plan([Demand("1", "A", 1)], stock, [NOWHERE, BERLIN], MUNICH)
    assert result.assignments[0].location_id == "berlin"
    verdict = next(c.verdict for c in result.explanation.candidates if c.location_id == "nowhere")
    assert verdict == "has 1 of 1 units: could replace berlin, but its distance is not known"


def test_nothing_in_stock_is_all_unfilled_and_explained() -> None:
    result = plan([Demand("1", "A", 2)], {}, [BERLIN, VERONA], MUNICH)
    assert result.assignments == ()
    assert result.unfilled == (Unfilled("1", "A", 2),)
    assert result.explanation.parcels == 0
    assert [c.verdict for c in result.explanation.candidates] == ["has none of the goods"] * 2


def test_no_location_at_all_is_no_error() -> None:
    assert plan([Demand("1", "A", 2)], {"A": {"gone": 5}}, [], MUNICH).unfilled == (Unfilled("1", "A", 2),)


def test_every_loser_is_told_why() -> None:
    stock = {"A": {"verona": 1, "berlin": 9, "vienna": 9}, "B": {"verona": 1, "berlin": 9}}
    twin = Site(location_id="verona-2", latitude=45.44, longitude=10.99)
    stock["A"]["verona-2"] = stock["B"]["verona-2"] = 1
    lines = [Demand("1", "A", 1), Demand("2", "B", 1)]
    told = {
        c.location_id: c
        for c in plan(lines, stock, [BERLIN, VERONA, VIENNA, NOWHERE, twin], MUNICH).explanation.candidates
    }
    assert told["verona"].chosen
    assert told["verona"].kilometres == 304
    assert told["verona"].verdict == "has all 2 units: the nearest that alone has what can be had"
    assert told["berlin"].verdict == "has 2 of 2 units: could replace verona, but is 200 km farther"
    assert told["vienna"].verdict == "has 1 of 2 units: would take a further parcel"
    assert told["nowhere"].verdict == "has none of the goods"
    assert told["verona-2"].verdict.endswith("as near and of the same priority, but comes after it by name")


def test_an_explanation_keeps_the_chosen_and_the_nearest_25_and_counts_all() -> None:
    places = [Site(location_id=f"l{i:02}", latitude=48.0 + i / 10, longitude=11.0) for i in range(40)]
    result = plan([Demand("1", "A", 1)], {"A": {"l39": 1}}, places, Coordinates(47.9, 11.0))
    assert result.explanation.considered == 40
    kept = result.explanation.candidates
    assert len(kept) == 25
    assert kept[0].location_id == "l39"
    assert kept[0].chosen
    assert [c.location_id for c in kept[1:]] == [f"l{i:02}" for i in range(24)]


def test_an_order_of_500_lines_over_50_locations_is_planned_within_the_limit_of_work() -> None:
    for density, most in ((0.9, 4), (0.5, 50), (0.5, 4), (0.1, 4)):
        chance = random.Random(7)  # noqa: S311 - the same figures each time
        places = [
            Site(location_id=f"l{i}", latitude=chance.uniform(35, 60), longitude=chance.uniform(-5, 25))
            for i in range(50)
        ]
        lines = [Demand(str(i), f"s{i}", chance.randint(1, 5)) for i in range(500)]
        stock = {
            f"s{i}": {f"l{j}": chance.randint(1, most) for j in range(50) if chance.random() < density}
            for i in range(500)
        }
        result = plan(lines, stock, places, MUNICH, work=WORK // 20)
        assert sum(a.quantity for a in result.assignments) + sum(u.quantity for u in result.unfilled) == sum(
            line.quantity for line in lines
        )


def test_twelve_skus_over_a_hundred_locations_are_planned_exactly() -> None:
    for seed in range(5):
        chance = random.Random(seed)  # noqa: S311 - the same figures each time
        places = [
            Site(location_id=f"l{i}", latitude=chance.uniform(35, 60), longitude=chance.uniform(-5, 25))
            for i in range(100)
        ]
        lines = [Demand(str(i), f"s{i}", chance.randint(1, 3)) for i in range(12)]
        stock = {f"s{i}": {f"l{j}": 9 for j in range(100) if chance.random() < 0.3} for i in range(12)}
        assert "cut short" not in plan(lines, stock, places, MUNICH).explanation.candidates[0].verdict
