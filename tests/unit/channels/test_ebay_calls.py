"""What is asked of eBay's APIs, against a stand-in of them: with tokens, pages, limits, and all that gets lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from infra.standins.ebay import Ebay
from infra.standins.wsgi import Fault, Limit
from oms.channels.connection import Connection, Reply, Request
from oms.channels.ebay import inbound, outbound
from oms.channels.outbound import Cancelled, MoneyBack, Sale, Shipped, StockAnswer, StockLevel, UnitsOf
from oms.channels.protocol import WHOLE
from oms.errors import Refused, Throttled, Unavailable
from oms.orders.reasons import CancellationReason
from oms.setup import ChannelUpdate, Platform
from tests.support.clock import MONDAY_MORNING
from tests.support.platforms import Hand, connection
from tests.unit.channels.ebay_payloads import Json, collected, ebay_line, ebay_order

EVERY = [Fault.QUESTION_LOST, Fault.ANSWER_LOST, Fault.SERVER_ERROR, Fault.TWICE]
SALE = Sale(order_id="o1", external_id="12-1", number="4711", currency="EUR", total=6000)
OFF = Cancelled(key="c-1", at=MONDAY_MORNING, lines=(), everything=True, code=CancellationReason.CUSTOMER)
PARCEL = Shipped(
    key="p-1",
    at=MONDAY_MORNING,
    lines=(UnitsOf(external_line_id="1", sku="SKU-1", quantity=1),),
    carrier="ups",
    service="ground",
    tracking_number="1Z 999-AA1",
    tracking_url="",
)


@pytest.fixture
def clock() -> Hand:
    return Hand(MONDAY_MORNING)


@pytest.fixture
def app(clock: Hand) -> Ebay:
    app = Ebay(clock=clock)
    app.sell(order())
    return app


@pytest.fixture
def channel(app: Ebay, clock: Hand) -> Connection:
    return connected(app, clock)


def connected(app: Ebay, clock: Hand, **settings: str) -> Connection:
    return connection(
        Platform.EBAY, app, secret=app.keys, clock=clock, api_url="https://ebay.example", account="EBAY_DE", **settings
    )


def order(order_id: str = "12-1", quantity: int = 2) -> Json:
    """Two of an article for 50 euro, and 10 euro of tax that eBay collects."""
    line = ebay_line("1", "50.00", quantity, ebayCollectAndRemitTaxes=[collected("10.00")])
    made = ebay_order([line], "50.00", orderId=order_id, legacyOrderId=f"L-{order_id}")
    return {name: part for name, part in made.items() if name not in {"creationDate", "lastModifiedDate"}}


def money_back(amount: int = 3000, key: str = "r-1") -> MoneyBack:
    return MoneyBack(key=key, at=MONDAY_MORNING, amount=amount, note="scratched")


def until_heard(call: Callable[[], str], times: int = 4) -> None:
    """Tell something again and again, as the outbox does while there is no answer."""
    for _ in range(times):
        try:
            call()
        except Unavailable:
            continue


def given(app: Ebay) -> list[str]:
    return [each["amount"]["value"] for each in app.orders["12-1"]["paymentSummary"]["refunds"]]


def test_an_order_is_fetched_whole_with_what_we_do_not_know(app: Ebay, channel: Connection) -> None:
    app.change("12-1", somethingNew={"a": 1.50})
    raw = inbound.hydrate(channel, "12-1")
    assert raw is not None
    assert b'"somethingNew":{"a":1.5}' in raw
    document = inbound.parse(WHOLE, raw, channel.channel)
    assert document is not None
    assert (document.placed.total, document.placed.lines[0].tax) == (6000, 1000)
    assert inbound.hydrate(channel, "12-404") is None


def test_one_token_serves_many_calls_and_one_that_was_withdrawn_is_fetched_anew(app: Ebay, channel: Connection) -> None:
    inbound.hydrate(channel, "12-1")
    inbound.hydrate(channel, "12-1")
    assert app.calls.count("POST /identity/v1/oauth2/token") == 1
    app.tokens.clear()
    assert inbound.hydrate(channel, "12-1")


@pytest.mark.parametrize("name", ["client_secret", "refresh_token"])
def test_keys_that_are_wrong_are_for_a_person(app: Ebay, channel: Connection, name: str) -> None:
    with pytest.raises(Refused, match="authorise the application again"):
        inbound.hydrate(replace(channel, secret={**app.keys, name: "wrong"}), "12-1")


def test_too_many_calls_wait(app: Ebay, channel: Connection) -> None:
    app.limit = Limit(calls=1, seconds=60)
    with pytest.raises(Throttled) as throttled:
        inbound.hydrate(channel, "12-1")
    assert throttled.value.seconds == 60


@pytest.mark.parametrize("calls", [1, 2])
def test_what_is_told_too_often_is_told_later_and_once(app: Ebay, channel: Connection, clock: Hand, calls: int) -> None:
    app.limit = Limit(calls=calls, seconds=60)
    for _ in range(4):
        try:
            outbound.confirm_shipment(channel, SALE, PARCEL)
            outbound.refund(channel, SALE, money_back())
        except Throttled as throttled:
            clock.at += timedelta(seconds=throttled.seconds + 1)
            app.limit = Limit(calls=calls + 3, seconds=60)
    assert (len(app.fulfillments["12-1"]), given(app)) == (1, ["25.00"])


def test_all_pages_of_a_period_are_read_and_each_order_once(app: Ebay, channel: Connection, clock: Hand) -> None:
    app.page = 3
    for number in range(2, 9):
        clock.at += timedelta(seconds=1)
        app.sell(order(f"12-{number}"))
    seen, cursor, more = [], "", True
    while more:
        page = inbound.poll(channel, MONDAY_MORNING, clock.at, cursor)
        seen += [each.external_id for each in page.orders]
        cursor, more = page.cursor, page.more
    assert seen == [f"12-{number}" for number in range(1, 9)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_orders_that_change_while_pages_are_read_are_not_lost(
    app: Ebay, channel: Connection, clock: Hand, size: int
) -> None:
    app.page = size
    for number in range(2, 9):
        clock.at += timedelta(seconds=1)
        app.sell(order(f"12-{number}"))
    end, seen, cursor, more, moved = clock.at, set(), "", True, iter(("12-1", "12-3", "12-8"))
    while more:
        page = inbound.poll(channel, MONDAY_MORNING, end, cursor)
        seen |= {each.external_id for each in page.orders}
        cursor, more = page.cursor, page.more
        clock.at += timedelta(seconds=1)
        if name := next(moved, ""):
            app.change(name, buyerCheckoutNotes="ring twice")
    app.page = 200
    seen |= {each.external_id for each in inbound.poll(channel, end, clock.at, "").orders}
    assert seen == {f"12-{number}" for number in range(1, 9)}


def test_a_period_in_which_nothing_changed_has_one_empty_page(channel: Connection, clock: Hand) -> None:
    later = clock.at + timedelta(hours=1)
    assert inbound.poll(channel, later, later + timedelta(hours=1), "") == inbound.Page(orders=())


def test_a_parcel_is_told_with_its_number_in_the_form_that_ebay_takes(app: Ebay, channel: Connection) -> None:
    assert outbound.confirm_shipment(channel, SALE, PARCEL) == "1Z999AA1"
    assert app.fulfillments["12-1"] == [
        {
            "fulfillmentId": "1Z999AA1",
            "lineItems": [{"lineItemId": "1", "quantity": 1}],
            "shippedDate": "2026-03-02T09:00:00.000Z",
            "shipmentTrackingNumber": "1Z999AA1",
            "shippingCarrierCode": "UPS",
        }
    ]
    assert app.orders["12-1"]["orderFulfillmentStatus"] == "IN_PROGRESS"


@pytest.mark.parametrize(
    ("number", "fault"), [*(("1Z999", fault) for fault in EVERY), *(("", fault) for fault in EVERY[:-1])]
)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_parcel_that_is_told_until_it_is_heard_is_there_once(
    app: Ebay, channel: Connection, fault: Fault, before: int, number: str
) -> None:
    """The fault meets the call for the token, the look, or the parcel itself.

    eBay knows a parcel by its number: only one without a number would be there twice if the network told it twice.
    """
    app.faults.extend([None] * before + [fault])
    until_heard(lambda: outbound.confirm_shipment(channel, SALE, replace(PARCEL, tracking_number=number)))
    assert len(app.fulfillments["12-1"]) == 1


@pytest.mark.parametrize("fault", EVERY)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_an_order_is_cancelled_once(app: Ebay, channel: Connection, fault: Fault, before: int) -> None:
    app.faults.extend([None] * before + [fault])
    until_heard(lambda: outbound.cancel(channel, SALE, OFF))
    assert app.orders["12-1"]["cancelStatus"]["cancelState"] == "CANCELED"
    assert given(app) == ["50.00"]


@pytest.mark.parametrize("fault", EVERY)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_buyers_wish_to_cancel_is_granted(app: Ebay, channel: Connection, fault: Fault, before: int) -> None:
    app.ask_to_cancel("12-1")
    app.faults.extend([None] * before + [fault])
    until_heard(lambda: outbound.cancel(channel, SALE, OFF))
    assert "POST /post-order/v2/cancellation/c1/approve" in app.calls
    assert app.orders["12-1"]["cancelStatus"]["cancelState"] == "CANCELED"
    assert given(app) == ["50.00"]


def test_an_order_that_is_gone_before_it_is_refunded_is_for_a_person(app: Ebay, channel: Connection) -> None:
    made, app.issue_refund = app.issue_refund, lambda *_, **__: Response(status=404)  # type: ignore[method-assign]
    with pytest.raises(Refused, match="404"):
        outbound.refund(channel, SALE, money_back())
    app.issue_refund = made  # type: ignore[method-assign]
    assert outbound.refund(channel, SALE, money_back())


def test_single_units_are_not_cancelled_but_refunded(app: Ebay, channel: Connection) -> None:
    told = replace(channel, channel=replace(channel.channel, updates=tuple(ChannelUpdate)))
    assert outbound.cancel(told, SALE, replace(OFF, everything=False)) == ""
    assert app.calls == []


def test_what_ebay_cannot_cancel_is_for_a_person(channel: Connection) -> None:
    with pytest.raises(Refused, match="only whole orders"):
        outbound.cancel(channel, SALE, replace(OFF, everything=False))
    outbound.confirm_shipment(channel, SALE, PARCEL)
    with pytest.raises(Refused, match="not eligible"):
        outbound.cancel(channel, SALE, OFF)
    with pytest.raises(Refused, match="no order 12-404"):
        outbound.cancel(channel, replace(SALE, external_id="12-404"), OFF)


@pytest.mark.parametrize("fault", EVERY)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_money_goes_back_once_and_without_the_tax_that_ebay_adds(
    app: Ebay, channel: Connection, fault: Fault, before: int
) -> None:
    app.faults.extend([None] * before + [fault])
    until_heard(lambda: outbound.refund(channel, SALE, money_back()))
    assert given(app) == ["25.00"]
    app.settle()
    until_heard(lambda: outbound.refund(channel, SALE, money_back()))
    assert given(app) == ["25.00"]


def test_a_refund_waits_for_the_one_before(app: Ebay, channel: Connection) -> None:
    outbound.refund(channel, SALE, money_back(1200))
    after = replace(SALE, given_back=1200)
    with pytest.raises(Unavailable, match="previous refund is processing"):
        outbound.refund(channel, after, money_back(2400, "r-2"))
    app.settle()
    outbound.refund(channel, after, money_back(2400, "r-2"))
    assert given(app) == ["10.00", "20.00"]


@pytest.mark.parametrize("fault", EVERY)
def test_two_refunds_of_the_same_amount_are_two(app: Ebay, channel: Connection, fault: Fault) -> None:
    outbound.refund(channel, SALE, money_back(1200))
    app.settle()
    app.faults.extend([None, fault])
    until_heard(lambda: outbound.refund(channel, replace(SALE, given_back=1200), money_back(1200, "r-2")))
    assert given(app) == ["10.00", "10.00"]


def test_many_small_refunds_add_up_to_all_of_it(app: Ebay, channel: Connection) -> None:
    back = 0
    while back < 6000:
        outbound.refund(channel, replace(SALE, given_back=back), money_back(min(777, 6000 - back), f"r-{back}"))
        app.settle()
        back = min(back + 777, 6000)
    assert sum(Decimal(each) for each in given(app)) == 50


def test_what_was_given_back_is_read_as_it_was_asked_for(app: Ebay, channel: Connection) -> None:
    outbound.refund(channel, SALE, money_back(3000))
    app.settle()
    raw = inbound.hydrate(channel, "12-1")
    assert raw is not None
    document = inbound.parse(WHOLE, raw, channel.channel)
    assert document is not None
    assert document.given_back == 3000


def test_a_cancelled_order_is_not_refunded_again(app: Ebay, channel: Connection) -> None:
    outbound.cancel(channel, SALE, OFF)
    outbound.refund(channel, SALE, money_back(6000))
    assert given(app) == ["50.00"]


def test_all_that_is_left_can_go_back_and_nothing_after_it(app: Ebay, channel: Connection) -> None:
    outbound.refund(channel, SALE, money_back(6000))
    app.settle()
    assert app.orders["12-1"]["orderPaymentStatus"] == "FULLY_REFUNDED"
    assert outbound.refund(channel, replace(SALE, given_back=6000), money_back(100, "r-2")) == ""
    assert given(app) == ["50.00"]


def test_levels_are_set_and_one_that_is_refused_stops_no_other(app: Ebay, channel: Connection, clock: Hand) -> None:
    app.stock = {"A": 1, "B": 1}
    levels = [StockLevel(sku=sku, available=7) for sku in ("A", "gone", "B")]
    assert outbound.set_stock(channel, levels) == [
        StockAnswer(sku="A"),
        StockAnswer(sku="gone", problem="gone could not be found"),
        StockAnswer(sku="B"),
    ]
    assert app.stock == {"A": 7, "B": 7}
    most = [StockLevel(sku="A", available=number) for number in range(outbound.STOCK_BATCH)]
    outbound.set_stock(connected(app, clock, stock_location="graz"), most)
    assert set(ChannelUpdate) == outbound.TAKES


@pytest.mark.parametrize("fault", EVERY)
def test_a_level_that_is_told_until_it_is_heard_is_right(app: Ebay, channel: Connection, fault: Fault) -> None:
    app.stock = {"A": 1}
    app.faults.extend([None, fault])
    until_heard(lambda: str(outbound.set_stock(channel, [StockLevel(sku="A", available=3)])))
    assert app.stock == {"A": 3}


class Nonsense:
    """Something on the way that answers in eBay's place."""

    def send(self, request: Request) -> Reply:
        token = b'{"access_token": "a", "expires_in": 60}'
        return Reply(status=200, body=token if "token" in request.url else b"<html>welcome</html>")


def test_an_answer_that_is_not_ebays_is_no_answer(channel: Connection) -> None:
    elsewhere = replace(channel, http=Nonsense())
    with pytest.raises(Unavailable):
        inbound.poll(elsewhere, MONDAY_MORNING, MONDAY_MORNING, "")
    with pytest.raises(Unavailable):
        inbound.hydrate(elsewhere, "12-1")
