"""Adobe Commerce as it is asked and told: its stand-in, and everything that can happen to a call on its way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from infra.standins.adobe_commerce import AdobeCommerce
from infra.standins.wsgi import Fault, Limit
from oms.channels.adobe_commerce import inbound, outbound
from oms.channels.adobe_commerce.signing import base_string
from oms.channels.connection import Connection
from oms.channels.document import ChannelDocument
from oms.channels.outbound import Cancelled, MoneyBack, Sale, Shipped, StockAnswer, StockLevel, UnitsOf
from oms.channels.protocol import WHOLE
from oms.channels.revision import FETCHED_AT
from oms.clock import from_text, to_text
from oms.errors import Refused, Throttled, Unavailable
from oms.setup import Platform
from tests.support.insisting import calls_of, insist, mishaps
from tests.support.platforms import Hand, connection

START = from_text("2026-03-02T09:00:00Z")
MUG, PAN = {"sku": "MUG", "price": "10", "quantity": 5}, {"sku": "PAN", "price": "39.90", "quantity": 1}


@dataclass
class Shop:
    """A shop with one order, and the channel that it is."""

    app: AdobeCommerce
    hand: Hand
    to: Connection
    order_id: int

    @property
    def items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.app.sold[self.order_id]["items"]
        return items

    @property
    def sale(self) -> Sale:
        total = round(self.app.sold[self.order_id]["grand_total"] * 100)
        number = self.app.sold[self.order_id]["increment_id"]
        return Sale(order_id="o1", external_id=str(self.order_id), number=number, currency="EUR", total=total)

    def units(self, *counts: int, amount: int = 0) -> tuple[UnitsOf, ...]:
        return tuple(
            UnitsOf(external_line_id=line.external_line_id, sku=line.sku, quantity=count, amount=amount)
            for line, count in zip(self.read().placed.lines, counts, strict=False)
            if count
        )

    def parcel(self, *counts: int, key: str = "o1-1") -> Shipped:
        return Shipped(
            key=key,
            at=START,
            lines=self.units(*counts),
            carrier="UPS",
            service="Ground",
            tracking_number="1Z" + key,
            tracking_url="https://track.example/1Z",
        )

    def read(self) -> ChannelDocument:
        raw = inbound.hydrate(self.to, str(self.order_id))
        assert raw is not None
        document = inbound.parse(WHOLE, raw, self.to.channel)
        assert document is not None
        return document


def shop(*lines: Any, **how: Any) -> Shop:
    hand = Hand(START)
    app = AdobeCommerce(clock=hand, sources=("default", "north"))
    order_id = app.sell(lines or (MUG, PAN), shipping="5", tax_percent="20", **how)
    to = connection(
        Platform.ADOBE_COMMERCE,
        app,
        secret={"access_token": "ac-token"},
        clock=hand,
        api_url="https://shop.example",
        account="default",
    )
    return Shop(app, hand, to, order_id)


def test_an_order_is_fetched_by_its_id_with_fields_that_nobody_here_knows() -> None:
    at = shop(some_new_field={"of": 19.9})
    raw = inbound.hydrate(at.to, str(at.order_id))
    assert raw is not None
    assert json.loads(raw) == at.app.order(at.order_id) | {FETCHED_AT: to_text(START)}
    before = at.read().placed.revision
    at.hand.at += timedelta(milliseconds=100)
    assert at.read().placed.revision > before, "of two changes within one second the one that was seen later counts"
    assert inbound.hydrate(at.to, "999") is None


def test_each_order_that_changed_is_read_however_many_change_while_pages_are_read() -> None:
    at = shop()
    ids = [at.order_id]
    for number in range(120):
        at.hand.at += timedelta(seconds=number % 3 == 0)
        ids.append(at.app.sell([MUG]))
    until, cursor, seen = at.hand.at, "", []
    for page in range(10):
        found = inbound.poll(at.to, START, until, cursor)
        seen += [each.external_id for each in found.orders]
        if not found.more:
            break
        cursor = found.cursor
        at.hand.at += timedelta(seconds=10)
        at.app.change(ids[page * 2], customer_note="please")
    assert not found.more
    later = inbound.poll(at.to, until, at.hand.at, "")
    assert set(seen) | {each.external_id for each in later.orders} == {str(each) for each in ids}
    assert len(seen) < 2 * len(ids)


def test_more_orders_in_one_second_than_a_page_takes_are_read_by_pages_and_no_page_comes_for_ever() -> None:
    at = shop()
    for _ in range(130):
        at.app.sell([MUG])
    seen, cursor, more, pages = set(), "", True, 0
    while more:
        page = inbound.poll(at.to, START, START, cursor)
        seen |= {each.external_id for each in page.orders}
        cursor, more, pages = page.cursor, page.more, pages + 1
    assert (len(seen), pages) == (131, 3)
    raw = {json.loads(each.raw)["grand_total"] for each in page.orders}
    assert raw == {50.0}


def test_one_order_that_the_shop_fails_on_keeps_no_other_from_being_read() -> None:
    at = shop()
    for _ in range(70):
        at.hand.at += timedelta(seconds=1)
        at.app.sell([MUG])
    broken = sorted(at.app.sold)[33]
    at.app.spoilt = {broken}
    seen, unread, cursor, more = set(), 0, "", True
    while more:
        page = inbound.poll(at.to, START, at.hand.at, cursor)
        seen |= {each.external_id for each in page.orders}
        unread += sum(not each.raw for each in page.orders)
        cursor, more = page.cursor, page.more
    assert seen == {str(each) for each in at.app.sold if each != broken} | {""}
    assert 1 <= unread <= 2
    at.app.faults.extend([Fault.SERVER_ERROR] * 4)
    with pytest.raises(Unavailable):
        inbound.poll(at.to, START, at.hand.at, "")


def test_a_shop_that_is_asked_too_often_and_one_that_does_not_know_us() -> None:
    at = shop()
    at.app.limit = Limit(calls=1, seconds=30)
    at.read()
    with pytest.raises(Throttled) as error:
        at.read()
    assert error.value.seconds == 30
    at.app.limit = None
    with pytest.raises(Refused, match="keys"):
        inbound.hydrate(replace(at.to, secret={"access_token": "old"}), str(at.order_id))


def test_what_is_signed_is_what_the_standard_says() -> None:
    """The example of RFC 5849, section 3.4.1.1; `c2` and the second `a3` are of its form body."""
    told = {
        "oauth_consumer_key": "9djdj82h48djs9d2",
        "oauth_token": "kkk9d7dh3k39sjv7",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131201",
        "oauth_nonce": "7d8f3e4a",
    }
    url = "http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"
    assert base_string("post", url, [*told.items(), ("c2", ""), ("a3", "2 q")]) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D"
        "%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1"
        "%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_with_all_four_keys_each_call_is_signed() -> None:
    at = shop()
    at.app.keys = ("consumer & secret", "token/secret")
    four = {"consumer_key": "ck", "consumer_secret": "consumer & secret", "access_token_secret": "token/secret"}
    signed = replace(at.to, secret={**at.to.secret, **four})
    assert inbound.hydrate(signed, str(at.order_id))
    at.hand.at += timedelta(microseconds=1)
    assert inbound.poll(signed, START, START + timedelta(days=1), "").orders
    at.hand.at += timedelta(microseconds=1)
    outbound.set_stock(signed, [StockLevel(sku="MUG", available=7)])
    assert at.app.stock
    for wrong in (at.to, replace(signed, secret={**signed.secret, "consumer_secret": "another"})):
        at.hand.at += timedelta(microseconds=1)
        with pytest.raises(Refused):
            inbound.hydrate(wrong, str(at.order_id))


def shipped_whole(at: Shop) -> Callable[[], object]:
    parcel = at.parcel(5, 1)
    return lambda: outbound.confirm_shipment(at.to, at.sale, parcel)


def cancelled(at: Shop) -> Callable[[], object]:
    said = Cancelled(key="o1-c", at=START, lines=at.units(5, 1), everything=True)
    return lambda: outbound.cancel(at.to, at.sale, said)


def refunded_lines(at: Shop) -> Callable[[], object]:
    back = MoneyBack(key="o1-r1", at=START, amount=10788, lines=at.units(5, 1), note="late")
    return lambda: outbound.refund(at.to, at.sale, back)


def stocked(at: Shop) -> Callable[[], object]:
    levels = [StockLevel(sku="MUG", available=7), StockLevel(sku="NO", available=1), StockLevel(sku="PAN", available=0)]
    return lambda: outbound.set_stock(at.to, levels)


def unpaid() -> Shop:
    return shop(online=False)


def effect(at: Shop) -> Any:
    """What the shop has, but for ids and times."""
    shipments = [(each["tracks"], each["items"], each["source"]) for each in at.app.shipments]
    order = at.app.sold[at.order_id]
    counts = ("qty_ordered", "qty_canceled", "qty_shipped", "qty_refunded")
    items = [tuple(item[name] for name in counts) for item in at.items]
    memos = [(memo["grand_total"], memo["comments"]) for memo in at.app.memos]
    comments = {each["comment"] for each in order["status_histories"]}
    return shipments, memos, items, order["state"], comments, at.app.stock


@pytest.mark.parametrize(
    ("told", "start"),
    [(shipped_whole, shop), (cancelled, unpaid), (cancelled, shop), (refunded_lines, shop), (stocked, shop)],
)
def test_whatever_happens_to_a_call_it_has_its_effect_once(
    told: Callable[[Shop], Callable[[], object]], start: Callable[[], Shop]
) -> None:
    untouched = start()
    calls = calls_of(untouched.app, told(untouched))
    assert effect(untouched) != effect(start())
    for mishap in mishaps(calls):
        at = start()
        telling = told(at)
        at.app.faults.extend(mishap)
        insist(at.hand, telling)
        assert effect(at) == effect(untouched), mishap
        insist(at.hand, telling)
        assert effect(at) == effect(untouched), "told once more, days later"


def shipped_some(at: Shop) -> Callable[[], object]:
    parcel = at.parcel(2)
    return lambda: outbound.confirm_shipment(at.to, at.sale, parcel)


def refunded_money(at: Shop) -> Callable[[], object]:
    back = MoneyBack(key="o1-r1", at=START, amount=1234)
    return lambda: outbound.refund(at.to, at.sale, back)


@pytest.mark.parametrize("told", [shipped_some, refunded_money])
def test_what_can_be_done_twice_is_done_once_or_a_person_hears_of_it(
    told: Callable[[Shop], Callable[[], object]],
) -> None:
    untouched = shop()
    calls = calls_of(untouched.app, told(untouched))
    heard = 0
    for mishap in mishaps(calls):
        at = shop()
        telling = told(at)
        at.app.faults.extend(mishap)
        try:
            insist(at.hand, telling)
        except Refused:
            heard += 1
            assert mishap[-1] is Fault.TWICE
        else:
            assert effect(at) == effect(untouched), mishap
    assert heard == 1, "the one call that changes something, arriving twice"


def test_a_shipment_has_its_tracking_its_source_and_sends_no_mail() -> None:
    at = shop()
    north = replace(at.to, channel=replace(at.to.channel, stock_location="north"))
    outbound.confirm_shipment(north, at.sale, at.parcel(2, 0))
    (made,) = at.app.shipments
    assert made["tracks"] == [{"track_number": "1Zo1-1", "title": "UPS Ground", "carrier_code": "ups"}]
    assert (made["source"], made["items"]) == ("north", [{"order_item_id": at.items[0]["item_id"], "qty": 2}])


def test_a_shipment_that_staff_made_by_hand_is_not_made_again() -> None:
    at = shop()
    outbound.confirm_shipment(at.to, at.sale, at.parcel(2, 0))
    at.app.shipments[0]["comments"] = []
    outbound.confirm_shipment(at.to, at.sale, at.parcel(2, 0))
    assert len(at.app.shipments) == 1


def test_more_than_is_left_cannot_be_shipped_and_a_person_hears_why() -> None:
    at = shop()
    with pytest.raises(Refused, match="unshipped quantity"):
        outbound.confirm_shipment(at.to, at.sale, at.parcel(6, 0))


def test_of_a_configurable_product_the_parent_is_shipped_even_when_the_variant_was_read() -> None:
    at = shop(PAN | {"type": "configurable"})
    parent, variant = at.items
    for name in ("row_total", "tax_amount", "price"):
        parent[name], variant[name] = 0, parent[name]
    outbound.confirm_shipment(at.to, at.sale, at.parcel(1))
    assert parent["qty_shipped"] == 1
    outbound.refund(at.to, at.sale, MoneyBack(key="o1-r1", at=START, amount=4788, lines=at.units(1, amount=4788)))
    assert (at.read().given_back, variant["qty_refunded"]) == (4788, 0), "as money, as the shop refunds no variants"


@pytest.mark.parametrize("together", [True, False])
def test_a_bundle_is_shipped_as_its_parts_or_as_one(*, together: bool) -> None:
    parts = [{"sku": "CUP", "price": "4", "quantity": 2}, {"sku": "POT", "price": "21"}]
    at = shop({"sku": "TEA", "type": "bundle", "quantity": 3, "parts": parts, "together": together})
    outbound.confirm_shipment(at.to, at.sale, at.parcel(2, 1))
    assert [item["qty_shipped"] for item in at.items] == ([1, 0, 0] if together else [0, 2, 1])
    if together:
        with pytest.raises(Refused):
            outbound.confirm_shipment(at.to, at.sale, at.parcel(2, 2, key="o1-2"))


def test_what_the_shop_never_sold_is_not_told() -> None:
    at = shop()
    gift = UnitsOf(external_line_id="", sku="GIFT", quantity=1)
    assert outbound.confirm_shipment(at.to, at.sale, replace(at.parcel(1), lines=(gift,))) == ""
    assert not at.app.shipments


def test_units_of_an_invoiced_order_are_told_to_staff_as_the_shop_cancels_none() -> None:
    at = shop()
    said = Cancelled(key="o1-c1", at=START, lines=at.units(2), everything=False)
    outbound.cancel(at.to, at.sale, said)
    (comment,) = at.app.sold[at.order_id]["status_histories"]
    assert comment["comment"] == "Will not be sent: 2 x MUG (other) o1-c1"
    assert at.read().cancelled == {}


def test_units_whose_price_is_exact_are_named_and_the_rest_is_an_adjustment() -> None:
    at = shop()
    came, off = at.units(1, amount=1200), at.units(1, amount=1200)
    amount = 2400 + 600 - 150
    back = MoneyBack(key="o1-r1", at=START, amount=amount, lines=came, cancelled=off, shipping=600)
    outbound.refund(at.to, at.sale, back)
    assert at.app.memos[0]["grand_total"] == 28.5
    assert at.items[0]["qty_refunded"] == 2
    assert at.read().given_back == 2850


def test_less_than_the_units_cost_goes_back_when_something_is_kept() -> None:
    at = shop()
    outbound.refund(at.to, at.sale, MoneyBack(key="o1-r1", at=START, amount=2000, lines=at.units(2, amount=1200)))
    assert (at.read().given_back, at.items[0]["qty_refunded"]) == (2000, 2)


def test_units_of_which_the_shop_could_reckon_another_price_are_not_named() -> None:
    at = shop({"sku": "ODD", "price": "3.33", "quantity": 3, "discount": "1.00"})
    outbound.refund(at.to, at.sale, MoneyBack(key="o1-r1", at=START, amount=360, lines=at.units(1, amount=360)))
    assert (at.read().given_back, at.items[0]["qty_refunded"]) == (360, 0)


def test_everything_given_back_closes_the_order() -> None:
    at = shop()
    outbound.refund(at.to, at.sale, MoneyBack(key="o1-r1", at=START, amount=at.sale.total, lines=at.units(5, 1)))
    assert at.app.sold[at.order_id]["state"] == "closed"
    assert at.read().gone


def test_money_that_came_past_a_gateway_is_given_back_by_a_person() -> None:
    at = shop()
    at.app.invoices[0]["transaction_id"] = None
    with pytest.raises(Refused, match="by hand"):
        refunded_money(at)()
    at = shop(base_currency_code="USD")
    with pytest.raises(Refused, match="own currency"):
        refunded_money(at)()
    assert not at.app.memos


def test_what_staff_gave_back_is_not_given_back_again_beyond_the_invoice() -> None:
    at = shop()
    at.app.give_back(at.order_id, 110)
    with pytest.raises(Refused, match="refund"):
        refunded_lines(at)()
    assert at.read().given_back == 11000


def test_a_sku_that_the_shop_does_not_have_stops_no_other() -> None:
    at = shop()
    levels = [*(StockLevel(sku=f"X{n}", available=1) for n in range(3)), StockLevel(sku="PAN", available=4)]
    answers = outbound.set_stock(at.to, levels)
    assert [bool(each.problem) for each in answers] == [True, True, True, False]
    assert answers[3] == StockAnswer(sku="PAN")
    assert at.app.stock == {("default", "PAN"): 4}
