"""From a sale in BigCommerce or Adobe Commerce to what both sides say of it at the end: told once, and heard again."""

from __future__ import annotations

from typing import Any

from infra.standins.adobe_commerce import AdobeCommerce
from infra.standins.bigcommerce import BigCommerce
from infra.standins.wsgi import Fault
from oms.ids import order_id as derive_order_id
from tests.flows.test_commerce_days import ADOBE, ADOBE_URL, BIG, BIG_URL, adobe_shop, big_store, deliver
from tests.support.merchant import BERLIN, Merchant
from tests.support.platforms import answered_by
from tests.support.world import World

TOLD = {"updates": ["shipments", "cancellations", "refunds"]}
TEE = {"sku": "TEE", "price": "19.90", "quantity": 3}


def heard(world: World, store: BigCommerce) -> None:
    """All webhooks of the store arrive, and what follows happens."""
    while store.hooks:
        assert deliver(world, store.hooks.popleft()).status == 200
        world.settle()


def read(world: World) -> None:
    """The clock looks, and what follows happens."""
    world.clock.wait(301)
    world.runtime.invoke(world.functions["CaptureClock"], {})
    world.settle()


def order(merchant: Merchant, channel: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = merchant.order(derive_order_id(channel, str(number)))
    return found


def test_what_bigcommerce_sold_is_shipped_there_too_and_its_own_word_of_it_changes_nothing(
    merchant: Merchant, world: World
) -> None:
    store = big_store(world, **TOLD)
    with answered_by((BIG_URL, store)):
        number = store.sell([TEE], shipping="4.90", tax_percent="19")
        heard(world, store)
        merchant.ship(derive_order_id(BIG, str(number)))
        world.settle()
        (parcel,) = order(merchant, BIG, number)["parcels"]
        (shipment,) = store.shipments[number]
        assert shipment["tracking_number"] == parcel["tracking_number"]
        assert store.sold[number]["status_id"] == 2
        before = order(merchant, BIG, number)["version"]
        heard(world, store)
        assert order(merchant, BIG, number)["version"] == before


def minutes(world: World, count: int) -> None:
    """Time passes, and the clock sees to what channels were not told."""
    for _ in range(count):
        world.clock.wait(60)
        world.runtime.invoke(world.functions["NotifySweep"], {"source": "aws.events"})
        world.settle()


def test_an_answer_that_is_lost_on_its_way_makes_no_second_parcel(merchant: Merchant, world: World) -> None:
    store = big_store(world, **TOLD)
    with answered_by((BIG_URL, store)):
        number = store.sell([TEE | {"quantity": 4}])
        heard(world, store)
        store.faults.extend([None, Fault.SERVER_ERROR, None, None, Fault.ANSWER_LOST])
        merchant.ship(derive_order_id(BIG, str(number)))
        minutes(world, 10)
        assert [call for call in store.calls if call.startswith("POST")] == [
            f"POST /stores/abc123/v2/orders/{number}/shipments"
        ]
        assert len(store.shipments[number]) == 1
        assert not store.faults


def test_what_is_cancelled_here_is_cancelled_in_bigcommerce_and_given_back_once(
    merchant: Merchant, world: World
) -> None:
    store = big_store(world, **TOLD)
    with answered_by((BIG_URL, store)):
        number = store.sell([TEE], shipping="4.90", tax_percent="19")
        heard(world, store)
        order_id = derive_order_id(BIG, str(number))
        units = {"lines": [{"line_id": "1", "quantity": 1}]}
        assert merchant.post(f"/orders/{order_id}/cancel", units, key="orders:write").status == 200
        world.settle()
        heard(world, store)
        assert "Will not be sent: 1 x TEE" in store.sold[number]["staff_notes"]
        assert order(merchant, BIG, number)["payment"]["refunded_amount"]["amount"] == 2368
        assert merchant.post(f"/orders/{order_id}/cancel", {}, key="orders:write").status == 200
        world.settle()
        heard(world, store)
        found = order(merchant, BIG, number)
        assert found["status"] == "cancelled"
        assert found["payment"]["refunded_amount"] == found["total"]
        assert sum(round(each["total_amount"] * 100) for each in store.refunds[number]) == found["total"]["amount"]
        assert len(store.refunds[number]) == 2


def test_what_adobe_commerce_sold_is_shipped_there_in_part_and_the_rest_given_back_once(
    merchant: Merchant, world: World
) -> None:
    shop: AdobeCommerce = adobe_shop(world, **TOLD)
    with answered_by((ADOBE_URL, shop)):
        number = shop.sell([TEE], shipping="4.90", tax_percent="19")
        read(world)
        order_id = derive_order_id(ADOBE, str(number))
        units = {"lines": [{"line_id": "1", "quantity": 1}]}
        assert merchant.post(f"/orders/{order_id}/cancel", units, key="orders:write").status == 200
        world.settle()
        merchant.ship(order_id)
        world.settle()
        (shipment,) = shop.shipments
        (parcel,) = order(merchant, ADOBE, number)["parcels"]
        assert [track["track_number"] for track in shipment["tracks"]] == [parcel["tracking_number"]]
        assert [item["qty"] for item in shipment["items"]] == [2]
        (memo,) = shop.memos
        found = order(merchant, ADOBE, number)
        assert found["payment"]["refunded_amount"]["amount"] == round(memo["grand_total"] * 100) == 2368
        read(world)
        assert order(merchant, ADOBE, number)["payment"] == found["payment"], "counted once"


def test_what_may_be_sold_is_told_to_both_by_their_own_places(merchant: Merchant, world: World) -> None:
    store, shop = big_store(world, updates=["stock"], stock_location="7"), adobe_shop(world, updates=["stock"])
    store.skus, shop.skus = {"TEE"}, {"TEE", "MUG"}
    with answered_by((BIG_URL, store), (ADOBE_URL, shop)):
        for sku in ("TEE", "MUG"):
            body = {"on_hand": 42}
            assert world.http("PUT", f"/stock/{sku}/{BERLIN}", body, key="stock:write").status == 200
        world.settle()
        minutes(world, 3)
        told = {sku: sum(level[1] for level in merchant.stock(sku).values()) for sku in ("TEE", "MUG")}
        assert store.stock[7, "TEE"] == shop.stock["default", "TEE"] == told["TEE"]
        assert shop.stock["default", "MUG"] == told["MUG"]
        assert (7, "MUG") not in store.stock, "which the store does not sell"
