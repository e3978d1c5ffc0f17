"""BigCommerce's webhooks and orders as they are read."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from infra.standins.bigcommerce import BigCommerce
from oms.channels.bigcommerce import inbound
from oms.channels.document import ChannelDocument
from oms.channels.figures import sum_of
from oms.channels.protocol import WHOLE
from oms.clock import from_text
from oms.errors import InvalidInput
from oms.orders.events import PaymentMethod, PriceMode
from oms.setup import Channel, Platform

CHANNEL = Channel(channel_id="big", platform=Platform.BIGCOMMERCE, name="Big", default_language="it", currency="EUR")
MUG, PAN = {"sku": "MUG", "price": "10", "quantity": 2}, {"sku": "PAN", "price": "39.90", "quantity": 1}

AT = from_text("2026-03-02T09:00:00Z")


def read(body: Any, channel: Channel = CHANNEL) -> ChannelDocument:
    document = inbound.parse(WHOLE, json.dumps(body).encode(), channel)
    assert document is not None
    return document


def sold(*lines: Any, **how: Any) -> Any:
    shop = BigCommerce(clock=lambda: AT)
    return shop.order(shop.sell(lines or (MUG,), **how))


def test_only_the_secret_in_the_agreed_header_opens_the_door() -> None:
    headers = {"X-Webhook-Secret": "s3cret-of-twenty-signs"}
    assert inbound.verify(b"{}", headers, "s3cret-of-twenty-signs")
    assert not inbound.verify(b"{}", headers, "another")
    assert not inbound.verify(b"{}", {}, "s3cret-of-twenty-signs")
    assert not inbound.verify(b"{}", {"X-Webhook-Secret": ""}, "")


def test_a_webhook_that_is_signed_with_the_apps_secret_needs_no_header() -> None:
    secret, raw = "client-secret-of-the-app", b'{"scope":"store/order/updated"}'
    signer = Webhook(base64.b64encode(secret.encode()).decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(AT.timestamp()))}
    signature = signer.sign("msg_1", AT, raw.decode())
    assert inbound.verify(raw, headers | {"webhook-signature": f"v1,b3RoZXI= {signature}"}, secret)
    assert not inbound.verify(raw + b" ", headers | {"webhook-signature": signature}, secret)
    assert not inbound.verify(raw, headers | {"webhook-signature": signature}, "another secret")
    assert not inbound.verify(raw, headers | {"webhook-signature": "v1,"}, secret)
    assert not inbound.verify(raw, headers | {"webhook-signature": signature}, "")


@pytest.mark.parametrize(
    ("scope", "data", "order_id"),
    [
        ("store/order/created", {"type": "order", "id": 250}, "250"),
        ("store/order/statusUpdated", {"type": "order", "id": 250, "status": {"new_status_id": 11}}, "250"),
        ("store/order/refund/created", {"type": "order", "id": 250, "refund": {"refund_id": 3}}, "250"),
        ("store/order/transaction/created", {"type": "order", "order_id": "250", "transaction_id": "9"}, "250"),
        ("store/shipment/created", {"type": "shipment", "id": 12, "orderId": 250}, "250"),
        ("store/order/message/created", {"type": "order", "id": 250, "message": {}}, ""),
        ("store/product/updated", {"type": "product", "id": 250}, ""),
        ("store/order/created", {"type": "order", "id": "../catalog"}, ""),
        ("store", None, ""),
    ],
)
def test_a_webhook_names_the_order_to_fetch_and_nothing_else(scope: str, data: Any, order_id: str) -> None:
    raw = json.dumps({"scope": scope, "data": data, "hash": "h"}).encode()
    topic = inbound.topic({})
    assert topic != WHOLE
    assert inbound.reference(topic, raw) == order_id
    assert inbound.parse(topic, raw, CHANNEL) is None


def test_deliveries_of_one_event_have_one_cause() -> None:
    raw = b'{"hash": "dd70c0", "scope": "store/order/created"}'
    assert inbound.cause(raw, {}) == inbound.cause(raw.replace(b" ", b""), {}) == "bigcommerce:dd70c0"
    assert inbound.cause(b"not json", {}) != inbound.cause(b"not json either", {})


@pytest.mark.parametrize("gross", [True, False])
def test_an_order_adds_up_with_discount_tax_and_shipping(*, gross: bool) -> None:
    body = sold(MUG | {"discount": "3.00"}, PAN, shipping="5.00", tax_percent="19", gross=gross)
    placed = read(body).placed
    assert sum_of(placed.lines, placed.charges) == placed.total == int(Decimal(body["total_inc_tax"]) * 100)
    assert placed.prices is (PriceMode.GROSS if gross else PriceMode.NET)
    assert [line.discount for line in placed.lines] == [300, 0]
    assert [(line.sku, line.quantity, line.list_price) for line in placed.lines] == [("MUG", 2, 1000), ("PAN", 1, 3990)]
    tax = sum(line.tax for line in placed.lines) + sum(charge.tax for charge in placed.charges)
    assert tax == int(Decimal(body["total_tax"]) * 100)
    assert (placed.language, placed.shipping_service, placed.placed_at) == ("de", "Flat rate", AT)


@settings(max_examples=40)
@given(
    lines=st.lists(
        st.builds(
            lambda cents, quantity, off: {
                "sku": "S",
                "price": str(Decimal(cents) / 100),
                "quantity": quantity,
                "discount": str(Decimal(cents * quantity * off) / 10000),
            },
            st.integers(1, 99999),
            st.integers(1, 7),
            st.integers(0, 100),
        ),
        min_size=1,
        max_size=8,
    ),
    tax=st.sampled_from(["0", "7.7", "8.25", "19", "22"]),
    shipping=st.sampled_from(["0", "4.95", "7.333"]),
    gross=st.booleans(),
)
def test_whatever_is_sold_adds_up_to_the_platforms_total(lines: Any, tax: str, shipping: str, *, gross: bool) -> None:
    body = sold(*lines, tax_percent=tax, shipping=shipping, gross=gross)
    placed = read(body).placed
    assert sum_of(placed.lines, placed.charges) == placed.total == int(Decimal(body["total_inc_tax"]) * 100)
    assert all(line.net >= 0 and line.tax >= 0 and line.discount >= 0 for line in placed.lines)


def test_an_older_order_without_the_discounted_total_adds_up_by_its_discounts() -> None:
    body = sold(MUG | {"discount": "3.00"}, PAN, tax_percent="19")
    for line in body["consignments"]["shipping"][0]["line_items"]:
        del line["discounted_total_inc_tax"]
    placed = read(body).placed
    assert sum_of(placed.lines, placed.charges) == placed.total


def test_fees_handling_and_wrapping_are_charges() -> None:
    fee = {"id": 3, "display_name_customer": "Insurance", "cost_inc_tax": "1.20", "cost_tax": "0.20"}
    body = sold(handling_cost_inc_tax="2.00", wrapping_cost_inc_tax="4.00", total_inc_tax="27.20", fees=[fee])
    placed = read(body).placed
    assert [(charge.title, charge.net, charge.tax) for charge in placed.charges] == [
        ("Handling", 200, 0),
        ("Gift wrapping", 400, 0),
        ("Insurance", 100, 20),
    ]
    assert sum_of(placed.lines, placed.charges) == placed.total
    assert read(body | {"fees": {"fees": [fee]}}).placed == placed


@pytest.mark.parametrize(
    ("status_id", "payment_status", "method"),
    [
        (11, "captured", PaymentMethod.PREPAID),
        (11, "", PaymentMethod.PREPAID),
        (11, "authorized", PaymentMethod.CHANNEL_AUTHORISED),
        (11, "declined", PaymentMethod.UNPAID),
        (7, "authorized", PaymentMethod.CHANNEL_AUTHORISED),
        (7, "", PaymentMethod.UNPAID),
        (1, "pending", PaymentMethod.UNPAID),
        (12, "held for review", PaymentMethod.UNPAID),
        (14, "partially refunded", PaymentMethod.PREPAID),
        (3, "", PaymentMethod.PREPAID),
    ],
)
def test_the_gateway_says_whether_it_is_paid_and_else_the_status(
    status_id: int, payment_status: str, method: PaymentMethod
) -> None:
    placed = read(sold(status_id=status_id, payment_status=payment_status)).placed
    assert placed.payment.method is method
    assert placed.payment.amount == (0 if method is PaymentMethod.UNPAID else 2000)


def test_an_incomplete_order_is_none_yet() -> None:
    assert inbound.parse(WHOLE, json.dumps(sold(status_id=0)).encode(), CHANNEL) is None


def test_store_credit_and_gift_certificates_are_means_of_payment_of_their_own() -> None:
    placed = read(sold(store_credit_amount="5.00", gift_certificate_amount="2.50")).placed
    assert [(each.method, each.amount) for each in (placed.payment, *placed.tenders)] == [
        (PaymentMethod.PREPAID, 1250),
        (PaymentMethod.GIFT_CARD, 500),
        (PaymentMethod.GIFT_CARD, 250),
    ]
    whole = read(sold(store_credit_amount="20.00")).placed
    assert (whole.payment.method, whole.payment.amount, whole.tenders) == (PaymentMethod.GIFT_CARD, 2000, ())


@pytest.mark.parametrize("status_id", [5, 6])
def test_cancelled_and_declined_orders_are_gone(status_id: int) -> None:
    assert read(sold(status_id=status_id)).gone


def test_what_was_refunded_unsent_is_not_to_be_sent_and_what_was_sent_stays_sent() -> None:
    body = sold(MUG | {"quantity": 5})
    (line,) = body["consignments"]["shipping"][0]["line_items"]
    line |= {"quantity_shipped": 2, "quantity_refunded": 1}
    assert not read(body).cancelled, "one that was sent came back"
    line |= {"quantity_refunded": 4}
    assert list(read(body).cancelled.values()) == [2]
    assert list(read(body | {"status_id": 4}).cancelled.values()) == [3], (
        "refunded as a whole: what is unsent stays here"
    )


def test_given_back_is_what_was_refunded_and_not_declined() -> None:
    payments = [{"amount": 7.5, "is_declined": False}, {"amount": 3, "is_declined": True}]
    refunds = [{"id": 1, "total_amount": 10.5, "payments": payments}, {"id": 2, "payments": [{"amount": "0.01"}]}]
    assert read(sold(status_id=14) | {"refunds": refunds}).given_back == 751
    assert read(sold(status_id=4)).given_back == 2000, "all of it, where the refunds are not told"
    assert read(sold()).given_back == 0


def test_the_currency_is_the_one_that_is_paid_in() -> None:
    body = sold(PAN | {"price": "3990"}, default_currency_code="JPY", currency_code="USD")
    assert (read(body).placed.currency, read(body).placed.total) == ("JPY", 3990)


def test_goods_that_are_fetched_name_their_store() -> None:
    body = sold()
    (way,) = body["consignments"]["shipping"]
    place = {"id": 9, "pickup_method_display_name": "Pick up", "location": {"id": 1, "code": "MI", "name": "Mitte"}}
    body["consignments"] |= {"shipping": [], "pickups": [place | {"line_items": way["line_items"]}], "email": None}
    assert read(body, replace(CHANNEL, pickup_locations={"mi": "mitte"})).placed.pickup_location_id == "mitte"
    assert read(body).placed.pickup_location_id == "MI", "kept by its name, so that the order is held"


def test_goods_for_two_addresses_are_held() -> None:
    body = sold(MUG, PAN)
    (way,) = body["consignments"]["shipping"]
    first, second = way["line_items"]
    body["consignments"]["shipping"] = [way | {"line_items": [first]}, way | {"id": 8, "line_items": [second]}]
    document = read(body)
    assert len(document.placed.lines) == 2
    assert [remark.note for remark in document.remarks] == [
        "the goods go to 2 addresses or stores: all would be sent to the first"
    ]


@pytest.mark.parametrize(("status_id", "word"), [(12, "looked at"), (13, "contests"), (2, "sent already")])
def test_statuses_that_a_person_has_to_know_of_are_remarks(status_id: int, word: str) -> None:
    (remark,) = read(sold(status_id=status_id)).remarks
    assert word in remark.note


def test_downloads_need_no_parcel_and_goods_without_sku_get_a_placeholder() -> None:
    document = read(sold({"sku": "", "price": "1", "quantity": 1, "type": "digital", "name": "Song"}))
    (line,) = document.placed.lines
    assert not line.requires_shipping
    assert line.sku.startswith("big:7")
    assert document.contact.shipping is None
    assert document.contact.email == "erika@customer.example"


def test_of_two_documents_of_one_second_the_one_that_is_further_along_is_the_newer() -> None:
    later = "Mon, 02 Mar 2026 09:00:05 +0000"
    steps = [
        sold(status_id=7, payment_status="pending"),
        sold(),
        sold(status_id=5),
        sold(status_id=7, payment_status="", date_modified=later),
    ]
    revisions = [read(body).placed.revision for body in steps]
    assert sorted(revisions) == revisions
    assert len(set(revisions)) == len(revisions)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": None}, "id"),
        ({"total_inc_tax": "lots"}, "total_inc_tax"),
        ({"date_created": "yesterday"}, "date_created"),
        ({"default_currency_code": "XXXX"}, "currency"),
        ({"consignments": {"url": "/orders/1/consignments"}}, "consignments"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_field(changes: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read(sold() | changes)
    assert path in {each.path for each in error.value.errors}
