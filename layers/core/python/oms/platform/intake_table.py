"""The table of what comes in from channels: its keys, and how its one index is read.

    channel#<id>, poll                  how far the channel has been read, and who reads it now: `poll_table`
    channel#<id>, run#<run id>          a comparison of the channel with us: `reconciliation_table`
    channel#<id>, work#<work id>        something for a person: `channel_work`
    channel#<id>, wish#<reference>      an order that is to be asked for: `wishes_table`
    run#<channel id>#<run id>, <page>   the ids that a page of a comparison listed

The index `by_list` sorts what is `listed` by `at`: `waiting` the wishes by when they are looked at, `work` the open
work by since when it is there. All else is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oms.clock import to_text
from oms.platform.aws import client
from oms.platform.config import settings

WAITING = "waiting"
WORK = "work"


def key(channel_id: str, sort: str) -> dict[str, Any]:
    """The key of an item of a channel."""
    return {"pk": {"S": f"channel#{channel_id}"}, "sk": {"S": sort}}


def channel_of(item: Mapping[str, Any]) -> str:
    """The channel that an item belongs to."""
    return str(item["pk"]["S"]).removeprefix("channel#")


def items_of(channel_id: str, prefix: str, **more: Any) -> Iterator[dict[str, Any]]:
    """The items of a channel whose sort keys begin so, in their order."""
    pages = client("dynamodb").get_paginator("query")
    for page in pages.paginate(
        TableName=settings().intake_table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues={":pk": {"S": f"channel#{channel_id}"}, ":prefix": {"S": prefix}},
        **more,
    ):
        yield from page["Items"]


def moment(value: Any) -> dict[str, Any]:
    """An instant as an attribute."""
    return {"S": to_text(value)}
