"""Units of an order move from state to state, of a line and of its fulfillment order: none is lost, none made.

The parts of an order that the fold looks for and puts back are here too. What cannot have happened breaks the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from oms.orders import events as ev
from oms.orders.events import UnitState
from oms.orders.order import Counts, FulfillmentOrder, Order, Parcel
from oms.orders.transitions import AT_LOCATION, MOVES

Thing = TypeVar("Thing")


class BrokenHistory(Exception):
    """The log says something that cannot have happened: a decision was wrong, and folding stops here."""


def units_by_line(units: Iterable[ev.LineUnits], before: Mapping[str, int] | None = None) -> dict[str, int]:
    """Units added up by line, on top of those before."""
    counts = dict(before or {})
    for unit in units:
        counts[unit.line_id] = counts.get(unit.line_id, 0) + unit.quantity
    return counts


def move_all(
    order: Order, units: Iterable[ev.LineUnits], source: UnitState, target: UnitState, fulfillment_order_id: str = ""
) -> Order:
    """Move units of several lines alike."""
    for unit in units:
        order = move(order, unit.line_id, source, target, unit.quantity, fulfillment_order_id)
    return order


def move(
    order: Order, line_id: str, source: UnitState, target: UnitState, quantity: int, fulfillment_order_id: str = ""
) -> Order:
    """Move units of a line, and of its fulfillment order when they belong to one."""
    if target not in MOVES[source]:
        raise BrokenHistory(f"line {line_id}: {source} units cannot become {target}")
    if bool(fulfillment_order_id) != bool({source, target} & AT_LOCATION or source is UnitState.SHIPPED):
        raise BrokenHistory(f"line {line_id}: units at a location, and no others, belong to a fulfillment order")
    line = named(order.lines, line_id, "line")
    counts = _shift(line.counts, source, target, quantity, line_id)
    order = replace(order, lines={**order.lines, line_id: replace(line, counts=counts)})
    if not fulfillment_order_id:
        return order
    fulfillment = share_of(order, fulfillment_order_id)
    share = fulfillment.lines.get(line_id, {})
    if target is UnitState.ALLOCATED:
        share = {**share, target: share.get(target, 0) + quantity}
    else:
        share = _shift(share, source, target, quantity, line_id)
        share = {state: count for state, count in share.items() if state is not UnitState.OPEN}
    return with_fulfillment(order, replace(fulfillment, lines={**fulfillment.lines, line_id: share}))


def _shift(counts: Counts, source: UnitState, target: UnitState, quantity: int, line_id: str) -> Counts:
    if quantity <= 0 or counts.get(source, 0) < quantity:
        raise BrokenHistory(f"line {line_id}: {quantity} units cannot leave {source}, it has {counts.get(source, 0)}")
    return {**counts, source: counts[source] - quantity, target: counts.get(target, 0) + quantity}


def share_of(order: Order, fulfillment_order_id: str) -> FulfillmentOrder:
    """The fulfillment order of this id."""
    return named(order.fulfillment_orders, fulfillment_order_id, "fulfillment order")


def parcel_of(order: Order, parcel_id: str) -> Parcel:
    """The parcel of this id."""
    return named(order.parcels, parcel_id, "parcel")


def named(things: Mapping[str, Thing], name: str, kind: str) -> Thing:
    """The thing of this name; without it the history is broken."""
    if name not in things:
        raise BrokenHistory(f"there is no {kind} {name}")
    return things[name]


def with_fulfillment(order: Order, fulfillment: FulfillmentOrder) -> Order:
    """The order with a fulfillment order put in, or in the place of what it was."""
    return replace(
        order, fulfillment_orders={**order.fulfillment_orders, fulfillment.fulfillment_order_id: fulfillment}
    )


def with_parcel(order: Order, parcel: Parcel) -> Order:
    """The order with a parcel put in, or in the place of what it was."""
    return replace(order, parcels={**order.parcels, parcel.parcel_id: parcel})
