"""The customer's own door: a signed link to the returns of one order, for programs and for browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from chalicelib.browsers import answered, back_to, is_browser
from oms.platform.http import caller, endpoint, header, ok, raw_body, read, see_other

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.orders.order import Order

links = Blueprint(__name__)


@links.route("/return/{token}", methods=["GET"], content_types=[])
@endpoint(links, scope=None)
def show_return(token: str) -> Response:
    """What the customer of an order can return, and what became of it. Browsers get a page in their language."""
    from oms.platform.returns import customers_order, order_now

    return _answered(lambda: _shown(order_now(customers_order(token)), token))


@links.route("/return/{token}/{number}/label.pdf", methods=["GET"], content_types=[])
@endpoint(links, scope=None)
def show_label(token: str, number: str) -> Response:
    """Send the customer to the label for the way back of one of their returns."""
    from oms.platform.after_sale import label_link
    from oms.platform.returns import customers_order

    return _answered(lambda: see_other(label_link(f"{customers_order(token)}-r{number}")))


@links.route("/return/{token}", methods=["POST"], content_types=[])
@endpoint(links, scope=None)
def announce_return(token: str) -> Response:
    """Announce a return. The shop's policy approves or declines it at once, or leaves it to a person."""
    return _answered(lambda: _announce(token))


def _announce(token: str) -> Response:
    from oms.platform.returns import customers_order, ports
    from oms.returns.requests import CustomerReturn
    from oms.returns.work import Wish, request_by_customer
    from oms.views.return_page import FORM, form_values

    order_id = customers_order(token)
    if header(links, "content-type").startswith(FORM):
        import json

        wish = read(CustomerReturn, json.dumps(form_values(raw_body(links))).encode())
    else:
        wish = read(CustomerReturn, raw_body(links))
    order = request_by_customer(
        ports(),
        Wish(order_id=order_id, caller=caller(links, actor="customer")),
        [each.value() for each in wish.units],
        number=wish.number,
    )
    if is_browser(links):
        return back_to(token)
    return _shown(order, token)


def _shown(order: Order, token: str) -> Response:
    from oms.platform.returns import ports
    from oms.views.after_sale import customers_order
    from oms.views.return_page import HEADERS, page

    desk = ports()
    taken = desk.channel(order.placed.channel_id).return_conditions
    shown = customers_order(order, token, desk.location, taken)
    if is_browser(links):
        return Response(body=page(shown, order.placed.language), status_code=200, headers=dict(HEADERS))
    return ok(shown)


def _answered(answer: Callable[[], Response]) -> Response:
    from oms.views.return_page import error_page

    return answered(links, answer, error_page)
