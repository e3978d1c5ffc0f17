"""Real payloads, which lie beside the project: each is read, and adds up to the platform's total or is held for it."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oms.channels.changes import first_events
from oms.channels.document import ChannelDocument
from oms.channels.protocol import WHOLE, ChannelPlatform, read_document
from oms.channels.shopify import inbound as shopify
from oms.channels.woocommerce import inbound as woocommerce
from oms.clock import from_text
from oms.orders.events import HoldReason, OrderHeld, OrderPlaced, PaymentMethod
from oms.orders.original import unpack
from oms.setup import Channel, Platform

SHARED = Path(os.environ.get("OMS_SHARED") or Path(__file__).parents[4] / "shared")
SAMPLES = SHARED / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}: set OMS_SHARED to the folder that has `samples`"
)

SHOP = Channel(channel_id="shop", platform=Platform.SHOPIFY, name="Shop")
WOO = Channel(channel_id="woo", platform=Platform.WOOCOMMERCE, name="Woo")


def sample(name: str, envelope: str = "") -> Any:
    """A sample, out of the envelope that its source put around it."""
    body = json.loads((SAMPLES / name).read_text())
    return body[envelope] if envelope else body


def shopify_document(name: str, envelope: str = "") -> ChannelDocument:
    document = shopify.parse("orders/create", json.dumps(sample(name, envelope)).encode(), SHOP)
    assert document is not None
    return document


def woo_document(name: str, envelope: str = "") -> ChannelDocument:
    document = woocommerce.parse("order.created", json.dumps(sample(name, envelope)).encode(), WOO)
    assert document is not None
    return document


def held(document: ChannelDocument) -> dict[HoldReason, str]:
    events = first_events(document, "o1", from_text("2026-03-02T09:00:00Z"))
    return {event.reason: event.note for event in events if isinstance(event, OrderHeld)}


def parts(placed: OrderPlaced) -> int:
    return sum(line.net + line.tax for line in placed.lines) + sum(each.net + each.tax for each in placed.charges)


def test_the_captured_shopify_webhook_adds_up_to_the_cent() -> None:
    document = shopify_document("shopify_orders_create_a.json")
    placed = document.placed
    assert (placed.external_id, placed.number, placed.currency, placed.language) == (
        "6198424240428",
        "#1053",
        "HKD",
        "zh-TW",
    )
    assert parts(placed) == placed.total == 43900
    assert [(line.net, line.discount) for line in placed.lines] == [(9161, 739), (9746, 254), (9746, 254), (9747, 253)]
    assert [line.sku for line in placed.lines] == [
        f"shop:{variant}" for variant in (50398373085484, 50451770802476, 50460159082796, 50466449883436)
    ]
    assert (placed.payment.method, placed.payment.amount) == (PaymentMethod.PREPAID, 43900)
    assert document.contact.shipping is None
    assert held(document) == {}


def test_the_older_shopify_order_is_held_for_exactly_what_its_total_lacks() -> None:
    document = shopify_document("shopify_rest_order.json", "order")
    placed = document.placed
    assert [(line.net, line.tax, line.grams) for line in placed.lines] == [(19900, 398, 200)] * 3
    assert parts(placed) - placed.total == 3 * 19900 + 1194 - 40994
    assert held(document) == {
        HoldReason.TOTAL_MISMATCH: "the channel's total is 409.94 USD,"
        " lines and charges add up to 608.94 USD: difference -199.00 USD"
    }
    assert placed.payment.method is PaymentMethod.CHANNEL_AUTHORISED
    assert document.contact.email.startswith("bob.norman@")
    assert document.contact.shipping is not None
    assert (document.contact.shipping.region, document.contact.shipping.country) == ("KY", "US")


def test_the_documented_woocommerce_order_adds_up_to_the_cent() -> None:
    document = woo_document("woocommerce_order_docs_0.json")
    placed = document.placed
    assert parts(placed) == placed.total == 2935
    assert [(line.sku, line.title, line.quantity, line.net, line.tax) for line in placed.lines] == [
        ("woo:93", "Woo Single #1", 2, 600, 45),
        ("Bar3", "Ship Your Idea – Color: Black, Size: M Test", 1, 1200, 90),
    ]
    assert [(each.title, each.net) for each in placed.charges] == [("Flat Rate", 1000)]
    assert placed.placed_at == from_text("2017-03-22T19:28:02Z")
    assert held(document) == {}


def test_the_woocommerce_app_order_is_held_for_its_half_units_and_for_what_its_total_lacks() -> None:
    document = woo_document("woocommerce_ios_order.json", "data")
    placed = document.placed
    assert [(line.quantity, line.net, line.tax, line.discount) for line in placed.lines] == [
        (2, 3000, 120, 2000),
        (1, 0, 0, 1000),
    ]
    assert parts(placed) == 3120 + 13300 + 12550
    assert held(document) == {
        HoldReason.TOTAL_MISMATCH: "the channel's total is 31.20 USD,"
        " lines and charges add up to 289.70 USD: difference -258.50 USD",
        HoldReason.CHANNEL_DOCUMENT: "line 2 sells 1.5 of 5555-A, which is no number of units",
    }


@pytest.mark.parametrize("status", ["authorized", "paid", "pending", "refunded", "voided", "partially_refunded"])
def test_the_captured_shopify_webhook_adds_up_whatever_becomes_of_it(status: str) -> None:
    body = sample("shopify_orders_create_a.json") | {"financial_status": status, "cancelled_at": "2025-01-24T00:00:00Z"}
    document = shopify.parse("orders/cancelled", json.dumps(body).encode(), SHOP)
    assert document is not None
    assert document.gone
    assert parts(document.placed) == document.placed.total
    assert held(document) == {}


def test_the_lines_of_the_captured_webhook_lose_their_taxes_to_nobody() -> None:
    """The captured order has no tax; given one on the order only, it is shared and still adds up."""
    body = sample("shopify_orders_create_a.json")
    tax = Decimal("31.67")
    body |= {"total_tax": str(tax), "total_price": str(Decimal(body["total_price"]) + tax)}
    document = shopify.parse("orders/create", json.dumps(body).encode(), SHOP)
    assert document is not None
    assert sum(line.tax for line in document.placed.lines) == 3167
    assert parts(document.placed) == document.placed.total


def minor(text: str) -> int:
    """A platform's figure in cents, as its document writes it."""
    return int(Decimal(text).scaleb(2))


