"""Which event leads to which message, by which medium, to whom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from oms.orders.contact import Contact
from oms.orders.events import HoldReason, OrderConfirmed, OrderEvent, OrderHeld, ParcelDelivered, UnitsShipped
from oms.orders.order import Order
from oms.orders.reach import mail_address, phone_number


class Kind(StrEnum):
    """What a message tells."""

    ORDER_CONFIRMED = "order_confirmed"
    PARCEL_SHIPPED = "parcel_shipped"
    PARCEL_DELIVERED = "parcel_delivered"
    ACTION_NEEDED = "action_needed"


class Medium(StrEnum):
    """How a message travels."""

    MAIL = "mail"
    SMS = "sms"


CUSTOMER_MUST_ACT = frozenset({HoldReason.BAD_ADDRESS, HoldReason.PAYMENT_DECLINED, HoldReason.PAYMENT_PENDING})
"""Holds that the customer can end. The others are the merchant's own business, and nobody is written to."""

SMS_BESIDE_MAIL = frozenset({Kind.PARCEL_SHIPPED, Kind.PARCEL_DELIVERED})
"""What is worth an SMS even to somebody who gets a mail: news that matter within the hour.

The other kinds go by SMS only to a customer who has no mail address and could not be told otherwise.
"""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where one message goes: a mail address, or a phone number in E.164."""

    medium: Medium
    address: str

    @property
    def digest(self) -> str:
        """SHA-256 of the address in lower case: stands for the recipient where no personal data may stand."""
        return hashlib.sha256(self.address.lower().encode()).hexdigest()


def kind_of(event: OrderEvent) -> Kind | None:
    """The message that an event leads to, if it leads to any."""
    match event:
        case OrderConfirmed():
            return Kind.ORDER_CONFIRMED
        case UnitsShipped(complete=True):
            return Kind.PARCEL_SHIPPED
        case ParcelDelivered():
            return Kind.PARCEL_DELIVERED
        case OrderHeld() if event.reason in CUSTOMER_MUST_ACT:
            return Kind.ACTION_NEEDED
        case _:
            return None


def still_true(event: OrderEvent, today: Order) -> bool:
    """Whether the customer should still be told, now that the order stands as it does today.

    A call to act is taken back when its hold is gone; all other news stay news.
    """
    return not isinstance(event, OrderHeld) or event.handle in today.holds


def recipients(kind: Kind, contact: Contact | None) -> tuple[Recipient, ...]:
    """Everybody who gets a message of this kind; nobody when the contact was erased or has no usable address."""
    if contact is None:
        return ()
    found = []
    mail = mail_address(contact.email)
    if mail:
        found.append(Recipient(Medium.MAIL, mail))
    phone = phone_number(contact.phone) or phone_number(contact.shipping.phone if contact.shipping else "")
    if phone and (not mail or kind in SMS_BESIDE_MAIL):
        found.append(Recipient(Medium.SMS, phone))
    return tuple(found)
