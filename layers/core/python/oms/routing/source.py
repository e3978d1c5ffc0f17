"""From an order's open units to events: checked, placed at locations or backordered, and confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from oms.ids import fulfillment_order_id
from oms.orders.decisions import MAX_STOCK_KEYS, holds
from oms.orders.events import (
    Allocation,
    HoldReason,
    LineUnits,
    OrderConfirmed,
    OrderEvent,
    UnitsAllocated,
    UnitsBackordered,
    UnitsProvided,
    UnitState,
)
from oms.orders.kits import Recipes, shelf_skus
from oms.orders.order import Order
from oms.orders.transitions import FulfillmentStatus
from oms.routing.glance import stock_for
from oms.routing.kits import NoRecipe, recipes_of, with_recipes
from oms.routing.limits import NOBODY_WAITS, Waiting, waiting_of
from oms.routing.pickup import no_such_store
from oms.routing.ports import Ports
from oms.routing.question import destination_of, question_of
from oms.routing.room import Bookings, Rooms, decide_with_room
from oms.routing.terms import free_units, reserved_for, taking_over
from oms.sourcing.decide import Question
from oms.sourcing.plan import Demand, Plan
from oms.sourcing.record import written
from oms.sourcing.sites import StockView
from oms.stock.reservations import Reservation, with_reserved

Unit = TypeVar("Unit")

NAMED = 10
"""Lines that a hold's note names; more are counted."""


def problems(order: Order, ports: Ports) -> list[OrderEvent]:
    """Holds for what keeps an order from being shipped; see `concerns`."""
    reasons = concerns(order, ports)
    return holds(order, reasons) if reasons else []


def concerns(order: Order, ports: Ports) -> list[tuple[HoldReason, str]]:
    """What keeps an order from being shipped: skus that nobody knows, an address that cannot be right."""
    physical = [line for line in order.lines.values() if line.live and line.placed.requires_shipping]
    known = ports.products({line.placed.sku for line in physical if line.placed.sku})
    unknown = [line for line in physical if line.placed.sku not in known]
    reasons: list[tuple[HoldReason, str]] = []
    if unknown:
        named = ", ".join(f"line {each.placed.line_id} ({each.placed.sku or 'no sku'})" for each in unknown[:NAMED])
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        reasons.append((HoldReason.UNKNOWN_SKU, f"no such product: {named}{more}"))
    else:
        try:
            recipes_of(order, (line.placed.sku for line in physical), ports.products)
        except NoRecipe as error:
            reasons.append((HoldReason.UNKNOWN_SKU, str(error)))
    if physical and order.placed.pickup_location_id:
        reasons += no_such_store(order, ports.locations())
    elif physical and (wrong := ports.address_problem(destination_of(order))):
        reasons.append((HoldReason.BAD_ADDRESS, wrong))
    return reasons


@dataclass(frozen=True, slots=True)
class Sourced:
    """A plan with all that the events need."""

    plan: Plan
    promised: date | None
    """None while something waits for stock."""
    arrives: date | None
    """When what is placed should be there; None when nothing is."""
    recipes: Recipes
    """What the kits among the skus are made of."""
    waiting: Waiting = NOBODY_WAITS
    """What becomes of open units that have no place."""
    reserved: Reservation | None = None
    """What was reserved for the order, and is taken over with it."""
    rooms: Rooms = field(default_factory=dict)
    """Where the units find room in the days of their locations."""


def source(order: Order, ports: Ports) -> Sourced:
    """Plan the open units over the stock that is left for them."""
    demand = demand_of(order, UnitState.OPEN)
    recipes = recipes_of(order, (each.sku for each in demand), ports.products)
    stock = stock_for(demand, recipes, ports)
    free = {sku: free_units(of_sku, ports) for sku, of_sku in stock.items()}
    reserved = reserved_for(order, ports)
    view = with_reserved(free, reserved.units) if reserved else free
    sourced = _planned(order, question_of(order, demand, view, recipes, ports), ports)
    waiting = waiting_of(order, sourced.plan.unfilled, recipes, stock, ports)
    return replace(sourced, waiting=waiting, reserved=reserved)


def source_backorder(
    order: Order, demand: Sequence[Demand], stock: StockView, ports: Ports, *, fresh_at: str = ""
) -> Sourced:
    """Plan backordered units of an order over the stock that those who wait longer leave for it.

    Goods that have just arrived at the location `fresh_at` are not those that it rejected.
    """
    return _planned(order, question_of(order, demand, stock, order.kits, ports, fresh_at=fresh_at), ports)


def demand_of(order: Order, state: UnitState) -> list[Demand]:
    """What the order's lines ask for of the units in one state, leaving out what needs no parcel."""
    return [
        Demand(line_id=line.placed.line_id, sku=line.placed.sku, quantity=count)
        for line in order.lines.values()
        if (count := line.counts.get(state, 0)) and line.placed.requires_shipping
    ]


def _planned(order: Order, question: Question, ports: Ports) -> Sourced:
    decision, rooms = decide_with_room(order.order_id, question, ports)
    waits = bool(decision.plan.unfilled) or bool(order.counts.get(UnitState.BACKORDERED))
    promised = None if waits else decision.arrives
    return Sourced(written(decision), promised, decision.arrives, question.recipes, rooms=rooms)


