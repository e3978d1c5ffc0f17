"""Receipts in the stock table: what was done under an Idempotency-Key, so that a repetition changes nothing."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from oms.orders.log import Caller
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.stock_items import RECEIPT, stock_key

RECEIPTS_KEPT = timedelta(days=7)


def receipt_put(sku: str, location_id: str, caller: Caller) -> dict[str, Any]:
    """The put that stands in the transaction of the change itself: it fails when the change was made before."""
    return {
        "TableName": settings().stock_table,
        "Item": {
            **_key(sku, location_id, caller),
            "expires": {"N": str(int((caller.clock() + RECEIPTS_KEPT).timestamp()))},
        },
        "ConditionExpression": "attribute_not_exists(sku)",
    }


def was_made(sku: str, location_id: str, caller: Caller) -> bool:
    """Whether the change was made before; asked when a level refuses, perhaps because it gave the units already."""
    answer = client("dynamodb").get_item(
        TableName=settings().stock_table, Key=_key(sku, location_id, caller), ConsistentRead=True
    )
    return "Item" in answer


def _key(sku: str, location_id: str, caller: Caller) -> dict[str, Any]:
    return stock_key(sku, RECEIPT + hashlib.sha256(f"{caller.cause}|{location_id}".encode()).hexdigest()[:40])
