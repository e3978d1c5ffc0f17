"""The routing of an order: one step after the other until it waits for somebody else."""

from __future__ import annotations

from oms.errors import ConcurrentAppend, ShortStock
from oms.money import Money
from oms.orders import deadlines
from oms.orders.after_sale import RefundRequested
from oms.orders.decisions import hold
from oms.orders.events import HoldReason, HoldReleased, OrderEvent, OrderReleased, UnitState
from oms.orders.exchanges import ExchangeLapsed
from oms.orders.log import Caller, append, load
from oms.orders.order import Order
from oms.orders.rejecting import LocationReadmitted
from oms.orders.substituting import OfferEnd
from oms.orders.substitution import refuse
from oms.orders.tenders import next_payment_id
from oms.payments.ledger import AuthorisationExpired, PaymentRefundFailed, PaymentRequested
from oms.routing import money
from oms.routing.news import reconsidered, with_promise
from oms.routing.ports import Ports
from oms.routing.screen import screen
from oms.routing.source import problems, source, steps_of
from oms.routing.steps import (
    Authorise,
    Capture,
    CheckPayment,
    EndOffer,
    Expire,
    GiveUpBackorder,
    GiveUpRefund,
    GiveUpUnpaid,
    HoldUnpaid,
    LapseExchange,
    Overdue,
    Readmit,
    Refund,
    Release,
    ReleasePaid,
    Renew,
    RequestRefund,
    Screen,
    Source,
    Step,
    TellPickup,
    Void,
    next_step,
    owed_later,
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
            # What has left already is paid for, whatever is wrong with the order.
            if found := problems(order, ports) if owed_later(order) else []:
                append(ports.log, order, found, caller)
            else:
                money.authorise(ports, order, payment, caller)
        case CheckPayment(payment):
            return money.check(ports, order, payment, caller, attempt)
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
        case LapseExchange(exchange_id):
            append(ports.log, order, [ExchangeLapsed(exchange_id=exchange_id)], caller)
        case TellPickup(event):
            append(ports.log, order, [event], caller)
        case Release():
            append(ports.log, order, [OrderReleased()], caller)
        case Readmit(location_id):
            append(ports.log, order, [LocationReadmitted(location_id=location_id)], caller)
        case EndOffer(offer_id):
            append(ports.log, order, refuse(order, offer_id, OfferEnd.EXPIRED), caller)
        case Overdue():
            append(ports.log, order, reconsidered(order, ports), caller)
        case Screen():
            return screen(ports, order, caller, attempt)
        case Source():
            _source(ports, order, caller)
        case Capture():
            append(ports.log, order, money.captured(ports, order, step), caller)
        case Void():
            append(ports.log, order, money.voided(ports, order, step), caller)
        case Expire(payment):
            lapsed = AuthorisationExpired(payment_id=payment.payment_id, amount=payment.capturable)
            append(ports.log, order, [lapsed], caller)
        case Renew(payment, amount):
            again = PaymentRequested(
                payment_id=next_payment_id(order.payments),
                gateway=payment.gateway,
                instrument=payment.instrument,
                amount=amount,
            )
            append(ports.log, order, [again], caller)
        case RequestRefund(refund_id, parts):
            append(ports.log, order, [RefundRequested(refund_id=refund_id, parts=parts)], caller)
        case Refund():
            append(ports.log, order, money.refunded(ports, order, step), caller)
        case GiveUpRefund(payment, refund_id):
            failed = PaymentRefundFailed(payment_id=payment.payment_id, refund_id=refund_id, code="disputed")
            append(ports.log, order, [failed], caller)
    return True


def _source(ports: Ports, order: Order, caller: Caller) -> None:
    found = problems(order, ports)
    if found:
        append(ports.log, order, found, caller)
        return
    released = [OrderReleased()] if release_due(order, ports.clock()) else []
    sourced = source(order, ports)
    steps = steps_of(order, sourced, UnitState.OPEN)
    for events in with_promise(order, steps, ports, placed=sourced.arrives):
        order = append(ports.log, order, [*released, *events], caller)
        released = []
