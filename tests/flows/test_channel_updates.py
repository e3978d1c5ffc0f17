"""Channels hear what became of their orders: once each, in order, whatever their platforms and we go through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from oms.channels.outbound import Cancelled, MoneyBack, Shipped
from oms.errors import Refused, Throttled, Unavailable
from oms.platform import outbox_table
from tests.support.merchant import SHOPIFY, Merchant
from tests.support.recorder import Moment, ProcessDied, not_a_function, running
from tests.support.shops import Sale, shopify_order
from tests.support.telling_day import TellingDay
from tests.support.told_shop import ToldShop, What
from tests.support.world import World

TEE, MUG = Sale("TEE", 1, "19.90"), Sale("MUG", 2, "9.00")
HOUR = 3600
PATH = f"/channels/{SHOPIFY}/updates"
TOLD: dict[str, Any] = {"updates": ["shipments", "cancellations", "refunds"], "api_url": "https://shop.example"}


@pytest.fixture
def shop(merchant: Merchant) -> Iterator[ToldShop]:
    """The platform of the channel, which is told everything about orders."""
    made = ToldShop()
    with patch("oms.platform.telling.told_platform", return_value=made):
        merchant.rules(SHOPIFY, **TOLD)
        yield made


@pytest.fixture
def day(world: World, shop: ToldShop) -> TellingDay:
    """The world in which nothing else is done than to tell."""
    assert not shop.calls
    return TellingDay(world)


def buys(merchant: Merchant, number: int, *sales: Sale, **more: Any) -> str:
    answer = merchant.shopify(shopify_order(number, list(sales), **more))
    assert answer.status == 201, answer
    merchant.world.settle()
    order_id: str = answer.json["order_id"]
    return order_id


def external(number: int) -> str:
    return str(shopify_order(number, [TEE])["id"])


def test_a_parcel_that_left_is_confirmed_once_with_its_number(merchant: Merchant, world: World, shop: ToldShop) -> None:
    order_id = buys(merchant, 1, TEE, MUG)
    merchant.ship(order_id)
    (told,) = shop.of(external(1))
    assert isinstance(told, Shipped)
    assert {(unit.sku, unit.quantity) for unit in told.lines} == {("TEE", 1), ("MUG", 2)}
    assert [told.tracking_number] == [parcel["tracking_number"] for parcel in merchant.order(order_id)["parcels"]]
    assert not world.items("OutboxTable")[1:], "nothing is left but how the platform answers"
    merchant.to_the_door(order_id)
    assert len(shop.calls) == 1


def test_who_is_told_nothing_costs_no_call(merchant: Merchant, world: World) -> None:
    order_id = buys(merchant, 2, TEE)
    world.recorder.clear()
    merchant.ship(order_id)
    mine = [call.name for call in world.recorder.calls if call.function == "NotifyTell"]
    assert set(mine) <= {f"dynamodb:GetItem on table/{world.name('SetupTable')}"}, mine
    assert not world.items("OutboxTable")


def test_what_is_told_costs_five_calls(merchant: Merchant, world: World, shop: ToldShop) -> None:
    order_id = buys(merchant, 5, TEE)
    world.recorder.clear()
    merchant.ship(order_id)
    mine = [call.operation for call in world.recorder.calls if call.function == "NotifyTell"]
    # The order is written down and read, the platform's limit is asked, what was told is appended, the order goes.
    assert [each for each in mine if each not in {"GetItem", "GetSecretValue"}] == [
        "UpdateItem",
        "Query",
        "UpdateItem",
        "PutItem",
        "DeleteItem",
    ]
    assert len(shop.calls) == 1


def test_what_was_cancelled_and_given_back_here_is_told_in_that_order(
    merchant: Merchant, world: World, shop: ToldShop
) -> None:
    order_id = buys(merchant, 6, TEE, MUG)
    answer = merchant.post(f"/orders/{order_id}/cancel", {}, key="orders:write")
    assert answer.status == 200, answer
    world.settle()
    cancelled, back = shop.of(external(6))
    assert isinstance(cancelled, Cancelled)
    assert cancelled.everything
    assert isinstance(back, MoneyBack)
    assert back.amount == merchant.order(order_id)["total"]["amount"]
    assert merchant.order(order_id)["payment"]["refunded_amount"] == merchant.order(order_id)["total"]
    after = shopify_order(
        6, [TEE, MUG], status="refunded", updated=timedelta(hours=1), cancelled_at="2026-03-02T10:00:00Z"
    )
    assert merchant.shopify(after, topic="orders/updated").status == 200
    world.settle()
    assert merchant.order(order_id)["payment"]["refunded_amount"] == merchant.order(order_id)["total"], "counted once"
    assert len(shop.calls) == 2


def test_a_platform_that_does_not_answer_is_told_later_and_nothing_overtakes(day: TellingDay, shop: ToldShop) -> None:
    shop.trouble = [Unavailable("no answer")] * 2
    day.sell("o1")
    (waits,) = day.waiting()
    assert (waits["problem"], waits["kind"], waits["attempts"]) == ("no answer", "shipment", 1)
    day.minutes(5)
    assert not day.waiting()
    assert [type(what) for what in shop.made.values()] == [Shipped, Cancelled]
    assert [key for _, key in shop.calls] == ["o1-1-p1"] * 3 + ["o1-cancelled-1"]
    assert day.told("o1") == ["o1-1-p1", "o1-cancelled-1"]


def test_who_says_that_it_is_asked_too_often_is_left_alone_for_as_long(day: TellingDay, shop: ToldShop) -> None:
    shop.trouble = [Throttled("slow down", seconds=600)]
    day.sell("o1", "o2")
    day.minutes(2, each=4)
    assert len(shop.calls) == 1, "nobody is told about the other order, either"
    day.minutes(3)
    assert len(shop.made) == 4


def test_what_a_platform_refuses_waits_for_a_person_and_the_rest_of_its_order_behind_it(
    day: TellingDay, shop: ToldShop
) -> None:
    shop.trouble = [Refused("the order is archived")]
    day.sell("o1", "o2")
    day.minutes(3, each=60)
    (stuck,) = day.waiting()
    assert (stuck["sk"], stuck["status"], stuck["problem"]) == ("o1", "stuck", "the order is archived")
    assert [key for _, key in shop.calls] == ["o1-1-p1", "o2-1-p1", "o2-cancelled-1"]


def test_a_platform_that_is_down_is_only_probed_and_then_told_all_that_waited(day: TellingDay, shop: ToldShop) -> None:
    orders = [f"o{number}" for number in range(8)]
    shop.trouble = [Unavailable("503")] * 8
    day.sell(*orders)
    assert len(shop.calls) == 5, "then it counts as down"
    day.minutes(6)
    assert 6 <= len(shop.calls) <= 8, "it is only probed, less and less often"
    day.minutes(3, each=8)
    day.minutes(1)
    assert not day.waiting()
    assert all(day.told(order_id) == [f"{order_id}-1-p1", f"{order_id}-cancelled-1"] for order_id in orders)


def test_a_platform_gets_no_more_in_a_minute_than_it_bears(day: TellingDay, merchant: Merchant, shop: ToldShop) -> None:
    merchant.rules(SHOPIFY, **TOLD, updates_per_minute=1)
    with patch("oms.platform.channel_states.BURST", 2), patch("oms.channels.pace.BURST", 2):
        day.sell("o1", "o2", "o3")
        assert len(shop.made) == 2, "a burst, and then an even pace"
        for told in (3, 4, 5, 6):
            day.minutes(1)
            assert len(shop.made) == told
    assert len(shop.calls) == 6


def test_what_happens_while_an_order_is_being_told_is_told_after_it(day: TellingDay, shop: ToldShop) -> None:
    entry = day.happened("o1")
    original = ToldShop._take

    def take(self: ToldShop, connection: Any, sale: Any, what: What) -> str:
        if not shop.made and running.get():
            # The same news comes once more, to another process, in the middle of the first call.
            with not_a_function(), day.world.inside("NotifyTell"):
                assert outbox_table.begin(SHOPIFY, "o1", day.world.clock()) is None
        return original(self, connection, sale, what)

    with patch.object(ToldShop, "_take", take):
        day.hear(entry)
    assert not day.waiting()
    assert [key for _, key in shop.calls] == ["o1-1-p1", "o1-cancelled-1"]


def test_whoever_dies_while_a_channel_is_told_loses_nothing_and_tells_nothing_twice(
    day: TellingDay, world: World, shop: ToldShop
) -> None:
    world.failures_expected = True

    def sells_cold(order_id: str) -> None:
        world.runtime.forget()
        world.recorder.clear()
        day.hear(day.happened(order_id))

    sells_cold("o0")
    mine = range(len(world.recorder.calls))
    assert len(mine) >= 8
    orders = ["o0"]
    # What lies between two calls is lost with the second: the moment before it is the one after the first.
    for place, moment in [(0, Moment.BEFORE), *((place, Moment.AFTER) for place in mine)]:
        orders.append(f"o{len(orders)}")
        entry = day.happened(orders[-1])
        world.runtime.forget()
        world.recorder.clear()
        world.recorder.die_at(place, moment)
        day.hear(entry)
        assert not world.recorder.death_is_due
    day.minutes(6)
    assert not day.waiting()
    for order_id in orders:
        assert day.told(order_id) == [f"{order_id}-1-p1", f"{order_id}-cancelled-1"]
    assert len(shop.made) == 2 * len(orders)
    assert len(shop.calls) <= len(shop.made) + 2, "only who dies before it is on the log calls again"


def test_whoever_dies_in_the_call_tells_it_again_under_the_same_key(
    day: TellingDay, world: World, shop: ToldShop
) -> None:
    world.failures_expected = True
    original, deaths = ToldShop._take, [Moment.AFTER, Moment.BEFORE]

    def take(self: ToldShop, connection: Any, sale: Any, what: What) -> str:
        moment = deaths.pop() if deaths else None
        if moment is Moment.BEFORE:
            raise ProcessDied("before the call")
        reference = original(self, connection, sale, what)
        if moment is Moment.AFTER:
            raise ProcessDied("after the call")
        return reference

    with patch.object(ToldShop, "_take", take):
        day.sell("o1")
        day.minutes(8)
    assert not deaths
    assert [key for _, key in shop.calls] == ["o1-1-p1", "o1-1-p1", "o1-cancelled-1"]
    assert day.told("o1") == ["o1-1-p1", "o1-cancelled-1"]


def test_what_happened_before_a_channel_was_to_be_told_is_not_told(
    day: TellingDay, merchant: Merchant, shop: ToldShop
) -> None:
    merchant.rules(SHOPIFY)
    entry = day.happened("o1")
    day.world.clock.wait(HOUR)
    merchant.rules(SHOPIFY, **TOLD)
    day.hear(entry)
    assert not shop.calls
    merchant.rules(SHOPIFY, **TOLD, updates_since={"shipments": "2026-03-02T00:00:00Z"})
    day.hear(entry)
    assert [key for _, key in shop.calls] == ["o1-1-p1"]


def test_an_operator_sees_what_is_stuck_and_has_it_tried_again(day: TellingDay, world: World, shop: ToldShop) -> None:
    shop.trouble = [Refused("the order is archived")] * 2
    day.sell("o1", "o2")
    shown = world.http("GET", PATH, key="ops").json
    assert (shown["state"], shown["per_minute"]) == ("up", 120)
    found = {
        each["order_id"]: (each["status"], each["kind"], each["key"], each["problem"]) for each in shown["updates"]
    }
    assert found == {name: ("stuck", "shipment", f"{name}-1-p1", "the order is archived") for name in ("o1", "o2")}
    assert world.http("GET", f"{PATH}?status=pending", key="ops").json["updates"] == []

    assert world.http("POST", f"{PATH}/o1/retry", key="ops").status == 202
    world.settle()
    assert day.told("o1") == ["o1-1-p1", "o1-cancelled-1"]
    assert world.http("POST", f"{PATH}/retry", key="ops").json == {"retried": 1, "more": False}
    world.settle()
    assert day.told("o2") == ["o2-1-p1", "o2-cancelled-1"]
    assert world.http("POST", f"{PATH}/o2/retry", key="ops").status == 404


def test_what_somebody_decides_not_to_tell_keeps_nothing_else_back(
    day: TellingDay, world: World, shop: ToldShop
) -> None:
    shop.trouble = [Refused("no such order")]
    day.sell("o1")
    wish = {"key": "o1-1-p1", "reason": "told by hand"}
    assert world.http("POST", f"{PATH}/o1/skip", wish, key="ops").status == 200
    world.settle()
    assert [type(what) for what in shop.made.values()] == [Cancelled]
    assert not day.waiting()
    told = world.http("GET", "/orders/o1", key="ops").json["channel_told"]
    assert [(each["key"], each["skipped"], each["note"]) for each in told] == [
        ("o1-1-p1", True, "told by hand"),
        ("o1-cancelled-1", False, ""),
    ]
    assert world.http("POST", f"{PATH}/o1/skip", wish, key="ops").status == 404
