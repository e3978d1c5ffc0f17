"""What Amazon is told: that a package has left, and how many units may be sold; the rest is in `taking_back`.

Source: Selling Partner API, Orders v0 (`confirmShipment`), Orders 2026-01-01 (`getOrder`) and Listings Items 2021-08-01
(`patchListingsItem`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from oms.channels.amazon import api
from oms.channels.amazon.feed_paper import message_id
from oms.channels.amazon.taking_back import cancel, proceed, refund
from oms.channels.connection import Connection
from oms.channels.oauth import key
from oms.channels.outbound import Sale, Shipped, StockAnswer, StockLevel
from oms.channels.rest import content
from oms.errors import Refused
from oms.setup import ChannelUpdate

__all__ = ["STOCK_BATCH", "TAKES", "cancel", "confirm_shipment", "proceed", "refund", "set_stock"]

TAKES = frozenset(ChannelUpdate)

STOCK_BATCH = 5
"""Each level is a call of its own; so many may be made at once."""

OURS = "DEFAULT"
"""The stock of the merchant's own, apart from what lies in Amazon's warehouses."""

CARRIERS: Mapping[str, str] = {
    "dhl": "DHL",
    "dhl_express": "DHL",
    "dpd": "DPD",
    "fedex": "FedEx",
    "gls": "GLS",
    "hermes": "Hermes",
    "ups": "UPS",
    "usps": "USPS",
}
"""Our carriers as Amazon calls them; any other is `Other`, with its name."""


def confirm_shipment(connection: Connection, sale: Sale, parcel: Shipped) -> str:
    """Say that a parcel has left.

    The number of the package is made of the parcel's key, so a call that comes again says the same of the same package.
    Where Amazon refuses that, it is looked whether the package is there.
    """
    items = [
        {"orderItemId": line.external_line_id, "quantity": line.quantity}
        for line in parcel.lines
        if line.external_line_id
    ]
    if not items:
        raise Refused("the parcel has nothing in it that was sold on Amazon")
    if not parcel.tracking_number:
        raise Refused("Amazon takes no shipment without a tracking number")
    number = message_id(parcel.key)
    code = CARRIERS.get(parcel.carrier.lower(), "Other")
    package = {
        "packageReferenceId": number,
        "carrierCode": code,
        "carrierName": parcel.carrier if code == "Other" else code,
        "shippingMethod": parcel.service,
        "trackingNumber": parcel.tracking_number,
        "shipDate": api.iso(parcel.at),
        "orderItems": items,
    }
    body = {"marketplaceId": _marketplace(connection, sale), "packageDetail": package}
    try:
        reply = api.ask(connection, api.confirm_shipment(sale.external_id, body))
    except Refused:
        if not _has(connection, sale, parcel, number):
            raise
    else:
        if reply.status == HTTPStatus.NOT_FOUND:
            raise Refused(f"Amazon has no order {sale.external_id}")
    return number


def set_stock(connection: Connection, levels: Sequence[StockLevel]) -> Sequence[StockAnswer]:
    """Set levels one by one; other attributes of the listing stay what they are."""
    seller_id, marketplace_id = key(connection, "seller_id"), connection.channel.account
    if not marketplace_id:
        raise Refused("stock is told to a marketplace: the channel's account has to name it")
    return [_set(connection, seller_id, marketplace_id, level) for level in levels]


def _set(connection: Connection, seller_id: str, marketplace_id: str, level: StockLevel) -> StockAnswer:
    quantity = {"fulfillment_channel_code": OURS, "quantity": level.available}
    patch = {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [quantity]}
    try:
        reply = api.ask(connection, api.patch_listing(seller_id, level.sku, marketplace_id, [patch]))
    except Refused as refused:
        return StockAnswer(sku=level.sku, problem=refused.detail)
    if reply.status == HTTPStatus.NOT_FOUND:
        return StockAnswer(sku=level.sku, problem="Amazon has no listing of this sku")
    body = content(reply)
    answer = body if isinstance(body, dict) else {}
    if answer.get("status") != "INVALID":
        return StockAnswer(sku=level.sku)
    issues = [str(each.get("message", "")) for each in answer.get("issues") or () if isinstance(each, dict)]
    return StockAnswer(sku=level.sku, problem="; ".join(issues[:3])[:300] or "Amazon finds the listing invalid")


def _marketplace(connection: Connection, sale: Sale) -> str:
    """Where the order was placed: as it was set up, else as the order says it."""
    if connection.channel.account:
        return connection.channel.account
    return str((_order(connection, sale, "FULFILLMENT").get("salesChannel") or {}).get("marketplaceId") or "")


def _has(connection: Connection, sale: Sale, parcel: Shipped, number: str) -> bool:
    packages = _order(connection, sale, "PACKAGES").get("packages") or ()
    return any(
        str(each.get("packageReferenceId", "")) == number or each.get("trackingNumber") == parcel.tracking_number
        for each in packages
    )


def _order(connection: Connection, sale: Sale, included: str) -> dict[str, Any]:
    body = content(api.ask(connection, api.get_order(sale.external_id, included)))
    found = body.get("order") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}
