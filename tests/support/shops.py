"""What shops send: orders in each platform's own form, with figures that add up, and signed as the platform signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from oms.money import exponent
from tests.support.clock import MONDAY_MORNING

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sale:
    """So many units of a sku at a gross price in major units."""

    sku: str
    quantity: int
    price: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who buys, and where the parcel goes."""

    first: str = "Erika"
    last: str = "Musterfrau"
    email: str = "erika@customer.example"
    phone: str = "+4915112345678"
    street: str = "Invalidenstraße 117"
    city: str = "Berlin"
    postal_code: str = "10115"
    country: str = "DE"

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


GERMAN = Buyer()
ITALIAN = Buyer(
    first="Giulia",
    last="Esempio",
    email="giulia@customer.example",
    phone="+390212345678",
    street="Via Dante 4",
    city="Milano",
    postal_code="20121",
    country="IT",
)
NOWHERE = Buyer(street="", city="", postal_code="", country="DE")
"""A buyer whose address cannot be delivered to."""


def text(amount: Decimal, currency: str) -> str:
    """An amount as platforms write it: `19.99`, `1980` yen."""
    return f"{amount:.{exponent(currency)}f}"


def _total(sales: Iterable[Sale]) -> Decimal:
    return sum((Decimal(sale.price) * sale.quantity for sale in sales), Decimal(0))


def _signature(raw: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def shopify_order(
    number: int,
    sales: Sequence[Sale],
    *,
    currency: str = "EUR",
    buyer: Buyer = GERMAN,
    shipping: str = "4.90",
    status: str = "paid",
    language: str = "de-DE",
    updated: timedelta = timedelta(),
    placed_at: datetime = MONDAY_MORNING,
    **changes: Any,
) -> Json:
    """An order as Shopify tells it: gross prices with German tax in them, `changes` laid over at the top level."""
    goods, freight = _total(sales), Decimal(shipping)

    def tax_in(gross: Decimal) -> list[Json]:
        tax = (gross * 19 / 119).quantize(Decimal(1).scaleb(-exponent(currency)))
        return [{"price": text(tax, currency), "rate": 0.19, "title": "MwSt"}]

    address = {
        "first_name": buyer.first,
        "last_name": buyer.last,
        "name": buyer.name,
        "address1": buyer.street,
        "city": buyer.city,
        "zip": buyer.postal_code,
        "country_code": buyer.country,
        "phone": buyer.phone,
    }
    order = {
        "id": 5_100_000_000 + number,
        "name": f"#{number}",
        "currency": currency,
        "presentment_currency": currency,
        "created_at": placed_at.isoformat(),
        "processed_at": placed_at.isoformat(),
        "updated_at": (placed_at + updated).isoformat(),
        "cancelled_at": None,
        "financial_status": status,
        "customer_locale": language,
        "test": False,
        "taxes_included": True,
        "total_price": text(goods + freight, currency),
        "total_discounts": text(Decimal(0), currency),
        "email": buyer.email,
        "phone": None,
        "customer": {"id": 7001, "first_name": buyer.first, "last_name": buyer.last, "email": buyer.email},
        "shipping_address": address,
        "billing_address": address,
        "line_items": [
            {
                "id": 900 + place,
                "sku": sale.sku,
                "title": f"Artikel {sale.sku}",
                "quantity": sale.quantity,
                "current_quantity": sale.quantity,
                "fulfillable_quantity": sale.quantity,
                "price": text(Decimal(sale.price), currency),
                "requires_shipping": True,
                "gift_card": False,
                "grams": 200,
                "discount_allocations": [],
                "tax_lines": tax_in(Decimal(sale.price) * sale.quantity),
            }
            for place, sale in enumerate(sales, 1)
        ],
        "shipping_lines": [
            {
                "title": "Standard",
                "code": "standard",
                "price": text(freight, currency),
                "discounted_price": text(freight, currency),
                "discount_allocations": [],
                "tax_lines": tax_in(freight),
            }
        ],
        "discount_codes": [],
        "tax_lines": [],
    }
    return order | changes


def shopify_headers(
    raw: bytes, secret: str, *, topic: str = "orders/create", event: str = "", delivery: str = "d-1"
) -> dict[str, str]:
    """The headers that Shopify sends with a webhook; `event` is the same for each delivery of one event."""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": _signature(raw, secret),
        "X-Shopify-Event-Id": event or hashlib.sha256(topic.encode() + raw).hexdigest()[:20],
        "X-Shopify-Webhook-Id": delivery,
    }


