"""Telling Shopify of shipments, cancellations, refunds and stock, over its GraphQL Admin interface.

Money and stock take Shopify's `@idempotent` key; a key is remembered for a day, so each call looks first, too.

Sources: shopify.dev, GraphQL Admin API 2026-10: `orderCancel`, `refundCreate`, `inventorySetQuantities`, "Implementing
idempotency"; see also `docs/connect/shopify.md`.
"""

from __future__ import annotations

from collections.abc import Mapping

from oms.channels.connection import Connection
from oms.channels.outbound import Cancelled, Sale
from oms.channels.shopify import api
from oms.channels.shopify.refunding import mark, refund, refunds_of, say_refund
from oms.channels.shopify.shipping import confirm_shipment, open_units
from oms.channels.shopify.stocking import STOCK_BATCH, set_stock
from oms.errors import Refused
from oms.orders.reasons import CancellationReason
from oms.setup import ChannelUpdate

__all__ = ["STOCK_BATCH", "TAKES", "cancel", "confirm_shipment", "refund", "set_stock"]

TAKES = frozenset(ChannelUpdate)

REASONS: Mapping[CancellationReason, str] = {
    CancellationReason.CUSTOMER: "CUSTOMER",
    CancellationReason.MERCHANT: "STAFF",
    CancellationReason.UNPAID: "DECLINED",
    CancellationReason.UNFILLABLE: "INVENTORY",
}
"""Ours to Shopify's; whatever it has no word for is `OTHER`."""

CANCELLED_AT = """
query CancelledAt($order: ID!) {
  order(id: $order) { id cancelledAt }
}
"""

CANCEL = """
mutation CancelOrder($order: ID!, $reason: OrderCancelReason!, $note: String) {
  orderCancel(
    orderId: $order, reason: $reason, staffNote: $note, notifyCustomer: false, restock: false,
    refundMethod: { originalPaymentMethodsRefund: false }
  ) {
    job { id }
    orderCancelUserErrors { field message code }
  }
}
"""


def cancel(connection: Connection, sale: Sale, cancelled: Cancelled) -> str:
    """See `ToldPlatform.cancel`. Units of an order are taken out by a refund of them without money.

    Taken out like that, Shopify counts them as available again; the next level that is set says what is. Customers are
    told by us, and not twice.
    """
    return _whole(connection, sale, cancelled) if cancelled.everything else _units(connection, sale, cancelled)


def _whole(connection: Connection, sale: Sale, cancelled: Cancelled) -> str:
    if _is_cancelled(connection, sale):
        return ""
    reason = REASONS.get(cancelled.code, "OTHER")
    variables = {"order": _order(sale), "reason": reason, "note": mark(cancelled.key)}
    data = api.ask(connection, CANCEL, variables)
    try:
        done = api.carried_out(data, "orderCancel", f"cancelling order {sale.number}", "orderCancelUserErrors")
    except Refused:
        # A call whose answer was lost may have been carried out meanwhile: Shopify cancels in a job of its own.
        if _is_cancelled(connection, sale):
            return ""
        raise
    return api.number_of(str((done.get("job") or {}).get("id", "")))


def _units(connection: Connection, sale: Sale, cancelled: Cancelled) -> str:
    known = refunds_of(connection, sale)
    if found := known.with_mark(cancelled.key):
        return found
    left = {each.external_line_id: each.quantity for each in cancelled.lines}
    lines = []
    for each in open_units(connection, sale):
        count = min(left.get(each.sold, 0), each.left)
        if count > 0:
            left[each.sold] -= count
            item = {"lineItemId": api.gid("LineItem", each.sold), "quantity": count, "restockType": "CANCEL"}
            lines.append(item | ({"locationId": each.place} if each.place else {}))
    if not lines:
        return ""
    return say_refund(
        connection,
        {
            "orderId": _order(sale),
            "note": mark(cancelled.key),
            "notify": False,
            "refundLineItems": lines,
            "transactions": [],
            "discrepancyReason": "OTHER",
        },
        f"cancelling units of order {sale.number}",
    )


def _is_cancelled(connection: Connection, sale: Sale) -> bool:
    order = api.ask(connection, CANCELLED_AT, {"order": _order(sale)}).get("order")
    if order is None:
        raise Refused(f"order {sale.number} is not in the channel any more")
    return bool(order.get("cancelledAt"))


def _order(sale: Sale) -> str:
    return api.gid("Order", sale.external_id)
