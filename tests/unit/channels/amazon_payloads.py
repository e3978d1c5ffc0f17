"""Amazon's orders in the shape of Orders 2026-01-01, part by part, with values of our own."""

from __future__ import annotations

import json
from typing import Any

from oms.channels.amazon import inbound as amazon
from oms.channels.document import ChannelDocument
from oms.channels.protocol import WHOLE
from oms.setup import Channel, Platform

Json = dict[str, Any]

GERMANY = "A1PA6795UKMFR9"
AMAZON = Channel(channel_id="amazon", platform=Platform.AMAZON, name="Shop", default_language="de", account=GERMANY)

ADDRESS = {
    "name": "Erika Musterfrau",
    "addressLine1": "Schillerplatz 1",
    "addressLine2": "Hinterhaus",
    "addressLine3": "3. Stock",
    "city": "Dresden",
    "stateOrRegion": "Sachsen",
    "postalCode": "01309",
    "countryCode": "DE",
    "phone": "+49 351 123456",
}


def cash(amount: str, currency: str = "EUR") -> Json:
    return {"amount": amount, "currencyCode": currency}


def breakdown(kind: str, amount: str, *details: tuple[str, str], currency: str = "EUR") -> Json:
    parts = [{"subtype": subtype, "value": cash(value, currency)} for subtype, value in details]
    return {
        "type": kind,
        "subtotal": cash(amount, currency),
        **({"detailedBreakdowns": parts} if parts else {}),
    }


def amazon_item(item_id: str, *breakdowns: Json, quantity: int = 1, **changes: Any) -> Json:
    item = {
        "orderItemId": item_id,
        "quantityOrdered": quantity,
        "product": {"asin": f"B0{item_id}", "title": f"Article {item_id}", "sellerSku": f"SKU-{item_id}"},
        "proceeds": {"breakdowns": list(breakdowns)},
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": quantity},
    }
    return item | changes


def amazon_order(items: list[Json], total: str | None, status: str = "UNSHIPPED", **changes: Any) -> Json:
    order = {
        "orderId": "302-0000001-0000001",
        "createdTime": "2026-03-02T08:00:00Z",
        "lastUpdatedTime": "2026-03-02T08:30:00Z",
        "programs": ["PRIME"],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": GERMANY, "marketplaceName": "Amazon.de"},
        "buyer": {"buyerName": "Erika Musterfrau", "buyerEmail": "x7@marketplace.amazon.example"},
        "recipient": {"deliveryAddress": ADDRESS},
        "fulfillment": {
            "fulfillmentStatus": status,
            "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {
                "earliestDateTime": "2026-03-03T00:00:00Z",
                "latestDateTime": "2026-03-04T22:59:59Z",
            },
        },
        "orderItems": items,
        **({"proceeds": {"grandTotal": cash(total)}} if total else {}),
    }
    return order | changes


def amazon_read(order: Json, channel: Channel = AMAZON) -> ChannelDocument | None:
    return amazon.parse(WHOLE, json.dumps(order).encode(), channel)


def amazon_document(order: Json, channel: Channel = AMAZON) -> ChannelDocument:
    document = amazon_read(order, channel)
    assert document is not None
    return document
