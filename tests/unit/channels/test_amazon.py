from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.channels.amazon import inbound as amazon
from oms.channels.changes import first_events
from oms.channels.intake import Outcome, capture
from oms.errors import InvalidInput
from oms.orders.events import (
    ChargeKind,
    HoldReason,
    OrderHeld,
    PaymentMethod,
    PriceMode,
    TaxRemitter,
)
from oms.orders.transitions import OrderStatus
from oms.setup import Channel, Platform
from tests.support.clock import MONDAY_MORNING
from tests.support.memory_stack import MemoryStack
from tests.unit.channels.amazon_payloads import (
    AMAZON,
    Json,
    amazon_document,
    amazon_item,
    amazon_order,
    amazon_read,
    breakdown,
    cash,
)
from tests.unit.channels.payloads import parts

FACILITATED = {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon"}]}
EXECUTED = {"cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "changed mind"}}


def cup(amount: str = "20.00", tax: str = "0.00", quantity: int = 2, **changes: Any) -> Json:
    told = [breakdown("ITEM", amount), *([breakdown("TAX", tax, ("ITEM", tax))] if float(tax) else [])]
    return amazon_item("1", *told, quantity=quantity, **changes)


def held(order: Json) -> dict[HoldReason, str]:
    events = first_events(amazon_document(order), "o1", MONDAY_MORNING)
    return {event.reason: event.note for event in events if isinstance(event, OrderHeld)}


def test_amounts_are_of_the_whole_line_and_add_up_with_shipping_wrap_discount_and_tax() -> None:
    item = amazon_item(
        "7",
        breakdown("ITEM", "89.97"),
        breakdown("SHIPPING", "10.00"),
        breakdown("GIFT_WRAP", "3.50"),
        breakdown("DISCOUNT", "-7.00", ("ITEM", "-5.00"), ("SHIPPING", "-2.00")),
        breakdown("TAX", "4.10", ("ITEM", "3.00"), ("SHIPPING", "0.90"), ("GIFT_WRAP", "0.20")),
        quantity=3,
    )
    item["product"]["price"] = {"unitPrice": cash("29.99")}
    document = amazon_document(amazon_order([item], "100.57"))
    line = document.placed.lines[0]
    assert (line.sku, line.quantity, line.net, line.tax, line.discount, line.list_price) == (
        "SKU-7",
        3,
        8497,
        300,
        500,
        2999,
    )
    assert [(each.kind, each.title, each.net, each.tax, each.code) for each in document.placed.charges] == [
        (ChargeKind.SHIPPING, "Shipping", 800, 90, "STANDARD"),
        (ChargeKind.FEE, "Gift wrap", 350, 20, ""),
    ]
    assert parts(document) == document.placed.total == 10057
    assert document.placed.prices is PriceMode.NET
    assert held(amazon_order([item], "100.57")) == {}


def test_a_tax_that_is_in_the_prices_is_taken_out_of_them() -> None:
    item = amazon_item(
        "1",
        breakdown("ITEM", "119.00"),
        breakdown("SHIPPING", "5.95"),
        breakdown("TAX", "19.95", ("ITEM", "19.00"), ("SHIPPING", "0.95")),
    )
    placed = amazon_document(amazon_order([item], "124.95")).placed
    assert placed.prices is PriceMode.GROSS
    assert [(line.net, line.tax) for line in placed.lines] == [(10000, 1900)]
    assert [(each.net, each.tax) for each in placed.charges] == [(500, 95)]


def test_a_tax_without_details_is_shared_over_goods_and_shipping() -> None:
    item = amazon_item("1", breakdown("ITEM", "30.00"), breakdown("SHIPPING", "10.00"), breakdown("TAX", "4.01"))
    document = amazon_document(amazon_order([item], "44.01"))
    assert document.placed.lines[0].tax == 301
    assert [each.tax for each in document.placed.charges] == [100]
    assert parts(document) == 4401


amounts = st.integers(0, 99_999)


@given(st.lists(st.tuples(amounts, amounts, amounts, amounts, st.integers(1, 7)), min_size=1, max_size=4))
def test_every_order_adds_up_to_what_amazon_says(figures: list[tuple[int, int, int, int, int]]) -> None:
    def euro(cents: int) -> str:
        return f"{cents // 100}.{cents % 100:02}"

    items, total = [], 0
    for number, (goods, shipping, tax, discount, quantity) in enumerate(figures):
        less = min(discount, goods)
        told = [breakdown("ITEM", euro(goods)), breakdown("SHIPPING", euro(shipping)), breakdown("TAX", euro(tax))]
        told.append(breakdown("DISCOUNT", f"-{euro(less)}"))
        items.append(amazon_item(str(number), *told, quantity=quantity))
        total += goods + shipping + tax - less
    document = amazon_document(amazon_order(items, euro(total)))
    assert parts(document) == document.placed.total == total
    assert all(sum(run.count for run in line.units) == line.quantity for line in document.placed.lines)


def test_a_total_that_the_parts_do_not_reach_is_held_with_the_difference() -> None:
    assert held(amazon_order([cup("20.00")], "21.00"))[HoldReason.TOTAL_MISMATCH].endswith("difference 1.00 EUR")


def test_tax_that_the_marketplace_pays_to_the_state_is_not_the_merchants() -> None:
    item = cup("20.00", "3.80") | {"tax": FACILITATED}
    order = amazon_order([item], "23.80")
    placed = amazon_document(order).placed
    assert (placed.tax_remitter, placed.lines[0].net, placed.lines[0].tax) == (TaxRemitter.CHANNEL, 2000, 380)
    assert held(order) == {}


def test_tax_that_two_pay_to_the_state_is_looked_at() -> None:
    other = amazon_item("2", breakdown("ITEM", "10.00"), breakdown("TAX", "1.90"))
    order = amazon_order([cup("20.00", "3.80") | {"tax": FACILITATED}, other], "35.70")
    assert amazon_document(order).placed.tax_remitter is TaxRemitter.MERCHANT
    assert "pays the tax of some lines" in held(order)[HoldReason.CHANNEL_DOCUMENT]


def test_amazon_has_the_money_and_the_programs_are_marks() -> None:
    placed = amazon_document(amazon_order([cup()], "20.00")).placed
    assert (placed.payment.method, placed.payment.amount) == (PaymentMethod.MARKETPLACE, 2000)
    assert placed.tags == ("PRIME", "ship by 2026-03-04T22:59:59Z")
    assert (placed.shipping_service, placed.number, placed.language) == ("STANDARD", "302-0000001-0000001", "de")


def test_the_address_keeps_all_its_lines() -> None:
    contact = amazon_document(amazon_order([cup()], "20.00")).contact
    assert contact.shipping is not None
    assert (contact.shipping.line1, contact.shipping.line2) == ("Schillerplatz 1", "Hinterhaus, 3. Stock")
    assert (contact.email, contact.phone) == ("x7@marketplace.amazon.example", "+49 351 123456")


def test_without_the_role_for_personal_data_the_order_comes_without_it() -> None:
    order = amazon_order([cup()], "20.00", buyer=None, recipient={"deliveryAddress": {"countryCode": "DE"}})
    contact = amazon_document(order).contact
    assert contact.shipping is not None
    assert (contact.name, contact.shipping.line1, contact.shipping.country) == ("", "", "DE")


def test_a_pending_order_without_amounts_waits_at_amazon() -> None:
    assert amazon_read(amazon_order([amazon_item("1", proceeds=None)], None, "PENDING")) is None
    assert amazon_read(amazon_order([amazon_item("1", proceeds=None)], None, "PENDING_AVAILABILITY")) is None


def test_a_pending_order_with_amounts_is_kept_waiting_until_amazon_has_the_money() -> None:
    stack = MemoryStack()
    pending = amazon_document(amazon_order([cup()], "20.00", "PENDING", recipient=None))
    first = capture(stack, pending, stack.caller("amazon"))
    assert first is not None
    assert [hold.reason for hold in first.order.holds.values()] == [HoldReason.PAYMENT_PENDING]
    ready = amazon_document(amazon_order([cup()], "20.00", lastUpdatedTime="2026-03-02T09:10:00Z"))
    second = capture(stack, ready, stack.caller("amazon"))
    assert second is not None
    assert second.outcome is Outcome.REVISED
    assert (second.order.holds, second.order.payments["channel"].captured) == ({}, 2000)
    assert second.order.contact is not None
    assert second.order.contact.shipping is not None


def test_what_amazon_ships_or_another_marketplace_sold_is_not_ours() -> None:
    order = amazon_order([cup()], "20.00")
    theirs = order | {"fulfillment": {**order["fulfillment"], "fulfilledBy": "AMAZON"}}
    assert amazon_read(theirs) is None
    assert amazon_read(order | {"salesChannel": {"marketplaceId": "APJ6JRA9NG5V4"}}) is None
    anywhere = Channel(channel_id="amazon", platform=Platform.AMAZON, name="Shop")
    assert amazon_read(order | {"salesChannel": {"marketplaceId": "APJ6JRA9NG5V4"}}, anywhere) is not None


def test_an_order_that_is_cancelled_there_is_cancelled_here_also_without_units_and_amounts() -> None:
    stack = MemoryStack()
    capture(stack, amazon_document(amazon_order([cup()], "20.00")), stack.caller("amazon"))
    empty = amazon_item("1", quantity=0, proceeds=None, cancellation=EXECUTED)
    gone = amazon_order([empty], None, "CANCELLED", lastUpdatedTime="2026-03-02T10:00:00Z")
    channel = Channel(channel_id="amazon", platform=Platform.AMAZON, name="Shop", currency="EUR")
    after = capture(stack, amazon_document(gone, channel), stack.caller("amazon"))
    assert after is not None
    assert after.order.status is OrderStatus.CANCELLED
    assert after.order.payments["channel"].refunded == 2000


def test_an_item_that_is_cancelled_there_is_cancelled_here_and_costs_nothing() -> None:
    stack = MemoryStack()
    other = amazon_item("2", breakdown("ITEM", "10.00"))
    capture(stack, amazon_document(amazon_order([cup(), other], "30.00")), stack.caller("amazon"))
    now = amazon_order([cup(), other | {"cancellation": EXECUTED}], "30.00", lastUpdatedTime="2026-03-02T10:00:00Z")
    after = capture(stack, amazon_document(now), stack.caller("amazon"))
    assert after is not None
    assert [line.live for line in after.order.lines.values()] == [2, 0]
    assert after.order.payments["channel"].refunded == 1000
    assert not after.order.holds


def test_a_cancelled_item_that_lost_its_amounts_holds_nothing_up() -> None:
    stack = MemoryStack()
    other = amazon_item("2", breakdown("ITEM", "10.00"))
    capture(stack, amazon_document(amazon_order([cup(), other], "30.00")), stack.caller("amazon"))
    empty = amazon_item("2", quantity=0, proceeds=None, cancellation=EXECUTED)
    now = amazon_order([cup(), empty], "20.00", lastUpdatedTime="2026-03-02T10:00:00Z")
    after = capture(stack, amazon_document(now), stack.caller("amazon"))
    assert after is not None
    assert [line.live for line in after.order.lines.values()] == [2, 0]
    assert not after.order.holds


def test_a_buyers_wish_to_cancel_is_held_for_a_person_whenever_it_comes() -> None:
    wish = {"cancellationRequest": {"requester": "BUYER", "cancelReason": "no longer needed"}}
    stack = MemoryStack()
    capture(stack, amazon_document(amazon_order([cup()], "20.00")), stack.caller("amazon"))
    now = amazon_order([cup(cancellation=wish)], "20.00", lastUpdatedTime="2026-03-02T10:00:00Z")
    after = capture(stack, amazon_document(now), stack.caller("amazon"))
    assert after is not None
    assert [hold.reason for hold in after.order.holds.values()] == [HoldReason.CHANNEL_DOCUMENT]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"programs": ["AMAZON_EASY_SHIP"]}, "Amazon has its own way"),
        ({"orderItems": [cup(measurement={"unit": "KILOGRAMS", "value": 1.5})]}, "by weight or measure"),
        (
            {"orderItems": [cup(fulfillment={"shipping": {"shippingConstraints": {"cashOnDelivery": "MANDATORY"}}})]},
            "pays at the door",
        ),
        ({"proceeds": None}, "tells no total"),
    ],
)
def test_what_cannot_be_carried_out_as_it_stands_is_held(changes: Json, said: str) -> None:
    assert said in held(amazon_order([cup()], "20.00") | changes)[HoldReason.CHANNEL_DOCUMENT]


