"""Setting up shop: channels, places, articles and the first stock, by the imports that merchants use."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from secrets import token_urlsafe
from typing import Any

from infra.demo.api import Api, CallFailed, Json
from infra.demo.goods import (
    BAUBLE,
    BY_COST,
    KNOWN,
    LANTERN,
    LOW,
    PICKUP_STORE,
    PLACES,
    PRINT,
    SHOP,
    Article,
    opening_stock,
)
from infra.demo.sale import Form
from infra.local import Cloud

HERE = (Form.CANONICAL, Form.SHOPIFY, Form.WOOCOMMERCE)
"""Channels whose documents the demonstration writes itself."""

LANGUAGE = {Form.CANONICAL: "en", Form.SHOPIFY: "en", Form.WOOCOMMERCE: "de"}
"""The language of customers whose own the channel does not tell."""

PLATFORM = {Form.CANONICAL: "canonical", Form.SHOPIFY: "shopify", Form.WOOCOMMERCE: "woocommerce"}

RETURN_FEE = 490
"""What the way back costs a customer of our own shop who changed their mind: minor units of the order's currency."""

THROWAWAY = "throwaway.example"
"""The domain of mail addresses that our own shop takes for a sign of fraud."""

PHONE = "+493023125000"
"""Where a carrier rings who cannot find a place: a number that is kept for fiction."""

HOURS = {**dict.fromkeys(("tue", "wed", "thu", "fri"), "10:00-19:00"), "sat": "09:30-18:00"}
"""When customers can come to the store."""

RATE_CARDS: dict[str, list[Json]] = {
    "north": [
        {"name": "Germany", "countries": ["DE"], "steps": [{"grams": 5000, "price": 599}], "per_kilogram": 60},
        {"name": "abroad", "steps": [{"grams": 5000, "price": 1390}], "per_kilogram": 150},
    ],
    "south": [{"name": "Europe", "steps": [{"grams": 5000, "price": 1150}], "per_kilogram": 130}],
    "middle": [{"name": "Europe", "steps": [{"grams": 5000, "price": 990}], "per_kilogram": 110}],
    "far": [{"name": "the world", "steps": [{"grams": 5000, "price": 2890}], "per_kilogram": 390}],
}
"""What carriers ask for a parcel: by zone and weight, in euro cents."""

LEAST_COST: Json = {
    "name": "Least cost for orders that are marked so",
    "applies": {"tags": [BY_COST]},
    "objective": {"fewest_parcels": False, "shipping": 100, "parcel": 100, "late_day": 40},
    "currency": "EUR",
}
"""A rule of sourcing: shipping, a euro for each parcel, and forty cents for each day that it comes later."""

Levels = dict[str, Json]
"""A sku's stock as the API shows it, by sku."""


def open_shop(api: Api, orders: int) -> None:
    """Set up everything that so many orders need; what is there already is brought to the state it should have.

    Raises:
        CallFailed: a row of an import was refused, or stock of an earlier run cannot be put right.
    """
    for form in HERE:
        channel: Json = {
            "platform": PLATFORM[form],
            "name": SHOP,
            "default_language": LANGUAGE[form],
            "currency": "EUR",
            "gateway": "simulated" if form is Form.CANONICAL else "",
        }
        if form is Form.CANONICAL:
            channel |= {"fraud_screening": True, "return_shipping_fee": RETURN_FEE}
        api.expect("PUT", f"/channels/{form}", channel, scope="setup")
    rule = {"kind": "disposable_mail", "rule_id": "throwaway-mail", "points": 60, "domains": [THROWAWAY]}
    api.expect("PUT", f"/fraud-rules/{Form.CANONICAL}", {"review_from": 50, "rules": [rule]}, scope="setup")
    for name, zones in RATE_CARDS.items():
        api.expect("PUT", f"/rate-cards/{name}", {"currency": "EUR", "zones": zones}, scope="setup")
    api.expect("PUT", "/sourcing/rules/least-cost", LEAST_COST, scope="setup")
    _import(api, "locations", _lines(map(_location, PLACES)), "application/x-ndjson", "setup")
    rows = [[each.sku, each.title, each.grams, *each.size] for each in KNOWN]
    table = _csv(["sku", "title", "grams", "length", "width", "height"], rows)
    _import(api, "products", table, "text/csv", "setup")
    for article, settings in ((LANTERN, {"low_stock": LOW}), (BAUBLE, {"preorder_limit": 50})):
        api.expect("PUT", f"/products/{article.sku}", _product(article) | settings, scope="setup")
    counts = [[sku, place, units, "opening count"] for (sku, place), units in opening_stock(orders).items()]
    table = _csv(["sku", "location_id", "on_hand", "reference"], counts)
    _import(api, "stock", table, "text/csv", "stock:write")


def gateway_secret(cloud: Cloud) -> str:
    """The secret by which the simulated gateway signs what it tells; made when there is none yet."""
    secrets, name = cloud.client("secretsmanager"), f"{cloud.stack}/gateways/simulated"
    try:
        held = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    except secrets.exceptions.ResourceNotFoundException:
        held = {"webhook_secret": token_urlsafe(24)}
        secrets.create_secret(Name=name, SecretString=json.dumps(held))
    return str(held["webhook_secret"])


def check_nothing_left(api: Api) -> None:
    """Make sure that no earlier run was broken off here: its orders would take stock and work from this one's.

    Raises:
        CallFailed: one was.
    """
    left = [
        level["sku"]
        for level in levels(api, (each.sku for each in KNOWN)).values()
        if level["committed"] or (level["backordered"] and level["sku"] != PRINT.sku)
    ]
    if left:
        raise CallFailed(f"orders of an earlier run want {', '.join(left)}: end this local cloud with `oms down` first")


def levels(api: Api, skus: Iterable[str]) -> Levels:
    """The stock of each sku."""
    return {sku: api.expect("GET", f"/stock/{sku}", scope="stock:read") for sku in skus}


def _import(api: Api, kind: str, body: bytes, content_type: str, scope: str) -> None:
    headers = {"Content-Type": content_type}
    report = api.expect("POST", f"/{kind}/import", body, scope=scope, headers=headers)
    if report["refused"]:
        refused = [row for row in report["rows"] if row["result"] == "refused"]
        raise CallFailed(f"{report['refused']} rows of {kind} were refused: {refused[:3]}")


def _product(article: Article) -> Json:
    length, width, height = article.size
    sizes = {"length": length, "width": width, "height": height}
    return {"title": article.title, "grams": article.grams, **sizes}


def _location(place: Any) -> Json:
    store = {"kind": "store", "pickup_days": 7, "ship_to_store": True, "opening_hours": HOURS}
    return {
        "location_id": place.location_id,
        "name": place.name,
        "address": {
            "name": SHOP,
            "line1": place.line1,
            "city": place.city,
            "region": place.region,
            "postal_code": place.postal_code,
            "country": place.country,
            "phone": PHONE,
        },
        "latitude": place.latitude,
        "longitude": place.longitude,
        "processing_days": place.processing_days,
        "rate_card": place.rate_card,
        **(store if place.location_id == PICKUP_STORE else {}),
    }


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
