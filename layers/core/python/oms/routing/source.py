"""From an order's open units to events: checked, placed at locations or backordered, and confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from oms.ids import fulfillment_order_id
from oms.orders.contact import Address
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
from oms.orders.order import Order
from oms.orders.transitions import FulfillmentStatus
from oms.routing.ports import Ports
from oms.setup import Location
from oms.sourcing.plan import Demand, Plan, plan
from oms.sourcing.promise import expected_delivery
from oms.sourcing.sites import site_of
from oms.stock.levels import SkuStock

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
    if physical and (wrong := ports.address_problem(_destination(order))):
        reasons.append((HoldReason.BAD_ADDRESS, wrong))
    return reasons


@dataclass(frozen=True, slots=True)
class Sourced:
    """A plan with all that the events need."""

    plan: Plan
    promised: date | None


def source(order: Order, ports: Ports) -> Sourced:
    """Plan the open units over the stock that is left for them."""
    demand = demand_of(order, UnitState.OPEN)
    stock = {sku: ports.sku_stock(sku) for sku in dict.fromkeys(each.sku for each in demand)}
    return _planned(order, demand, {sku: of_sku.sellable() for sku, of_sku in stock.items()}, ports)


def source_backorder(order: Order, stock: Mapping[str, SkuStock], ports: Ports) -> Sourced:
    """Plan an order's backordered units of these skus; it is first in line, so all that is available is for it."""
    demand = [each for each in demand_of(order, UnitState.BACKORDERED) if each.sku in stock]
    return _planned(order, demand, {sku: of_sku.available() for sku, of_sku in stock.items()}, ports)


def demand_of(order: Order, state: UnitState) -> list[Demand]:
    """What the order's lines ask for of the units in one state, leaving out what needs no parcel."""
    return [
        Demand(line_id=line.placed.line_id, sku=line.placed.sku, quantity=count)
        for line in order.lines.values()
        if (count := line.counts.get(state, 0)) and line.placed.requires_shipping
    ]


def _planned(order: Order, demand: Sequence[Demand], stock: Mapping[str, Mapping[str, int]], ports: Ports) -> Sourced:
    locations = {each.location_id: each for each in ports.locations() if each.active}
    destination = _destination(order)
    sites = [site_of(location) for location in locations.values()]
    planned = plan(demand, stock, sites, ports.locate(destination))
    chosen = [locations[location_id] for location_id in dict.fromkeys(a.location_id for a in planned.assignments)]
    waits = bool(planned.unfilled) or bool(order.counts.get(UnitState.BACKORDERED))
    promised = None if waits or not chosen else _promise(chosen, destination, planned, ports)
    return Sourced(planned, promised)


def _promise(chosen: Iterable[Location], destination: Address, planned: Plan, ports: Ports) -> date | None:
    away = {each.location_id: each.kilometres for each in planned.explanation.candidates}
    origins = [(location, away.get(location.location_id)) for location in chosen]
    return expected_delivery(ports.clock(), origins, destination.country)


def _destination(order: Order) -> Address:
    contact = order.contact
    return (contact.shipping if contact else None) or Address()


def steps_of(order: Order, sourced: Sourced, source_state: UnitState) -> Iterator[list[OrderEvent]]:
    """The decisions that carry out a plan, each small enough for one transaction; the last confirms the order.

    A location's units join its fulfillment order while nobody there has begun with it.
    """
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
    chunks = list(_chunks(allocations, MAX_STOCK_KEYS))
    events: list[list[OrderEvent]] = [
        [UnitsAllocated(allocations=tuple(chunk), explanation=None if number else sourced.plan.explanation)]
        for number, chunk in enumerate(chunks)
    ]
    if source_state is UnitState.OPEN:
        unfilled = [
            LineUnits(line_id=each.line_id, sku=each.sku, quantity=each.quantity) for each in sourced.plan.unfilled
        ]
        # Each sku on backorder takes two items of the transaction: a place in line and the counter.
        for chunk in _chunks(unfilled, MAX_STOCK_KEYS // 2):
            room = len(chunks) == len(events) == 1 and len(chunks[0]) + 2 * len(chunk) <= MAX_STOCK_KEYS
            backordered = UnitsBackordered(units=tuple(chunk))
            events = [[*events[0], backordered]] if room else [*events, [backordered]]
        events = _closed(order, events, sourced)
    yield from events


def _closed(order: Order, events: list[list[OrderEvent]], sourced: Sourced) -> list[list[OrderEvent]]:
    provided = tuple(
        LineUnits(line_id=line.placed.line_id, sku=line.placed.sku, quantity=count)
        for line in order.lines.values()
        if (count := line.counts.get(UnitState.OPEN, 0)) and not line.placed.requires_shipping
    )
    last: list[OrderEvent] = [UnitsProvided(units=provided)] if provided else []
    if order.confirmed is None:
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


def _chunks(units: Sequence[Unit], size: int) -> Iterator[list[Unit]]:
    for start in range(0, len(units), size):
        yield list(units[start : start + size])
