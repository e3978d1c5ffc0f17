"""What an order needs next, told from its state alone: any message about it leads to the same step.

This is what makes routing safe to repeat, to reorder and to interrupt: nothing is remembered but the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.orders import deadlines
from oms.orders.after_sale import RefundPart
from oms.orders.events import HoldReason, UnitState
from oms.orders.order import Order
from oms.orders.pickup import PickupExpired, PickupReminded
from oms.orders.pickup_times import pickup_due
from oms.orders.promising import no_longer_waits, overdue_at
from oms.orders.rejected import lapses
from oms.orders.settlement import open_parts, refund_parts
from oms.orders.substitution import expiries
from oms.orders.transfers import to_refund
from oms.orders.transitions import AT_LOCATION
from oms.payments.ledger import Payment, PaymentStatus
from oms.routing.shipments import next_charge


@dataclass(frozen=True, slots=True)
class Authorise:
    """Ask the gateway to reserve the money."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class CheckPayment:
    """Ask the gateway what became of a payment that it wanted to decide later."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class HoldUnpaid:
    """Nobody has paid, or said that they will, for what is to be shipped."""

    missing: int


@dataclass(frozen=True, slots=True)
class ReleasePaid:
    """The money that these holds waited for is there."""

    handles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GiveUpUnpaid:
    """The order waited for its money as long as the channel lets it: cancel it."""


@dataclass(frozen=True, slots=True)
class GiveUpBackorder:
    """Units of these lines waited for stock as long as the channel lets them: cancel them."""

    line_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """The customer's time to change their mind is over: let locations begin."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Look at the order for fraud, before anybody's money is asked for."""


@dataclass(frozen=True, slots=True)
class Source:
    """Find a place for the units that have none, and confirm the order."""


@dataclass(frozen=True, slots=True)
class Readmit:
    """A location that gave units back may be asked again, and some still have no place."""

    location_id: str


@dataclass(frozen=True, slots=True)
class EndOffer:
    """Nobody answered an offer of other goods in time."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class Overdue:
    """Goods that the order waited for are overdue, or not wanted any more: look again at what is on its way."""


@dataclass(frozen=True, slots=True)
class Capture:
    """Charge what has left: `parcel_id` names the shipment, `amount` is what this payment pays of it.

    `before` is what was charged for the shipment already, to this payment or others.
    """

    payment: Payment
    parcel_id: str
    amount: int
    before: int = 0


@dataclass(frozen=True, slots=True)
class Void:
    """Let go what is reserved and will not be needed."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class Expire:
    """A reservation has lapsed: note it. What is still needed is asked for again."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class Renew:
    """Ask for a fresh reservation on the instrument whose last one lapsed: `amount` minor units are still uncovered."""

    payment: Payment
    amount: int


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """More was charged than is due: decide what goes back to which payment."""

    refund_id: str
    parts: tuple[RefundPart, ...]


@dataclass(frozen=True, slots=True)
class Refund:
    """Carry out one part of a refund that was decided."""

    payment: Payment
    refund_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class GiveUpRefund:
    """A dispute has taken for good what was to go back: the customer has it already."""

    payment: Payment
    refund_id: str


@dataclass(frozen=True, slots=True)
class LapseExchange:
    """What others were sent for at once did not come back in time: count on it no longer."""

    exchange_id: str


@dataclass(frozen=True, slots=True)
class TellPickup:
    """Goods stand ready in a store, and nobody has come: remind the customer, or note that their time is over."""

    event: PickupReminded | PickupExpired


Step = (
    Authorise
    | CheckPayment
    | HoldUnpaid
    | ReleasePaid
    | GiveUpUnpaid
    | GiveUpBackorder
    | Release
    | Screen
    | Source
    | Readmit
    | Overdue
    | EndOffer
    | Capture
    | Void
    | Expire
    | Renew
    | RequestRefund
    | Refund
    | GiveUpRefund
    | LapseExchange
    | TellPickup
)


def next_step(order: Order, now: datetime, *, check_pending: bool = False) -> Step | None:
    """The next thing to do, or None when the order waits for somebody else.

    Money that is due or no longer needed is moved even while the order is held; everything else waits for the holds.
    `check_pending` is set when the time has come to ask about a payment that the gateway wanted to decide later.
    """
    ours = [payment for payment in order.payments.values() if payment.ours]
    return (
        _money_that_left(order, ours)
        or _refund(order)
        or _next_for_the_sale(order, ours, now, check_pending)
        or _lapse(order, now)
        or _overdue(order, now)
        or _unanswered(order, now)
        or _pickup(order, now)
    )


def _money_that_left(order: Order, ours: list[Payment]) -> Step | None:
    """Charge what was shipped; let go what will not be needed."""
    if (charge := next_charge(order, ours)) is not None:
        return Capture(*charge)
    if not owed_later(order):
        for payment in ours:
            if payment.capturable:
                return Void(payment)
    return None


