from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from oms.channels.shopify import inbound as shopify
from oms.errors import InvalidInput
from oms.orders.contact import Address
from oms.orders.events import Charge, ChargeKind, PaymentMethod, PriceMode, TaxRemitter
from tests.unit.channels.payloads import (
    SHOPIFY,
    discounts,
    money_set,
    parts,
    shopify_document,
    shopify_line,
    shopify_order,
    shopify_shipping,
    taxes,
)


def test_net_prices_with_discounts_taxes_and_shipping_add_up_to_the_total() -> None:
    lines = [
        shopify_line(1, "19.99", 3, discount_allocations=discounts("5.00", "1.01"), tax_lines=taxes("10.25", "0.12")),
        shopify_line(2, "5.00", tax_lines=taxes("0.95")),
    ]
    shipping = shopify_shipping("4.90", discount_allocations=discounts("1.00"), tax_lines=taxes("0.74"))
    document = shopify_document(shopify_order(lines, "74.92", shipping_lines=[shipping], total_tax="12.06"))
    first, second = document.placed.lines
    assert (first.net, first.tax, first.discount, first.list_price, first.quantity) == (5396, 1037, 601, 1999, 3)
    assert (second.net, second.tax) == (500, 95)
    assert document.placed.charges == (Charge(kind=ChargeKind.SHIPPING, title="Standard", net=390, tax=74, code="STD"),)
    assert parts(document) == document.placed.total == 7492
    assert document.placed.prices is PriceMode.NET
    assert document.placed.shipping_service == "STD"


def test_gross_prices_are_taken_apart_into_net_and_tax() -> None:
    lines = [shopify_line(1, "11.90", 2, discount_allocations=discounts("3.80"), tax_lines=taxes("3.19"))]
    shipping = shopify_shipping("5.95", tax_lines=taxes("0.95"))
    document = shopify_document(shopify_order(lines, "25.95", taxes_included=True, shipping_lines=[shipping]))
    line = document.placed.lines[0]
    assert (line.net, line.tax, line.discount, line.list_price) == (1681, 319, 380, 1190)
    assert (document.placed.charges[0].net, document.placed.charges[0].tax) == (500, 95)
    assert parts(document) == document.placed.total == 2595
    assert document.placed.prices is PriceMode.GROSS


def test_a_tax_that_stands_on_the_order_only_is_shared_over_the_taxable_lines() -> None:
    lines = [
        shopify_line(1, "10.00"),
        shopify_line(2, "20.00"),
        shopify_line(3, "30.00", taxable=False),
    ]
    for line in lines:
        del line["tax_lines"]
    order = shopify_order(lines, "62.00", total_tax="2.00", tax_lines=taxes("2.00"))
    document = shopify_document(order)
    assert [line.tax for line in document.placed.lines] == [67, 133, 0]
    assert parts(document) == document.placed.total


def test_a_discount_that_stands_on_the_order_only_is_shared_over_the_lines() -> None:
    lines = [shopify_line(1, "10.00"), shopify_line(2, "20.00")]
    order = shopify_order(
        lines, "20.00", total_discounts=None, discount_codes=[{"code": "TEN", "amount": "10.00", "type": "percentage"}]
    )
    document = shopify_document(order)
    assert [line.discount for line in document.placed.lines] == [333, 667]
    assert parts(document) == document.placed.total == 2000


def test_the_orders_discount_total_counts_before_its_codes() -> None:
    order = shopify_order(
        [shopify_line(1, "10.00")], "10.00", discount_codes=[{"code": "OLD", "amount": "3.00"}], total_discounts="0.00"
    )
    assert shopify_document(order).placed.lines[0].discount == 0


def test_the_older_discount_of_a_line_counts_when_there_are_no_allocations() -> None:
    order = shopify_order([shopify_line(1, "10.00", total_discount="2.50")], "7.50")
    assert shopify_document(order).placed.lines[0].net == 750


def test_duties_fees_and_tips_are_charges_of_their_own() -> None:
    duty = {"id": "1", "harmonized_system_code": "1", **money_set("3.00"), "tax_lines": taxes("0.57")}
    order = shopify_order(
        [shopify_line(1, "10.00", duties=[duty])],
        "17.07",
        total_tip_received="2.00",
        original_total_additional_fees_set=money_set("1.50"),
    )
    document = shopify_document(order)
    assert {each.kind: (each.net, each.tax) for each in document.placed.charges} == {
        ChargeKind.DUTY: (300, 57),
        ChargeKind.FEE: (150, 0),
        ChargeKind.TIP: (200, 0),
    }
    assert parts(document) == document.placed.total


def test_duties_that_are_in_the_prices_are_not_charged_again() -> None:
    line = shopify_line(1, "10.00", duties=[money_set("3.00")])
    document = shopify_document(shopify_order([line], "10.00", duties_included=True))
    assert document.placed.charges == ()


