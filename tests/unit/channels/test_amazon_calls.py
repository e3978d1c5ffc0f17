"""What is asked of Amazon's API, against a stand-in of it: with tokens, pages, limits, and all that gets lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from infra.standins.amazon import Amazon
from infra.standins.wsgi import Fault
from oms.channels.amazon import inbound, outbound
from oms.channels.connection import Connection, Reply, Request
from oms.channels.outbound import Sale, Shipped, StockAnswer, StockLevel, UnitsOf
from oms.channels.protocol import WHOLE, Listed
from oms.errors import Refused, Throttled, Unavailable
from oms.setup import Channel, ChannelUpdate, Platform
from tests.support.clock import MONDAY_MORNING
from tests.support.platforms import Hand, connection
from tests.unit.channels.amazon_payloads import GERMANY, Json, amazon_item, amazon_order, breakdown

EVERY = [Fault.QUESTION_LOST, Fault.ANSWER_LOST, Fault.SERVER_ERROR, Fault.TWICE]
NOON = MONDAY_MORNING + timedelta(hours=3)
SALE = Sale(order_id="o1", external_id="302-1", number="302-1", currency="EUR", total=2000)


@pytest.fixture
def clock() -> Hand:
    return Hand(MONDAY_MORNING)


@pytest.fixture
def app(clock: Hand) -> Amazon:
    return Amazon(clock=clock)


@pytest.fixture
def channel(app: Amazon, clock: Hand) -> Connection:
    return connected(app, clock)


def connected(app: Amazon, clock: Hand, account: str = GERMANY, **secret: str) -> Connection:
    keys = {**app.keys, **secret}
    return connection(
        Platform.AMAZON, app, secret=keys, clock=clock, api_url="https://sp.example", account=account, currency="EUR"
    )


def order(order_id: str = "302-1", quantity: int = 2) -> Json:
    item = amazon_item("1", breakdown("ITEM", "20.00"), quantity=quantity)
    made = amazon_order([item], "20.00", orderId=order_id)
    return {name: part for name, part in made.items() if name not in {"createdTime", "lastUpdatedTime"}}


def parcel(key: str = "p-1", quantity: int = 1, tracking: str = "794600000001") -> Shipped:
    return Shipped(
        key=key,
        at=NOON,
        lines=(UnitsOf(external_line_id="1", sku="SKU-1", quantity=quantity),),
        carrier="fedex",
        service="FEDEX_GROUND",
        tracking_number=tracking,
        tracking_url="",
    )


def listed(channel: Connection, since: datetime, until: datetime) -> Iterator[Listed]:
    cursor, more = "", True
    while more:
        page = inbound.poll(channel, since, until, cursor)
        yield from page.orders
        cursor, more = page.cursor, page.more


def sell(app: Amazon, clock: Hand, count: int) -> None:
    for number in range(count):
        app.sell(order(f"302-{number}"))
        clock.at += timedelta(seconds=10)


def test_one_token_serves_many_calls_and_is_fetched_anew_when_it_ends(
    app: Amazon, channel: Connection, clock: Hand
) -> None:
    app.sell(order())
    for _ in range(3):
        assert inbound.hydrate(channel, "302-1")
    assert app.calls.count("POST /auth/o2/token") == 1
    clock.at += timedelta(hours=1)
    inbound.hydrate(channel, "302-1")
    assert app.calls.count("POST /auth/o2/token") == 2


def test_a_token_that_was_withdrawn_is_fetched_anew_within_the_call(app: Amazon, channel: Connection) -> None:
    app.sell(order())
    inbound.hydrate(channel, "302-1")
    app.tokens.clear()
    assert inbound.hydrate(channel, "302-1")


def test_keys_that_are_wrong_or_missing_are_for_a_person(app: Amazon, clock: Hand) -> None:
    with pytest.raises(Refused, match="invalid_grant"):
        inbound.hydrate(connected(app, clock, refresh_token="Atzr|old"), "302-1")
    with pytest.raises(Refused, match="no client_id"):
        inbound.hydrate(connected(app, clock, client_id=""), "302-1")


def test_an_order_that_a_notification_names_is_fetched_whole_with_what_we_do_not_know(
    app: Amazon, channel: Connection
) -> None:
    told = app.sell(order() | {"somethingNew": {"a": ["ü"]}})
    reference = inbound.reference(inbound.NOTIFICATION, json.dumps(told).encode())
    raw = inbound.hydrate(channel, reference)
    assert raw is not None
    assert json.loads(raw)["somethingNew"] == {"a": ["ü"]}
    document = inbound.parse(WHOLE, raw, channel.channel)
    assert document is not None
    assert (document.placed.external_id, document.placed.total) == ("302-1", 2000)
    assert inbound.hydrate(channel, "302-404") is None


def test_all_pages_of_a_period_are_read_and_each_order_once(app: Amazon, channel: Connection, clock: Hand) -> None:
    app.page = 3
    sell(app, clock, 8)
    clock.at += timedelta(minutes=10)
    found = list(listed(channel, MONDAY_MORNING, clock.at))
    assert [each.external_id for each in found] == [f"302-{number}" for number in range(8)]
    assert [each.changed_at for each in found] == sorted(each.changed_at for each in found)


def test_orders_that_change_while_pages_are_read_are_not_lost(app: Amazon, channel: Connection, clock: Hand) -> None:
    app.page = 2
    sell(app, clock, 6)
    clock.at += timedelta(minutes=10)
    end = clock.at
    seen, cursor, more, moved = [], "", True, iter(("302-0", "302-3", "302-5"))
    while more:
        page = inbound.poll(channel, MONDAY_MORNING, end, cursor)
        seen += [each.external_id for each in page.orders]
        cursor, more = page.cursor, page.more
        clock.at += timedelta(seconds=5)
        if name := next(moved, ""):
            app.change(name, programs=["PRIME"])
    clock.at += timedelta(minutes=10)
    seen += [each.external_id for each in listed(channel, end - timedelta(minutes=5), clock.at)]
    assert set(seen) == {f"302-{number}" for number in range(6)}


def test_what_changed_just_now_is_asked_for_later(app: Amazon, channel: Connection, clock: Hand) -> None:
    app.sell(order())
    assert inbound.poll(channel, MONDAY_MORNING - timedelta(minutes=1), clock.at, "").orders == ()
    assert inbound.poll(channel, MONDAY_MORNING, clock.at, "") == inbound.Page(orders=())
    clock.at += timedelta(minutes=3)
    assert len(list(listed(channel, MONDAY_MORNING - timedelta(minutes=1), clock.at))) == 1


def test_what_amazon_ships_and_other_marketplaces_are_not_asked_for(
    app: Amazon, channel: Connection, clock: Hand
) -> None:
    made = order("302-2")
    app.sell(made | {"fulfillment": {**made["fulfillment"], "fulfilledBy": "AMAZON"}})
    app.sell(order("302-3") | {"salesChannel": {"marketplaceId": "APJ6JRA9NG5V4"}})
    clock.at += timedelta(hours=1)
    assert list(listed(channel, MONDAY_MORNING - timedelta(hours=1), clock.at)) == []
    everywhere = connected(app, clock, account="")
    assert len(list(listed(everywhere, MONDAY_MORNING - timedelta(hours=1), clock.at))) == 1


def test_a_usage_plan_that_is_used_up_says_how_long_to_wait(app: Amazon, channel: Connection, clock: Hand) -> None:
    app.plans = {"search": (0.0056, 1)}
    clock.at += timedelta(hours=1)
    inbound.poll(channel, MONDAY_MORNING, clock.at, "")
    with pytest.raises(Throttled) as throttled:
        inbound.poll(channel, MONDAY_MORNING, clock.at, "")
    assert 178 < throttled.value.seconds < 179
    clock.at += timedelta(seconds=180)
    inbound.poll(channel, MONDAY_MORNING, clock.at, "")


def test_a_confirmation_says_what_left_with_which_number(app: Amazon, channel: Connection) -> None:
    app.sell(order())
    number = outbound.confirm_shipment(channel, SALE, parcel())
    assert app.packages["302-1"][number] == {
        "packageReferenceId": number,
        "carrierCode": "FedEx",
        "carrierName": "FedEx",
        "shippingMethod": "FEDEX_GROUND",
        "trackingNumber": "794600000001",
        "shipDate": "2026-03-02T12:00:00.000Z",
        "orderItems": [{"orderItemId": "1", "quantity": 1}],
    }
    outbound.confirm_shipment(channel, SALE, parcel("p-2"))
    assert app.orders["302-1"]["fulfillment"]["fulfillmentStatus"] == "SHIPPED"


@pytest.mark.parametrize("fault", EVERY)
@pytest.mark.parametrize("before", [0, 1])
def test_a_confirmation_that_is_told_until_it_is_heard_is_there_once(
    app: Amazon, channel: Connection, fault: Fault, before: int
) -> None:
    """The fault meets the call for the token, or the confirmation itself."""
    app.sell(order())
    app.faults.extend([None] * before + [fault])
    for _ in range(3):
        try:
            outbound.confirm_shipment(channel, SALE, parcel())
        except Unavailable:
            continue
    assert len(app.packages["302-1"]) == 1


def test_what_is_told_too_often_is_told_later_and_once(app: Amazon, channel: Connection, clock: Hand) -> None:
    app.sell(order())
    app.listings = {"A": 1}
    app.plans = {"confirm": (2, 1), "patch": (5, 1)}
    outbound.confirm_shipment(channel, SALE, parcel())
    with pytest.raises(Throttled) as throttled:
        outbound.confirm_shipment(channel, SALE, parcel("p-2", tracking="2"))
    assert throttled.value.seconds == 0.5
    levels = [StockLevel(sku="A", available=2), StockLevel(sku="A", available=3)]
    with pytest.raises(Throttled):
        outbound.set_stock(channel, levels)
    clock.at += timedelta(seconds=1)
    outbound.confirm_shipment(channel, SALE, parcel("p-2", tracking="2"))
    assert [each["trackingNumber"] for each in app.packages["302-1"].values()] == ["794600000001", "2"]


def test_a_package_that_amazon_has_already_is_not_refused(app: Amazon, channel: Connection) -> None:
    app.sell(order(quantity=1))
    other = {
        "packageReferenceId": "77",
        "trackingNumber": "794600000001",
        "orderItems": [{"orderItemId": "1", "quantity": 1}],
    }
    app.packages["302-1"]["77"] = other  # somebody typed it in
    outbound.confirm_shipment(channel, SALE, parcel())
    assert list(app.packages["302-1"]) == ["77"]
    with pytest.raises(Refused, match="more units than were ordered"):
        outbound.confirm_shipment(channel, SALE, parcel("p-2", tracking="other"))


def test_a_carrier_that_amazon_does_not_know_is_named(app: Amazon, clock: Hand) -> None:
    app.sell(order())
    local = replace(parcel(), carrier="Stadtbote")
    number = outbound.confirm_shipment(connected(app, clock, account=""), SALE, local)
    package = app.packages["302-1"][number]
    assert (package["carrierCode"], package["carrierName"]) == ("Other", "Stadtbote")


def test_what_amazon_cannot_take_is_for_a_person(app: Amazon, channel: Connection) -> None:
    app.sell(order())
    with pytest.raises(Refused, match="without a tracking number"):
        outbound.confirm_shipment(channel, SALE, parcel(tracking=""))
    with pytest.raises(Refused, match="nothing in it"):
        outbound.confirm_shipment(channel, SALE, replace(parcel(), lines=()))
    with pytest.raises(Refused, match="no order 302-9"):
        outbound.confirm_shipment(channel, replace(SALE, external_id="302-9"), parcel())
    assert frozenset(ChannelUpdate) == outbound.TAKES


def test_levels_are_set_and_one_that_is_refused_stops_no_other(app: Amazon, channel: Connection) -> None:
    app.listings = {"A": 1, "B/2 ü": 1, "C": 1}
    levels = [
        StockLevel(sku="A", available=4),
        StockLevel(sku="gone", available=1),
        StockLevel(sku="C", available=10**10),
        StockLevel(sku="B/2 ü", available=0),
    ]
    assert len(levels) <= outbound.STOCK_BATCH
    assert outbound.set_stock(channel, levels) == [
        StockAnswer(sku="A"),
        StockAnswer(sku="gone", problem="Amazon has no listing of this sku"),
        StockAnswer(sku="C", problem="quantity is too large"),
        StockAnswer(sku="B/2 ü"),
    ]
    assert app.listings == {"A": 4, "B/2 ü": 0, "C": 1}


@pytest.mark.parametrize("fault", EVERY)
def test_a_level_that_is_told_until_it_is_heard_is_right(app: Amazon, channel: Connection, fault: Fault) -> None:
    app.listings = {"A": 1}
    app.faults.extend([None, fault])
    for _ in range(2):
        try:
            assert outbound.set_stock(channel, [StockLevel(sku="A", available=3)]) == [StockAnswer(sku="A")]
        except Unavailable:
            continue
    assert app.listings == {"A": 3}


def test_nobody_knows_whose_listings_are_meant_without_the_seller_and_the_marketplace(app: Amazon, clock: Hand) -> None:
    level = [StockLevel(sku="A", available=1)]
    with pytest.raises(Refused, match="no seller_id"):
        outbound.set_stock(connected(app, clock, seller_id=""), level)
    with pytest.raises(Refused, match="has to name it"):
        outbound.set_stock(connected(app, clock, account=""), level)


class Recorder:
    """Notes where it is asked to send, and answers nothing useful."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def send(self, request: Request) -> Reply:
        self.urls.append(request.url)
        return Reply(status=200, body=b'{"access_token": "Atza|1", "expires_in": 3600}')


def test_the_token_of_every_region_comes_from_login_with_amazon(app: Amazon, clock: Hand) -> None:
    http = Recorder()
    europe = Channel(
        channel_id="c", platform=Platform.AMAZON, name="C", api_url="https://sellingpartnerapi-eu.amazon.com"
    )
    inbound.hydrate(Connection(channel=europe, secret=app.keys, http=http, clock=clock), "302-1")
    assert http.urls[0] == "https://api.amazon.com/auth/o2/token"
    assert http.urls[1].startswith("https://sellingpartnerapi-eu.amazon.com/orders/2026-01-01/orders/302-1?")
