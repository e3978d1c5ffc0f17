"""The merchant's own systems are told of events: once each, signed, and without a gap after they were down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.merchant import Merchant
from tests.support.recorder import Moment, ProcessDied
from tests.support.shops import Sale, canonical_order
from tests.support.subscriber import Subscriber, listening
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]
MINUTE = 60
HOUR = 60 * MINUTE
ALL = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}


@pytest.fixture
def erp(world: World) -> Iterator[Subscriber]:
    """A system of the merchant's, on this machine."""
    for function in world.functions.values():
        function.environment["OMS_PRIVATE_WEBHOOKS"] = "true"
    with listening() as subscriber:
        yield subscriber


def subscribe(world: World, url: str, **wish: Any) -> dict[str, Any]:
    answer = world.http("PUT", "/subscriptions/erp", {"url": url, **wish}, key="setup")
    assert answer.status in {200, 201}, answer
    known: dict[str, Any] = answer.json
    return known


def shown(world: World) -> dict[str, Any]:
    known: dict[str, Any] = world.http("GET", "/subscriptions/erp", key="setup").json
    return known


def deliveries(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = world.http("GET", f"/subscriptions/erp/deliveries?limit=7&cursor={cursor}", key="setup").json
        found += page["deliveries"]
        if page["cursor"] is None:
            return found
        cursor = page["cursor"]


def ids(merchant: Merchant, order_id: str) -> list[str]:
    events = merchant.get(f"/orders/{order_id}/events", key="orders:read")["events"]
    return [f"{order_id}:{event['seq']}:{event['index']}" for event in events]


def test_every_event_of_an_order_arrives_once_signed_and_numbered(
    merchant: Merchant, world: World, erp: Subscriber
) -> None:
    secret = subscribe(world, f"{erp.url}/in?shop=1")["secret"]
    order_id = merchant.sell(canonical_order("W-1", TEE))
    merchant.to_the_door(order_id)
    told = {each.headers["webhook-id"]: each for each in erp.told}
    assert sorted(told) == sorted(ids(merchant, order_id))
    assert len(told) == len(erp.told)
    assert erp.numbers(order_id) == list(range(1, len(told) + 1))
    for each in erp.told:
        assert each.path == "/in?shop=1"
        assert each.signed_by(secret)
        assert (each.event["data"]["order_id"], each.event["type"]) == (order_id, each.event["type"])
    assert {each["status"] for each in deliveries(world)} == {"delivered"}
    assert [each["delivery_id"] for each in deliveries(world)] == sorted(
        (each["delivery_id"] for each in deliveries(world)), reverse=True
    )
    assert shown(world)["state"] == "up"
    assert "secret" not in shown(world)


def test_who_asks_for_some_events_gets_those_and_can_still_see_a_gap(
    merchant: Merchant, world: World, erp: Subscriber
) -> None:
    subscribe(world, erp.url, events=["OrderPlaced", "UnitsShipped", "ParcelDelivered"])
    order_id = merchant.sell(canonical_order("W-2", TEE))
    merchant.to_the_door(order_id)
    assert {each.event["type"] for each in erp.told} == {"OrderPlaced", "UnitsShipped", "ParcelDelivered"}
    assert erp.numbers(order_id) == [1, 2, 3]


def test_a_subscriber_that_was_down_catches_up_without_a_gap(merchant: Merchant, world: World, erp: Subscriber) -> None:
    subscribe(world, erp.url)
    erp.status = 503
    order_id = merchant.sell(canonical_order("W-3", TEE))
    merchant.to_the_door(order_id)
    assert shown(world)["state"] == "down"
    for _ in range(20):
        world.wait(MINUTE)
    tries = len(erp.told)
    assert len(erp.told) < 5 + 20, "an endpoint that is down is only probed"
    for _ in range(12):
        world.wait(5 * MINUTE)
    assert len(erp.told) - tries <= 6, "less and less often"

    erp.status = 200
    for _ in range(18):
        world.wait(MINUTE)
    assert shown(world)["state"] == "up"
    assert {each.headers["webhook-id"] for each in erp.taken} == set(ids(merchant, order_id))
    assert len(erp.taken) == len(ids(merchant, order_id))
    assert erp.numbers(order_id) == list(range(1, len(erp.taken) + 1))


def test_one_event_that_an_endpoint_refuses_holds_up_no_other_and_is_given_up_after_a_day(
    merchant: Merchant, world: World, erp: Subscriber
) -> None:
    subscribe(world, erp.url, events=["OrderPlaced"])
    erp.status = 400
    merchant.sell(canonical_order("W-4", TEE))
    erp.status = 200
    merchant.sell(canonical_order("W-5", TEE))
    assert len(erp.taken) == 1
    erp.status = 400
    for _ in range(30):
        world.wait(HOUR)
    (refused,) = [each for each in deliveries(world) if each["status"] != "delivered"]
    assert (refused["status"], refused["answer"], refused["next_at"]) == ("failed", 400, None)

    erp.status = 200
    assert world.http("POST", "/subscriptions/erp/replay", ALL, key="setup").status == 202
    world.settle()
    assert {each["status"] for each in deliveries(world)} == {"delivered"}
    assert len(erp.taken) == 2, "what had arrived is not sent once more"
    assert world.http("POST", "/subscriptions/erp/replay", {**ALL, "failed_only": False}, key="setup").status == 202
    world.settle()
    assert len(erp.taken) == 4


def test_who_was_given_up_gets_what_waited_when_the_test_message_arrives(
    merchant: Merchant, world: World, erp: Subscriber
) -> None:
    subscribe(world, erp.url, events=["OrderPlaced"])
    erp.status = 410
    merchant.sell(canonical_order("W-6", TEE))
    known = shown(world)
    assert (known["state"], known["reason"]) == ("disabled", "the endpoint answered 410 Gone")
    merchant.sell(canonical_order("W-7", TEE))
    world.wait(HOUR)
    assert len(erp.told) == 1
    erp.status = 200
    tested = world.http("POST", "/subscriptions/erp/test", key="setup")
    assert tested.status == 202
    world.settle()
    assert erp.told[-1].event["type"] == "WebhookTest"
    world.wait(MINUTE)
    assert shown(world)["state"] == "up"
    assert len(erp.taken) == 3


def test_a_new_secret_signs_beside_the_old_one_for_a_day(merchant: Merchant, world: World, erp: Subscriber) -> None:
    old = subscribe(world, erp.url, events=["OrderPlaced"])["secret"]
    world.runtime.forget()  # the next process has not made the first one
    fresh = world.http("POST", "/subscriptions/erp/secret", key="setup").json["secret"]
    merchant.sell(canonical_order("W-8", TEE))
    assert erp.told[-1].signed_by(old)
    assert erp.told[-1].signed_by(fresh)
    world.wait(25 * HOUR)
    merchant.sell(canonical_order("W-9", TEE))
    assert erp.told[-1].signed_by(fresh)
    assert not erp.told[-1].signed_by(old)


def test_a_subscription_whose_secret_was_never_made_says_so_and_loses_nothing(
    merchant: Merchant, world: World, erp: Subscriber
) -> None:
    wish = {"url": erp.url, "events": ["OrderPlaced"]}
    world.bearer("setup")
    world.recorder.clear()
    assert world.http("PUT", "/subscriptions/other", wish, key="setup").status == 201
    first = next(n for n, call in enumerate(world.recorder.calls) if call.service == "secretsmanager")
    world.recorder.clear()
    world.recorder.die_at(first, Moment.BEFORE)
    assert world.http("PUT", "/subscriptions/erp", wish, key="setup").status == 502
    assert isinstance(world.crashes.pop(), ProcessDied)
    assert world.http("DELETE", "/subscriptions/other", key="setup").status == 200
    assert "secret" not in subscribe(world, erp.url, events=["OrderPlaced"])
    merchant.sell(canonical_order("W-20", TEE))
    (waiting,) = deliveries(world)
    assert (waiting["status"], waiting["answer"]) == ("pending", 0)
    assert "/secret makes one" in waiting["answer_text"]
    secret = world.http("POST", "/subscriptions/erp/secret", key="setup").json["secret"]
    world.wait(MINUTE)
    assert [each.signed_by(secret) for each in erp.taken] == [True]


def test_whoever_dies_while_an_event_is_told_loses_none(merchant: Merchant, world: World, erp: Subscriber) -> None:
    subscribe(world, erp.url, events=["OrderPlaced"])
    world.failures_expected = True

    def sell_cold(name: str) -> str:
        world.runtime.forget()
        world.recorder.clear()
        return merchant.sell(canonical_order(name, TEE))

    sell_cold("W-100")
    doors = {"NotifyAnnounce", "NotifyDeliver"}
    ours = [number for number, call in enumerate(world.recorder.calls) if call.function in doors]
    assert len(ours) >= 8
    sold = []
    for number in ours:
        for moment in Moment:
            world.runtime.forget()
            world.recorder.clear()
            world.recorder.die_at(number, moment)
            sold.append(merchant.sell(canonical_order(f"W-{number}-{moment}", TEE)))
            assert not world.recorder.death_is_due
    for _ in range(5):
        world.wait(MINUTE)
    for order_id in sold:
        assert erp.numbers(order_id) == [1]
    assert len(erp.taken) <= 1 + len(sold) + 2, "only who dies with an answer in hand asks twice"
    assert {each["status"] for each in deliveries(world)} == {"delivered"}
