"""The views table: summaries of orders and fulfillment orders, found through its indexes page by page.

Items: `pk`, `sk`, `as_of` (the version of the order that they were made from), the attributes of the indexes, `body`
(the summary as JSON text). An item never goes back to an older version, so records of the stream may come twice and
in any order. One partition, `days`, has an item for each day that has orders: lists without a filter walk along it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from oms.errors import InvalidInput, NotFound
from oms.orders.transitions import OrderStatus
from oms.platform.aws import client
from oms.platform.batch_read import read_items
from oms.platform.cache import Cache
from oms.platform.config import settings
from oms.views.queues import Queue
from oms.views.summary import ORDER, Summary

MAX_LIMIT = 100
"""Items on a page."""

MAX_QUERIES = 20
"""Queries for one page. A page that needs more, because few items pass its filter, ends early with a cursor."""

INDEXES = {
    "by_status": ("status", "placed_at"),
    "by_channel": ("channel_id", "placed_at"),
    "by_day": ("day", "placed_at"),
    "by_location": ("location_queue", "allocated_at"),
    "by_queue": ("queue", "since"),
}
"""Partition and sort key of each index."""

DAYS = "days"

_days: Cache[str, bool] = Cache(seconds=3600, size=1000)


@dataclass(frozen=True, slots=True)
class Page:
    """Summaries, and the cursor of the page after this one; None on the last."""

    items: tuple[dict[str, Any], ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class _Partition:
    """One partition of an index."""

    index: str
    value: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ended: the last item's keys in the index and in the table."""

    partition: _Partition
    sort: str
    pk: str
    sk: str


