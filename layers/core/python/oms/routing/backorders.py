"""Stock arrived, or an order began to wait: those who wait are served in their order, first in, first out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from itertools import takewhile, tee

from oms.errors import ConcurrentAppend, NotFound, ShortStock
from oms.orders.events import UnitsBackordered, UnitsCancelled, UnitState
from oms.orders.kits import Recipes, parts, shelf_skus
from oms.orders.log import ATTEMPTS, Caller, append, load
from oms.orders.order import Order
from oms.routing.news import with_promise
from oms.routing.ports import Ports
from oms.routing.process import ACTOR
from oms.routing.question import kept_from_of
from oms.routing.source import demand_of, source_backorder, steps_of
from oms.sourcing.plan import Assignment, Demand, Unfilled
from oms.stock.levels import SkuStock, Waiter

PASSED = 100
"""Orders that could not be served, after which nobody further down the line is looked at."""


def fill_backorders(ports: Ports, sku: str, cause: str, *, fresh_at: str = "") -> int:
    """Allocate what is available of a sku to those who wait for it; returns the units allocated.

    Called after every arrival of stock and after every backorder, each time after it was written: whichever of the
    two comes later sees both. An order that is held keeps its place and gets its units; only its work waits. Who
    cannot take what there is, because its location gave the order back, keeps nobody waiting behind. `fresh_at` is
    the location at which goods have just arrived.

    A kit waits in the line of each of its components. While one of them is missing it takes none, keeps its right to
    the others wherever it may be served from, and those behind it are served with what is left beyond that.

    Raises:
        ConcurrentAppend: others keep changing the order or its stock; call again.
    """
    caller = Caller(actor=ACTOR, cause=cause, clock=ports.clock)
    filled = 0
    while True:
        served = ahead = passed = 0
        seen = _look(ports, fresh_at)
        for waiter in seen.waiters(sku):
            got, kept, left = _serve(ports, seen, waiter.order_id, sku, ahead, caller, fresh_at)
            if got:
                seen = _look(ports, fresh_at)
            served += got
            ahead += kept
            passed += got < waiter.quantity
            if got < waiter.quantity and (not left or passed == PASSED):
                return filled + served
        filled += served
        if not served:
            return filled


def waiting_for(order: Order) -> list[str]:
    """The skus in whose lines an order waits: those on the shelf, of kits their components."""
    waiting = demand_of(order, UnitState.BACKORDERED)
    return sorted({on_shelf for each in waiting for on_shelf in shelf_skus(order.kits, each.sku)})


def lines_to_serve(ports: Ports, order: Order, event: UnitsBackordered | UnitsCancelled) -> list[str]:
    """The skus in whose lines somebody may be served now that units of an order wait, or do not wait any more.

    Who begins to wait may have missed what came at that moment: of what its units need, kits whole, something must be
    there. Who leaves held others up only as a kit: it kept its right to what is there while a component was missing.
    """
    if isinstance(event, UnitsCancelled):
        left = {each.sku for each in event.units if each.source is UnitState.BACKORDERED and each.sku in order.kits}
        return sorted({on_shelf for sku in left for on_shelf in shelf_skus(order.kits, sku)})
    there = cache(lambda sku: any(ports.sku_stock(sku).available().values()))
    wanted = [shelf_skus(order.kits, each.sku) for each in demand_of(order, UnitState.BACKORDERED)]
    return sorted({each for skus in wanted if all(map(there, sorted(skus))) for each in skus})


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read since units were last allocated: each sku's stock, place in line, and order ahead once."""

    sku_stock: Callable[[str], SkuStock]
    waiters: Callable[[str], Iterable[Waiter]]
    shut: Callable[[str, str], set[str]]
    """The locations from which an order (first) cannot have what it waits for of a sku (second)."""


def _look(ports: Ports, fresh_at: str) -> _Seen:
    lines = cache(lambda sku: tee(ports.waiters(sku), 1)[0])
    shut = cache(lambda order_id, sku: _shut(ports, order_id, sku, fresh_at))
    return _Seen(cache(ports.sku_stock), lambda sku: copy(lines(sku)), shut)