def test_an_order_that_others_have_shipped_is_held() -> None:
    shipped = cup(fulfillment={"quantityFulfilled": 2, "quantityUnfulfilled": 0})
    assert held(amazon_order([shipped], "20.00", "SHIPPED")) == {
        HoldReason.CHANNEL_DOCUMENT: "the channel says that 2 units have been shipped already"
    }


def test_a_replacement_costs_nothing_and_is_sent() -> None:
    again = [{"orderId": "302-1", "associationType": "REPLACEMENT_ORIGINAL_ID"}]
    order = amazon_order([amazon_item("1")], None, associatedOrders=again)
    channel = Channel(channel_id="amazon", platform=Platform.AMAZON, name="Shop", currency="EUR")
    document = amazon_document(order, channel)
    assert (document.placed.total, document.placed.payment.method) == (0, PaymentMethod.PREPAID)
    assert document.remarks == ()


def test_yen_have_no_cents() -> None:
    item = amazon_item("1", breakdown("ITEM", "5980", currency="JPY"))
    order = amazon_order([item], None, proceeds={"grandTotal": cash("5980", "JPY")})
    assert (amazon_document(order).placed.currency, amazon_document(order).placed.total) == ("JPY", 5980)


def test_a_document_that_is_no_order_names_what_is_wrong_and_no_values() -> None:
    with pytest.raises(InvalidInput) as refused:
        amazon_read({"orderId": "1", "createdTime": "Erika", "orderItems": [{"quantityOrdered": -1}]})
    assert {"orderItems[0].quantityOrdered", "orderItems[0].product"} <= {each.path for each in refused.value.errors}
    with pytest.raises(InvalidInput):
        amazon.parse("", b"<xml/>", AMAZON)


