"""The returns stage's doors: what staff do with returns and claims, and the customers' signed links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice.app import Chalice, Response
from chalicelib.links import links
from chalicelib.offers import offers

from oms.platform.batch import BatchAnswer, sqs_batch
from oms.platform.http import caller, endpoint, expected_version, ok, parse, see_other

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.orders.order import Order

app = Chalice(app_name="returns", configure_logs=False)
app.register_blueprint(links)
app.register_blueprint(offers)


@app.lambda_function(name="follow")
def follow(event: dict[str, Any], context: Any) -> BatchAnswer:
    """Returns queue: do what follows from a return, such as buying its label."""
    from oms.platform.after_sale import handle

    return sqs_batch(event, context, handle)


@app.route("/orders/{order_id}/returns", methods=["GET"])
@endpoint(app, scope="returns")
def read_returns(order_id: str) -> Response:
    """All that came back of an order or is to come, and the money that followed."""
    from oms.platform.returns import order_now

    return _shown(order_now(order_id))


@app.route("/orders/{order_id}/returns", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def request_return(order_id: str) -> Response:
    """Note that units are to come back. The return is then approved or declined."""
    from oms.returns.requests import RequestReturn
    from oms.returns.work import request

    wish = parse(RequestReturn, app)
    wanted = [each.value() for each in wish.units]
    return _done(request, order_id, wanted=wanted, note=wish.note, number=wish.number)


@app.route("/orders/{order_id}/claims", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def claim_units(order_id: str) -> Response:
    """Give back the money for units that are damaged, missing, wrong or not as described, without a return."""
    from oms.returns.requests import ClaimUnits
    from oms.returns.work import claim

    wish = parse(ClaimUnits, app)
    return _done(claim, order_id, wanted=[each.value() for each in wish.units], charges=wish.charges)


@app.route("/orders/{order_id}/receipts", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def receive_unannounced(order_id: str) -> Response:
    """Book in what came back without a word. It is credited only on request."""
    from oms.returns.requests import ReceiveUnannounced
    from oms.returns.work import receive_unannounced as receive

    wish = parse(ReceiveUnannounced, app)
    return _done(receive, order_id, receipt=wish.value(), credit=wish.credit, reason=wish.reason)


@app.route("/orders/{order_id}/return-links", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def make_link(order_id: str) -> Response:
    """Make a signed link by which the customer can announce returns without an account."""
    from oms.clock import to_text
    from oms.platform.returns import new_link

    url, expires_at = new_link(order_id)
    return ok({"url": url, "expires_at": to_text(expires_at)})


@app.route("/returns/{return_id}/approve", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def approve_return(return_id: str) -> Response:
    """Let a return come, also one that policy declined. What is not said follows policy."""
    from oms.returns.requests import ApproveReturn
    from oms.returns.work import approve

    return _done(approve, return_id=return_id, **parse(ApproveReturn, app).model_dump())


@app.route("/returns/{return_id}/label.pdf", methods=["GET"])
@endpoint(app, scope="returns")
def return_label(return_id: str) -> Response:
    """Send the caller to the label for the way back."""
    from oms.platform.after_sale import label_link

    return see_other(label_link(return_id))


@app.route("/returns/{return_id}/decline", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def decline_return(return_id: str) -> Response:
    """Refuse a return. The customer is told why."""
    from oms.returns.requests import DeclineReturn
    from oms.returns.work import decline

    return _done(decline, return_id=return_id, **parse(DeclineReturn, app).model_dump())


@app.route("/returns/{return_id}/receive", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def receive_return(return_id: str) -> Response:
    """Book in what came, unit by unit. What is restocked can be sold at once; what was announced is credited."""
    from oms.returns.requests import ReceiveReturn
    from oms.returns.work import receive

    return _done(receive, return_id=return_id, receipt=parse(ReceiveReturn, app).value())


@app.route("/returns/{return_id}/exchange", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def exchange_return(return_id: str) -> Response:
    """Send other goods for what is to come back, at once or on receipt, as an order of their own."""
    from oms.returns.exchanging import request
    from oms.returns.requests import ExchangeReturn

    return _done(request, return_id=return_id, exchange=parse(ExchangeReturn, app).value())


@app.route("/returns/{return_id}/exchange/cancel", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def cancel_exchange(return_id: str) -> Response:
    """Give up an exchange before its goods are ordered. What came back is refunded then."""
    from oms.returns.exchanging import cancel
    from oms.returns.requests import CancelExchange

    return _done(cancel, return_id=return_id, reason=parse(CancelExchange, app).reason)


@app.route("/returns/{return_id}/credit", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def credit_return(return_id: str) -> Response:
    """Credit units that came beyond what was announced, or charges such as shipping."""
    from oms.returns.requests import CreditReturn
    from oms.returns.work import credit

    return _done(credit, return_id=return_id, more=parse(CreditReturn, app).value())


@app.route("/returns/{return_id}/close", methods=["POST"], content_types=[])
@endpoint(app, scope="returns")
def close_return(return_id: str) -> Response:
    """Expect nothing more of a return."""
    from oms.returns.work import close

    return _done(close, return_id=return_id)


def _done(use_case: Callable[..., Order], order_id: str = "", **details: Any) -> Response:
    """Carry out a use case on an order, or on the one that a return belongs to, and show its returns then."""
    from oms.ids import order_of
    from oms.platform.observability import logger
    from oms.platform.returns import ports
    from oms.returns.work import Wish

    order_id = order_id or order_of(details["return_id"])
    logger().append_keys(order_id=order_id)
    wish = Wish(order_id=order_id, caller=caller(app), expected_version=expected_version(app))
    return _shown(use_case(ports(), wish, **details))


def _shown(order: Order) -> Response:
    from oms.views.after_sale import order_returns

    return ok(order_returns(order), version=order.version)
