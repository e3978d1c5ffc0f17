"""What may be sold: told of a basket before it is an order, kept for it, taken over by it, and given back in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from oms.platform.timers import SHARDS
from tests.support.clock import MONDAY_MORNING
from tests.support.merchant import BERLIN, MILAN, WEB, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

HOUR = 3600


def reserve(merchant: Merchant, units: int, *, wish: str = "", **more: Any) -> Any:
    lines = [{"sku": "TEE", "quantity": units}]
    return merchant.post("/reservations", {"lines": lines, **more}, key="orders:write", wish=wish)


def look(merchant: Merchant, query: str) -> Any:
    return merchant.get(f"/availability?{query}", key="stock:read")


def timers(world: World) -> list[str]:
    return [item["due_at"] for item in world.items("StockTable") if "timer" in item]


def test_a_reservation_becomes_its_orders_units_and_nobody_gets_between(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 3})
    made = reserve(merchant, 2, channel_id=WEB, country="DE", postal_code="10115")
    assert (made.status, made.json["status"]) == (201, "open")
    assert merchant.stock("TEE")[BERLIN] == (3, 1, 2)
    reservation = made.json["reservation_id"]

    other = merchant.sell(canonical_order("O-1", [Sale("TEE", 2, "20.00")], placed_at=MONDAY_MORNING))
    assert merchant.order(other)["lines"][0]["units"] == {"allocated": 1, "backordered": 1}

    order_id = merchant.sell(canonical_order("O-2", [Sale("TEE", 2, "20.00")], reservation_id=reservation))
    assert merchant.order(order_id)["lines"][0]["units"] == {"allocated": 2}
    assert merchant.stock("TEE")[BERLIN] == (3, 0, 3)
    known = merchant.get(f"/reservations/{reservation}", key="orders:read")
    assert (known["status"], known["order_id"], known["actions"]) == ("used", order_id, [])
    assert timers(world) == []
    refused = world.http("DELETE", f"/reservations/{reservation}", key="orders:write")
    assert refused.status == 409
    assert order_id in refused.json["detail"]

    # A second order cannot take it again, and what the first gives back goes to who waits.
    again = merchant.sell(canonical_order("O-3", [Sale("TEE", 1, "20.00")], reservation_id=reservation))
    assert merchant.order(again)["lines"][0]["units"] == {"backordered": 1}
    assert merchant.post(f"/orders/{order_id}/cancel", key="ops").status == 200
    world.settle()
    assert merchant.order(other)["lines"][0]["units"] == {"allocated": 2}
    assert merchant.order(again)["lines"][0]["units"] == {"allocated": 1}
    assert merchant.stock("TEE")[BERLIN] == (3, 0, 3)


def test_what_nobody_orders_in_time_is_given_back_once_and_to_who_waits(merchant: Merchant, world: World) -> None:
    made = reserve(merchant, 9, minutes=30)
    reservation = made.json["reservation_id"]
    assert reserve(merchant, 2).status == 409
    waiting = merchant.sell(canonical_order("O-1", [Sale("TEE", 3, "20.00")]))
    assert merchant.order(waiting)["lines"][0]["units"] == {"allocated": 1, "backordered": 2}

    world.wait(20 * 60)
    extended = merchant.post(f"/reservations/{reservation}/extend", {"minutes": 60}, key="orders:write")
    assert extended.json["expires_at"] > made.json["expires_at"]
    world.wait(50 * 60)
    assert merchant.stock("TEE")[BERLIN] == (10, 0, 10)
    world.wait(15 * 60)
    assert merchant.stock("TEE")[BERLIN] == (10, 7, 3)
    assert merchant.order(waiting)["lines"][0]["units"] == {"allocated": 3}
    assert merchant.get(f"/reservations/{reservation}", key="orders:read")["status"] == "expired"
    world.wait(HOUR)
    assert merchant.stock("TEE")[BERLIN] == (10, 7, 3)
    assert timers(world) == []
    assert merchant.post(f"/reservations/{reservation}/extend", key="orders:write").status == 409
    gone = world.http("DELETE", f"/reservations/{reservation}", key="orders:write")
    assert (gone.status, gone.json["status"]) == (200, "expired")

    late = merchant.sell(canonical_order("O-2", [Sale("TEE", 8, "20.00")], reservation_id=reservation))
    assert merchant.order(late)["lines"][0]["units"] == {"allocated": 7, "backordered": 1}


def test_a_reservation_is_made_once_for_a_wish_and_given_back_when_the_basket_is_left(
    merchant: Merchant, world: World
) -> None:
    first = reserve(merchant, 4, wish="basket-1")
    assert reserve(merchant, 4, wish="basket-1").json == first.json
    assert merchant.stock("TEE")[BERLIN] == (10, 6, 4)
    assert reserve(merchant, 5, wish="basket-1").status == 409
    for _ in range(2):
        left = world.http("DELETE", f"/reservations/{first.json['reservation_id']}", key="orders:write")
        assert left.json["status"] == "released"
    assert merchant.stock("TEE")[BERLIN] == (10, 10, 0)
    short = reserve(merchant, 11)
    assert short.json["errors"] == [{"path": "lines[0].quantity", "message": "10 of 11 are in stock"}]
    unknown = merchant.post("/reservations", {"lines": [{"sku": "NOPE"}]}, key="orders:write")
    assert (unknown.status, unknown.json["errors"][0]["path"]) == (422, "lines[0].sku")


def test_a_basket_is_told_what_it_can_be_promised_in_one_read_of_each_sku(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 3, ("MUG", MILAN): 5})
    merchant.rules(WEB, stock_buffer=1)
    order = {
        "location_id": BERLIN,
        "supplier": "Mill",
        "lines": [{"sku": "TEE", "quantity": 4, "expected": (MONDAY_MORNING + timedelta(days=9)).date().isoformat()}],
    }
    assert merchant.post("/purchase-orders", order, key="stock:write").status == 201
    basket = f"sku=TEE&quantity=4&sku=MUG&quantity=1&country=DE&postal_code=10115&channel={WEB}"
    look(merchant, basket)
    world.recorder.clear()
    told = look(merchant, basket)
    reads = [call for call in world.recorder.calls if call.service == "dynamodb"]
    assert [(call.operation, call.needs[0].resource.rpartition("-")[2]) for call in reads] == [("Query", "stock")] * 2

    tee, mug = told["lines"]
    assert (tee["answer"], tee["available"]) == ("incoming", 2)
    assert [each["units"] for each in tee["available_by"]] == [2, 6]
    assert [(each["location_id"], each["quantity"]) for each in tee["parts"]] == [(BERLIN, 2), (BERLIN, 2)]
    assert (mug["answer"], mug["available"]) == ("in_stock", 4)
    assert told["orderable"]
    assert told["earliest_delivery"] == tee["earliest_delivery"] > mug["earliest_delivery"] > told["as_of"][:10]
    assert look(merchant, "sku=TEE")["earliest_delivery"] is None
    assert look(merchant, "sku=TEE&quantity=8")["lines"][0]["undated"] == 1
    bad = [
        world.http("GET", f"/availability?{query}", key="stock:read").status
        for query in ("", "sku=TEE&quantity=x", "sku=TEE&quantity=1&quantity=2", "sku=TEE&country=Germany", "sku=")
    ]
    assert bad == [422] * 5
    assert world.http("GET", "/availability?sku=TEE&channel=nowhere", key="stock:read").status == 422


def test_pools_and_buffers_hold_for_what_is_told_and_for_what_is_sent(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 1, ("TEE", MILAN): 9})
    merchant.rules(WEB, pool=[BERLIN])
    typo = {"platform": "canonical", "name": "Typo", "pool": [BERLIN, "berln"]}
    refused = world.http("PUT", "/channels/typo", typo, key="setup")
    assert refused.json["errors"] == [{"path": "pool[1]", "message": "no location or group is called 'berln'"}]
    assert look(merchant, f"sku=TEE&channel={WEB}")["lines"][0]["available"] == 1
    assert look(merchant, "sku=TEE")["lines"][0]["available"] == 10
    order_id = merchant.sell(canonical_order("O-1", [Sale("TEE", 2, "20.00")]))
    assert merchant.order(order_id)["lines"][0]["units"] == {"allocated": 1, "backordered": 1}
    decision = merchant.get(f"/orders/{order_id}/routing")["decisions"][0]
    assert "is not in the pool of channel web" in str(decision)
    # Who may only be served from Berlin keeps nobody from Milan.
    assert look(merchant, "sku=TEE")["lines"][0]["available"] == 9

    product = merchant.get("/products/TEE", key="setup") | {"buffer": 7}
    body = {name: value for name, value in product.items() if name not in {"sku", "version"}}
    assert world.http("PUT", "/products/TEE", body, key="setup").status == 200
    merchant.rules(WEB)
    world.begin()
    assert look(merchant, "sku=TEE")["lines"][0]["available"] == 1


def test_more_than_may_wait_is_held_and_waits_when_somebody_says_so(world: World) -> None:
    merchant = Merchant(world).open({("TEE", BERLIN): 1})
    body = {"title": "Tee", "backorder_limit": 3}
    assert world.http("PUT", "/products/TEE", body, key="setup").status == 200
    world.begin()
    told = look(merchant, "sku=TEE&quantity=5")
    assert (told["orderable"], told["lines"][0]["answer"], told["lines"][0]["refused"]) == (False, "unavailable", 1)
    first = merchant.sell(canonical_order("O-1", [Sale("TEE", 3, "20.00")]))
    assert merchant.order(first)["lines"][0]["units"] == {"allocated": 1, "backordered": 2}
    second = merchant.sell(canonical_order("O-2", [Sale("TEE", 2, "20.00")]))
    held = merchant.order(second)
    assert (held["status"], held["lines"][0]["units"]) == ("held", {"open": 1, "backordered": 1})
    assert held["holds"][0]["note"] == "more than may wait for stock: 1 of TEE"
    merchant.release(second, "backorder_limit")
    assert merchant.order(second)["lines"][0]["units"] == {"backordered": 2}
    merchant.receive("TEE", 4)
    assert merchant.order(second)["lines"][0]["units"] == {"allocated": 2}


def test_the_clock_asks_for_reservations_as_cheaply_as_for_orders(merchant: Merchant, world: World) -> None:
    assert reserve(merchant, 1).status == 201
    world.recorder.clear()
    world.tick()
    asked = [call for call in world.recorder.calls if call.function == "RouteTick"]
    assert [call.operation for call in asked] == ["Query"] * 2 * SHARDS
