"""Channels have the newest level of what they may sell: few calls, never an older level after a newer one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from infra.standins.shopify import Shopify
from infra.standins.woocommerce import WooCommerce
from oms.channels.outbound import StockAnswer, StockLevel
from oms.errors import Refused, Throttled, Unavailable
from tests.support.merchant import BERLIN, MILAN, SECRETS, SHOPIFY, WOO, Merchant
from tests.support.platforms import answered_by
from tests.support.recorder import Moment, not_a_function
from tests.support.shops import Sale, shopify_order, woo_order
from tests.support.told_shop import ToldShop
from tests.support.world import World

TOLD: dict[str, Any] = {"updates": ["stock"], "api_url": "https://shop.example"}
STEPS = 1000 if os.environ.get("OMS_FULL") else 40


class Shelf:
    """A world in which only stock moves, and channels are told of it."""

    def __init__(self, world: World, merchant: Merchant, shop: ToldShop) -> None:
        self.world, self.merchant, self.shop = world, merchant, shop
        world.settle()
        mine = {"RestockTrigger", "LedgerTrigger", "UpdatesTrigger"}
        world.pumps = [each for each in world.pumps if each.settings.logical_id in mine]

    def settle(self) -> None:
        self.world.settle()

    def is_now(self, sku: str, units: int, *, location: str = BERLIN) -> None:
        """So many units are on hand."""
        answer = self.world.http("PUT", f"/stock/{sku}/{location}", {"on_hand": units}, key="stock:write")
        assert answer.status == 200, answer

    def minutes(self, count: int) -> None:
        """Minutes pass, and the clock has told what moved."""
        for _ in range(count):
            self.settle()
            self.world.clock.wait(60)
            self.world.runtime.invoke(self.world.functions["NotifySweep"], {"source": "aws.events"})
            self.settle()

    def left(self) -> list[str]:
        """What is still to be done, by kind and sku."""
        kinds = ("dirty#", "level#")
        return [
            f"{item['pk']} {item['sk']}" for item in self.world.items("OutboxTable") if item["pk"].startswith(kinds)
        ]


@pytest.fixture
def shop(merchant: Merchant) -> Iterator[ToldShop]:
    """The platform of the channel, which is told of stock and nothing else."""
    made = ToldShop()
    with patch("oms.platform.channel_stock.told_platform", return_value=made):
        merchant.rules(SHOPIFY, **TOLD)
        yield made


@pytest.fixture
def shelf(world: World, merchant: Merchant, shop: ToldShop) -> Shelf:
    """The world in which only stock moves. Nothing has moved since the channel is told."""
    return Shelf(world, merchant, shop)


def test_of_many_steps_the_last_level_is_told_in_few_calls(shelf: Shelf, world: World) -> None:
    for units in range(STEPS):
        shelf.is_now("TEE", 1 + units % 7)
    world.recorder.clear()
    shelf.settle()
    marks = [call for call in world.recorder.calls if "outbox" in call.name and call.function == "RouteRestock"]
    assert len(marks) <= 2, "whoever has marked a sku does not do so again at once"
    shelf.is_now("TEE", 42)
    shelf.minutes(3)
    assert shelf.shop.stock == {"TEE": 42}
    assert len(shelf.shop.stock_calls) <= 2
    assert not shelf.left()


def test_a_channel_is_told_what_availability_says(shelf: Shelf, merchant: Merchant, world: World) -> None:
    merchant.rules(SHOPIFY, **TOLD, pool=[BERLIN], stock_buffer=2)
    kit = {"title": "Set", "grams": 300, "components": [{"sku": "TEE", "quantity": 2}, {"sku": "MUG", "quantity": 1}]}
    assert world.http("PUT", "/products/SET", kit, key="setup").status == 201
    shelf.is_now("TEE", 9)
    shelf.is_now("TEE", 50, location=MILAN)
    shelf.is_now("MUG", 5)
    shelf.minutes(3)
    for sku in ("TEE", "MUG", "SET"):
        said = world.http("GET", f"/availability?sku={sku}&quantity=1&channel={SHOPIFY}", key="stock:read").json
        assert shelf.shop.stock[sku] == said["lines"][0]["available"], sku
    assert shelf.shop.stock == {"TEE": 7, "MUG": 3, "SET": 3}


def test_what_moves_while_it_is_told_is_told_again(shelf: Shelf) -> None:
    original, moved = ToldShop.set_stock, [5]

    def set_stock(self: ToldShop, connection: Any, levels: list[StockLevel]) -> Any:
        if moved:
            with not_a_function():
                shelf.is_now("TEE", moved.pop())
        return original(self, connection, levels)

    with patch.object(ToldShop, "set_stock", set_stock):
        shelf.is_now("TEE", 20)
        shelf.minutes(4)
    assert [level.available for call in shelf.shop.stock_calls for level in call] == [20, 5]
    assert not shelf.left()


def test_a_platform_that_was_down_gets_the_newest_levels_and_no_others(shelf: Shelf) -> None:
    shelf.shop.trouble = [Unavailable("503"), Throttled("slow down", seconds=90), Unavailable("503")]
    for units in (3, 4, 5):
        shelf.is_now("TEE", units)
        shelf.minutes(1)
    assert not shelf.shop.stock
    shelf.minutes(8)
    assert shelf.shop.stock == {"TEE": 5}
    assert shelf.shop.stock_calls[-1] == (StockLevel(sku="TEE", available=5),)
    assert not shelf.left()


def test_what_is_refused_stops_no_other_and_can_be_seen_and_told_anew(shelf: Shelf, world: World) -> None:
    shelf.shop.unknown = {"MUG"}
    for sku in ("TEE", "MUG", "CAP"):
        shelf.is_now(sku, 6)
    shelf.minutes(3)
    assert shelf.shop.stock == {"TEE": 6, "CAP": 6}
    refused = world.http("GET", f"/channels/{SHOPIFY}/stock", key="ops").json["levels"]
    assert [(each["sku"], each["available"], each["problem"]) for each in refused] == [("MUG", 6, "no such sku")]
    calls = len(shelf.shop.stock_calls)
    shelf.is_now("MUG", 7)
    shelf.minutes(3)
    assert len(shelf.shop.stock_calls) == calls, "what a platform does not sell it is not told each time"

    shelf.shop.unknown = set()
    asked = world.http("POST", f"/channels/{SHOPIFY}/stock/resync", {"skus": ["MUG"]}, key="ops")
    assert asked.status == 202, asked
    shelf.settle()
    assert shelf.shop.stock["MUG"] == 7
    assert world.http("GET", f"/channels/{SHOPIFY}/stock", key="ops").json["levels"] == []


def test_a_resync_tells_all_that_there_is_stock_of(shelf: Shelf, world: World) -> None:
    assert world.http("PUT", f"/stock/TEE/{BERLIN}/buckets", {"buckets": 4}, key="stock:write").status == 200
    shelf.settle()
    with patch("oms.platform.channel_stock.RESYNC_PAGE", 2):
        assert world.http("POST", f"/channels/{SHOPIFY}/stock/resync", {}, key="ops").status == 202
        shelf.settle()
    assert shelf.shop.stock == {"TEE": 10, "MUG": 10, "CAP": 10}
    refused = world.http("POST", f"/channels/{WOO}/stock/resync", {}, key="ops")
    assert refused.status == 409


def test_a_batch_that_is_refused_as_a_whole_is_shown_level_by_level(shelf: Shelf, world: World) -> None:
    shelf.shop.trouble = [Refused("there is no such location")]
    shelf.is_now("TEE", 6)
    shelf.is_now("MUG", 6)
    shelf.minutes(3)
    levels = world.http("GET", f"/channels/{SHOPIFY}/stock", key="ops").json["levels"]
    assert {(each["sku"], each["problem"]) for each in levels} == {
        ("TEE", "there is no such location"),
        ("MUG", "there is no such location"),
    }
    assert not shelf.left()


def test_whoever_dies_while_levels_are_told_leaves_them_to_the_next(shelf: Shelf, world: World) -> None:
    world.failures_expected = True
    places = [(0, Moment.BEFORE)]
    tried = 0
    while places:
        place, moment = places.pop(0)
        units = 11 + tried
        shelf.is_now("TEE", units)
        shelf.settle()
        world.clock.wait(60)
        world.runtime.forget()
        world.recorder.clear()
        if tried:
            world.recorder.die_at(place, moment)
        world.runtime.invoke(world.functions["NotifySweep"], {"source": "aws.events"})
        shelf.settle()
        if not tried:
            mine = [n for n, call in enumerate(world.recorder.calls) if call.function == "NotifyTell"]
            assert len(mine) >= 10
            places = [(n, Moment.AFTER) for n in mine]
        tried += 1
        for _ in range(3):
            shelf.minutes(1)
        assert shelf.shop.stock == {"TEE": units}, (place, moment)
        assert not shelf.left(), (place, moment)


def test_where_no_channel_is_told_of_stock_nothing_is_written(world: World, merchant: Merchant) -> None:
    world.recorder.clear()
    merchant.receive("TEE", 5)
    assert not [call for call in world.recorder.calls if "outbox" in call.name]


def test_answers_that_say_nothing_of_a_level_are_no_success(shelf: Shelf, world: World) -> None:
    def silent(_: ToldShop, __: Any, levels: list[StockLevel]) -> list[StockAnswer]:
        return [StockAnswer(sku=levels[0].sku)] if len(levels) > 1 else []

    with patch.object(ToldShop, "set_stock", silent):
        shelf.is_now("TEE", 6)
        shelf.minutes(3)
    (refused,) = world.http("GET", f"/channels/{SHOPIFY}/stock", key="ops").json["levels"]
    assert refused["problem"] == "the platform did not say that it has it"


@pytest.mark.parametrize("channel_id", [SHOPIFY, WOO])
def test_a_shop_has_what_is_left_after_it_sold(world: World, merchant: Merchant, channel_id: str) -> None:
    """Through the adapters of the platforms, to stand-ins of the shops."""
    secret = SECRETS[channel_id]
    app: Shopify | WooCommerce = (
        Shopify(clock=world.clock, secret=secret)
        if channel_id == SHOPIFY
        else WooCommerce(clock=world.clock, secret=secret)
    )
    keys = {"access_token": "shpat_token", "consumer_key": "ck_key", "consumer_secret": "cs_secret"}
    world.cloud.client("secretsmanager").put_secret_value(
        SecretId=f"{world.template.parameters['Stack']}/channels/{channel_id}",
        SecretString=json.dumps({"webhook_secret": secret, **keys}),
    )
    with answered_by((TOLD["api_url"], app)):
        merchant.rules(channel_id, **TOLD)
        goods = [Sale("TEE", 3, "19.90")]
        app.sell(shopify_order(1, goods) if isinstance(app, Shopify) else woo_order(1, goods))
        headers, raw = app.hooks.popleft()
        assert world.http("POST", f"/channels/{channel_id}/webhooks", raw, headers=headers).status == 201
        for _ in range(2):
            world.settle()
            world.clock.wait(60)
            world.runtime.invoke(world.functions["NotifySweep"], {"source": "aws.events"})
        world.settle()
    there = (
        list(app.stock.values())
        if isinstance(app, Shopify)
        else [each["stock_quantity"] for each in app.products.values()]
    )
    assert there == [7]
