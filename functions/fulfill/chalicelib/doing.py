"""How every call that moves a fulfillment order on is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oms.platform.http import caller, expected_version, ok

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import Blueprint, Response

    from oms.orders.order import Order


def done(door: Blueprint, use_case: Callable[..., Order], fulfillment_order_id: str, **wish: Any) -> Response:
    """Carry out a use case, and show the fulfillment order as it is then."""
    from oms.platform.fulfillment import concerning, ports
    from oms.views.work import fulfillment_work

    concerning(fulfillment_order_id)
    order = use_case(ports(), fulfillment_order_id, caller(door), expected_version=expected_version(door), **wish)
    return ok(fulfillment_work(order, fulfillment_order_id), version=order.version)
