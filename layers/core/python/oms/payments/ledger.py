"""The money of one order as a ledger: its payments, and the states derived from their events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from oms.payments import disputes
from oms.payments.disputes import Dispute, DisputeClosed, DisputeOpened
from oms.payments.events import (
    AuthorisationExpired,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentEvent,
    PaymentPending,
    PaymentPromised,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentRequested,
    PaymentTransferred,
    PaymentVoided,
    TransferReceived,
    TransferReturned,
)

__all__ = [
    "AuthorisationExpired",
    "Cover",
    "DisputeClosed",
    "DisputeOpened",
    "Ledger",
    "Payment",
    "PaymentAuthorised",
    "PaymentCaptured",
    "PaymentDeclined",
    "PaymentEvent",
    "PaymentPending",
    "PaymentPromised",
    "PaymentRefundFailed",
    "PaymentRefunded",
    "PaymentRequested",
    "PaymentStatus",
    "PaymentTransferred",
    "PaymentVoided",
    "TransferReceived",
    "TransferReturned",
    "captured",
    "cover",
    "covered",
    "record",
    "refunded",
    "taken",
    "transferred",
    "unbound",
]


class PaymentStatus(StrEnum):
    """Where one payment stands."""

    REQUESTED = "requested"
    PROMISED = "promised"
    PENDING = "pending"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class Cover(StrEnum):
    """How much of an order's total is authorised, or charged."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One tender and what became of it; amounts in minor units of the order's currency."""

    payment_id: str
    gateway: str = ""
    instrument: str = ""
    requested: int = 0
    requested_at: datetime | None = None
    reference: str = ""
    authorised: int = 0
    captured: int = 0
    voided: int = 0
    by_channel: bool = False
    method: str = ""
    """How the money comes when no gateway of ours moves it; empty for a gateway's payment."""
    promised: int = 0
    """What the customer said to pay outside of any gateway."""
    covering: bool = False
    """Whether the promise alone is enough to ship."""
    declined: str = ""
    pending: bool = False
    paid_parcels: tuple[tuple[str, int], ...] = ()
    """Parcels that were charged to it, each with its amount."""
    receipts: tuple[tuple[str, int], ...] = ()
    """Money that came past any gateway: reference and amount of each."""
    expired: int = 0
    expires_at: datetime | None = None
    refunds: tuple[PaymentRefunded, ...] = ()
    failed_refunds: tuple[str, ...] = ()
    """Ids of refunds that the gateway could not make."""
    disputes: Mapping[str, Dispute] = field(default_factory=dict)
    transfers: tuple[PaymentTransferred, ...] = ()
    returned: tuple[TransferReturned, ...] = ()
    """Of what was transferred, what came back."""

    @property
    def ours(self) -> bool:
        """Whether a gateway of ours reserves, charges and gives back. What it does not, somebody tells us."""
        return bool(self.gateway) and not self.by_channel

    @property
    def status(self) -> PaymentStatus:
        """Derived, never stored."""
        if self.declined:
            return PaymentStatus.DECLINED
        if self.taken:
            return PaymentStatus.DISPUTED
        if self.captured:
            gone = self.refunded + self.transferred
            return PaymentStatus.REFUNDED if gone >= self.captured else PaymentStatus.CAPTURED
        if self.expired:
            return PaymentStatus.EXPIRED
        if self.voided:
            return PaymentStatus.VOIDED
        if self.authorised:
            return PaymentStatus.AUTHORISED
        if self.promised:
            return PaymentStatus.PROMISED
        if self.method:
            return PaymentStatus.EXPIRED  # promised once, and not counted on any more
        return PaymentStatus.PENDING if self.pending else PaymentStatus.REQUESTED

    @property
    def capturable(self) -> int:
        """What is still authorised and neither captured nor let go."""
        return max(0, self.authorised - self.captured - self.voided - self.expired)

    @property
    def refunded(self) -> int:
        """What went back to the customer."""
        return sum(each.amount for each in self.refunds)

    @property
    def transferred(self) -> int:
        """What pays for other orders now."""
        return sum(each.amount for each in self.transfers) - sum(each.amount for each in self.returned)

    @property
    def taken(self) -> int:
        """What disputes have taken: withdrawn while they are open, gone when they are lost."""
        return sum(dispute.taken for dispute in self.disputes.values())

    @property
    def lost(self) -> int:
        """What disputes have taken for good."""
        return sum(dispute.taken for dispute in self.disputes.values() if dispute.won is False)

    @property
    def refundable(self) -> int:
        """What can still go back: never more than was charged, and nothing that a dispute has taken."""
        return max(0, self.captured - self.refunded - self.transferred - self.taken)

    @property
    def undecided(self) -> bool:
        """Whether an attempt is under way, of which nobody knows the end."""
        return self.status in {PaymentStatus.REQUESTED, PaymentStatus.PENDING}

    @property
    def outstanding(self) -> int:
        """What was promised and has not come yet."""
        return max(0, self.promised - self.captured)


