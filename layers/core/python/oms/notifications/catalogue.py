"""Which event leads to which message, by which medium, to whom."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oms.notifications.occasion import Occasion
from oms.orders.after_sale import (
    ReturnApproved,
    ReturnDeclined,
    ReturnRequested,
    ReturnStatus,
    UnitsCredited,
    UnitsReceived,
)
from oms.orders.cancelling import CancellationDeclined
from oms.orders.contact import Contact
from oms.orders.editing import LinesAdded, ShippingServiceChanged
from oms.orders.events import (
    HoldReason,
    HoldReleased,
    OrderConfirmed,
    OrderHeld,
    ParcelDelivered,
    UnitsCancelled,
    UnitsShipped,
    UnitState,
)
from oms.orders.order import Order, Parcel
from oms.orders.pickup import PickupCollected, PickupEvent, PickupExpired, PickupReady, PickupReminded
from oms.orders.promising import PromiseChanged
from oms.orders.reach import mail_address, phone_of, shipping_phone_of
from oms.orders.reached import ParcelStateReached, is_news, standing
from oms.orders.reasons import CancellationReason
from oms.orders.substituting import OfferStatus, SubstituteOffered, status
from oms.orders.tenders import MONEY_HOLDS
from oms.orders.tracking import TrackingStatus
from oms.orders.transitions import AT_LOCATION
from oms.orders.way_back import ReturnLabelIssued
from oms.payments.ledger import PaymentRefunded


class Kind(StrEnum):
    """What a message tells."""

    ORDER_CONFIRMED = "order_confirmed"
    PARCEL_SHIPPED = "parcel_shipped"
    PARCEL_DELIVERED = "parcel_delivered"
    ACTION_NEEDED = "action_needed"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_CHANGED = "order_changed"
    CANCELLATION_DECLINED = "cancellation_declined"
    PAYMENT_RECEIVED = "payment_received"
    REFUND_MADE = "refund_made"
    RETURN_REQUESTED = "return_requested"
    RETURN_APPROVED = "return_approved"
    RETURN_DECLINED = "return_declined"
    RETURN_RECEIVED = "return_received"
    CREDITED = "credited"
    PICKUP_READY = "pickup_ready"
    PICKUP_REMINDER = "pickup_reminder"
    PICKUP_EXPIRED = "pickup_expired"
    PICKED_UP = "picked_up"
    DELIVERY_CHANGED = "delivery_changed"
    SUBSTITUTE_OFFERED = "substitute_offered"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERY_FAILED = "delivery_failed"
    PARCEL_WAITS = "parcel_waits"
    PARCEL_HELD_UP = "parcel_held_up"
    PARCEL_RETURNING = "parcel_returning"


class Medium(StrEnum):
    """How a message travels."""

    MAIL = "mail"
    SMS = "sms"


CUSTOMER_MUST_ACT = frozenset({HoldReason.BAD_ADDRESS, HoldReason.PAYMENT_DECLINED, HoldReason.PAYMENT_PENDING})
"""Holds that the customer can end. The others are the merchant's own business, and nobody is written to."""

NOT_GONE = AT_LOCATION | {UnitState.OPEN, UnitState.BACKORDERED}
"""Where units are that have yet to leave."""

EDITS = (LinesAdded, ShippingServiceChanged)
"""What makes an order another one. What an edit takes away beside is told with it."""

SMS_BESIDE_MAIL = frozenset(
    {
        Kind.PARCEL_SHIPPED,
        Kind.PARCEL_DELIVERED,
        Kind.PICKUP_READY,
        Kind.PICKUP_REMINDER,
        Kind.OUT_FOR_DELIVERY,
        Kind.DELIVERY_FAILED,
        Kind.PARCEL_WAITS,
    }
)
"""What is worth an SMS even to somebody who gets a mail: news that matter within the hour.

The other kinds go by SMS only to a customer who has no mail address and could not be told otherwise.
"""


