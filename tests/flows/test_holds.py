"""Bad input never loses a sale: it is held with a reason, and each reason has a way out."""

from __future__ import annotations

from tests.support.merchant import Merchant
from tests.support.shops import NOWHERE, Sale, canonical_order
from tests.support.world import World


def test_an_unknown_sku_is_held_until_the_product_exists(merchant: Merchant, world: World) -> None:
    order_id = merchant.sell(canonical_order("H-1", [Sale("NEW", 1, "30.00"), Sale("TEE", 1, "19.90")]))
    assert merchant.holds(order_id) == ["unknown_sku"]
    # Nothing is charged or reserved for what nobody can send.
    assert merchant.stock("TEE")["berlin"] == (10, 10, 0)

    assert world.http("PUT", "/products/NEW", {"title": "New"}, key="setup").status in {200, 201}
    merchant.receive("NEW", 3)
    merchant.release(order_id, "unknown_sku")
    merchant.to_the_door(order_id)
    assert merchant.order(order_id)["status"] == "delivered"


def test_a_hold_released_without_mending_its_cause_comes_back(merchant: Merchant) -> None:
    order_id = merchant.sell(canonical_order("H-2", [Sale("NEW", 1, "30.00")]))
    merchant.release(order_id, "unknown_sku")
    assert merchant.holds(order_id) == ["unknown_sku"]


def test_a_bad_address_is_held_until_it_is_edited(merchant: Merchant, world: World) -> None:
    order_id = merchant.sell(canonical_order("H-3", [Sale("TEE", 1, "19.90")], buyer=NOWHERE))
    assert merchant.holds(order_id) == ["bad_address"]
    assert len(merchant.mails()) == 1
    good = canonical_order("H-3", [])["contact"]
    answer = merchant.post(f"/orders/{order_id}/edits", {"contact": good}, key="orders:write")
    assert answer.status == 200, answer
    world.settle()
    assert merchant.order(order_id)["contact"]["shipping"]["postal_code"] == "10115"
    merchant.to_the_door(order_id)
    assert merchant.order(order_id)["status"] == "delivered"


def test_a_total_that_does_not_add_up_is_held_with_the_difference_named(merchant: Merchant) -> None:
    wrong = {"amount": 2500, "currency": "EUR"}
    order_id = merchant.sell(canonical_order("H-4", [Sale("TEE", 1, "19.90")], total=wrong, method="prepaid"))
    (hold,) = merchant.order(order_id)["holds"]
    assert hold["reason"] == "total_mismatch"
    assert "0.20 EUR" in hold["note"]
    merchant.release(order_id, "total_mismatch")
    merchant.to_the_door(order_id)
    assert merchant.order(order_id)["status"] == "delivered"


def test_work_on_a_held_order_stops_and_goes_on(merchant: Merchant) -> None:
    order_id = merchant.sell(canonical_order("H-5", [Sale("TEE", 1, "19.90")]))
    merchant.work(order_id, "accept")
    assert merchant.post(f"/orders/{order_id}/holds", {"note": "is this a fraud?"}, key="ops").status in {200, 201}
    (share,) = merchant.order(order_id)["fulfillment_orders"]
    assert share["actions"] == []
    refused = merchant.post(f"/fulfillment-orders/{share['fulfillment_order_id']}/pick", key="fulfillment")
    assert (refused.status, refused.problem) == (409, "not-allowed")
    merchant.release(order_id, "manual")
    merchant.to_the_door(order_id)
    assert merchant.order(order_id)["status"] == "delivered"
