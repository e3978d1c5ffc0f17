"""The doors through which staff say what money came or went past any gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, expected_version, ok, parse

if TYPE_CHECKING:
    from oms.orders.order import Order

money = Blueprint(__name__)


@money.route("/orders/{order_id}/payments/received", methods=["POST"], content_types=[])
@endpoint(money, scope="orders:write")
def receive(order_id: str) -> Response:
    """Record money that came on the account or at the door; an order that waited for it goes on."""
    from oms.orders.money_commands import ReceivePayment, receive_payment
    from oms.platform.event_log import order_log

    wish = parse(ReceivePayment, money)
    return _answer(receive_payment(order_log(), order_id, wish, caller(money), expected_version(money)))


@money.route("/orders/{order_id}/refunds/{refund_id}/made", methods=["POST"], content_types=[])
@endpoint(money, scope="orders:write")
def refund_made(order_id: str, refund_id: str) -> Response:
    """Record that a refund was made by hand: by the channel, by transfer, in cash."""
    from oms.orders.money_commands import RefundMade, record_refund
    from oms.platform.event_log import order_log

    wish = parse(RefundMade, money)
    return _answer(record_refund(order_log(), order_id, refund_id, wish, caller(money), expected_version(money)))


def _answer(order: Order) -> Response:
    """The order as it stands now, without personal data."""
    from oms.platform.observability import logger
    from oms.views.resource import order_resource

    logger().append_keys(order_id=order.order_id)
    logger().info("order_changed", version=order.version)
    return ok(order_resource(order), version=order.version)