Ledger = dict[str, Payment]
"""Payments by id, in the order in which they began."""


def record(ledger: Ledger, event: PaymentEvent, at: datetime) -> Ledger:
    """The ledger after one more payment event, which was recorded at `at`."""
    payment = ledger.get(event.payment_id) or Payment(payment_id=event.payment_id)
    match event:
        case PaymentRequested():
            payment = replace(
                payment,
                gateway=event.gateway,
                instrument=event.instrument,
                requested=event.amount,
                requested_at=at,
            )
        case PaymentPromised():
            payment = replace(payment, method=event.method, promised=event.amount, covering=event.covers)
        case PaymentPending():
            payment = replace(payment, reference=event.reference, pending=True)
        case PaymentAuthorised():
            payment = replace(
                payment,
                reference=event.reference,
                authorised=payment.authorised + event.amount,
                by_channel=event.by_channel,
                method=event.method,
                expires_at=event.expires_at,
                pending=False,
                declined="",
            )
        case PaymentDeclined():
            payment = replace(payment, reference=event.reference, declined=event.code, pending=False)
        case PaymentCaptured():
            payment = replace(
                payment,
                reference=payment.reference or event.reference,
                captured=payment.captured + event.amount,
                by_channel=event.by_channel or payment.by_channel,
                method=payment.method or event.method,
                pending=False,
                declined="",
                paid_parcels=(*payment.paid_parcels, *([(event.parcel_id, event.amount)] if event.parcel_id else [])),
                receipts=(*payment.receipts, *([(event.reference, event.amount)] if _by_hand(event) else [])),
            )
        case PaymentVoided():
            payment = replace(payment, voided=payment.voided + event.amount)
        case AuthorisationExpired():
            payment = replace(payment, expired=payment.expired + event.amount, expires_at=None)
        case PaymentRefunded():
            payment = replace(payment, refunds=(*payment.refunds, event))
        case PaymentRefundFailed():
            payment = replace(payment, failed_refunds=(*payment.failed_refunds, event.refund_id))
        case PaymentTransferred():
            payment = replace(payment, transfers=(*payment.transfers, event))
        case TransferReceived():
            payment = replace(payment, captured=payment.captured + event.amount)
        case TransferReturned():
            payment = replace(payment, returned=(*payment.returned, event))
        case DisputeOpened() | DisputeClosed():
            payment = replace(payment, disputes=disputes.record(payment.disputes, event))
    return {**ledger, payment.payment_id: payment}


def _by_hand(event: PaymentCaptured) -> bool:
    return not event.parcel_id and not event.by_channel


def captured(ledger: Ledger) -> int:
    """Charged so far, in minor units."""
    return sum(payment.captured for payment in ledger.values())


def refunded(ledger: Ledger) -> int:
    """Given back so far, in minor units."""
    return sum(payment.refunded for payment in ledger.values())


def transferred(ledger: Ledger) -> int:
    """What pays for other orders now, in minor units."""
    return sum(payment.transferred for payment in ledger.values())


def taken(ledger: Ledger) -> int:
    """What disputes have taken, in minor units."""
    return sum(payment.taken for payment in ledger.values())


def unbound(ledger: Ledger) -> int:
    """Charged for the order as a whole, not for one shipment: taken in advance, or received afterwards."""
    return captured(ledger) - sum(amount for payment in ledger.values() for _, amount in payment.paid_parcels)


def covered(ledger: Ledger) -> int:
    """Charged and not gone again, still capturable, or promised in a way that is enough to ship.

    Money in a dispute that is open counts: the hold that comes with the dispute is what keeps the goods back.
    """
    return sum(
        payment.captured
        - payment.refunded
        - payment.transferred
        - payment.lost
        + payment.capturable
        + (payment.outstanding if payment.covering else 0)
        for payment in ledger.values()
    )


def cover(amount: int, due: int) -> Cover:
    """How `amount` stands to what is due."""
    if amount == due:
        return Cover.FULL
    if amount > due:
        return Cover.OVER
    return Cover.PARTIAL if amount > 0 else Cover.NONE
