"""Having Adobe Commerce give money back, by a credit memo on the invoice through which its gateway took the money.

What goes back is our figure. Units are named where the shop's price for them is a whole number of minor units, so that
it cannot reckon otherwise; the rest is an adjustment. The memo carries our key in a comment; where the key is there
already, nothing is given back. What was paid past a gateway can only be noted, not given back: that is a person's work.

Sources, all of AdobeDocs/commerce-webapi: `salesRefundInvoiceV1`, `salesCreditmemoRepositoryV1`,
`salesInvoiceRepositoryV1`, the tutorial "Issue a partial refund". A memo without any item would give everything back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from oms.channels import rest
from oms.channels.adobe_commerce import api
from oms.channels.adobe_commerce.payload import AdobeOrder, Item
from oms.channels.adobe_commerce.shipping import CONFIGURABLE, has_key, order_of
from oms.channels.connection import Connection
from oms.channels.figures import exactly, minor
from oms.channels.outbound import MoneyBack, Sale
from oms.errors import Refused, Unavailable
from oms.money import Money

MOST = 100
"""Invoices and credit memos of one order that are looked at."""

Memo = dict[str, Any]


def refund(connection: Connection, sale: Sale, refund: MoneyBack) -> str:
    """See `ToldPlatform.refund`."""
    memos = _of_order(connection, sale, "/creditmemos")
    if known := _ours(memos, refund):
        return known[0]
    order = order_of(connection, sale)
    body = _body(order, sale, refund)
    invoice = _invoice(_of_order(connection, sale, "/invoices"), memos, sale, refund)
    reply = api.call(connection, "POST", f"/invoice/{invoice}/refund", body=body)
    memos = _of_order(connection, sale, "/creditmemos")
    made = _ours(memos, refund)
    if reply.status != api.OK and not made:
        raise rest.refused(reply, f"a refund of order {sale.number}")
    if not made:
        raise Unavailable(f"whether order {sale.number} was refunded cannot be seen yet")
    back = sum(_paid(each, sale) for each in memos if has_key(each.get("comments"), refund.key))
    if back != refund.amount:
        told, meant = (Money(amount, sale.currency) for amount in (back, refund.amount))
        raise Refused(f"order {sale.number} was given back {told} in place of {meant} ({', '.join(made)})")
    return made[0]


def _of_order(connection: Connection, sale: Sale, path: str) -> list[Memo]:
    return api.search(connection, path, (("order_id", "eq", sale.external_id),), size=MOST)


def _ours(memos: Sequence[Memo], refund: MoneyBack) -> list[str]:
    return [str(each.get("entity_id", "")) for each in memos if has_key(each.get("comments"), refund.key)]


def _paid(document: Memo, sale: Sale) -> int:
    return minor(Decimal(document.get("grand_total") or 0), sale.currency)


def _invoice(invoices: Sequence[Memo], memos: Sequence[Memo], sale: Sale, refund: MoneyBack) -> str:
    """The invoice that the gateway was paid by and that has as much left to give back."""
    for invoice in invoices:
        given = sum(_paid(memo, sale) for memo in memos if memo.get("invoice_id") == invoice.get("entity_id"))
        if invoice.get("transaction_id") and _paid(invoice, sale) - given >= refund.amount:
            return str(invoice.get("entity_id"))
    raise Refused(
        f"no invoice of order {sale.number} was paid through a gateway and has so much left: give it back by hand"
    )


def _body(order: AdobeOrder, sale: Sale, refund: MoneyBack) -> dict[str, Any]:
    items = {item.item_id: item for item in order.items}
    named: dict[str, int] = {}
    left = refund.amount
    for line_id, quantity in refund.units.items():
        item = items.get(line_id)
        price = _exactly(item, quantity, sale.currency) if item and _alone(item, items) else None
        if price is not None and quantity:
            named[line_id] = quantity
            left -= price
    if left and order.base_currency_code not in {"", order.order_currency_code}:
        raise Refused(f"order {sale.number} was not paid in the shop's own currency: give it back by hand")
    adjustment = Money(abs(left), sale.currency).decimal
    first = next(iter(items), "0")
    return {
        # Without any item the shop gives back all of them; one of which nothing comes back stands for none.
        "items": [{"order_item_id": int(item_id), "qty": count} for item_id, count in (named or {first: 0}).items()],
        "is_online": True,
        "notify": False,
        "comment": {"comment": f"{refund.note} {refund.key}".strip(), "is_visible_on_front": 0},
        "arguments": {
            "shipping_amount": 0,
            "adjustment_positive": adjustment if left > 0 else 0,
            "adjustment_negative": adjustment if left < 0 else 0,
        },
    }


def _alone(item: Item, items: Mapping[str, Item]) -> bool:
    """Whether the shop gives back for this item: for the variant of a configurable product it does not."""
    parent = items.get(item.parent_item_id)
    return parent is None or parent.product_type != CONFIGURABLE


def _exactly(item: Item, units: int, currency: str) -> int | None:
    """What the shop gives back for so many units, when no rounding can come between; None when one could."""
    if not item.priced or units > item.qty_ordered - item.qty_refunded:
        return None
    shares = [
        exactly(amount * units / item.qty_ordered, currency)
        for amount in (item.net + item.tax_amount, item.row_total, item.tax_amount, item.discount_amount)
    ]
    return None if None in shares else shares[0]
