"""What is remembered of stock feeds: items of the references table, and files in the documents bucket.

    feed#<id>, feed             content_type, reference, actor, created_at, started_at, etag, header, chunks
    feed#<id>, chunk#<number>   started_at; when it is done also done_at and its rows by result

Chunks that are done are counted when somebody asks: no counter is hot, and a chunk that comes twice counts once. The
file is `feeds/<id>/upload`, results are `feeds/<id>/rows/<number>.ndjson`. All of it is gone after 30 days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.clock import from_text, to_text
from oms.errors import NotFound
from oms.platform.aws import client, code
from oms.platform.config import settings

KEPT = timedelta(days=30)
RESULTS = ("created", "updated", "unchanged", "refused")
"""What can become of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as it was set up."""

    feed_id: str
    content_type: str
    reference: str
    actor: str
    created_at: str
    started_at: str = ""
    etag: str = ""
    """Of the file that was started: another one in its place is not read."""
    header: str = ""
    """The first line of CSV."""
    chunks: int = 0
    """How many there are; 0 until the file is cut to its end."""


def feed_file(feed_id: str) -> str:
    """Where a feed's file lies."""
    return f"feeds/{feed_id}/upload"


def rows_file(feed_id: str, number: int) -> str:
    """Where the results of a chunk lie."""
    return f"feeds/{feed_id}/rows/{number:06d}.ndjson"


def open_feed(feed: Feed) -> Feed:
    """Remember a new feed; the one of the first time when the call is repeated."""
    from botocore.exceptions import ClientError

    item: Any = {
        **_key(feed.feed_id, "feed"),
        "content_type": {"S": feed.content_type},
        "reference": {"S": feed.reference},
        "actor": {"S": feed.actor},
        "created_at": {"S": feed.created_at},
        "expires": _expires(feed.created_at),
    }
    try:
        client("dynamodb").put_item(
            TableName=settings().references_table, Item=item, ConditionExpression="attribute_not_exists(entry)"
        )
    except ClientError as error:
        if code(error) != "ConditionalCheckFailedException":
            raise
        return read_feed(feed.feed_id)
    return feed


def read_feed(feed_id: str) -> Feed:
    """A feed, strongly consistent.

    Raises:
        NotFound: there is none of this id, or it is longer ago than 30 days.
    """
    answer = client("dynamodb").get_item(
        TableName=settings().references_table, Key=_key(feed_id, "feed"), ConsistentRead=True
    )
    if "Item" not in answer:
        raise NotFound(f"there is no stock feed {feed_id}")
    item = answer["Item"]
    return Feed(
        feed_id=feed_id,
        content_type=item["content_type"]["S"],
        reference=item["reference"]["S"],
        actor=item["actor"]["S"],
        created_at=item["created_at"]["S"],
        started_at=_text(item, "started_at"),
        etag=_text(item, "etag"),
        header=_text(item, "header"),
        chunks=_number(item, "chunks"),
    )


def note_feed(feed_id: str, **facts: str | int) -> None:
    """Note facts of a feed, named as the fields of `Feed`."""
    client("dynamodb").update_item(
        TableName=settings().references_table,
        Key=_key(feed_id, "feed"),
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in facts),
        ExpressionAttributeNames={f"#{name}": name for name in facts},
        ExpressionAttributeValues={
            f":{name}": {"N": str(fact)} if isinstance(fact, int) else {"S": fact} for name, fact in facts.items()
        },
    )


def begin_chunk(feed: Feed, number: int, at: datetime) -> tuple[datetime, bool] | None:
    """When this chunk was first begun, and whether that is now; None when it is done."""
    from botocore.exceptions import ClientError

    item: Any = {
        **_key(feed.feed_id, _chunk(number)),
        "started_at": {"S": to_text(at)},
        "expires": _expires(feed.created_at),
    }
    try:
        client("dynamodb").put_item(
            TableName=settings().references_table,
            Item=item,
            ConditionExpression="attribute_not_exists(entry)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if code(error) != "ConditionalCheckFailedException":
            raise
        standing: Any = error.response.get("Item")
        return None if "done_at" in standing else (from_text(standing["started_at"]["S"]), False)
    return at, True


def end_chunk(feed_id: str, number: int, tally: Mapping[str, int], at: datetime) -> None:
    """Note that a chunk is done, and its rows by result; what was noted first stands."""
    from botocore.exceptions import ClientError

    values: Any = {f":{name}": {"N": str(tally.get(name, 0))} for name in RESULTS}
    try:
        client("dynamodb").update_item(
            TableName=settings().references_table,
            Key=_key(feed_id, _chunk(number)),
            UpdateExpression="SET done_at = :at, " + ", ".join(f"{name} = :{name}" for name in RESULTS),
            ConditionExpression="attribute_not_exists(done_at)",
            ExpressionAttributeValues={":at": {"S": to_text(at)}, **values},
        )
    except ClientError as error:
        if code(error) != "ConditionalCheckFailedException":
            raise


def chunks_done(feed_id: str) -> Iterator[tuple[int, str, dict[str, int]]]:
    """The chunks that are done in the order of the file: number, when, and rows by result."""
    pages = client("dynamodb").get_paginator("query")
    for page in pages.paginate(
        TableName=settings().references_table,
        KeyConditionExpression="#ref = :ref AND begins_with(entry, :chunk)",
        ExpressionAttributeNames={"#ref": "ref"},
        ExpressionAttributeValues={":ref": {"S": f"feed#{feed_id}"}, ":chunk": {"S": "chunk#"}},
        ConsistentRead=True,
    ):
        for item in page["Items"]:
            if "done_at" in item:
                number = int(item["entry"]["S"].removeprefix("chunk#"))
                yield number, item["done_at"]["S"], {name: _number(item, name) for name in RESULTS}


def _key(feed_id: str, entry: str) -> dict[str, Any]:
    return {"ref": {"S": f"feed#{feed_id}"}, "entry": {"S": entry}}


def _chunk(number: int) -> str:
    return f"chunk#{number:06d}"


def _expires(created_at: str) -> dict[str, str]:
    return {"N": str(int((from_text(created_at) + KEPT).timestamp()))}


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {"S": ""})["S"])


def _number(item: Mapping[str, Any], name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])
