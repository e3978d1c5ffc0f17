"""The means of payment of an order: what each says at the beginning, and money that comes or goes past any gateway."""

from __future__ import annotations

from collections.abc import Iterable

from oms.errors import Conflict, InvalidInput, NotAllowed, NotFound
from oms.money import Money
from oms.orders.after_sale import RefundPart
from oms.orders.events import HoldReason, HoldReleased, OrderEvent, OrderPlaced, PaymentMethod, PaymentTerms
from oms.orders.order import Order
from oms.orders.settlement import PartStatus, part_made, part_status
from oms.orders.transfers import EXCHANGE_PAYMENT
from oms.payments.ledger import (
    Ledger,
    Payment,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentPromised,
    PaymentRefunded,
    PaymentRequested,
)

CHANNEL_PAYMENT = "channel"
"""The payment id of money that the channel took or reserved itself."""

WAITS_FOR_MONEY = frozenset({PaymentMethod.UNPAID, PaymentMethod.BANK_TRANSFER})
"""Tenders that cover nothing until somebody says that the money is there."""

MONEY_HOLDS = frozenset({HoldReason.PAYMENT_PENDING, HoldReason.PAYMENT_DECLINED})


def tenders_of(placed: OrderPlaced) -> tuple[PaymentTerms, ...]:
    """All means of payment, in the order in which the channel names them."""
    return placed.payment, *placed.tenders


def first_payments(placed: OrderPlaced) -> Iterable[OrderEvent]:
    """What the terms of a new order say about its money."""
    for number, terms in enumerate(tenders_of(placed), 1):
        yield from payment_events(
            terms, str(number), channel_payment=CHANNEL_PAYMENT if number == 1 else f"{CHANNEL_PAYMENT}-{number}"
        )


def payment_events(terms: PaymentTerms, payment_id: str, *, channel_payment: str = CHANNEL_PAYMENT) -> list[OrderEvent]:
    """What one tender says. A tender of nothing says nothing."""
    if terms.amount <= 0 and terms.method not in {PaymentMethod.PREPAID, PaymentMethod.CHANNEL_AUTHORISED}:
        return []
    match terms.method:
        case PaymentMethod.PREPAID | PaymentMethod.GIFT_CARD | PaymentMethod.MARKETPLACE:
            return [
                PaymentCaptured(
                    payment_id=channel_payment,
                    reference=terms.reference,
                    amount=terms.amount,
                    by_channel=True,
                    method=terms.method.value,
                )
            ]
        case PaymentMethod.CHANNEL_AUTHORISED:
            return [
                PaymentAuthorised(
                    payment_id=channel_payment,
                    reference=terms.reference,
                    amount=terms.amount,
                    by_channel=True,
                    method=terms.method.value,
                )
            ]
        case PaymentMethod.GATEWAY:
            return [
                PaymentRequested(
                    payment_id=payment_id, gateway=terms.gateway, instrument=terms.instrument, amount=terms.amount
                )
            ]
        case PaymentMethod.CASH_ON_DELIVERY | PaymentMethod.BANK_TRANSFER:
            covers = terms.method is PaymentMethod.CASH_ON_DELIVERY
            return [
                PaymentPromised(payment_id=payment_id, method=terms.method.value, amount=terms.amount, covers=covers),
            ]
        case PaymentMethod.EXCHANGE:
            return [PaymentPromised(payment_id=EXCHANGE_PAYMENT, method=terms.method, amount=terms.amount, covers=True)]
        case PaymentMethod.UNPAID:
            return []


def next_payment_id(ledger: Ledger) -> str:
    """An id that no payment of the order has."""
    number = len(ledger) + 1
    while str(number) in ledger:
        number += 1
    return str(number)


def received(order: Order, amount: Money, *, method: str, reference: str, payment_id: str = "") -> list[OrderEvent]:
    """Money came past any gateway: on the account, at the door. Holds for missing money go when it is enough.

    It belongs to the payment named, or to one that was promised in this way and is still outstanding, or is a payment
    of its own. The same reference with the same amount says nothing new: statements are imported twice.

    Raises:
        InvalidInput: no amount, or one in another currency than the order's.
        NotFound: no such payment.
        NotAllowed: the payment is one that a gateway or the channel moves.
        Conflict: the reference was recorded with another amount.
    """
    if amount.currency != order.placed.currency or amount.amount <= 0:
        raise InvalidInput(f"name an amount of {order.placed.currency}", path="amount")
    known = [receipt for payment in order.payments.values() for receipt in payment.receipts if receipt[0] == reference]
    if reference and known:
        if known[0][1] != amount.amount:
            raise Conflict(f"{reference!r} was recorded with {Money(known[0][1], amount.currency)}")
        return []
    payment = _promised(order, method, payment_id)
    captured = PaymentCaptured(
        payment_id=payment.payment_id if payment else next_payment_id(order.payments),
        reference=reference,
        amount=amount.amount,
        method=method,
    )
    covered_before = payment.outstanding if payment and payment.covering else 0
    # What a gateway is still to be asked for waits for nothing but the holds.
    asked = sum(each.requested for each in order.payments.values() if each.ours and each.undecided)
    covered = order.covered + amount.amount - min(covered_before, amount.amount) + asked
    return [captured, *(_released(order, "paid") if covered >= order.due else [])]


def _promised(order: Order, method: str, payment_id: str) -> Payment | None:
    if payment_id:
        if payment_id not in order.payments:
            raise NotFound(f"order {order.order_id} has no payment {payment_id}")
        payment = order.payments[payment_id]
        if payment.gateway or payment.by_channel:
            raise NotAllowed(f"payment {payment_id} is moved by {payment.gateway or 'the channel'}, not by hand")
        return payment
    waiting = (each for each in order.payments.values() if each.method == method and each.outstanding)
    return next(waiting, None)


def _released(order: Order, note: str) -> list[OrderEvent]:
    return [HoldReleased(handle=hold.handle, note=note) for hold in order.holds.values() if hold.reason in MONEY_HOLDS]


def refund_made(order: Order, refund_id: str, *, reference: str) -> list[OrderEvent]:
    """A refund, or what is left of it, was made by hand: by the channel, by transfer, in cash.

    Parts that a gateway still makes are not touched; those that it could not make are.

    Raises:
        NotFound: no such refund.
        NotAllowed: nothing of it waits for a person.
    """
    refund = order.after_sale.refunds.get(refund_id)
    if refund is None:
        raise NotFound(f"order {order.order_id} has no refund {refund_id}")
    made = [
        PaymentRefunded(
            payment_id=payment.payment_id,
            refund_id=refund_id,
            reference=reference,
            amount=left,
            by_channel=payment.by_channel,
        )
        for part in refund.parts
        if by_person(payment := order.payments[part.payment_id], refund_id, part)
        and (left := part.amount - part_made(payment, refund_id)) <= payment.refundable
    ]
    if not made:
        raise NotAllowed(f"nothing of {refund_id} waits to be made by hand")
    return list(made)


def by_person(payment: Payment, refund_id: str, part: RefundPart) -> bool:
    """Whether this share of a refund waits for somebody to make it."""
    status = part_status(payment, refund_id, part)
    return status is PartStatus.FAILED or (status is PartStatus.REQUESTED and not payment.ours)
