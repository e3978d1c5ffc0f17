"""Sales as WooCommerce's webhooks tell them: `order.created`, `order.updated`.

Source of the form: WooCommerce REST API v3, the Order resource. Amounts of lines are net, and `price` is a float.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from infra.demo.sale import Item, Paid, Sale
from infra.standins.woocommerce import headers

__all__ = ["document", "external_id", "headers"]

Json = dict[str, Any]


def document(sale: Sale, *, changed_at: datetime | None = None, status: str = "") -> Json:
    """The order, in the status that follows from its payment unless another is named."""
    paid = sale.paid is Paid.IN_FULL
    created, changed = _time(sale.placed_at), _time(changed_at or sale.placed_at)
    discounts = sum(_net(sale, item.price * item.quantity) - _net(sale, item.amount) for item in sale.items)
    line_tax = sum(sale.tax_on(item.amount) for item in sale.items)
    return {
        "id": external_id(sale),
        "parent_id": 0,
        "number": str(sale.number),
        "order_key": f"wc_order_{sale.number:x}",
        "created_via": "checkout",
        "version": "10.4.0",
        "status": status or ("processing" if paid else "on-hold"),
        "currency": sale.currency,
        "date_created": created,
        "date_created_gmt": created,
        "date_modified": changed,
        "date_modified_gmt": changed,
        "date_paid": created if paid else None,
        "date_paid_gmt": created if paid else None,
        "prices_include_tax": sale.gross,
        "discount_total": sale.text(discounts),
        "shipping_total": sale.text(_net(sale, sale.shipping)),
        "shipping_tax": sale.text(sale.tax_on(sale.shipping)),
        "cart_tax": sale.text(line_tax),
        "total_tax": sale.text(sale.total_tax),
        "total": sale.text(sale.total),
        "customer_id": 300 + sale.number % 100,
        "customer_note": "",
        "payment_method": "stripe" if paid else "bacs",
        "payment_method_title": "Card" if paid else "Bank transfer",
        "transaction_id": f"pi_demo_{sale.number}" if paid else "",
        "needs_processing": True,
        "billing": _address(sale) | {"email": sale.customer.email, "phone": sale.customer.phone},
        "shipping": _address(sale),
        "line_items": [_line(sale, number, item) for number, item in enumerate(sale.items, 1)],
        "shipping_lines": [
            {
                "id": external_id(sale) * 100 + 90,
                "method_title": "Flat rate",
                "method_id": "flat_rate",
                "total": sale.text(_net(sale, sale.shipping)),
                "total_tax": sale.text(sale.tax_on(sale.shipping)),
                "taxes": _taxes(sale, sale.tax_on(sale.shipping)),
                "meta_data": [],
            }
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "meta_data": [{"id": external_id(sale) * 100 + 91, "key": "wpml_language", "value": sale.customer.language}],
    }


def external_id(sale: Sale) -> int:
    """WooCommerce's id of the order."""
    return sale.number


def _line(sale: Sale, number: int, item: Item) -> Json:
    before, after, tax = _net(sale, item.price * item.quantity), _net(sale, item.amount), sale.tax_on(item.amount)
    return {
        "id": external_id(sale) * 100 + number,
        "name": item.title,
        "product_id": 9_000 + sum(map(ord, item.sku)),
        "variation_id": 0,
        "quantity": item.quantity,
        "tax_class": "",
        "sku": item.sku,
        "price": float(sale.text(after)) / item.quantity,
        "subtotal": sale.text(before),
        "subtotal_tax": sale.text(sale.tax_on(item.price * item.quantity)),
        "total": sale.text(after),
        "total_tax": sale.text(tax),
        "taxes": _taxes(sale, tax),
        "meta_data": [],
    }


def _net(sale: Sale, amount: int) -> int:
    return sale.without_tax(amount)


def _taxes(sale: Sale, amount: int) -> list[Json]:
    return [{"id": 7, "total": sale.text(amount), "subtotal": sale.text(amount)}] if sale.tax else []


def _address(sale: Sale) -> Json:
    buyer = sale.customer
    return {
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "company": "",
        "address_1": buyer.line1,
        "address_2": "",
        "city": buyer.city,
        "state": buyer.region,
        "postcode": buyer.postal_code,
        "country": buyer.country,
    }


def _time(instant: datetime) -> str:
    """Without an offset, as WooCommerce writes it."""
    return instant.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()
