"""BigCommerce and Adobe Commerce as channels of a stack: a webhook that leads to a reservation, days in disorder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from infra.standins.adobe_commerce import AdobeCommerce
from infra.standins.bigcommerce import BigCommerce
from infra.standins.wsgi import Fault, StandIn
from oms.channels.bigcommerce import inbound as bigcommerce
from oms.ids import order_id as derive_order_id
from oms.setup import Platform
from tests.support.channel_day import Delivery, day
from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, Merchant
from tests.support.platforms import answered_by, connection
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))

BIG, BIG_URL = "big", "https://api.bigcommerce.example"
ADOBE, ADOBE_URL = "adobe", "https://adobe.example"
SECRET = "a-secret-of-the-store"


def connect(world: World, channel: str, **body: Any) -> None:
    answer = world.http("PUT", f"/channels/{channel}", {"name": "Shop", "default_language": "de", **body}, key="setup")
    assert answer.status in {200, 201}, answer


def big_store(world: World, **settings: Any) -> BigCommerce:
    """A store of BigCommerce, connected; its token was changed since."""
    for token in ("of before", "bc-token"):
        keys = {"webhook_secret": SECRET, "credentials": {"access_token": token}}
        connect(world, BIG, platform="bigcommerce", api_url=BIG_URL, account="abc123", **keys, **settings)
    return BigCommerce(clock=world.clock, secret=SECRET)


def adobe_shop(world: World, **settings: Any) -> AdobeCommerce:
    """A shop of Adobe Commerce, connected by all four keys."""
    four = {"access_token": "ac-token", "consumer_key": "k", "consumer_secret": "cs", "access_token_secret": "ts"}
    connect(world, ADOBE, platform="adobe_commerce", api_url=ADOBE_URL, account="default", credentials=four, **settings)
    return AdobeCommerce(clock=world.clock, url=ADOBE_URL, keys=("cs", "ts"))


def deliver(world: World, hook: tuple[dict[str, str], bytes]) -> Answer:
    headers, raw = hook
    return world.http("POST", f"/channels/{BIG}/webhooks", raw, headers=headers)


def order(world: World, channel: str, number: int) -> Answer:
    return world.http("GET", f"/orders/{derive_order_id(channel, str(number))}", key="orders:read")


def test_a_webhook_that_names_an_order_leads_to_a_reservation(merchant: Merchant, world: World) -> None:
    store = big_store(world)
    with answered_by((BIG_URL, store)):
        number = store.sell([{"sku": "TEE", "price": "19.90", "quantity": 2}], shipping="4.90", tax_percent="19")
        answers = [deliver(world, store.hooks[0]) for _ in range(3)]
        assert {answer.status for answer in answers} == {200}
        assert store.calls == [], "answered before the store is asked for anything"
        world.settle()
        found = order(world, BIG, number)
        assert found.status == 200
        assert len(store.calls) == 1, "asked for once, however often it was named"
        assert found.json["total"] == {"amount": 5319, "currency": "EUR"}
        assert merchant.stock("TEE")[BERLIN] == (10, 8, 2)


def test_a_webhook_with_another_secret_and_one_about_something_else_ask_the_store_for_nothing(world: World) -> None:
    store = big_store(world)
    with answered_by((BIG_URL, store)):
        store.sell([{"sku": "TEE", "price": "19.90", "quantity": 2}])
        _, raw = store.hooks.popleft()
        assert deliver(world, ({"X-Webhook-Secret": "guessed"}, raw)).status == 401
        other = raw.replace(b"store/order/created", b"store/product/updated")
        assert deliver(world, ({"X-Webhook-Secret": SECRET}, other)).status == 200
        world.settle()
        assert store.calls == []


class _Keeper:
    """What both keepers have in common: who buys what, and how often."""

    channel_id: str
    app: StandIn

    def __init__(self, world: World) -> None:
        self.world = world
        self.sold = 0
        self.alive: list[int] = []

    def _line(self) -> dict[str, Any]:
        self.sold += 1
        return {"sku": "TEE", "price": "19.90", "quantity": 1 + self.sold % 3, "discount": f"{self.sold % 4}.00"}

    def _some(self) -> int:
        return self.alive[self.sold % len(self.alive)]

    def disturb(self, fault: Fault) -> None:
        self.app.faults.append(fault)


class BigKeeper(_Keeper):
    """What happens in a store of BigCommerce, which tells of each change by a webhook."""

    channel_id = BIG

    def __init__(self, world: World, app: BigCommerce) -> None:
        super().__init__(world)
        self.app: BigCommerce = app

    def moves(self) -> Sequence[Callable[[], None]]:
        changes = [self._pay, self._cancel, self._give_back, self._note] if self.alive else []
        return [self._sell, self._sell, *changes]

    def _sell(self) -> None:
        state = {"status_id": 7, "payment_status": ""} if self.sold % 2 else {}
        self.alive.append(self.app.sell([self._line()], shipping="4.90", tax_percent="19", **state))

    def _pay(self) -> None:
        self.app.change(self._some(), status_id=11, payment_status="captured")

    def _note(self) -> None:
        self.app.change(self._some(), staff_notes=f"seen {self.sold} times")

    def _cancel(self) -> None:
        self.alive.remove(some := self._some())
        self.app.change(some, status_id=5)

    def _give_back(self) -> None:
        some = self._some()
        if self.app.sold[some]["payment_status"] == "captured":
            self.app.give_back(some, "1.50")

    def deliveries(self) -> list[Delivery]:
        news = list(self.app.hooks)
        self.app.hooks.clear()
        return [lambda each=each: deliver(self.world, each) for each in news]  # type: ignore[misc]

    def documents(self) -> dict[str, bytes]:
        to = connection(
            Platform.BIGCOMMERCE, self.app, secret={"access_token": "bc-token"}, api_url=BIG_URL, account="abc123"
        )
        self.app.faults.clear()
        return {str(each): bigcommerce.hydrate(to, str(each)) or b"" for each in self.app.sold}


class AdobeKeeper(_Keeper):
    """What happens in a shop of Adobe Commerce, which tells nothing."""

    channel_id = ADOBE

    def __init__(self, world: World, app: AdobeCommerce) -> None:
        super().__init__(world)
        self.app: AdobeCommerce = app

    def moves(self) -> Sequence[Callable[[], None]]:
        changes = [self._pay, self._cancel, self._give_back, self._note] if self.alive else []
        return [self._sell, self._sell, *changes]

    def _sell(self) -> None:
        online = bool(self.sold % 2)
        self.alive.append(self.app.sell([self._line()], shipping="4.90", tax_percent="19", online=online))

    def _pay(self) -> None:
        some = self._some()
        self.app.change(some, total_paid=self.app.sold[some]["grand_total"], state="processing")

    def _note(self) -> None:
        self.app.change(self._some(), status_histories=[{"comment": f"seen {self.sold} times"}])

    def _cancel(self) -> None:
        some = self._some()
        if not self.app.sold[some]["total_paid"]:
            self.alive.remove(some)
            for item in self.app.sold[some]["items"]:
                item["qty_canceled"] = item["qty_ordered"]
            self.app.change(some, state="canceled")

    def _give_back(self) -> None:
        some = self._some()
        if self.app.sold[some]["total_paid"] > self.app.sold[some]["total_refunded"] + 2:
            self.app.give_back(some, 1.5)

    def deliveries(self) -> list[Delivery]:
        return []

    def documents(self) -> dict[str, bytes]:
        return {str(each): json.dumps(self.app.order(each)).encode() for each in self.app.sold}


@pytest.mark.parametrize("seed", range(20) if FULL else [3])
def test_a_day_of_bigcommerce_in_disorder_ends_as_the_store_has_it(world: World, seed: int) -> None:
    world.pumps = [each for each in world.pumps if each.settings.function.stage in {"capture", "insight"}]
    store = big_store(world)
    with answered_by((BIG_URL, store)):
        keeper = BigKeeper(world, store)
        day(world, keeper, seed=seed, steps=60 if FULL else 20)
        assert keeper.sold > 5


@pytest.mark.parametrize("seed", range(20) if FULL else [3])
def test_a_day_of_adobe_commerce_in_disorder_ends_as_the_shop_has_it(world: World, seed: int) -> None:
    world.pumps = [each for each in world.pumps if each.settings.function.stage in {"capture", "insight"}]
    shop = adobe_shop(world)
    with answered_by((ADOBE_URL, shop)):
        keeper = AdobeKeeper(world, shop)
        day(world, keeper, seed=seed, steps=60 if FULL else 20)
        assert keeper.sold > 5
