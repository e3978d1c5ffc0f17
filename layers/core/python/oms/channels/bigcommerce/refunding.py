"""Having BigCommerce give money back.

A refund carries its key in the reasons of its items; where the key is there already, nothing is given back. The units
are named, so that they count as refunded in the shop. What goes back is our figure: where BigCommerce reckons
otherwise, it is told with `merchant_calculated_override`, which is made for that.

Sources, all of bigcommerce/docs: reference/orders.v3.yml (`createOrderRefundQuotes`, `createOrderRefund`,
`getOrderRefunds`), docs/store-operations/orders/refunds.mdx. Refunds of one order are to be made one after the other.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms.channels import rest
from oms.channels.bigcommerce import api
from oms.channels.bigcommerce.payload import BigOrder
from oms.channels.bigcommerce.shipping import order_of
from oms.channels.connection import Connection
from oms.channels.figures import minor
from oms.channels.outbound import MoneyBack, Sale
from oms.errors import Refused, Unavailable
from oms.money import Money

CONFLICT = 409
MAX_REASON = 1000
STORE_CREDIT = "storecredit"

Items = list[dict[str, Any]]


def refund(connection: Connection, sale: Sale, refund: MoneyBack) -> str:
    """See `ToldPlatform.refund`."""
    if known := _ours(connection, sale, refund):
        return known[0]
    items = _items(order_of(connection, sale), sale, refund)
    quote = _quote(connection, sale, items) if items else None
    if quote is None:
        # The shop counts these units or this shipping as given back already: the money alone is told.
        items = [_item("ORDER", sale.external_id, refund, amount=_major(refund.amount, sale))]
        quote = _quote(connection, sale, items)
    if quote is None:
        raise Refused(f"the channel gives nothing back for order {sale.number}: look at its payment there")
    body = {"items": items, **_money(quote, sale, refund)}
    reply = api.call(connection, "POST", _path(sale, "refunds"), body=body)
    if reply.status not in {api.OK, api.CREATED, CONFLICT} and not _ours(connection, sale, refund):
        raise rest.refused(reply, f"a refund of order {sale.number}")
    made = _ours(connection, sale, refund)
    if not made:
        raise Unavailable(f"whether order {sale.number} was refunded cannot be seen yet")
    if len(made) > 1:
        raise Refused(f"order {sale.number} was refunded {len(made)} times ({', '.join(made)}): take one back by hand")
    return made[0]


def _path(sale: Sale, action: str) -> str:
    return f"/v3/orders/{sale.external_id}/payment_actions/{action}"


def _major(amount: int, sale: Sale) -> Decimal:
    return Money(amount, sale.currency).decimal


def _ours(connection: Connection, sale: Sale, refund: MoneyBack) -> list[str]:
    """The refunds in the shop that carry this one's key."""
    reply = api.call(connection, "GET", _path(sale, "refunds"))
    if reply.status not in {api.OK, api.NO_CONTENT}:
        raise rest.refused(reply, f"reading the refunds of order {sale.number}")
    found = (rest.content(reply) or {}).get("data") or []
    return [str(each.get("id", "")) for each in found if _has(each, refund.key)]


def _has(refund: dict[str, Any], key: str) -> bool:
    told = [refund, *(refund.get("items") or [])]
    return any(key in str(each.get("reason") or "").split() for each in told)


def _items(order: BigOrder, sale: Sale, refund: MoneyBack) -> Items:
    """What is given back, in the shop's terms; nothing when the lines are not the shop's own."""
    lines = {item.id: item for item in order.lines}
    items = [
        _item("PRODUCT", line_id, refund, quantity=quantity)
        for line_id, quantity in refund.units.items()
        if line_id in lines and quantity
    ]
    parts = order.consignments.shipping if order.consignments else ()
    if refund.shipping > 0 and parts:
        items.append(_item("SHIPPING", parts[0].id, refund, amount=_major(refund.shipping, sale)))
    return items


def _item(kind: str, item_id: str, refund: MoneyBack, **what: Any) -> dict[str, Any]:
    reason = f"{refund.note[: MAX_REASON - len(refund.key) - 1]} {refund.key}".strip()
    return {"item_type": kind, "item_id": int(item_id), "reason": reason, **what}


def _quote(connection: Connection, sale: Sale, items: Items) -> dict[str, Any] | None:
    """What the shop would give back for these; None when it would not."""
    asked = [{name: value for name, value in item.items() if name != "reason"} for item in items]
    reply = api.call(connection, "POST", _path(sale, "refund_quotes"), body={"items": asked})
    if reply.status not in {api.OK, api.CREATED}:
        return None
    quote = (rest.content(reply) or {}).get("data")
    return quote if isinstance(quote, dict) else None


def _money(quote: dict[str, Any], sale: Sale, refund: MoneyBack) -> dict[str, Any]:
    """By which ways the money goes, and the sum where the shop's differs from ours.

    Store credit is no way for money that did not come from it, and a way that only notes what somebody pays elsewhere
    pays nothing: the shop names such ways too.
    """
    ways = [way for way in quote.get("refund_methods") or [] if way and not any(each.get("offline") for each in way)]
    if not ways:
        raise Refused(f"the channel cannot give money of order {sale.number} back by itself: give it back by hand")
    way = min(ways, key=lambda way: sum(_of(each, sale) for each in way if each.get("provider_id") == STORE_CREDIT))
    quoted, left = minor(Decimal(quote.get("total_refund_amount") or 0), sale.currency), refund.amount
    payments = []
    for number, each in enumerate(way):
        share = left if number == len(way) - 1 else min(left, _of(each, sale))
        left -= share
        if share > 0:
            payments.append({"provider_id": each["provider_id"], "amount": _major(share, sale), "offline": False})
    if quoted == refund.amount:
        return {"payments": payments}
    tax = min(minor(Decimal(quote.get("total_refund_tax_amount") or 0), sale.currency), refund.amount)
    override = {"total_amount": _major(refund.amount, sale), "total_tax": _major(max(tax, 0), sale)}
    return {"payments": payments, "merchant_calculated_override": override}


def _of(option: dict[str, Any], sale: Sale) -> int:
    return minor(Decimal(option.get("amount") or 0), sale.currency)
