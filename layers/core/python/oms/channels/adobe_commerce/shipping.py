"""Telling Adobe Commerce that a parcel has left.

A shipment carries the parcel's key in a comment that customers do not see. Where the key or the tracking number is
there already, nothing is made. `POST /order/{id}/ship` refuses more units than are left to ship, so a call that arrives
twice makes one shipment of units that are the last; of others it makes two, which nothing takes back: a person hears.

Sources, all of AdobeDocs/commerce-webapi: `salesShipOrderV1`, `salesShipmentRepositoryV1`, the tutorial "Create a
shipment".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from oms.channels import rest
from oms.channels.adobe_commerce import api
from oms.channels.adobe_commerce.goods import BUNDLE
from oms.channels.adobe_commerce.payload import AdobeOrder, Item
from oms.channels.connection import Connection
from oms.channels.outbound import Sale, Shipped
from oms.channels.payload import read
from oms.errors import InvalidInput, Refused

CONFIGURABLE = "configurable"

CARRIERS = frozenset({"ups", "usps", "fedex", "dhl"})
"""Carriers by the shop's names, of whose tracking numbers it makes links."""
OTHER_CARRIER = "custom"

MOST = 100
"""Shipments of one order that are looked at."""

Units = dict[str, Decimal]
"""Units by the id of an order's item."""


def confirm_shipment(connection: Connection, sale: Sale, parcel: Shipped) -> str:
    """See `ToldPlatform.confirm_shipment`."""
    order = order_of(connection, sale)
    items = {item.item_id: item for item in order.items}
    units = {each.external_line_id: Decimal(each.quantity) for each in parcel.lines if each.external_line_id in items}
    if not units:
        return ""
    if known := _known(connection, sale, parcel):
        return known[0]
    reply = _ship(connection, sale, parcel, _of_variants(units, items))
    if reply.status != api.OK and not (known := _known(connection, sale, parcel)):
        # A bundle that is shipped as one has its parts' shipment refused.
        whole = _of_bundles(units, items)
        if whole is None:
            raise rest.refused(reply, f"a shipment of order {sale.number}")
        reply = _ship(connection, sale, parcel, whole)
        if reply.status != api.OK:
            raise rest.refused(reply, f"a shipment of order {sale.number}")
    made = known or _known(connection, sale, parcel)
    if len(made) > 1:
        raise Refused(f"order {sale.number} has the shipment {parcel.key} {len(made)} times: look at it there")
    return made[0] if made else str(rest.content(reply))


def order_of(connection: Connection, sale: Sale) -> AdobeOrder:
    """The order as the platform has it now.

    Raises:
        Refused: there is none, or it cannot be read.
    """
    reply = api.call(connection, "GET", f"/orders/{sale.external_id}")
    if reply.status != api.OK:
        raise rest.refused(reply, f"reading order {sale.number}")
    try:
        return read(AdobeOrder, reply.body)
    except InvalidInput as error:
        raise Refused(f"order {sale.number} cannot be read in the channel: {error.detail}") from None


def has_key(comments: Any, key: str) -> bool:
    """Whether one of the comments on a document of the shop is ours."""
    return any(key in str(each.get("comment") or "").split() for each in comments or () if isinstance(each, dict))


def _known(connection: Connection, sale: Sale, parcel: Shipped) -> list[str]:
    """The shipments that tell of this parcel, whoever made them, ours first."""
    found = api.search(connection, "/shipments", (("order_id", "eq", sale.external_id),), size=MOST)
    ours = [each for each in found if has_key(each.get("comments"), parcel.key)]
    same = [
        each for each in found if any(_number(track) == parcel.tracking_number for track in each.get("tracks") or ())
    ]
    return [str(each.get("entity_id", "")) for each in ours or (same[:1] if parcel.tracking_number else [])]


def _number(track: Any) -> str:
    return str(track.get("track_number", "")) if isinstance(track, dict) else ""


def _ship(connection: Connection, sale: Sale, parcel: Shipped, units: Units) -> Any:
    carrier = parcel.carrier.lower()
    body: dict[str, Any] = {
        "items": [{"order_item_id": int(item_id), "qty": count} for item_id, count in units.items()],
        "notify": False,
        "comment": {"comment": parcel.key, "is_visible_on_front": 0},
    }
    if parcel.tracking_number:
        title = " ".join(part for part in (parcel.carrier, parcel.service) if part) or OTHER_CARRIER
        code = carrier if carrier in CARRIERS else OTHER_CARRIER
        body["tracks"] = [{"track_number": parcel.tracking_number, "title": title, "carrier_code": code}]
    if source := connection.channel.stock_location:
        body["arguments"] = {"extension_attributes": {"source_code": source}}
    return api.call(connection, "POST", f"/order/{sale.external_id}/ship", body=body)


def _of_variants(units: Units, items: Mapping[str, Item]) -> Units:
    """The same units by the items that are shipped: of a configurable product that is the parent."""
    told: Units = {}
    for item_id, count in units.items():
        parent = items.get(items[item_id].parent_item_id)
        told[parent.item_id if parent and parent.product_type == CONFIGURABLE else item_id] = count
    return told


def _of_bundles(units: Units, items: Mapping[str, Item]) -> Units | None:
    """The same units with bundles in place of their parts; None when there are none, or not whole ones."""
    told: Units = {}
    parts: dict[str, list[Decimal]] = {}
    for item_id, count in _of_variants(units, items).items():
        item = items[item_id]
        bundle = items.get(item.parent_item_id)
        if bundle is None or bundle.product_type != BUNDLE:
            told[item_id] = count
        else:
            parts.setdefault(bundle.item_id, []).append(count * bundle.qty_ordered / item.qty_ordered)
    for bundle_id, counts in parts.items():
        if not _whole(counts, sum(item.parent_item_id == bundle_id for item in items.values())):
            return None
        told[bundle_id] = counts[0]
    return told if parts else None


def _whole(counts: Sequence[Decimal], parts: int) -> bool:
    """Whether so many of each part make whole bundles."""
    return len(counts) == parts and len(set(counts)) == 1 and counts[0] == counts[0].to_integral_value()
