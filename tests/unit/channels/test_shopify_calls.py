"""Shopify as it is asked and told: against its stand-in, with everything that can happen to a call on its way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from infra.standins.shopify import LEAKY, Shopify
from infra.standins.shopify_graphql import MOST, Bucket, cost, execute
from oms.channels.connection import Connection
from oms.channels.document import ChannelDocument
from oms.channels.outbound import Cancelled, MoneyBack, Sale, Shipped, StockAnswer, StockLevel, ToldPlatform, UnitsOf
from oms.channels.protocol import WHOLE
from oms.channels.shopify import api, inbound, outbound, refunding, shipping, stocking
from oms.clock import from_text
from oms.errors import Refused, Throttled, Unavailable
from oms.orders.reasons import CancellationReason
from oms.setup import ChannelUpdate, Platform
from tests.support.insisting import calls_of, insist, mishaps
from tests.support.platforms import Hand, connection
from tests.unit.channels.payloads import Json, shopify_line, shopify_order

START = from_text("2026-03-02T09:00:00Z")
ORDER = 820982911946154508
MUG, PAN = 1, 2


@dataclass
class Shop:
    """A shop with one paid order of five mugs and a pan, and the channel that it is."""

    app: Shopify
    hand: Hand
    to: Connection

    sale = Sale(order_id="o1", external_id=str(ORDER), number="#9999", currency="EUR", total=8990)

    @property
    def order(self) -> Json:
        return self.app.orders[ORDER]

    def left(self) -> list[int]:
        return [line["current_quantity"] for line in self.order["line_items"]]

    def read(self) -> ChannelDocument:
        raw = inbound.hydrate(self.to, str(ORDER))
        assert raw is not None
        document = inbound.parse(WHOLE, raw, self.to.channel)
        assert document is not None
        return document


def sold(lines: list[Json] | None = None, **settings: Any) -> Shop:
    hand = Hand(START)
    app = Shopify(
        clock=hand, secret="s3cret", **{k: settings.pop(k) for k in ("limit", "bucket", "locations") if k in settings}
    )
    pair = [shopify_line(MUG, "10.00", 5), shopify_line(PAN, "39.90")]
    at = START.isoformat()
    app.sell(shopify_order(lines or pair, "89.90", presentment_currency="EUR", updated_at=at))
    secret = {"access_token": "shpat_token"}
    to = connection(
        Platform.SHOPIFY, app, secret=secret, clock=hand, api_url="https://shop.myshopify.example", **settings
    )
    return Shop(app, hand, to)


def units(mugs: int = 0, pans: int = 0, amount: int = 0) -> tuple[UnitsOf, ...]:
    both = ((MUG, mugs), (PAN, pans))
    return tuple(
        UnitsOf(external_line_id=str(line), sku=f"CUP-{line}", quantity=n, amount=amount) for line, n in both if n
    )


def parcel(mugs: int = 0, pans: int = 0, key: str = "o1-1", number: str | None = None) -> Shipped:
    return Shipped(
        key=key,
        at=START,
        lines=units(mugs, pans),
        carrier="dhl_express",
        service="Worldwide",
        tracking_number=f"77{key}" if number is None else number,
        tracking_url="https://track.example/77",
    )


def gone(lines: tuple[UnitsOf, ...], *, everything: bool = False) -> Cancelled:
    return Cancelled(key="k", at=START, lines=lines, everything=everything)


def test_the_module_is_all_that_a_platform_is_asked_to_be() -> None:
    told: ToldPlatform = outbound
    assert frozenset(ChannelUpdate) == told.TAKES


def test_a_parcel_arrives_with_carrier_number_and_units_and_customers_are_not_written_to() -> None:
    shop = sold()
    assert outbound.confirm_shipment(shop.to, shop.sale, parcel(2, 1)) == str(shop.order["fulfillments"][0]["id"])
    (made,) = shop.order["fulfillments"]
    assert (made["tracking_company"], made["tracking_number"]) == ("DHL Express", "77o1-1")
    assert made["line_items"] == [{"id": MUG, "quantity": 2}, {"id": PAN, "quantity": 1}]
    outbound.confirm_shipment(shop.to, shop.sale, parcel(3, key="o1-2"))
    assert (shop.order["fulfillment_status"], len(shop.order["fulfillments"])) == ("fulfilled", 2)


def test_a_parcel_that_goes_beyond_what_can_be_sent_is_for_a_person() -> None:
    shop = sold()
    shop.app.sent(ORDER, {MUG: 4}, number="of somebody else")
    with pytest.raises(Refused, match="no open fulfillment order for 1 units"):
        outbound.confirm_shipment(shop.to, shop.sale, parcel(2))


def test_of_a_parcel_without_a_number_what_is_not_told_yet_is_told() -> None:
    shop = sold()
    handed = parcel(5, 1, number="")
    outbound.confirm_shipment(shop.to, shop.sale, handed)
    assert outbound.confirm_shipment(shop.to, shop.sale, handed) == ""
    assert [made["tracking_number"] for made in shop.order["fulfillments"]] == [None]


def test_lines_and_fulfillments_beyond_a_page_are_found() -> None:
    lines = [shopify_line(number, "1.00") for number in range(1, 131)]
    shop = sold(lines)
    every = tuple(UnitsOf(external_line_id=str(number), sku="", quantity=1) for number in range(1, 131))
    told = replace(parcel(), lines=every)
    assert outbound.confirm_shipment(shop.to, shop.sale, told) == outbound.confirm_shipment(shop.to, shop.sale, told)
    assert [len(made["line_items"]) for made in shop.order["fulfillments"]] == [130]


def test_an_order_is_cancelled_without_moving_money_and_says_why() -> None:
    shop = sold()
    gone = Cancelled(key="o1-c", at=START, lines=units(5, 1), everything=True, code=CancellationReason.UNFILLABLE)
    outbound.cancel(shop.to, shop.sale, gone)
    assert (shop.order["cancel_reason"], shop.order["refunds"]) == ("inventory", [])
    assert outbound.cancel(shop.to, shop.sale, gone) == ""
    assert shop.read().gone


def test_an_order_that_somebody_sent_is_not_cancelled_there() -> None:
    shop = sold()
    shop.app.sent(ORDER, {MUG: 1})
    with pytest.raises(Refused, match="Cannot cancel an order with fulfillments"):
        outbound.cancel(shop.to, shop.sale, Cancelled(key="c", at=START, lines=(), everything=True))


def test_units_are_taken_out_without_money_and_only_those_that_are_still_to_be_sent() -> None:
    shop = sold()
    shop.app.sent(ORDER, {MUG: 4})
    outbound.cancel(shop.to, shop.sale, Cancelled(key="o1-c", at=START, lines=units(3, 1), everything=False))
    assert shop.left() == [4, 0]
    assert shop.order["refunds"][0]["transactions"] == []
    assert (shop.read().cancelled, shop.read().given_back) == ({"1": 1, "2": 1}, 0)


def test_money_goes_back_over_what_was_taken_and_no_unit_leaves_the_order() -> None:
    shop = sold()
    back = MoneyBack(key="o1-r1", at=START, amount=1500, lines=units(1, amount=1000), note="damaged")
    assert outbound.refund(shop.to, shop.sale, back) == str(shop.order["refunds"][0]["id"])
    assert shop.order["refunds"][0]["note"] == "damaged [o1-r1]"
    assert (shop.read().given_back, shop.left()) == (1500, [5, 1])
    outbound.refund(shop.to, shop.sale, replace(back, key="o1-r2", amount=7490))
    assert (shop.order["financial_status"], shop.read().given_back) == ("refunded", 8990)
    with pytest.raises(Refused, match="not so much money left"):
        outbound.refund(shop.to, shop.sale, replace(back, key="o1-r3", amount=1))


def test_money_that_was_paid_in_another_currency_is_left_to_a_person() -> None:
    shop = sold()
    shop.order["presentment_currency"] = "USD"
    with pytest.raises(Refused, match="another currency"):
        outbound.refund(shop.to, shop.sale, MoneyBack(key="k", at=START, amount=1))


def test_levels_are_set_as_they_are_and_one_that_is_unknown_stops_no_other() -> None:
    shop = sold()
    levels = [StockLevel(sku=sku, available=count) for sku, count in (("CUP-1", 7), ("NONE", 1), ("CUP-2", 0))]
    problem = StockAnswer(sku="NONE", problem="the shop has no variant with this sku")
    assert outbound.set_stock(shop.to, levels) == [StockAnswer(sku="CUP-1"), problem, StockAnswer(sku="CUP-2")]
    assert sorted(shop.app.stock.values()) == [0, 7]
    calls = len(shop.app.calls)
    for available in (9, 7):
        shop.hand.at += timedelta(seconds=1)
        outbound.set_stock(shop.to, [replace(levels[0], available=available)])
    assert (sorted(shop.app.stock.values()), len(shop.app.calls) - calls) == ([0, 7], 2)


def test_an_item_that_is_gone_is_found_anew() -> None:
    shop = sold()
    level = StockLevel(sku="CUP-1", available=7)
    outbound.set_stock(shop.to, [level])
    (number,) = [each for each, sku in shop.app.items.items() if sku == "CUP-1"]
    shop.app.items[number + 500] = shop.app.items.pop(number)
    shop.hand.at += timedelta(seconds=1)
    assert "could not be found" in outbound.set_stock(shop.to, [level])[0].problem
    assert outbound.set_stock(shop.to, [level]) == [StockAnswer(sku="CUP-1")]
    assert shop.app.stock[number + 500, 1] == 7


def test_a_shop_with_several_places_has_to_say_which() -> None:
    level = StockLevel(sku="CUP-1", available=7)
    assert "stock_location" in outbound.set_stock(sold(locations=(1, 2)).to, [level])[0].problem
    shop = sold(locations=(1, 2), stock_location="2")
    outbound.set_stock(shop.to, [level])
    assert [place for _, place in shop.app.stock] == [2]


CALLS: list[tuple[str, Callable[[Shop], object], Callable[[Shop], object]]] = [
    (
        "parcel",
        lambda shop: outbound.confirm_shipment(shop.to, shop.sale, parcel(2, 1)),
        lambda shop: [each["line_items"] for each in shop.order["fulfillments"] if each["status"] == "success"],
    ),
    (
        "whole cancellation",
        lambda shop: outbound.cancel(
            shop.to, shop.sale, Cancelled(key="k", at=START, lines=units(5, 1), everything=True)
        ),
        lambda shop: (bool(shop.order["cancelled_at"]), shop.order["refunds"]),
    ),
    (
        "units cancelled",
        lambda shop: outbound.cancel(
            shop.to, shop.sale, Cancelled(key="k", at=START, lines=units(2), everything=False)
        ),
        lambda shop: (shop.left(), len(shop.order["refunds"])),
    ),
    (
        "refund",
        lambda shop: outbound.refund(shop.to, shop.sale, MoneyBack(key="k", at=START, amount=1234)),
        lambda shop: ([str(each["amount"]) for each in shop.app.transactions[ORDER]], len(shop.order["refunds"])),
    ),
    (
        "stock",
        lambda shop: outbound.set_stock(shop.to, [StockLevel(sku="CUP-1", available=3)]),
        lambda shop: sorted(shop.app.stock.values()),
    ),
]


@pytest.mark.parametrize(("call", "effect"), [each[1:] for each in CALLS], ids=[each[0] for each in CALLS])
def test_whatever_happens_to_its_calls_each_thing_is_done_once(
    call: Callable[[Shop], object], effect: Callable[[Shop], object]
) -> None:
    undisturbed = sold()
    count = calls_of(undisturbed.app, lambda: call(undisturbed))
    for faults in mishaps(count):
        shop = sold()
        shop.app.faults.extend(faults)
        insist(shop.hand, lambda shop=shop: call(shop))  # type: ignore[misc]
        assert effect(shop) == effect(undisturbed), faults
        call(shop)
        assert effect(shop) == effect(undisturbed), faults


def test_an_empty_bucket_says_how_long_it_takes_to_fill() -> None:
    needed = cost(refunding.REFUNDS)
    shop = sold(bucket=Bucket(size=1000, restored=10, left=needed - 20))
    with pytest.raises(Throttled) as throttled:
        outbound.refund(shop.to, shop.sale, MoneyBack(key="k", at=START, amount=100))
    assert throttled.value.seconds == 2.0
    shop.hand.at += timedelta(seconds=4)
    outbound.refund(shop.to, shop.sale, MoneyBack(key="k", at=START, amount=100))
    assert len(shop.order["refunds"]) == 1


def test_no_query_costs_more_than_shopify_lets_one_cost() -> None:
    queries = [
        text
        for module in (outbound, refunding, shipping, stocking)
        for name, text in vars(module).items()
        if name.isupper() and isinstance(text, str) and text.strip().startswith(("query", "mutation"))
    ]
    assert len(queries) >= 10
    assert {text: cost(text) for text in queries if cost(text) > MOST} == {}
    with pytest.raises(Refused, match="exceeds the single query max cost"):
        api.ask(sold().to, "query Q { locations(first: 5000) { nodes { id } } }", {})


def test_the_rest_form_says_when_its_bucket_has_room() -> None:
    shop = sold(limit=LEAKY)
    for _ in range(LEAKY.calls):
        shop.read()
    with pytest.raises(Throttled) as throttled:
        shop.read()
    assert throttled.value.seconds == 20.0


def test_a_wrong_token_and_a_query_that_shopify_does_not_know_are_refused() -> None:
    shop = sold()
    with pytest.raises(Refused, match="does not let us in"):
        inbound.hydrate(replace(shop.to, secret={}), str(ORDER))
    with pytest.raises(Refused, match="Cannot query field 'nonsense'"):
        api.ask(shop.to, "query Q { nonsense }", {})


@pytest.mark.parametrize(
    ("code", "error"), [("ACCESS_DENIED", Refused), ("INTERNAL_SERVER_ERROR", Unavailable), ("THROTTLED", Throttled)]
)
def test_errors_of_graphql_are_ours(code: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    shop = sold()
    said = {"errors": [{"message": "no", "extensions": {"code": code}}]}
    monkeypatch.setattr("infra.standins.shopify.execute", lambda *_: said)
    with pytest.raises(error):
        api.ask(shop.to, shipping.FULFILLMENTS, {})


def test_money_and_stock_need_the_key_that_shopify_asks_for() -> None:
    naked = "mutation M($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) { userErrors { code } } }"
    variables = {"i": {"name": "available", "reason": "correction", "quantities": []}}
    said = execute(sold().app, {"query": naked, "variables": variables})
    assert "idempotent" in said["errors"][0]["message"]


def test_pages_hold_each_changed_order_once_the_longest_ago_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oms.channels.shopify.fetching.PAGE", 2)
    shop = sold()
    for number in range(1, 6):
        shop.hand.at = START + timedelta(minutes=number)
        shop.app.sell(shopify_order([shopify_line(1, "1.00")], "1.00", id=number, updated_at=shop.hand.at.isoformat()))
    found, cursor, pages = [], "", 0
    while True:
        page = inbound.poll(shop.to, START + timedelta(minutes=1), START + timedelta(minutes=4), cursor)
        found += [each.external_id for each in page.orders]
        cursor, pages = page.cursor, pages + 1
        if not page.more:
            break
    assert (found, pages) == (["1", "2", "3", "4"], 2)


def test_an_order_is_the_same_to_the_last_field_whether_it_is_sent_fetched_or_listed() -> None:
    shop = sold()
    _, raw = shop.app.hooks[0]
    listed = inbound.poll(shop.to, START, START, "").orders[0].raw
    assert json.loads(raw) == json.loads(inbound.hydrate(shop.to, str(ORDER)) or b"") == json.loads(listed)
    sent = inbound.parse("orders/create", raw, shop.to.channel)
    assert sent is not None
    assert sent.placed == shop.read().placed
    assert inbound.hydrate(shop.to, "5") is None


def test_webhooks_are_signed_and_name_the_order_that_they_are_about() -> None:
    shop = sold()
    outbound.refund(shop.to, shop.sale, MoneyBack(key="k", at=START, amount=100))
    outbound.confirm_shipment(shop.to, shop.sale, parcel(1))
    told = []
    for headers, raw in shop.app.hooks:
        assert inbound.verify(raw, headers, "s3cret")
        told.append((inbound.topic(headers), inbound.reference(inbound.topic(headers), raw)))
    assert told == [
        ("orders/create", ""),
        ("refunds/create", str(ORDER)),
        ("orders/updated", ""),
        ("fulfillments/create", str(ORDER)),
        ("orders/partially_fulfilled", ""),
        ("orders/updated", ""),
    ]
    shop.app.delete(ORDER)
    headers, raw = shop.app.hooks[-1]
    assert inbound.deleted(inbound.topic(headers), raw) == str(ORDER)
    edited = json.dumps({"order_edit": {"id": 5, "order_id": ORDER}}).encode()
    assert inbound.reference("orders/edited", edited) == str(ORDER)
