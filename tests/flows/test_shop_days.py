"""A day of a Shopify shop and of one of WooCommerce in disorder: late, twice, lost, and all well in the end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from infra.standins.shopify import Shopify
from infra.standins.woocommerce import WooCommerce
from infra.standins.wsgi import Fault
from oms.channels.outbound import Cancelled, MoneyBack, Sale, UnitsOf
from oms.channels.shopify import outbound as shopify
from oms.channels.woocommerce import outbound as woocommerce
from oms.setup import Platform
from tests.support import shops
from tests.support.channel_day import Delivery, day
from tests.support.platforms import answered_by, connection
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))
SECRET = "correct horse battery staple"
URL = "https://shop.example"
GOODS = [shops.Sale("TEE", 3, "19.90"), shops.Sale("MUG", 1, "9.50")]
MOVED = shops.Buyer(street="Neue Straße 1")

KEYS = {
    Platform.SHOPIFY: {"access_token": "shpat_token"},
    Platform.WOOCOMMERCE: {"consumer_key": "ck_key", "consumer_secret": "cs_secret"},
}


class Keeper:
    """What both shops have in common: orders that are sold and changed, and webhooks about each of it."""

    def __init__(self, world: World, app: Shopify | WooCommerce, platform: Platform) -> None:
        self.channel_id = f"the-{platform}"
        self.world = world
        self.app = app
        self.to = connection(platform, app, secret=KEYS[platform], clock=world.clock, api_url=URL)
        self.done = 0
        connected(world, self.channel_id, platform)

    def moves(self) -> Sequence[Callable[[], None]]:
        """A sale twice as often as anything else."""
        changes = [self.pay, self.move, self.give_back, self.take_out, self.others_send, self.cancel]
        return [self.sell, self.sell, *(changes if self.alive() else [])]

    def deliveries(self) -> list[Delivery]:
        """The webhooks since this was last asked."""
        told = [self.app.hooks.popleft() for _ in range(len(self.app.hooks))]
        return [lambda hook=hook: self._deliver(*hook) for hook in told]  # type: ignore[misc]

    def documents(self) -> dict[str, bytes]:
        """The orders as they are."""
        return {str(each): json.dumps(order).encode() for each, order in self.app.orders.items()}

    def disturb(self, fault: Fault) -> None:
        """The next call goes wrong."""
        self.app.faults.append(fault)

    def _deliver(self, headers: dict[str, str], raw: bytes) -> None:
        answer = self.world.http("POST", f"/channels/{self.channel_id}/webhooks", raw, headers=headers)
        assert answer.status in {200, 201}, answer

    def some(self) -> int:
        """The number of an order that something can still happen to."""
        self.done += 1
        alive = self.alive()
        return alive[self.done % len(alive)]

    def alive(self) -> list[int]:
        raise NotImplementedError

    def at(self) -> str:
        """The moment as documents tell it."""
        return self.world.clock().replace(microsecond=0, tzinfo=None).isoformat()

    def sale(self, order_id: int) -> Sale:
        return Sale(order_id="o", external_id=str(order_id), number=str(order_id), currency="EUR", total=0)

    def calmly(self, call: Callable[[], object]) -> None:
        """What staff of the shop do there arrives there, whatever happens to our calls."""
        waiting = list(self.app.faults)
        self.app.faults.clear()
        call()
        self.app.faults.extend(waiting)

    def sell(self) -> None:
        raise NotImplementedError

    def pay(self) -> None:
        raise NotImplementedError

    def move(self) -> None:
        raise NotImplementedError

    def give_back(self) -> None:
        raise NotImplementedError

    def take_out(self) -> None:
        raise NotImplementedError

    def others_send(self) -> None:
        raise NotImplementedError

    def cancel(self) -> None:
        raise NotImplementedError


class ShopifyKeeper(Keeper):
    """What happens in the Shopify shop."""

    app: Shopify

    def alive(self) -> list[int]:
        return [each for each, order in self.app.orders.items() if not order.get("cancelled_at")]

    def sell(self) -> None:
        self.done += 1
        status = ("pending", "authorized", "paid")[self.done % 3]
        order = shops.shopify_order(len(self.app.orders) + 1, GOODS, status=status)
        self.app.sell(order | {"updated_at": f"{self.at()}Z", "presentment_currency": "EUR"})

    def pay(self) -> None:
        order_id = self.some()
        if self.app.orders[order_id]["financial_status"] in {"pending", "authorized"}:
            self.app.moved(order_id, "CAPTURE", Decimal(self.app.orders[order_id]["total_price"]))
            self.app.change(order_id, "orders/paid", financial_status="paid")

    def move(self) -> None:
        address = shops.shopify_order(1, GOODS, buyer=MOVED)["shipping_address"]
        self.app.change(self.some(), shipping_address=address)

    def give_back(self) -> None:
        order_id = self.some()
        if self.app.orders[order_id]["financial_status"] == "paid":
            back = MoneyBack(key=str(self.done), at=self.world.clock(), amount=100)
            self.calmly(lambda: shopify.refund(self.to, self.sale(order_id), back))

    def take_out(self) -> None:
        order_id = self.some()
        line = self.app.orders[order_id]["line_items"][0]
        units = (UnitsOf(external_line_id=str(line["id"]), sku="", quantity=1),)
        gone = Cancelled(key=str(self.done), at=self.world.clock(), lines=units, everything=False)
        self.calmly(lambda: shopify.cancel(self.to, self.sale(order_id), gone))

    def others_send(self) -> None:
        order_id = self.some()
        line = self.app.orders[order_id]["line_items"][1]
        if line["fulfillable_quantity"]:
            self.app.sent(order_id, {line["id"]: 1}, number=f"N{self.done}")

    def cancel(self) -> None:
        order_id = self.some()
        if not self.app.orders[order_id]["fulfillments"]:
            gone = Cancelled(key=str(self.done), at=self.world.clock(), lines=(), everything=True)
            self.calmly(lambda: shopify.cancel(self.to, self.sale(order_id), gone))


class WooKeeper(Keeper):
    """What happens in the WooCommerce shop."""

    app: WooCommerce

    def alive(self) -> list[int]:
        over = {"cancelled", "refunded", "completed"}
        return [each for each, order in self.app.orders.items() if order["status"] not in over]

    def sell(self) -> None:
        self.done += 1
        order = shops.woo_order(len(self.app.orders) + 1, GOODS, status=("pending", "processing")[self.done % 2])
        self.app.sell(order | {"date_modified_gmt": self.at()})

    def pay(self) -> None:
        self.app.change(self.some(), status="processing", date_paid_gmt=self.at())

    def move(self) -> None:
        self.app.change(self.some(), shipping=shops.woo_order(1, GOODS, buyer=MOVED)["shipping"])

    def give_back(self) -> None:
        order_id = self.some()
        if self.app.orders[order_id]["status"] == "processing":
            back = MoneyBack(key=str(self.done), at=self.world.clock(), amount=100)
            self.calmly(lambda: woocommerce.refund(self.to, self.sale(order_id), back))

    def take_out(self) -> None:
        order_id = self.some()
        if self.app.orders[order_id]["status"] == "processing":
            line = self.app.orders[order_id]["line_items"][0]
            units = (UnitsOf(external_line_id=str(line["id"]), sku="", quantity=1),)
            gone = Cancelled(key=str(self.done), at=self.world.clock(), lines=units, everything=False)
            self.calmly(lambda: woocommerce.cancel(self.to, self.sale(order_id), gone))

    def others_send(self) -> None:
        self.app.change(self.some(), status="completed")

    def cancel(self) -> None:
        self.app.change(self.some(), status="cancelled")


def connected(world: World, channel_id: str, platform: Platform) -> None:
    """Set the channel up, with the keys of its API."""
    body: dict[str, Any] = {"platform": platform.value, "name": "Shop", "api_url": URL, "currency": "EUR"}
    assert world.http("PUT", f"/channels/{channel_id}", body, key="setup").status == 201
    world.cloud.client("secretsmanager").create_secret(
        Name=f"{world.template.parameters['Stack']}/channels/{channel_id}",
        SecretString=json.dumps({"webhook_secret": SECRET, **KEYS[platform]}),
    )


@pytest.mark.parametrize("platform", [Platform.SHOPIFY, Platform.WOOCOMMERCE])
@pytest.mark.parametrize("seed", range(20) if FULL else [5])
def test_a_day_in_disorder_ends_as_the_platform_has_it(world: World, platform: Platform, seed: int) -> None:
    world.pumps = [each for each in world.pumps if each.settings.function.stage == "capture"]
    app: Shopify | WooCommerce
    if platform is Platform.SHOPIFY:
        app = Shopify(clock=world.clock, secret=SECRET)
    else:
        app = WooCommerce(clock=world.clock, secret=SECRET)
    with answered_by((URL, app)):
        keeper = (ShopifyKeeper if platform is Platform.SHOPIFY else WooKeeper)(world, app, platform)
        day(world, keeper, seed=seed, steps=60 if FULL else 20)
        assert len(app.orders) > 3
