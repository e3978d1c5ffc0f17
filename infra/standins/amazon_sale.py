"""What an order of the Amazon that stands in looks like: parts and figures as the API's model has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

_ADDRESS = {
    "name": "Erika Musterfrau",
    "companyName": "",
    "addressLine1": "Schillerplatz 1",
    "addressLine2": "",
    "addressLine3": "",
    "city": "München",
    "stateOrRegion": "Bayern",
    "postalCode": "80336",
    "countryCode": "DE",
    "phone": "+49 89 12345678",
    "addressType": "RESIDENTIAL",
}


def sale(
    order_id: str,
    lines: Sequence[Mapping[str, Any]],
    *,
    marketplace: str,
    shipping: str = "0.00",
    tax_percent: str = "0",
    collected: bool = False,
    currency: str = "EUR",
    **changes: Any,
) -> Json:
    """A paid order of lines with `sku`, `price`, `quantity` and perhaps a `discount`; prices are without tax.

    The shipping is that of the first line, as Amazon tells it by item. `collected`: Amazon pays the tax to the state.
    """
    rate = Decimal(tax_percent) / 100
    items = [
        _item(f"{order_id}-{number}", line, Decimal(shipping) if number == 1 else Decimal(0), rate, currency)
        for number, line in enumerate(lines, 1)
    ]
    total = sum((Decimal(item["proceeds"]["proceedsTotal"]["amount"]) for item in items), Decimal(0))
    if collected:
        for item in items:
            item["tax"] = {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon"}]}
    return {
        "orderId": order_id,
        "programs": [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": marketplace},
        "buyer": {"buyerName": "Erika Musterfrau", "buyerEmail": "q1w2@marketplace.amazon.example"},
        "recipient": {"deliveryAddress": dict(_ADDRESS)},
        "proceeds": {"grandTotal": _cash(total, currency)},
        "fulfillment": {
            "fulfillmentStatus": "UNSHIPPED",
            "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
        },
        "orderItems": items,
        **changes,
    }


def _item(item_id: str, line: Mapping[str, Any], shipping: Decimal, rate: Decimal, currency: str) -> Json:
    price, quantity, off = Decimal(line["price"]), int(line["quantity"]), Decimal(line.get("discount", "0"))
    goods, way = round((price * quantity - off) * rate, 2), round(shipping * rate, 2)
    total = price * quantity - off + shipping + goods + way
    parts = [_part("ITEM", price * quantity, currency), _part("SHIPPING", shipping, currency)]
    parts.append(_part("DISCOUNT", -off, currency, ITEM=-off))
    parts.append(_part("TAX", goods + way, currency, ITEM=goods, SHIPPING=way))
    return {
        "orderItemId": item_id,
        "quantityOrdered": quantity,
        "product": {
            "asin": "B000000001",
            "title": line.get("name", line["sku"].title()),
            "sellerSku": line["sku"],
            "price": {"unitPrice": _cash(price, currency)},
        },
        "proceeds": {
            "proceedsTotal": _cash(total, currency),
            "breakdowns": [each for each in parts if Decimal(each["subtotal"]["amount"])],
        },
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": quantity},
    }


def _part(kind: str, amount: Decimal, currency: str, **details: Decimal) -> Json:
    told = [{"subtype": name, "value": _cash(value, currency)} for name, value in details.items() if value]
    return {"type": kind, "subtotal": _cash(amount, currency), **({"detailedBreakdowns": told} if told else {})}


def _cash(amount: Decimal, currency: str) -> Json:
    return {"amount": f"{amount:.2f}", "currencyCode": currency}
