"""A kit from the shop's order to the return, over the API: components move, are shown, and run low."""

from __future__ import annotations

from tests.support.merchant import BERLIN, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

SET = {"title": "Gift set", "components": [{"sku": "TEE", "quantity": 2}, {"sku": "MUG", "quantity": 1}]}


def put_product(world: World, sku: str, body: object) -> None:
    answer = world.http("PUT", f"/products/{sku}", body, key="setup")
    assert answer.status in {200, 201}, answer


def test_a_kit_is_sold_waited_for_shipped_and_returned_by_its_components(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 5, ("MUG", BERLIN): 2, ("CAP", BERLIN): 1})
    put_product(world, "SET", SET)
    put_product(world, "MUG", {"title": "Article MUG", "grams": 200, "low_stock": 1, "location_low_stock": 0})
    kit_stock = merchant.get("/stock/SET", key="stock:read")["kit"]
    assert kit_stock == {"components": SET["components"], "available": 2, "locations": {BERLIN: 2}}
    order_id = merchant.sell(canonical_order("K-1", [Sale("SET", 3, "50.00"), Sale("TEE", 1, "20.00")]))
    kit, tee = merchant.order(order_id)["lines"]
    assert kit["components"] == SET["components"]
    assert (kit["units"], tee["units"]) == ({"allocated": 2, "backordered": 1}, {"allocated": 1})
    assert (merchant.stock("TEE")[BERLIN], merchant.stock("MUG")[BERLIN]) == ((5, 0, 5), (2, 0, 2))
    assert [merchant.get(f"/stock/{sku}", key="stock:read")["backordered"] for sku in ("TEE", "MUG")] == [2, 1]

    alerts = merchant.get("/alerts", key="stock:read")["alerts"]
    assert [(each["sku"], each["location_id"], each["available"]) for each in alerts] == [
        ("MUG", None, 0),
        ("MUG", BERLIN, 0),
    ]
    assert merchant.get("/alerts?kind=oversupply", key="stock:read") == {"alerts": [], "cursor": None}

    merchant.receive("MUG", 1)
    assert merchant.order(order_id)["lines"][0]["units"] == {"allocated": 2, "backordered": 1}
    merchant.receive("TEE", 2)
    assert merchant.order(order_id)["lines"][0]["units"] == {"allocated": 3}
    share = merchant.order(order_id)["fulfillment_orders"][0]
    assert share["lines"][0]["components"] == SET["components"]
    merchant.to_the_door(order_id)
    assert (merchant.stock("TEE")[BERLIN], merchant.stock("MUG")[BERLIN]) == ((0, 0, 0), (0, 0, 0))

    put_product(world, "SET", {"title": "Gift set", "components": [{"sku": "CAP", "quantity": 9}]})
    receipt = {
        "location_id": BERLIN,
        "units": [{"line_id": kit["line_id"], "quantity": 1, "disposition": "restock"}],
    }
    answer = merchant.post(f"/orders/{order_id}/receipts", receipt, key="returns")
    assert answer.status in {200, 201}, answer
    world.settle()
    assert (merchant.stock("TEE")[BERLIN], merchant.stock("MUG")[BERLIN]) == ((2, 2, 0), (1, 1, 0))
    assert merchant.stock("CAP")[BERLIN] == (1, 1, 0)

    merchant.receive("MUG", 5)
    assert merchant.get("/alerts", key="stock:read")["alerts"] == []


def test_who_waits_behind_a_kit_is_served_when_it_is_cancelled(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 2, ("MUG", BERLIN): 0})
    put_product(world, "SET", SET)
    kit = merchant.sell(canonical_order("K-1", [Sale("SET", 1, "50.00")]))
    tee = merchant.sell(canonical_order("K-2", [Sale("TEE", 1, "20.00")]))
    assert [merchant.order(each)["status"] for each in (kit, tee)] == ["backordered", "backordered"]
    assert merchant.post(f"/orders/{kit}/cancel", key="ops").status == 200
    world.settle()
    assert merchant.order(tee)["lines"][0]["units"] == {"allocated": 1}
