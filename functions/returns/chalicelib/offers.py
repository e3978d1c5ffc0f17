"""The customer's door to an offer of other goods: a signed link, for programs and for browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from chalicelib.browsers import answered, back_to, is_browser
from oms.platform.http import caller, endpoint, header, ok, raw_body, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.orders.order import Order

offers = Blueprint(__name__)


@offers.route("/offer/{token}", methods=["GET"], content_types=[])
@endpoint(offers, scope=None)
def show_offer(token: str) -> Response:
    """What is offered to the customer in place of what cannot be had. Browsers get a page in their language."""
    from oms.ids import order_of
    from oms.platform.returns import customers_offer, order_now

    def show() -> Response:
        offer_id = customers_offer(token)
        return _shown(order_now(order_of(offer_id)), offer_id)

    return _answered(show)


@offers.route("/offer/{token}", methods=["POST"], content_types=[])
@endpoint(offers, scope=None)
def answer_offer(token: str) -> Response:
    """Accept or decline: once, and only while the offer stands."""
    return _answered(lambda: _take(token))


def _take(token: str) -> Response:
    import json

    from oms.orders.substitution_commands import AnswerOffer, answer_by_customer
    from oms.platform.event_log import order_log
    from oms.platform.returns import customers_offer
    from oms.views.offer_page import form_values
    from oms.views.return_page import FORM

    offer_id = customers_offer(token)
    raw = raw_body(offers)
    if header(offers, "content-type").startswith(FORM):
        raw = json.dumps(form_values(raw)).encode()
    wish = read(AnswerOffer, raw)
    order = answer_by_customer(order_log(), offer_id, wish, caller(offers, actor="customer"))
    if is_browser(offers):
        return back_to(token)
    return _shown(order, offer_id)


def _shown(order: Order, offer_id: str) -> Response:
    from oms.views.offer_page import customers_offer, page
    from oms.views.return_page import HEADERS

    shown = customers_offer(order, offer_id)
    if is_browser(offers):
        return Response(body=page(shown, order.placed.language), status_code=200, headers=dict(HEADERS))
    return ok(shown)


def _answered(answer: Callable[[], Response]) -> Response:
    from oms.views.offer_page import error_page

    return answered(offers, answer, error_page)
