"""Money that pays for another order instead of going back: what exchanges lay claim to, and what was carried over.

What was sent to an order, and what came back from it, are sums that only grow. Comparing them on both sides tells what
is still to be recorded on the other, however often and in whatever order one looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.orders.after_sale import AfterSale
from oms.orders.exchanges import Exchange
from oms.payments.ledger import Ledger

if TYPE_CHECKING:
    from oms.orders.order import Order

EXCHANGE_PAYMENT = "exchange"
"""The payment id, on an exchange order, of what is carried over to it."""


def credit_of(after: AfterSale, return_id: str) -> int:
    """What a return has been credited so far, less the fees that were kept."""
    return sum(
        sum(unit.amount for unit in credit.units) + credit.charges - credit.fee
        for credit in after.credits
        if credit.return_id == return_id
    )


def claim(after: AfterSale, ledger: Ledger, exchange: Exchange) -> int:
    """What of its return's credit an exchange is still to get. What goes beyond its price is refunded."""
    if not exchange.live:
        return 0
    wanted = min(credit_of(after, exchange.requested.return_id), exchange.total)
    return max(0, wanted - sent_to(ledger, exchange.order_id))


def claimed(after: AfterSale, ledger: Ledger) -> int:
    """What all exchanges are still to get: it is not refunded."""
    return sum(claim(after, ledger, each) for each in after.exchanges.values())


def to_refund(order: Order) -> int:
    """What was charged beyond what is due, and nothing else has a claim to."""
    return max(0, order.overcharged - claimed(order.after_sale, order.payments))


def claim_ahead(after: AfterSale, exchange: Exchange) -> int:
    """What was counted on when the goods went out, and has not been credited yet."""
    hoped = exchange.placed.credit if exchange.placed else 0
    return max(0, hoped - credit_of(after, exchange.requested.return_id))


def sent_to(ledger: Ledger, order_id: str) -> int:
    """All that was ever carried over to an order."""
    return sum(each.amount for payment in ledger.values() for each in payment.transfers if each.order_id == order_id)


def returned_from(ledger: Ledger, order_id: str) -> int:
    """All that ever came back from it."""
    return sum(each.amount for payment in ledger.values() for each in payment.returned if each.order_id == order_id)
