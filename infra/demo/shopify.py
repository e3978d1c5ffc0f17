"""Sales as Shopify's webhooks tell them: `orders/create`, `orders/updated`, `orders/paid`, `orders/cancelled`.

Source of the form: Shopify REST Admin API, the Order resource.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from infra.demo.sale import Item, Paid, Sale
from infra.standins.shopify import headers

__all__ = ["document", "external_id", "headers"]

Json = dict[str, Any]

_FINANCIAL = {Paid.IN_FULL: "paid", Paid.RESERVED: "authorized", Paid.NOT_YET: "pending"}


def document(sale: Sale, *, changed_at: datetime | None = None, cancelled: bool = False) -> Json:
    """The order; with `cancelled`, as Shopify sends it after its cancellation at `changed_at`."""
    net = not sale.gross
    created, changed = _time(sale.placed_at), _time(changed_at or sale.placed_at)
    discounts = sum(item.discount for item in sale.items)
    subtotal = sum(item.amount for item in sale.items)
    return {
        "id": external_id(sale),
        "admin_graphql_api_id": f"gid://shopify/Order/{external_id(sale)}",
        "name": f"#{sale.number}",
        "order_number": sale.number,
        "number": sale.number - 1000,
        "created_at": created,
        "processed_at": created,
        "updated_at": changed,
        "cancelled_at": changed if cancelled else None,
        "cancel_reason": "customer" if cancelled else None,
        "closed_at": None,
        "confirmed": True,
        "test": False,
        "currency": sale.currency,
        "presentment_currency": sale.currency,
        "taxes_included": sale.gross,
        "financial_status": "voided" if cancelled else _FINANCIAL[sale.paid],
        "fulfillment_status": None,
        "source_name": "web",
        "email": sale.customer.email,
        "contact_email": sale.customer.email or None,
        "phone": None,
        "customer_locale": sale.customer.language,
        "subtotal_price": sale.text(subtotal),
        "total_line_items_price": sale.text(subtotal + discounts),
        "total_discounts": sale.text(discounts),
        "total_tax": sale.text(sale.total_tax),
        "total_price": sale.text(sale.total),
        "total_price_set": _both(sale, sale.total),
        "total_weight": sum(item.grams * item.quantity for item in sale.items),
        "discount_codes": [{"code": "FINCH10", "amount": sale.text(discounts), "type": "fixed_amount"}]
        if discounts
        else [],
        "discount_applications": [_application(sale, discounts)] if discounts else [],
        "tax_lines": _taxes(sale, sale.total_tax),
        "line_items": [_line(sale, number, item, gone=cancelled) for number, item in enumerate(sale.items, 1)],
        "shipping_lines": [
            {
                "id": external_id(sale) * 100 + 90,
                "title": "Standard",
                "code": "standard",
                "source": "shopify",
                "price": sale.text(sale.shipping),
                "discounted_price": sale.text(sale.shipping),
                "price_set": _both(sale, sale.shipping),
                "is_removed": False,
                "discount_allocations": [],
                "tax_lines": _taxes(sale, sale.tax_on(sale.shipping)),
            }
        ],
        "customer": {
            "id": 7_000_000_000 + sale.number,
            "email": sale.customer.email or None,
            "first_name": sale.customer.first_name,
            "last_name": sale.customer.last_name,
            "phone": None,
            "tax_exempt": net and not sale.tax,
        },
        "shipping_address": _address(sale),
        "billing_address": _address(sale),
        "fulfillments": [],
        "refunds": [],
        "note": None,
        "tags": "",
    }


def external_id(sale: Sale) -> int:
    """Shopify's id of the order, which is not the number that customers see."""
    return 6_000_000_000_000 + sale.number


def _line(sale: Sale, number: int, item: Item, *, gone: bool) -> Json:
    return {
        "id": external_id(sale) * 100 + number,
        "variant_id": 4_000_000 + sum(map(ord, item.sku)),
        "product_id": 9_000_000 + sum(map(ord, item.sku)),
        "sku": item.sku,
        "title": item.title,
        "name": item.title,
        "vendor": "Alder & Finch",
        "quantity": item.quantity,
        "current_quantity": 0 if gone else item.quantity,
        "fulfillable_quantity": 0 if gone else item.quantity,
        "fulfillment_status": None,
        "grams": item.grams,
        "price": sale.text(item.price),
        "price_set": _both(sale, item.price),
        "total_discount": "0.00",
        "requires_shipping": item.ships,
        "taxable": bool(sale.tax),
        "gift_card": False,
        "tax_lines": _taxes(sale, sale.tax_on(item.amount)),
        "discount_allocations": [
            {
                "amount": sale.text(item.discount),
                "amount_set": _both(sale, item.discount),
                "discount_application_index": 0,
            }
        ]
        if item.discount
        else [],
        "duties": [],
        "properties": [],
    }


def _application(sale: Sale, amount: int) -> Json:
    return {
        "target_type": "line_item",
        "type": "discount_code",
        "code": "FINCH10",
        "value": sale.text(amount),
        "value_type": "fixed_amount",
        "allocation_method": "across",
        "target_selection": "all",
    }


def _taxes(sale: Sale, amount: int) -> list[Json]:
    if not sale.tax:
        return []
    title = "VAT" if sale.gross else "State Tax"
    return [{"title": title, "rate": sale.tax / 10_000, "price": sale.text(amount), "price_set": _both(sale, amount)}]


def _both(sale: Sale, amount: int) -> Json:
    money = {"amount": sale.text(amount), "currency_code": sale.currency}
    return {"shop_money": money, "presentment_money": money}


def _address(sale: Sale) -> Json:
    buyer = sale.customer
    return {
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "name": buyer.name,
        "company": None,
        "address1": buyer.line1,
        "address2": None,
        "city": buyer.city,
        "province": None,
        "province_code": buyer.region or None,
        "zip": buyer.postal_code,
        "country_code": buyer.country,
        "phone": buyer.phone or None,
    }


def _time(instant: datetime) -> str:
    return instant.replace(microsecond=0).isoformat()
