"""The doors through which an order is changed: cancelled, held, released, edited, paid anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, expected_version, is_preview, ok, parse

if TYPE_CHECKING:
    from oms.orders.order import Order
    from oms.orders.preview import Effect

commands = Blueprint(__name__)


@commands.route("/orders/{order_id}/cancel", methods=["POST"], content_types=[])
@endpoint(commands, scope="orders:write")
def cancel(order_id: str) -> Response:
    """Cancel units that nobody works on, and ask the locations that work on the others; or preview what that would do.

    Without `lines` it is about all units that have not left.
    """
    from oms.orders.commands import CancelOrder, cancel_order, preview_cancel
    from oms.platform.event_log import order_log

    wish = parse(CancelOrder, commands)
    if is_preview(commands):
        return _previewed(preview_cancel(order_log(), order_id, wish, expected_version(commands)))
    return _answer(cancel_order(order_log(), order_id, wish, caller(commands), expected_version(commands)))


@commands.route("/orders/{order_id}/holds", methods=["POST"], content_types=[])
@endpoint(commands, scope="orders:write")
def hold(order_id: str) -> Response:
    """Let work on the order wait."""
    from oms.orders.hold_commands import HoldOrder, hold_order
    from oms.platform.event_log import order_log

    wish = parse(HoldOrder, commands)
    return _answer(hold_order(order_log(), order_id, wish, caller(commands), expected_version(commands)))


@commands.route("/orders/{order_id}/holds/{handle}/release", methods=["POST"], content_types=[])
@endpoint(commands, scope="orders:write")
def release(order_id: str, handle: str) -> Response:
    """Let a hold go; work goes on when none remains."""
    from oms.orders.hold_commands import ReleaseHold, release_hold
    from oms.platform.event_log import order_log

    wish = parse(ReleaseHold, commands)
    return _answer(release_hold(order_log(), order_id, handle, wish, caller(commands), expected_version(commands)))


@commands.route("/orders/{order_id}/holds/{handle}/assign", methods=["POST"], content_types=[])
@endpoint(commands, scope="orders:write")
def assign(order_id: str, handle: str) -> Response:
    """Say who takes care of a hold: somebody at work, or the caller."""
    from oms.orders.hold_commands import AssignHold, assign_hold
    from oms.platform.event_log import order_log

    wish = parse(AssignHold, commands)
    return _answer(assign_hold(order_log(), order_id, handle, wish, caller(commands), expected_version(commands)))


@commands.route("/orders/{order_id}/edits", methods=["POST"], content_types=[])
@endpoint(commands, scope="orders:write")
def edit(order_id: str) -> Response:
    """Add lines, change quantities, shipping, contact or address, as one decision; or preview what that would do.

    An edit of lines or shipping needs `If-Match`; a preview does not, and answers with the `ETag` to send along.
    """
    from oms.orders.checking import checked
    from oms.orders.edit_commands import EditOrder, edit_order, preview_edit
    from oms.platform.event_log import order_log
    from oms.platform.setup import products

    wish = parse(EditOrder, commands)
    version = expected_version(commands)
    if is_preview(commands):
        return _previewed(preview_edit(order_log(), order_id, wish, version, products=products))
    who = caller(commands)
    return _answer(edit_order(order_log(), order_id, wish, who, version, products=products, check=checked))


@commands.route("/orders/{order_id}/payments", methods=["POST"], content_types=[])
@endpoint(commands, scope="orders:write")
def pay(order_id: str) -> Response:
    """Try another instrument after a decline."""
    from oms.orders.commands import PayOrder, pay_order
    from oms.platform.event_log import order_log

    wish = parse(PayOrder, commands)
    return _answer(pay_order(order_log(), order_id, wish, caller(commands), expected_version(commands)))


def _previewed(effect: Effect) -> Response:
    """What would change; nothing was written."""
    from oms.platform.observability import logger
    from oms.views.effect import effect_resource

    logger().append_keys(order_id=effect.before.order_id)
    return ok(effect_resource(effect), version=effect.before.version)


def _answer(order: Order) -> Response:
    """The order as it stands now, without personal data: the key may not read orders."""
    from oms.platform.observability import logger
    from oms.views.resource import order_resource

    logger().append_keys(order_id=order.order_id)
    logger().info("order_changed", version=order.version)
    return ok(order_resource(order), version=order.version)
