"""Orders that are to be asked for at their platforms: one item for each, however many notices name it.

A wish is written before anything is acknowledged, and taken away only after the order was captured: whoever stops in
between leaves it to the clock, which finds it by `at`. A message of the fetching queue is only what makes it quick.

`asked` counts the notices. Who captures an order takes its wish away only as long as nobody has asked since: else the
platform is asked once more, as what was fetched may be older than the last notice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from oms.clock import from_text, to_text
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.intake_table import WAITING, channel_of, key, moment
from oms.platform.queues import LONGEST_DELAY

PREFIX = "wish#"

GRACE = timedelta(minutes=10)
"""Until the clock looks after a message that was sent: longer than a message needs for its tries."""

LONGEST_GRACE = timedelta(hours=6)

BURST = 3
"""Seconds by which the first question waits, so that notices of one moment are one question."""

PAGE = 250
"""Wishes that one look of the clock takes up, those that wait longest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An order to ask for: by how many notices, how often in vain, and since when."""

    channel_id: str
    reference: str
    asked: int
    attempts: int
    since: datetime
    at: str
    rings: int
    filed: bool
    """Whether a person was told that the platform refuses it."""
    deleted: bool
    """Whether a notice said that the order is no more."""

    @property
    def message(self) -> dict[str, str]:
        """What the fetching queue gets."""
        return {"channel_id": self.channel_id, "reference": self.reference}


def want(channel_id: str, reference: str, now: datetime, *, deleted: bool = False) -> None:
    """Have an order asked for soon: one message for all notices until that is done.

    `deleted` says that it is no more, as the platform tells.
    """
    dynamodb = client("dynamodb")
    names = {"#at": "at"}
    answer = dynamodb.update_item(
        TableName=settings().intake_table,
        Key=key(channel_id, PREFIX + reference),
        UpdateExpression=(
            "SET listed = :waiting, #at = if_not_exists(#at, :later), since = if_not_exists(since, :now),"
            " attempts = if_not_exists(attempts, :none), rings = if_not_exists(rings, :none)"
            + (", deleted = :yes" if deleted else "")
            + " ADD asked :one"
        ),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={
            ":waiting": {"S": WAITING},
            ":now": moment(now),
            ":later": moment(now + GRACE),
            ":none": {"N": "0"},
            ":one": {"N": "1"},
            **({":yes": {"BOOL": True}} if deleted else {}),
        },
        ReturnValues="ALL_OLD",
    )
    before = answer.get("Attributes")
    if before and from_text(before["at"]["S"]) <= now + GRACE:
        return  # a message is on its way, or the clock is about to send one
    if before:
        # It waited for a try that is far away. The platform has just said that there is something: begin anew.
        try:
            dynamodb.update_item(
                TableName=settings().intake_table,
                Key=key(channel_id, PREFIX + reference),
                UpdateExpression="SET #at = :later, since = :now, attempts = :none, rings = :none",
                ConditionExpression="#at = :seen",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={
                    ":later": moment(now + GRACE),
                    ":now": moment(now),
                    ":none": {"N": "0"},
                    ":seen": before["at"],
                },
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return  # somebody else has done so, or has asked
    _send({"channel_id": channel_id, "reference": reference}, BURST)


def wish(channel_id: str, reference: str) -> Wish | None:
    """A wish as it stands; None when it was fulfilled or given up."""
    answer = client("dynamodb").get_item(
        TableName=settings().intake_table, Key=key(channel_id, PREFIX + reference), ConsistentRead=True
    )
    return _wish(answer["Item"]) if "Item" in answer else None


def fulfilled(one: Wish) -> bool:
    """Take a wish away; False when somebody has asked since, or nothing is left to take away."""
    dynamodb = client("dynamodb")
    try:
        dynamodb.delete_item(
            TableName=settings().intake_table,
            Key=key(one.channel_id, PREFIX + one.reference),
            ConditionExpression="asked = :seen",
            ExpressionAttributeValues={":seen": {"N": str(one.asked)}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def postpone(one: Wish, wait: timedelta, now: datetime, *, filed: bool = False) -> None:
    """Ask again after a while. A short one is told to the queue; a long one is the clock's."""
    dynamodb = client("dynamodb")
    by_queue = wait <= timedelta(seconds=LONGEST_DELAY)
    try:
        dynamodb.update_item(
            TableName=settings().intake_table,
            Key=key(one.channel_id, PREFIX + one.reference),
            UpdateExpression="SET #at = :later, rings = :none, filed = :filed ADD attempts :one",
            ConditionExpression="attempts = :seen",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={
                ":later": moment(now + wait + (GRACE if by_queue else timedelta())),
                ":none": {"N": "0"},
                ":filed": {"BOOL": filed or one.filed},
                ":one": {"N": "1"},
                ":seen": {"N": str(one.attempts)},
            },
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return  # gone, or postponed by who handles another copy of the message
    if by_queue:
        _send(one.message, ceil(wait.total_seconds()))


def ring(now: datetime) -> int:
    """Each minute: have asked for what is due and has no message any more; returns how many that were.

    Moved on before the message is sent: whoever stops in between leaves it to a later look.
    """
    dynamodb = client("dynamodb")
    answer = dynamodb.query(
        TableName=settings().intake_table,
        IndexName="by_list",
        KeyConditionExpression="listed = :waiting AND #at <= :now",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues={":waiting": {"S": WAITING}, ":now": moment(now)},
        Limit=PAGE,
    )
    rung = 0
    for item in answer["Items"]:
        wait = min(GRACE * 2 ** min(int(item.get("rings", {"N": "0"})["N"]), 10), LONGEST_GRACE)
        try:
            dynamodb.update_item(
                TableName=settings().intake_table,
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET #at = :later ADD rings :one",
                ConditionExpression="#at = :seen",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={
                    ":later": {"S": to_text(now + wait)},
                    ":one": {"N": "1"},
                    ":seen": item["at"],
                },
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            continue
        _send({"channel_id": channel_of(item), "reference": item["sk"]["S"].removeprefix(PREFIX)}, 0)
        rung += 1
    return rung


def _send(message: Mapping[str, Any], delay: int) -> None:
    client("sqs").send_message(
        QueueUrl=settings().fetch_queue, MessageBody=json.dumps(message), DelaySeconds=min(delay, LONGEST_DELAY)
    )


def _wish(item: dict[str, Any]) -> Wish:
    return Wish(
        channel_id=channel_of(item),
        reference=item["sk"]["S"].removeprefix(PREFIX),
        asked=int(item["asked"]["N"]),
        attempts=int(item["attempts"]["N"]),
        since=from_text(item["since"]["S"]),
        at=item["at"]["S"],
        rings=int(item["rings"]["N"]),
        filed=item.get("filed", {"BOOL": False})["BOOL"],
        deleted="deleted" in item,
    )