def test_a_tip_that_is_shown_as_a_line_is_charged_once_and_never_shipped() -> None:
    tip = shopify_line(2, "2.00", tip_payment_gateway=None, tip_payment_method="visa")
    document = shopify_document(shopify_order([shopify_line(1, "10.00"), tip], "12.00", total_tip_received="2.00"))
    assert [line.external_line_id for line in document.placed.lines] == ["1"]
    assert [(each.kind, each.net) for each in document.placed.charges] == [(ChargeKind.TIP, 200)]
    assert parts(document) == document.placed.total


@pytest.mark.parametrize(("total", "charges"), [("9.95", [-3]), ("9.98", [])])
def test_cash_rounding_is_a_charge_only_when_the_total_has_it_in_it(total: str, charges: list[int]) -> None:
    rounding = money_set("-0.03")
    order = shopify_order([shopify_line(1, "9.98")], total, total_cash_rounding_payment_adjustment_set=rounding)
    document = shopify_document(order)
    assert [each.net for each in document.placed.charges] == charges
    assert parts(document) == document.placed.total


@pytest.mark.parametrize(
    ("currency", "price", "tax", "total", "expected"),
    [
        ("JPY", "1980", "198", "2178", 2178),
        ("JPY", "1980.00", "198.00", "2178.00", 2178),
        ("KWD", "1.234", "0.062", "1.296", 1296),
    ],
)
def test_currencies_without_cents_are_exact(currency: str, price: str, tax: str, total: str, expected: int) -> None:
    line = shopify_line(1, price, tax_lines=taxes(tax))
    document = shopify_document(shopify_order([line], total, currency=currency))
    assert parts(document) == document.placed.total == expected
    assert document.placed.currency == currency


def test_figures_are_those_of_the_shops_currency() -> None:
    document = shopify_document(shopify_order([shopify_line(1, "10.00")], "10.00"))
    assert (document.placed.currency, document.placed.total) == ("EUR", 1000)


@pytest.mark.parametrize(
    ("sku", "variant", "expected"),
    [("A-1", 7, "A-1"), (" A-1 ", 7, "A-1"), ("", 7, "shop:7"), (None, 7, "shop:7"), ("", None, "shop:line-1")],
)
def test_a_missing_sku_has_a_placeholder_that_can_be_set_up(
    sku: str | None, variant: int | None, expected: str
) -> None:
    line = shopify_line(1, "1.00", sku=sku, variant_id=variant)
    assert shopify_document(shopify_order([line], "1.00")).placed.lines[0].sku == expected


def test_gift_cards_and_downloads_need_no_parcel() -> None:
    lines = [
        shopify_line(1, "1.00", requires_shipping=False),
        shopify_line(2, "1.00", gift_card=True, requires_shipping=None),
        shopify_line(3, "1.00", gift_card=True, requires_shipping=True),
        shopify_line(4, "1.00", requires_shipping=None),
    ]
    document = shopify_document(shopify_order(lines, "4.00"))
    assert [line.requires_shipping for line in document.placed.lines] == [False, False, True, True]


@pytest.mark.parametrize(
    ("status", "method", "amount"),
    [
        ("paid", PaymentMethod.PREPAID, 1000),
        ("partially_refunded", PaymentMethod.PREPAID, 1000),
        ("authorized", PaymentMethod.CHANNEL_AUTHORISED, 1000),
        ("pending", PaymentMethod.UNPAID, 0),
        ("partially_paid", PaymentMethod.UNPAID, 0),
        ("voided", PaymentMethod.UNPAID, 0),
        (None, PaymentMethod.UNPAID, 0),
    ],
)
def test_the_financial_status_says_how_the_order_is_paid(
    status: str | None, method: PaymentMethod, amount: int
) -> None:
    order = shopify_order([shopify_line(1, "10.00")], "10.00", financial_status=status)
    terms = shopify_document(order).placed.payment
    assert (terms.method, terms.amount) == (method, amount)


def test_an_order_that_costs_nothing_waits_for_no_payment() -> None:
    line = shopify_line(1, "10.00", discount_allocations=discounts("10.00"))
    document = shopify_document(shopify_order([line], "0.00", financial_status="pending"))
    assert document.placed.payment.method is PaymentMethod.PREPAID


def test_removed_units_and_cancelled_orders_are_told() -> None:
    lines = [shopify_line(1, "1.00", 3, current_quantity=1), shopify_line(2, "1.00", 2)]
    edited = shopify_document(shopify_order(lines, "5.00"), "orders/updated")
    assert (edited.cancelled, edited.gone) == ({"1": 2}, False)
    cancelled = shopify_document(shopify_order(lines, "5.00", cancelled_at="2026-03-02T11:00:00Z"), "orders/updated")
    assert (cancelled.cancelled, cancelled.gone) == ({"1": 3, "2": 2}, True)
    assert shopify_document(shopify_order(lines, "5.00"), "orders/cancelled").gone


