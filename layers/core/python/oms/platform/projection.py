"""The second reader of the orders stream: keeps the views up to date, and counts what happened for the dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oms.orders import events as ev
from oms.orders.evolve import fold
from oms.orders.log import OrderLog
from oms.orders.order import Entry, Order
from oms.orders.rejecting import UnitsRejected
from oms.payments.ledger import PaymentCaptured, PaymentDeclined
from oms.platform import customers, views
from oms.platform.batch import BatchAnswer, Timed, stream_batch
from oms.platform.event_log import entry_of
from oms.platform.observability import Metric, count, count_money
from oms.platform.timers import timer_of
from oms.views.summary import ORDER, changed, order_summary


def project(log: OrderLog, batch: Mapping[str, Any], context: Timed) -> BatchAnswer:
    """Bring the views of every order in a batch of the stream up to what the log says now.

    An order is read once for all its records in the batch, and as it is now, not as it was then: a record that comes
    twice or late changes nothing. The metrics are counted per record: one that the stream repeats is counted again.
    """
    known: dict[str, tuple[int, Order]] = {}

    def handle(record: Mapping[str, Any]) -> None:
        if "NewImage" not in record["dynamodb"]:
            return
        entry = entry_of(record["dynamodb"]["NewImage"])
        since, order = known.get(entry.order_id, (0, None))
        if order is None or not since <= entry.seq <= order.version:
            since, order = known[entry.order_id] = entry.seq, _refresh(log, entry)
        _count(entry, order)

    return stream_batch(batch, context, handle)


def _refresh(log: OrderLog, since: Entry) -> Order:
    """Write the summaries that this entry or a later one changed; the others are in the views as they are."""
    entries = log.entries(since.order_id)
    before = fold(entry for entry in entries if entry.seq < since.seq)
    recent = [entry for entry in entries if entry.seq >= since.seq]
    order, written = changed(before, recent)
    assert order is not None, "an entry is in the log before it is in the stream"
    if before is None:
        views.note_day(order_summary(order).index["day"])
    for summary in written:
        # The order's own summary shows its version, so it is written anew with every entry, and with it the timer.
        views.put(summary, order.version, timer=timer_of(order) if summary.sk == ORDER else None)
    if customers.concerns(before, recent):
        customers.note_order(order)
    return order


def _count(entry: Entry, order: Order) -> None:
    """Count the events of one entry; test orders are no business."""
    if order.placed.test:
        return
    for event in entry.events:
        match event:
            case ev.OrderConfirmed():
                count(Metric.ORDERS_CONFIRMED)
                count(Metric.TIME_TO_CONFIRM, _seconds(order, entry.at))
                count_money(Metric.REVENUE, order.total, order.placed.currency)
            case ev.OrderHeld():
                count(Metric.ORDERS_HELD)
            case ev.UnitsAllocated():
                count(Metric.UNITS_ALLOCATED, sum(each.quantity for each in event.allocations))
            case ev.UnitsBackordered():
                count(Metric.UNITS_BACKORDERED, sum(each.quantity for each in event.units))
            case UnitsRejected():
                count(Metric.UNITS_REJECTED, sum(each.quantity for each in event.units))
            case PaymentDeclined():
                count(Metric.PAYMENTS_DECLINED)
            case PaymentCaptured():
                count(Metric.PAYMENTS_CAPTURED)
            case ev.UnitsShipped(complete=True):
                count(Metric.PARCELS_SHIPPED)
                count(Metric.TIME_TO_SHIP, _seconds(order, entry.at))
            case ev.ParcelDelivered():
                count(Metric.PARCELS_DELIVERED)
                count(Metric.TIME_TO_DELIVER, _seconds(order, event.at))
            case _:
                pass


def _seconds(order: Order, until: datetime) -> float:
    """From the moment when we accepted the order. A carrier's clock may be behind ours."""
    return max(0.0, (until - order.captured_at).total_seconds())
