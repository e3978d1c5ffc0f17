"""A day on Amazon and on eBay in which notices, questions and answers get lost, come late and twice; then all is read.

Whatever came in whatever order, each order ends as the marketplace has it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random
from types import ModuleType

import pytest

from infra.standins.amazon import Amazon
from infra.standins.ebay import Ebay
from infra.standins.wsgi import Fault, StandIn
from oms.channels.amazon import inbound as amazon
from oms.channels.connection import Connection
from oms.channels.ebay import inbound as ebay
from oms.channels.intake import capture
from oms.channels.protocol import WHOLE, read_document
from oms.errors import Unavailable
from oms.ids import order_id
from oms.orders.log import load
from oms.orders.order import Order
from oms.orders.transitions import OrderStatus
from oms.setup import Platform
from tests.support.clock import MONDAY_MORNING
from tests.support.memory_stack import MemoryStack
from tests.support.platforms import Hand, connection
from tests.unit.channels.amazon_payloads import ADDRESS, GERMANY, amazon_item, amazon_order, breakdown
from tests.unit.channels.ebay_payloads import Json, collected, ebay_line, ebay_order, person

FULL = os.environ.get("OMS_FULL") == "1"
DAYS = range(60 if FULL else 2)
ORDERS, STEPS = 4, 40
FAULTS = (Fault.QUESTION_LOST, Fault.ANSWER_LOST, Fault.SERVER_ERROR, Fault.TWICE)


@dataclass
class Day:
    """A marketplace, what it makes known, and what we have of it."""

    app: StandIn
    platform: ModuleType
    channel: Connection
    clock: Hand
    random: Random
    stack: MemoryStack = field(default_factory=MemoryStack)
    kept: list[bytes] = field(default_factory=list)
    """Documents that somebody may still hand in, late."""

    def take(self, raw: bytes) -> None:
        document = read_document(self.platform, WHOLE, raw, self.channel.channel)  # type: ignore[arg-type] - a module is one
        if document is not None:
            capture(self.stack, document, self.stack.caller("day"))

    def fetch(self, name: str) -> None:
        try:
            raw = self.platform.hydrate(self.channel, name)
        except Unavailable:
            return
        if raw is not None:
            self.kept.append(raw)
            if self.random.random() < 0.6:
                self.take(raw)

    def poll(self) -> None:
        """Read all that changed since the morning; a page that does not come ends the look."""
        cursor, more = "", True
        while more:
            try:
                page = self.platform.poll(self.channel, MONDAY_MORNING - timedelta(hours=1), self.clock.at, cursor)
            except Unavailable:
                return
            for listed in page.orders:
                self.take(listed.raw)
            cursor, more = page.cursor, page.more

    def late(self) -> None:
        """A document of before comes now, and again."""
        if self.kept:
            self.take(self.random.choice(self.kept))

    def end(self) -> None:
        """The network is well again, and all is read once more."""
        self.app.faults.clear()
        self.clock.at += timedelta(minutes=10)
        self.poll()

    def order(self, name: str) -> Order:
        return load(self.stack, order_id("c", name))


def live(day: Day, changes: dict[str, Callable[[str], object]], names: list[str]) -> None:
    """Let the marketplace live, and hear of it now and then."""
    for _ in range(STEPS):
        day.clock.at += timedelta(seconds=day.random.randint(1, 600))
        name = day.random.choice(names)
        changes[day.random.choice(sorted(changes))](name)
        if day.random.random() < 0.25:
            day.app.faults.append(day.random.choice(FAULTS))
        for heard in day.random.sample((partial(day.fetch, name), day.late, day.poll), day.random.randint(1, 3)):
            heard()


def connected(platform: Platform, app: Amazon | Ebay, clock: Hand, account: str) -> Connection:
    settings = {"api_url": "https://market.example", "account": account, "currency": "EUR"}
    return connection(platform, app, secret=app.keys, clock=clock, **settings)


@pytest.mark.parametrize("seed", DAYS)
def test_after_a_day_of_losses_each_order_is_as_amazon_has_it(seed: int) -> None:
    clock = Hand(MONDAY_MORNING)
    app = Amazon(clock=clock, page=2)
    day = Day(app, amazon, connected(Platform.AMAZON, app, clock, GERMANY), clock, Random(seed))  # noqa: S311 - a repeatable day
    names = [f"302-{number}" for number in range(ORDERS)]

    def sold(name: str, status: str) -> Json:
        items = [
            amazon_item("1", breakdown("ITEM", "20.00"), breakdown("TAX", "3.80"), quantity=2),
            amazon_item("2", breakdown("ITEM", "5.00"), breakdown("SHIPPING", "4.00")),
        ]
        made = amazon_order(items, "32.80", status, orderId=name)
        return {key: part for key, part in made.items() if key not in {"createdTime", "lastUpdatedTime"}}

    def pending(name: str) -> None:
        if name not in app.orders:
            made = sold(name, "PENDING")
            bare = [{**item, "proceeds": None} for item in made["orderItems"]]
            app.sell({key: part for key, part in made.items() if key != "proceeds"} | {"orderItems": bare})

    def paid(name: str) -> None:
        if name in app.orders and app.orders[name]["fulfillment"]["fulfillmentStatus"] == "PENDING":
            made = sold(name, "UNSHIPPED")
            app.change(name, **{key: made[key] for key in ("orderItems", "fulfillment", "proceeds")})

    def moved(name: str) -> None:
        if name in app.orders:
            address = {**ADDRESS, "addressLine1": f"Neue Straße {day.random.randint(1, 99)}"}
            app.change(name, recipient={"deliveryAddress": address})

    def cancelled(name: str) -> None:
        if name in app.orders and day.random.random() < 0.3:
            app.change(name, fulfillment={**app.orders[name]["fulfillment"], "fulfillmentStatus": "CANCELLED"})

    def item_cancelled(name: str) -> None:
        if name in app.orders and app.orders[name]["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED":
            first, second = app.orders[name]["orderItems"]
            gone = {**second, "cancellation": {"cancellationExecution": {"cancelledBy": "MERCHANT"}}}
            app.change(name, orderItems=[first, gone])

    changes = {"pending": pending, "paid": paid, "moved": moved, "off": cancelled, "item": item_cancelled}
    live(day, changes, names)
    day.end()
    for name, there in app.orders.items():
        status = there["fulfillment"]["fulfillmentStatus"]
        if status == "PENDING":
            assert not day.stack.entries(order_id("c", name))
            continue
        order = day.order(name)
        lines = {line.placed.external_line_id: line.live for line in order.lines.values()}
        over = {item["orderItemId"] for item in there["orderItems"] if item.get("cancellation")}
        kept = {} if status == "CANCELLED" else {"1": 2, **({} if "2" in over else {"2": 1})}
        assert {line: units for line, units in lines.items() if units} == kept
        assert (order.status is OrderStatus.CANCELLED) == (status == "CANCELLED")
        if kept:
            payment = order.payments["channel"]
            assert (order.placed.total, payment.captured) == (3280, 3280)
            assert payment.refunded == (500 if over else 0)
            assert order.contact is not None
            assert order.contact.shipping is not None
            assert order.contact.shipping.line1 == there["recipient"]["deliveryAddress"]["addressLine1"]
        elif order.payments:
            assert order.payments["channel"].refunded == order.payments["channel"].captured


@pytest.mark.parametrize("seed", DAYS)
def test_after_a_day_of_losses_each_order_is_as_ebay_has_it(seed: int) -> None:
    clock = Hand(MONDAY_MORNING)
    app = Ebay(clock=clock, page=2)
    day = Day(app, ebay, connected(Platform.EBAY, app, clock, "EBAY_DE"), clock, Random(seed))  # noqa: S311 - a repeatable day
    names = [f"12-{number}" for number in range(ORDERS)]

    def bought(name: str) -> None:
        if name not in app.orders:
            line = ebay_line("1", "30.00", 3, "5.00", ebayCollectAndRemitTaxes=[collected("7.00")])
            made = ebay_order([line], "35.00", orderId=name, legacyOrderId=name, orderPaymentStatus="PENDING")
            app.sell({key: part for key, part in made.items() if key not in {"creationDate", "lastModifiedDate"}})

    def paid(name: str) -> None:
        if name in app.orders and app.orders[name]["orderPaymentStatus"] == "PENDING":
            app.change(name, orderPaymentStatus="PAID")

    def moved(name: str) -> None:
        if name in app.orders:
            street = f"Neue Gasse {day.random.randint(1, 99)}"
            step = {"shipTo": person("Max Mustermann", street), "shippingServiceCode": "DE_DHLPaket"}
            way = [{"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": step}]
            app.change(name, fulfillmentStartInstructions=way)

    def refunded(name: str) -> None:
        there = app.orders.get(name)
        if there and there["orderPaymentStatus"] == "PAID" and there["cancelStatus"]["cancelState"] != "CANCELED":
            refund = {"refundId": "r", "refundStatus": "PENDING", "amount": {"value": "10.00", "currency": "EUR"}}
            app.change(name, paymentSummary={"refunds": [refund]})

    def cancelled(name: str) -> None:
        if name in app.orders and day.random.random() < 0.3:
            state = {"cancelState": "CANCELED", "cancelRequests": []}
            app.change(name, cancelStatus=state)

    changes = {
        "bought": bought,
        "paid": paid,
        "moved": moved,
        "refunded": refunded,
        "settled": lambda _: app.settle(),
        "off": cancelled,
    }
    live(day, changes, names)
    day.end()
    for name, there in app.orders.items():
        order = day.order(name)
        gone = there["cancelStatus"]["cancelState"] == "CANCELED"
        assert order.placed.total == 4200
        assert (order.status is OrderStatus.CANCELLED) == gone
        assert [line.live for line in order.lines.values()] == [0 if gone else 3]
        has_money = there["orderPaymentStatus"] != "PENDING"
        back = [each for each in there["paymentSummary"]["refunds"] if each["refundStatus"] == "REFUNDED"]
        if has_money and not gone:
            assert order.payments["channel"].captured == 4200
            assert order.payments["channel"].refunded == (1200 if back else 0)
        if not gone:
            assert bool(order.holds) != has_money
            assert order.contact is not None
            assert order.contact.shipping is not None
            step = there["fulfillmentStartInstructions"][0]["shippingStep"]
            assert order.contact.shipping.line1 == step["shipTo"]["contactAddress"]["addressLine1"]
