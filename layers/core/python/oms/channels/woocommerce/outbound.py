"""Telling WooCommerce of shipments, cancellations, refunds and stock, over its REST interface.

Source: WooCommerce REST API v3, "Update an order"; see also `docs/connect/woocommerce.md`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from oms.channels.connection import Connection
from oms.channels.outbound import Cancelled, Sale
from oms.channels.woocommerce.inbound import COMPLETED, GONE, PAID
from oms.channels.woocommerce.refunding import refund, take_out
from oms.channels.woocommerce.shipping import CANCELLED, confirm_shipment, meta, order_of, update
from oms.channels.woocommerce.stocking import STOCK_BATCH, set_stock
from oms.errors import Refused
from oms.money import exponent
from oms.setup import ChannelUpdate

__all__ = ["STOCK_BATCH", "TAKES", "cancel", "confirm_shipment", "refund", "set_stock"]

TAKES = frozenset(ChannelUpdate)


def cancel(connection: Connection, sale: Sale, cancelled: Cancelled) -> str:
    """See `ToldPlatform.cancel`. Units of an order that is paid are refunded without money; else its lines shrink.

    So whoever has paid is still owed what they paid, and whoever has yet to pay owes less.
    """
    order = order_of(connection, sale)
    if order["status"] in GONE:
        return ""
    if cancelled.everything:
        if order["status"] == COMPLETED:
            raise Refused(f"order {sale.number} is completed in the channel and cannot be cancelled there")
        update(connection, sale, {"status": "cancelled"})
        return sale.external_id
    done = meta(order, CANCELLED, {})
    if cancelled.key in done:
        return ""
    lines = {str(line["id"]): line for line in order["line_items"]}
    units = {
        each.external_line_id: min(each.quantity, int(lines[each.external_line_id]["quantity"]))
        for each in cancelled.lines
        if each.external_line_id in lines
    }
    if not units:
        return ""
    if order["status"] in PAID or order.get("date_paid_gmt"):
        take_out(connection, sale, cancelled.key, units)
        update(connection, sale, _noted(done, cancelled.key, units))
    else:
        shrunk = [_shrunk(lines[line], count, sale.currency) for line, count in units.items()]
        update(connection, sale, {"line_items": shrunk, **_noted(done, cancelled.key, {})})
    return sale.external_id


def _noted(done: dict[str, Any], key: str, units: dict[str, int]) -> dict[str, Any]:
    return {"meta_data": [{"key": CANCELLED, "value": done | {key: units}}]}


def _shrunk(line: dict[str, Any], count: int, currency: str) -> dict[str, Any]:
    """A line of so many units less, at the same price; WooCommerce works its taxes out anew."""
    quantity = Decimal(str(line["quantity"]))
    left = quantity - count
    step = Decimal(1).scaleb(-exponent(currency))

    def share(amount: str) -> str:
        return str((Decimal(amount) * left / quantity).quantize(step, ROUND_HALF_UP))

    return {
        "id": line["id"],
        "quantity": int(left),
        "subtotal": share(line["subtotal"]),
        "total": share(line["total"]),
    }
