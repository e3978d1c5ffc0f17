from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.channels.changes import first_events
from oms.channels.ebay import inbound as ebay
from oms.channels.ebay.figures import Costs, Figures
from oms.channels.intake import capture
from oms.channels.telling import sale_of
from oms.errors import InvalidInput
from oms.orders.events import ChargeKind, HoldReason, OrderHeld, PaymentMethod, TaxRemitter
from oms.orders.transitions import OrderStatus
from tests.support.clock import MONDAY_MORNING
from tests.support.memory_stack import MemoryStack
from tests.unit.channels.ebay_payloads import (
    EBAY,
    Json,
    cash,
    collected,
    ebay_document,
    ebay_line,
    ebay_order,
    ebay_read,
    person,
)
from tests.unit.channels.payloads import parts


def held(order: Json) -> dict[HoldReason, str]:
    events = first_events(ebay_document(order), "o1", MONDAY_MORNING)
    return {event.reason: event.note for event in events if isinstance(event, OrderHeld)}


def test_costs_discounts_and_shipping_add_up_to_the_total() -> None:
    lines = [
        ebay_line("1", "30.00", 3, "4.90", discountedLineItemCost=cash("27.00")),
        ebay_line("2", "12.50", deliveryCost={"shippingCost": cash("2.00"), "discountAmount": cash("-1.50")}),
    ]
    document = ebay_document(ebay_order(lines, "44.90"))
    first = document.placed.lines[0]
    assert (first.sku, first.quantity, first.net, first.tax, first.discount, first.list_price) == (
        "SKU-1",
        3,
        2700,
        0,
        300,
        1000,
    )
    assert [(each.kind, each.net, each.code) for each in document.placed.charges] == [
        (ChargeKind.SHIPPING, 540, "DE_DHLPaket")
    ]
    assert parts(document) == document.placed.total == 4490
    assert held(ebay_order(lines, "44.90")) == {}
    assert (document.placed.number, document.placed.payment.method) == ("4711", PaymentMethod.MARKETPLACE)


@pytest.mark.parametrize("broken_down", [True, False])
def test_the_tax_that_ebay_collects_is_counted_once_and_is_not_the_merchants(broken_down: bool) -> None:  # noqa: FBT001 - one case or the other
    line = ebay_line("1", "100.00", 1, "16.26", ebayCollectAndRemitTaxes=[collected("24.41")])
    total = "116.26"
    if broken_down:
        line["taxes"] = [{"taxType": "VAT", "amount": cash("24.41")}]
        total = "140.67"
    document = ebay_document(ebay_order([line], total))
    assert (document.placed.lines[0].net, document.placed.lines[0].tax) == (10000, 2441)
    assert parts(document) == document.placed.total == 14067
    assert document.placed.tax_remitter is TaxRemitter.CHANNEL
    assert held(ebay_order([line], total)) == {}


def test_a_tax_of_the_sellers_own_and_a_fee_are_told_apart() -> None:
    taxes = [
        {"taxType": "STATE_SALES_TAX", "amount": cash("0.80")},
        {"taxType": "TIRE_RECYCLING_FEE", "amount": cash("2.50")},
    ]
    document = ebay_document(ebay_order([ebay_line("1", "10.00", taxes=taxes)], "13.30"))
    assert document.placed.lines[0].tax == 80
    assert [(each.kind, each.net) for each in document.placed.charges] == [(ChargeKind.FEE, 250)]
    assert document.placed.tax_remitter is TaxRemitter.MERCHANT
    assert parts(document) == document.placed.total


def test_taxes_that_two_pay_to_the_state_are_looked_at() -> None:
    line = ebay_line("1", "10.00", ebayCollectAndRemitTaxes=[collected("1.00", "GST")])
    line["taxes"] = [{"taxType": "PROVINCE_SALES_TAX", "amount": cash("0.50")}]
    assert "eBay pays some taxes" in held(ebay_order([line], "10.50"))[HoldReason.CHANNEL_DOCUMENT]


def test_a_discount_of_the_whole_order_and_an_adjustment_are_found() -> None:
    lines = [ebay_line("1", "20.00"), ebay_line("2", "10.00")]
    pricing = {"total": cash("25.50"), "priceDiscount": cash("-3.00"), "adjustment": cash("-1.50")}
    document = ebay_document(ebay_order(lines, "25.50", pricingSummary=pricing))
    assert [line.discount for line in document.placed.lines] == [200, 100]
    assert [(each.title, each.net) for each in document.placed.charges] == [("Adjustment", -150)]
    assert parts(document) == document.placed.total == 2550


