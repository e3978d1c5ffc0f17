"""Orders with more lines than a DynamoDB transaction has items go through like any other."""

from __future__ import annotations

import os

from tests.support.merchant import BERLIN, MILAN, Merchant
from tests.support.shops import Sale, canonical_order, shopify_order
from tests.support.world import World

LINES = 500 if os.environ.get("OMS_FULL") else 120
"""A transaction takes 100 items; 120 already need two. Moto takes its time over the 500 that the system promises."""

SKUS = [f"SKU-{number:03}" for number in range(LINES)]


def test_an_order_of_very_many_lines_reaches_the_door(world: World) -> None:
    short = SKUS[-1]
    stock = {(sku, BERLIN if number % 3 else MILAN): 5 for number, sku in enumerate(SKUS) if sku != short}
    merchant = Merchant(world).open(stock, goods=SKUS)
    order = canonical_order("L-1", [Sale(sku, 1 + number % 3, "2.50") for number, sku in enumerate(SKUS)])
    order_id = merchant.sell(order)
    placed = merchant.order(order_id)
    assert {share["location_id"] for share in placed["fulfillment_orders"]} == {BERLIN, MILAN}
    assert placed["lines"][-1]["units"] == {"backordered": 1 + (LINES - 1) % 3}

    merchant.receive(short, 9)
    merchant.to_the_door(order_id)
    done = merchant.order(order_id)
    assert done["status"] == "delivered"
    assert done["payment"]["charged_amount"] == done["total"]
    for number, sku in list(enumerate(SKUS))[::40]:
        sold = 1 + number % 3
        assert list(merchant.stock(sku).values()) == [(5 - sold, 5 - sold, 0)]
    captures = [wish for wish in world.charges.values() if wish.startswith("capture")]
    assert len(captures) == len(done["parcels"])


def test_a_shopify_order_of_very_many_lines_is_taken_and_cancelled_whole(world: World) -> None:
    merchant = Merchant(world).open({(sku, BERLIN): 5 for sku in SKUS}, goods=SKUS)
    order = shopify_order(501, [Sale(sku, 1, "2.50") for sku in SKUS])
    answer = merchant.shopify(order)
    assert answer.status == 201
    world.settle()
    order_id = answer.json["order_id"]
    assert merchant.order(order_id)["status"] == "in_fulfillment"
    assert merchant.post(f"/orders/{order_id}/cancel", key="ops").status == 200
    world.settle()
    assert merchant.order(order_id)["status"] == "cancelled"
    assert merchant.stock(SKUS[0]) == {BERLIN: (5, 5, 0)}
    assert merchant.stock(SKUS[-1]) == {BERLIN: (5, 5, 0)}
