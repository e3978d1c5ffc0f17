"""Money that goes back, or is gone: what refunds, refunds by hand and disputes leave of what was charged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum

from oms.orders.after_sale import RefundPart, RefundRequested
from oms.payments.ledger import Ledger, Payment, captured, taken, unbound

Refunds = Mapping[str, RefundRequested]
"""Refunds that were decided, by id."""


class PartStatus(StrEnum):
    """What became of the share of a refund that goes to one payment."""

    REQUESTED = "requested"
    REFUNDED = "refunded"
    FAILED = "failed"


def part_made(payment: Payment, refund_id: str) -> int:
    """How much of a refund's part went back, or to another order: a channel may give it back bit by bit."""
    refunded = sum(each.amount for each in payment.refunds if each.refund_id == refund_id)
    return refunded + sum(each.amount for each in payment.transfers if each.refund_id == refund_id)


def part_status(payment: Payment, refund_id: str, part: RefundPart) -> PartStatus:
    """A part that a gateway could not make may still be made by hand, and be recorded."""
    if part_made(payment, refund_id) >= part.amount:
        return PartStatus.REFUNDED
    return PartStatus.FAILED if refund_id in payment.failed_refunds else PartStatus.REQUESTED


def open_parts(refunds: Refunds, ledger: Ledger) -> Iterator[tuple[str, RefundPart]]:
    """What is left of the parts of refunds that were decided and are neither made nor failed."""
    for refund_id, refund in refunds.items():
        for part in refund.parts:
            payment = ledger[part.payment_id]
            if part_status(payment, refund_id, part) is PartStatus.REQUESTED:
                yield refund_id, replace(part, amount=part.amount - part_made(payment, refund_id))


def refund_parts(refunds: Refunds, ledger: Ledger, amount: int, order_id: str = "") -> tuple[RefundPart, ...]:
    """Spread an amount over the payments that can still give it up, the latest first; never more than they took.

    With `order_id` it is to pay for that order in place of going back.
    """
    promised: dict[str, int] = {}
    for _, part in open_parts(refunds, ledger):
        promised[part.payment_id] = promised.get(part.payment_id, 0) + part.amount
    parts = []
    for payment in reversed(ledger.values()):
        share = min(amount, payment.refundable - promised.get(payment.payment_id, 0))
        if share > 0 and not payment.failed_refunds:
            parts.append(RefundPart(payment_id=payment.payment_id, amount=share, order_id=order_id))
            amount -= share
    return tuple(parts)


def decided(refunds: Refunds, ledger: Ledger) -> int:
    """What went back, or to another order, because it was decided here, or is about to; less what came back of it."""
    gone = sum(
        part_made(payment, refund_id)
        if part_status(payment := ledger[part.payment_id], refund_id, part) is PartStatus.FAILED
        else part.amount
        for refund_id, refund in refunds.items()
        for part in refund.parts
    )
    return gone - sum(each.amount for payment in ledger.values() for each in payment.returned)


def paid_in_advance(refunds: Refunds, ledger: Ledger) -> int:
    """Charged for the order as a whole, and not going back: what pays a shipment before any authorisation does."""
    whole = {payment_id: payment for payment_id, payment in ledger.items() if not payment.paid_parcels}
    parts = {
        refund_id: replace(refund, parts=tuple(part for part in refund.parts if part.payment_id in whole))
        for refund_id, refund in refunds.items()
    }
    return max(0, unbound(ledger) - decided(parts, whole))


def by_hand(refunds: Refunds, ledger: Ledger) -> int:
    """What somebody gave back past us, at the gateway."""
    return sum(made.amount for payment in ledger.values() for made in payment.refunds if made.refund_id not in refunds)


def forgiven(owed: int, refunds: Refunds, ledger: Ledger) -> int:
    """How much of what is owed was given back by hand before anything here said why: nobody asks for it again.

    A return or a cancellation that comes afterwards explains it, and is then not refunded a second time.
    """
    surplus = captured(ledger) - decided(refunds, ledger) - owed
    return max(0, by_hand(refunds, ledger) - max(0, surplus))


def overcharged(due: int, refunds: Refunds, ledger: Ledger) -> int:
    """What was charged beyond what is due, and neither went back nor was taken by a dispute."""
    gone = decided(refunds, ledger) + by_hand(refunds, ledger) + taken(ledger)
    return max(0, captured(ledger) - gone - due)
