"""Stock on its way to channels, in the outbox table: only the newest level of each sku and channel is ever there.

    pk                          sk
    dirty#<shard>               <sku>    at, held: the sku has moved, and channels' levels are to be worked out
    level#<channel id>          <sku>    available, at, again: to be told
    told#<channel id>           <sku>    available, at: what its platform has of us
    refused#<channel id>        <sku>    available, at, problem: what its platform would not take

A mark is one conditional write, and none while the process knows of a mark that is younger than `REST`: a mark is not
taken in hand before it is older than that, so whatever moves meanwhile is seen when it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.clock import from_text, to_text
from oms.platform.aws import client
from oms.platform.batch_read import read_items
from oms.platform.cache import Cache
from oms.platform.config import settings
from oms.platform.outbox_table import LEASE

SHARDS = 8
"""Partitions of marks: what one of them can take, 1000 writes a second, is then not the limit."""

REST = timedelta(seconds=10)
"""For so long a process does not mark a sku again."""

RIPE = timedelta(seconds=15)
"""A mark is taken in hand when it is older: `REST`, and what the clocks of two machines may differ."""

REFUSED_REST = timedelta(hours=6)
"""A sku that a platform refused is not told again before, however it moves: most often it does not sell it."""

PAGE = 200

_marked: Cache[str, datetime] = Cache(seconds=REST.total_seconds(), size=5000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level on its way to a channel, told, or refused; `again` when it was refused before."""

    channel_id: str
    sku: str
    available: int
    at: str
    problem: str = ""
    again: bool = False


def mark(sku: str, now: datetime) -> None:
    """Note that a sku has moved. Nothing is written when that is noted already."""
    known = _marked.get(sku)
    if known is not None and timedelta() <= now - known < REST:
        return
    dynamodb = client("dynamodb")
    try:
        dynamodb.update_item(
            TableName=settings().outbox_table,
            Key=_key(_shard(sku), sku),
            UpdateExpression="SET #at = :now REMOVE held",
            ConditionExpression="attribute_not_exists(pk) OR attribute_exists(held)",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":now": {"S": to_text(now)}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException as error:
        standing: Any = error.response.get("Item", {})
        if "at" in standing:
            _marked.put(sku, from_text(standing["at"]["S"]))
        return
    _marked.put(sku, now)


def ripe(shard: int, now: datetime) -> list[tuple[str, str]]:
    """Skus of a shard that have moved, each with the mark that tells it: not taken in hand, or not any more."""
    answer = client("dynamodb").query(
        TableName=settings().outbox_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"dirty#{shard}"}},
        ConsistentRead=True,
        Limit=PAGE,
    )
    return [
        (item["sk"]["S"], item["at"]["S"])
        for item in answer["Items"]
        if item["at"]["S"] <= to_text(now - RIPE) and item.get("held", {"S": ""})["S"] <= to_text(now)
    ]


def take(sku: str, mark_at: str, now: datetime) -> bool:
    """Take a mark in hand. What moves from here on marks the sku anew."""
    return _update(
        _shard(sku),
        sku,
        "SET held = :later",
        "#at = :at AND (attribute_not_exists(held) OR held <= :now)",
        {":later": {"S": to_text(now + LEASE)}, ":at": {"S": mark_at}, ":now": {"S": to_text(now)}},
    )


def done(sku: str, mark_at: str) -> None:
    """The levels of a sku are worked out, unless it has moved since it was taken."""
    dynamodb = client("dynamodb")
    try:
        dynamodb.delete_item(
            TableName=settings().outbox_table,
            Key=_key(_shard(sku), sku),
            ConditionExpression="#at = :at AND attribute_exists(held)",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": {"S": mark_at}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def known(pairs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Level]:
    """What channels were told last of skus, or refused last, by channel and sku."""
    keys = [_key(f"{kind}#{channel}", sku) for channel, sku in pairs for kind in ("told", "refused")]
    found: dict[tuple[str, str], Level] = {}
    for item in read_items(settings().outbox_table, keys):
        one = _level(item)
        pair = one.channel_id, one.sku
        if pair not in found or found[pair].at < one.at:
            found[pair] = one
    return found


def want(level: Level) -> None:
    """Have a channel told a level, in place of any older one that waits."""
    _update(
        f"level#{level.channel_id}",
        level.sku,
        "SET available = :available, #at = :at, again = :again",
        "attribute_not_exists(pk) OR #at < :at",
        {
            ":available": {"N": str(level.available)},
            ":at": {"S": level.at},
            ":again": {"BOOL": level.again},
        },
    )


def wanted(channel_id: str, limit: int, after: str = "") -> list[Level]:
    """Levels that wait to be told to a channel, by sku, from the one after `after`."""
    return _range(f"level#{channel_id}", limit, after)


def refused(channel_id: str, limit: int, after: str = "") -> list[Level]:
    """Levels that a channel's platform would not take, by sku."""
    return _range(f"refused#{channel_id}", limit, after)


def settle(level: Level, problem: str) -> None:
    """Write down that a channel has a level, or would not take it. A newer one goes on waiting."""
    kind = "refused" if problem else "told"
    item: Any = {
        **_key(f"{kind}#{level.channel_id}", level.sku),
        "available": {"N": str(level.available)},
        "at": {"S": level.at},
        **({"problem": {"S": problem}} if problem else {}),
    }
    dynamodb = client("dynamodb")
    dynamodb.put_item(TableName=settings().outbox_table, Item=item)
    if level.again and not problem:
        dynamodb.delete_item(TableName=settings().outbox_table, Key=_key(f"refused#{level.channel_id}", level.sku))
    try:
        dynamodb.delete_item(
            TableName=settings().outbox_table,
            Key=_key(f"level#{level.channel_id}", level.sku),
            ConditionExpression="#at = :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": {"S": level.at}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def _range(pk: str, limit: int, after: str) -> list[Level]:
    answer = client("dynamodb").query(
        TableName=settings().outbox_table,
        KeyConditionExpression="pk = :pk AND sk > :after",
        # Nothing sorts before a blank, and no sku begins with one.
        ExpressionAttributeValues={":pk": {"S": pk}, ":after": {"S": after or " "}},
        ConsistentRead=True,
        Limit=limit,
    )
    return [_level(item) for item in answer["Items"]]


def _level(item: Mapping[str, Any]) -> Level:
    return Level(
        channel_id=item["pk"]["S"].partition("#")[2],
        sku=item["sk"]["S"],
        available=int(item["available"]["N"]),
        at=item["at"]["S"],
        problem=item.get("problem", {"S": ""})["S"],
        again=bool(item.get("again", {}).get("BOOL")),
    )


def _update(pk: str, sk: str, update: str, condition: str, values: dict[str, Any]) -> bool:
    dynamodb = client("dynamodb")
    try:
        dynamodb.update_item(
            TableName=settings().outbox_table,
            Key=_key(pk, sk),
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues=values,
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def _shard(sku: str) -> str:
    return f"dirty#{zlib.crc32(sku.encode()) % SHARDS}"


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
