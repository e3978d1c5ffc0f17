"""BigCommerce as it is asked and told: its stand-in, and everything that can happen to a call on its way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from infra.standins.bigcommerce import BigCommerce
from infra.standins.wsgi import Limit
from oms.channels.bigcommerce import inbound, outbound
from oms.channels.connection import Connection
from oms.channels.document import ChannelDocument
from oms.channels.figures import sum_of
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
    """A store with one order, and the channel that it is."""

    app: BigCommerce
    hand: Hand
    to: Connection
    order_id: int

    @property
    def lines(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.app.sold[self.order_id]["_lines"]
        return lines

    @property
    def sale(self) -> Sale:
        total = round(float(self.app.sold[self.order_id]["total_inc_tax"]) * 100)
        return Sale(
            order_id="o1",
            external_id=str(self.order_id),
            number=str(self.order_id),
            currency="EUR",
            total=total,
        )

    def units(self, *counts: int, amount: int = 0) -> tuple[UnitsOf, ...]:
        pairs = zip(self.lines, counts, strict=False)
        return tuple(
            UnitsOf(external_line_id=str(line["id"]), sku=line["sku"], quantity=count, amount=amount)
            for line, count in pairs
            if count
        )

    def parcel(self, *counts: int, key: str = "o1-1") -> Shipped:
        return Shipped(
            key=key,
            at=START,
            lines=self.units(*counts),
            carrier="fedex",
            service="Ground",
            tracking_number="7777" + key,
            tracking_url="https://track.example/7777",
        )

    def read(self) -> ChannelDocument:
        raw = inbound.hydrate(self.to, str(self.order_id))
        assert raw is not None
        document = inbound.parse(WHOLE, raw, self.to.channel)
        assert document is not None
        return document


def shop(*lines: Any, **how: Any) -> Shop:
    hand = Hand(START)
    app = BigCommerce(clock=hand, secret="hook-secret")
    order_id = app.sell(lines or (MUG, PAN), shipping="5", tax_percent="20", **how)
    to = connection(
        Platform.BIGCOMMERCE,
        app,
        secret={"access_token": "bc-token"},
        clock=hand,
        api_url="https://api.bigcommerce.example",
        account="abc123",
        currency="EUR",
    )
    return Shop(app, hand, to, order_id)


def test_a_webhook_leads_to_the_order_in_one_call_and_its_refunds_in_a_second() -> None:
    at = shop()
    headers, raw = at.app.hooks.popleft()
    assert inbound.verify(raw, headers, "hook-secret")
    assert inbound.reference(inbound.topic(headers), raw) == str(at.order_id)
    assert calls_of(at.app, at.read) == 1
    at.app.give_back(at.order_id, "7.50")
    at.app.give_back(at.order_id, "2.00", declined=True)
    assert calls_of(at.app, at.read) == 2
    assert at.read().given_back == 750
    assert inbound.hydrate(at.to, "999") is None


def test_lines_that_do_not_come_along_with_an_order_are_fetched_apart() -> None:
    at = shop(*({"sku": f"S{number}", "price": "1.00", "quantity": 1} for number in range(300)))
    assert (calls_of(at.app, at.read), len(at.read().placed.lines)) == (1, 300)
    at.app.lines_shown = 50
    assert (calls_of(at.app, at.read), len(at.read().placed.lines)) == (3, 300)
    assert at.read().placed.total == sum_of(at.read().placed.lines, at.read().placed.charges)
    (listed,) = inbound.poll(at.to, START, START, "").orders
    assert len(json.loads(listed.raw)["products"]) == 300


def test_the_document_is_the_platforms_own_with_fields_that_nobody_here_knows() -> None:
    at = shop(some_new_field={"of": 19.90})
    raw = inbound.hydrate(at.to, str(at.order_id))
    assert raw is not None
    shown = json.loads(json.dumps(at.app.order(at.order_id)))
    assert json.loads(raw) == shown | {FETCHED_AT: to_text(START)}


def test_of_two_changes_within_one_second_the_one_that_was_seen_later_counts() -> None:
    at = shop()
    revisions = []
    for street in ("First Street", "Second Street", "Third Street"):
        at.app.sold[at.order_id]["billing_address"]["street_1"] = street
        revisions.append(at.read().placed.revision)
        at.hand.at += timedelta(milliseconds=100)
    assert sorted(revisions) == revisions
    at.app.give_back(at.order_id, "1.00")
    at.hand.at -= timedelta(milliseconds=300)
    assert at.read().placed.revision > revisions[-1], "money counts for more"


def test_each_order_that_changed_is_read_once_it_stands_still_however_many_change_while_pages_are_read() -> None:
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
        at.app.change(ids[page * 2], customer_message="please")
    assert not found.more
    later = inbound.poll(at.to, until, at.hand.at, "")
    assert set(seen) | {each.external_id for each in later.orders} == {str(each) for each in ids}
    assert len(seen) < 2 * len(ids)


def test_more_orders_in_one_second_than_a_page_takes_are_read_by_pages() -> None:
    at = shop()
    for _ in range(130):
        at.app.sell([MUG])
    seen, cursor, more = set(), "", True
    while more:
        page = inbound.poll(at.to, START, START, cursor)
        seen |= {each.external_id for each in page.orders}
        cursor, more = page.cursor, page.more
    assert len(seen) == 131


def test_nothing_that_changed_is_an_empty_page() -> None:
    at = shop()
    page = inbound.poll(at.to, START + timedelta(hours=1), START + timedelta(hours=2), "")
    assert (page.orders, page.more) == ((), False)


def test_a_full_quota_says_how_long_to_wait() -> None:
    at = shop()
    at.app.limit = Limit(calls=1, seconds=30)
    at.read()
    at.hand.at += timedelta(seconds=18)
    with pytest.raises(Throttled) as error:
        at.read()
    assert error.value.seconds == 12


def test_a_wrong_token_is_refused_and_trouble_there_is_to_be_tried_again() -> None:
    at = shop()
    wrong = replace(at.to, secret={"access_token": "old"})
    with pytest.raises(Refused, match="keys"):
        inbound.hydrate(wrong, str(at.order_id))
    for fault in mishaps(1):
        at.app.faults.extend(fault)
        assert insist(at.hand, at.read).placed.external_id == str(at.order_id)


def shipped(at: Shop) -> Callable[[], object]:
    return lambda: outbound.confirm_shipment(at.to, at.sale, at.parcel(2, 1))


def shipped_some(at: Shop) -> Callable[[], object]:
    return lambda: outbound.confirm_shipment(at.to, at.sale, at.parcel(2))


def shipped_whole(at: Shop) -> Callable[[], object]:
    return lambda: outbound.confirm_shipment(at.to, at.sale, at.parcel(5, 1))


def cancelled(at: Shop) -> Callable[[], object]:
    said = Cancelled(key="o1-c", at=START, lines=at.units(5, 1), everything=True)
    return lambda: outbound.cancel(at.to, at.sale, said)


def cancelled_partly(at: Shop) -> Callable[[], object]:
    said = Cancelled(key="o1-c1", at=START, lines=at.units(2, 0), everything=False)
    return lambda: outbound.cancel(at.to, at.sale, said)


def fetched(at: Shop) -> Callable[[], object]:
    return lambda: outbound.confirm_shipment(at.to, at.sale, at.parcel(5, 1))


def unpaid(*lines: Any) -> Shop:
    return shop(*lines, status_id=7, payment_status="")


def to_fetch() -> Shop:
    return shop(pickup="mitte")


def refunded(at: Shop) -> Callable[[], object]:
    came, off = at.units(1, amount=1200), at.units(1, amount=1200)
    back = MoneyBack(key="o1-r1", at=START, amount=2400, lines=came, cancelled=off, note="too small")
    return lambda: outbound.refund(at.to, at.sale, back)


def stocked(at: Shop) -> Callable[[], object]:
    levels = [
        StockLevel(sku="MUG", available=7),
        StockLevel(sku="NONE", available=1),
        StockLevel(sku="PAN", available=0),
    ]
    return lambda: outbound.set_stock(at.to, levels)


def effect(at: Shop) -> Any:
    """What the store has, but for ids and times."""
    shipments = [(each["comments"], each["items"]) for each in at.app.shipments.get(at.order_id, [])]
    refunds = [each["total_amount"] for each in at.app.refunds.get(at.order_id, [])]
    order = at.app.sold[at.order_id]
    lines = [(each["sku"], each["quantity"], each["quantity_shipped"], each["quantity_refunded"]) for each in at.lines]
    return shipments, refunds, order["status_id"], order["total_inc_tax"], order["staff_notes"], lines, at.app.stock


@pytest.mark.parametrize(
    ("told", "start"),
    [
        (shipped, shop),
        (shipped_some, shop),
        (shipped_whole, shop),
        (fetched, to_fetch),
        (cancelled, shop),
        (cancelled_partly, shop),
        (cancelled_partly, unpaid),
        (refunded, shop),
        (stocked, shop),
    ],
)
def test_whatever_happens_to_a_call_it_has_its_effect_once(
    told: Callable[[Shop], Callable[[], object]], start: Callable[[], Shop]
) -> None:
    untouched = start()
    calls = calls_of(untouched.app, told(untouched))
    assert effect(untouched) != effect(start())
    for mishap in mishaps(calls):
        at = start()
        at.app.faults.extend(mishap)
        insist(at.hand, told(at))
        assert effect(at) == effect(untouched), mishap
        before = len(at.app.calls)
        insist(at.hand, told(at))
        assert effect(at) == effect(untouched), "told once more, days later"
        assert len(at.app.calls) - before <= calls


def test_a_shipment_has_its_tracking_and_names_what_is_in_it() -> None:
    at = shop()
    assert outbound.confirm_shipment(at.to, at.sale, at.parcel(2, 0))
    (made,) = at.app.shipments[at.order_id]
    assert (made["tracking_number"], made["shipping_provider"], made["tracking_link"]) == (
        "7777o1-1",
        "fedex",
        "https://track.example/7777",
    )
    assert made["items"] == [{"order_product_id": at.lines[0]["id"], "quantity": 2}]
    assert at.app.sold[at.order_id]["status_id"] == 3


def test_a_shipment_that_staff_made_by_hand_is_not_made_again() -> None:
    at = shop()
    outbound.confirm_shipment(at.to, at.sale, at.parcel(2, 0))
    at.app.shipments[at.order_id][0]["comments"] = "left at noon"
    outbound.confirm_shipment(at.to, at.sale, at.parcel(2, 0))
    assert len(at.app.shipments[at.order_id]) == 1


def test_more_than_the_shop_sold_cannot_be_shipped_and_a_person_hears_why() -> None:
    at = shop()
    with pytest.raises(Refused, match="quantity"):
        outbound.confirm_shipment(at.to, at.sale, at.parcel(6, 0))


def test_what_the_shop_never_sold_is_not_told() -> None:
    at = shop()
    gift = UnitsOf(external_line_id="", sku="GIFT", quantity=1)
    assert outbound.confirm_shipment(at.to, at.sale, replace(at.parcel(1), lines=(gift,))) == ""
    assert not at.app.shipments


def test_units_of_a_paid_order_are_told_to_staff_and_taken_out_by_their_refund() -> None:
    at = shop(MUG | {"discount": "5"})
    cancelled_partly(at)()
    assert at.app.sold[at.order_id]["staff_notes"] == "Will not be sent: 2 x MUG (other) o1-c1"
    assert at.read().cancelled == {}
    refunded(at)()
    assert list(at.read().cancelled.values()) == [2]


def test_goods_that_are_fetched_complete_the_order_when_they_are_the_last() -> None:
    at = to_fetch()
    outbound.confirm_shipment(at.to, at.sale, at.parcel(2, 1))
    assert at.app.sold[at.order_id]["status_id"] == 11
    fetched(at)()
    assert at.app.sold[at.order_id]["status_id"] == 10


def test_units_with_a_discount_are_left_to_a_person() -> None:
    at = unpaid(MUG | {"discount": "5"})
    with pytest.raises(Refused, match="discounts"):
        cancelled_partly(at)()
    assert at.lines[0]["quantity"] == 5


def test_cancelled_units_leave_an_unpaid_order_and_the_price_of_the_others_stays() -> None:
    at = unpaid()
    cancelled_partly(at)()
    placed = at.read().placed
    assert [(line.quantity, line.net + line.tax) for line in placed.lines] == [(3, 3600), (1, 4788)]
    assert placed.total == 3600 + 4788 + 600


def test_an_order_that_has_left_cannot_be_cancelled() -> None:
    at = shop()
    shipped_whole(at)()
    with pytest.raises(Refused, match="shipped"):
        cancelled(at)()


def test_money_goes_back_the_way_it_came_and_units_count_as_refunded() -> None:
    at = shop()
    refunded(at)()
    (made,) = at.app.refunds[at.order_id]
    assert [(each["provider_id"], each["amount"]) for each in made["payments"]] == [("braintree", 24.0)]
    assert at.lines[0]["quantity_refunded"] == 2
    assert at.read().given_back == 2400


def test_another_sum_than_the_shop_reckons_is_told_as_ours() -> None:
    at = shop()
    back = MoneyBack(key="o1-r1", at=START, amount=1999, lines=at.units(2, amount=1000), shipping=0)
    outbound.refund(at.to, at.sale, back)
    assert at.app.refunds[at.order_id][0]["total_amount"] == 19.99
    assert at.read().given_back == 1999


def test_money_beyond_the_units_goes_back_for_the_order_and_shipping_for_its_address() -> None:
    at = shop()
    outbound.refund(at.to, at.sale, MoneyBack(key="o1-r1", at=START, amount=600, shipping=600))
    at.hand.at += timedelta(minutes=1)
    outbound.refund(at.to, at.sale, MoneyBack(key="o1-r2", at=START, amount=250))
    items = [each["items"][0] for each in at.app.refunds[at.order_id]]
    assert [(each["item_type"], each["item_id"], each["amount"]) for each in items] == [
        ("SHIPPING", at.app.sold[at.order_id]["_address"], 6),
        ("ORDER", at.order_id, 2.5),
    ]


def test_money_that_the_shop_cannot_move_is_left_to_a_person() -> None:
    at = shop(payment_status="pending")
    with pytest.raises(Refused, match="by hand"):
        refunded(at)()
    assert not at.app.refunds


def test_a_refund_while_another_is_under_way_is_tried_again() -> None:
    at = shop()
    at.app.give_back(at.order_id, "1.00")
    with pytest.raises(Unavailable):
        refunded(at)()
    at.hand.at += timedelta(seconds=5)
    refunded(at)()
    assert at.read().given_back == 2500


def test_a_sku_that_the_shop_does_not_have_stops_no_other() -> None:
    at = shop()
    answers = outbound.set_stock(
        at.to, [StockLevel(sku=f"X{n}", available=1) for n in range(3)] + [StockLevel(sku="PAN", available=4)]
    )
    assert [bool(each.problem) for each in answers] == [True, True, True, False]
    assert "X0" in answers[0].problem
    assert answers[3] == StockAnswer(sku="PAN")
    assert at.app.stock == {(1, "PAN"): 4}
    outbound.set_stock(
        replace(at.to, channel=replace(at.to.channel, stock_location="7")), [StockLevel(sku="PAN", available=3)]
    )
    assert at.app.stock[7, "PAN"] == 3
