"""Kits for sourcing: how many units of each could be put together at each location, shared components counted once.

The plan knows rows of goods with stock at locations. A kit becomes such a row: a location has as many of it as its
scarcest component allows, so a unit of a kit always goes out whole from one place. Where rows share a component (two
kits, or a kit and the component itself), no location is said to have more of them together than it has: the component
is shared out before the plan is made. Which row it is given to first can decide what is covered, so several ways are
tried, and what a plan leaves unused is offered to the rows that went short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from oms.orders.kits import Recipes, parts, shelf_skus
from oms.sourcing.plan import Demand, Plan
from oms.sourcing.sites import StockView

ROUNDS = 4
"""How often what a plan left unused is offered to the rows that went short."""


def plan_with_kits(
    make: Callable[[StockView], Plan], demand: Iterable[Demand], shelf: StockView, recipes: Recipes
) -> Plan:
    """The plan that `make` makes of a view of stock, of the view that lets it cover the most units.

    `shelf` has the units of what lies on shelves, by sku and location: components, and goods that are no kits. Goods
    that share nothing are seen as they are; a demand without kits is planned once, on `shelf` itself.
    """
    demand = list(demand)
    wanted = _wanted(demand)
    if not any(sku in recipes for sku in wanted):
        return make(shelf)
    alone = {sku: buildable(recipes, sku, shelf) for sku in wanted}
    rivals = _rivals(wanted, recipes, shelf)
    if not rivals:
        return make(alone)
    plans = (_improved(make, wanted, shelf, recipes, alone, order) for order in _orders(rivals, recipes))
    return min(plans, key=lambda plan: (missing(plan), cost(plan), len(plan.kilometres)))


def cost(plan: Plan) -> int:
    """What the plan costs by the rule that it was made by."""
    return sum(bill.total for bill in plan.bills.values())


def missing(plan: Plan) -> int:
    """Units that have no place."""
    return sum(each.quantity for each in plan.unfilled)


def _wanted(demand: Sequence[Demand]) -> dict[str, int]:
    """Units by sku, in the order of the lines: 2 before 10."""
    wanted: dict[str, int] = {}
    for each in sorted(demand, key=lambda each: (len(each.line_id), each.line_id)):
        wanted[each.sku] = wanted.get(each.sku, 0) + each.quantity
    return wanted


def buildable(recipes: Recipes, sku: str, shelf: StockView) -> dict[str, int]:
    """Units of a sku that each location has, or could put together, if all of it went into this."""
    needs = list(parts(recipes, sku, 1))
    places = set.intersection(*({*shelf.get(each, {})} for each, _ in needs))
    return {place: min(max(0, shelf[each][place]) // units for each, units in needs) for place in sorted(places)}


def _rivals(wanted: Mapping[str, int], recipes: Recipes, shelf: StockView) -> list[str]:
    """Goods that share something of which a location has some, but not enough for all of them."""
    users: dict[str, list[str]] = {}
    asked: dict[str, int] = {}
    for sku, quantity in wanted.items():
        for each, units in parts(recipes, sku, quantity):
            users.setdefault(each, []).append(sku)
            asked[each] = asked.get(each, 0) + units
    tight = {
        each
        for each, by in users.items()
        if len(by) > 1 and any(0 < units < asked[each] for units in shelf.get(each, {}).values())
    }
    return [sku for sku in wanted if not tight.isdisjoint(shelf_skus(recipes, sku))]


def _orders(rivals: Sequence[str], recipes: Recipes) -> Iterator[Sequence[str]]:
    """In which order the rows are given what they share: the lines' first, then whoever needs the most skus at once."""
    tried: list[list[str]] = []
    for order in (
        list(rivals),
        sorted(rivals, key=lambda sku: -len(shelf_skus(recipes, sku))),
        list(reversed(rivals)),
    ):
        if order not in tried:
            tried.append(order)
            yield order


def _improved(
    make: Callable[[StockView], Plan],
    wanted: Mapping[str, int],
    shelf: StockView,
    recipes: Recipes,
    alone: StockView,
    order: Sequence[str],
) -> Plan:
    """A plan in which what the one before left unused was offered to the rows that went short."""
    best = make(_shared_out(wanted, shelf, recipes, alone, order, {}))
    for _ in range(ROUNDS):
        short = {each.sku for each in best.unfilled}
        if short.isdisjoint(order):
            return best
        given: dict[tuple[str, str], int] = {}
        for each in best.assignments:
            given[each.sku, each.location_id] = given.get((each.sku, each.location_id), 0) + each.quantity
        first = sorted(order, key=lambda sku: sku not in short)
        fresh = make(_shared_out(wanted, shelf, recipes, alone, first, given))
        if missing(fresh) >= missing(best):
            return best
        best = fresh
    return best


def _shared_out(
    wanted: Mapping[str, int],
    shelf: StockView,
    recipes: Recipes,
    alone: StockView,
    order: Sequence[str],
    given: Mapping[tuple[str, str], int],
) -> StockView:
    """What each location has of each row, so that it has all of it at once: first what is `given`, then in `order`."""
    view = {sku: dict(row) for sku, row in alone.items()}
    for place in {place for sku in order for place in alone[sku]}:
        left = {each: shelf.get(each, {}).get(place, 0) for sku in order for each in shelf_skus(recipes, sku)}
        units = dict.fromkeys(order, 0)
        # Twice through the rows: what they have by the plan before, then what they could have beside it.
        for limit in ({sku: given.get((sku, place), 0) for sku in order}, wanted):
            for sku in order:
                needs = list(parts(recipes, sku, 1))
                more = min(limit[sku] - units[sku], *(left[each] // count for each, count in needs))
                if more > 0:
                    units[sku] += more
                    for each, count in needs:
                        left[each] -= count * more
        for sku, count in units.items():
            view[sku][place] = count
    return view