def test_a_total_that_the_parts_do_not_reach_is_held() -> None:
    assert HoldReason.TOTAL_MISMATCH in held(ebay_order([ebay_line("1", "10.00")], "11.00"))


cents = st.integers(0, 99_999)


@given(st.lists(st.tuples(cents, cents, cents, cents, st.integers(1, 5)), min_size=1, max_size=4), st.booleans())
def test_every_order_adds_up_to_what_the_buyer_pays(
    figures: list[tuple[int, int, int, int, int]],
    broken_down: bool,  # noqa: FBT001 - one case or the other
) -> None:
    def euro(value: int) -> str:
        return str(Decimal(value) / 100)

    lines, told, paid = [], 0, 0
    for number, (cost, less, shipping, tax, quantity) in enumerate(figures):
        after = max(cost - less, 0)
        line = ebay_line(str(number), euro(cost), quantity, euro(shipping), discountedLineItemCost=cash(euro(after)))
        line["ebayCollectAndRemitTaxes"] = [collected(euro(tax))]
        line["taxes"] = [{"taxType": "VAT", "amount": cash(euro(tax))}] if broken_down else []
        lines.append(line)
        paid += after + shipping + tax
        told += after + shipping + (tax if broken_down else 0)
    document = ebay_document(ebay_order(lines, euro(told)))
    assert parts(document) == document.placed.total == paid


@given(st.integers(1, 10**6), st.integers(0, 300_000), st.data())
def test_what_the_seller_gives_back_and_what_the_buyer_gets_fit_together(
    sellers: int, tax: int, data: st.DataObject
) -> None:
    found = Figures("EUR", (Costs(sellers, 0, tax, 0, 0),), (), sellers + tax)
    wanted = data.draw(st.integers(0, found.total - 1))
    given = found.without_tax(wanted)
    assert 0 <= given <= sellers
    assert found.with_tax(given) >= wanted
    assert given == 0 or found.with_tax(given - 1) < wanted
    assert (found.without_tax(found.total), found.with_tax(sellers)) == (sellers, found.total)


def test_the_address_is_that_of_the_parcel_and_the_buyers_own_is_for_the_bill() -> None:
    contact = ebay_document(ebay_order([ebay_line("1", "10.00")], "10.00")).contact
    assert contact.shipping is not None
    assert contact.billing is not None
    assert (contact.name, contact.customer_id) == ("Erika Mustermann", "buyer7")
    assert (contact.shipping.name, contact.shipping.line1, contact.billing.line1) == (
        "Max Mustermann",
        "Herrengasse 1",
        "Hauptplatz 2",
    )


def test_a_parcel_that_ebay_takes_further_has_its_reference_in_the_address() -> None:
    step = {"shipTo": person("International Shipping", "Hub 1"), "shipToReferenceId": "GSP-99"}
    way = [{"fulfillmentInstructionsType": "SHIP_TO", "ebaySupportedFulfillment": True, "shippingStep": step}]
    order = ebay_order([ebay_line("1", "10.00")], "10.00", fulfillmentStartInstructions=way)
    shipping = ebay_document(order).contact.shipping
    assert shipping is not None
    assert shipping.line2 == "Reference GSP-99"


def test_goods_that_are_fetched_and_goods_that_are_sent_by_mail() -> None:
    pickup = [{"fulfillmentInstructionsType": "PREPARE_FOR_PICKUP", "pickupStep": {"merchantLocationKey": "GRAZ-1"}}]
    order = ebay_order([ebay_line("1", "10.00")], "10.00", fulfillmentStartInstructions=pickup)
    store = replace(EBAY, pickup_locations={"graz-1": "graz"})
    assert ebay_document(order).placed.pickup_location_id == "GRAZ-1"
    assert ebay_document(order, store).placed.pickup_location_id == "graz"
    digital = order | {"fulfillmentStartInstructions": [{"fulfillmentInstructionsType": "DIGITAL"}]}
    assert not ebay_document(digital).placed.lines[0].requires_shipping


