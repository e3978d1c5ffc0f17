"""Telling Adobe Commerce of shipments, cancellations, refunds and stock.

Its interface takes no key of the caller's against repetition. So each call leaves our key in a comment that only staff
sees, and looks for it first.

Sources, all of AdobeDocs/commerce-webapi: `salesOrderManagementV1`, "Manage source items"; see also
`docs/connect/adobe-commerce.md`.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.channels import rest
from oms.channels.adobe_commerce import api
from oms.channels.adobe_commerce.goods import CANCELED, CLOSED
from oms.channels.adobe_commerce.payload import AdobeOrder
from oms.channels.adobe_commerce.refunding import refund
from oms.channels.adobe_commerce.shipping import confirm_shipment, order_of
from oms.channels.connection import Connection
from oms.channels.outbound import Cancelled, Sale, StockAnswer, StockLevel
from oms.setup import ChannelUpdate

__all__ = ["STOCK_BATCH", "TAKES", "cancel", "confirm_shipment", "refund", "set_stock"]

TAKES = frozenset(ChannelUpdate)

STOCK_BATCH = 100
"""The shop takes any number, and refuses all of them for one that is wrong: that is found sooner among fewer."""

DEFAULT_SOURCE = "default"


def cancel(connection: Connection, sale: Sale, cancelled: Cancelled) -> str:
    """See `ToldPlatform.cancel`. An order that has not been invoiced is cancelled as a whole.

    The shop cancels no single units, and nothing that is invoiced: there a comment tells staff, and the money goes back
    by a credit memo.
    """
    order = order_of(connection, sale)
    if order.state in {CANCELED, CLOSED}:
        return ""
    if not cancelled.everything or _invoiced(order):
        return _tell_staff(connection, sale, order, cancelled)
    reply = api.call(connection, "POST", f"/orders/{sale.external_id}/cancel")
    if (reply.status != api.OK or rest.content(reply) is False) and order_of(connection, sale).state != CANCELED:
        raise rest.refused(reply, f"cancelling order {sale.number}")
    return sale.external_id


def set_stock(connection: Connection, levels: Sequence[StockLevel]) -> Sequence[StockAnswer]:
    """See `ToldPlatform.set_stock`. A refused call is made again in halves, until what is wrong stands alone."""
    if not levels:
        return []
    source = connection.channel.stock_location or DEFAULT_SOURCE
    items = [
        {"sku": each.sku, "source_code": source, "quantity": each.available, "status": int(each.available > 0)}
        for each in levels
    ]
    reply = api.call(connection, "POST", "/inventory/source-items", body={"sourceItems": items})
    if reply.status == api.OK:
        return [StockAnswer(sku=each.sku) for each in levels]
    if len(levels) == 1:
        return [StockAnswer(sku=levels[0].sku, problem=rest.refused(reply, f"stock of {levels[0].sku}").detail)]
    half = len(levels) // 2
    return [*set_stock(connection, levels[:half]), *set_stock(connection, levels[half:])]


def _invoiced(order: AdobeOrder) -> bool:
    """Whether nothing is left that can be cancelled."""
    tops = [item for item in order.items if not item.parent_item_id]
    return all(item.qty_invoiced + item.qty_canceled >= item.qty_ordered for item in tops)


def _tell_staff(connection: Connection, sale: Sale, order: AdobeOrder, cancelled: Cancelled) -> str:
    if any(cancelled.key in each.comment.split() for each in order.status_histories):
        return ""
    skus = {item.item_id: item.sku for item in order.items}
    units = ", ".join(f"{each.quantity} x {skus.get(each.external_line_id, each.sku)}" for each in cancelled.lines)
    comment = {
        "comment": f"Will not be sent: {units} ({cancelled.code}) {cancelled.key}",
        "is_customer_notified": 0,
        "is_visible_on_front": 0,
        "parent_id": int(sale.external_id),
        "status": order.status,
    }
    reply = api.call(connection, "POST", f"/orders/{sale.external_id}/comments", body={"statusHistory": comment})
    if reply.status != api.OK:
        raise rest.refused(reply, f"a comment on order {sale.number}")
    return ""
