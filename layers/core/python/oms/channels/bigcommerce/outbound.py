"""Telling BigCommerce of shipments, cancellations, refunds and stock.

Its interface takes no key of the caller's against repetition. So each call leaves a mark where staff can read it, and
looks for the mark first: on a shipment in its comments, on a refund in the reasons of its items, on an order of which
single units are cancelled in its staff notes.

Sources, all of bigcommerce/docs: reference/orders.v2.oas2.yml, reference/orders.v3.yml, reference/inventory.v3.yml,
docs/store-operations/orders; see also `docs/connect/bigcommerce.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oms.channels import rest
from oms.channels.bigcommerce import api
from oms.channels.bigcommerce.fetching import REFUNDED
from oms.channels.bigcommerce.inbound import CANCELLED, COMPLETED, GONE, SHIPPED, method_of
from oms.channels.bigcommerce.payload import LineItem
from oms.channels.bigcommerce.refunding import refund
from oms.channels.bigcommerce.shipping import confirm_shipment, order_of, put_order
from oms.channels.connection import Connection
from oms.channels.outbound import Cancelled, Sale, StockAnswer, StockLevel
from oms.errors import Refused
from oms.orders.events import PaymentMethod
from oms.setup import ChannelUpdate

__all__ = ["STOCK_BATCH", "TAKES", "cancel", "confirm_shipment", "refund", "set_stock"]

TAKES = frozenset(ChannelUpdate)

STOCK_BATCH = 100
"""BigCommerce takes 2,000, and refuses all of them for one that it does not know: that is found sooner among fewer."""


def cancel(connection: Connection, sale: Sale, cancelled: Cancelled) -> str:
    """See `ToldPlatform.cancel`. An order of which nothing is left is cancelled.

    Single units of an order that is paid are told to staff: a refund that names them takes them out, and would take out
    others beside them if they were gone. Of one that is not paid they are taken out, so that nobody pays for them. That
    has BigCommerce price their lines anew, without discounts: lines that have any are left to a person.
    """
    order = order_of(connection, sale)
    if order.status_id in GONE or order.status_id == REFUNDED:
        return ""
    if cancelled.everything:
        if order.status_id in {SHIPPED, COMPLETED}:
            raise Refused(f"order {sale.number} is shipped in the channel and cannot be cancelled there")
        put_order(connection, sale, {"status_id": CANCELLED})
        return ""
    if cancelled.key in order.staff_notes.split():
        return ""
    taken = {each.external_line_id: each.quantity for each in cancelled.lines}
    lines = [item for item in order.lines if item.id in taken]
    if not lines:
        return ""
    units = ", ".join(f"{taken[item.id]} x {item.sku or item.name}" for item in lines)
    told = f"Will not be sent: {units} ({cancelled.code}) {cancelled.key}"
    changes: dict[str, Any] = {"staff_notes": f"{order.staff_notes}\n{told}".strip()}
    if method_of(order) is not PaymentMethod.PREPAID:
        if any(item.applied_discounts for item in lines):
            raise Refused(
                f"units of order {sale.number} have discounts, which the channel would drop: cancel them there"
            )
        changes["products"] = [{"id": int(item.id), "quantity": _left(item, taken[item.id])} for item in lines]
    put_order(connection, sale, changes)
    return ""


def set_stock(connection: Connection, levels: Sequence[StockLevel]) -> Sequence[StockAnswer]:
    """See `ToldPlatform.set_stock`. A refused call is made again in halves, until what is wrong stands alone."""
    if not levels:
        return []
    place = int(connection.channel.stock_location or 1)
    items = [{"location_id": place, "sku": each.sku, "quantity": each.available} for each in levels]
    body = {"reason": "Available to sell", "items": items}
    reply = api.call(connection, "PUT", "/v3/inventory/adjustments/absolute", body=body)
    if reply.status == api.OK:
        return [StockAnswer(sku=each.sku) for each in levels]
    if len(levels) == 1:
        return [StockAnswer(sku=levels[0].sku, problem=rest.refused(reply, f"stock of {levels[0].sku}").detail)]
    half = len(levels) // 2
    return [*set_stock(connection, levels[:half]), *set_stock(connection, levels[half:])]


def _left(item: LineItem, taken: int) -> int:
    return max(item.quantity - taken, item.quantity_shipped, 0)
