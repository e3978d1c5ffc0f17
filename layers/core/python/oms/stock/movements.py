"""What the events of a decision do to stock: derived here, so that no use case can forget to move it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from oms.orders.after_sale import Disposition, UnitsReceived
from oms.orders.editing import ReleasedUnits, UnitsReleased
from oms.orders.events import (
    CancelledUnits,
    OrderEvent,
    UnitsAllocated,
    UnitsBackordered,
    UnitsCancelled,
    UnitsShipped,
    UnitState,
)
from oms.orders.kits import Recipes, parts, recipes_after
from oms.orders.order import Order
from oms.orders.rejecting import RejectReason, UnitsRejected
from oms.orders.reserving import ReservationUsed
from oms.stock.levels import StockReason, UnavailableReason

SET_ASIDE = {
    Disposition.QUARANTINE: UnavailableReason.QUARANTINE,
    Disposition.REFURBISH: UnavailableReason.REFURBISH,
    Disposition.DAMAGED: UnavailableReason.DAMAGED,
}
"""Dispositions of units that came back and are kept, and why they are not for sale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A change of one level, in units; `reference` is the fulfillment order, order or document that caused it."""

    sku: str
    location_id: str
    reason: StockReason
    reference: str
    on_hand: int = 0
    available: int = 0
    committed: int = 0
    incoming: int = 0
    unavailable: Mapping[str, int] = field(default_factory=dict)
    """Units by the reason why they are not for sale."""

    @property
    def moves(self) -> bool:
        """Whether anything changes: units that a reservation had, and its order takes in the same place, stay."""
        moved = self.on_hand, self.available, self.committed, self.incoming, *self.unavailable.values()
        return any(moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingChange:
    """An order's place in the line for a sku: `quantity` units wait after the change, `delta` more than before."""

    sku: str
    order_id: str
    since: datetime
    quantity: int
    delta: int
    channel_id: str = ""


def movements(order: Order, events: Iterable[OrderEvent]) -> tuple[Movement, ...]:
    """The changes of stock that these events make, one per (sku, location): quantities are summed first.

    A kit's units move its components, together with what other lines move of the same skus. What cancels out is no
    change.
    """
    events = tuple(events)
    recipes = recipes_after(order, events)
    summed: dict[tuple[str, str], Movement] = {}
    for event in events:
        for movement in _given_up(event) if isinstance(event, ReservationUsed) else _by_sku(recipes, order, event):
            key = movement.sku, movement.location_id
            known = summed.get(key)
            summed[key] = movement if known is None else _add(known, movement)
    return tuple(each for each in summed.values() if each.moves)


def _by_sku(recipes: Recipes, order: Order, event: OrderEvent) -> Iterator[Movement]:
    for sold in _of(order, event):
        yield from _on_the_shelf(recipes, sold)


def _given_up(event: ReservationUsed) -> Iterator[Movement]:
    """What a reservation had committed is free again: skus as they lie on shelves, kits unfolded already."""
    for unit in event.units:
        yield Movement(
            sku=unit.sku,
            location_id=unit.location_id,
            reason=StockReason.RELEASED,
            reference=event.reservation_id,
            available=unit.quantity,
            committed=-unit.quantity,
        )


def _on_the_shelf(recipes: Recipes, sold: Movement) -> Iterator[Movement]:
    """What a movement of sold units is for the skus that they are made of."""
    if sold.sku not in recipes:
        yield sold
        return
    for sku, units in parts(recipes, sold.sku, 1):
        yield replace(
            sold,
            sku=sku,
            on_hand=units * sold.on_hand,
            available=units * sold.available,
            committed=units * sold.committed,
            incoming=units * sold.incoming,
            unavailable={why: units * count for why, count in sold.unavailable.items()},
        )


def _of(order: Order, event: OrderEvent) -> Iterable[Movement]:
    match event:
        case UnitsAllocated():
            for each in event.allocations:
                yield Movement(
                    sku=each.sku,
                    location_id=each.location_id,
                    reason=StockReason.ALLOCATED,
                    reference=each.fulfillment_order_id,
                    available=-each.quantity,
                    committed=each.quantity,
                )
        case UnitsShipped():
            for unit in event.units:
                yield Movement(
                    sku=unit.sku,
                    location_id=event.location_id,
                    reason=StockReason.SHIPPED,
                    reference=event.parcel_id,
                    on_hand=-unit.quantity,
                    committed=-unit.quantity,
                )
        case UnitsCancelled():
            yield from (_cancelled(order, unit) for unit in event.units if unit.location_id)
        case UnitsReleased():
            yield from (_released(order, unit) for unit in event.units)
        case UnitsRejected():
            yield from given_back(order.kits, event)
        case UnitsReceived():
            for came in event.units:
                sellable = came.disposition is Disposition.RESTOCK
                why = SET_ASIDE.get(came.disposition)
                if sellable or why:
                    yield Movement(
                        sku=came.sku,
                        location_id=event.location_id,
                        reason=StockReason.RETURNED,
                        reference=event.return_id or event.receipt_id,
                        on_hand=came.quantity,
                        available=came.quantity if sellable else 0,
                        unavailable={why.value: came.quantity} if why else {},
                    )
        case _:
            return