def _refund(order: Order) -> Step | None:
    """Carry out refunds that were decided, then decide what else was charged beyond what is due.

    What no gateway of ours took is given back by whoever took it: the part waits until somebody says so. What an open
    dispute has taken waits for its end, and what an exchange has a claim to goes there.
    """
    for refund_id, part in open_parts(order.after_sale.refunds, order.payments):
        payment = order.payments[part.payment_id]
        if part.amount <= payment.refundable:
            if payment.ours:
                return Refund(payment, refund_id, part.amount)
        elif part.amount > payment.refundable + payment.taken - payment.lost:
            return GiveUpRefund(payment, refund_id)
    refunds = order.after_sale.refunds
    parts = refund_parts(refunds, order.payments, to_refund(order))
    return RequestRefund(f"refund-{len(refunds) + 1}", parts) if parts else None


def _next_for_the_sale(order: Order, ours: list[Payment], now: datetime, check_pending: bool) -> Step | None:  # noqa: FBT001 - handed through
    for payment in ours:
        if payment.capturable and payment.expires_at is not None and payment.expires_at <= now:
            return Expire(payment)
    pending = [payment for payment in ours if payment.status is PaymentStatus.PENDING]
    if pending:
        return CheckPayment(pending[0]) if check_pending else _given_up(order, now)
    if not owed_later(order):
        return _unpaid_though_gone(order, ours)
    if order.screening_due and all(hold.reason is HoldReason.FRAUD for hold in order.holds.values()):
        return Screen()
    if order.holds:
        return _while_held(order, now)
    if late := deadlines.unfillable_lines(order, now):
        return GiveUpBackorder(late)
    for payment in ours:
        if payment.status is PaymentStatus.REQUESTED and payment.requested:
            return Authorise(payment)
    missing = order.due - order.covered
    if missing > 0:
        return _renewal(ours, missing) or HoldUnpaid(missing)
    if order.counts.get(UnitState.OPEN) or order.confirmed is None:
        return Source()
    return Release() if release_due(order, now) else _readmit(order, now)


def _readmit(order: Order, now: datetime) -> Readmit | None:
    due = (location_id for moment, location_id in lapses(order) if moment <= now)
    return next((Readmit(location_id) for location_id in due), None)


def _overdue(order: Order, now: datetime) -> Overdue | None:
    """Goods that the order waits for did not come on their day, or it waits for them no longer."""
    moment = overdue_at(order)
    return Overdue() if no_longer_waits(order) or (moment is not None and moment <= now) else None


def _unpaid_though_gone(order: Order, ours: list[Payment]) -> Step | None:
    """What was shipped, and could not be charged because its reservation had lapsed, is asked for once more."""
    for payment in ours:
        if payment.status is PaymentStatus.REQUESTED and payment.requested:
            return Authorise(payment) if order.due else None
    missing = order.due - order.covered
    return _renewal(ours, missing) if missing > 0 and ours and not ours[-1].declined else None


def _renewal(ours: list[Payment], missing: int) -> Renew | None:
    """A fresh reservation where one lapsed. Who contests a charge at the bank is not charged again unasked."""
    if any(payment.disputes for payment in ours):
        return None
    lapsed = [payment for payment in ours if payment.expired and not payment.declined]
    return Renew(lapsed[-1], missing) if lapsed else None


def _while_held(order: Order, now: datetime) -> Step | None:
    """Money that was waited for has come, or has not come in time; everything else waits for the holds."""
    if paid := deadlines.paid_holds(order):
        return ReleasePaid(paid)
    return _given_up(order, now)


def _given_up(order: Order, now: datetime) -> Step | None:
    deadline = deadlines.pay_deadline(order)
    return GiveUpUnpaid() if deadline is not None and deadline <= now else None


def _lapse(order: Order, now: datetime) -> Step | None:
    """Goods went out in exchange for others that did not come back in time."""
    late = (each for each in deadlines.overdue(order) if each[0] <= now)
    return next((LapseExchange(exchange_id) for _, exchange_id in late), None)


def _pickup(order: Order, now: datetime) -> Step | None:
    """Somebody does not fetch their goods."""
    event = pickup_due(order, now)
    return TellPickup(event) if event is not None else None


def release_due(order: Order, now: datetime) -> bool:
    """Whether the remorse window is over and nobody has written that down."""
    return not order.released and order.placed.release_at is not None and order.placed.release_at <= now


def owed_later(order: Order) -> bool:
    """Whether units are still to be shipped, so that money is still to be reserved for them."""
    live = {state for state, count in order.counts.items() if count}
    return bool(live & (AT_LOCATION | {UnitState.OPEN, UnitState.BACKORDERED}))


def _unanswered(order: Order, now: datetime) -> EndOffer | None:
    """An offer of other goods that nobody has answered in time."""
    return next((EndOffer(offer_id) for until, offer_id in expiries(order) if until <= now), None)
