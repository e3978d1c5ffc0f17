"""The work queues: which orders need somebody, for what, and since when; derived from the order alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oms.clock import to_text
from oms.orders.events import HoldReason, TrackingStatus, UnitState
from oms.orders.holding import OwnReason
from oms.orders.journey import history, tracking_status
from oms.orders.order import Hold, Line, Order
from oms.orders.transitions import FulfillmentStatus, OrderStatus, Way
from oms.payments.disputes import DisputeStatus
from oms.views.queue_shapes import QueuedOrder


class Queue(StrEnum):
    """What a person has to do, sorted by who does it."""

    FRAUD = "fraud"
    BAD_ADDRESS = "bad_address"
    PAYMENT = "payment"
    UNFILLABLE = "unfillable"
    """Something was sold that nobody can send: it is not set up, or locations gave it back and no goods are coming."""
    BACKORDER = "backorder"
    PICKUP = "pickup"
    """A store has to make ready what came for a customer, or to put back what nobody fetched in time."""
    EXCEPTIONS = "exceptions"
    """Parcels in trouble, refunds that failed, disputes, wishes of channels and customers that somebody must answer."""


HOLDS: dict[HoldReason, Queue] = {
    HoldReason.FRAUD: Queue.FRAUD,
    HoldReason.BAD_ADDRESS: Queue.BAD_ADDRESS,
    HoldReason.PAYMENT_DECLINED: Queue.PAYMENT,
    HoldReason.PAYMENT_PENDING: Queue.PAYMENT,
    HoldReason.TOTAL_MISMATCH: Queue.PAYMENT,
    HoldReason.UNKNOWN_SKU: Queue.UNFILLABLE,
    HoldReason.BACKORDER_LIMIT: Queue.UNFILLABLE,
    HoldReason.DISPUTE: Queue.EXCEPTIONS,
    HoldReason.CHANNEL_CHANGE: Queue.EXCEPTIONS,
    HoldReason.CHANNEL_DOCUMENT: Queue.EXCEPTIONS,
    HoldReason.MANUAL: Queue.EXCEPTIONS,
}
"""The queue of each reason for a hold."""

WAYS_OUT: dict[HoldReason, str] = {
    HoldReason.BAD_ADDRESS: "edit_contact",
    HoldReason.PAYMENT_DECLINED: "pay",
    HoldReason.PAYMENT_PENDING: "pay",
}
"""What, beside releasing it, ends a hold of this reason."""

BY_PEOPLE = frozenset(HoldReason(each) for each in OwnReason)
ROUTING = "route"
"""Whose notes are ours: what people write may name people, and stays in the log."""

PARCEL_TROUBLE = {
    TrackingStatus.EXCEPTION: "parcel_exception",
    TrackingStatus.RETURNING: "parcel_returning",
    TrackingStatus.RETURNED: "parcel_returned",
}
"""Where a parcel is that somebody must look after. After a failed attempt the carrier tries again by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing for which an order stands in a queue."""

    queue: Queue
    reason: str
    since: datetime
    subject: str = ""
    """The hold's handle, or the id of the parcel, refund, dispute or request."""
    owner: str = ""
    note: str = ""
    actions: tuple[str, ...] = ()


def queues_of(order: Order) -> dict[Queue, list[Matter]]:
    """Everything that an order needs somebody for, by queue, the oldest first; nothing when it goes by itself."""
    found: dict[Queue, list[Matter]] = {}
    for matter in sorted(_matters(order), key=lambda each: (each.since, each.reason, each.subject)):
        found.setdefault(matter.queue, []).append(matter)
    return found


def queued_order(order: Order, matters: list[Matter]) -> QueuedOrder:
    """An order as a queue shows it, with no personal data."""
    return {
        "order_id": order.order_id,
        "number": order.placed.number,
        "channel_id": order.placed.channel_id,
        "placed_at": to_text(order.placed.placed_at),
        "total": {"amount": order.total, "currency": order.placed.currency},
        "since": to_text(matters[0].since),
        "matters": [
            {
                "reason": each.reason,
                "subject": each.subject,
                "since": to_text(each.since),
                "owner": each.owner,
                "note": each.note,
                "actions": list(each.actions),
            }
            for each in matters
        ],
    }


