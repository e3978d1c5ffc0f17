"""Telling BigCommerce of shipments, cancellations, refunds and stock.

Its interface takes no key of the caller's against repetition. So each call leaves a mark where staff can read it, and
looks for the mark first: on a shipment in its comments, on a refund in the reasons of its items, on an order whose
units were taken out in its staff notes.

Sources, all of bigcommerce/docs: reference/orders.v2.oas2.yml, reference/orders.v3.yml, reference/inventory.v3.yml,
docs/store-operations/orders; see also `docs/connect/bigcommerce.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oms.channels import rest
from oms.channels.bigcommerce import api
from oms.channels.bigcommerce.fetching import REFUNDED
from oms.channels.bigcommerce.inbound import CANCELLED, COMPLETED, GONE, SHIPPED
from oms.channels.bigcommerce.payload import LineItem
from oms.channels.bigcommerce.refunding import refund
from oms.channels.bigcommerce.shipping import confirm_shipment, order_of
from oms.channels.connection import Connection
from oms.channels.outbound import Cancelled, Sale, StockAnswer, StockLevel
from oms.errors import Refused
from oms.setup import ChannelUpdate

__all__ = ["STOCK_BATCH", "TAKES", "cancel", "confirm_shipment", "refund", "set_stock"]

TAKES = frozenset(ChannelUpdate)

STOCK_BATCH = 100
"""BigCommerce takes 2,000, and refuses all of them for one that it does not know: that is found sooner among fewer."""


def cancel(connection: Connection, sale: Sale, cancelled: Cancelled) -> str:
    """See `ToldPlatform.cancel`. Units are taken out of the order; an order of which nothing is left is cancelled.

    Taking units out has BigCommerce price their lines anew, without their discounts: lines that have any are left to a
    person.
    """
    order = order_of(connection, sale)
    if order.status_id in GONE or order.status_id == REFUNDED:
        return ""
    if cancelled.everything:
        if order.status_id in {SHIPPED, COMPLETED}:
            raise Refused(f"order {sale.number} is shipped in the channel and cannot be cancelled there")
        return _put(connection, sale, {"status_id": CANCELLED})
    if cancelled.key in order.staff_notes.split():
        return ""
    taken = {each.external_line_id: each.quantity for each in cancelled.lines}
    lines = [item for item in order.lines if item.id in taken]
    if not lines:
        return ""
    if any(item.applied_discounts for item in lines):
        raise Refused(f"units of order {sale.number} have discounts, which the channel would drop: cancel them there")
    note = f"{order.staff_notes}\n" if order.staff_notes else ""
    left = [{"id": int(item.id), "quantity": _left(item, taken[item.id])} for item in lines]
    return _put(connection, sale, {"products": left, "staff_notes": f"{note}Units cancelled: {cancelled.key}"})


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


def _put(connection: Connection, sale: Sale, body: dict[str, Any]) -> str:
    reply = api.call(connection, "PUT", f"/v2/orders/{sale.external_id}", body=body)
    if reply.status != api.OK:
        raise rest.refused(reply, f"cancelling in order {sale.number}")
    return sale.external_id
