"""What can happen to the money of an order; amounts in minor units of the order's currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.payments.disputes import DisputeClosed, DisputeOpened


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
    method: str = ""
    """How the channel named it; empty for what our gateway reserved."""
    expires_at: datetime | None = None
    """When the reservation lapses; None when the gateway does not say, or the money is promised (cash on delivery)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPromised:
    """The customer pays without a gateway, later: at the door, or on the merchant's account.

    Money at the door covers the order until it is recorded as received; a transfer covers nothing before it came.
    """

    payment_id: str
    method: str
    amount: int
    covers: bool = False


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
    method: str = ""
    """How the money came, when no gateway of ours took it: `prepaid`, `gift_card`, `bank_transfer`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentVoided:
    """What was authorised and not captured was let go."""

    payment_id: str
    reference: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationExpired:
    """What was left of the reservation can no longer be captured: its time is over, or the gateway let it go."""

    payment_id: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded:
    """Money went back to where it came from, for the refund that was requested under `refund_id`.

    An id that was never requested is a refund that somebody made by hand, past us.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTransferred:
    """What was charged pays for another order now, in place of going back: a share of the refund `refund_id`."""

    payment_id: str
    refund_id: str
    order_id: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReceived:
    """What was charged for another order pays for this one."""

    payment_id: str
    order_id: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReturned:
    """What was transferred to another order is not needed there: it is this payment's again."""

    payment_id: str
    order_id: str
    amount: int


PaymentEvent = (
    PaymentRequested
    | PaymentPromised
    | PaymentPending
    | PaymentAuthorised
    | PaymentDeclined
    | PaymentCaptured
    | PaymentVoided
    | AuthorisationExpired
    | PaymentRefunded
    | PaymentRefundFailed
    | PaymentTransferred
    | TransferReceived
    | TransferReturned
    | DisputeOpened
    | DisputeClosed
)
