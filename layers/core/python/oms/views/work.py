"""A fulfillment order as its location sees it: all that picking, packing and shipping need, and nothing of money."""

from __future__ import annotations

from dataclasses import asdict

from oms.errors import NotFound
from oms.orders.journey import tracking_status
from oms.orders.order import Order, Parcel
from oms.views.resource import fulfillment_order_resource, parcel_resource
from oms.views.shapes import FulfillmentOrderResource, ParcelResource


class ParcelWork(ParcelResource):
    """A parcel with where it is now: the last that the carrier said, `delivered` once and for all."""

    status: str


class FulfillmentWork(FulfillmentOrderResource):
    """A fulfillment order with all that its location needs: the order's number and holds, parcels and the address."""

    order_id: str
    number: str
    version: int
    """The order's version, for `If-Match`."""
    holds: list[str]
    """The reasons why the order is held; while there are any, nothing leaves the house."""
    parcels: list[ParcelWork]
    ship_to: dict[str, str] | None
    """The customer's address; null for what they fetch."""
    for_whom: str | None
    """The name on the order of what the customer fetches; null for what is sent to them."""


def fulfillment_work(order: Order, fulfillment_order_id: str) -> FulfillmentWork:
    """A fulfillment order as its location sees it.

    Raises:
        NotFound: the order has none of this id.
    """
    share = order.fulfillment_orders.get(fulfillment_order_id)
    if share is None:
        raise NotFound(f"there is no fulfillment order {fulfillment_order_id}")
    contact, fetched = order.contact, share.pickup is not None
    shipping = contact.shipping if contact and not fetched else None
    return {
        **fulfillment_order_resource(order, share),
        "order_id": order.order_id,
        "number": order.placed.number,
        "version": order.version,
        "holds": sorted({hold.reason.value for hold in order.holds.values()}),
        "parcels": [_parcel(order.parcels[each]) for each in share.parcel_ids],
        "ship_to": asdict(shipping) if shipping else None,
        "for_whom": contact.name if contact and fetched else None,
    }


def _parcel(parcel: Parcel) -> ParcelWork:
    return {**parcel_resource(parcel), "status": tracking_status(parcel).value}
