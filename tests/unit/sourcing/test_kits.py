"""Kits in a plan: no location gives more of a component than it has, and what can be put together is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from oms.orders.kits import Component, Recipes, parts
from oms.sourcing.kits import missing, plan_with_kits
from oms.sourcing.plan import Demand, Plan, plan
from oms.sourcing.sites import Site, StockView

SITES = [Site(location_id=name, priority=number) for number, name in enumerate("xyz")]


def recipe(**components: int) -> tuple[Component, ...]:
    return tuple(Component(sku=sku, quantity=count) for sku, count in components.items())


def planned(wanted: Iterable[tuple[str, int]], shelf: StockView, recipes: Recipes) -> Plan:
    demand = [Demand(str(number), sku, count) for number, (sku, count) in enumerate(wanted, 1)]
    return plan_with_kits(lambda view: plan(demand, view, SITES, None), demand, shelf, recipes)


def shares(of: Plan) -> list[tuple[str, str, int]]:
    return sorted((each.location_id, each.sku, each.quantity) for each in of.assignments)


def test_a_location_has_as_many_kits_as_its_scarcest_component_allows() -> None:
    shelf = {"a": {"x": 5, "y": 2}, "b": {"x": 1, "y": 9}}
    plan = planned([("kit", 3)], shelf, {"kit": recipe(a=2, b=1)})
    assert shares(plan) == [("x", "kit", 1), ("y", "kit", 1)]
    assert missing(plan) == 1


def test_one_location_that_has_all_of_it_together_ships_all_of_it() -> None:
    shelf = {"a": {"x": 2, "y": 3}, "b": {"x": 1, "y": 1}}
    assert shares(planned([("a", 2), ("kit", 1)], shelf, {"kit": recipe(a=1, b=1)})) == [("y", "a", 2), ("y", "kit", 1)]


def test_the_kit_goes_where_alone_it_can_be_put_together() -> None:
    """The first line could take the component that only the kit needs there."""
    shelf = {"a": {"x": 1, "y": 1}, "b": {"x": 1}}
    assert shares(planned([("a", 1), ("kit", 1)], shelf, {"kit": recipe(a=1, b=1)})) == [("x", "kit", 1), ("y", "a", 1)]


def test_what_one_row_leaves_unused_is_offered_to_the_others() -> None:
    """Either place has enough for one of the two, whichever is asked first."""
    shelf = {"a": {"x": 1, "y": 1}, "b": {"x": 1, "y": 1}}
    assert missing(planned([("a", 1), ("kit", 1)], shelf, {"kit": recipe(a=1, b=1)})) == 0


RECIPES: Recipes = {"ab": recipe(a=1, b=1), "aa": recipe(a=2), "abc": recipe(a=1, b=1, c=2)}
counts = st.integers(min_value=0, max_value=3)
shelves = st.fixed_dictionaries({sku: st.dictionaries(st.sampled_from("xyz"), counts) for sku in "abc"})
wishes = st.lists(
    st.tuples(st.sampled_from(["a", "b", "ab", "aa", "abc"]), st.integers(min_value=1, max_value=2)),
    min_size=1,
    max_size=3,
)


def taken(of: Plan) -> dict[tuple[str, str], int]:
    """Units that leave each shelf."""
    units: dict[tuple[str, str], int] = {}
    for each in of.assignments:
        for sku, count in parts(RECIPES, each.sku, each.quantity):
            units[sku, each.location_id] = units.get((sku, each.location_id), 0) + count
    return units


@settings(max_examples=150)
@given(wishes, shelves)
def test_no_shelf_gives_more_than_it_has_and_every_unit_is_placed_or_told_as_missing(
    wanted: list[tuple[str, int]], shelf: dict[str, dict[str, int]]
) -> None:
    plan = planned(wanted, shelf, RECIPES)
    assert all(count <= shelf[sku].get(place, 0) for (sku, place), count in taken(plan).items())
    placed = sum(each.quantity for each in plan.assignments)
    assert placed + missing(plan) == sum(count for _, count in wanted)
    assert placed <= most(wanted, shelf)
    assert not any(could_still_go(shelf, taken(plan), each.sku) for each in plan.unfilled)


def could_still_go(shelf: StockView, gone: Mapping[tuple[str, str], int], sku: str) -> bool:
    """Whether a shelf could give one unit more of this, with what the plan left on it."""
    return any(
        all(shelf[each].get(place, 0) - gone.get((each, place), 0) >= count for each, count in parts(RECIPES, sku, 1))
        for place in "xyz"
    )


def most(wanted: list[tuple[str, int]], shelf: StockView) -> int:
    """The most units that could go out, by trying everything."""
    goods = [sku for sku, count in wanted for _ in range(count)]

    @cache
    def best(position: int, left: tuple[tuple[tuple[str, str], int], ...]) -> int:
        if position == len(goods):
            return 0
        found = best(position + 1, left)
        have = dict(left)
        for place in "xyz":
            needs = [((sku, place), count) for sku, count in parts(RECIPES, goods[position], 1)]
            if all(have.get(key, 0) >= count for key, count in needs):
                after = have | {key: have[key] - count for key, count in needs}
                found = max(found, 1 + best(position + 1, tuple(sorted(after.items()))))
        return found

    start = {(sku, place): shelf[sku].get(place, 0) for sku, place in product(shelf, "xyz")}
    return best(0, tuple(sorted(start.items())))
