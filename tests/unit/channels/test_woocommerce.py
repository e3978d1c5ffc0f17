from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.channels.changes import first_events
from oms.channels.woocommerce import inbound as woocommerce
from oms.errors import InvalidInput
from oms.orders.events import ChargeKind, HoldReason, OrderHeld, PaymentMethod, PriceMode
from tests.support.clock import MONDAY_MORNING
from tests.unit.channels.payloads import WOO, Json, parts, woo_document, woo_line, woo_order


def shipping(total: str, tax: str = "0.00", **changes: Any) -> Json:
    line = {"id": 9, "method_title": "Corriere", "method_id": "flat_rate", "total": total, "total_tax": tax}
    return {**line, "taxes": [{"id": 1, "total": tax, "subtotal": ""}], **changes}


def fee(total: str, tax: str = "0.00") -> Json:
    return {"id": 8, "name": "Contrassegno", "total": total, "total_tax": tax, "taxes": [{"id": 1, "total": tax}]}


def test_lines_coupons_shipping_and_fees_add_up_to_the_total() -> None:
    lines = [
        woo_line(1, "30.00", "6.60", 2, subtotal="50.00", subtotal_tax="11.00"),
        woo_line(2, "12.00", "2.64"),
    ]
    order = woo_order(
        lines,
        "61.00",
        total_tax="11.00",
        cart_tax="9.68",
        shipping_tax="1.32",
        shipping_lines=[shipping("6.00", "1.32")],
        fee_lines=[fee("2.00", "0.44")],
    )
    document = woo_document(order)
    first = document.placed.lines[0]
    assert (first.net, first.tax, first.discount, first.list_price, first.quantity) == (3000, 660, 2000, 2500, 2)
    assert {each.kind: (each.net, each.tax, each.code) for each in document.placed.charges} == {
        ChargeKind.SHIPPING: (600, 132, "flat_rate"),
        ChargeKind.FEE: (200, 44, ""),
    }
    assert parts(document) == document.placed.total == 6100
    assert (document.placed.number, document.placed.shipping_service) == ("WS-4711", "flat_rate")


def test_a_fee_below_zero_is_a_rebate() -> None:
    document = woo_document(woo_order([woo_line(1, "10.00")], "7.50", fee_lines=[fee("-2.50")]))
    assert [each.net for each in document.placed.charges] == [-250]
    assert parts(document) == document.placed.total == 750


def test_prices_with_tax_are_quoted_with_tax() -> None:
    line = woo_line(1, "16.81", "3.19", 2, subtotal="20.00", subtotal_tax="3.80")
    document = woo_document(woo_order([line], "20.00", prices_include_tax=True, total_tax="3.19", cart_tax="3.19"))
    sold = document.placed.lines[0]
    assert (sold.net, sold.tax, sold.discount, sold.list_price) == (1681, 319, 380, 1190)
    assert document.placed.prices is PriceMode.GROSS


def test_taxes_that_woocommerce_rounded_once_over_all_lines_are_shared_from_the_exact_ones() -> None:
    lines = [
        woo_line(number, "1.10", "0.10", taxes=[{"id": 1, "total": "0.095375", "subtotal": ""}])
        for number in range(1, 5)
    ]
    order = woo_order(lines, "4.78", cart_tax="0.38", total_tax="0.38")
    document = woo_document(order)
    assert [line.tax for line in document.placed.lines] == [10, 10, 9, 9]
    assert parts(document) == document.placed.total


@given(st.lists(st.decimals(min_value="0.001", max_value="50", places=5), min_size=1, max_size=12))
def test_rounding_of_taxes_never_leaves_a_difference(exact: list[Decimal]) -> None:
    lines = [
        woo_line(number, "1.00", f"{tax:.2f}", taxes=[{"id": 1, "total": str(tax), "subtotal": ""}])
        for number, tax in enumerate(exact, 1)
    ]
    whole = f"{sum(exact):.2f}"
    total = str(len(exact) + Decimal(whole))
    document = woo_document(woo_order(lines, total, cart_tax=whole, total_tax=whole))
    assert parts(document) == document.placed.total
    assert all(abs(line.tax - tax * 100) < 1 for line, tax in zip(document.placed.lines, exact, strict=True)), (
        "no line's tax is moved by more than a cent"
    )