def test_nothing_that_comes_over_http_is_amazons() -> None:
    assert not amazon.verify(b"{}", {"X-Amz": "1"}, "secret")
    assert not amazon.is_ping(b"", {})


def test_a_notification_names_the_order_and_is_known_by_its_id() -> None:
    told = {
        "NotificationType": "ORDER_CHANGE",
        "Payload": {"OrderChangeNotification": {"AmazonOrderId": "302-1", "Summary": {"FulfillmentType": "MFN"}}},
        "NotificationMetadata": {"NotificationId": "n-1"},
    }
    raw = json.dumps(told).encode()
    assert amazon.reference(amazon.topic({}), raw) == "302-1"
    assert amazon.cause(raw, {}) == "amazon:n-1"
    assert amazon.parse(amazon.NOTIFICATION, raw, AMAZON) is None
    told["Payload"]["OrderChangeNotification"]["Summary"]["FulfillmentType"] = "AFN"  # type: ignore[index]
    assert amazon.reference(amazon.NOTIFICATION, json.dumps(told).encode()) == ""
    assert amazon.reference(amazon.NOTIFICATION, b'{"NotificationType": "LISTINGS_ITEM_STATUS_CHANGE"}') == ""
    assert amazon.reference("", raw) == ""
    for unreadable in (b"nothing", b'{"NotificationType": "ORDER_CHANGE", "Payload": []}'):
        with pytest.raises(InvalidInput):
            amazon.reference(amazon.NOTIFICATION, unreadable)
