"""The money of one order as a ledger: payment events, and the states derived from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequested:
    """A tender that a gateway is to authorise: the order's first, or a new attempt after a decline."""

    payment_id: str
    gateway: str
    instrument: str
    """The gateway's token for card or wallet; never a card number."""
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPending:
    """The gateway has taken the request and will decide later."""

    payment_id: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAuthorised:
    """The gateway, or the channel on the merchant's behalf, has reserved the amount (minor units)."""

    payment_id: str
    reference: str
    amount: int
    by_channel: bool = False
    expires_at: datetime | None = None
    """When the reservation lapses; None when the gateway does not say, or the money is promised (cash on delivery)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined:
    """The gateway refused; `code` is the gateway's own reason."""

    payment_id: str
    reference: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured:
    """The amount was charged; `parcel_id` names the shipment that it pays, empty when the channel took it."""

    payment_id: str
    reference: str
    amount: int
    parcel_id: str = ""
    by_channel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentVoided:
    """What was authorised and not captured was let go."""

    payment_id: str
    reference: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationExpired:
    """The reservation lapsed before it was used; what was left of it can no longer be captured."""

    payment_id: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded:
    """Money went back to where it came from, for the refund that was requested under `refund_id`."""

    payment_id: str
    refund_id: str
    reference: str
    amount: int
    by_channel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefundFailed:
    """The gateway cannot give this money back; somebody has to find another way."""

    payment_id: str
    refund_id: str
    code: str


PaymentEvent = (
    PaymentRequested
    | PaymentPending
    | PaymentAuthorised
    | PaymentDeclined
    | PaymentCaptured
    | PaymentVoided
    | AuthorisationExpired
    | PaymentRefunded
    | PaymentRefundFailed
)


class PaymentStatus(StrEnum):
    """Where one payment stands."""

    REQUESTED = "requested"
    PENDING = "pending"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"
    REFUNDED = "refunded"


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
    declined: str = ""
    pending: bool = False
    paid_parcels: tuple[str, ...] = ()
    expired: int = 0
    expires_at: datetime | None = None
    refunds: tuple[PaymentRefunded, ...] = ()
    failed_refunds: tuple[str, ...] = ()
    """Ids of refunds that the gateway could not make."""

    @property
    def status(self) -> PaymentStatus:
        """Derived, never stored."""
        if self.declined:
            return PaymentStatus.DECLINED
        if self.captured:
            return PaymentStatus.REFUNDED if self.refunded >= self.captured else PaymentStatus.CAPTURED
        if self.expired:
            return PaymentStatus.EXPIRED
        if self.voided:
            return PaymentStatus.VOIDED
        if self.authorised:
            return PaymentStatus.AUTHORISED
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
    def refundable(self) -> int:
        """What can still go back: never more than was charged."""
        return max(0, self.captured - self.refunded)


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
        case PaymentPending():
            payment = replace(payment, reference=event.reference, pending=True)
        case PaymentAuthorised():
            payment = replace(
                payment,
                reference=event.reference,
                authorised=payment.authorised + event.amount,
                by_channel=event.by_channel,
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
                pending=False,
                declined="",
                paid_parcels=(*payment.paid_parcels, event.parcel_id) if event.parcel_id else payment.paid_parcels,
            )
        case PaymentVoided():
            payment = replace(payment, voided=payment.voided + event.amount)
        case AuthorisationExpired():
            payment = replace(payment, expired=payment.expired + event.amount, expires_at=None)
        case PaymentRefunded():
            payment = replace(payment, refunds=(*payment.refunds, event))
        case PaymentRefundFailed():
            payment = replace(payment, failed_refunds=(*payment.failed_refunds, event.refund_id))
    return {**ledger, payment.payment_id: payment}


def captured(ledger: Ledger) -> int:
    """Charged so far, in minor units."""
    return sum(payment.captured for payment in ledger.values())


def refunded(ledger: Ledger) -> int:
    """Given back so far, in minor units."""
    return sum(payment.refunded for payment in ledger.values())


def covered(ledger: Ledger) -> int:
    """Charged and not given back, or authorised and still capturable."""
    return sum(payment.captured - payment.refunded + payment.capturable for payment in ledger.values())


def cover(amount: int, due: int) -> Cover:
    """How `amount` stands to what is due."""
    if amount == due:
        return Cover.FULL
    if amount > due:
        return Cover.OVER
    return Cover.PARTIAL if amount > 0 else Cover.NONE