def woo_order(
    number: int,
    sales: Sequence[Sale],
    *,
    currency: str = "EUR",
    buyer: Buyer = ITALIAN,
    shipping: str = "6.00",
    status: str = "processing",
    updated: timedelta = timedelta(),
    placed_at: datetime = MONDAY_MORNING,
    **changes: Any,
) -> Json:
    """An order as WooCommerce tells it: net prices, Italian tax beside them, times without a zone."""
    rate, digits = Decimal("0.22"), Decimal(1).scaleb(-exponent(currency))

    def taxed(net: Decimal) -> Json:
        tax = (net * rate).quantize(digits)
        return {
            "total": text(net, currency),
            "total_tax": text(tax, currency),
            "taxes": [{"id": 1, "total": text(tax, currency), "subtotal": text(tax, currency)}],
        }

    lines = [
        {
            "id": 300 + place,
            "name": f"Articolo {sale.sku}",
            "product_id": 40 + place,
            "variation_id": 0,
            "quantity": sale.quantity,
            "sku": sale.sku,
            "price": float(sale.price),
            "subtotal": text(Decimal(sale.price) * sale.quantity, currency),
            "subtotal_tax": taxed(Decimal(sale.price) * sale.quantity)["total_tax"],
            **taxed(Decimal(sale.price) * sale.quantity),
        }
        for place, sale in enumerate(sales, 1)
    ]
    freight = {"id": 500, "method_title": "Corriere", "method_id": "flat_rate", **taxed(Decimal(shipping))}
    parts: list[Json] = [*lines, freight]
    tax = sum((Decimal(part["total_tax"]) for part in parts), Decimal(0))
    net = sum((Decimal(part["total"]) for part in parts), Decimal(0))
    paid = status in {"processing", "completed"}
    address = {
        "first_name": buyer.first,
        "last_name": buyer.last,
        "company": "",
        "address_1": buyer.street,
        "address_2": "",
        "city": buyer.city,
        "state": "",
        "postcode": buyer.postal_code,
        "country": buyer.country,
    }
    zoneless = "%Y-%m-%dT%H:%M:%S"
    order = {
        "id": number,
        "number": str(number),
        "status": status,
        "currency": currency,
        "date_created_gmt": placed_at.strftime(zoneless),
        "date_modified_gmt": (placed_at + updated).strftime(zoneless),
        "date_paid_gmt": placed_at.strftime(zoneless) if paid else None,
        "prices_include_tax": False,
        "total": text(net + tax, currency),
        "total_tax": text(tax, currency),
        "cart_tax": text(tax - Decimal(freight["total_tax"]), currency),
        "shipping_tax": freight["total_tax"],
        "payment_method": "stripe",
        "transaction_id": f"ch_{number}",
        "customer_id": 12,
        "billing": {**address, "email": buyer.email, "phone": buyer.phone},
        "shipping": address,
        "line_items": lines,
        "shipping_lines": [freight],
        "fee_lines": [],
        "meta_data": [{"key": "wpml_language", "value": "it"}],
        "refunds": [],
    }
    return order | changes


def woo_headers(raw: bytes, secret: str, *, topic: str = "order.created", delivery: str = "1") -> dict[str, str]:
    """The headers that WooCommerce sends with a webhook."""
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": _signature(raw, secret),
        "X-WC-Webhook-Delivery-ID": delivery,
    }


def canonical_order(
    external_id: str,
    sales: Sequence[Sale],
    *,
    currency: str = "EUR",
    buyer: Buyer = GERMAN,
    shipping: str = "4.90",
    method: str = "gateway",
    instrument: str = "sim_ok",
    language: str = "de",
    placed_at: datetime = MONDAY_MORNING,
    **changes: Any,
) -> Json:
    """An order of the canonical API, gross prices; by default to be paid through the simulated gateway."""

    def money(amount: Decimal) -> Json:
        return {"amount": int(amount.scaleb(exponent(currency))), "currency": currency}

    payment: Json = {"method": method}
    if method == "gateway":
        payment |= {"gateway": "simulated", "instrument": instrument}
    address = {
        "name": buyer.name,
        "line1": buyer.street,
        "postal_code": buyer.postal_code,
        "city": buyer.city,
        "country": buyer.country,
    }
    order = {
        "external_id": external_id,
        "number": external_id,
        "currency": currency,
        "placed_at": placed_at.isoformat(),
        "language": language,
        "prices": "gross",
        "lines": [
            {
                "sku": sale.sku,
                "title": f"Article {sale.sku}",
                "quantity": sale.quantity,
                "unit_price": money(Decimal(sale.price)),
            }
            for sale in sales
        ],
        "charges": [{"kind": "shipping", "title": "Standard", "amount": money(Decimal(shipping))}],
        "contact": {"name": buyer.name, "email": buyer.email, "phone": buyer.phone, "shipping": address},
        "payment": payment,
        "total": money(_total(sales) + Decimal(shipping)),
        "shipping_service": "standard",
    }
    return order | changes


def encoded(document: Mapping[str, Any]) -> bytes:
    """A document as bytes to be signed."""
    return json.dumps(document, ensure_ascii=False).encode()
