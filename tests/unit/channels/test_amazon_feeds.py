"""Cancellations and refunds on Amazon, against a stand-in of its feeds: once, whatever is lost and whoever dies."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.standins.amazon import Amazon
from infra.standins.wsgi import Fault
from oms.channels.amazon import feed_paper, feeds, outbound
from oms.channels.amazon.figures import figures
from oms.channels.amazon.payload import AmazonOrder
from oms.channels.amazon.refunding import adjusted
from oms.channels.connection import Connection
from oms.channels.outbound import Cancelled, Handed, HandedIn, MoneyBack, Sale, Undone, UnitsOf
from oms.errors import Refused, Unavailable
from oms.orders.reasons import CancellationReason
from oms.setup import ChannelUpdate, Platform
from tests.support.clock import MONDAY_MORNING
from tests.support.platforms import Hand, connection
from tests.unit.channels.amazon_payloads import GERMANY, Json, amazon_item, amazon_order, breakdown

SALE = Sale(order_id="o1", external_id="302-1", number="302-1", currency="EUR", total=4998)
OFF = Cancelled(key="o1-cancelled-1", at=MONDAY_MORNING, lines=(), everything=True, code=CancellationReason.CUSTOMER)
UNIT = UnitsOf(external_line_id="1", sku="SKU-1", quantity=1, amount=1190)
BACK = MoneyBack(key="o1-r1", at=MONDAY_MORNING, amount=1190, lines=(UNIT,))
EVERY = [Fault.QUESTION_LOST, Fault.ANSWER_LOST, Fault.SERVER_ERROR]
CALLS = 8
"""Token, order, document, its upload, the feed, how far it is, its report, and where that lies."""
HANDING_IN = 4


@pytest.fixture
def clock() -> Hand:
    return Hand(MONDAY_MORNING)


@pytest.fixture
def app(clock: Hand) -> Amazon:
    """Two items of 10.00 and 19.00 a unit and shipping of 5.00; 19 % tax beside the prices. Two units of the first."""
    app = Amazon(clock=clock)
    first = amazon_item(
        "1",
        breakdown("ITEM", "20.00"),
        breakdown("SHIPPING", "5.00"),
        breakdown("TAX", "4.75", ("ITEM", "3.80"), ("SHIPPING", "0.95")),
        quantity=2,
    )
    second = amazon_item("2", breakdown("ITEM", "19.00"), breakdown("TAX", "3.61", ("ITEM", "3.61")))
    app.sell(amazon_order([first, second], "52.36", orderId="302-1"))
    return app


@pytest.fixture
def channel(app: Amazon, clock: Hand) -> Connection:
    return connected(app, clock)


def connected(app: Amazon, clock: Hand, *updates: ChannelUpdate) -> Connection:
    return connection(
        Platform.AMAZON,
        app,
        secret=app.keys,
        clock=clock,
        api_url="https://sp.example",
        account=GERMANY,
        currency="EUR",
        updates=updates or tuple(ChannelUpdate),
    )


class Outbox:
    """What the room that tells channels does with an adapter's answers, as it stands in `oms.platform.telling`."""

    def __init__(self, channel: Connection, clock: Hand) -> None:
        self.channel, self.clock = channel, clock
        self.reference, self.fresh = "", False
        self.steps = 0
        self.dies_after = 0
        """The step whose answer nobody wrote down."""

    def tell(self, what: Cancelled | MoneyBack) -> str | Undone:
        """Until it is done, or came to nothing.

        Raises:
            Refused: a person has to look.
        """
        for _ in range(60):
            self.steps += 1
            try:
                told = self._step(what)
            except Unavailable:
                self.fresh = False
                self.clock.at += timedelta(minutes=1)
                continue
            if self.steps == self.dies_after:
                self.fresh = False
                self.clock.at += timedelta(minutes=2)
                continue
            if not isinstance(told, HandedIn):
                return told
            assert len(told.reference) <= 500
            self.reference, self.fresh = told.reference, not told.wait
            self.clock.at += told.wait
        raise AssertionError(f"no end: {self.reference}")

    def _step(self, what: Cancelled | MoneyBack) -> str | HandedIn | Undone:
        if self.reference:
            handed = Handed(reference=self.reference, fresh=self.fresh)
            return outbound.proceed(self.channel, SALE, what, handed)
        if isinstance(what, Cancelled):
            return outbound.cancel(self.channel, SALE, what)
        return outbound.refund(self.channel, SALE, what)