def given_back(recipes: Recipes, event: UnitsRejected) -> Iterator[Movement]:
    """What a location's word does to its stock: missing units leave the books, damaged ones the shelf.

    Of a kit, only the components that are named are meant; when none is, all of them.
    """
    for unit in event.units:
        if event.components and unit.sku in recipes:
            for sku, count in parts(recipes, unit.sku, unit.quantity):
                yield _given_back(event, sku, count, event.reason if sku in event.components else RejectReason.OTHER)
        else:
            yield _given_back(event, unit.sku, unit.quantity, event.reason)


def _given_back(event: UnitsRejected, sku: str, count: int, why: RejectReason) -> Movement:
    missing, damaged = why is RejectReason.NOT_IN_STOCK, why is RejectReason.DAMAGED
    return Movement(
        sku=sku,
        location_id=event.location_id,
        reason=StockReason.DAMAGED if damaged else StockReason.CORRECTED if missing else StockReason.RELEASED,
        reference=event.fulfillment_order_id,
        on_hand=-count if missing else 0,
        available=0 if missing or damaged else count,
        committed=-count,
        unavailable={"damaged": count} if damaged else {},
    )


def _cancelled(order: Order, unit: CancelledUnits) -> Movement:
    """What was reserved is free again; what was sent to a store and not fetched is the store's now."""
    if unit.source is not UnitState.SHIPPED:
        return _released(order, unit)
    return Movement(
        sku=unit.sku,
        location_id=unit.location_id,
        reason=StockReason.RETURNED,
        reference=unit.fulfillment_order_id,
        on_hand=unit.quantity,
        available=unit.quantity,
    )


def _released(order: Order, unit: CancelledUnits | ReleasedUnits) -> Movement:
    return Movement(
        sku=unit.sku,
        location_id=unit.location_id,
        reason=StockReason.RELEASED,
        reference=unit.fulfillment_order_id or order.order_id,
        available=unit.quantity,
        committed=-unit.quantity,
    )


def _add(one: Movement, other: Movement) -> Movement:
    return Movement(
        sku=one.sku,
        location_id=one.location_id,
        reason=other.reason,
        reference=other.reference,
        on_hand=one.on_hand + other.on_hand,
        available=one.available + other.available,
        committed=one.committed + other.committed,
        incoming=one.incoming + other.incoming,
        unavailable={
            why: one.unavailable.get(why, 0) + other.unavailable.get(why, 0)
            for why in dict.fromkeys((*one.unavailable, *other.unavailable))
        },
    )


def waiting_changes(before: Order, after: Order) -> Sequence[WaitingChange]:
    """How the order's places in line change between two of its states, one per sku."""
    was, now = _waiting(before), _waiting(after)
    return [
        WaitingChange(
            sku=sku,
            order_id=after.order_id,
            since=after.captured_at,
            quantity=now.get(sku, 0),
            delta=now.get(sku, 0) - was.get(sku, 0),
            channel_id=after.placed.channel_id,
        )
        for sku in dict.fromkeys((*was, *now))
        if now.get(sku, 0) != was.get(sku, 0)
    ]


def waiting_limits(events: Iterable[OrderEvent]) -> dict[str, int]:
    """How many units may wait at a time, by sku, for those of the skus that begin to wait here and have a limit."""
    return {
        sku: limit for event in events if isinstance(event, UnitsBackordered) for sku, limit in event.limits.items()
    }


def _waiting(order: Order) -> dict[str, int]:
    """Units that wait, by the sku that they wait for: a kit waits in the line of each of its components."""
    waiting: dict[str, int] = {}
    for line in order.lines.values():
        if count := line.counts.get(UnitState.BACKORDERED, 0):
            for sku, units in parts(order.kits, line.placed.sku, count):
                waiting[sku] = waiting.get(sku, 0) + units
    return waiting
