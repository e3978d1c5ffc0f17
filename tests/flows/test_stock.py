"""Stock: short, arriving, given back; first in, first out; never more reserved than there is."""

from __future__ import annotations

from datetime import timedelta

from tests.support.clock import MONDAY_MORNING
from tests.support.merchant import BERLIN, GOODS, MILAN, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World


def test_a_backorder_is_filled_by_arriving_stock_first_in_first_out(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 1})
    first, second = (
        merchant.sell(
            canonical_order(
                f"B-{number}", [Sale("TEE", 2, "20.00")], placed_at=MONDAY_MORNING + timedelta(hours=number)
            )
        )
        for number in (1, 2)
    )
    units = [merchant.order(each)["lines"][0]["units"] for each in (first, second)]
    assert units == [{"allocated": 1, "backordered": 1}, {"backordered": 2}]
    assert merchant.stock("TEE") == {BERLIN: (1, 0, 1)}

    merchant.receive("TEE", 2)
    units = [merchant.order(each)["lines"][0]["units"] for each in (first, second)]
    assert units == [{"allocated": 2}, {"allocated": 1, "backordered": 1}]

    merchant.receive("TEE", 5)
    for each in (first, second):
        merchant.to_the_door(each)
        assert merchant.order(each)["status"] == "delivered"
    assert merchant.stock("TEE") == {BERLIN: (4, 4, 0)}


def test_who_waits_is_served_before_who_comes_later(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 0})
    early = merchant.sell(canonical_order("B-1", [Sale("TEE", 2, "20.00")]))
    merchant.receive("TEE", 1)
    late = merchant.sell(
        canonical_order("B-2", [Sale("TEE", 1, "20.00")], placed_at=MONDAY_MORNING + timedelta(hours=1))
    )
    merchant.receive("TEE", 1)
    assert merchant.order(early)["lines"][0]["units"] == {"allocated": 2}
    assert merchant.order(late)["lines"][0]["units"] == {"backordered": 1}


def test_units_of_a_cancelled_order_go_to_who_waits(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 2})
    lucky = merchant.sell(canonical_order("B-1", [Sale("TEE", 2, "20.00")]))
    waiting = merchant.sell(canonical_order("B-2", [Sale("TEE", 2, "20.00")]))
    assert merchant.order(waiting)["status"] == "backordered"
    assert merchant.post(f"/orders/{lucky}/cancel", key="ops").status == 200
    world.settle()
    assert merchant.order(waiting)["lines"][0]["units"] == {"allocated": 2}
    assert merchant.stock("TEE") == {BERLIN: (2, 0, 2)}


def test_a_backorder_that_is_cancelled_waits_no_more(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 0})
    order_id = merchant.sell(canonical_order("B-1", [Sale("TEE", 2, "20.00")]))
    assert merchant.post(f"/orders/{order_id}/cancel", key="ops").status == 200
    merchant.receive("TEE", 5)
    assert merchant.order(order_id)["status"] == "cancelled"
    assert merchant.stock("TEE") == {BERLIN: (5, 5, 0)}
    assert merchant.get("/stock/TEE", key="stock:read")["backordered"] == 0


def test_a_count_below_what_is_promised_does_not_take_it_away(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 5})
    order_id = merchant.sell(canonical_order("B-1", [Sale("TEE", 4, "20.00")]))
    assert world.http("PUT", f"/stock/TEE/{BERLIN}", {"on_hand": 4}, key="stock:write").status == 200
    merchant.to_the_door(order_id)
    assert merchant.stock("TEE") == {BERLIN: (0, 0, 0)}


def test_the_routing_says_why_each_location_won_or_lost(world: World) -> None:
    merchant = Merchant(world).open({(sku, place): 10 for sku in GOODS for place in (BERLIN, MILAN)})
    order_id = merchant.sell(canonical_order("B-1", [Sale("TEE", 1, "20.00")]))
    told = merchant.get(f"/orders/{order_id}/routing")
    text = str(told)
    assert BERLIN in text
    assert MILAN in text
