"""eBay's orders in the shape of the Fulfillment API, part by part, with values of our own."""

from __future__ import annotations

import json
from typing import Any

from oms.channels.document import ChannelDocument
from oms.channels.ebay import inbound as ebay
from oms.channels.protocol import WHOLE
from oms.setup import Channel, Platform

Json = dict[str, Any]

EBAY = Channel(channel_id="ebay", platform=Platform.EBAY, name="Shop", default_language="de", account="EBAY_DE")


def cash(value: str, currency: str = "EUR") -> Json:
    return {"value": value, "currency": currency}


def collected(value: str, kind: str = "VAT") -> Json:
    return {"taxType": kind, "amount": cash(value), "collectionMethod": "NET"}


def person(name: str, street: str) -> Json:
    return {
        "fullName": name,
        "contactAddress": {
            "addressLine1": street,
            "city": "Graz",
            "stateOrProvince": "Steiermark",
            "postalCode": "8010",
            "countryCode": "AT",
        },
        "primaryPhone": {"phoneNumber": "+43 316 123456"},
        "email": "7f3@members.ebay.example",
    }


def ebay_line(line_id: str, cost: str, quantity: int = 1, shipping: str = "0.0", **changes: Any) -> Json:
    line = {
        "lineItemId": line_id,
        "legacyItemId": f"3{line_id}",
        "sku": f"SKU-{line_id}",
        "title": f"Article {line_id}",
        "lineItemCost": cash(cost),
        "quantity": quantity,
        "lineItemFulfillmentStatus": "NOT_STARTED",
        "deliveryCost": {"shippingCost": cash(shipping)},
        "taxes": [],
        "ebayCollectAndRemitTaxes": [],
    }
    return line | changes


def ebay_order(lines: list[Json], total: str, **changes: Any) -> Json:
    step = {
        "shipTo": person("Max Mustermann", "Herrengasse 1"),
        "shippingCarrierCode": "DHL",
        "shippingServiceCode": "DE_DHLPaket",
    }
    order = {
        "orderId": "12-00001-00001",
        "legacyOrderId": "12-00001-00001",
        "creationDate": "2026-03-02T08:00:00.000Z",
        "lastModifiedDate": "2026-03-02T08:30:00.000Z",
        "orderFulfillmentStatus": "NOT_STARTED",
        "orderPaymentStatus": "PAID",
        "sellerId": "seller",
        "buyer": {"username": "buyer7", "buyerRegistrationAddress": person("Erika Mustermann", "Hauptplatz 2")},
        "pricingSummary": {"total": cash(total)},
        "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
        "paymentSummary": {"refunds": []},
        "fulfillmentStartInstructions": [{"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": step}],
        "lineItems": lines,
        "salesRecordReference": "4711",
    }
    return order | changes


def ebay_read(order: Json, channel: Channel = EBAY) -> ChannelDocument | None:
    return ebay.parse(WHOLE, json.dumps(order).encode(), channel)


def ebay_document(order: Json, channel: Channel = EBAY) -> ChannelDocument:
    document = ebay_read(order, channel)
    assert document is not None
    return document
