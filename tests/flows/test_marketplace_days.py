"""Amazon and eBay as channels of a stack: days in disorder that end as the marketplace has them, parcels told back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from infra.standins import amazon_sale, ebay_sale
from infra.standins.amazon import Amazon
from infra.standins.ebay import Ebay
from infra.standins.wsgi import Fault, StandIn
from oms.channels.amazon import inbound as amazon
from oms.channels.ebay import inbound as ebay
from oms.ids import order_id as derive_order_id
from oms.setup import Platform
from tests.support.channel_day import Delivery, day
from tests.support.merchant import Merchant
from tests.support.platforms import answered_by, connection
from tests.support.recorder import Moment
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))

AMAZON, AMAZON_URL, GERMANY = "amazon-de", "https://amazon.example", "A1PA6795UKMFR9"
EBAY, EBAY_URL = "ebay-de", "https://ebay.example"


def connect(world: World, channel: str, app: Amazon | Ebay, **body: Any) -> None:
    settings = {"name": "Shop", "default_language": "de", "credentials": dict(app.keys), **body}
    answer = world.http("PUT", f"/channels/{channel}", settings, key="setup")
    assert answer.status in {200, 201}, answer


def on_amazon(world: World, **settings: Any) -> Amazon:
    app = Amazon(clock=world.clock, page=3)
    body = {"platform": "amazon", "api_url": AMAZON_URL, "account": GERMANY, "currency": "EUR", **settings}
    connect(world, AMAZON, app, **body)
    return app


def on_ebay(world: World, **settings: Any) -> Ebay:
    app = Ebay(clock=world.clock, page=3)
    connect(world, EBAY, app, platform="ebay", api_url=EBAY_URL, account="EBAY_DE", **settings)
    return app


def notify(world: World, notification: Mapping[str, Any]) -> None:
    """What Amazon puts into the seller's queue."""
    client = world.cloud.client("sqs")
    url = client.get_queue_url(QueueName=world.name("NotificationsQueue"))["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody=json.dumps(notification))


class _Keeper:
    """What both keepers have in common: who buys what, and how often."""

    channel_id: str
    app: StandIn

    def __init__(self, world: World) -> None:
        self.world = world
        self.sold = 0
        self.alive: list[str] = []

    def _line(self) -> dict[str, Any]:
        self.sold += 1
        return {"sku": "TEE", "price": "19.90", "quantity": 1 + self.sold % 3, "discount": f"{self.sold % 4}.00"}

    def _some(self) -> str:
        return self.alive[self.sold % len(self.alive)]

    def disturb(self, fault: Fault) -> None:
        """One trouble at a time: a marketplace is asked so seldom that they would pile up into the evening."""
        if not self.app.faults:
            self.app.faults.append(fault)


class AmazonKeeper(_Keeper):
    """What happens on Amazon, which puts a notification of each change into a queue."""

    channel_id = AMAZON

    def __init__(self, world: World, app: Amazon) -> None:
        super().__init__(world)
        self.app: Amazon = app
        self._news: list[Mapping[str, Any]] = []

    def moves(self) -> Sequence[Callable[[], None]]:
        changes = [self._pay, self._cancel, self._item] if self.alive else []
        return [self._sell, self._sell, *changes]

    def _sell(self) -> None:
        name = f"302-{self.sold}"
        made = amazon_sale.sale(
            name, [self._line(), {"sku": "MUG", "price": "9.00", "quantity": 1}], marketplace=GERMANY, tax_percent="19"
        )
        if self.sold % 2:
            made["fulfillment"]["fulfillmentStatus"] = "PENDING"
            del made["proceeds"]
        self.alive.append(name)
        self._news.append(self.app.sell(made))

    def _pay(self) -> None:
        there = self.app.orders[some := self._some()]
        if there["fulfillment"]["fulfillmentStatus"] == "PENDING":
            items = (item["proceeds"]["proceedsTotal"]["amount"] for item in there["orderItems"])
            total = f"{sum(round(100 * float(each)) for each in items) / 100:.2f}"
            paid = {**there["fulfillment"], "fulfillmentStatus": "UNSHIPPED"}
            proceeds = {"grandTotal": {"amount": total, "currencyCode": "EUR"}}
            self._news.append(self.app.change(some, fulfillment=paid, proceeds=proceeds))

    def _cancel(self) -> None:
        self.alive.remove(some := self._some())
        over = {**self.app.orders[some]["fulfillment"], "fulfillmentStatus": "CANCELLED"}
        self._news.append(self.app.change(some, fulfillment=over))

    def _item(self) -> None:
        some = self._some()
        first, second = self.app.orders[some]["orderItems"]
        off = {**second, "cancellation": {"cancellationExecution": {"cancelledBy": "MERCHANT"}}}
        self._news.append(self.app.change(some, orderItems=[first, off]))

    def deliveries(self) -> list[Delivery]:
        news, self._news = self._news, []
        return [lambda each=each: notify(self.world, each) for each in news]  # type: ignore[misc]

    def documents(self) -> dict[str, bytes]:
        self.app.faults.clear()
        to = connection(
            Platform.AMAZON, self.app, secret=self.app.keys, clock=self.world.clock, api_url=AMAZON_URL, account=GERMANY
        )
        return {name: amazon.hydrate(to, name) or b"" for name in self.app.orders}


class EbayKeeper(_Keeper):
    """What happens on eBay, which tells nothing."""

    channel_id = EBAY

    def __init__(self, world: World, app: Ebay) -> None:
        super().__init__(world)
        self.app: Ebay = app

    def moves(self) -> Sequence[Callable[[], None]]:
        changes = [self._pay, self._cancel, self._give_back, self.app.settle] if self.alive else []
        return [self._sell, self._sell, *changes]

    def _sell(self) -> None:
        name = f"12-{self.sold}"
        status = {"orderPaymentStatus": "PENDING"} if self.sold % 2 else {}
        self.alive.append(name)
        self.app.sell(ebay_sale.sale(name, [self._line()], shipping="4.90", tax_percent="19", **status))

    def _pay(self) -> None:
        some = self._some()
        if self.app.orders[some]["orderPaymentStatus"] == "PENDING":
            self.app.change(some, orderPaymentStatus="PAID")

    def _cancel(self) -> None:
        self.alive.remove(some := self._some())
        self.app.change(some, cancelStatus={"cancelState": "CANCELED", "cancelRequests": []})

    def _give_back(self) -> None:
        some = self._some()
        if self.app.orders[some]["orderPaymentStatus"] == "PAID":
            refund = {"refundId": "r", "refundStatus": "PENDING", "amount": {"value": "5.00", "currency": "EUR"}}
            self.app.change(some, paymentSummary={"refunds": [refund]})

    def deliveries(self) -> list[Delivery]:
        return []

    def documents(self) -> dict[str, bytes]:
        self.app.faults.clear()
        to = connection(Platform.EBAY, self.app, secret=self.app.keys, clock=self.world.clock, api_url=EBAY_URL)
        return {name: ebay.hydrate(to, name) or b"" for name in self.app.orders}


@pytest.mark.parametrize("seed", range(20) if FULL else [5])
def test_a_day_of_amazon_in_disorder_ends_as_amazon_has_it(world: World, seed: int) -> None:
    world.pumps = [each for each in world.pumps if each.settings.function.stage in {"capture", "insight"}]
    app = on_amazon(world)
    with answered_by((AMAZON_URL, app)):
        keeper = AmazonKeeper(world, app)
        day(world, keeper, seed=seed, steps=60 if FULL else 16)
        assert keeper.sold > 5


@pytest.mark.parametrize("seed", range(20) if FULL else [5])
def test_a_day_of_ebay_in_disorder_ends_as_ebay_has_it(world: World, seed: int) -> None:
    world.pumps = [each for each in world.pumps if each.settings.function.stage in {"capture", "insight"}]
    app = on_ebay(world)
    with answered_by((EBAY_URL, app)):
        keeper = EbayKeeper(world, app)
        day(world, keeper, seed=seed, steps=60 if FULL else 16)
        assert keeper.sold > 5


def test_what_marketplaces_sold_is_shipped_and_told_back_to_each(merchant: Merchant, world: World) -> None:
    market = on_amazon(world, updates=["shipments"])
    auction = on_ebay(world, updates=["shipments"])
    with answered_by((AMAZON_URL, market), (EBAY_URL, auction)):
        told = market.sell(
            amazon_sale.sale("302-1", [{"sku": "TEE", "price": "19.90", "quantity": 2}], marketplace=GERMANY)
        )
        auction.sell(ebay_sale.sale("12-1", [{"sku": "MUG", "price": "9.00", "quantity": 1}], tax_percent="19"))
        notify(world, told)
        world.clock.wait(300)
        world.runtime.invoke(world.functions["CaptureClock"], {})
        world.settle()
        for channel, name in ((AMAZON, "302-1"), (EBAY, "12-1")):
            merchant.ship(derive_order_id(channel, name))
    numbers = [
        merchant.order(derive_order_id(channel, name))["parcels"][0]["tracking_number"]
        for channel, name in ((AMAZON, "302-1"), (EBAY, "12-1"))
    ]
    assert [package["trackingNumber"] for package in market.packages["302-1"].values()] == numbers[:1]
    assert [parcel["shipmentTrackingNumber"] for parcel in auction.fulfillments["12-1"]] == numbers[1:]
    assert market.orders["302-1"]["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert auction.orders["12-1"]["orderFulfillmentStatus"] == "FULFILLED"


def test_what_is_cancelled_here_amazon_hears_by_feeds_and_money_goes_back_once(
    merchant: Merchant, world: World
) -> None:
    market = on_amazon(world, updates=["cancellations", "refunds"])
    lines = [{"sku": "TEE", "price": "19.90", "quantity": 2}, {"sku": "MUG", "price": "9.00", "quantity": 1}]
    orders = {name: derive_order_id(AMAZON, name) for name in ("302-1", "302-2")}
    with answered_by((AMAZON_URL, market)):
        for name in orders:
            notify(world, market.sell(amazon_sale.sale(name, lines, marketplace=GERMANY, tax_percent="19")))
        world.settle()
        assert merchant.post(f"/orders/{orders['302-1']}/cancel", {}, key="orders:write").status == 200
        wish = {"lines": [{"line_id": "1", "quantity": 1}]}
        assert merchant.post(f"/orders/{orders['302-2']}/cancel", wish, key="orders:write").status == 200
        for _ in range(3):
            world.settle()
            world.clock.wait(61)
            world.runtime.invoke(world.functions["NotifySweep"], {"source": "aws.events"})
        world.settle()
        assert market.cancellations == ["302-1"], "which then costs nothing: nothing is given back beside"
        (back,) = market.refunds
        assert (back["orderId"], back["cancelled"]) == ("302-2", 1)
        assert back["amounts"] == {"Principal": "19.90", "Tax": "3.78"}
        shown = {name: merchant.order(order_id) for name, order_id in orders.items()}
        assert [each["kind"] for each in shown["302-1"]["channel_told"]] == ["cancellation", "refund"]
        assert [each["kind"] for each in shown["302-2"]["channel_told"]] == ["cancellation", "refund"]
        assert shown["302-1"]["payment"]["refunded_amount"] == shown["302-1"]["total"]
        assert shown["302-2"]["payment"]["refunded_amount"]["amount"] == 2368
        assert not [item for item in world.items("OutboxTable") if item["pk"].startswith("update#")]


def test_whoever_dies_while_amazon_is_told_of_a_refund_makes_none_twice(merchant: Merchant, world: World) -> None:
    """After each call of who tells it, which is before the next; in the short form after every sixth."""
    world.failures_expected = True
    market = on_amazon(world, updates=["cancellations", "refunds"])
    lines = [{"sku": "TEE", "price": "19.90", "quantity": 2}]

    def lives(name: str, die: int | None = None) -> None:
        notify(world, market.sell(amazon_sale.sale(name, lines, marketplace=GERMANY)))
        world.settle()
        world.runtime.forget()
        world.recorder.clear()
        if die is not None:
            world.recorder.die_at(die, Moment.AFTER)
        wish = {"lines": [{"line_id": "1", "quantity": 1}]}
        assert merchant.post(f"/orders/{derive_order_id(AMAZON, name)}/cancel", wish, key="orders:write").status == 200
        world.settle()
        assert not world.recorder.death_is_due
        world.clock.wait(180)  # nobody else's refund may be taken for this one

    with answered_by((AMAZON_URL, market)):
        lives("302-0")
        mine = [place for place, call in enumerate(world.recorder.calls) if call.function == "NotifyTell"]
        points = mine if FULL else mine[1::6]
        for number, place in enumerate(points, 1):
            lives(f"302-{number}", place)
        for _ in range(9):
            world.clock.wait(100)
            world.runtime.invoke(world.functions["NotifySweep"], {"source": "aws.events"})
            world.settle()
        market.work_off()
    assert sorted(each["orderId"] for each in market.refunds) == sorted(
        f"302-{number}" for number in range(len(points) + 1)
    )
    left = [item for item in world.items("OutboxTable") if item["pk"].startswith("update#")]
    assert all("whether Amazon took the refund is not known" in item["problem"] for item in left)
    assert len(left) <= 1, "who dies between the call and its record: a person looks"