def test_a_tax_that_stands_on_the_order_only_is_shared_over_the_lines() -> None:
    lines = [woo_line(1, "10.00", taxes=[]), woo_line(2, "20.00", taxes=[])]
    document = woo_document(woo_order(lines, "31.00", cart_tax=None, total_tax="1.00"))
    assert [line.tax for line in document.placed.lines] == [33, 67]
    assert parts(document) == document.placed.total


def test_a_difference_that_is_no_rounding_is_left_to_be_held() -> None:
    document = woo_document(woo_order([woo_line(1, "10.00", "2.20")], "12.25", cart_tax="2.25", total_tax="2.25"))
    held = [each for each in first_events(document, "o1", MONDAY_MORNING) if isinstance(each, OrderHeld)]
    assert [each.reason for each in held] == [HoldReason.TOTAL_MISMATCH]
    assert "difference 0.05 EUR" in held[0].note


@pytest.mark.parametrize("quantity", [1.5, 0.25, "2.5", -1])
def test_half_a_unit_is_captured_as_one_and_held(quantity: float | str) -> None:
    document = woo_document(woo_order([woo_line(1, "15.00", quantity=quantity)], "15.00"))  # type: ignore[arg-type]
    line = document.placed.lines[0]
    assert (line.quantity, line.net) == (1, 1500)
    held = [each for each in first_events(document, "o1", MONDAY_MORNING) if isinstance(each, OrderHeld)]
    assert [each.reason for each in held] == [HoldReason.CHANNEL_DOCUMENT]
    assert f"sells {Decimal(str(quantity))} of TAZZA-1" in held[0].note


def test_a_quantity_written_as_a_float_is_a_number_of_units() -> None:
    document = woo_document(woo_order([woo_line(1, "15.00", quantity=3.0)], "15.00"))
    assert (document.placed.lines[0].quantity, document.remarks) == (3, ())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sku": "A"}, "A"),
        ({"sku": ""}, "woo:41"),
        ({"sku": None, "variation_id": 7}, "woo:7"),
        ({"sku": "", "product_id": 0}, "woo:line-1"),
    ],
)
def test_a_missing_sku_has_a_placeholder_that_can_be_set_up(changes: Json, expected: str) -> None:
    document = woo_document(woo_order([woo_line(1, "1.00", **changes)], "1.00"))
    assert document.placed.lines[0].sku == expected


def test_html_in_names_is_read_as_text() -> None:
    line = woo_line(1, "1.00", name="Caff&egrave; &ndash; &quot;forte&quot; &amp; buono")
    address = {"first_name": "Anna", "last_name": "D&#039;Angelo", "address_1": "Via X", "city": "Roma"}
    document = woo_document(woo_order([line], "1.00", shipping=address))
    assert document.placed.lines[0].title == 'Caffè – "forte" & buono'
    assert document.contact.shipping is not None
    assert document.contact.shipping.name == "Anna D'Angelo"


@pytest.mark.parametrize(
    ("status", "paid", "method", "gone"),
    [
        ("processing", None, PaymentMethod.PREPAID, False),
        ("completed", None, PaymentMethod.PREPAID, False),
        ("on-hold", None, PaymentMethod.UNPAID, False),
        ("pending", None, PaymentMethod.UNPAID, False),
        ("on-hold", "2026-03-02T09:00:00", PaymentMethod.PREPAID, False),
        ("failed", None, PaymentMethod.UNPAID, False),
        ("cancelled", None, PaymentMethod.UNPAID, True),
        ("refunded", "2026-03-02T09:00:00", PaymentMethod.PREPAID, True),
        ("a-status-of-a-plugin", None, PaymentMethod.UNPAID, False),
    ],
)
def test_status_and_payment_date_say_how_it_stands(
    status: str, paid: str | None, method: PaymentMethod, *, gone: bool
) -> None:
    document = woo_document(woo_order([woo_line(1, "1.00")], "1.00", status=status, date_paid_gmt=paid))
    assert (document.placed.payment.method, document.gone) == (method, gone)


