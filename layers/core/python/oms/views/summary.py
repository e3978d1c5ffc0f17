"""What lists and work queues show of an order: pure projections, each with the attributes that it is found by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from oms.clock import to_text
from oms.orders.events import UnitState
from oms.orders.evolve import fold
from oms.orders.order import Counts, Entry, FulfillmentOrder, Order
from oms.payments.ledger import cover
from oms.views.answers import FulfillmentSummary, OrderSummary
from oms.views.queues import queued_order, queues_of

ORDER = "order"
"""Sort key of an order's own summary, beside those of its fulfillment orders."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One item of the views: its key, the attributes that put it into indexes, and what is shown of it."""

    pk: str
    sk: str
    index: Mapping[str, str]
    body: Mapping[str, Any]


def summaries(order: Order | None) -> tuple[Summary, ...]:
    """All items that the views keep of an order, or none while there is no order."""
    return () if order is None else (order_summary(order), *fulfillment_summaries(order), *queue_summaries(order))


def changed(before: Order | None, entries: Iterable[Entry]) -> tuple[Order | None, tuple[Summary, ...]]:
    """The order after more entries, and its summaries that any of them changed: also what changed and changed back.

    Whoever handles the same entry then writes at least the same items, so that a slow process that still writes an
    older state of one finds a newer there.
    """
    order, touched = before, dict[str, Summary]()
    for entry in entries:
        standing = summaries(order)
        order = fold([entry], order)
        now = summaries(order)
        left = {each.sk for each in now}
        touched |= {each.sk: each for each in now if each not in standing}
        # An item cannot be deleted: a slow process would put it back. It stays, and no index has it any more.
        touched |= {each.sk: Summary(each.pk, each.sk, {}, {}) for each in standing if each.sk not in left}
    last = {each.sk: each for each in summaries(order)}
    return order, tuple(last.get(sk, gone) for sk, gone in touched.items())


def order_summary(order: Order) -> Summary:
    """The order in lists by status, channel and day; `placed_at` is the channel's time, which never changes."""
    placed_at = to_text(order.placed.placed_at)
    body: OrderSummary = {
        "order_id": order.order_id,
        "version": order.version,
        "status": order.status,
        "channel_id": order.placed.channel_id,
        "external_id": order.placed.external_id,
        "number": order.placed.number,
        "placed_at": placed_at,
        "updated_at": to_text(order.updated_at),
        "total": {"amount": order.total, "currency": order.placed.currency},
        "units": _live(order.counts),
        "authorised": cover(order.covered, order.due),
        "charged": cover(order.charged - order.refunded - order.transferred, order.due),
        "holds": [hold.reason for hold in order.holds.values()],
        "locations": sorted({each.location_id for each in order.fulfillment_orders.values()}),
    }
    index = {
        "status": order.status.value,
        "channel_id": order.placed.channel_id,
        "day": placed_at[:10],
        "placed_at": placed_at,
    }
    return Summary(f"order#{order.order_id}", ORDER, index, body)


def fulfillment_summaries(order: Order) -> tuple[Summary, ...]:
    """Each fulfillment order in the queue of its location and status."""
    return tuple(_fulfillment(order, each) for each in order.fulfillment_orders.values())


def _fulfillment(order: Order, fulfillment: FulfillmentOrder) -> Summary:
    allocated_at, pickup = to_text(fulfillment.allocated_at), fulfillment.pickup
    body: FulfillmentSummary = {
        "fulfillment_order_id": fulfillment.fulfillment_order_id,
        "order_id": order.order_id,
        "number": order.placed.number,
        "channel_id": order.placed.channel_id,
        "location_id": fulfillment.location_id,
        "status": fulfillment.status,
        "allocated_at": allocated_at,
        "lines": len(fulfillment.lines),
        "units": _live(fulfillment.counts),
        "parcels": len(fulfillment.parcel_ids),
        "held": bool(order.holds),
        "pickup_location_id": pickup.location_id if pickup else None,
        "last_day": pickup.ready.last_day.isoformat() if pickup and pickup.ready else None,
        "actions": list(order.actions_of(fulfillment)),
    }
    index = {
        "location_queue": f"{fulfillment.at}#{fulfillment.status.value}",
        "allocated_at": allocated_at,
    }
    return Summary(f"order#{order.order_id}", f"fulfillment#{fulfillment.fulfillment_order_id}", index, body)


def queue_summaries(order: Order) -> tuple[Summary, ...]:
    """The order in each queue in which somebody must do something for it, the longest waiting first."""
    return tuple(
        Summary(
            f"order#{order.order_id}",
            f"queue#{queue.value}",
            {"queue": queue.value, "since": to_text(matters[0].since)},
            queued_order(order, matters),
        )
        for queue, matters in queues_of(order).items()
    )


def _live(counts: Counts) -> int:
    return sum(count for state, count in counts.items() if state is not UnitState.CANCELLED)
