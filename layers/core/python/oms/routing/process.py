"""The routing of an order: one step after the other until it waits for somebody else."""

from __future__ import annotations

from oms.errors import ConcurrentAppend, ShortStock
from oms.ids import derived
from oms.money import Money
from oms.orders import deadlines
from oms.orders.after_sale import RefundRequested
from oms.orders.decisions import hold
from oms.orders.events import HoldReason, HoldReleased, OrderEvent, OrderReleased, UnitState
from oms.orders.log import ATTEMPTS, Caller, append, load
from oms.orders.order import Order
from oms.payments.gateway import Authorised, Declined, PaymentRequest, Pending
from oms.payments.ledger import (
    AuthorisationExpired,
    Payment,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentPending,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentRequested,
    PaymentStatus,
    PaymentVoided,
)
from oms.routing.ports import Ports
from oms.routing.source import problems, source, steps_of
from oms.routing.steps import (
    Authorise,
    Capture,
    CheckPayment,
    Expire,
    GiveUpBackorder,
    GiveUpUnpaid,
    HoldUnpaid,
    Refund,
    Release,
    ReleasePaid,
    Renew,
    RequestRefund,
    Source,
    Step,
    Void,
    next_step,
    release_due,
)

ACTOR = "route"
MAX_ROUNDS = 200
"""Rounds before something must be wrong: more than an order of 500 lines takes under heavy contention."""


def advance(ports: Ports, order_id: str, cause: str, *, check_pending: bool = False, attempt: int = 0) -> Order:
    """Do what the order needs next, and next, until it waits: for a customer, a location, stock or a gateway.

    Safe to call at any time, as often as anybody likes. `cause` is the message that led here.

    Raises:
        Unavailable: a gateway did not answer; call again.
        ConcurrentAppend: others keep changing the order or its stock; call again.
    """
    caller = Caller(actor=ACTOR, cause=cause, clock=ports.clock)
    for _ in range(MAX_ROUNDS):
        order = load(ports.log, order_id)
        step = next_step(order, ports.clock(), check_pending=check_pending)
        if step is None:
            return order
        try:
            if not _do(ports, order, step, caller, attempt):
                return load(ports.log, order_id)
        except (ConcurrentAppend, ShortStock):
            # Somebody was faster; what is to be done follows from what is there now.
            continue
    raise ConcurrentAppend(f"order {order_id} did not come to rest in {MAX_ROUNDS} rounds: try again")


def _do(ports: Ports, order: Order, step: Step, caller: Caller, attempt: int) -> bool:
    """Carry out one step; False when the order then waits."""
    match step:
        case Authorise(payment):
            if found := problems(order, ports):
                append(ports.log, order, found, caller)
            else:
                _authorise(ports, order, payment, caller)
        case CheckPayment(payment):
            return _check(ports, order, payment, caller, attempt)
        case HoldUnpaid(missing):
            note = f"{Money(missing, order.placed.currency)} of what is due is not covered by any payment"
            append(ports.log, order, hold(order, HoldReason.PAYMENT_PENDING, note), caller)
        case ReleasePaid(handles):
            paid: list[OrderEvent] = [HoldReleased(handle=handle, note="paid") for handle in handles]
            append(ports.log, order, paid, caller)
        case GiveUpUnpaid():
            append(ports.log, order, deadlines.give_up_unpaid(order), caller)
        case GiveUpBackorder(line_ids):
            append(ports.log, order, deadlines.give_up_backorder(order, line_ids), caller)
        case Release():
            append(ports.log, order, [OrderReleased()], caller)
        case Source():
            _source(ports, order, caller)
        case Capture(payment, parcel_id, amount):
            money = Money(amount, order.placed.currency)
            charge = ports.gateway(payment.gateway).capture(
                payment.reference, money, key(order, "capture", payment, parcel_id)
            )
            captured = PaymentCaptured(
                payment_id=payment.payment_id, reference=charge, amount=amount, parcel_id=parcel_id
            )
            append(ports.log, order, [captured], caller)
        case Void(payment):
            money = Money(payment.capturable, order.placed.currency)
            reference = ports.gateway(payment.gateway).void(payment.reference, money, key(order, "void", payment))
            voided = PaymentVoided(payment_id=payment.payment_id, reference=reference, amount=payment.capturable)
            append(ports.log, order, [voided], caller)
        case Expire(payment):
            lapsed = AuthorisationExpired(payment_id=payment.payment_id, amount=payment.capturable)
            append(ports.log, order, [lapsed], caller)
        case Renew(payment, amount):
            again = PaymentRequested(
                payment_id=str(len(order.payments) + 1),
                gateway=payment.gateway,
                instrument=payment.instrument,
                amount=amount,
            )
            append(ports.log, order, [again], caller)
        case RequestRefund(refund_id, parts):
            append(ports.log, order, [RefundRequested(refund_id=refund_id, parts=parts)], caller)
        case Refund():
            append(ports.log, order, [_refunded(ports, order, step)], caller)
    return True


def _refunded(ports: Ports, order: Order, step: Refund) -> PaymentRefunded | PaymentRefundFailed:
    """Give money back once per refund and payment, whatever happens between the gateway's answer and the record."""
    payment = step.payment
    answer = ports.gateway(payment.gateway).refund(
        payment.reference,
        Money(step.amount, order.placed.currency),
        key(order, "refund", payment, step.refund_id),
    )
    if isinstance(answer, Declined):
        return PaymentRefundFailed(payment_id=payment.payment_id, refund_id=step.refund_id, code=answer.code)
    return PaymentRefunded(
        payment_id=payment.payment_id, refund_id=step.refund_id, reference=answer.reference, amount=step.amount
    )


def key(order: Order, step: str, payment: Payment, detail: str = "") -> str:
    """The idempotency key of a call to a gateway: made of order and step, never of the moment."""
    return f"{order.order_id}-{step}-{derived(payment.payment_id, detail)}"


def _source(ports: Ports, order: Order, caller: Caller) -> None:
    found = problems(order, ports)
    if found:
        append(ports.log, order, found, caller)
        return
    released = [OrderReleased()] if release_due(order, ports.clock()) else []
    for events in steps_of(order, source(order, ports), UnitState.OPEN):
        order = append(ports.log, order, [*released, *events], caller)
        released = []


def _request(order: Order, payment: Payment) -> PaymentRequest:
    return PaymentRequest(
        order_id=order.order_id,
        payment_id=payment.payment_id,
        instrument=payment.instrument,
        amount=Money(payment.requested, order.placed.currency),
        requested_at=payment.requested_at or order.captured_at,
        key=key(order, "authorise", payment),
    )


def _authorise(ports: Ports, order: Order, payment: Payment, caller: Caller) -> None:
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
    for _ in range(ATTEMPTS):
        try:
            append(ports.log, order, _answered(order, payment, answer), caller)
        except ConcurrentAppend:
            order = load(ports.log, order.order_id)
            if order.payments[payment.payment_id].status is PaymentStatus.REQUESTED:
                continue
        return
    raise ConcurrentAppend(f"order {order.order_id} is busy: try again")


def _check(ports: Ports, order: Order, payment: Payment, caller: Caller, attempt: int) -> bool:
    answer = ports.gateway(payment.gateway).status(_request(order, payment), payment.reference)
    if isinstance(answer, Pending):
        ports.look_again(order.order_id, attempt + 1)
        return False
    append(ports.log, order, _answered(order, payment, answer), caller)
    return True


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
