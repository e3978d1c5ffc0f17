"""What follows for an order from what a gateway told about one of its payments.

Whatever we did ourselves is on the log already when this is asked: only what somebody did by hand at the gateway, and
what the customer's bank did, is news.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.clock import to_text
from oms.money import Money
from oms.orders.decisions import hold
from oms.orders.events import HoldReason, HoldReleased, OrderEvent
from oms.orders.order import Order
from oms.payments.ledger import (
    AuthorisationExpired,
    DisputeClosed,
    DisputeOpened,
    Payment,
    PaymentCaptured,
    PaymentRefunded,
)
from oms.payments.notices import DisputeNews, Notice, Told


def payment_told_of(order: Order, notice: Notice) -> Payment | None:
    """The payment that the gateway means."""
    ours = (payment for payment in order.payments.values() if payment.gateway == notice.gateway)
    return next((payment for payment in ours if payment.reference == notice.reference), None)


def news(order: Order, notice: Notice, refunds: Sequence[tuple[str, int]]) -> list[OrderEvent]:
    """The events that a notice leads to, and none when it says nothing new.

    `refunds` are those that somebody made by hand at the gateway: reference and amount of each.
    """
    payment = payment_told_of(order, notice)
    if payment is None:
        return []
    match notice.told:
        case Told.DECIDED:
            return []
        case Told.LET_GO:
            return _lapsed(payment, payment.capturable)
        case Told.CHARGED:
            surplus = max(0, notice.amount - payment.captured)
            captured = PaymentCaptured(payment_id=payment.payment_id, reference=notice.reference, amount=surplus)
            left = max(0, payment.capturable - surplus)
            return [*([captured] if surplus else []), *(_lapsed(payment, left) if notice.final else [])]
        case Told.GIVEN_BACK:
            return _given_back(payment, refunds)
        case Told.DISPUTED:
            return _disputed(order, payment, notice.dispute) if notice.dispute else []


def _lapsed(payment: Payment, amount: int) -> list[OrderEvent]:
    return [AuthorisationExpired(payment_id=payment.payment_id, amount=amount)] if amount else []


def _given_back(payment: Payment, refunds: Sequence[tuple[str, int]]) -> list[OrderEvent]:
    known = {made.reference for made in payment.refunds}
    left = payment.captured - payment.refunded
    events: list[OrderEvent] = []
    for reference, amount in refunds:
        if reference not in known and 0 < amount <= left:
            left -= amount
            events.append(
                PaymentRefunded(
                    payment_id=payment.payment_id, refund_id=f"by-hand-{reference}", reference=reference, amount=amount
                )
            )
    return events


def _disputed(order: Order, payment: Payment, told: DisputeNews) -> list[OrderEvent]:
    """A dispute as far as it is new: it holds what has not left, until it is won or somebody lets it go."""
    known = payment.disputes.get(told.dispute_id)
    opened = DisputeOpened(
        payment_id=payment.payment_id,
        dispute_id=told.dispute_id,
        amount=told.amount,
        reason=told.reason,
        evidence_by=told.evidence_by,
        withdrawn=told.withdrawn,
    )
    closed = DisputeClosed(payment_id=payment.payment_id, dispute_id=told.dispute_id, won=bool(told.won))
    events: list[OrderEvent] = []
    if known is None or (told.withdrawn and not known.opened.withdrawn and known.won is None):
        events.append(opened)
    if told.won is not None and (known is None or known.won is not told.won):
        events.append(closed)
    if known is None and told.won is not True and "hold" in order.actions:
        events += hold(order, HoldReason.DISPUTE, _note(order, told))
    if told.won:
        events += [
            HoldReleased(handle=each.handle, note="the dispute was won")
            for each in order.holds.values()
            if each.reason is HoldReason.DISPUTE and each.note.startswith(f"{told.dispute_id}:")
        ]
    return events


def _note(order: Order, told: DisputeNews) -> str:
    until = f", answer by {to_text(told.evidence_by)}" if told.evidence_by else ""
    amount = Money(told.amount, order.placed.currency)
    return f"{told.dispute_id}: {amount} contested ({told.reason or 'no reason'}){until}"
