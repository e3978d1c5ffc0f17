"""Telling BigCommerce that a parcel has left.

A shipment carries the parcel's key in its comments. Where the key or the tracking number is there already, nothing is
made. A call that arrived twice can make two shipments as long as units are left to ship: there the list is read once
more, and the later one is taken away.

Sources, all of bigcommerce/docs: reference/orders.v2.oas2.yml (`createOrderShipments`), docs/store-operations/orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oms.channels import rest
from oms.channels.bigcommerce import api
from oms.channels.bigcommerce.fetching import WITH
from oms.channels.bigcommerce.inbound import COMPLETED
from oms.channels.bigcommerce.payload import BigOrder, LineItem
from oms.channels.connection import Connection
from oms.channels.outbound import Sale, Shipped, UnitsOf
from oms.channels.payload import read
from oms.errors import InvalidInput, Refused

MAX_TRACKING, MAX_LINK = 50, 500

MOST = 250
"""Shipments of one order that are looked at."""

NOWHERE = ("", "0")
"""Addresses of goods that are not sent."""

PROVIDERS = frozenset({"auspost", "canadapost", "endicia", "usps", "fedex", "royalmail", "ups"})
"""Carriers by BigCommerce's names, of whose tracking numbers it makes links by itself."""


def confirm_shipment(connection: Connection, sale: Sale, parcel: Shipped) -> str:
    """See `ToldPlatform.confirm_shipment`. One shipment for each address that the parcel has goods for.

    Goods that were fetched have no address and no shipment: the order is completed when they were the last.
    """
    order = order_of(connection, sale)
    lines = {item.id: item for item in order.lines}
    by_address: dict[str, list[UnitsOf]] = {}
    for units in parcel.lines:
        if units.external_line_id in lines:
            by_address.setdefault(lines[units.external_line_id].order_address_id, []).append(units)
    fetched = [units for address in NOWHERE for units in by_address.pop(address, ())]
    if fetched:
        _complete(connection, sale, order, fetched)
    if not by_address:
        return ""
    there = _shipments(connection, sale)
    made = [
        _known(there, parcel, address) or _ship(connection, sale, parcel, address, units, lines)
        for address, units in by_address.items()
    ]
    return ",".join(made)


def order_of(connection: Connection, sale: Sale) -> BigOrder:
    """The order as the platform has it now.

    Raises:
        Refused: there is none, or it cannot be read.
    """
    reply = api.call(connection, "GET", f"/v2/orders/{sale.external_id}", query=WITH)
    if reply.status != api.OK:
        raise rest.refused(reply, f"reading order {sale.number}")
    try:
        return read(BigOrder, reply.body)
    except InvalidInput as error:
        raise Refused(f"order {sale.number} cannot be read in the channel: {error.detail}") from None


def _complete(connection: Connection, sale: Sale, order: BigOrder, fetched: Sequence[UnitsOf]) -> None:
    taken = {units.external_line_id: units.quantity for units in fetched}
    left = [item.quantity - item.quantity_shipped - taken.get(item.id, 0) for item in order.lines if item.physical]
    if order.status_id != COMPLETED and not any(count > 0 for count in left):
        put_order(connection, sale, {"status_id": COMPLETED})


def put_order(connection: Connection, sale: Sale, changes: Mapping[str, Any]) -> None:
    """Change an order in the channel.

    Raises:
        Refused: the channel will not.
    """
    reply = api.call(connection, "PUT", f"/v2/orders/{sale.external_id}", body=dict(changes))
    if reply.status != api.OK:
        raise rest.refused(reply, f"changing order {sale.number}")


def _ship(
    connection: Connection,
    sale: Sale,
    parcel: Shipped,
    address: str,
    units: Sequence[UnitsOf],
    lines: Mapping[str, LineItem],
) -> str:
    path = f"/v2/orders/{sale.external_id}/shipments"
    reply = api.call(connection, "POST", path, body=_body(parcel, address, units))
    if reply.status not in {api.OK, api.CREATED}:
        # Our own call may have been carried out before, so that this one found nothing left to ship.
        if known := _known(_shipments(connection, sale), parcel, address):
            return known
        raise rest.refused(reply, f"a shipment of order {sale.number}")
    if all(_enough_for_two(lines[each.external_line_id], each.quantity) for each in units):
        return _only(connection, sale, parcel, address)
    return str((rest.content(reply) or {}).get("id", ""))


def _body(parcel: Shipped, address: str, units: Sequence[UnitsOf]) -> dict[str, Any]:
    carrier = parcel.carrier.lower()
    body: dict[str, Any] = {
        "order_address_id": int(address or 0),
        "tracking_number": parcel.tracking_number[:MAX_TRACKING],
        "shipping_method": parcel.service,
        "shipping_provider": carrier if carrier in PROVIDERS else "",
        "comments": parcel.key,
        "items": [{"order_product_id": int(each.external_line_id), "quantity": each.quantity} for each in units],
    }
    if parcel.tracking_url and len(parcel.tracking_url) <= MAX_LINK:
        body["tracking_link"] = parcel.tracking_url
    return body


def _shipments(connection: Connection, sale: Sale) -> list[dict[str, Any]]:
    path = f"/v2/orders/{sale.external_id}/shipments"
    reply = api.call(connection, "GET", path, query=(("limit", str(MOST)),))
    if reply.status not in {api.OK, api.NO_CONTENT}:
        raise rest.refused(reply, f"reading the shipments of order {sale.number}")
    found = rest.content(reply) or []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _ours(shipments: Sequence[Mapping[str, Any]], parcel: Shipped, address: str) -> list[str]:
    """The shipments that this parcel has become, by the key, the oldest first."""
    found = [
        int(each["id"])
        for each in shipments
        if str(each.get("order_address_id")) == address and parcel.key in str(each.get("comments") or "").split()
    ]
    return [str(each) for each in sorted(found)]


def _known(shipments: Sequence[Mapping[str, Any]], parcel: Shipped, address: str) -> str:
    """The shipment that tells of this parcel, whoever made it."""
    if ours := _ours(shipments, parcel, address):
        return ours[0]
    number = parcel.tracking_number[:MAX_TRACKING]
    same = (
        str(each.get("id", ""))
        for each in shipments
        if number and str(each.get("order_address_id")) == address and each.get("tracking_number") == number
    )
    return next(same, "")


def _enough_for_two(item: LineItem, quantity: int) -> bool:
    """Whether so many units could have been shipped twice."""
    return item.quantity - item.quantity_shipped >= 2 * quantity


def _only(connection: Connection, sale: Sale, parcel: Shipped, address: str) -> str:
    """The one shipment of the parcel, after the later ones that a doubled call made have been taken away."""
    first, *more = _ours(_shipments(connection, sale), parcel, address) or [""]
    for each in more:
        reply = api.call(connection, "DELETE", f"/v2/orders/{sale.external_id}/shipments/{each}")
        if reply.status not in {api.OK, api.NO_CONTENT, api.NOT_FOUND}:
            raise rest.refused(reply, f"taking back a shipment of order {sale.number}")
    return first
