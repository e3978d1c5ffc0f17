"""When a person's data may be erased: not before everything that needs it has come to its end."""

from __future__ import annotations

from datetime import datetime, timedelta

from oms.orders.events import UnitState
from oms.orders.order import Order
from oms.payments.disputes import DisputeStatus

ENDED = frozenset({UnitState.SHIPPED, UnitState.DELIVERED, UnitState.CANCELLED})

ON_ITS_WAY = timedelta(days=30)
"""For which a parcel that nobody has seen arrive still counts as on its way."""


def obstacle(order: Order, now: datetime) -> str:
    """Why an order is still under way, so that its customer must be known; empty when it is over."""
    if any(count for state, count in order.counts.items() if state not in ENDED):
        return "units are still to be sent"
    parcels = order.parcels.values()
    if any(each.shipped_at and not each.delivered_at and each.shipped_at > now - ON_ITS_WAY for each in parcels):
        return "a parcel is on its way"
    if any(each.open for each in order.after_sale.returns.values()):
        return "a return is open"
    undecided = {DisputeStatus.INQUIRY, DisputeStatus.OPEN}
    if any(each.status in undecided for payment in order.payments.values() for each in payment.disputes.values()):
        return "a payment is disputed"
    return "a refund is under way" if _refund_is_under_way(order) else ""


def _refund_is_under_way(order: Order) -> bool:
    """Whether money is owed back, or was asked to go back and neither went nor was refused."""
    parts = [
        part.amount
        for refund in order.after_sale.refunds.values()
        for part in refund.parts
        if refund.refund_id not in order.payments[part.payment_id].failed_refunds
    ]
    return order.overcharged > 0 or sum(parts) > order.refunded