def _serve(
    ports: Ports, seen: _Seen, order_id: str, sku: str, ahead: int, caller: Caller, fresh_at: str
) -> tuple[int, int, int]:
    """Allocate one order's units that wait for a sku, as far as stock goes beyond what those ahead have a right to.

    Says how many units of the sku it got, to how many it keeps a right, and how many are left for those behind it.
    Decides on what was `seen`, and when that turns out to be old reads anew.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            seen = _look(ports, fresh_at)
        stock = seen.sku_stock(sku).sellable_after(ahead)
        available = sum(stock.values())
        try:
            order = load(ports.log, order_id)
        except NotFound:
            return 0, 0, available
        waiting = demand_of(order, UnitState.BACKORDERED)
        wanted = [each for each in waiting if sku in shelf_skus(order.kits, each.sku)]
        if not wanted or not available:
            return 0, 0, available
        others = {each for unit in wanted for each in shelf_skus(order.kits, unit.sku)} - {sku}
        view = {sku: stock, **{other: _left_for(seen, order, wanted, other) for other in sorted(others)}}
        sourced = source_backorder(order, wanted, view, ports, fresh_at=fresh_at)
        try:
            steps = steps_of(order, sourced, UnitState.BACKORDERED)
            for events in with_promise(order, steps, ports, placed=sourced.arrives):
                order = append(ports.log, order, events, caller)
        except (ConcurrentAppend, ShortStock):
            continue
        got = _units_of(sku, sourced.plan.assignments, order.kits)
        kits = [each for each in sourced.plan.unfilled if each.sku in order.kits]
        skus = {"", sku, *others, *(each.sku for each in kits)}
        shut = {location_id for location_id, what in kept_from_of(order, ports, fresh_at=fresh_at) if what in skus}
        within = sum(units for location_id, units in stock.items() if location_id not in shut)
        kept = min(_units_of(sku, kits, order.kits), max(0, within - got))
        return got, kept, available - got - kept
    raise ConcurrentAppend(f"order {order_id} or stock of {sku} is busy: try again")


def _left_for(seen: _Seen, order: Order, wanted: Sequence[Demand], sku: str) -> dict[str, int]:
    """Units of a sku by location that an order may take which waits for it, among others.

    Those ahead in its line have a right to theirs, but not at a location that gave their order back.
    """
    ahead = list(takewhile(lambda each: each.order_id != order.order_id, seen.waiters(sku)))
    of_sku = seen.sku_stock(sku)
    left = of_sku.sellable_after(sum(each.quantity for each in ahead))
    needs = _units_of(sku, wanted, order.kits)
    if all(left[place] >= min(needs, units) for place, units in of_sku.available().items()):
        # It has enough wherever there is any: who of those ahead may be served from where decides nothing.
        return left
    shut = {each.order_id: seen.shut(each.order_id, sku) for each in ahead}
    left = of_sku.sellable_after(sum(each.quantity for each in ahead if not shut[each.order_id]))
    for each in ahead:
        owed = each.quantity if shut[each.order_id] else 0
        for place in sorted(left.keys() - shut[each.order_id], key=lambda place: (-left[place], place)):
            taken = min(left[place], owed)
            left[place] -= taken
            owed -= taken
    return left


def _shut(ports: Ports, order_id: str, sku: str, fresh_at: str) -> set[str]:
    """The locations from which an order cannot have what it waits for of a sku."""
    try:
        order = load(ports.log, order_id)
    except NotFound:
        return set()
    waits = [each.sku for each in demand_of(order, UnitState.BACKORDERED) if sku in shelf_skus(order.kits, each.sku)]
    kept_from = kept_from_of(order, ports, fresh_at=fresh_at)
    places = {location_id for location_id, _ in kept_from}
    return {place for place in places if (place, "") in kept_from or all((place, each) in kept_from for each in waits)}


def _units_of(sku: str, units: Iterable[Assignment | Demand | Unfilled], recipes: Recipes) -> int:
    """Units of a sku on the shelf that are in these units of lines."""
    return sum(
        count for each in units for on_shelf, count in parts(recipes, each.sku, each.quantity) if on_shelf == sku
    )
