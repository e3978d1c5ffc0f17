"""Documents in the shapes that Shopify and WooCommerce send, part by part, with values of our own."""

from __future__ import annotations

import json
from typing import Any

from oms.channels.document import ChannelDocument
from oms.channels.shopify import inbound as shopify
from oms.channels.woocommerce import inbound as woocommerce
from oms.setup import Channel, Platform

Json = dict[str, Any]

SHOPIFY = Channel(channel_id="shop", platform=Platform.SHOPIFY, name="Shop", default_language="de")
WOO = Channel(channel_id="woo", platform=Platform.WOOCOMMERCE, name="Woo", default_language="it", currency="EUR")


def money_set(amount: str, currency: str = "EUR") -> Json:
    return {
        "shop_money": {"amount": amount, "currency_code": currency},
        # The customer saw another currency: nothing here may be read.
        "presentment_money": {"amount": "999999.99", "currency_code": "USD"},
    }


def taxes(*prices: str, **more: Any) -> list[Json]:
    return [{"price": price, "rate": 0.19, "title": "MwSt", "price_set": money_set(price), **more} for price in prices]


def discounts(*amounts: str) -> list[Json]:
    return [{"amount": amount, "amount_set": money_set(amount), "discount_application_index": 0} for amount in amounts]


def shopify_line(line_id: int, price: str, quantity: int = 1, **changes: Any) -> Json:
    line = {
        "id": line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 120,
        "name": f"Tasse - {line_id}",
        "price": price,
        "price_set": money_set(price),
        "product_id": 70,
        "quantity": quantity,
        "requires_shipping": True,
        "sku": f"CUP-{line_id}",
        "taxable": True,
        "title": "Tasse",
        "total_discount": "0.00",
        "variant_id": 5000 + line_id,
        "variant_title": None,
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    }
    return line | changes


def shopify_shipping(price: str, **changes: Any) -> Json:
    line = {
        "id": 1,
        "code": "STD",
        "title": "Standard",
        "price": price,
        "discounted_price": price,
        "is_removed": False,
        "tax_lines": [],
        "discount_allocations": [],
    }
    return line | changes


def shopify_order(lines: list[Json], total: str, **changes: Any) -> Json:
    order = {
        "id": 820982911946154508,
        "name": "#9999",
        "currency": "EUR",
        "presentment_currency": "USD",
        "created_at": "2026-03-02T10:00:00+01:00",
        "processed_at": "2026-03-02T10:00:00+01:00",
        "updated_at": "2026-03-02T10:00:01+01:00",
        "cancelled_at": None,
        "cancel_reason": None,
        "financial_status": "paid",
        "fulfillment_status": None,
        "customer_locale": "de-AT",
        "taxes_included": False,
        "duties_included": False,
        "test": False,
        "total_price": total,
        "total_tax": "0.00",
        "total_discounts": "0.00",
        "total_tip_received": "0.00",
        "total_cash_rounding_payment_adjustment_set": money_set("0.00"),
        "original_total_duties_set": None,
        "original_total_additional_fees_set": None,
        "discount_codes": [],
        "discount_applications": [],
        "tax_lines": [],
        "line_items": lines,
        "shipping_lines": [],
        "email": "",
        "contact_email": None,
        "phone": None,
        "customer": None,
        "billing_address": None,
        "shipping_address": None,
        "note": None,
        "refunds": [],
    }
    return order | changes


def shopify_document(order: Json, topic: str = "orders/create") -> ChannelDocument:
    document = shopify.parse(topic, json.dumps(order).encode(), SHOPIFY)
    assert document is not None
    return document


def woo_line(line_id: int, total: str, tax: str = "0.00", quantity: float = 1, **changes: Any) -> Json:
    line = {
        "id": line_id,
        "name": "Tazza",
        "product_id": 40 + line_id,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": total,
        "subtotal_tax": tax,
        "total": total,
        "total_tax": tax,
        "taxes": [{"id": 1, "total": tax, "subtotal": tax}],
        "meta_data": [],
        "sku": f"TAZZA-{line_id}",
        "price": 0.1 + 0.2,
    }
    return line | changes


def woo_order(lines: list[Json], total: str, **changes: Any) -> Json:
    address = {
        "first_name": "Giulia",
        "last_name": "Esempio",
        "company": "",
        "address_1": "Via Dante 4",
        "address_2": "",
        "city": "Milano",
        "state": "MI",
        "postcode": "20121",
        "country": "IT",
    }
    order = {
        "id": 4711,
        "number": "WS-4711",
        "status": "processing",
        "currency": "EUR",
        "date_created": "2026-03-02T10:00:00",
        "date_created_gmt": "2026-03-02T09:00:00",
        "date_modified": "2026-03-02T10:00:05",
        "date_modified_gmt": "2026-03-02T09:00:05",
        "date_paid_gmt": None,
        "prices_include_tax": False,
        "total": total,
        "total_tax": "0.00",
        "cart_tax": "0.00",
        "shipping_tax": "0.00",
        "customer_id": 0,
        "payment_method": "bacs",
        "transaction_id": "",
        "billing": {**address, "email": "giulia@customer.example", "phone": "+39021234"},
        "shipping": address,
        "line_items": lines,
        "tax_lines": [],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "meta_data": [],
    }
    return order | changes


def woo_document(order: Json, topic: str = "order.created") -> ChannelDocument:
    document = woocommerce.parse(topic, json.dumps(order).encode(), WOO)
    assert document is not None
    return document


def parts(document: ChannelDocument) -> int:
    """What lines and charges add up to."""
    placed = document.placed
    return sum(line.net + line.tax for line in placed.lines) + sum(each.net + each.tax for each in placed.charges)