FETCHED: Mapping[type[PickupEvent], Kind] = {
    PickupReady: Kind.PICKUP_READY,
    PickupReminded: Kind.PICKUP_REMINDER,
    PickupExpired: Kind.PICKUP_EXPIRED,
    PickupCollected: Kind.PICKED_UP,
}
"""What is told of goods that the customer fetches in a store."""

UNDER_WAY: Mapping[TrackingStatus, Kind] = {
    TrackingStatus.OUT_FOR_DELIVERY: Kind.OUT_FOR_DELIVERY,
    TrackingStatus.ATTEMPT_FAILED: Kind.DELIVERY_FAILED,
    TrackingStatus.AVAILABLE_FOR_PICKUP: Kind.PARCEL_WAITS,
    TrackingStatus.EXCEPTION: Kind.PARCEL_HELD_UP,
    TrackingStatus.RETURNING: Kind.PARCEL_RETURNING,
}
"""What is told of a parcel between its departure and its arrival."""

PATIENCE = timedelta(hours=12)
"""How long a parcel must have been held up before its customer is told. Carriers call much an exception that is over
with the next scan: a label read twice, a customs office that lets it go."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where one message goes: a mail address, or a phone number in E.164."""

    medium: Medium
    address: str

    @property
    def digest(self) -> str:
        """SHA-256 of the address in lower case: stands for the recipient where no personal data may stand."""
        return hashlib.sha256(self.address.lower().encode()).hexdigest()


def kind_of(found: Occasion) -> Kind | None:
    """The message that an event leads to, if it leads to any.

    Of several events of an entry that tell one thing, the first leads to the message.
    """
    event = found.event
    match event:
        case OrderConfirmed():
            return Kind.ORDER_CONFIRMED
        case UnitsShipped(complete=True) if not _is_fetched(found.then, event.parcel_id):
            return Kind.PARCEL_SHIPPED
        case ParcelDelivered() if not _is_fetched(found.then, event.parcel_id):
            return Kind.PARCEL_DELIVERED
        case ParcelStateReached():
            return UNDER_WAY.get(event.status)
        case OrderHeld() if event.reason in CUSTOMER_MUST_ACT:
            return Kind.ACTION_NEEDED
        case HoldReleased() if _asked_and_paid(found, event):
            return Kind.PAYMENT_RECEIVED
        case LinesAdded() | ShippingServiceChanged() if found.first(*EDITS):
            return Kind.ORDER_CHANGED
        case UnitsCancelled() if found.before is not None and found.first(UnitsCancelled) and not found.has(*EDITS):
            return Kind.ORDER_CANCELLED
        case CancellationDeclined() if _was_wished(found.then, event):
            return Kind.CANCELLATION_DECLINED
        case PickupReady() | PickupReminded() | PickupExpired() | PickupCollected():
            return FETCHED[type(event)]
        case PromiseChanged(tell=True):
            return Kind.DELIVERY_CHANGED
        case SubstituteOffered():
            return Kind.SUBSTITUTE_OFFERED
        case _:
            return _after_sale(found)


def _is_fetched(order: Order, parcel_id: str) -> bool:
    """Whether a parcel is a bag that stands in a store, or comes to one: the customer hears of it when it is there."""
    return order.fulfillment_orders[order.parcels[parcel_id].packed.fulfillment_order_id].pickup is not None


def _after_sale(found: Occasion) -> Kind | None:
    match found.event:
        case PaymentRefunded() if found.first(PaymentRefunded):
            return Kind.REFUND_MADE
        case ReturnRequested():
            return Kind.RETURN_REQUESTED
        case ReturnApproved(with_label=False) | ReturnLabelIssued():
            return Kind.RETURN_APPROVED
        case ReturnDeclined():
            return Kind.RETURN_DECLINED
        case UnitsReceived():
            return Kind.RETURN_RECEIVED
        case UnitsCredited() if found.first(UnitsCredited) and not found.has(UnitsReceived):
            return Kind.CREDITED
        case _:
            return None


