"""What an order needs next, told from its state alone: any message about it leads to the same step.

This is what makes routing safe to repeat, to reorder and to interrupt: nothing is remembered but the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.orders import deadlines
from oms.orders.after_sale import RefundPart
from oms.orders.events import UnitState
from oms.orders.order import Order, Parcel, units_value
from oms.orders.transitions import AT_LOCATION
from oms.payments.ledger import Payment, PaymentStatus

PROVIDED = "provided"
"""Stands in place of a parcel id when the units that need no parcel are paid."""


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
class Source:
    """Find a place for the units that have none, and confirm the order."""


@dataclass(frozen=True, slots=True)
class Capture:
    """Charge what has left: `parcel_id` names the shipment that is due, `amount` its minor units."""

    payment: Payment
    parcel_id: str
    amount: int


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


Step = (
    Authorise
    | CheckPayment
    | HoldUnpaid
    | ReleasePaid
    | GiveUpUnpaid
    | GiveUpBackorder
    | Release
    | Source
    | Capture
    | Void
    | Expire
    | Renew
    | RequestRefund
    | Refund
)


def next_step(order: Order, now: datetime, *, check_pending: bool = False) -> Step | None:
    """The next thing to do, or None when the order waits for somebody else.

    Money that is due or no longer needed is moved even while the order is held; everything else waits for the holds.
    `check_pending` is set when the time has come to ask about a payment that the gateway wanted to decide later.
    """
    ours = [payment for payment in order.payments.values() if not payment.by_channel]
    return _money_that_left(order, ours) or _refund(order) or _next_for_the_sale(order, ours, now, check_pending)


def _money_that_left(order: Order, ours: list[Payment]) -> Step | None:
    """Charge what was shipped; let go what will not be needed."""
    for payment in ours:
        if payment.capturable and (capture := _capture(order, payment)):
            return capture
    if not _owed_later(order):
        for payment in ours:
            if payment.capturable:
                return Void(payment)
    return None


def _refund(order: Order) -> Step | None:
    """Carry out refunds that were decided, then decide what else was charged beyond what is due.

    A payment that the channel took is refunded by the channel: the part waits until the channel says so.
    """
    for refund_id, refund in order.after_sale.refunds.items():
        for part in refund.parts:
            payment = order.payments[part.payment_id]
            done = {each.refund_id for each in payment.refunds} | set(payment.failed_refunds)
            if refund_id not in done and not payment.by_channel:
                return Refund(payment, refund_id, part.amount)
    if not order.overcharged:
        return None
    parts = _refund_parts(order, order.overcharged)
    return RequestRefund(f"refund-{len(order.after_sale.refunds) + 1}", parts) if parts else None


def _refund_parts(order: Order, amount: int) -> tuple[RefundPart, ...]:
    """Spread an amount over the payments that can still give it back, the latest first; never more than they took."""
    promised: dict[str, int] = {}
    for refund_id, refund in order.after_sale.refunds.items():
        for part in refund.parts:
            payment = order.payments[part.payment_id]
            if refund_id not in {each.refund_id for each in payment.refunds} | set(payment.failed_refunds):
                promised[part.payment_id] = promised.get(part.payment_id, 0) + part.amount
    parts = []
    for payment in reversed(order.payments.values()):
        share = min(amount, payment.refundable - promised.get(payment.payment_id, 0))
        if share > 0 and not payment.failed_refunds:
            parts.append(RefundPart(payment_id=payment.payment_id, amount=share))
            amount -= share
    return tuple(parts)


def _next_for_the_sale(order: Order, ours: list[Payment], now: datetime, check_pending: bool) -> Step | None:  # noqa: FBT001 - handed through
    for payment in ours:
        if payment.capturable and payment.expires_at is not None and payment.expires_at <= now:
            return Expire(payment)
    pending = [payment for payment in ours if payment.status is PaymentStatus.PENDING]
    if pending:
        return CheckPayment(pending[0]) if check_pending else None
    if not _owed_later(order):
        return None
    if order.holds:
        return _while_held(order, now)
    if late := deadlines.unfillable_lines(order, now):
        return GiveUpBackorder(late)
    for payment in ours:
        if payment.status is PaymentStatus.REQUESTED and payment.requested:
            return Authorise(payment)
    missing = order.due - order.covered
    if missing > 0:
        lapsed = [payment for payment in ours if payment.expired and not payment.declined]
        return Renew(lapsed[-1], missing) if lapsed else HoldUnpaid(missing)
    if order.counts.get(UnitState.OPEN) or order.confirmed is None:
        return Source()
    return Release() if release_due(order, now) else None


def _while_held(order: Order, now: datetime) -> Step | None:
    """Money that was waited for has come, or has not come in time; everything else waits for the holds."""
    if paid := deadlines.paid_holds(order):
        return ReleasePaid(paid)
    deadline = deadlines.pay_deadline(order)
    return GiveUpUnpaid() if deadline is not None and deadline <= now else None


def release_due(order: Order, now: datetime) -> bool:
    """Whether the remorse window is over and nobody has written that down."""
    return not order.released and order.placed.release_at is not None and order.placed.release_at <= now


def _owed_later(order: Order) -> bool:
    """Whether units are still to be shipped, so that money is still to be reserved for them."""
    live = {state for state, count in order.counts.items() if count}
    return bool(live & (AT_LOCATION | {UnitState.OPEN, UnitState.BACKORDERED}))


def _capture(order: Order, payment: Payment) -> Capture | None:
    """The first shipment in the log that is not paid yet.

    Shipping and other charges are paid with the first shipment. What a shipment costs follows from what was shipped
    before it, never from what happens after: a repetition after a crash asks for the same amount under the same key.
    """
    paid = {parcel_id for each in order.payments.values() for parcel_id in each.paid_parcels}
    sent: dict[str, int] = {}
    value = order.charges_total
    for parcel_id, units in _shipments(order):
        for line_id, count in units.items():
            before = sent.get(line_id, 0)
            line = order.lines[line_id].placed
            value += units_value(line, before + count) - units_value(line, before)
            sent[line_id] = before + count
        if value > 0 and parcel_id not in paid:
            return Capture(payment, parcel_id, min(value, payment.capturable))
        value = min(value, 0)  # a rebate beyond the first shipment's value goes on to the next
    return None


def _shipments(order: Order) -> list[tuple[str, dict[str, int]]]:
    """What has left, in the order in which it left: units that need no parcel first, then parcel by parcel."""
    provided = {
        line_id: count
        for line_id, line in order.lines.items()
        if (count := line.counts.get(UnitState.DELIVERED, 0) - _delivered_in_parcels(order, line_id))
    }
    parcels = sorted((parcel for parcel in order.parcels.values() if parcel.shipped_at is not None), key=_departure)
    return ([(PROVIDED, provided)] if provided else []) + [(p.parcel_id, dict(p.shipped)) for p in parcels]


def _departure(parcel: Parcel) -> tuple[object, str]:
    return parcel.shipped_at, parcel.parcel_id


def _delivered_in_parcels(order: Order, line_id: str) -> int:
    return sum(p.shipped.get(line_id, 0) for p in order.parcels.values() if p.delivered_at is not None)
