"""Customers who fetch their goods in a store, over the API: told with a code, served against it, or waited for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from oms.orders.pickup_code import pickup_code
from tests.support import cloud
from tests.support.merchant import BERLIN, LINKS_SECRET, LOCATIONS, MILAN, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

DAY = 24 * 3600
TEE = [Sale("TEE", 2, "20.00")]


@pytest.fixture
def store(merchant: Merchant) -> str:
    """Milan hands goods over for three days; what it lacks comes from Berlin."""
    known = next(each for each in LOCATIONS if each["location_id"] == MILAN)
    body = {name: value for name, value in known.items() if name != "location_id"}
    body |= {"pickup_days": 3, "ship_to_store": True, "opening_hours": {"mon": "10:00-19:00", "sat": "10:00-19:00"}}
    assert merchant.world.http("PUT", f"/locations/{MILAN}", body, key="setup").status == 200
    return MILAN


def fetched(merchant: Merchant, number: str, **changes: Any) -> str:
    """An order that the customer fetches in Milan, and the id of its fulfillment order."""
    order = canonical_order(number, TEE, **changes)
    return f"{merchant.sell(order | {'language': 'en', 'pickup': {'location_id': MILAN}})}-1"


def act(merchant: Merchant, share: str, action: str, body: object = None) -> Any:
    return merchant.post(f"/fulfillment-orders/{share}/{action}", body or {}, key="fulfillment")


def listed(merchant: Merchant, status: str, location: str = MILAN) -> list[str]:
    page = merchant.get(f"/locations/{location}/fulfillment-orders?status={status}", key="fulfillment")
    return [each["fulfillment_order_id"] for each in page["fulfillment_orders"]]


def mailed(part: str) -> str:
    """The text of the last mail whose subject has this part."""
    mail = next(each for each in reversed(cloud.mails()) if part in each.subject)
    return str(mail.body)


def test_the_code_of_the_ready_message_opens_the_counter_and_the_money_moves_then(
    merchant: Merchant, world: World, store: str
) -> None:
    merchant.receive("TEE", 5, location=store)
    share = fetched(merchant, "P-1")
    order_id = share.partition("-")[0]
    for action in ("accept", "pick", "ready"):
        assert act(merchant, share, action).status == 200
        world.settle()
    assert listed(merchant, "ready") == [share]
    assert merchant.order(order_id)["payment"]["charged"] == "none"
    code = pickup_code(share, LINKS_SECRET)
    assert f"{code[:3]} {code[3:]}" in mailed("ready")
    refused = act(merchant, share, "hand-over", {"code": "000 000" if code != "000000" else "111 111"})
    assert (refused.status, refused.problem) == (422, "invalid-input")
    done = act(merchant, share, "hand-over", {"code": f"{code[:3]} {code[3:]}", "collected_by": "Robin Berg"})
    assert (done.status, done.json["status"], done.json["pickup"]["proof"]) == (200, "delivered", "code")
    world.settle()
    order = merchant.order(order_id)
    assert (order["status"], order["payment"]["charged"]) == ("delivered", "full")
    assert merchant.stock("TEE")[store] == (3, 3, 0)
    events = merchant.get(f"/orders/{order_id}/events")["events"]
    assert not any("Robin" in str(event) for event in events)
    shown = merchant.get(f"/orders/{order_id}", key="orders:read")
    assert shown["contact"]["collectors"] == {share: "Robin Berg"}
    assert sum("picked up" in subject for subject in merchant.mails()) == 1


def test_what_nobody_fetches_is_reminded_of_put_back_and_paid_for_by_nobody(
    merchant: Merchant, world: World, store: str
) -> None:
    share = fetched(merchant, "P-2")
    order_id = share.partition("-")[0]
    assert listed(merchant, "open", BERLIN) == [share], "Milan lacks it: Berlin sends it there"
    for action in ("accept", "pick", "pack", "ship"):
        assert act(merchant, share, action).status == 200
    world.settle()
    assert listed(merchant, "shipped") == [share]
    merchant.scan(order_id)
    assert merchant.order(order_id)["status"] == "shipped", "it came to the store, not to the customer"
    assert [each["order_id"] for each in merchant.get("/queues/pickup")["orders"]] == [order_id]
    assert act(merchant, share, "ready").status == 200
    world.settle()
    world.wait(4 * DAY)
    world.wait(3 * DAY)
    assert listed(merchant, "expired") == [share]
    subjects = [subject for subject in merchant.mails() if re.search("ready for|still waiting|not picked up", subject)]
    assert len(subjects) == 3
    assert act(merchant, share, "put-back").status == 200
    world.settle()
    order = merchant.order(order_id)
    assert (order["status"], order["payment"]["refunded"]) == ("cancelled", "full")
    assert merchant.stock("TEE")[store] == (2, 2, 0)
    assert merchant.get("/queues/pickup")["orders"] == []