def steps_of(order: Order, sourced: Sourced, source_state: UnitState) -> Iterator[list[OrderEvent]]:
    """The decisions that carry out a plan, each small enough for one transaction; the last confirms the order.

    A location's units join its fulfillment order while nobody there has begun with it. What kits are made of is
    written down with their first units.
    """
    steps = _steps(order, sourced, source_state)
    if sourced.reserved:
        steps[0][:0] = taking_over(sourced.reserved)
    yield from with_recipes(order, sourced.recipes, steps)


def _steps(order: Order, sourced: Sourced, source_state: UnitState) -> list[list[OrderEvent]]:
    targets = _fulfillment_orders(order, sourced.plan)
    allocations = [
        Allocation(
            fulfillment_order_id=targets[each.location_id],
            location_id=each.location_id,
            line_id=each.line_id,
            sku=each.sku,
            quantity=each.quantity,
            source=source_state,
        )
        for each in sourced.plan.assignments
    ]

    def keys(unit: Allocation | LineUnits) -> int:
        return len(shelf_skus(sourced.recipes, unit.sku))

    # Units that waited leave their lines as well: a place in line and the counter, for each sku on the shelf.
    each_takes = 3 if source_state is UnitState.BACKORDERED else 1
    # What was reserved is given back in the first transaction: what it was reserved for is taken there, too.
    given_back = {each.sku for each in sourced.reserved.units} if sourced.reserved else set()
    allocations.sort(key=lambda unit: given_back.isdisjoint(shelf_skus(sourced.recipes, unit.sku)))
    bookings = Bookings(sourced.rooms)
    room_for = MAX_STOCK_KEYS - (len(sourced.reserved.units) if sourced.reserved else 0) - bookings.count
    chunks = list(_chunks(allocations, room_for // each_takes, keys))
    events: list[list[OrderEvent]] = [
        [
            UnitsAllocated(
                allocations=tuple(chunk),
                explanation=None if number else sourced.plan.explanation,
                bookings=bookings.of(chunk),
            )
        ]
        for number, chunk in enumerate(chunks)
    ]
    if source_state is UnitState.OPEN:
        unfilled = [
            LineUnits(line_id=each.line_id, sku=each.sku, quantity=each.quantity) for each in sourced.waiting.units
        ]
        # Each sku on backorder takes two items of the transaction: a place in line and the counter.
        for chunk in _chunks(unfilled, room_for // 2, keys):
            taken = sum(map(keys, chunks[0])) if len(chunks) == len(events) == 1 else room_for
            room = taken + 2 * sum(map(keys, chunk)) <= room_for
            on_shelf = {sku for unit in chunk for sku in shelf_skus(sourced.recipes, unit.sku)}
            limits = {sku: limit for sku, limit in sourced.waiting.limits.items() if sku in on_shelf}
            why = None if allocations or events else sourced.plan.explanation
            backordered = UnitsBackordered(units=tuple(chunk), limits=limits, explanation=why)
            events = [[*events[0], backordered]] if room else [*events, [backordered]]
        events = _closed(order, events, sourced)
    return events


def _closed(order: Order, events: list[list[OrderEvent]], sourced: Sourced) -> list[list[OrderEvent]]:
    provided = tuple(
        LineUnits(line_id=line.placed.line_id, sku=line.placed.sku, quantity=count)
        for line in order.lines.values()
        if (count := line.counts.get(UnitState.OPEN, 0)) and not line.placed.requires_shipping
    )
    last: list[OrderEvent] = [UnitsProvided(units=provided)] if provided else []
    if sourced.waiting.beyond:
        last += holds(order, [(HoldReason.BACKORDER_LIMIT, sourced.waiting.note)])
    elif order.confirmed is None:
        last.append(OrderConfirmed(expected_delivery=sourced.promised))
    return [*events[:-1], [*(events[-1] if events else []), *last]]


def _fulfillment_orders(order: Order, planned: Plan) -> dict[str, str]:
    """The fulfillment order that each location's units go to: one that is still open, or a new number."""
    targets = {
        each.location_id: each.fulfillment_order_id
        for each in order.fulfillment_orders.values()
        if each.status in {FulfillmentStatus.SCHEDULED, FulfillmentStatus.OPEN}
    }
    number = len(order.fulfillment_orders)
    for assignment in planned.assignments:
        if assignment.location_id not in targets:
            number += 1
            targets[assignment.location_id] = fulfillment_order_id(order.order_id, number)
    return targets


def _chunks(units: Sequence[Unit], size: int, keys: Callable[[Unit], int]) -> Iterator[list[Unit]]:
    """Runs of units that together move at most `size` items of stock; one that moves more by itself stands alone."""
    chunk: list[Unit] = []
    taken = 0
    for unit in units:
        if chunk and taken + keys(unit) > size:
            yield chunk
            chunk, taken = [], 0
        chunk.append(unit)
        taken += keys(unit)
    if chunk:
        yield chunk
