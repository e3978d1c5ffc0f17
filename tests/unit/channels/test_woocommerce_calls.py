"""WooCommerce as it is asked and told: against its stand-in, with everything that can happen to a call on its way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from infra.standins.woocommerce import WooCommerce
from infra.standins.wsgi import Fault, Limit
from oms.channels.connection import Connection
from oms.channels.document import ChannelDocument
from oms.channels.outbound import Cancelled, MoneyBack, Sale, Shipped, StockAnswer, StockLevel, ToldPlatform, UnitsOf
from oms.channels.protocol import WHOLE
from oms.channels.woocommerce import inbound, outbound
from oms.channels.woocommerce.shipping import TRACKING
from oms.clock import from_text
from oms.errors import Refused, Throttled, Unavailable
from oms.setup import ChannelUpdate, Platform
from tests.support.insisting import calls_of, insist, mishaps
from tests.support.platforms import Hand, connection
from tests.unit.channels.payloads import Json, woo_line, woo_order

START = from_text("2026-03-02T09:00:00Z")
ORDER, CUP, JUG = 4711, 1, 2


@dataclass
class Shop:
    """A shop with one order of three cups and a jug, and the channel that it is."""

    app: WooCommerce
    hand: Hand
    to: Connection

    sale = Sale(order_id="o1", external_id=str(ORDER), number="WS-4711", currency="EUR", total=4500)

    @property
    def order(self) -> Json:
        return self.app.orders[ORDER]

    def meta(self, key: str) -> Any:
        return next((each["value"] for each in self.order["meta_data"] if each["key"] == key), None)

    def read(self) -> ChannelDocument:
        raw = inbound.hydrate(self.to, str(ORDER))
        assert raw is not None
        document = inbound.parse(WHOLE, raw, self.to.channel)
        assert document is not None
        return document


def sold(status: str = "processing", **settings: Any) -> Shop:
    hand = Hand(START)
    app = WooCommerce(clock=hand, secret="s3cret", **settings)
    lines = [woo_line(CUP, "30.00", quantity=3), woo_line(JUG, "15.00")]
    app.sell(woo_order(lines, "45.00", status=status, date_modified_gmt="2026-03-02T09:00:00"))
    secret = {"consumer_key": "ck_key", "consumer_secret": "cs_secret"}
    to = connection(Platform.WOOCOMMERCE, app, secret=secret, clock=hand, api_url="https://shop.example")
    return Shop(app, hand, to)


def units(cups: int = 0, jugs: int = 0) -> tuple[UnitsOf, ...]:
    both = ((CUP, cups), (JUG, jugs))
    return tuple(UnitsOf(external_line_id=str(line), sku="", quantity=count) for line, count in both if count)


def parcel(cups: int = 0, jugs: int = 0, key: str = "o1-1", number: str = "7712") -> Shipped:
    return Shipped(
        key=key,
        at=START,
        lines=units(cups, jugs),
        carrier="gls",
        service="",
        tracking_number=number,
        tracking_url="https://track.example/7712",
    )


def gone(cups: int = 0, jugs: int = 0, *, everything: bool = False, key: str = "k") -> Cancelled:
    return Cancelled(key=key, at=START, lines=units(cups, jugs), everything=everything)


def test_the_module_is_all_that_a_platform_is_asked_to_be() -> None:
    told: ToldPlatform = outbound
    assert frozenset(ChannelUpdate) == told.TAKES


def test_parcels_stand_where_the_plug_ins_look_and_the_last_one_completes_the_order() -> None:
    shop = sold()
    outbound.confirm_shipment(shop.to, shop.sale, parcel(2))
    assert shop.order["status"] == "processing"
    outbound.cancel(shop.to, shop.sale, gone(1))
    outbound.confirm_shipment(shop.to, shop.sale, parcel(jugs=1, key="o1-2", number=""))
    assert shop.order["status"] == "completed"
    (item,) = shop.meta(TRACKING)
    assert (item["custom_tracking_provider"], item["tracking_number"]) == ("gls", "7712")
    assert (item["custom_tracking_link"], item["date_shipped"]) == ("https://track.example/7712", "1772442000")
    assert item["products_list"] == [{"item_id": "1", "qty": "2"}]
    assert shop.read().sent == {"1": 3, "2": 1}


def test_what_staff_tracked_by_hand_is_kept() -> None:
    shop = sold()
    by_hand = {"tracking_id": "abc", "tracking_number": "1"}
    shop.order["meta_data"] = [{"id": 5, "key": TRACKING, "value": [by_hand]}]
    outbound.confirm_shipment(shop.to, shop.sale, parcel(3, 1))
    assert [each["tracking_number"] for each in shop.meta(TRACKING)] == ["1", "7712"]


def test_an_order_is_cancelled_unless_it_is_over() -> None:
    shop = sold()
    outbound.cancel(shop.to, shop.sale, gone(everything=True))
    assert (shop.order["status"], shop.read().gone) == ("cancelled", True)
    assert outbound.cancel(shop.to, shop.sale, gone(everything=True)) == ""
    with pytest.raises(Refused, match="is completed in the channel"):
        outbound.cancel(sold("completed").to, shop.sale, gone(everything=True))


def test_units_of_a_paid_order_are_refunded_without_money_and_the_money_by_itself() -> None:
    shop = sold()
    outbound.cancel(shop.to, shop.sale, gone(2))
    (made,) = shop.app.refunds[ORDER]
    assert (made["amount"], made["line_items"]) == ("0.00", [{"id": 1, "quantity": -2}])
    assert (shop.read().given_back, shop.order["line_items"][0]["quantity"]) == (0, 3)
    back = MoneyBack(key="o1-r1", at=START, amount=2000, note="two cups")
    assert outbound.refund(shop.to, shop.sale, back) == str(shop.app.refunds[ORDER][1]["id"])
    assert (shop.read().given_back, shop.app.refunds[ORDER][1]["reason"]) == (2000, "two cups [o1-r1]")


def test_the_lines_of_an_order_that_nobody_paid_yet_shrink() -> None:
    shop = sold("on-hold")
    outbound.cancel(shop.to, shop.sale, gone(2))
    document = shop.read()
    assert [(line.quantity, line.net) for line in document.placed.lines] == [(1, 1000), (1, 1500)]
    assert (document.placed.total, shop.app.refunds[ORDER]) == (2500, [])


def test_a_gateway_that_gives_nothing_back_is_for_a_person() -> None:
    shop = sold(gateway_refunds=False)
    with pytest.raises(Refused, match="does not support automatic refunds"):
        outbound.refund(shop.to, shop.sale, MoneyBack(key="k", at=START, amount=1))


def test_more_than_is_left_is_refused() -> None:
    shop = sold()
    with pytest.raises(Refused, match="Invalid refund amount"):
        outbound.refund(shop.to, shop.sale, MoneyBack(key="k", at=START, amount=4501))


def test_a_refund_of_money_that_arrived_twice_is_told_to_a_person() -> None:
    shop = sold()
    shop.app.faults.extend([None, Fault.TWICE])
    back = MoneyBack(key="k", at=START, amount=100)
    for _ in range(2):
        with pytest.raises(Refused, match="was refunded 2 times"):
            outbound.refund(shop.to, shop.sale, back)
    assert len(shop.app.refunds[ORDER]) == 2


def test_levels_of_products_and_variations_are_set_and_one_that_is_unknown_stops_no_other() -> None:
    shop = sold()
    shop.app.stock_of("RED", parent=shop.app.stock_of("SHIRT"))
    levels = [StockLevel(sku=sku, available=n) for sku, n in (("TAZZA-1", 7), ("NONE", 1), ("RED", 0), ("A,B", 2))]
    assert outbound.set_stock(shop.to, levels) == [
        StockAnswer(sku="TAZZA-1"),
        StockAnswer(sku="NONE", problem="the shop has no product with this sku"),
        StockAnswer(sku="RED"),
        StockAnswer(sku="A,B", problem="a sku with a comma cannot be asked for"),
    ]
    held = {each["sku"]: each["stock_quantity"] for each in shop.app.products.values() if each["manage_stock"]}
    assert held == {"TAZZA-1": 7, "RED": 0}


CALLS: list[tuple[str, Callable[[Shop], object], Callable[[Shop], object]]] = [
    (
        "parcel",
        lambda shop: outbound.confirm_shipment(shop.to, shop.sale, parcel(3, 1)),
        lambda shop: (shop.order["status"], len(shop.meta(TRACKING))),
    ),
    (
        "whole cancellation",
        lambda shop: outbound.cancel(shop.to, shop.sale, gone(everything=True)),
        lambda shop: shop.order["status"],
    ),
    (
        "units cancelled",
        lambda shop: outbound.cancel(shop.to, shop.sale, gone(2)),
        lambda shop: [each["line_items"] for each in shop.app.refunds[ORDER]],
    ),
    (
        "refund",
        lambda shop: outbound.refund(shop.to, shop.sale, MoneyBack(key="k", at=START, amount=1234)),
        lambda shop: [each["amount"] for each in shop.app.refunds[ORDER]],
    ),
    (
        "stock",
        lambda shop: outbound.set_stock(shop.to, [StockLevel(sku="TAZZA-1", available=3)]),
        lambda shop: [each["stock_quantity"] for each in shop.app.products.values()],
    ),
]


@pytest.mark.parametrize(("name", "call", "effect"), CALLS, ids=[each[0] for each in CALLS])
def test_whatever_happens_to_its_calls_each_thing_is_done_once(
    name: str, call: Callable[[Shop], object], effect: Callable[[Shop], object]
) -> None:
    undisturbed = sold()
    count = calls_of(undisturbed.app, lambda: call(undisturbed))
    for faults in mishaps(count):
        if name == "refund" and faults == [None, Fault.TWICE]:
            continue  # WooCommerce cannot tell: see the test of its own.
        shop = sold()
        shop.app.faults.extend(faults)
        insist(shop.hand, lambda shop=shop: call(shop))  # type: ignore[misc]
        assert effect(shop) == effect(undisturbed), faults
        call(shop)
        assert effect(shop) == effect(undisturbed), faults


def test_too_many_calls_trouble_and_wrong_keys_are_told_apart() -> None:
    shop = sold(limit=Limit(calls=1, seconds=30))
    shop.read()
    with pytest.raises(Throttled) as throttled:
        shop.read()
    assert throttled.value.seconds == 30
    shop = sold()
    shop.app.faults.append(Fault.SERVER_ERROR)
    with pytest.raises(Unavailable):
        shop.read()
    with pytest.raises(Refused, match="does not let us in"):
        inbound.hydrate(replace(shop.to, secret={}), str(ORDER))


def test_pages_hold_each_changed_order_once_the_longest_ago_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oms.channels.woocommerce.fetching.PAGE", 2)
    shop = sold()
    for number in range(1, 6):
        at = f"2026-03-02T09:0{number}:00"
        shop.app.sell(woo_order([woo_line(1, "1.00")], "1.00", id=number, date_modified_gmt=at))
    found, cursor, pages = [], "", 0
    while True:
        page = inbound.poll(shop.to, START + timedelta(minutes=1), START + timedelta(minutes=4), cursor)
        found += [(each.external_id, each.changed_at) for each in page.orders]
        cursor, pages = page.cursor, pages + 1
        if not page.more:
            break
    assert ([external_id for external_id, _ in found], pages) == (["1", "2", "3", "4"], 2)
    assert found[0][1] == "2026-03-02T09:01:00"


def test_an_order_is_the_same_whether_it_is_sent_fetched_or_listed() -> None:
    shop = sold()
    _, raw = shop.app.hooks[0]
    listed = inbound.poll(shop.to, START, START, "").orders[0].raw
    assert json.loads(raw) == json.loads(inbound.hydrate(shop.to, str(ORDER)) or b"") == json.loads(listed)
    sent = inbound.parse("order.created", raw, shop.to.channel)
    assert sent is not None
    assert sent.placed == shop.read().placed
    assert inbound.hydrate(shop.to, "5") is None


def test_webhooks_are_signed_and_one_in_the_trash_is_told_by_its_number() -> None:
    shop = sold()
    shop.app.trash(ORDER)
    for headers, raw in shop.app.hooks:
        assert inbound.verify(raw, headers, "s3cret")
    headers, raw = shop.app.hooks[-1]
    assert inbound.deleted(inbound.topic(headers), raw) == str(ORDER)
    assert inbound.deleted("order.updated", raw) == inbound.reference(inbound.topic(headers), raw) == ""
    assert inbound.parse(inbound.topic(headers), raw, shop.to.channel) is None
    assert shop.read().gone