def test_what_is_not_paid_waits_and_what_ebay_ships_is_not_ours() -> None:
    order = ebay_order([ebay_line("1", "10.00")], "10.00", orderPaymentStatus="PENDING")
    assert held(order) == {HoldReason.PAYMENT_PENDING: ""}
    assert ebay_read(order | {"program": {"fulfillmentProgram": {"fulfilledBy": "EBAY"}}}) is None


def test_refunds_come_back_with_the_tax_that_ebay_adds_and_in_the_currency_of_the_sale() -> None:
    line = ebay_line("1", "100.00", ebayCollectAndRemitTaxes=[collected("20.00")])
    pounds = {"value": "21.30", "currency": "GBP", "convertedFromValue": "25.00", "convertedFromCurrency": "EUR"}
    refunds = [
        {"refundStatus": "REFUNDED", "amount": pounds},
        {"refundStatus": "PENDING", "amount": cash("10.00")},
        {"refundStatus": "FAILED", "amount": cash("10.00")},
    ]
    order = ebay_order([line], "100.00", paymentSummary={"refunds": refunds})
    assert ebay_document(order).given_back == 3000
    assert ebay_document(order | {"orderPaymentStatus": "FULLY_REFUNDED"}).given_back == 12000


def test_what_ebay_gave_back_is_known_when_the_next_refund_is_told() -> None:
    stack = MemoryStack()
    order = ebay_order([ebay_line("1", "10.00", 2)], "10.00")
    first = capture(stack, ebay_document(order), stack.caller("ebay"))
    refunds = [{"refundStatus": "REFUNDED", "amount": cash("4.00")}]
    later = order | {"paymentSummary": {"refunds": refunds}, "lastModifiedDate": "2026-03-02T09:30:00.000Z"}
    after = capture(stack, ebay_document(later), stack.caller("ebay"))
    assert first is not None
    assert after is not None
    assert [sale_of(each.order).given_back for each in (first, after)] == [0, 400]


def test_an_order_that_is_cancelled_there_is_cancelled_here() -> None:
    stack = MemoryStack()
    order = ebay_order([ebay_line("1", "10.00", 2)], "10.00")
    capture(stack, ebay_document(order), stack.caller("ebay"))
    gone = order | {
        "lastModifiedDate": "2026-03-02T09:30:00.000Z",
        "cancelStatus": {"cancelState": "CANCELED"},
        "orderPaymentStatus": "FULLY_REFUNDED",
    }
    after = capture(stack, ebay_document(gone), stack.caller("ebay"))
    assert after is not None
    assert after.order.status is OrderStatus.CANCELLED
    assert after.order.payments["channel"].refunded == 1000


def test_a_wish_to_cancel_is_held_for_a_person() -> None:
    wish = {"cancelState": "IN_PROGRESS", "cancelRequests": []}
    order = ebay_order([ebay_line("1", "10.00")], "10.00", cancelStatus=wish)
    assert "asks to cancel" in held(order)[HoldReason.CHANNEL_DOCUMENT]


def test_an_order_that_others_have_shipped_is_held() -> None:
    line = ebay_line("1", "10.00", lineItemFulfillmentStatus="FULFILLED")
    order = ebay_order([line], "10.00", orderFulfillmentStatus="FULFILLED")
    assert held(order) == {HoldReason.CHANNEL_DOCUMENT: "the channel says that 1 lines have been shipped already"}


def test_a_line_without_a_sku_has_a_name_of_its_own() -> None:
    order = ebay_order([ebay_line("1", "10.00", sku="", legacyVariationId="55")], "10.00")
    assert ebay_document(order).placed.lines[0].sku == "ebay:55"


def test_a_document_that_is_no_order_names_what_is_wrong() -> None:
    with pytest.raises(InvalidInput) as refused:
        ebay_read({"orderId": "1", "creationDate": "x", "lineItems": [{"quantity": 0}]})
    assert {"lineItems[0].quantity", "pricingSummary"} <= {each.path for each in refused.value.errors}


def test_nothing_that_comes_over_http_is_ebays() -> None:
    assert not ebay.verify(b"{}", {}, "secret")
    assert not ebay.is_ping(b"", {})
    assert ebay.reference("anything", b"{}") == ""
    assert ebay.parse("orders/create", b"{}", EBAY) is None
    assert ebay.cause(b"{}", {}) != ebay.cause(b"[]", {})
    assert ebay.topic({}) == ""
