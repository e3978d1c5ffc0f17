"""What time alone does to goods that stand ready in a store: the customer is reminded, and then their time is over.

Nothing is cancelled by time: the goods stand there until staff put them back, and until then whoever comes gets them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from oms.orders.order import Order
from oms.orders.pickup import PickupExpired, PickupReminded


def pickup_moments(order: Order) -> Iterator[tuple[datetime, PickupReminded | PickupExpired]]:
    """When each customer who has not come is reminded, and when their time is over: what is to be written down then."""
    for fulfillment_order_id, share in order.fulfillment_orders.items():
        pickup = share.pickup
        if pickup is None or pickup.ready is None or not pickup.waits or not share.live:
            continue
        if pickup.expired_at is not None:
            continue
        if pickup.ready.remind_at is not None and pickup.reminded_at is None:
            yield pickup.ready.remind_at, PickupReminded(fulfillment_order_id=fulfillment_order_id)
        yield pickup.ready.until, PickupExpired(fulfillment_order_id=fulfillment_order_id)


def pickup_due(order: Order, now: datetime) -> PickupReminded | PickupExpired | None:
    """What is to be written down now. Nobody is reminded whose time is over, nor of what is held back from them."""
    if order.holds:
        return None
    due = [event for moment, event in pickup_moments(order) if moment <= now]
    over = [event for event in due if isinstance(event, PickupExpired)]
    return next(iter(over or due), None)
