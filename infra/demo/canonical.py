"""Sales as a shop posts them that speaks our own order API: `POST /channels/{channel_id}/orders`."""

from __future__ import annotations

from typing import Any

from infra.demo.goods import PICKUP_STORE
from infra.demo.people import Customer
from infra.demo.sale import Item, Paid, Sale

Json = dict[str, Any]

GATEWAY = "simulated"

_METHOD = {
    Paid.IN_FULL: "prepaid",
    Paid.RESERVED: "channel_authorised",
    Paid.NOT_YET: "unpaid",
    Paid.BY_US: "gateway",
}


def document(sale: Sale) -> Json:
    """The order."""
    payment: Json = {"method": _METHOD[sale.paid]}
    if sale.paid is Paid.BY_US:
        payment |= {"gateway": GATEWAY, "instrument": sale.instrument}
    return {
        "external_id": external_id(sale),
        "number": f"AF-{sale.number}",
        "currency": sale.currency,
        "placed_at": sale.placed_at.isoformat(),
        "language": sale.customer.language,
        "prices": "gross" if sale.gross else "net",
        "lines": [_line(sale, number, item) for number, item in enumerate(sale.items, 1)],
        "charges": [
            {
                "kind": "shipping",
                "title": "Standard",
                "code": "standard",
                "amount": _money(sale, sale.shipping),
                "tax": _money(sale, sale.tax_on(sale.shipping)),
            }
        ],
        "contact": contact(sale.customer),
        "payment": payment,
        "total": _money(sale, sale.total),
        "shipping_service": "standard",
        **({"tags": list(sale.tags)} if sale.tags else {}),
        **({"pickup": {"location_id": PICKUP_STORE}} if sale.fetched else {}),
    }


def external_id(sale: Sale) -> str:
    """The shop's own id of the order."""
    return f"web-{sale.number}"


def contact(customer: Customer) -> Json:
    """Who ordered and where the parcel goes, as orders and edits carry it."""
    address = {
        "name": customer.name,
        "line1": customer.line1,
        "city": customer.city,
        "region": customer.region,
        "postal_code": customer.postal_code,
        "country": customer.country,
    }
    return {
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "shipping": address,
        "billing": address,
    }


def _line(sale: Sale, number: int, item: Item) -> Json:
    line = {
        "external_line_id": str(number),
        "sku": item.sku,
        "title": item.title,
        "quantity": item.quantity,
        "unit_price": _money(sale, item.price),
        "tax": _money(sale, sale.tax_on(item.amount)),
        "grams": item.grams,
        "requires_shipping": item.ships,
    }
    return line | ({"discount": _money(sale, item.discount)} if item.discount else {})


def _money(sale: Sale, amount: int) -> Json:
    return {"amount": amount, "currency": sale.currency}
