"""What a store's counter makes of an order's state: a part of the fold.

Each function refuses what cannot have happened with `ValueError`, which the fold tells as a broken history.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from oms.orders.events import CancelledUnits, UnitState
from oms.orders.order import FulfillmentOrder, Order, Parcel
from oms.orders.pickup import Pickup, PickupCollected, PickupEvent, PickupExpired, PickupReady, PickupReminded
from oms.orders.transitions import Way


def pickup_of(order: Order) -> Pickup | None:
    """What stands on each new fulfillment order of an order that the customer fetches."""
    location_id = order.placed.pickup_location_id
    return Pickup(location_id) if location_id else None


def recorded(order: Order, event: PickupEvent, at: datetime) -> Order:
    """The order after one more event of the counter.

    Raises:
        ValueError: it cannot have happened.
    """
    share = order.fulfillment_orders.get(event.fulfillment_order_id)
    if share is None or share.pickup is None:
        raise ValueError(f"nobody fetches {event.fulfillment_order_id} in a store")
    after = replace(share, pickup=_after(share, share.pickup, event, at))
    return replace(order, fulfillment_orders={**order.fulfillment_orders, event.fulfillment_order_id: after})


def not_fetched(parcel: Parcel, gone: CancelledUnits) -> Parcel:
    """The parcel, sent to a store and put back there: what left stays on record, as it has been charged.

    Raises:
        ValueError: it has not left, or was handed over, or has no such units.
    """
    if parcel.shipped_at is None or parcel.delivered_at is not None:
        raise ValueError(f"{parcel.parcel_id} does not stand in a store")
    put_back = parcel.put_back.get(gone.line_id, 0) + gone.quantity
    if put_back > parcel.shipped.get(gone.line_id, 0):
        raise ValueError(f"{parcel.parcel_id} has no {gone.quantity} units of line {gone.line_id}")
    return replace(parcel, put_back={**parcel.put_back, gone.line_id: put_back})


def _after(share: FulfillmentOrder, pickup: Pickup, event: PickupEvent, at: datetime) -> Pickup:
    name = share.fulfillment_order_id
    if isinstance(event, PickupReady):
        there = UnitState.PACKED if share.way is Way.PICKUP else UnitState.SHIPPED
        live = {state for state, count in share.counts.items() if count} - {UnitState.CANCELLED}
        if pickup.ready is not None or live != {there} or event.location_id != pickup.location_id:
            raise ValueError(f"{name} does not stand ready at {event.location_id}")
        return replace(pickup, ready=event, ready_at=at)
    if not pickup.waits:
        raise ValueError(f"{name} does not wait for its customer")
    match event:
        case PickupReminded():
            return replace(pickup, reminded_at=at)
        case PickupExpired():
            return replace(pickup, expired_at=at)
        case PickupCollected():
            return replace(pickup, proof=event.proof, collected_at=at)