def test_work_that_others_have_done_is_remarked_for_a_new_order_only() -> None:
    lines = [shopify_line(1, "1.00", fulfillment_status="fulfilled"), shopify_line(2, "1.00")]
    remarks = shopify_document(shopify_order(lines, "2.00")).remarks
    assert [remark.at_placing for remark in remarks] == [True]
    assert "1 of the lines" in remarks[0].note


def test_money_given_back_without_a_cancellation_is_remarked() -> None:
    order = shopify_order([shopify_line(1, "1.00")], "1.00", financial_status="refunded")
    assert len(shopify_document(order).remarks) == 1
    assert shopify_document(order, "orders/cancelled").remarks == ()


def test_the_channel_remits_the_tax_when_it_is_liable_for_all_of_it() -> None:
    ours = shopify_line(1, "1.00", tax_lines=taxes("0.10"))
    theirs = shopify_line(2, "1.00", tax_lines=taxes("0.10", channel_liable=True))
    remitters = [
        shopify_document(shopify_order(lines, "9.99")).placed.tax_remitter
        for lines in ([ours], [theirs], [ours, theirs])
    ]
    assert remitters == [TaxRemitter.MERCHANT, TaxRemitter.CHANNEL, TaxRemitter.MERCHANT]


def test_times_language_and_contact_are_read() -> None:
    address = {
        "first_name": "Erika",
        "last_name": "Musterfrau",
        "name": "Erika Musterfrau",
        "company": None,
        "address1": "Gasse 1",
        "address2": None,
        "city": "Wien",
        "zip": "1010",
        "country": "Austria",
        "country_code": "AT",
        "province": None,
        "province_code": None,
        "phone": "+43 1 234",
    }
    customer = {"id": 77, "first_name": "Erika", "last_name": "M.", "email": "erika@customer.example"}
    order = shopify_order([shopify_line(1, "1.00")], "1.00", customer=customer, shipping_address=address)
    document = shopify_document(order)
    contact = document.contact
    assert (contact.name, contact.email, contact.phone) == ("Erika M.", "erika@customer.example", "+43 1 234")
    assert contact.customer_id == "77"
    assert contact.shipping == Address(
        name="Erika Musterfrau", line1="Gasse 1", city="Wien", postal_code="1010", country="AT", phone="+43 1 234"
    )
    assert contact.billing is None
    assert document.placed.placed_at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert document.placed.revision.startswith("2026-03-02T09:00:01.000000Z/")
    assert document.placed.language == "de-AT"
    assert (document.placed.external_id, document.placed.number) == ("820982911946154508", "#9999")


def test_an_order_without_customer_and_addresses_is_read() -> None:
    contact = shopify_document(shopify_order([shopify_line(1, "1.00")], "1.00", customer_locale=None)).contact
    assert (contact.shipping, contact.email, contact.name) == (None, "", "")


def test_within_a_second_the_document_that_is_further_along_is_the_newer() -> None:
    lines = [shopify_line(1, "1.00")]
    revisions = [
        shopify_document(shopify_order(lines, "1.00", financial_status=status), topic).placed.revision
        for status, topic in (
            ("pending", "orders/create"),
            ("authorized", "orders/updated"),
            ("paid", "orders/updated"),
            ("voided", "orders/cancelled"),
        )
    ]
    assert revisions == sorted(set(revisions))


def test_other_topics_are_not_orders() -> None:
    for topic in ("orders/delete", "orders/edited", "refunds/create", "products/update", shopify.topic({})):
        assert shopify.parse(topic, b"{}", SHOPIFY) is None


def test_a_document_that_cannot_be_read_names_the_fields_and_no_values() -> None:
    broken = {"id": 1, "currency": "EUR", "total_price": "a lot", "line_items": [{"id": 1, "price": "Erika"}]}
    with pytest.raises(InvalidInput) as refused:
        shopify.parse("orders/create", json.dumps(broken).encode(), SHOPIFY)
    assert {error.path for error in refused.value.errors} == {"total_price", "line_items[0].price"}
    assert "Erika" not in str(refused.value.errors)


@pytest.mark.parametrize("raw", [b"", b"no json", b"[]", b'{"id": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_document_is_refused_as_invalid(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        shopify.parse("orders/create", raw, SHOPIFY)


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
def test_a_time_that_is_none_is_named(field: str) -> None:
    order = shopify_order([shopify_line(1, "1.00")], "1.00", processed_at=None, **{field: "yesterday"})
    with pytest.raises(InvalidInput) as refused:
        shopify_document(order)
    assert [error.path for error in refused.value.errors] == [field]


def test_the_event_id_is_the_cause_whatever_the_delivery() -> None:
    assert shopify.cause(b"{}", {"X-Shopify-Event-Id": "e1", "X-Shopify-Webhook-Id": "d1"}) == "shopify:e1"
    assert shopify.cause(b"{}", {}) == shopify.cause(b"{}", {"X-Shopify-Webhook-Id": "d2"})
