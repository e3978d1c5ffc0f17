"""Aggregators tell of a carrier's parcel: found by the carrier's label, merged with what others told, told once."""

from __future__ import annotations

import json
from datetime import timedelta

from oms.carriers.simulated import tracking_number
from oms.ids import parcel_id
from tests.support.aggregators import (
    aftership_headers,
    aftership_update,
    easypost_headers,
    easypost_tracker,
    shippo_headers,
    shippo_update,
)
from tests.support.gateway_api import Answer
from tests.support.merchant import Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

SECRET, TOKEN = "aggregator-test-secret", "3fKq9mWz7TtYb2XcLr5N"


def know(world: World, name: str, **secret: str) -> None:
    world.cloud.client("secretsmanager").create_secret(
        Name=f"{world.template.parameters['Stack']}/carriers/{name}", SecretString=json.dumps(secret)
    )


def say(world: World, name: str, raw: bytes, headers: dict[str, str], query: str = "") -> Answer:
    return world.http("POST", f"/carriers/{name}/webhooks{query}", raw, headers=headers)


def test_three_aggregators_and_the_carrier_tell_one_journey(merchant: Merchant, world: World) -> None:
    for name in ("easypost", "aftership"):
        know(world, name, webhook_secret=SECRET)
    order_id = merchant.sell(canonical_order("AG-1", [Sale("TEE", 1, "20.00")]))
    number = tracking_number(parcel_id(f"{order_id}-1", 1))
    now = world.clock().replace(microsecond=0)
    moved, out, there = (now + timedelta(hours=hours, seconds=7) for hours in (1, 20, 25))
    early = easypost_tracker(number, [("in_transit", moved)], carrier="Simulated", at=now)
    assert say(world, "easypost", early, easypost_headers(early, SECRET)).json == {"applied": 0, "parked": 1}
    merchant.ship(order_id)
    told = aftership_update(number, [("InTransit", moved), ("OutForDelivery", out)], slug="simulated", at=now)
    assert say(world, "aftership", told, aftership_headers(told, SECRET)).json == {"applied": 2, "parked": 0}
    world.settle()
    whole = easypost_tracker(
        number, [("in_transit", moved), ("out_for_delivery", out), ("delivered", there)], carrier="Simulated", at=now
    )
    for _ in range(2):
        assert say(world, "easypost", whole, easypost_headers(whole, SECRET)).status == 200
    late = shippo_update(number, [("TRANSIT", moved), ("DELIVERED", there)], carrier="simulated")
    assert say(world, "shippo", late, {}).status == 401
    know(world, "shippo", webhook_token=TOKEN)
    assert say(world, "shippo", late, shippo_headers(late, SECRET, now)).status == 401
    assert say(world, "shippo", late, {}, f"?token={TOKEN}").status == 200
    world.settle()
    order = merchant.order(order_id)
    assert order["status"] == "delivered"
    assert [scan["status"] for scan in order["parcels"][0]["scans"]] == ["in_transit", "out_for_delivery", "delivered"]
    log = merchant.get(f"/orders/{order_id}/events")["events"]
    assert [each["type"] for each in log].count("ParcelDelivered") == 1
    for kind in ("out_for_delivery", "parcel_delivered"):
        told = [each["medium"] for each in world.items("MessagesTable") if each.get("kind") == kind]
        assert len(told) == len(set(told)) > 0, "the customer is told once"
    assert {each["actor"] for each in log if each["type"] == "ParcelTracked"} == {
        "carrier:simulated",  # what waited for the label
        "carrier:aftership",
        "carrier:easypost",
    }


def test_an_aggregators_word_needs_its_signature(world: World) -> None:
    know(world, "easypost", webhook_secret=SECRET)
    raw = easypost_tracker("SIM1", [("delivered", world.clock())], at=world.clock())
    for name in ("easypost", "aftership", "shippo"):
        assert say(world, name, raw, easypost_headers(raw, "guessed")).status == 401
    assert world.items("ReferencesTable") == []
    other = b'{"description": "batch.created", "updated_at": "%s", "result": {"object": "Batch"}}'
    other = other.replace(b"%s", world.clock().isoformat().encode())
    assert say(world, "easypost", other, easypost_headers(other, SECRET)).json == {"applied": 0, "parked": 0}
