"""Inventory: what is ordered, comes, moves and is counted, and books that add up after all of it."""

from __future__ import annotations

from tests.support import stockroom_day
from tests.support.merchant import BERLIN, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World


def test_a_day_in_the_stockroom_adds_up(merchant: Merchant) -> None:
    order_id = merchant.sell(canonical_order("B-1", [Sale("TEE", 2, "20.00")]))
    stockroom_day.day(merchant)
    merchant.to_the_door(order_id)
    stockroom_day.the_books_add_up(merchant)


def test_a_backorder_is_filled_by_a_purchase_order_and_not_by_what_came_broken(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 0})
    order_id = merchant.sell(canonical_order("B-1", [Sale("TEE", 2, "20.00")]))
    wish = {
        "purchase_order_id": "PO-1",
        "location_id": BERLIN,
        "expected": "2026-12-01",
        "lines": [{"sku": "TEE", "quantity": 3}],
    }
    assert merchant.post("/purchase-orders", wish, key="stock:write").status == 201
    world.settle()
    assert merchant.order(order_id)["status"] == "backordered"
    came = {"lines": [{"sku": "TEE", "quantity": 2, "unavailable": {"quality": 1}}]}
    assert merchant.post("/purchase-orders/PO-1/receive", came, key="stock:write").status == 200
    world.settle()
    assert merchant.order(order_id)["lines"][0]["units"] == {"allocated": 1, "backordered": 1}
    good = {"moves": [{"sku": "TEE", "location_id": BERLIN, "quantity": 1, "from": "quality", "to": "available"}]}
    assert merchant.post("/stock/moves", good, key="stock:write").status == 200
    world.settle()
    assert merchant.order(order_id)["lines"][0]["units"] == {"allocated": 2}
