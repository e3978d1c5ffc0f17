"""Refunds in Shopify: what was given back already, what can be, and one more.

Source: shopify.dev, GraphQL Admin API 2026-10: `refundCreate` (a refund's transactions name the sale or capture that
they give back of), the Order and OrderTransaction objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from oms.channels.connection import Connection
from oms.channels.figures import minor
from oms.channels.outbound import MoneyBack, Sale
from oms.channels.shopify import api
from oms.errors import Refused
from oms.money import exponent

REFUNDS = """
query Refunds($order: ID!) {
  order(id: $order) {
    id currencyCode presentmentCurrencyCode
    refunds(first: 100) { id note }
    transactions(first: 100) {
      id kind status gateway amountSet { shopMoney { amount currencyCode } } parentTransaction { id }
    }
  }
}
"""

REFUND = """
mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id }
    userErrors { field message }
  }
}
"""

TAKEN = frozenset({"SALE", "CAPTURE"})
UNDER_WAY = frozenset({"SUCCESS", "PENDING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What Shopify knows of an order's refunds; money in minor units of `currency`, the shop's own."""

    currency: str
    foreign: bool
    """Whether the customer paid in another currency than the shop's."""
    refunds: tuple[tuple[str, str], ...]
    """Id and note of each."""
    refundable: tuple[tuple[str, str, int], ...]
    """Transaction, gateway and what is left of it, the largest rest first."""

    def with_mark(self, key: str) -> str:
        """The number of the refund that was made for a key; empty when there is none."""
        return next((api.number_of(refund) for refund, note in self.refunds if mark(key) in note), "")


def mark(key: str) -> str:
    """What a note says so that what was done for a key is found again."""
    return f"[{key}]"


def refund(connection: Connection, sale: Sale, refund: MoneyBack) -> str:
    """See `ToldPlatform.refund`. Money only: which units it is for, Shopify hears by their cancellation or return.

    Units named in a refund leave the order there, and those that were cancelled have left it already.
    """
    known = refunds_of(connection, sale)
    if found := known.with_mark(refund.key):
        return found
    if known.foreign:
        raise Refused(f"order {sale.number} was paid in another currency than the shop's: give it back in the channel")
    left = refund.amount
    transactions = []
    for transaction, gateway, rest in known.refundable:
        share = min(left, rest)
        if share > 0:
            left -= share
            transactions.append(
                {
                    "orderId": api.gid("Order", sale.external_id),
                    "parentId": transaction,
                    "gateway": gateway,
                    "kind": "REFUND",
                    "amount": _text(share, sale.currency),
                }
            )
    if left or known.currency != sale.currency:
        raise Refused(f"order {sale.number} has not so much money left in the channel that could be given back")
    made: dict[str, object] = {
        "orderId": api.gid("Order", sale.external_id),
        "note": f"{refund.note} {mark(refund.key)}".strip(),
        "notify": False,
        "transactions": transactions,
        "discrepancyReason": "OTHER",
    }
    return say_refund(connection, made, f"a refund of order {sale.number}")


def say_refund(connection: Connection, made: Mapping[str, object], what: str) -> str:
    """Make a refund, with a key of all that it says; returns its number.

    Raises:
        Refused: Shopify will not do it.
    """
    data = api.ask(connection, REFUND, {"input": made, "key": api.idempotency_key("refund", made)})
    done = api.carried_out(data, "refundCreate", what)
    return api.number_of(str((done.get("refund") or {}).get("id", "")))


def refunds_of(connection: Connection, sale: Sale) -> Known:
    """What was given back of an order, and what can be.

    Raises:
        Refused: the order is not there any more.
    """
    order = api.ask(connection, REFUNDS, {"order": api.gid("Order", sale.external_id)}).get("order")
    if order is None:
        raise Refused(f"order {sale.number} is not in the channel any more")
    return Known(
        currency=order["currencyCode"],
        foreign=order["presentmentCurrencyCode"] != order["currencyCode"],
        refunds=tuple((each["id"], each.get("note") or "") for each in order["refunds"]),
        refundable=_refundable(order["transactions"]),
    )


def _refundable(transactions: list[api.Json]) -> tuple[tuple[str, str, int], ...]:
    left: dict[str, int] = {}
    gateways: dict[str, str] = {}
    for each in transactions:
        if each["kind"] in TAKEN and each["status"] == "SUCCESS":
            left[each["id"]] = _amount(each)
            gateways[each["id"]] = each["gateway"]
    for each in transactions:
        parent = (each.get("parentTransaction") or {}).get("id")
        if each["kind"] == "REFUND" and each["status"] in UNDER_WAY and parent in left:
            left[parent] -= _amount(each)
    rests = ((transaction, gateways[transaction], rest) for transaction, rest in left.items() if rest > 0)
    return tuple(sorted(rests, key=lambda each: (-each[2], each[0])))


def _amount(transaction: api.Json) -> int:
    money = transaction["amountSet"]["shopMoney"]
    return minor(Decimal(str(money["amount"])), money["currencyCode"])


def _text(amount: int, currency: str) -> str:
    return f"{Decimal(amount).scaleb(-exponent(currency)):f}"
