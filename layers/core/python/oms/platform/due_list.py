"""Lists of things to be looked at again, by when they are due, in the references table.

Partition: the list; sort `<due>#<name>`; `since` is when the thing was first listed. What is due is one query. A
thing moves to its next time in one transaction, so that none is lost because a process died. Times are reckoned from
`since` by whoever moves it, so a thing that was listed twice, by a message that came again, is one after its next move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from oms.clock import from_text, to_text
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing on a list."""

    name: str
    due: datetime
    since: datetime


def put(on: str, thing: Due) -> None:
    """Put a thing on a list; at the same time it is there once."""
    client("dynamodb").put_item(TableName=settings().references_table, Item=_item(on, thing))


def due(on: str, now: datetime, *, most: int) -> list[Due]:
    """What is due on a list, the earliest first."""
    answer = client("dynamodb").query(
        TableName=settings().references_table,
        KeyConditionExpression="#ref = :ref AND entry < :now",
        ExpressionAttributeNames={"#ref": "ref"},
        ExpressionAttributeValues={":ref": {"S": on}, ":now": {"S": to_text(now)}},
        Limit=most,
    )
    found = []
    for item in answer["Items"]:
        at, name = item["entry"]["S"].split("#", 1)
        found.append(Due(name=name, due=from_text(at), since=from_text(item["since"]["S"])))
    return found


def drop(on: str, thing: Due) -> None:
    """Take a thing off a list."""
    client("dynamodb").delete_item(TableName=settings().references_table, Key=_key(on, thing))


def move(on: str, thing: Due, to: datetime) -> None:
    """Move a thing to its next time; another process that moved it already was first, and is right."""
    dynamodb, table = client("dynamodb"), settings().references_table
    try:
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Delete": {
                        "TableName": table,
                        "Key": _key(on, thing),
                        "ConditionExpression": "attribute_exists(entry)",
                    }
                },
                {"Put": {"TableName": table, "Item": _item(on, replace(thing, due=to))}},
            ]
        )
    except dynamodb.exceptions.TransactionCanceledException:
        logger().info("moved_by_another", list=on)


def _key(on: str, thing: Due) -> dict[str, AttributeValueTypeDef]:
    return {"ref": {"S": on}, "entry": {"S": f"{to_text(thing.due)}#{thing.name}"}}


def _item(on: str, thing: Due) -> dict[str, AttributeValueTypeDef]:
    return {**_key(on, thing), "since": {"S": to_text(thing.since)}}
