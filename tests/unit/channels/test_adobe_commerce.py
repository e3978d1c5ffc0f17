"""Adobe Commerce's orders as they are read."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.standins.adobe_commerce import AdobeCommerce
from oms.channels.adobe_commerce import inbound
from oms.channels.document import ChannelDocument
from oms.channels.figures import sum_of
from oms.channels.protocol import WHOLE
from oms.clock import from_text
from oms.errors import InvalidInput
from oms.orders.events import ChargeKind, PaymentMethod
from oms.setup import Channel, Platform

CHANNEL = Channel(channel_id="adobe", platform=Platform.ADOBE_COMMERCE, name="Adobe", default_language="it")
MUG, PAN = {"sku": "MUG", "price": "10", "quantity": 2}, {"sku": "PAN", "price": "39.90", "quantity": 1}
AT = from_text("2026-03-02T09:00:00Z")


def read(body: Any, channel: Channel = CHANNEL) -> ChannelDocument:
    document = inbound.parse(WHOLE, json.dumps(body).encode(), channel)
    assert document is not None
    return document


def sold(*lines: Any, **how: Any) -> Any:
    shop = AdobeCommerce(clock=lambda: AT)
    return shop.order(shop.sell(lines or (MUG,), **how))


def minor(amount: float) -> int:
    return int(Decimal(str(amount)) * 100)


def test_an_order_adds_up_with_discount_tax_and_shipping() -> None:
    body = sold(MUG | {"discount": "3.00"}, PAN, shipping="5.00", tax_percent="19")
    placed = read(body).placed
    assert sum_of(placed.lines, placed.charges) == placed.total == minor(body["grand_total"])
    assert [(line.net, line.tax, line.discount) for line in placed.lines] == [(1700, 323, 300), (3990, 758, 0)]
    assert [(each.kind, each.net, each.tax, each.code) for each in placed.charges] == [
        (ChargeKind.SHIPPING, 500, 95, "flatrate_flatrate")
    ]
    assert (placed.number, placed.language, placed.placed_at) == (f"{body['entity_id']:09}", "it", AT)


def test_a_discount_on_prices_with_tax_is_compensated() -> None:
    """The documented formula: 119.00 with tax, 10 % off that, leaves 107.10."""
    body = sold({"sku": "A", "price": "100", "quantity": 1}, tax_percent="19")
    (item,) = body["items"]
    item |= {"discount_amount": 11.9, "discount_tax_compensation_amount": 1.9, "tax_amount": 17.1}
    body |= {"tax_amount": 17.1, "grand_total": 107.1}
    (line,) = read(body).placed.lines
    assert (line.net, line.tax, line.discount, read(body).placed.total) == (9000, 1710, 1000, 10710)


@settings(max_examples=40)
@given(
    lines=st.lists(
        st.builds(
            lambda cents, quantity, off: {
                "sku": "S",
                "price": str(Decimal(cents) / 100),
                "quantity": quantity,
                "discount": str(Decimal(cents * quantity * off // 100) / 100),
            },
            st.integers(1, 99999),
            st.integers(1, 7),
            st.integers(0, 100),
        ),
        min_size=1,
        max_size=8,
    ),
    tax=st.sampled_from(["0", "7.7", "8.25", "19", "22"]),
    shipping=st.sampled_from(["0", "4.95", "7.33"]),
)
def test_whatever_is_sold_adds_up_to_the_platforms_total(lines: Any, tax: str, shipping: str) -> None:
    body = sold(*lines, tax_percent=tax, shipping=shipping)
    placed = read(body).placed
    assert sum_of(placed.lines, placed.charges) == placed.total == minor(body["grand_total"])
    assert sum(line.tax for line in placed.lines) + sum(each.tax for each in placed.charges) == minor(
        body["tax_amount"]
    )


def test_of_a_configurable_product_and_its_variant_the_one_with_the_price_is_sold() -> None:
    body = sold(PAN | {"type": "configurable"}, MUG, tax_percent="20")
    placed = read(body).placed
    assert [(line.sku, line.quantity, line.net) for line in placed.lines] == [("PAN", 1, 3990), ("MUG", 2, 2000)]
    parent, variant, _ = body["items"]
    assert placed.lines[0].external_line_id == str(parent["item_id"])
    for name in ("row_total", "tax_amount", "price"):
        parent[name], variant[name] = 0, parent[name]
    swapped = read(body).placed
    assert swapped.lines[0].external_line_id == str(variant["item_id"])
    assert sum_of(swapped.lines, swapped.charges) == swapped.total


def test_a_bundle_is_sold_as_its_parts() -> None:
    parts = [{"sku": "CUP", "price": "4.50", "quantity": 2}, {"sku": "POT", "price": "21"}]
    priced = read(sold({"sku": "TEA", "type": "bundle", "quantity": 3, "parts": parts}, tax_percent="20")).placed
    assert [(line.sku, line.quantity, line.net, line.tax) for line in priced.lines] == [
        ("CUP", 6, 2700, 540),
        ("POT", 3, 6300, 1260),
    ]
    assert sum_of(priced.lines, priced.charges) == priced.total


def test_a_bundle_with_a_price_of_its_own_gives_it_to_its_parts() -> None:
    parts = [{"sku": "CUP", "quantity": 2}, {"sku": "POT"}]
    body = sold({"sku": "TEA", "type": "bundle", "price": "10", "quantity": 1, "parts": parts}, tax_percent="20")
    placed = read(body).placed
    assert [(line.sku, line.quantity, line.net + line.tax) for line in placed.lines] == [
        ("CUP", 2, 800),
        ("POT", 1, 400),
    ]
    assert sum_of(placed.lines, placed.charges) == placed.total == 1200
    body["items"][0]["qty_canceled"] = 1
    assert read(body).gone, "what happens to the bundle happens to its parts"


def test_gift_cards_store_credit_and_points_pay_and_do_not_make_it_cheaper() -> None:
    body = sold(PAN)
    body["extension_attributes"] |= {"gift_cards_amount": 10, "customer_balance_amount": 5, "reward_currency_amount": 1}
    body |= {"grand_total": 23.9, "total_paid": 23.9}
    placed = read(body).placed
    assert placed.total == 3990 == sum_of(placed.lines, placed.charges)
    assert [(each.method, each.amount) for each in (placed.payment, *placed.tenders)] == [
        (PaymentMethod.PREPAID, 2390),
        (PaymentMethod.GIFT_CARD, 1000),
        (PaymentMethod.GIFT_CARD, 500),
        (PaymentMethod.GIFT_CARD, 100),
    ]
    body["extension_attributes"] |= {"gift_cards_amount": 33.9}
    whole = read(body | {"grand_total": 0, "total_paid": 0}).placed
    assert [each.amount for each in (whole.payment, *whole.tenders)] == [3390, 500, 100]
    assert whole.payment.method is PaymentMethod.GIFT_CARD


def test_shipping_after_its_discount_gift_wrapping_and_fees_are_charges() -> None:
    body = sold(MUG, shipping="5")
    body |= {"shipping_discount_amount": 2.0, "grand_total": 20 + 3 + 1.2 + 4}
    fee = {"custom_fee_code": "hazard", "custom_fee_label": "Hazard", "custom_fee_amount": 4}
    body["extension_attributes"] |= {"gw_items_price": "1.0000", "gw_items_tax_amount": "0.20", "custom_fees": [fee]}
    body["tax_amount"] = 0.2
    placed = read(body).placed
    assert [(each.kind, each.net, each.tax) for each in placed.charges] == [
        (ChargeKind.SHIPPING, 300, 0),
        (ChargeKind.FEE, 100, 20),
        (ChargeKind.FEE, 400, 0),
    ]
    assert sum_of(placed.lines, placed.charges) == placed.total


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({}, PaymentMethod.PREPAID),
        ({"total_paid": 0, "state": "new"}, PaymentMethod.UNPAID),
        ({"total_paid": 0, "state": "pending_payment"}, PaymentMethod.UNPAID),
        ({"total_paid": 0, "payment": {"method": "x", "amount_authorized": 20}}, PaymentMethod.CHANNEL_AUTHORISED),
        (
            {"total_paid": 0, "state": "payment_review", "payment": {"method": "x", "amount_authorized": 20}},
            PaymentMethod.UNPAID,
        ),
        ({"total_paid": 0, "state": "complete"}, PaymentMethod.PREPAID),
        ({"total_paid": 0, "payment": {"method": "cashondelivery"}}, PaymentMethod.CASH_ON_DELIVERY),
        ({"payment": {"method": "cashondelivery"}}, PaymentMethod.CASH_ON_DELIVERY),
        ({"payment": None}, PaymentMethod.PREPAID),
    ],
)
def test_what_was_paid_says_how_it_is_paid(changes: Any, method: PaymentMethod) -> None:
    placed = read(sold() | changes).placed
    assert placed.payment.method is method
    assert placed.payment.amount == (0 if method is PaymentMethod.UNPAID else 2000)


def test_cancelled_units_and_those_given_back_unsent_are_not_to_be_sent() -> None:
    body = sold(MUG | {"quantity": 5})
    (item,) = body["items"]
    item |= {"qty_canceled": 1, "qty_refunded": 2, "qty_shipped": 1}
    assert list(read(body).cancelled.values()) == [2]
    assert not read(body).gone
    assert read(body | {"state": "canceled"}).gone
    assert list(read(body | {"state": "closed"}).cancelled.values()) == [4]


def test_given_back_is_money_gift_cards_and_store_credit() -> None:
    body = sold() | {"total_refunded": 7.5}
    body["extension_attributes"] |= {"gift_cards_refunded": 2, "customer_balance_refunded": 0.25}
    assert read(body).given_back == 975


def test_the_currency_is_that_of_the_order_and_not_of_the_shop() -> None:
    body = sold(order_currency_code="JPY", base_currency_code="EUR", base_grand_total=0.12)
    assert (read(body).placed.currency, read(body).placed.total) == ("JPY", 20)


def test_a_customer_without_an_account_is_read_with_both_addresses() -> None:
    contact = read(sold()).contact
    assert (contact.name, contact.email, contact.customer_id) == ("Erika Musterfrau", "erika@customer.example", "")
    assert contact.shipping is not None
    assert (contact.shipping.line1, contact.shipping.line2, contact.shipping.region, contact.shipping.country) == (
        "Schillerplatz 1",
        "Hinterhaus",
        "BAY",
        "DE",
    )


def test_virtual_goods_need_no_parcel_and_no_address() -> None:
    document = read(sold(PAN | {"type": "virtual"}) | {"extension_attributes": []})
    assert not document.placed.lines[0].requires_shipping
    assert document.contact.shipping is None


def test_goods_that_are_fetched_name_their_store() -> None:
    body = sold()
    body["extension_attributes"] |= {"pickup_location_code": "mi"}
    assert read(body, replace(CHANNEL, pickup_locations={"MI": "mitte"})).placed.pickup_location_id == "mitte"
    assert read(body).placed.pickup_location_id == "mi", "kept by its code, so that the order is held"


@pytest.mark.parametrize(("state", "word"), [("holded", "on hold"), ("complete", "sent already")])
def test_states_that_a_person_has_to_know_of_are_remarks(state: str, word: str) -> None:
    (remark,) = read(sold() | {"state": state}).remarks
    assert word in remark.note


def test_fractions_of_a_unit_are_remarked_with_the_price_of_the_line_kept() -> None:
    document = read(sold() | {"items": [{**sold()["items"][0], "qty_ordered": 1.5}]})
    assert [(line.quantity, line.net) for line in document.placed.lines] == [(1, 2000)]
    assert "1.5" in document.remarks[0].note


def test_floats_as_php_writes_them_are_read_as_what_they_mean() -> None:
    raw = json.dumps(sold() | {"grand_total": "GRAND"}).replace('"GRAND"', "20.000000000000004").encode()
    document = inbound.parse(WHOLE, raw, CHANNEL)
    assert document is not None
    assert document.placed.total == 2000


def test_nothing_is_believed_that_is_sent() -> None:
    assert not inbound.verify(b"{}", {}, "secret")
    assert not inbound.is_ping(b"", {})
    assert inbound.parse(inbound.topic({}), b"{}", CHANNEL) is None
    assert inbound.reference(inbound.topic({}), b"{}") == ""
    assert inbound.cause(b"1", {}) != inbound.cause(b"2", {})


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"entity_id": None}, "entity_id"),
        ({"grand_total": "lots"}, "grand_total"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"order_currency_code": "XXXX"}, "currency"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_field(changes: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read(sold() | changes)
    assert path in {each.path for each in error.value.errors}
