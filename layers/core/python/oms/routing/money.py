"""The steps of routing that move money: each call to a gateway under its key, and its answer on the log."""

from __future__ import annotations

from oms.errors import ConcurrentAppend
from oms.ids import derived
from oms.money import Money
from oms.orders.decisions import hold
from oms.orders.events import HoldReason, OrderEvent
from oms.orders.log import ATTEMPTS, Caller, append, load
from oms.orders.order import Order
from oms.payments.gateway import Authorised, Declined, Lapsed, PaymentRequest, Pending
from oms.payments.ledger import (
    AuthorisationExpired,
    Payment,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentPending,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentStatus,
    PaymentVoided,
)
from oms.payments.notices import Notice
from oms.routing.ports import Ports
from oms.routing.steps import Capture, Refund, Void


def key(order: Order, step: str, payment: Payment, detail: str = "") -> str:
    """The idempotency key of a call to a gateway: made of order and step, never of the moment."""
    return f"{order.order_id}-{step}-{derived(payment.payment_id, detail)}"


def captured(ports: Ports, order: Order, step: Capture) -> list[OrderEvent]:
    """Charge a shipment, or its share. What the gateway lets go with it is noted: what is needed is asked for anew."""
    payment = step.payment
    # More of one shipment may be due later (an edit, more units that need no parcel): that is a charge of its own.
    detail = f"{step.parcel_id}+{step.before}" if step.before else step.parcel_id
    answer = ports.gateway(payment.gateway).capture(
        payment.reference, Money(step.amount, order.placed.currency), key(order, "capture", payment, detail)
    )
    if isinstance(answer, Lapsed):
        return [AuthorisationExpired(payment_id=payment.payment_id, amount=payment.capturable)]
    amount = answer.amount.amount
    events: list[OrderEvent] = [
        PaymentCaptured(
            payment_id=payment.payment_id, reference=answer.reference, amount=amount, parcel_id=step.parcel_id
        )
    ]
    if answer.final and amount < payment.capturable:
        events.append(AuthorisationExpired(payment_id=payment.payment_id, amount=payment.capturable - amount))
    return events


def voided(ports: Ports, order: Order, step: Void) -> list[OrderEvent]:
    """Let go what will not be needed."""
    payment = step.payment
    money = Money(payment.capturable, order.placed.currency)
    reference = ports.gateway(payment.gateway).void(payment.reference, money, key(order, "void", payment))
    return [PaymentVoided(payment_id=payment.payment_id, reference=reference, amount=payment.capturable)]


def refunded(ports: Ports, order: Order, step: Refund) -> list[OrderEvent]:
    """Give money back once per refund and payment, whatever happens between the gateway's answer and the record."""
    payment = step.payment
    answer = ports.gateway(payment.gateway).refund(
        payment.reference,
        Money(step.amount, order.placed.currency),
        key(order, "refund", payment, step.refund_id),
    )
    if isinstance(answer, Declined):
        return [PaymentRefundFailed(payment_id=payment.payment_id, refund_id=step.refund_id, code=answer.code)]
    return [
        PaymentRefunded(
            payment_id=payment.payment_id, refund_id=step.refund_id, reference=answer.reference, amount=step.amount
        )
    ]


def authorise(ports: Ports, order: Order, payment: Payment, caller: Caller) -> None:
    """Ask for the money, and write the answer down on whatever the order has become meanwhile.

    If it was cancelled while the gateway was asked, nobody would ask again: what is reserved must be on the log to be
    let go.
    """
    try:
        gateway = ports.gateway(payment.gateway)
    except KeyError:
        note = f"there is no payment gateway {payment.gateway!r}"
        append(ports.log, order, _declined(order, payment, "", "unknown_gateway", note), caller)
        return
    answer = gateway.authorise(_request(order, payment))
    if not isinstance(answer, Declined):
        # Before it is on the log: whatever the gateway says of it from now on finds the order.
        ports.know(payment.gateway, answer.reference, order.order_id)
    for _ in range(ATTEMPTS):
        try:
            append(ports.log, order, _answered(order, payment, answer), caller)
        except ConcurrentAppend:
            order = load(ports.log, order.order_id)
            if order.payments[payment.payment_id].status is PaymentStatus.REQUESTED:
                continue
        return
    raise ConcurrentAppend(f"order {order.order_id} is busy: try again")


def check(ports: Ports, order: Order, payment: Payment, caller: Caller, attempt: int) -> bool:
    """Ask what became of a pending payment; False when the gateway still does not know."""
    answer = ports.gateway(payment.gateway).status(_request(order, payment), payment.reference)
    if isinstance(answer, Pending):
        ports.look_again(order.order_id, attempt + 1)
        return False
    append(ports.log, order, _answered(order, payment, answer), caller)
    return True


def adopt(ports: Ports, order: Order, notice: Notice, caller: Caller) -> Order:
    """Write down what the gateway made of a request whose answer was lost, and which nobody is going to repeat.

    An order that was cancelled between the question and its answer asks for nothing any more: without this, what was
    reserved for it would stay reserved until it lapses.
    """
    for payment in order.payments.values():
        if payment.status is PaymentStatus.REQUESTED and notice.key == key(order, "authorise", payment):
            answer = ports.gateway(payment.gateway).status(_request(order, payment), notice.reference)
            ports.know(payment.gateway, notice.reference, order.order_id)
            return append(ports.log, order, _answered(order, payment, answer), caller)
    return order


def _request(order: Order, payment: Payment) -> PaymentRequest:
    return PaymentRequest(
        order_id=order.order_id,
        payment_id=payment.payment_id,
        instrument=payment.instrument,
        amount=Money(payment.requested, order.placed.currency),
        requested_at=payment.requested_at or order.captured_at,
        key=key(order, "authorise", payment),
    )


def _answered(order: Order, payment: Payment, answer: Authorised | Declined | Pending) -> list[OrderEvent]:
    match answer:
        case Authorised():
            return [
                PaymentAuthorised(
                    payment_id=payment.payment_id,
                    reference=answer.reference,
                    amount=payment.requested,
                    expires_at=answer.expires_at,
                )
            ]
        case Declined(reference, code):
            return _declined(order, payment, reference, code, f"the gateway declined: {code}")
        case Pending(reference):
            return [PaymentPending(payment_id=payment.payment_id, reference=reference)]


def _declined(order: Order, payment: Payment, reference: str, code: str, note: str) -> list[OrderEvent]:
    """A refusal, for which the order waits; one that was cancelled before the answer came has nothing to wait for."""
    declined = PaymentDeclined(payment_id=payment.payment_id, reference=reference, code=code)
    return [declined, *(hold(order, HoldReason.PAYMENT_DECLINED, note) if "hold" in order.actions else [])]