def _matters(order: Order) -> Iterator[Matter]:
    for hold in order.holds.values():
        # Nothing waits in a cancelled order, but somebody must see that its channel took it up again.
        if order.status is not OrderStatus.CANCELLED or hold.reason is HoldReason.CHANNEL_CHANGE:
            yield _held(order, hold)
    yield from _backordered(order)
    yield from _parcels(order)
    yield from _pickups(order)
    yield from _money(order)
    for request_id, request in order.cancellations.items():
        if order.asked_for(request):
            yield Matter(queue=Queue.EXCEPTIONS, reason="cancellation_requested", since=request.at, subject=request_id)


def _held(order: Order, hold: Hold) -> Matter:
    ours = hold.reason not in BY_PEOPLE or (hold.reason is not HoldReason.MANUAL and hold.opened_by == ROUTING)
    way_out = WAYS_OUT.get(hold.reason, "")
    return Matter(
        queue=HOLDS[hold.reason],
        reason=hold.reason,
        since=hold.at,
        subject=hold.handle,
        owner=hold.owner,
        note=hold.note if ours else "",
        actions=(
            f"release:{hold.handle}",
            f"assign:{hold.handle}",
            *([way_out] if way_out in order.actions else []),
        ),
    )


def _backordered(order: Order) -> Iterator[Matter]:
    waiting = [line for line in order.lines.values() if line.counts.get(UnitState.BACKORDERED)]
    given_back = {line_id for each in order.rejections for line_id in each.units}
    hopeless = [line for line in waiting if line.placed.line_id in given_back and order.promise.arrives is None]
    if hopeless:
        yield _waits(order, hopeless, Queue.UNFILLABLE, "rejected")
    if others := [line for line in waiting if line not in hopeless]:
        yield _waits(order, others, Queue.BACKORDER, "backorder")


def _waits(order: Order, lines: list[Line], queue: Queue, reason: str) -> Matter:
    skus = sorted({line.placed.sku for line in lines})
    return Matter(
        queue=queue,
        reason=reason,
        since=min(line.backordered_at or order.captured_at for line in lines),
        note=", ".join(skus[:10]),
        actions=tuple(each for each in ("cancel", "offer_substitute") if each in order.actions),
    )


def _parcels(order: Order) -> Iterator[Matter]:
    for parcel in order.parcels.values():
        reason = PARCEL_TROUBLE.get(tracking_status(parcel))
        if reason:
            yield Matter(
                queue=Queue.EXCEPTIONS,
                reason=reason,
                since=history(parcel)[-1].at,
                subject=parcel.parcel_id,
            )


def _pickups(order: Order) -> Iterator[Matter]:
    """Goods that came to their store and nobody has made ready, and goods that nobody has fetched in time."""
    for share in order.fulfillment_orders.values():
        if share.pickup is not None and share.status is FulfillmentStatus.EXPIRED and share.pickup.expired_at:
            since, reason = share.pickup.expired_at, "pickup_expired"
        elif share.way is Way.TO_STORE and share.status is FulfillmentStatus.SHIPPED and not share.waits:
            parcels = [order.parcels[each] for each in share.parcel_ids]
            if any(tracking_status(each) is not TrackingStatus.DELIVERED for each in parcels):
                continue
            since, reason = max(history(each)[-1].at for each in parcels), "pickup_arrived"
        else:
            continue
        yield Matter(queue=Queue.PICKUP, reason=reason, since=since, subject=share.fulfillment_order_id, note=share.at)


def _money(order: Order) -> Iterator[Matter]:
    """Refunds that still owe the customer money, and disputes that the bank has not decided."""
    for payment in order.payments.values():
        for refund_id in payment.failed_refunds if order.overcharged else ():
            yield Matter(
                queue=Queue.EXCEPTIONS,
                reason="refund_failed",
                since=order.troubles[refund_id],
                subject=refund_id,
            )
        for dispute_id, dispute in payment.disputes.items():
            if dispute.status in {DisputeStatus.INQUIRY, DisputeStatus.OPEN}:
                yield Matter(
                    queue=Queue.EXCEPTIONS,
                    reason="dispute",
                    since=order.troubles[dispute_id],
                    subject=dispute_id,
                    note=dispute.opened.reason,
                )