def test_the_figures_of_the_captured_shopify_webhook_are_the_platforms_own() -> None:
    body, placed = sample("shopify_orders_create_a.json"), shopify_document("shopify_orders_create_a.json").placed
    assert sum(line.net + line.discount for line in placed.lines) == minor(body["total_line_items_price"])
    assert sum(line.discount for line in placed.lines) == minor(body["total_discounts"])
    assert sum(line.net for line in placed.lines) == minor(body["subtotal_price"])
    assert sum(line.tax for line in placed.lines) == minor(body["total_tax"])
    assert sum(each.net for each in placed.charges) == minor(body["total_shipping_price_set"]["shop_money"]["amount"])
    assert [line.quantity for line in placed.lines] == [line["quantity"] for line in body["line_items"]]


def test_the_figures_of_the_documented_woocommerce_order_are_the_platforms_own() -> None:
    body, placed = sample("woocommerce_order_docs_0.json"), woo_document("woocommerce_order_docs_0.json").placed
    assert sum(line.tax for line in placed.lines) == minor(body["cart_tax"])
    assert sum(each.tax for each in placed.charges) == minor(body["shipping_tax"])
    assert sum(each.net for each in placed.charges) == minor(body["shipping_total"])
    assert sum(line.discount for line in placed.lines) == minor(body["discount_total"])
    assert [line.quantity for line in placed.lines] == [line["quantity"] for line in body["line_items"]]


def test_the_shopify_refund_names_its_order_and_in_the_order_it_is_what_was_given_back() -> None:
    refund, order = sample("shopify_rest_refund.json", "refund"), sample("shopify_rest_order.json", "order")
    assert shopify.reference("refunds/create", json.dumps(refund).encode()) == str(order["id"])
    assert shopify.parse("refunds/create", json.dumps(refund).encode(), SHOP) is None
    changed = order | {"refunds": [refund], "financial_status": "partially_refunded"}
    document = shopify.parse("orders/updated", json.dumps(changed).encode(), SHOP)
    assert document is not None
    assert document.given_back == minor(refund["transactions"][0]["amount"]) == 20900


def test_the_parcel_of_the_older_shopify_order_came_to_nothing() -> None:
    assert sample("shopify_rest_order.json", "order")["fulfillments"][0]["status"] == "failure"
    assert shopify_document("shopify_rest_order.json", "order").sent == {}


@pytest.mark.parametrize(
    ("platform", "channel", "name", "envelope"),
    [
        (shopify, SHOP, "shopify_orders_create_a.json", ""),
        (shopify, SHOP, "shopify_rest_order.json", "order"),
        (woocommerce, WOO, "woocommerce_order_docs_0.json", ""),
        (woocommerce, WOO, "woocommerce_ios_order.json", "data"),
    ],
)
def test_what_is_not_read_of_a_sample_is_kept_byte_for_byte(
    platform: ChannelPlatform, channel: Channel, name: str, envelope: str
) -> None:
    raw = json.dumps(sample(name, envelope)).encode()
    document = read_document(platform, WHOLE, raw, channel)
    assert document is not None
    assert unpack(document.original) == raw
