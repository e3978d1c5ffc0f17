"""Channels hear what became of their orders: once each, in order, whatever their platforms and we go through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from oms.channels.outbound import Cancelled, MoneyBack, Shipped
from oms.errors import Refused, Throttled, Unavailable
from tests.support.merchant import SHOPIFY, Merchant
from tests.support.recorder import Moment, ProcessDied, running
from tests.support.shops import Sale, shopify_order
from tests.support.told_shop import ToldShop, What
from tests.support.world import World

TEE, MUG = Sale("TEE", 1, "19.90"), Sale("MUG", 2, "9.00")
MINUTE, HOUR = 60, 3600
ALL = ["shipments", "cancellations", "refunds"]


@pytest.fixture
def shop(merchant: Merchant) -> Iterator[ToldShop]:
    """The platform of the channel, which is told everything about orders."""
    made = ToldShop()
    with patch("oms.platform.telling.told_platform", return_value=made):
        merchant.rules(SHOPIFY, updates=ALL, api_url="https://shop.example")
        yield made


def waiting(world: World) -> list[dict[str, Any]]:
    return [item for item in world.items("OutboxTable") if item["pk"].startswith("update#")]


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
    assert not waiting(world)
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


def test_a_platform_that_does_not_answer_is_told_later_and_nothing_overtakes(
    merchant: Merchant, world: World, shop: ToldShop
) -> None:
    shop.trouble = [Unavailable("no answer")] * 2
    order_id = buys(merchant, 7, TEE, MUG)
    merchant.post(f"/orders/{order_id}/cancel", {"lines": [{"line_id": "2", "quantity": 1}]}, key="orders:write")
    world.settle()
    assert [each["problem"] for each in waiting(world)] == ["no answer"]
    merchant.ship(order_id)
    for _ in range(10):
        world.wait(MINUTE)
    assert not waiting(world)
    kinds = [type(what) for what in shop.of(external(7))]
    assert kinds[0] is Cancelled
    assert set(kinds) == {Cancelled, MoneyBack, Shipped}
    assert [key for _, key in shop.calls[:3]] == [shop.calls[0][1]] * 3


def test_who_says_that_it_is_asked_too_often_is_left_alone_for_as_long(
    merchant: Merchant, world: World, shop: ToldShop
) -> None:
    shop.trouble = [Throttled("slow down", seconds=600)]
    first, second = buys(merchant, 8, TEE), buys(merchant, 9, TEE)
    merchant.ship(first)
    merchant.ship(second)
    for _ in range(8):
        world.wait(MINUTE)
    assert len(shop.calls) == 1, "nobody is told about the other order, either"
    for _ in range(5):
        world.wait(MINUTE)
    assert len(shop.made) == 2


def test_what_a_platform_refuses_waits_for_a_person_and_the_rest_of_its_order_behind_it(
    merchant: Merchant, world: World, shop: ToldShop
) -> None:
    shop.trouble = [Refused("the order is archived")]
    order_id = buys(merchant, 10, TEE)
    merchant.ship(order_id)
    for _ in range(3):
        world.wait(HOUR)
    assert len(shop.calls) == 1
    (stuck,) = waiting(world)
    assert (stuck["status"], stuck["problem"], stuck["kind"]) == ("stuck", "the order is archived", "shipment")


def test_a_platform_that_is_down_is_only_probed_and_then_told_all_that_waited(
    merchant: Merchant, world: World, shop: ToldShop
) -> None:
    orders = [buys(merchant, 20 + number, TEE) for number in range(6)]
    shop.trouble = [Unavailable("503")] * 8
    for order_id in orders:
        merchant.ship(order_id)
    calls = len(shop.calls)
    assert calls == 5, "then it counts as down"
    for _ in range(5):
        world.wait(MINUTE)
    assert 1 <= len(shop.calls) - calls <= 3, "it is only probed, less and less often"
    for _ in range(8):
        world.wait(4 * MINUTE)
    assert len(shop.made) == 6
    assert not waiting(world)


def test_a_platform_gets_no_more_in_a_minute_than_it_bears(merchant: Merchant, world: World, shop: ToldShop) -> None:
    merchant.rules(SHOPIFY, updates=ALL, api_url="https://shop.example", updates_per_minute=1)
    orders = [buys(merchant, 40 + number, TEE) for number in range(5)]
    with patch("oms.platform.channel_states.BURST", 2), patch("oms.channels.pace.BURST", 2):
        for order_id in orders:
            merchant.ship(order_id)
        assert len(shop.made) == 2, "a burst, and then an even pace"
        for told in (3, 4, 5):
            world.wait(MINUTE)
            assert len(shop.made) == told
    assert len(shop.calls) == 5


def test_whoever_dies_while_a_channel_is_told_loses_nothing_and_tells_nothing_twice(
    merchant: Merchant, world: World, shop: ToldShop
) -> None:
    world.failures_expected = True
    merchant.receive("TEE", 100)

    def sends_cold(number: int) -> str:
        order_id = buys(merchant, number, TEE)
        world.runtime.forget()
        world.recorder.clear()
        return order_id

    merchant.ship(sends_cold(100))
    mine = [number for number, call in enumerate(world.recorder.calls) if call.function == "NotifyTell"]
    assert len(mine) >= 6
    number = 100
    # What lies between two calls is lost with the second: the moment before it is the one after the first.
    for place, moment in [(mine[0], Moment.BEFORE), *((place, Moment.AFTER) for place in mine)]:
        number += 1
        order_id = sends_cold(number)
        world.recorder.die_at(place, moment)
        merchant.ship(order_id)
    for _ in range(6):
        world.wait(MINUTE)
    assert not waiting(world)
    assert len(shop.made) == number - 99
    assert [len(shop.of(external(each))) for each in range(100, number + 1)] == [1] * len(shop.made)


def test_whoever_dies_in_the_call_tells_it_again_under_the_same_key(
    merchant: Merchant, world: World, shop: ToldShop
) -> None:
    world.failures_expected = True
    original, deaths = ToldShop._take, [Moment.BEFORE, Moment.AFTER]

    def take(self: ToldShop, connection: Any, sale: Any, what: What) -> str:
        moment = deaths.pop() if deaths and running.get() else None
        if moment is Moment.BEFORE:
            raise ProcessDied("before the call")
        reference = original(self, connection, sale, what)
        if moment is Moment.AFTER:
            raise ProcessDied("after the call")
        return reference

    with patch.object(ToldShop, "_take", take):
        order_id = buys(merchant, 200, TEE)
        merchant.ship(order_id)
        for _ in range(8):
            world.wait(MINUTE)
    assert not deaths
    assert len({key for _, key in shop.calls}) == 1
    assert len(shop.made) == 1
    told = [
        event
        for event in merchant.get(f"/orders/{order_id}/events", key="orders:read")["events"]
        if event["type"] == "ChannelTold"
    ]
    assert len(told) == 1
