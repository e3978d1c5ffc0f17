"""What staff of a store may decide about goods that customers fetch: ready, handed over, put back.

Each function is pure: from the state and the wish to the events, or to an error that says why not. A wish that is
fulfilled already gives no events, so that whoever lost an answer may ask again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oms.errors import NotAllowed
from oms.fulfillment.decisions import fitting, fulfillment_order, refused
from oms.fulfillment.waiting import Waiting
from oms.ids import parcel_id
from oms.orders.cancellation import late
from oms.orders.decisions import MAX_STOCK_KEYS
from oms.orders.events import (
    CancelledUnits,
    LineUnits,
    OrderEvent,
    ParcelDelivered,
    UnitsCancelled,
    UnitsPacked,
    UnitsShipped,
    UnitState,
)
from oms.orders.kits import shelf_skus
from oms.orders.order import FulfillmentOrder, Order, Parcel
from oms.orders.pickup import Pickup, PickupCollected, PickupReady, Proof
from oms.orders.reasons import CancellationReason
from oms.orders.transitions import FulfillmentStatus, Way


@dataclass(frozen=True, slots=True)
class Part:
    """Events to append at once; `complete` when nothing of the wish is left after them."""

    events: tuple[OrderEvent, ...] = ()
    complete: bool = True


def pickup_of(order: Order, fulfillment_order_id: str) -> tuple[FulfillmentOrder, Pickup]:
    """A fulfillment order that the customer fetches, and where.

    Raises:
        NotFound: the order has none of this id.
        NotAllowed: it is brought to the customer.
    """
    share = fulfillment_order(order, fulfillment_order_id)
    if share.pickup is None:
        raise NotAllowed(f"fulfillment order {fulfillment_order_id} is sent to the customer: nobody fetches it")
    return share, share.pickup


def ready(order: Order, fulfillment_order_id: str, waiting: Waiting) -> list[OrderEvent]:
    """The goods stand at the counter: all of them. What was picked in the store goes into one bag, without a label.

    Raises:
        NotAllowed: the order is held; something is still to be picked, or on its way; nobody fetches it.
    """
    share, pickup = pickup_of(order, fulfillment_order_id)
    if pickup.waits:
        return []
    if "ready" not in order.actions_of(share):
        raise refused(order, share, "ready")
    events: list[OrderEvent] = []
    if share.way is Way.PICKUP:
        events.append(
            UnitsPacked(
                fulfillment_order_id=fulfillment_order_id,
                parcel_id=parcel_id(fulfillment_order_id, len(share.parcel_ids) + 1),
                units=tuple(_units(order, share, UnitState.PICKED)),
            )
        )
    told = PickupReady(
        fulfillment_order_id=fulfillment_order_id,
        location_id=pickup.location_id,
        last_day=waiting.last_day,
        until=waiting.until,
        remind_at=waiting.remind_at,
    )
    return [*events, told]


def hand_over(order: Order, fulfillment_order_id: str, *, at: datetime, proof: Proof) -> Part:
    """The customer has the goods: they leave the store and are delivered in one. Very many skus take several parts.

    Raises:
        NotAllowed: the order is held or not paid for; the goods do not stand ready; nobody fetches them.
    """
    share, pickup = pickup_of(order, fulfillment_order_id)
    if pickup.collected_at is not None:
        return Part()
    if "hand-over" not in order.actions_of(share):
        raise refused(order, share, "hand-over")
    events: list[OrderEvent] = []
    skus: set[str] = set()
    for parcel in _standing(order, share):
        if share.way is Way.PICKUP:
            units, complete = fitting(order.kits, parcel, skus)
            if units:
                events.append(
                    UnitsShipped(
                        fulfillment_order_id=fulfillment_order_id,
                        parcel_id=parcel.parcel_id,
                        location_id=share.location_id,
                        units=units,
                        complete=complete,
                    )
                )
            if not complete:
                return Part((*events, *late(order, events)), complete=False)
        events.append(ParcelDelivered(parcel_id=parcel.parcel_id, at=at))
    return Part(
        (*events, *late(order, events), PickupCollected(fulfillment_order_id=fulfillment_order_id, proof=proof))
    )


def put_back(
    order: Order,
    fulfillment_order_id: str,
    *,
    code: CancellationReason = CancellationReason.NOT_COLLECTED,
    reason: str = "",
) -> Part:
    """Nobody fetched the goods, or the customer does not want them: they are the store's to sell again.

    Very many skus take several parts. What is cancelled is not owed: routing lets its money go, or gives it back.

    Raises:
        NotAllowed: the goods do not stand ready; or the customer still has time, and did not say that they will not
            come; nobody fetches them.
    """
    share, pickup = pickup_of(order, fulfillment_order_id)
    if pickup.ready is not None and share.status is FulfillmentStatus.CANCELLED:
        return Part()
    if "put-back" not in order.actions_of(share):
        raise refused(order, share, "put-back")
    if code is CancellationReason.NOT_COLLECTED and pickup.expired_at is None:
        assert pickup.ready is not None
        raise NotAllowed(
            f"the customer may fetch fulfillment order {fulfillment_order_id} until the end of {pickup.ready.last_day}:"
            " if they do not want it any more, say so as the code"
        )
    units, complete = _fitting(order, _put_back(order, share, pickup))
    return Part((UnitsCancelled(units=units, reason=reason, code=code),), complete)


def _standing(order: Order, share: FulfillmentOrder) -> list[Parcel]:
    """What stands at the counter and has not been handed over."""
    parcels = [order.parcels[each] for each in share.parcel_ids]
    return [each for each in parcels if each.contents and each.delivered_at is None]


def _units(order: Order, share: FulfillmentOrder, state: UnitState) -> Iterator[LineUnits]:
    for line_id, counts in share.lines.items():
        if count := counts.get(state, 0):
            yield LineUnits(line_id=line_id, sku=order.lines[line_id].placed.sku, quantity=count)


def _put_back(order: Order, share: FulfillmentOrder, pickup: Pickup) -> Iterator[CancelledUnits]:
    for parcel in _standing(order, share):
        gone = dict(parcel.put_back)
        for unit in parcel.contents:
            before = min(unit.quantity, gone.get(unit.line_id, 0))
            gone[unit.line_id] = gone.get(unit.line_id, 0) - before
            if before < unit.quantity:
                yield CancelledUnits(
                    line_id=unit.line_id,
                    sku=unit.sku,
                    quantity=unit.quantity - before,
                    source=UnitState.PACKED if share.way is Way.PICKUP else UnitState.SHIPPED,
                    fulfillment_order_id=share.fulfillment_order_id,
                    location_id=pickup.location_id,
                    parcel_id=parcel.parcel_id,
                )


def _fitting(order: Order, units: Iterator[CancelledUnits]) -> tuple[tuple[CancelledUnits, ...], bool]:
    """As many of these as one transaction can carry, and whether that is all."""
    taken: list[CancelledUnits] = []
    skus: set[str] = set()
    for unit in units:
        skus |= set(shelf_skus(order.kits, unit.sku))
        if len(skus) > MAX_STOCK_KEYS:
            return tuple(taken), False
        taken.append(unit)
    return tuple(taken), True