def put(summary: Summary, as_of: int, *, timer: Mapping[str, str] | None = None) -> None:
    """Write a summary made from version `as_of` of its order, unless the table has one as new.

    `timer` is what the order has to be woken by: see `oms.platform.timers`.
    """
    dynamodb = client("dynamodb")
    try:
        dynamodb.put_item(
            TableName=settings().views_table,
            Item={
                "pk": {"S": summary.pk},
                "sk": {"S": summary.sk},
                "as_of": {"N": str(as_of)},
                "body": {"S": json.dumps(summary.body, ensure_ascii=False)},
                **{name: {"S": value} for name, value in (*summary.index.items(), *(timer or {}).items())},
            },
            ConditionExpression="attribute_not_exists(pk) OR as_of < :as_of",
            ExpressionAttributeValues={":as_of": {"N": str(as_of)}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def note_day(day: str) -> None:
    """Note that a day (`2026-03-01`) has orders. Written once an hour by each process that meets it."""
    if _days.get(day):
        return
    client("dynamodb").put_item(TableName=settings().views_table, Item={"pk": {"S": DAYS}, "sk": {"S": day}})
    _days.put(day, value=True)


def orders(*, status: str = "", channel_id: str = "", limit: int = 50, cursor: str = "") -> Page:
    """Order summaries, the newest first, of a status, of a channel, of both, or all.

    Raises:
        InvalidInput: there is no such status, the limit is out of bounds, or the cursor is not one of this list.
    """
    if status and status not in set(OrderStatus):
        raise InvalidInput(f"there is no status {status!r}; there are {', '.join(OrderStatus)}", path="status")
    place = _decode(cursor)
    if status:
        keep = {"channel_id": channel_id} if channel_id else {}
        return _page([_Partition("by_status", status)], limit, place, keep=keep)
    if channel_id:
        return _page([_Partition("by_channel", channel_id)], limit, place)
    if place is not None and place.partition.index != "by_day":
        raise _bad_cursor()
    return _page(_by_day(place.partition.value if place else ""), limit, place)


def placed_between(first: str, last: str, *, limit: int = 50, cursor: str = "") -> Page:
    """Orders placed on these days (`2026-03-01`) and those between them, the newest first.

    Raises:
        InvalidInput: the limit is out of bounds, or the cursor is not one of this list.
    """
    place = _decode(cursor)
    if place is not None and place.partition.index != "by_day":
        raise _bad_cursor()
    days = takewhile(lambda each: each.value >= first, _by_day(min(place.partition.value, last) if place else last))
    return _page(days, limit, place)


def of_orders(order_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The summaries of these orders, by id; those that lists do not know yet are left out."""
    keys = [{"pk": {"S": f"order#{order_id}"}, "sk": {"S": ORDER}} for order_id in order_ids]
    found = read_items(settings().views_table, keys, consistent=False)
    return {item["pk"]["S"].removeprefix("order#"): _body(item) for item in found}


def fulfillment_orders(location_id: str, statuses: Sequence[str], *, limit: int = 50, cursor: str = "") -> Page:
    """Fulfillment orders of a location: status by status as given, within each the one that waits longest first.

    Raises:
        InvalidInput: the limit is out of bounds, or the cursor is not one of this list.
    """
    partitions = [_Partition("by_location", f"{location_id}#{status}") for status in statuses]
    return _page(partitions, limit, _decode(cursor), newest_first=False)


def queued_orders(queue: str, *, limit: int = 50, cursor: str = "") -> Page:
    """Orders in a work queue, the one that waits longest first.

    Raises:
        NotFound: there is no such queue.
        InvalidInput: the limit is out of bounds, or the cursor is not one of this list.
    """
    if queue not in set(Queue):
        raise NotFound(f"there is no queue {queue!r}; there are {', '.join(Queue)}")
    return _page([_Partition("by_queue", queue)], limit, _decode(cursor), newest_first=False)


def listed(index: str, values: Iterable[str], *, limit: int = 50, cursor: str = "") -> Page:
    """What stands in partitions of an index, one partition after another, in each the oldest first.

    Raises:
        InvalidInput: the limit is out of bounds, or the cursor is not one of this list.
    """
    return _page([_Partition(index, value) for value in values], limit, _decode(cursor), newest_first=False)


def _page(
    partitions: Iterable[_Partition],
    limit: int,
    start: _Place | None,
    *,
    keep: Mapping[str, str] | None = None,
    newest_first: bool = True,
) -> Page:
    """Walk along the partitions from `start` on, until a page is full."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"a page has 1 to {MAX_LIMIT} items", path="limit")
    remaining = _from(partitions, start)
    found: list[tuple[_Place, Mapping[str, Any]]] = []
    queries = 0
    for partition in remaining:
        after = start if start and start.partition == partition else None
        while True:
            # One more than the page has: whether there is a next page is then known.
            answer = _query(partition, after, limit + 1 - len(found), keep or {}, newest_first=newest_first)
            queries += 1
            found += [(_place(partition, item), item) for item in answer["Items"]]
            if len(found) > limit:
                return Page(tuple(_body(item) for _, item in found[:limit]), _encode(found[limit - 1][0]))
            if "LastEvaluatedKey" not in answer:
                break
            after = _place(partition, answer["LastEvaluatedKey"])
            if queries >= MAX_QUERIES:
                return Page(tuple(_body(item) for _, item in found), _encode(after))
    return Page(tuple(_body(item) for _, item in found), None)


def _from(partitions: Iterable[_Partition], start: _Place | None) -> Iterator[_Partition]:
    """The partitions from that of `start` on."""
    reached = start is None
    for partition in partitions:
        reached = reached or (start is not None and partition == start.partition)
        if reached:
            yield partition
    if not reached:
        raise _bad_cursor()


def _by_day(newest: str) -> Iterator[_Partition]:
    """The days that have orders, the newest first, from `newest` back."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=settings().views_table,
            KeyConditionExpression="pk = :days AND sk <= :newest",
            ExpressionAttributeValues={":days": {"S": DAYS}, ":newest": {"S": newest or "9999"}},
            ScanIndexForward=False,
            PaginationConfig={"PageSize": MAX_LIMIT},
        )
    )
    return (_Partition("by_day", item["sk"]["S"]) for page in pages for item in page["Items"])


def _query(
    partition: _Partition, after: _Place | None, limit: int, keep: Mapping[str, str], *, newest_first: bool
) -> Any:
    hash_key, sort_key = INDEXES[partition.index]
    query: dict[str, Any] = {
        "TableName": settings().views_table,
        "IndexName": partition.index,
        "KeyConditionExpression": "#hash = :hash",
        "ExpressionAttributeNames": {"#hash": hash_key},
        "ExpressionAttributeValues": {":hash": {"S": partition.value}},
        "ScanIndexForward": not newest_first,
        "Limit": limit,
    }
    if keep:
        query["FilterExpression"] = " AND ".join(f"#{name} = :{name}" for name in keep)
        query["ExpressionAttributeNames"] |= {f"#{name}": name for name in keep}
        query["ExpressionAttributeValues"] |= {f":{name}": {"S": value} for name, value in keep.items()}
        query["Limit"] = 2 * MAX_LIMIT
    if after:
        query["ExclusiveStartKey"] = {
            hash_key: {"S": partition.value},
            sort_key: {"S": after.sort},
            "pk": {"S": after.pk},
            "sk": {"S": after.sk},
        }
    return client("dynamodb").query(**query)


def _place(partition: _Partition, item: Mapping[str, Any]) -> _Place:
    return _Place(partition, item[INDEXES[partition.index][1]]["S"], item["pk"]["S"], item["sk"]["S"])


def _body(item: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(item["body"]["S"])
    return body


def _encode(place: _Place) -> str:
    parts = [place.partition.index, place.partition.value, place.sort, place.pk, place.sk]
    return base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False).encode()).decode().rstrip("=")


def _decode(cursor: str) -> _Place | None:
    """Read a cursor. It is not signed: all that a forged one can do is begin elsewhere in the same list."""
    if not cursor:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        index, value, sort, pk, sk = parts
    except (ValueError, TypeError, binascii.Error):
        raise _bad_cursor() from None
    if not all(isinstance(part, str) and part for part in parts) or index not in INDEXES:
        raise _bad_cursor()
    return _Place(_Partition(index, value), sort, pk, sk)


def _bad_cursor() -> InvalidInput:
    return InvalidInput("the cursor is not one of this list: begin again without it", path="cursor")
