"""What an order of the BigCommerce that stands in looks like: fields and figures as its documents have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

_BUYER = {
    "first_name": "Erika",
    "last_name": "Musterfrau",
    "company": "",
    "street_1": "Schillerplatz 1",
    "street_2": "",
    "city": "München",
    "state": "Bayern",
    "zip": "80336",
    "country": "Germany",
    "country_iso2": "DE",
    "phone": "+498912345678",
    "email": "erika@customer.example",
    "form_fields": [],
}


def amount(value: Decimal) -> str:
    """An amount as the interface writes it, with four decimals."""
    return f"{value:.4f}"


def line(number: int, order_id: int, address: int, told: Mapping[str, Any], rate: Decimal, *, gross: bool) -> Json:
    """A line; its discount is quoted as its price is, and its tax is what is left of it after the discount."""
    price, quantity, off = Decimal(told["price"]), told["quantity"], Decimal(told.get("discount", "0"))
    net, with_tax = (price / (1 + rate), price) if gross else (price, price * (1 + rate))
    paid = with_tax * quantity - off if gross else (net * quantity - off) * (1 + rate)
    return {
        "id": number,
        "order_id": order_id,
        "product_id": 7000 + number,
        "variant_id": 0,
        "order_address_id": address,
        "name": told.get("name", told["sku"].title()),
        "sku": told["sku"],
        "type": told.get("type", "physical"),
        "price_ex_tax": amount(net),
        "price_inc_tax": amount(with_tax),
        "price_tax": amount(with_tax - net),
        "total_ex_tax": amount(net * quantity),
        "total_inc_tax": amount(with_tax * quantity),
        "total_tax": amount(paid - paid / (1 + rate)),
        "discounted_total_inc_tax": amount(paid),
        "quantity": quantity,
        "quantity_shipped": 0,
        "quantity_refunded": 0,
        "is_refunded": False,
        "parent_order_product_id": None,
        "applied_discounts": [{"id": "coupon", "amount": amount(off), "code": "SPRING", "target": "order"}]
        if off
        else [],
        "product_options": [],
    }


def figures(order_id: int, lines: Sequence[Json], shipping: Decimal, rate: Decimal, *, gross: bool) -> Json:
    """The order around its lines; `shipping` is quoted as the prices are."""
    way = shipping if gross else shipping * (1 + rate)
    total = sum((Decimal(each["discounted_total_inc_tax"]) for each in lines), way)
    tax = sum((Decimal(each["total_tax"]) for each in lines), way - way / (1 + rate))
    return {
        "id": order_id,
        "customer_id": 0,
        "status_id": 11,
        "payment_method": "Braintree",
        "payment_status": "captured",
        "payment_provider_id": f"pay-{order_id}",
        "shipping_cost_ex_tax": amount(way / (1 + rate)),
        "shipping_cost_inc_tax": amount(way),
        "shipping_cost_tax": amount(way - way / (1 + rate)),
        "handling_cost_inc_tax": amount(Decimal(0)),
        "handling_cost_tax": amount(Decimal(0)),
        "wrapping_cost_inc_tax": amount(Decimal(0)),
        "wrapping_cost_tax": amount(Decimal(0)),
        "total_inc_tax": amount(round(total, 2)),
        "total_ex_tax": amount(round(total, 2) - round(tax, 2)),
        "total_tax": amount(round(tax, 2)),
        "is_tax_inclusive_pricing": gross,
        "items_total": sum(each["quantity"] for each in lines),
        "refunded_amount": "0.0000",
        "store_credit_amount": "0.0000",
        "gift_certificate_amount": "0.0000",
        "currency_code": "EUR",
        "default_currency_code": "EUR",
        "customer_locale": "de",
        "staff_notes": "",
        "external_source": None,
        "billing_address": dict(_BUYER),
        "fees": [],
    }


def repriced(order: Json, of: Json, quantity: int) -> None:
    """Give a line another quantity: it loses its discounts, as documented, and the order's figures follow."""
    was = Decimal(of["discounted_total_inc_tax"]), Decimal(of["total_tax"])
    for name in ("total_ex_tax", "total_inc_tax"):
        of[name] = amount(Decimal(of[f"price_{name[6:]}"]) * quantity)
    of |= {"quantity": quantity, "applied_discounts": [], "discounted_total_inc_tax": of["total_inc_tax"]}
    of["total_tax"] = amount(Decimal(of["total_inc_tax"]) - Decimal(of["total_ex_tax"]))
    order["total_inc_tax"] = amount(Decimal(order["total_inc_tax"]) + Decimal(of["total_inc_tax"]) - was[0])
    order["total_tax"] = amount(Decimal(order["total_tax"]) + Decimal(of["total_tax"]) - was[1])
    order["_lines"] = [each for each in order["_lines"] if each["quantity"]]
    order["items_total"] = sum(each["quantity"] for each in order["_lines"])


def quoted(lines: Sequence[Json], items: Sequence[Json]) -> tuple[Decimal, Decimal] | None:
    """What goes back for these items of a refund, and the tax in it; None when it has been given back already."""
    total = tax = Decimal(0)
    for item in items:
        if item["item_type"] != "PRODUCT":
            total += Decimal(str(item["amount"]))
            continue
        of = next((each for each in lines if each["id"] == item["item_id"]), None)
        if of is None or item["quantity"] > of["quantity"] - of["quantity_refunded"]:
            return None
        share = Decimal(item["quantity"]) / of["quantity"]
        total += Decimal(of["discounted_total_inc_tax"]) * share
        tax += Decimal(of["total_tax"]) * share
    return round(total, 2), round(tax, 2)
