"""The doors through which staff offer other goods for what cannot be had, and answer for the customer on the phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, expected_version, ok, parse

if TYPE_CHECKING:
    from oms.orders.order import Order

substitution = Blueprint(__name__)


@substitution.route("/orders/{order_id}/substitutions", methods=["POST"], content_types=[])
@endpoint(substitution, scope="orders:write")
def offer(order_id: str) -> Response:
    """Offer other goods for units of a line that wait for stock, at no more than their price. The customer is told."""
    from oms.orders.substitution_commands import OfferSubstitute, offer_substitute
    from oms.platform.event_log import order_log
    from oms.platform.setup import products

    wish = parse(OfferSubstitute, substitution)
    version = expected_version(substitution)
    return _answer(offer_substitute(order_log(), order_id, wish, caller(substitution), version, products=products))


@substitution.route("/substitutions/{offer_id}/accept", methods=["POST"], content_types=[])
@endpoint(substitution, scope="orders:write")
def accept(offer_id: str) -> Response:
    """Take an offer for the customer, who said so: the order has the other goods then."""
    from oms.orders.substitution_commands import accept_substitute
    from oms.platform.event_log import order_log

    return _answer(accept_substitute(order_log(), offer_id, caller(substitution), expected_version(substitution)))


@substitution.route("/substitutions/{offer_id}/refuse", methods=["POST"], content_types=[])
@endpoint(substitution, scope="orders:write")
def refuse(offer_id: str) -> Response:
    """Nothing comes of an offer: the customer declined it, or it is withdrawn. The line waits on."""
    from oms.orders.substitution_commands import RefuseSubstitute, refuse_substitute
    from oms.platform.event_log import order_log

    why = parse(RefuseSubstitute, substitution).why
    return _answer(refuse_substitute(order_log(), offer_id, why, caller(substitution), expected_version(substitution)))


def _answer(order: Order) -> Response:
    from oms.views.resource import order_resource

    return ok(order_resource(order), version=order.version)
