"""Nothing leaves that nobody has paid or promised, even in the moment before routing holds it."""

from __future__ import annotations

import pytest

from oms.errors import NotAllowed
from oms.fulfillment import decisions
from oms.fulfillment.decisions import Packing
from oms.orders.edit_commands import AddLine, Amount, EditOrder, edit_order
from oms.orders.log import append
from oms.routing.process import advance
from tests.unit.fulfillment.warehouse import ORDER, SHARE, Warehouse, mugs


def test_what_became_dearer_a_moment_ago_does_not_leave_before_it_is_covered() -> None:
    warehouse = Warehouse()
    warehouse.sold(mugs(1))
    for decide in (decisions.accept, decisions.pick, lambda order, share: decisions.pack(order, share, Packing())):
        append(warehouse, warehouse.order(), decide(warehouse.order(), SHARE), warehouse.caller(f"{decide}"))
    assert warehouse.order().actions_of(warehouse.order().fulfillment_orders[SHARE]) == ("ship", "reject")
    warehouse.stock("plate", "north", 1)
    more = EditOrder(add=(AddLine(sku="plate", quantity=1, unit_price=Amount(amount=2000, currency="EUR")),))
    version = warehouse.order().version
    products = warehouse.ports().products
    edit_order(warehouse, ORDER, more, warehouse.caller("edit"), version, products=products)
    with pytest.raises(NotAllowed, match="not paid for in full"):
        decisions.ship(warehouse.order(), SHARE)
    order = advance(warehouse.ports(), ORDER, "looked at")
    assert [hold.reason.value for hold in order.holds.values()] == ["payment_pending"]
