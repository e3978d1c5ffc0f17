"""The stock table: its keys, its items, and the reads of levels.

The table owns its keys here: partition `sku`, sort `location_id`. One read of a sku answers how much is where and how
many units are owed, because the counter of waiting units sorts before all locations and the line itself after them:

    #waiting                          waiting: units of the sku on backorder over all orders
    <location id>                     a level: on_hand, available, committed, incoming, `unavailable_<reason>`,
                                      version, last
    ~incoming#<date>#<id>#<location>  quantity: units that a purchase order or transfer promises by a date
    ~receipt#<cause>                  an adjustment that was made under this Idempotency-Key; expires
    ~waiting#<since>#<order id>       quantity: units that this order waits for

Each level carries its last movement (`last`), so that the table's stream is the stock ledger.

Writes have modules of their own: `stock_moves` (what events and people do to a level), `stock_counts` (counts and
adjustments), `stock_line` (those who wait).
"""

from __future__ import annotations

from typing import Any

from oms.platform.aws import client
from oms.platform.config import settings
from oms.stock.levels import Level, SkuStock

WAITING = "#waiting"
RECEIPT = "~receipt#"
LINE = "~waiting#"
UNAVAILABLE = "unavailable_"
"""Prefix of the attributes that count units which are there and not for sale, each for one reason."""


def sku_stock(sku: str, *, consistent: bool = False) -> SkuStock:
    """All levels of a sku and what is owed, in one read."""
    pages = client("dynamodb").get_paginator("query")
    items = [
        item
        for page in pages.paginate(
            TableName=settings().stock_table,
            KeyConditionExpression="sku = :sku AND location_id < :line",
            ExpressionAttributeValues={":sku": {"S": sku}, ":line": {"S": "~"}},
            ConsistentRead=consistent,
        )
        for item in page["Items"]
    ]
    return SkuStock(
        sku=sku,
        levels=tuple(level_of(item) for item in items if not item["location_id"]["S"].startswith("#")),
        waiting=sum(int(item["waiting"]["N"]) for item in items if item["location_id"]["S"] == WAITING),
    )


def level(sku: str, location_id: str) -> Level:
    """One level, strongly consistent; version 0 when there is none yet."""
    answer = client("dynamodb").get_item(
        TableName=settings().stock_table, Key=stock_key(sku, location_id), ConsistentRead=True
    )
    item = answer.get("Item")
    return level_of(item) if item else Level(sku=sku, location_id=location_id)


def stock_key(sku: str, location_id: str) -> dict[str, Any]:
    """The key of an item: a level, or one of the things that stand beside a sku's levels."""
    return {"sku": {"S": sku}, "location_id": {"S": location_id}}


def _number(item: dict[str, Any], name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])


def level_of(item: dict[str, Any]) -> Level:
    """An item of a level, as the table or its stream hands it over, as a value."""
    return Level(
        sku=item["sku"]["S"],
        location_id=item["location_id"]["S"],
        on_hand=_number(item, "on_hand"),
        available=_number(item, "available"),
        committed=_number(item, "committed"),
        incoming=_number(item, "incoming"),
        unavailable={
            name.removeprefix(UNAVAILABLE): int(value["N"])
            for name, value in item.items()
            if name.startswith(UNAVAILABLE) and value["N"] != "0"
        },
        version=_number(item, "version"),
    )
