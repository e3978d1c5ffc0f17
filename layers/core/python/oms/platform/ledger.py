"""The ledger table: one item per version of each level's items, made from the stock table's stream.

    account, version        an entry: sku, location_id, bucket, at, reason, reference, cause, actor, changes, balance
    account, 0              checkpoint: how far the account was proved, and its balance there

The account of a level is `<sku>#<location id>`; a bucket of a hot level adds `~<number>`, which no location id can end
with. An entry follows from its stream record alone, so a record that comes twice writes the same item twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from heapq import merge
from typing import Any

from oms.errors import OmsError, Unavailable
from oms.inventory.ledger import LedgerEntry, changes
from oms.platform.aws import client
from oms.platform.batch import BatchAnswer, Timed, stream_batch
from oms.platform.config import settings
from oms.platform.inventory_lists import bad_cursor, checked_limit, decoded, encoded
from oms.platform.observability import logger
from oms.platform.stock_items import UNAVAILABLE, number_in, owner
from oms.platform.stock_table import level_item
from oms.stock.buckets import MAX_BUCKETS

COUNTED = ("on_hand", "available", "committed", "incoming")
MAX_PUTS = 25
"""Items of one batch."""

ATTEMPTS = 6

Item = Mapping[str, Any]


def post(event: Mapping[str, Any], context: Timed) -> BatchAnswer:
    """Write the entries of a stream's batch, twenty-five to a call; one by one when that does not go well."""
    records = event["Records"]
    try:
        put_all([item for record in records if (item := _entry_item(record)) is not None])
    except (OmsError, KeyError, ValueError):
        logger().warning("ledger_one_by_one", extra={"records": len(records)})
        return stream_batch(event, context, _post_one)
    return {"batchItemFailures": []}


def account_of(sku: str, location_id: str, bucket: int = 0) -> str:
    """The account of a level, or of a bucket of it."""
    return f"{sku}#{location_id}~{bucket}" if bucket else f"{sku}#{location_id}"


def units_of(image: Item) -> dict[str, int]:
    """What an item of a level counts, by name; zeros are left out."""
    names = (*COUNTED, *(name for name in image if name.startswith(UNAVAILABLE)))
    return {name: units for name in names if (units := number_in(image, name))}


def page(sku: str, location_id: str, *, limit: int = 50, cursor: str = "") -> tuple[list[LedgerEntry], str | None]:
    """The movements of a level, the newest first, and the cursor of the page after.

    Raises:
        InvalidInput: the limit is out of bounds, or the cursor is not one of this list.
    """
    checked_limit(limit)
    places = _places(sku, location_id, cursor)
    found = list(
        merge(
            *(_newest(account_of(sku, location_id, bucket), before, limit + 1) for bucket, before in places.items()),
            key=lambda entry: (entry.at, entry.bucket, entry.version),
            reverse=True,
        )
    )
    shown = found[:limit]
    for entry in shown:
        places[entry.bucket] = entry.version
    more = len(found) > limit
    return shown, encoded([sku, location_id, *(f"{b}:{v}" for b, v in sorted(places.items()))]) if more else None


def entries(account: str, after: int, up_to: int) -> Iterable[LedgerEntry]:
    """The entries of an account with versions after `after` up to `up_to`, in their order; strongly consistent."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=settings().ledger_table,
            KeyConditionExpression="account = :account AND version BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":account": {"S": account},
                ":first": {"N": str(after + 1)},
                ":last": {"N": str(up_to)},
            },
            ConsistentRead=True,
        )
    )
    return (entry_of(item) for page in pages for item in page["Items"])


def _post_one(record: Item) -> None:
    item = _entry_item(record)
    if item is not None:
        put_all([item])


def put_all(items: list[dict[str, Any]]) -> None:
    """Write items of the ledger table, twenty-five to a call.

    Raises:
        Unavailable: the table leaves some out, again and again.
    """
    # Of one key the last: a batch that is delivered together with its repetition may hold it twice.
    once = list({(item["account"]["S"], item["version"]["N"]): item for item in items}.values())
    for start in range(0, len(once), MAX_PUTS):
        puts: Any = [{"PutRequest": {"Item": item}} for item in once[start : start + MAX_PUTS]]
        for attempt in range(ATTEMPTS):
            answer = client("dynamodb").batch_write_item(RequestItems={settings().ledger_table: puts})
            puts = answer.get("UnprocessedItems", {}).get(settings().ledger_table)
            if not puts:
                break
            time.sleep(0.05 * 2**attempt)
        else:
            raise Unavailable("the ledger is busy")


def _entry_item(record: Item) -> dict[str, Any] | None:
    """The item of a stream record; None when the record is no movement of a level."""
    image = record["dynamodb"].get("NewImage", {})
    before = record["dynamodb"].get("OldImage", {})
    if "on_hand" not in image or number_in(image, "version") == number_in(before, "version"):
        return None
    sku, location_id, bucket = owner(image)
    balance = units_of(image)
    last = image.get("last", {}).get("M", {})
    return {
        "account": {"S": account_of(sku, location_id, bucket)},
        "version": image["version"],
        "sku": {"S": sku},
        "location_id": {"S": location_id},
        **({"bucket": {"N": str(bucket)}} if bucket else {}),
        **{name: last.get(name, {"S": ""}) for name in ("at", "reason", "reference", "cause", "actor")},
        "changes": _map(changes(units_of(before), balance)),
        "balance": _map(balance),
    }


def _map(units: Mapping[str, int]) -> dict[str, Any]:
    return {"M": {name: {"N": str(count)} for name, count in units.items()}}


def entry_of(item: Item) -> LedgerEntry:
    """An item of the ledger table as a value."""
    return LedgerEntry(
        account=item["account"]["S"],
        version=int(item["version"]["N"]),
        sku=item["sku"]["S"],
        location_id=item["location_id"]["S"],
        bucket=number_in(item, "bucket"),
        at=item["at"]["S"],
        reason=item["reason"]["S"],
        reference=item["reference"]["S"],
        cause=item["cause"]["S"],
        actor=item["actor"]["S"],
        changes=numbers(item["changes"]),
        balance=numbers(item["balance"]),
    )


def numbers(value: Item) -> dict[str, int]:
    """A map of numbers as the table holds it, as numbers."""
    return {name: int(each["N"]) for name, each in value["M"].items()}


def _places(sku: str, location_id: str, cursor: str) -> dict[int, int]:
    """By bucket, before which version the page begins; a level that was never split has one account."""
    if cursor:
        parts = decoded(cursor)
        if parts[:2] != [sku, location_id]:
            raise bad_cursor()
        try:
            return {int(bucket): int(version) for bucket, version in (part.split(":") for part in parts[2:])}
        except ValueError:
            raise bad_cursor() from None
    item = level_item(sku, location_id) or {}
    split = "buckets" in item or "past" in item
    return dict.fromkeys(range(MAX_BUCKETS if split else 1), 10**15)


def _newest(account: str, before: int, limit: int) -> list[LedgerEntry]:
    if before <= 1:
        return []
    answer = client("dynamodb").query(
        TableName=settings().ledger_table,
        KeyConditionExpression="account = :account AND version BETWEEN :one AND :last",
        ExpressionAttributeValues={
            ":account": {"S": account},
            ":one": {"N": "1"},
            ":last": {"N": str(before - 1)},
        },
        ScanIndexForward=False,
        Limit=limit,
    )
    return [entry_of(item) for item in answer["Items"]]
