"""Fraud screening and work queues as staff meet them: over the API, with the stack's own rights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.merchant import CHANNELS, WEB, Json, Merchant
from tests.support.shops import GERMAN, Sale, canonical_order
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]
THROWAWAY = replace(GERMAN, email="x@mailinator.com")

RULES: Json = {
    "review_from": 40,
    "rules": [
        {"kind": "disposable_mail", "rule_id": "throwaway", "points": 40},
        {"kind": "countries_differ", "rule_id": "countries", "points": 30},
        {"kind": "velocity", "rule_id": "often", "points": 40, "counted": "phone", "orders": 2, "hours": 24},
    ],
}


def screened(world: World, rules: Json = RULES) -> None:
    """Switch the screening of the web shop on."""
    (web,) = [channel for channel in CHANNELS if channel["channel_id"] == WEB]
    body = {name: value for name, value in web.items() if name != "channel_id"} | {"fraud_screening": True}
    assert world.http("PUT", f"/channels/{WEB}", body, key="setup").status == 200
    assert world.http("PUT", "/fraud-rules/default", rules, key="setup").status == 201


def queues(merchant: Merchant) -> dict[str, int]:
    return {each["queue"]: each["count"] for each in merchant.get("/queues")["queues"] if each["count"]}


def queue(merchant: Merchant, name: str) -> list[Any]:
    return list(merchant.get(f"/queues/{name}")["orders"])


def test_a_suspicious_order_is_held_looked_at_and_released(merchant: Merchant, world: World) -> None:
    screened(world)
    plain = merchant.sell(canonical_order("F-1", TEE))
    order_id = merchant.sell(canonical_order("F-2", TEE, buyer=THROWAWAY))
    assert merchant.holds(plain) == []
    assert merchant.holds(order_id) == ["fraud"]
    assert len(world.charges) == 1, "nobody's money is asked for before"

    assert queues(merchant) == {"fraud": 1}
    (waiting,) = queue(merchant, "fraud")
    assert waiting["order_id"] == order_id
    (matter,) = waiting["matters"]
    assert matter["note"].startswith("scored 40 of 100")
    assert matter["actions"] == ["release:hold-1", "assign:hold-1"]
    taken = merchant.post(f"/orders/{order_id}/holds/hold-1/assign", {"owner": "anna"}, key="ops")
    assert taken.json["holds"][0]["owner"] == "anna"
    world.settle()
    assert queue(merchant, "fraud")[0]["matters"][0]["owner"] == "anna"

    merchant.release(order_id, "fraud")
    assert queues(merchant) == {}
    merchant.to_the_door(order_id)
    shown = merchant.order(order_id)
    assert shown["status"] == "delivered"
    assert [(hold["reason"], hold["owner"], hold["opened_by"]) for hold in shown["released_holds"]] == [
        ("fraud", "anna", "route")
    ]
    assert (shown["screening"]["score"], shown["screening"]["outcome"]) == (40, "review")
    everything = (
        str(world.items("ReferencesTable"))
        + str(world.items("ViewsTable"))
        + str(merchant.get(f"/orders/{order_id}/events"))
    )
    assert not [word for word in ("mailinator", "Musterfrau", "4915112345678") if word in everything]


def test_one_order_sent_again_and_again_is_one_order_and_many_are_too_many(merchant: Merchant, world: World) -> None:
    screened(world)
    for _ in range(3):
        first = merchant.sell(canonical_order("V-1", TEE))
    second = merchant.sell(canonical_order("V-2", TEE))
    third = merchant.sell(canonical_order("V-3", TEE))
    assert [merchant.holds(each) for each in (first, second, third)] == [[], [], ["fraud"]]
    world.runtime.forget()
    other = merchant.sell(canonical_order("V-4", TEE, buyer=replace(GERMAN, phone="+390212345678")))
    assert merchant.holds(other) == []


def test_a_changed_address_is_screened_again(merchant: Merchant, world: World) -> None:
    screened(world)
    order_id = merchant.sell(canonical_order("E-1", TEE, buyer=THROWAWAY))
    merchant.release(order_id, "fraud")
    contact = canonical_order("E-1", TEE, buyer=THROWAWAY)["contact"]
    contact["billing"] = {**contact["shipping"], "country": "AT", "postal_code": "1010", "city": "Wien"}
    assert merchant.post(f"/orders/{order_id}/edits", {"contact": contact}, key="ops").status == 200
    world.settle()
    assert merchant.holds(order_id) == ["fraud"]
    assert merchant.order(order_id)["screening"]["score"] == 70


def test_a_vendor_that_does_not_answer_leaves_the_order_to_a_person(merchant: Merchant, world: World) -> None:
    screened(world, {"provider": "simulated"})
    order_id = merchant.sell(canonical_order("S-1", TEE, buyer=replace(GERMAN, email="silent@customer.example")))
    assert merchant.holds(order_id) == ["fraud"]
    assert merchant.order(order_id)["screening"]["outcome"] == "unanswered"
    assert not world.charges
    merchant.release(order_id, "fraud")
    merchant.to_the_door(order_id)
    assert merchant.order(order_id)["status"] == "delivered"


def test_two_holds_stand_in_two_queues_and_work_starts_when_both_are_gone(merchant: Merchant, world: World) -> None:
    screened(world)
    order_id = merchant.sell(canonical_order("T-1", [Sale("NEW", 1, "30.00")], buyer=THROWAWAY))
    assert merchant.holds(order_id) == ["fraud", "unknown_sku"]
    asked = {"reason": "bad_address", "note": "call them"}
    assert merchant.post(f"/orders/{order_id}/holds", asked, key="ops").status == 200
    world.settle()
    assert queues(merchant) == {"fraud": 1, "unfillable": 1, "bad_address": 1}
    assert world.http("PUT", "/products/NEW", {"title": "New"}, key="setup").status == 201
    merchant.receive("NEW", 1)
    for reason in ("fraud", "unknown_sku"):
        merchant.release(order_id, reason)
    assert (merchant.order(order_id)["status"], queues(merchant)) == ("held", {"bad_address": 1})
    merchant.release(order_id, "bad_address")
    assert (merchant.order(order_id)["status"], queues(merchant)) == ("in_fulfillment", {})


def test_the_clock_tells_how_much_work_waits(merchant: Merchant, world: World, capsys: Any) -> None:
    screened(world)
    merchant.sell(canonical_order("G-1", TEE, buyer=THROWAWAY))
    capsys.readouterr()
    world.wait(3600)
    told = [line for line in capsys.readouterr().out.splitlines() if "QueueAgeSeconds" in line and '"fraud"' in line]
    assert len(told) == 1
    assert world.http("GET", "/fraud-rules/default", key="setup").json["review_from"] == 40
    assert world.http("GET", "/fraud-rules/other", key="setup").status == 404
