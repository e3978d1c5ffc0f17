"""What the API document says of goods that are offered in place of others."""

from __future__ import annotations

from infra.openapi_calls import Call
from oms.orders.substitution_commands import AnswerOffer, OfferSubstitute, RefuseSubstitute
from oms.views.offer_page import CustomersOffer
from oms.views.shapes import OrderResource

SUBSTITUTION_CALLS: dict[tuple[str, str], Call] = {
    ("POST", "/orders/{order_id}/substitutions"): Call(
        tag="orders", body=OfferSubstitute, answers={200: OrderResource}, if_match=True, repeatable=True
    ),
    ("POST", "/substitutions/{offer_id}/accept"): Call(
        tag="orders", answers={200: OrderResource}, if_match=True, repeatable=True
    ),
    ("POST", "/substitutions/{offer_id}/refuse"): Call(
        tag="orders",
        body=RefuseSubstitute,
        body_required=False,
        answers={200: OrderResource},
        if_match=True,
        repeatable=True,
    ),
    ("GET", "/offer/{token}"): Call(tag="orders", answers={200: CustomersOffer}),
    ("POST", "/offer/{token}"): Call(tag="orders", body=AnswerOffer, answers={200: CustomersOffer}),
}
