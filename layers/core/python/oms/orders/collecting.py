"""The money of an edit: what more there is to collect, and from which means of payment.

What there is less of is nobody's decision here: routing charges less, lets go what was reserved, or refunds.
"""

from __future__ import annotations

from oms.orders.events import OrderEvent, PaymentMethod
from oms.orders.order import Order
from oms.orders.settlement import open_parts
from oms.orders.tenders import MONEY_HOLDS, next_payment_id
from oms.orders.transfers import EXCHANGE_PAYMENT
from oms.payments.ledger import Payment, PaymentPromised, PaymentRequested


def to_collect(before: Order, after: Order) -> int:
    """What an edit adds to what is due, beyond what is covered or asked for already.

    What was missing before the edit is not its business: somebody waits for that already.
    """
    return max(0, after.due - max(before.due, spoken_for(before)))


def spoken_for(order: Order) -> int:
    """What is covered and stays, and what a gateway is being asked for."""
    asked = sum(payment.requested for payment in order.payments.values() if payment.undecided)
    going = sum(part.amount for _, part in open_parts(order.after_sale.refunds, order.payments))
    return order.covered + asked - going


def collect(before: Order, after: Order) -> list[OrderEvent]:
    """Ask the means of payment that can be used again for what an edit adds.

    Without one nothing is asked for: routing holds the order until somebody pays, as for all that is not covered.
    """
    amount = to_collect(before, after)
    payment = reusable(after)
    if not amount or payment is None:
        return []
    payment_id = next_payment_id(after.payments)
    if payment.covering:
        method = PaymentMethod(payment.method)
        return [PaymentPromised(payment_id=payment_id, method=method, amount=amount, covers=True)]
    return [
        PaymentRequested(payment_id=payment_id, gateway=payment.gateway, instrument=payment.instrument, amount=amount)
    ]


def reusable(order: Order) -> Payment | None:
    """The latest payment that may be asked for more: a gateway's instrument, never refused, or cash at the door.

    None while the order waits for its money, or a charge is contested: then a person decides.
    """
    payments = order.payments.values()
    if any(hold.reason in MONEY_HOLDS for hold in order.holds.values()) or any(each.disputes for each in payments):
        return None
    refused = {each.instrument for each in payments if each.declined}
    able = [
        each
        for each in payments
        if (each.covering and each.payment_id != EXCHANGE_PAYMENT)
        or (each.ours and each.gateway and each.instrument and each.instrument not in refused)
    ]
    return able[-1] if able else None
