"""What an order of the Adobe Commerce that stands in looks like: fields and figures as its documents have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

_BUYER = {
    "firstname": "Erika",
    "lastname": "Musterfrau",
    "street": ["Schillerplatz 1", "Hinterhaus"],
    "city": "München",
    "region": "Bayern",
    "region_code": "BAY",
    "postcode": "80336",
    "country_id": "DE",
    "email": "erika@customer.example",
    "telephone": "+498912345678",
}


def text(at: datetime) -> str:
    """A time as the shop writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def paid(item: Json) -> Decimal:
    """What is paid for all units of a line."""
    plus, minus = ("row_total", "tax_amount", "discount_tax_compensation_amount"), "discount_amount"
    return sum((Decimal(str(item[name])) for name in plus), Decimal(0)) - Decimal(str(item[minus]))


def items(number: Callable[[], int], order_id: int, lines: Sequence[Mapping[str, Any]], rate: Decimal) -> list[Json]:
    """The items of an order: parents with their parts behind them.

    A `configurable` has its variant beside it; a `bundle` has `parts`, and a price of its own or theirs. What is not
    shipped by itself is marked `_dummy`: variants, and of a bundle the parts (`together`) or the bundle.
    """
    made: list[Json] = []
    for line in lines:
        kind = line.get("type", "simple")
        top = _item(number(), order_id, line, rate) | {"product_type": kind, "is_virtual": int(kind == "virtual")}
        parts: list[Json] = []
        if kind == "configurable":
            parts = [_item(number(), order_id, {**line, "price": "0", "discount": "0"}, rate)]
        elif kind == "bundle":
            parts = [
                _item(number(), order_id, {**part, "quantity": part.get("quantity", 1) * line["quantity"]}, rate)
                for part in line["parts"]
            ]
            if not Decimal(line.get("price", "0")):
                for name in ("row_total", "tax_amount"):
                    top[name] = float(sum(Decimal(str(part[name])) for part in parts))
        together = kind == "configurable" or bool(line.get("together"))
        top["_dummy"] = bool(parts) and not together
        made += [top, *(part | {"parent_item_id": top["item_id"], "_dummy": together} for part in parts)]
    return made


def figures(order_id: int, made: Sequence[Json], shipping: Decimal, rate: Decimal, *, online: bool) -> Json:
    """The order around its items; `shipping` is without tax."""
    parents = {item["parent_item_id"] for item in made if item["parent_item_id"] and item["row_total"]}
    lines = [item for item in made if item["item_id"] not in parents]
    ship_tax = round(shipping * rate, 2)
    tax = sum((Decimal(str(item["tax_amount"])) for item in lines), ship_tax)
    total = sum((paid(item) for item in lines), shipping + ship_tax)
    way = {"address": dict(_BUYER), "method": "flatrate_flatrate", "total": {}}
    goods = any(not item["is_virtual"] for item in made)
    for item in made:
        item["qty_invoiced"] = item["qty_ordered"] if online else 0
    return {
        "entity_id": order_id,
        "increment_id": f"{order_id:09}",
        "state": "processing" if online else "new",
        "status": "processing" if online else "pending",
        "store_id": 1,
        "base_currency_code": "EUR",
        "order_currency_code": "EUR",
        "grand_total": float(total),
        "base_grand_total": float(total),
        "tax_amount": float(tax),
        "discount_amount": -float(sum(Decimal(str(item["discount_amount"])) for item in lines)),
        "shipping_amount": float(shipping),
        "shipping_tax_amount": float(ship_tax),
        "shipping_discount_amount": 0,
        "shipping_description": "Flat Rate - Fixed",
        "total_paid": float(total) if online else 0,
        "total_refunded": 0,
        "customer_email": _BUYER["email"],
        "customer_firstname": "Erika",
        "customer_lastname": "Musterfrau",
        "customer_is_guest": 1,
        "billing_address": dict(_BUYER),
        "payment": {"method": "braintree" if online else "banktransfer", "last_trans_id": f"txn-{order_id}"},
        "items": list(made),
        "status_histories": [],
        "extension_attributes": {"shipping_assignments": [{"shipping": way, "items": []}] if goods else []},
    }


def _item(number: int, order_id: int, line: Mapping[str, Any], rate: Decimal) -> Json:
    price, quantity, off = Decimal(line.get("price", "0")), line["quantity"], Decimal(line.get("discount", "0"))
    row = round(price * quantity, 2)
    return {
        "item_id": number,
        "order_id": order_id,
        "parent_item_id": None,
        "sku": line["sku"],
        "name": line.get("name", line["sku"].title()),
        "product_id": 7000 + number,
        "product_type": "simple",
        "is_virtual": 0,
        "qty_ordered": quantity,
        "qty_canceled": 0,
        "qty_refunded": 0,
        "qty_shipped": 0,
        "price": float(price),
        "row_total": float(row),
        "row_total_incl_tax": float(row + round(row * rate, 2)),
        "tax_amount": float(round((row - off) * rate, 2)),
        "discount_amount": float(off),
        "discount_tax_compensation_amount": 0,
    }
