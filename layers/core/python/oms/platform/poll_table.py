"""How far each channel has been read, kept in the intake table; one reader at a time, by a lease.

`poll` of a channel:

    read_to                  all that changed before this moment has been read
    since, until, page       the time that is being read, and the platform's cursor of the page where to go on
    held_until, holder       the lease: whose message reads it now
    next_at                  when it is to be read next
    compare_at               when it is to be compared with us next
    refused                  whether a person was told that the platform does not let us in
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.channels.polling import EVERY, FIRST, Window
from oms.clock import from_text
from oms.platform.aws import client
from oms.platform.batch_read import read_items
from oms.platform.config import settings
from oms.platform.intake_table import channel_of, key, moment

SORT = "poll"

LEASE = timedelta(minutes=2)
"""Longer than a function may run: who holds it is at work, or dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a channel stands; it was read at least once, or is being read for the first time."""

    channel_id: str
    read_to: datetime
    window: Window | None = None
    next_at: datetime | None = None
    compare_at: datetime | None = None
    refused: bool = False


def readings(channel_ids: Iterable[str]) -> dict[str, Reading]:
    """How these channels stand; those that were never read are left out."""
    keys = [key(channel_id, SORT) for channel_id in channel_ids]
    found = [_reading(item) for item in read_items(settings().intake_table, keys, consistent=False)]
    return {each.channel_id: each for each in found}


def take(channel_id: str, holder: str, now: datetime) -> Reading | None:
    """Take a channel in hand; None while somebody else reads it, and before it is due."""
    dynamodb = client("dynamodb")
    try:
        answer = dynamodb.update_item(
            TableName=settings().intake_table,
            Key=key(channel_id, SORT),
            UpdateExpression="SET held_until = :later, holder = :me, next_at = :next,"
            " read_to = if_not_exists(read_to, :first)",
            # Not before it is due: of several messages about one moment, the first does the work.
            ConditionExpression="(attribute_not_exists(held_until) OR held_until < :now)"
            " AND (attribute_not_exists(next_at) OR next_at <= :now)",
            ExpressionAttributeValues={
                ":later": moment(now + LEASE),
                ":me": {"S": holder},
                ":now": moment(now),
                ":next": moment(now + EVERY),
                ":first": moment(now - FIRST),
            },
            ReturnValues="ALL_NEW",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return None
    return _reading(answer["Attributes"])


def keep(channel_id: str, holder: str, window: Window, now: datetime) -> bool:
    """Note where to go on, and hold on to the channel; False when the lease was lost."""
    return _update(
        channel_id,
        holder,
        "SET since = :since, #until = :until, page = :page, held_until = :later",
        {
            ":since": moment(window.since),
            ":until": moment(window.until),
            ":page": {"S": window.cursor},
            ":later": moment(now + LEASE),
        },
        until=True,
    )


def done(channel_id: str, holder: str, window: Window) -> bool:
    """All of a window was read: note it, and let go."""
    return _update(
        channel_id,
        holder,
        "SET read_to = :until REMOVE since, #until, page, held_until, holder, refused",
        {":until": moment(window.until)},
        until=True,
    )


def release(channel_id: str, holder: str, next_at: datetime, *, refused: bool = False, anew: bool = False) -> bool:
    """Let go of a channel before its window was read to the end; `anew` begins it from its first page."""
    expression = "SET next_at = :next" + (", refused = :yes" if refused else "") + " REMOVE held_until, holder"
    values = {":next": moment(next_at), **({":yes": {"BOOL": True}} if refused else {})}
    return _update(channel_id, holder, expression + (", page" if anew else ""), values)


def compare_next(channel_id: str, at: datetime) -> None:
    """Note when a channel is to be compared with us again."""
    client("dynamodb").update_item(
        TableName=settings().intake_table,
        Key=key(channel_id, SORT),
        UpdateExpression="SET compare_at = :at",
        ExpressionAttributeValues={":at": moment(at)},
    )


def _update(channel_id: str, holder: str, expression: str, values: dict[str, Any], *, until: bool = False) -> bool:
    dynamodb = client("dynamodb")
    names: Any = {"ExpressionAttributeNames": {"#until": "until"}} if until else {}
    try:
        dynamodb.update_item(
            TableName=settings().intake_table,
            Key=key(channel_id, SORT),
            UpdateExpression=expression,
            ConditionExpression="holder = :me",
            ExpressionAttributeValues={**values, ":me": {"S": holder}},
            **names,
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def _reading(item: Mapping[str, Any]) -> Reading:
    def at(name: str) -> datetime | None:
        return from_text(item[name]["S"]) if name in item else None

    since, until = at("since"), at("until")
    window = Window(since=since, until=until, cursor=item.get("page", {"S": ""})["S"]) if since and until else None
    return Reading(
        channel_id=channel_of(item),
        read_to=from_text(item["read_to"]["S"]),
        window=window,
        next_at=at("next_at"),
        compare_at=at("compare_at"),
        refused=item.get("refused", {"BOOL": False})["BOOL"],
    )
