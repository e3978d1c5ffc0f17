"""What an order of the eBay that stands in looks like: parts and figures as the API's description has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def sale(
    order_id: str,
    lines: Sequence[Mapping[str, Any]],
    *,
    shipping: str = "0.0",
    tax_percent: str = "0",
    currency: str = "EUR",
    **changes: Any,
) -> Json:
    """A paid order of lines with `sku`, `price`, `quantity` and perhaps a `discount`.

    eBay collects the tax on top of the prices and pays it to the state. The shipping is that of the first line.
    """
    rate = Decimal(tax_percent) / 100
    items = [
        _item(f"{order_id}-{number}", line, Decimal(shipping) if number == 1 else Decimal(0), rate, currency)
        for number, line in enumerate(lines, 1)
    ]
    total = sum((Decimal(item["total"]["value"]) for item in items), Decimal(0))
    step = {"shipTo": _person(), "shippingCarrierCode": "DHL", "shippingServiceCode": "DE_DHLPaket"}
    return {
        "orderId": order_id,
        "legacyOrderId": order_id,
        "orderFulfillmentStatus": "NOT_STARTED",
        "orderPaymentStatus": "PAID",
        "buyer": {"username": "musterfrau7", "buyerRegistrationAddress": _person()},
        "pricingSummary": {"total": _cash(total, currency)},
        "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
        "paymentSummary": {"refunds": []},
        "fulfillmentStartInstructions": [{"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": step}],
        "lineItems": items,
        **changes,
    }


def _item(item_id: str, line: Mapping[str, Any], shipping: Decimal, rate: Decimal, currency: str) -> Json:
    cost, off = Decimal(line["price"]) * int(line["quantity"]), Decimal(line.get("discount", "0"))
    tax = round((cost - off + shipping) * rate, 2)
    collected = {"taxType": "VAT", "amount": _cash(tax, currency), "collectionMethod": "NET"}
    return {
        "lineItemId": item_id,
        "legacyItemId": "110000000001",
        "sku": line["sku"],
        "title": line.get("name", line["sku"].title()),
        "lineItemCost": _cash(cost, currency),
        **({"discountedLineItemCost": _cash(cost - off, currency)} if off else {}),
        "quantity": int(line["quantity"]),
        "lineItemFulfillmentStatus": "NOT_STARTED",
        "total": _cash(cost - off + shipping, currency),
        "deliveryCost": {"shippingCost": _cash(shipping, currency)},
        "taxes": [],
        "ebayCollectAndRemitTaxes": [collected] if tax else [],
    }


def _person() -> Json:
    return {
        "fullName": "Erika Musterfrau",
        "contactAddress": {
            "addressLine1": "Schillerplatz 1",
            "city": "München",
            "stateOrProvince": "Bayern",
            "postalCode": "80336",
            "countryCode": "DE",
        },
        "primaryPhone": {"phoneNumber": "+49 89 12345678"},
        "email": "q1w2@members.ebay.example",
    }


def _cash(amount: Decimal, currency: str) -> Json:
    return {"value": f"{amount:.2f}", "currency": currency}
