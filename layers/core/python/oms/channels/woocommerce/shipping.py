"""Telling WooCommerce that a parcel has left: meta data of the order, and its status once all has been sent.

WooCommerce knows no parcels. Its own Shipment Tracking and Advanced Shipment Tracking of zorem, the two common
plug-ins, read them from the same meta data in the same form, which is written here whether one is there or not. What
of the order has been told stands beside it in meta data of our own, so that nothing is told twice.

Sources: WooCommerce REST API v3, "Update an order", meta data; the documentation of both plug-ins' REST interfaces.
"""

from __future__ import annotations

import hashlib
from typing import Any

from oms.channels import rest
from oms.channels.connection import Connection
from oms.channels.outbound import Sale, Shipped
from oms.channels.woocommerce import api
from oms.channels.woocommerce.inbound import COMPLETED, GONE
from oms.errors import Refused

Json = dict[str, Any]

TRACKING = "_wc_shipment_tracking_items"
"""Meta data in which both plug-ins keep an order's parcels."""

SENT = "_oms_sent"
CANCELLED = "_oms_cancelled"
"""Ours: units by line, under the key of what was told."""


def confirm_shipment(connection: Connection, sale: Sale, parcel: Shipped) -> str:
    """See `ToldPlatform.confirm_shipment`. The order is completed when nothing of it is left to be sent."""
    order = order_of(connection, sale)
    tracking_id = hashlib.sha256(parcel.key.encode()).hexdigest()[:32]
    sent, items = meta(order, SENT, {}), meta(order, TRACKING, [])
    told = sent | {parcel.key: {each.external_line_id: each.quantity for each in parcel.lines}}
    if parcel.tracking_number and all(each.get("tracking_id") != tracking_id for each in items):
        items = [*items, _item(parcel, tracking_id)]
    status = COMPLETED if _nothing_left(order, told) and order["status"] not in GONE else order["status"]
    if (told, items, status) != (sent, meta(order, TRACKING, []), order["status"]):
        change: Json = {"meta_data": [{"key": SENT, "value": told}]}
        if parcel.tracking_number:
            change["meta_data"].append({"key": TRACKING, "value": items})
        update(connection, sale, change | ({"status": status} if status != order["status"] else {}))
    return tracking_id


def order_of(connection: Connection, sale: Sale) -> Json:
    """The order as the shop has it now.

    Raises:
        Refused: it is not there any more.
    """
    reply = api.call(connection, "GET", f"/orders/{sale.external_id}")
    if reply.status == api.NOT_FOUND:
        raise Refused(f"order {sale.number} is not in the channel any more")
    if reply.status != api.OK:
        raise rest.refused(reply, f"reading order {sale.number}")
    order: Json = rest.content(reply)
    return order


def update(connection: Connection, sale: Sale, change: Json) -> None:
    """Change the order.

    Raises:
        Refused: the shop will not have it so.
    """
    reply = api.call(connection, "PUT", f"/orders/{sale.external_id}", body=change)
    if reply.status != api.OK:
        raise rest.refused(reply, f"a change of order {sale.number}")


def meta(order: Json, key: str, nothing: Any) -> Any:
    """The order's meta data under a key, when it has the form of `nothing`."""
    found = next((each.get("value") for each in order.get("meta_data") or () if each.get("key") == key), nothing)
    return found if isinstance(found, type(nothing)) else nothing


def _nothing_left(order: Json, sent: Json) -> bool:
    left = {str(line["id"]): line["quantity"] for line in order["line_items"]}
    for units in (*sent.values(), *meta(order, CANCELLED, {}).values()):
        for line, count in (units or {}).items():
            left[line] = left.get(line, 0) - count
    return all(count <= 0 for count in left.values())


def _item(parcel: Shipped, tracking_id: str) -> Json:
    """A parcel in the form of the plug-ins: a carrier that need not be on their lists is a custom one with a link."""
    return {
        "tracking_provider": "",
        "custom_tracking_provider": parcel.carrier,
        "custom_tracking_link": parcel.tracking_url,
        "tracking_number": parcel.tracking_number,
        "date_shipped": str(int(parcel.at.timestamp())),
        "tracking_id": tracking_id,
        "products_list": [{"item_id": each.external_line_id, "qty": str(each.quantity)} for each in parcel.lines],
    }
