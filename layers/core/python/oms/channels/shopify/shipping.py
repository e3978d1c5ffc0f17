"""Telling Shopify that a parcel has left: a fulfillment of the order's open fulfillment orders.

Pages are small, as Shopify refuses a query that could cost more than 1,000 points, whatever it would find.

Sources: shopify.dev, GraphQL Admin API 2026-10: `fulfillmentCreate` (fulfillment orders of one place at a time),
FulfillmentOrder, FulfillmentOrderLineItem and Fulfillment; scopes of merchant-managed fulfillment orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oms.channels.connection import Connection
from oms.channels.outbound import Sale, Shipped
from oms.channels.shopify import api
from oms.channels.shopify.inbound import UNSENT
from oms.errors import Refused, Unavailable

FULFILLMENTS = """
query Fulfillments($order: ID!) {
  order(id: $order) {
    id
    fulfillments(first: 150) { id status trackingInfo(first: 3) { number } }
  }
}
"""

FULFILLED_LINES = """
query FulfilledLines($fulfillment: ID!, $after: String) {
  fulfillment(id: $fulfillment) {
    fulfillmentLineItems(first: 100, after: $after) {
      nodes { quantity lineItem { id } } pageInfo { hasNextPage endCursor }
    }
  }
}
"""

FULFILLMENT_ORDERS = """
query FulfillmentOrders($order: ID!, $after: String) {
  order(id: $order) {
    fulfillmentOrders(first: 5, after: $after) {
      nodes {
        id status assignedLocation { location { id } }
        lineItems(first: 25) { nodes { id remainingQuantity lineItem { id } } pageInfo { hasNextPage endCursor } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

MORE_LINES = """
query FulfillmentOrderLines($fulfillmentOrder: ID!, $after: String) {
  fulfillmentOrder(id: $fulfillmentOrder) {
    lineItems(first: 100, after: $after) {
      nodes { id remainingQuantity lineItem { id } } pageInfo { hasNextPage endCursor }
    }
  }
}
"""

FULFILL = """
mutation Fulfill($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id }
    userErrors { field message }
  }
}
"""

WITHDRAW = """
mutation Withdraw($fulfillment: ID!) {
  fulfillmentCancel(id: $fulfillment) {
    fulfillment { id }
    userErrors { field message }
  }
}
"""

OPEN = frozenset({"OPEN", "IN_PROGRESS"})
"""Statuses in which something can be sent. What is on hold or scheduled there, a person has to let go first."""

CARRIERS: Mapping[str, str] = {
    "fedex": "FedEx",
    "ups": "UPS",
    "dhl_express": "DHL Express",
    "usps": "USPS",
    "dpd": "DPD",
    "gls": "GLS",
}
"""Names by which Shopify knows how to follow a number; another carrier's is passed on as it is, with its link."""


@dataclass(frozen=True, slots=True)
class OpenUnits:
    """Units of a line that can be sent: where, by which fulfillment order and which of its lines."""

    place: str
    fulfillment_order: str
    line: str
    sold: str
    left: int


ROUNDS = 3
"""How often it is looked whether Shopify has the parcel, whole and once."""


def confirm_shipment(connection: Connection, sale: Sale, parcel: Shipped) -> str:
    """See `ToldPlatform.confirm_shipment`. Fulfillments with the parcel's number are the parcel.

    Shopify takes no key for a fulfillment, so it is looked at before and after: what lacks is told, what is there twice
    is withdrawn. A parcel without a number is known by nothing: of its units those are told that are not told yet.
    """
    refused: Refused | None = None
    for _ in range(ROUNDS):
        order = api.ask(connection, FULFILLMENTS, {"order": api.gid("Order", sale.external_id)}).get("order")
        if order is None:
            raise Refused(f"order {sale.number} is not in the channel any more")
        reference, missing = _missing(connection, order, parcel)
        if not missing:
            return reference
        if refused is not None:
            raise refused
        try:
            told = _tell(connection, sale, parcel, missing)
        except Refused as error:
            # A call that arrived twice is refused the second time: what is there says whether it was carried out.
            refused = error
            continue
        if not parcel.tracking_number:
            return told
    raise Unavailable(f"the parcels of order {sale.number} do not come to rest in the channel")


def _tell(connection: Connection, sale: Sale, parcel: Shipped, missing: dict[str, int]) -> str:
    """Fulfill so many units by line, place by place; returns the last one's number.

    Raises:
        Refused: units of a parcel with a number cannot be sent as the order stands in the channel.
    """
    places: dict[str, dict[str, list[api.Json]]] = {}
    for each in open_units(connection, sale):
        count = min(missing.get(each.sold, 0), each.left)
        if count > 0:
            missing[each.sold] -= count
            lines = places.setdefault(each.place, {}).setdefault(each.fulfillment_order, [])
            lines.append({"id": each.line, "quantity": count})
    if parcel.tracking_number and (left := sum(missing.values())):
        raise Refused(f"order {sale.number} has no open fulfillment order for {left} units of a parcel")
    reference = ""
    for orders in places.values():
        reference = _fulfill(connection, sale, parcel, orders)
    return reference


def _fulfill(connection: Connection, sale: Sale, parcel: Shipped, orders: Mapping[str, list[api.Json]]) -> str:
    fulfillment: api.Json = {
        "notifyCustomer": False,
        "lineItemsByFulfillmentOrder": [
            {"fulfillmentOrderId": fulfillment_order, "fulfillmentOrderLineItems": lines}
            for fulfillment_order, lines in orders.items()
        ],
    }
    if parcel.tracking_number:
        tracking = {"company": CARRIERS.get(parcel.carrier, parcel.carrier), "number": parcel.tracking_number}
        fulfillment["trackingInfo"] = tracking | ({"url": parcel.tracking_url} if parcel.tracking_url else {})
    data = api.ask(connection, FULFILL, {"fulfillment": fulfillment})
    done = api.carried_out(data, "fulfillmentCreate", f"a parcel of order {sale.number}")
    return api.number_of(str((done.get("fulfillment") or {}).get("id", "")))


def _missing(connection: Connection, order: api.Json, parcel: Shipped) -> tuple[str, dict[str, int]]:
    """The parcel as it is there already, and its units by line that are not. What goes beyond it is withdrawn."""
    left: dict[str, int] = {}
    for part in parcel.lines:
        left[part.external_line_id] = left.get(part.external_line_id, 0) + part.quantity
    reference = ""
    for each in order["fulfillments"]:
        numbers = {info.get("number") for info in each["trackingInfo"]}
        if not parcel.tracking_number or parcel.tracking_number not in numbers or each["status"].lower() in UNSENT:
            continue
        units = _units(connection, each)
        if any(count > left.get(line, 0) for line, count in units.items()):
            data = api.ask(connection, WITHDRAW, {"fulfillment": each["id"]})
            api.carried_out(data, "fulfillmentCancel", "withdrawing a parcel that is there twice")
            continue
        reference = reference or api.number_of(each["id"])
        for line, count in units.items():
            left[line] -= count
    return reference, {line: count for line, count in left.items() if count > 0}


def _units(connection: Connection, fulfillment: api.Json) -> dict[str, int]:
    """What is in a fulfillment, by line."""
    units: dict[str, int] = {}
    after: str | None = None
    while True:
        asked = {"fulfillment": fulfillment["id"], "after": after}
        lines = api.ask(connection, FULFILLED_LINES, asked)["fulfillment"]["fulfillmentLineItems"]
        for line in lines["nodes"]:
            sold = api.number_of(line["lineItem"]["id"])
            units[sold] = units.get(sold, 0) + line["quantity"]
        if not lines["pageInfo"]["hasNextPage"]:
            return units
        after = lines["pageInfo"]["endCursor"]


def open_units(connection: Connection, sale: Sale) -> Iterator[OpenUnits]:
    """What of an order can still be sent, by its open fulfillment orders."""
    after: str | None = None
    while True:
        variables = {"order": api.gid("Order", sale.external_id), "after": after}
        page = api.ask(connection, FULFILLMENT_ORDERS, variables)["order"]["fulfillmentOrders"]
        for each in page["nodes"]:
            if each["status"] in OPEN:
                yield from _lines(connection, each)
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _lines(connection: Connection, fulfillment_order: api.Json) -> Iterator[OpenUnits]:
    place = ((fulfillment_order.get("assignedLocation") or {}).get("location") or {}).get("id", "")
    lines = fulfillment_order["lineItems"]
    while True:
        for line in lines["nodes"]:
            sold = api.number_of(line["lineItem"]["id"])
            yield OpenUnits(place, fulfillment_order["id"], line["id"], sold, line["remainingQuantity"])
        if not lines["pageInfo"]["hasNextPage"]:
            return
        more = {"fulfillmentOrder": fulfillment_order["id"], "after": lines["pageInfo"]["endCursor"]}
        lines = api.ask(connection, MORE_LINES, more)["fulfillmentOrder"]["lineItems"]
