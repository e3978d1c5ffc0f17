"""Which letter tells an event: from the occasion to a letter."""

from __future__ import annotations

from oms.notifications import fetched, journey, money, returned, revision, under_way, waiting
from oms.notifications.catalogue import UNDER_WAY, Kind
from oms.notifications.counter import NO_COUNTER, Counter
from oms.notifications.language import Language
from oms.notifications.letter import Letter
from oms.notifications.occasion import Occasion
from oms.notifications.plain import NAME, clean
from oms.notifications.voice import Voice
from oms.notifications.way_back import NOWHERE, WayBack
from oms.orders.after_sale import (
    ReturnApproved,
    ReturnDeclined,
    ReturnRequested,
    UnitsCredited,
    UnitsReceived,
)
from oms.orders.cancelling import CancellationDeclined
from oms.orders.editing import LinesAdded, ShippingServiceChanged
from oms.orders.events import HoldReleased, OrderHeld, ParcelDelivered, UnitsCancelled, UnitsShipped
from oms.orders.pickup import PickupCollected, PickupExpired, PickupReady, PickupReminded
from oms.orders.promising import PromiseChanged
from oms.orders.reached import ParcelStateReached
from oms.orders.substituting import SubstituteOffered
from oms.orders.way_back import ReturnLabelIssued
from oms.payments.ledger import PaymentRefunded


def compose(
    kind: Kind,
    found: Occasion,
    language: Language,
    shop: str,
    way: WayBack = NOWHERE,
    counter: Counter = NO_COUNTER,
) -> Letter:
    """The letter of this kind about this occasion.

    `way` is what customers need to know to send something back, `counter` to fetch something.

    Raises:
        ValueError: the event does not lead to a message of this kind.
    """
    event, order = found.event, found.then
    voice = Voice(order, language, clean(shop, NAME))
    match kind, event:
        case Kind.ORDER_CONFIRMED, _:
            return journey.confirmed(voice, counter)
        case Kind.PARCEL_SHIPPED, UnitsShipped():
            return journey.shipped(voice, order.parcels[event.parcel_id])
        case Kind.PARCEL_DELIVERED, ParcelDelivered():
            return journey.delivered(voice, order.parcels[event.parcel_id])
        case _, ParcelStateReached() if kind is UNDER_WAY[event.status]:
            return under_way.told(voice, order.parcels[event.parcel_id], kind, event)
        case Kind.ACTION_NEEDED, OrderHeld():
            return journey.action_needed(voice, event.reason)
        case Kind.ORDER_CANCELLED, UnitsCancelled():
            return revision.cancelled(voice, found)
        case Kind.ORDER_CHANGED, LinesAdded() | ShippingServiceChanged():
            return revision.changed(voice, found)
        case Kind.CANCELLATION_DECLINED, CancellationDeclined():
            return revision.not_cancelled(voice, event)
        case Kind.PAYMENT_RECEIVED, HoldReleased():
            return money.received(voice)
        case Kind.REFUND_MADE, PaymentRefunded():
            return money.refunded(voice, found)
        case Kind.RETURN_REQUESTED, ReturnRequested():
            return returned.requested(voice, event.return_id, way)
        case Kind.RETURN_APPROVED, ReturnApproved() | ReturnLabelIssued():
            return returned.approved(voice, event.return_id, way)
        case Kind.RETURN_DECLINED, ReturnDeclined():
            return returned.declined(voice, event)
        case Kind.RETURN_RECEIVED, UnitsReceived():
            return returned.received(voice, found, event)
        case Kind.CREDITED, UnitsCredited():
            return returned.credited(voice, found, event)
        case Kind.PICKUP_READY, PickupReady():
            return fetched.ready(voice, event.fulfillment_order_id, counter, section="pickup_ready")
        case Kind.PICKUP_REMINDER, PickupReminded():
            return fetched.ready(voice, event.fulfillment_order_id, counter, section="pickup_reminder")
        case Kind.PICKUP_EXPIRED, PickupExpired():
            return fetched.expired(voice, event.fulfillment_order_id, counter)
        case Kind.PICKED_UP, PickupCollected():
            return fetched.collected(voice, event.fulfillment_order_id)
        case Kind.DELIVERY_CHANGED, PromiseChanged():
            told = found.before is not None and found.before.promise.told is not None
            return waiting.another_day(voice, event, told)
        case Kind.SUBSTITUTE_OFFERED, SubstituteOffered():
            return waiting.offered(voice, event, way)
        case _:
            raise ValueError(f"{type(event).__name__} is not told by a message of kind {kind}")
