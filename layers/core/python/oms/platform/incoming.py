"""What is on its way to the locations, beside each sku's levels: one item per day, document and location.

    sku, ~incoming#<day>#<document>#<location>      quantity: units that are still to come

An item is written by the transaction that changes its level's `incoming`, so the two add up at every moment.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.stock_table import stock_key
from oms.stock.expected import Expected

INCOMING = "~incoming#"


def expected(sku: str, *, consistent: bool = False) -> tuple[Expected, ...]:
    """All units of a sku that are on their way, the earliest day first; one query beside the sku's levels."""
    pages = client("dynamodb").get_paginator("query")
    return tuple(
        expected_of(item)
        for page in pages.paginate(
            TableName=settings().stock_table,
            KeyConditionExpression="sku = :sku AND begins_with(location_id, :incoming)",
            ExpressionAttributeValues={":sku": {"S": sku}, ":incoming": {"S": INCOMING}},
            ConsistentRead=consistent,
        )
        for item in page["Items"]
    )


def expected_of(item: dict[str, Any]) -> Expected:
    """An item of the stock table whose sort key begins with `INCOMING`, as a value."""
    _, day, document, location_id = item["location_id"]["S"].split("#")
    return Expected(
        sku=item["sku"]["S"],
        location_id=location_id,
        quantity=int(item["quantity"]["N"]),
        expected=date.fromisoformat(day),
        purchase_order_id=document,
    )


def incoming_key(sku: str, location_id: str, day: date, document: str) -> dict[str, Any]:
    """The key of what one document is to bring to one location on one day."""
    return stock_key(sku, f"{INCOMING}{day.isoformat()}#{document}#{location_id}")