@pytest.fixture
def outbox(channel: Connection, clock: Hand) -> Outbox:
    return Outbox(channel, clock)


def paper(app: Amazon) -> ET.Element:
    """What was handed in last."""
    content = [each["content"] for each in app.documents.values() if each.get("content")][-1]
    found = ET.fromstring(content).find("Message")  # noqa: S314 - our own
    assert found is not None
    return found


def test_an_order_is_cancelled_as_a_whole_and_names_us(app: Amazon, outbox: Outbox) -> None:
    assert outbox.tell(OFF) == "50001"
    assert app.orders["302-1"]["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    told = paper(app)
    assert told.findtext("MessageID") == feed_paper.message_id(OFF.key)
    assert told.findtext("OrderAcknowledgement/MerchantOrderID") == "o1"
    items = [(each.findtext("AmazonOrderItemCode"), each.findtext("CancelReason")) for each in told.iter("Item")]
    assert items == [("1", "BuyerCanceled"), ("2", "BuyerCanceled")]
    assert next(iter(app.feeds.values()))["feedType"] == "POST_ORDER_ACKNOWLEDGEMENT_DATA"


def test_an_order_that_is_cancelled_there_is_not_cancelled_again(app: Amazon, outbox: Outbox) -> None:
    over = {**app.orders["302-1"]["fulfillment"], "fulfillmentStatus": "CANCELLED"}
    app.change("302-1", fulfillment=over)
    assert outbox.tell(OFF) == ""
    assert outbox.tell(BACK) == "", "and Amazon charges nothing for it"
    assert not app.feeds


def test_units_that_came_back_are_paid_by_price_and_tax(app: Amazon, outbox: Outbox) -> None:
    outbox.tell(replace(BACK, amount=1190 + 595, shipping=595))
    assert app.refunds == [
        {
            "orderId": "302-1",
            "orderItemId": "1",
            "merchantAdjustmentItemId": "o1-r1-1",
            "reason": "CustomerReturn",
            "amounts": {"Principal": "10.00", "Tax": "1.90", "Shipping": "5.00", "ShippingTax": "0.95"},
            "cancelled": 0,
        }
    ]
    assert paper(app).findtext("OrderAdjustment/AdjustedItem/Quantity") == "1"


def test_money_for_no_unit_is_spread_over_what_everything_costs(app: Amazon, outbox: Outbox) -> None:
    outbox.tell(MoneyBack(key="o1-r1", at=MONDAY_MORNING, amount=5236))
    assert [(each["orderItemId"], each["reason"], each["amounts"]) for each in app.refunds] == [
        (
            "1",
            "GeneralAdjustment",
            {"Principal": "20.00", "Tax": "3.80", "Shipping": "5.00", "ShippingTax": "0.95"},
        ),
        ("2", "GeneralAdjustment", {"Principal": "19.00", "Tax": "3.61"}),
    ]


def test_where_the_tax_is_in_the_price_it_is_not_told_apart(app: Amazon, outbox: Outbox) -> None:
    app.change("302-1", proceeds={"grandTotal": {"amount": "44.00", "currencyCode": "EUR"}})
    outbox.tell(BACK)
    assert app.refunds[0]["amounts"] == {"Principal": "11.90"}


def test_single_units_are_cancelled_by_their_refund(app: Amazon, outbox: Outbox) -> None:
    part = replace(OFF, everything=False, lines=(UNIT,))
    assert outbox.tell(part) == ""
    assert not app.feeds
    second = UnitsOf(external_line_id="2", sku="SKU-2", quantity=1, amount=2261)
    outbox.tell(MoneyBack(key="o1-r1", at=MONDAY_MORNING, amount=2261, cancelled=(second,)))
    (made,) = app.refunds
    assert (made["orderItemId"], made["cancelled"], made["reason"]) == ("2", 1, "NoInventory")
    assert made["amounts"] == {"Principal": "19.00", "Tax": "3.61"}
    assert "cancellation" in app.orders["302-1"]["orderItems"][1]


def test_single_units_without_refunds_are_for_a_person(app: Amazon, clock: Hand) -> None:
    without = connected(app, clock, ChannelUpdate.CANCELLATIONS)
    with pytest.raises(Refused, match="single units"):
        outbound.cancel(without, SALE, replace(OFF, everything=False))


def test_what_a_cancelled_order_cost_amazon_gives_back_by_itself(app: Amazon, outbox: Outbox, clock: Hand) -> None:
    whole = MoneyBack(key="o1-r1", at=MONDAY_MORNING, amount=5236, everything=True)
    with pytest.raises(Refused, match="cancel the whole order"):
        outbound.refund(connected(app, clock, ChannelUpdate.REFUNDS), SALE, whole)
    waits = outbound.refund(outbox.channel, SALE, whole)
    assert isinstance(waits, HandedIn)
    clock.at += waits.wait
    again = outbound.proceed(outbox.channel, SALE, whole, Handed(reference=waits.reference, fresh=False))
    assert isinstance(again, HandedIn)
    clock.at += timedelta(days=2)
    with pytest.raises(Refused, match="for a day"):
        outbound.proceed(outbox.channel, SALE, whole, Handed(reference=waits.reference, fresh=False))
    outbox.tell(OFF)
    assert outbound.proceed(outbox.channel, SALE, whole, Handed(reference=waits.reference, fresh=False)) == ""
    assert not app.refunds


@pytest.mark.parametrize("what", [OFF, BACK], ids=["cancel", "refund"])
@pytest.mark.parametrize("fault", EVERY)
def test_whatever_is_lost_on_the_way_has_one_effect(
    app: Amazon, clock: Hand, fault: Fault, what: Cancelled | MoneyBack
) -> None:
    for place in range(CALLS):
        app.open_feeds()
        app.orders["302-1"]["fulfillment"]["fulfillmentStatus"] = "UNSHIPPED"
        clock.at += timedelta(hours=2)
        outbox = Outbox(connected(app, clock), clock)
        app.faults.extend([None] * place + [fault])
        if what is BACK and fault is Fault.ANSWER_LOST and place == HANDING_IN:
            with pytest.raises(Refused, match="it may be feed 50001"):
                outbox.tell(what)
            clock.at += timedelta(hours=1)
            app.work_off()
            with pytest.raises(Refused, match="it may be feed 50001"):
                outbox.tell(what)  # as often as somebody has it tried again
        else:
            assert isinstance(outbox.tell(what), str)
        assert not app.faults
        assert len(app.refunds) + len(app.cancellations) == 1


@pytest.mark.parametrize("what", [OFF, BACK], ids=["cancel", "refund"])
def test_wherever_somebody_dies_it_has_one_effect(app: Amazon, clock: Hand, what: Cancelled | MoneyBack) -> None:
    """After each step, before anybody wrote down what it answered."""
    for place in range(1, 5):
        app.open_feeds()
        app.orders["302-1"]["fulfillment"]["fulfillmentStatus"] = "UNSHIPPED"
        clock.at += timedelta(hours=2)
        outbox = Outbox(connected(app, clock), clock)
        outbox.dies_after = place
        if what is BACK and place == 3:
            with pytest.raises(Refused, match="whether Amazon took the refund is not known"):
                outbox.tell(what)
            clock.at += timedelta(hours=1)
            app.work_off()
        else:
            outbox.tell(what)
        assert outbox.steps > place
        assert len(app.refunds) + len(app.cancellations) == 1


def about_to_be_sent(outbox: Outbox) -> str:
    """The reference that stands in the outbox when somebody dies just before the call, or just after it."""
    told = outbound.refund(outbox.channel, SALE, BACK)
    assert isinstance(told, HandedIn)
    told = outbound.proceed(outbox.channel, SALE, BACK, Handed(reference=told.reference, fresh=True))
    assert isinstance(told, HandedIn)
    return told.reference


def test_who_dies_before_the_call_hands_it_in_after_a_look(app: Amazon, outbox: Outbox, clock: Hand) -> None:
    outbox.reference = about_to_be_sent(outbox)
    clock.at += timedelta(minutes=1)
    outbox.tell(BACK)
    assert "GET /feeds/2021-06-30/feeds" in app.calls, "it was looked whether there is one"
    assert len(app.refunds) == 1


def test_what_amazon_may_have_forgotten_is_not_handed_in_again(outbox: Outbox, clock: Hand) -> None:
    outbox.reference = about_to_be_sent(outbox)
    clock.at += timedelta(days=91)
    with pytest.raises(Refused, match="too long ago"):
        outbox.tell(BACK)


def test_a_refund_that_is_less_by_now_is_written_anew(app: Amazon, outbox: Outbox) -> None:
    told = outbound.refund(outbox.channel, SALE, BACK)
    assert isinstance(told, HandedIn)
    outbox.reference = told.reference
    outbox.tell(replace(BACK, amount=500))
    assert app.refunds[0]["amounts"] == {"Principal": "4.20", "Tax": "0.80"}


@pytest.mark.parametrize("plan", ["create_feed", "feed", "document"])
def test_a_usage_plan_that_is_used_up_is_waited_for_without_a_failure(app: Amazon, clock: Hand, plan: str) -> None:
    app.plans = {plan: (0.01, 1)}
    for number in (1, 2):
        assert Outbox(connected(app, clock), clock).tell(replace(BACK, key=f"o1-r{number}")) == f"5000{number}"
    assert len(app.refunds) == 2


def test_a_look_that_is_put_off_is_made_later(app: Amazon, outbox: Outbox) -> None:
    app.plans = {"list_feeds": (0.01, 0)}
    outbox.reference = about_to_be_sent(outbox)
    with pytest.raises(AssertionError, match="no end: sending"):
        outbox.tell(BACK)
    app.plans = {}
    outbox.tell(BACK)
    assert len(app.refunds) == 1


def test_what_amazon_will_not_do_is_for_a_person_in_its_words(app: Amazon, outbox: Outbox) -> None:
    assert outbox.tell(replace(BACK, amount=99_999)) == Undone(
        "18028 The requested refund amount is more than what is left of the item's price."
    )
    app.change("302-1", fulfillment={**app.orders["302-1"]["fulfillment"], "fulfillmentStatus": "SHIPPED"})
    outbox.reference = ""
    assert outbox.tell(OFF) == Undone("18028 The order is shipped and cannot be cancelled.")


@pytest.mark.parametrize("end", ["FATAL", "CANCELLED", "IN_PROGRESS"])
def test_a_feed_that_does_not_end_well_is_for_a_person(app: Amazon, outbox: Outbox, end: str) -> None:
    app.ends.extend([end] * 2000)
    if end == "CANCELLED":
        assert outbox.tell(BACK) == Undone("feed 50001 ended as CANCELLED")
    else:
        with pytest.raises(Refused, match="may have been made" if end == "FATAL" else "for a day"):
            outbox.tell(BACK)
    if end == "FATAL":
        outbox.reference = ""
        assert outbox.tell(OFF) == Undone("feed 50002 ended as FATAL"), "the order says that it is not off"
    assert not app.refunds


def test_a_report_that_is_none_is_asked_for_again() -> None:
    for raw in (b"<html>", b"", gzip.compress(b"x"), b"<AmazonEnvelope/>"):
        with pytest.raises(Unavailable):
            feed_paper.report(raw)
    for raw in (gzip.compress(b"x" * 99)[:20], b"\x1f\x8b\x08" + b"\xff" * 30):
        with pytest.raises(Unavailable):
            feeds.unpacked(raw)


amounts = st.integers(0, 5000)


@settings(max_examples=60, deadline=None)
@given(prices=st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=4), data=st.data())
def test_what_goes_back_adds_up_whatever_it_is_for(prices: list[tuple[int, int, int]], data: st.DataObject) -> None:
    items: list[Json] = [
        amazon_item(
            str(number),
            breakdown("ITEM", f"{price / 100}"),
            breakdown("SHIPPING", f"{way / 100}"),
            breakdown("TAX", f"{tax / 100}", ("ITEM", f"{tax / 100}")),
        )
        for number, (price, way, tax) in enumerate(prices)
    ]
    order = AmazonOrder.model_validate(amazon_order(items, None))
    units = [
        UnitsOf(external_line_id=str(number), sku="S", quantity=1, amount=data.draw(amounts))
        for number in range(len(items) + 1)
    ]
    split = data.draw(st.integers(0, len(units)))
    refund = MoneyBack(
        key="k",
        at=MONDAY_MORNING,
        amount=data.draw(st.integers(1, 20_000)),
        lines=tuple(units[:split]),
        cancelled=tuple(units[split:]),
        shipping=data.draw(amounts),
    )
    made = adjusted(order.order_items, figures(order, "EUR"), refund)
    assert sum(amount for each in made for amount in each.components.values()) == refund.amount
    assert all(amount > 0 for each in made for amount in each.components.values())