def test_an_order_that_others_have_completed_is_remarked_when_it_is_new() -> None:
    remarks = woo_document(woo_order([woo_line(1, "1.00")], "1.00", status="completed")).remarks
    assert [remark.at_placing for remark in remarks] == [True]


def test_an_order_of_downloads_needs_no_parcel() -> None:
    order = woo_order([woo_line(1, "1.00")], "1.00")
    ships = [woo_document(order | more).placed.lines[0].requires_shipping for more in ({}, {"needs_processing": False})]
    assert ships == [True, False]


def test_a_shop_that_ships_to_billing_addresses_leaves_the_other_one_blank() -> None:
    blank = dict.fromkeys(("first_name", "last_name", "address_1", "city", "postcode", "country"), "")
    order = woo_order([woo_line(1, "1.00")], "1.00", shipping=blank)
    assert woo_document(order).contact.shipping is None
    shipped = woo_document(order | {"shipping_lines": [shipping("0.00")]}).contact
    assert shipped.shipping == shipped.billing != None  # noqa: E711 - one comparison shows both


def test_missing_addresses_and_numbers_are_read() -> None:
    order = woo_order([woo_line(1, "1.00")], "1.00", billing=None, shipping=None, customer_id=0, number=None)
    document = woo_document(order)
    assert (document.contact.shipping, document.contact.email, document.contact.customer_id) == (None, "", "")
    assert document.placed.number == "4711"


def test_the_language_is_the_plug_ins_or_the_channels() -> None:
    order = woo_order([woo_line(1, "1.00")], "1.00")
    assert woo_document(order).placed.language == "it"
    meta = [{"key": "other", "value": {"a": 1}}, {"key": "wpml_language", "value": "pt_BR"}]
    assert woo_document(order | {"meta_data": meta}).placed.language == "pt-BR"


def test_times_are_utc_and_the_price_float_is_never_read() -> None:
    document = woo_document(woo_order([woo_line(1, "1.00", price="no number")], "1.00"))
    assert document.placed.placed_at.isoformat() == "2026-03-02T09:00:00+00:00"
    assert document.placed.revision.startswith("2026-03-02T09:00:05.000000Z")


@pytest.mark.parametrize(
    ("topic", "status"),
    [
        ("order.deleted", "processing"),
        ("product.updated", "processing"),
        (woocommerce.topic({}), "processing"),
        ("order.created", "checkout-draft"),
    ],
)
def test_what_is_no_order_is_passed_over(topic: str, status: str) -> None:
    raw = json.dumps(woo_order([woo_line(1, "1.00")], "1.00", status=status)).encode()
    assert woocommerce.parse(topic, raw, WOO) is None


def test_a_document_that_cannot_be_read_names_its_fields() -> None:
    with pytest.raises(InvalidInput) as refused:
        woo_document(woo_order([woo_line(1, "1.00") | {"total": "dear"}], "1.00"))
    assert [error.path for error in refused.value.errors] == ["line_items[0].total"]


@pytest.mark.parametrize(
    ("raw", "headers", "ping"),
    [
        (b"webhook_id=12", {}, True),
        (b"webhook_id=12", {"X-WC-Webhook-Signature": "abc"}, False),
        (b"webhook_id=12&order=1", {}, False),
        (b"webhook_id=", {}, False),
        (b"{}", {}, False),
    ],
)
def test_only_the_platforms_own_form_is_a_ping(raw: bytes, headers: dict[str, str], *, ping: bool) -> None:
    assert woocommerce.is_ping(raw, headers) is ping


def test_a_repeated_delivery_has_the_same_cause_and_a_changed_order_another() -> None:
    raw, other = (json.dumps(woo_order([woo_line(1, total)], total)).encode() for total in ("1.00", "2.00"))
    causes = [woocommerce.cause(body, {"X-WC-Webhook-Delivery-ID": str(i)}) for i, body in enumerate((raw, raw, other))]
    assert causes[0] == causes[1] != causes[2]
    assert causes[0].startswith("woocommerce:4711:")
