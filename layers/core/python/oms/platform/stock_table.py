"""The stock table as it is read: one read of a sku tells how much is where, and how many units are owed.

The counter of waiting units sorts before all locations and everything else after them; see `stock_items` for the keys.
Only a level that is split into buckets takes a second call, which reads one item for each further bucket.

Writes have modules of their own: `stock_moves` (what events and people do to a level), `stock_counts` (counts and
adjustments), `stock_line` (those who wait), `stock_split` (how a level is split and put together).
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.errors import Unavailable
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.stock_buckets import saw, whole
from oms.platform.stock_items import (
    LINE,
    RECEIPT,
    UNAVAILABLE,
    WAITING,
    Item,
    level_of,
    stock_key,
)
from oms.platform.stock_waiting import waiting_of
from oms.stock.levels import Level, SkuStock

__all__ = ["LINE", "RECEIPT", "UNAVAILABLE", "WAITING", "level", "level_item", "level_of", "sku_stock", "stock_key"]

BESIDE = "~"
"""What stands beside a sku's levels has sort keys that begin so, and come after those of all locations."""

ATTEMPTS = 5
"""How often a sku is read anew because a level was split, or put together, between two reads of it."""


def sku_stock(sku: str, *, consistent: bool = False) -> SkuStock:
    """All levels of a sku and what is owed, in one read, and one more when any of its levels is split."""
    return sku_items(sku, BESIDE, consistent=consistent)[0]


def sku_items(sku: str, until: str, *, consistent: bool = False) -> tuple[SkuStock, Sequence[Item]]:
    """As `sku_stock`, together with the items that stand after the levels, up to the sort key `until`."""
    for attempt in range(ATTEMPTS):
        items = _items(sku, until, consistent=consistent or attempt > 0)
        levels = whole([item for item in items if not item["location_id"]["S"].startswith(("#", BESIDE))])
        if levels is not None:
            waiting, by_channel = waiting_of(items)
            stock = SkuStock(sku=sku, levels=levels, waiting=waiting, waiting_by=by_channel)
            saw(stock)
            return stock, [item for item in items if item["location_id"]["S"].startswith(BESIDE)]
    raise Unavailable(f"stock of {sku} is being spread anew: try again")


def _items(sku: str, until: str, *, consistent: bool) -> Sequence[Item]:
    pages = client("dynamodb").get_paginator("query")
    return [
        item
        for page in pages.paginate(
            TableName=settings().stock_table,
            KeyConditionExpression="sku = :sku AND location_id < :until",
            ExpressionAttributeValues={":sku": {"S": sku}, ":until": {"S": until}},
            ConsistentRead=consistent,
        )
        for item in page["Items"]
    ]


def level(sku: str, location_id: str) -> Level:
    """One level, strongly consistent; version 0 when there is none yet."""
    for _ in range(ATTEMPTS):
        item = level_item(sku, location_id)
        if item is None:
            return Level(sku=sku, location_id=location_id)
        levels = whole([item])
        if levels is not None:
            return levels[0]
    raise Unavailable(f"stock of {sku} at {location_id} is being spread anew: try again")


def level_item(sku: str, location_id: str) -> Item | None:
    """A level's own item, strongly consistent; of a split level, it is one bucket among others."""
    return (
        client("dynamodb")
        .get_item(TableName=settings().stock_table, Key=stock_key(sku, location_id), ConsistentRead=True)
        .get("Item")
    )
