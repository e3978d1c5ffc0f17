"""What the API shows when a plan fails: what locations gave back, and what is offered instead."""

from __future__ import annotations

from oms.clock import to_text
from oms.orders.order import FulfillmentOrder, Order
from oms.orders.rejecting import Rejection
from oms.orders.substituting import Offer, OfferStatus, status
from oms.views.after_sale import money
from oms.views.fallback_shapes import OfferResource, RejectionResource


def rejections(order: Order, share: FulfillmentOrder) -> list[RejectionResource]:
    """What a location gave back of its share, the first first."""
    return [
        _rejection(each) for each in order.rejections if each.event.fulfillment_order_id == share.fulfillment_order_id
    ]


def _rejection(rejection: Rejection) -> RejectionResource:
    return {
        "reason": rejection.event.reason,
        "units": rejection.units,
        "note": rejection.event.note,
        "at": to_text(rejection.at),
        "asked_again_at": to_text(rejection.lapses_at) if rejection.lapses_at else None,
    }


def offers(order: Order) -> list[OfferResource]:
    """What was offered in place of what waits, the first first."""
    return [_offer(order, each) for each in order.offers.values()]


def _offer(order: Order, offer: Offer) -> OfferResource:
    offered, standing = offer.offered, status(order, offer)
    actions = {OfferStatus.OPEN: ["accept", "refuse"], OfferStatus.OVER: ["refuse"]}
    return {
        "offer_id": offered.offer_id,
        "status": standing,
        "line_id": offered.line_id,
        "quantity": offered.quantity,
        "sku": offered.sku,
        "title": offered.title,
        "price": money(order, offered.net + offered.tax),
        "offered_at": to_text(offer.at),
        "expires_at": to_text(offered.expires_at),
        "answered_at": to_text(offer.answered_at) if offer.answered_at else None,
        "actions": actions.get(standing, []),
    }