def _was_wished(order: Order, event: CancellationDeclined) -> bool:
    """Whether the customer may think that the units do not come: unless it was the merchant's own wish."""
    request = order.cancellations[event.request_id].requested
    return request.code in {CancellationReason.CUSTOMER, CancellationReason.OTHER}


def _asked_and_paid(found: Occasion, event: HoldReleased) -> bool:
    """Whether the customer had been asked for money, and all of it is there now."""
    hold = found.before.holds.get(event.handle) if found.before is not None else None
    order = found.then
    return (
        hold is not None
        and hold.reason in MONEY_HOLDS
        and not any(each.reason in MONEY_HOLDS for each in order.holds.values())
        and found.first(HoldReleased)
        and 0 < order.due <= order.covered
    )


def still_true(found: Occasion) -> bool:
    """Whether the customer should still be told, now that the order stands as it does today.

    A call to act is taken back when its hold is gone, a day when another was told or nothing waits any more, an offer
    when it is answered. A word about a return that has moved on since is left to the word about that, and so is one
    about a parcel. All other news stay news.
    """
    event, returns = found.event, found.today.after_sale.returns
    match event:
        case PickupReady() | PickupReminded() | PickupExpired():
            share = found.today.fulfillment_orders[event.fulfillment_order_id]
            over = share.pickup is not None and share.pickup.expired_at is not None
            return share.waits and share.live and (isinstance(event, PickupExpired) or not over)
        case OrderHeld():
            return event.handle in found.today.holds
        case ParcelStateReached():
            return _still_there(found.today.parcels[event.parcel_id], event)
        case PromiseChanged():
            return _still_so(found.today, event)
        case SubstituteOffered():
            return status(found.today, found.today.offers[event.offer_id]) is OfferStatus.OPEN
        case ReturnRequested():
            return returns[event.return_id].status is ReturnStatus.REQUESTED
        case ReturnApproved() | ReturnLabelIssued():
            return returns[event.return_id].status is ReturnStatus.APPROVED
        case ReturnDeclined():
            return returns[event.return_id].status is ReturnStatus.DECLINED
        case _:
            return True


def too_late(found: Occasion, now: datetime) -> bool:
    """Whether a message that was long on its way says what the customer has no use for any more."""
    event = found.event
    return isinstance(event, ParcelStateReached) and not is_news(event.status, event.at, now)


def not_before(found: Occasion) -> datetime | None:
    """When the customer is told, if the matter may well be settled before anybody reads of it."""
    event = found.event
    if isinstance(event, ParcelStateReached) and event.status is TrackingStatus.EXCEPTION:
        return event.at + PATIENCE
    return None


def _still_there(today: Parcel, event: ParcelStateReached) -> bool:
    """Whether the parcel is where it was: it has not arrived, and no other state has overtaken this one."""
    stands = standing(today.scans)
    return today.delivered_at is None and stands is not None and stands[0] is event.status


def _still_so(today: Order, event: PromiseChanged) -> bool:
    """Whether no other day was told since, and something has yet to leave; or, where no day is known, still waits."""
    waits = today.counts.get(UnitState.BACKORDERED, 0)
    to_come = waits if event.expected_delivery is None else sum(today.counts.get(each, 0) for each in NOT_GONE)
    return to_come > 0 and today.promise.told == event.expected_delivery


def recipients(kind: Kind, contact: Contact | None) -> tuple[Recipient, ...]:
    """Everybody who gets a message of this kind; nobody when the contact was erased or has no usable address."""
    if contact is None:
        return ()
    found = []
    mail = mail_address(contact.email)
    if mail:
        found.append(Recipient(Medium.MAIL, mail))
    phone = phone_of(contact) or shipping_phone_of(contact)
    if phone and (not mail or kind in SMS_BESIDE_MAIL):
        found.append(Recipient(Medium.SMS, phone))
    return tuple(found)
