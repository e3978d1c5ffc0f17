"""What a channel gave back of the money that it took, as its documents tell it: in all, not refund by refund.

A sum over all refunds so far can be told again, late, and in any order: what is new is what goes beyond the ledger.
"""

from __future__ import annotations

from oms.orders.events import OrderEvent
from oms.orders.order import Order
from oms.orders.settlement import open_parts
from oms.orders.tenders import CHANNEL_PAYMENT
from oms.payments.ledger import PaymentRefunded


def given_back(order: Order, amount: int, *, reference: str) -> list[OrderEvent]:
    """The refunds that follow when the channel has given back `amount` minor units of the order in all.

    It goes to those that are waited for first, in whole or in part; the rest is what somebody refunded in the channel
    by their own decision. Not more is noted than the channel took. Whoever noted a refund here by hand was faster: it
    is not noted twice.
    """
    payments = {payment_id: each for payment_id, each in order.payments.items() if each.by_channel}
    left = amount - sum(payment.refunded for payment in payments.values())
    room = {payment_id: payment.refundable for payment_id, payment in payments.items()}
    waiting = [
        (part.payment_id, refund_id, part.amount)
        for refund_id, part in open_parts(order.after_sale.refunds, order.payments)
        if part.payment_id in payments
    ]
    past_us = [
        (payment_id, f"{payment_id}-refund-{len(payments[payment_id].refunds) + 1}", left)
        for payment_id in sorted(payments, key=lambda each: each != CHANNEL_PAYMENT)
    ]
    events: list[OrderEvent] = []
    for payment_id, refund_id, wanted in (*waiting, *past_us):
        share = min(left, wanted, room[payment_id])
        if share > 0:
            left -= share
            room[payment_id] -= share
            events.append(
                PaymentRefunded(
                    payment_id=payment_id, refund_id=refund_id, reference=reference, amount=share, by_channel=True
                )
            )
    return events
