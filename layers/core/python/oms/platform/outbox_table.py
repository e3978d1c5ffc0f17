"""The table of what channels are still to be told: an order that waits, or a level of stock, is an item.

    pk                          sk
    channel                     <channel id>     how the platform answers, and how often it was asked: `channel_states`
    update#<channel id>         <order id>       since, status, attempts, next_at, held, news, kind, key, problem;
                                                 handed, handed_key, handed_at
    level#<channel id>          <sku>            stock that waits to be told, and what was told: `channel_stock_table`
    dirty#<shard>               <sku>            stock that has moved

An order is written down before anybody is called, and goes when nothing is owed any more. `next_at` names its next try:
whoever makes the try moves it on, so two messages about one try make one call, and so the things of one order are told
one after another. `news` counts what happened meanwhile: an item that has news since it was taken does not go.
What a platform does in its own time is told in steps: `handed` says how far the thing of `handed_key` has come. It is
written before each step that nobody may make twice.
The index `by_due` has orders that wait by `next_at`, under `due`: `update#<channel id>`, or `stuck#<channel id>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from oms.clock import to_text
from oms.errors import Unavailable
from oms.platform.aws import client
from oms.platform.config import settings

LEASE = timedelta(minutes=2)
"""Within this time whoever took an order has told what it could, or has died: a function's time is shorter."""

ATTEMPTS = 8

Item = Mapping[str, Any]


class UpdateStatus(StrEnum):
    """Whether an order is told by itself, or waits for a person."""

    PENDING = "pending"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An order of which its channel is to be told something. Times are RFC 3339."""

    channel_id: str
    order_id: str
    since: str
    next_at: str
    status: UpdateStatus = UpdateStatus.PENDING
    attempts: int = 0
    news: int = 0
    kind: str = ""
    """What could not be told yet, and its key; empty when nobody tried."""
    key: str = ""
    problem: str = ""
    """The platform's words, or ours."""
    tried_at: str = ""
    held: bool = False
    """Whether somebody has it in hand until `next_at`, unless they have died."""
    handed: str = ""
    """How far the thing of `handed_key` has come that the platform does in its own time; empty when there is none."""
    handed_key: str = ""
    handed_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why something was not told: what it was, and the platform's words or ours."""

    kind: str
    key: str
    text: str


def begin(channel_id: str, order_id: str, now: datetime) -> Waiting | None:
    """Write down that an order has news, and take it in hand; None when it waits, or somebody has it in hand.

    Raises:
        Unavailable: others write it at the same time, again and again.
    """
    for _ in range(ATTEMPTS):
        taken = _write(
            channel_id,
            order_id,
            "SET next_at = :later, held = :true, due = :due, #status = :pending, since = if_not_exists(since, :now),"
            " attempts = if_not_exists(attempts, :none) ADD news :one",
            "attribute_not_exists(pk) OR (#status = :pending AND next_at <= :now)",
            {
                ":later": {"S": to_text(now + LEASE)},
                ":due": {"S": f"update#{channel_id}"},
                ":pending": {"S": UpdateStatus.PENDING.value},
                ":now": {"S": to_text(now)},
                ":none": {"N": "0"},
                ":one": {"N": "1"},
                ":true": {"BOOL": True},
            },
        )
        if taken is not None:
            return taken
        # Whoever has it in hand, or is to, sees by this that there is more than it may have read.
        if _write(channel_id, order_id, "ADD news :one", "attribute_exists(pk)", {":one": {"N": "1"}}) is not None:
            return None
    raise Unavailable(f"order {order_id} is being told by others: try again")


def take(channel_id: str, order_id: str, seen: str, now: datetime) -> Waiting | None:
    """Take an order in hand whose next try is at `seen`; None when somebody else did, or it waits for a person."""
    return _write(
        channel_id,
        order_id,
        "SET next_at = :later, held = :true",
        "#status = :pending AND next_at = :seen",
        {
            ":true": {"BOOL": True},
            ":later": {"S": to_text(now + LEASE)},
            ":pending": {"S": UpdateStatus.PENDING.value},
            ":seen": {"S": seen},
        },
    )


def finish(one: Waiting) -> bool:
    """Nothing is owed any more: take the order off the list, unless it has had news since it was taken."""
    dynamodb = client("dynamodb")
    try:
        dynamodb.delete_item(
            TableName=settings().outbox_table,
            Key=_key(one.channel_id, one.order_id),
            ConditionExpression="attribute_not_exists(pk) OR (news = :news AND next_at = :seen)",
            ExpressionAttributeValues={":news": {"N": str(one.news)}, ":seen": {"S": one.next_at}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def put_off(
    one: Waiting, until: datetime, now: datetime, *, problem: Problem | None = None, tries: int = 0
) -> Waiting | None:
    """Try again then; with a `problem` when a try failed. None when the lease was over and somebody else has it."""
    values: dict[str, Any] = {
        ":later": {"S": to_text(until)},
        ":seen": {"S": one.next_at},
        ":attempts": {"N": str(one.attempts + tries)},
    }
    more = ""
    if problem is not None:
        more = ", kind = :kind, #key = :key, problem = :problem, tried_at = :now"
        values |= _told_why(problem, now)
    return _write(
        one.channel_id,
        one.order_id,
        f"SET next_at = :later, attempts = :attempts{more} REMOVE held",
        "next_at = :seen",
        values,
    )


def hand_in(
    one: Waiting, kind: str, key: str, reference: str, now: datetime, *, until: datetime | None = None
) -> Waiting | None:
    """Keep how far something has come: before the next step, which follows now, or `until` then.

    None when the lease was over and somebody else has it: then the next step is not ours.
    """
    return _write(
        one.channel_id,
        one.order_id,
        "SET handed = :handed, handed_key = :key, handed_at = :begun, next_at = :later, attempts = :none,"
        f" kind = :kind, #key = :key REMOVE problem, tried_at{', held' if until else ''}",
        "next_at = :seen",
        {
            ":handed": {"S": reference},
            ":begun": {"S": one.handed_at if one.handed_key == key else to_text(now)},
            ":later": {"S": to_text(until or now + LEASE)},
            ":none": {"N": "0"},
            ":kind": {"S": kind},
            ":key": {"S": key},
            ":seen": {"S": one.next_at},
        },
    )


def stick(one: Waiting, problem: Problem, now: datetime, *, undone: bool = False) -> None:
    """Leave it to a person. `undone`: what was handed in came to nothing, so it is begun anew if it is tried again."""
    _write(
        one.channel_id,
        one.order_id,
        "SET due = :due, #status = :stuck, next_at = :now, attempts = :attempts, kind = :kind, #key = :key,"
        f" problem = :problem, tried_at = :now REMOVE held{', handed, handed_key, handed_at' if undone else ''}",
        "next_at = :seen",
        {
            ":due": {"S": f"stuck#{one.channel_id}"},
            ":stuck": {"S": UpdateStatus.STUCK.value},
            ":attempts": {"N": str(one.attempts + 1)},
            ":seen": {"S": one.next_at},
            **_told_why(problem, now),
        },
    )


def renew(channel_id: str, order_id: str, now: datetime) -> Waiting | None:
    """Begin an order's tries anew, now; None when nothing of it waits, or somebody has it in hand."""
    return _write(
        channel_id,
        order_id,
        "SET due = :due, #status = :pending, next_at = :now, attempts = :none REMOVE held",
        "attribute_exists(pk) AND (attribute_not_exists(held) OR next_at <= :now)",
        {
            ":due": {"S": f"update#{channel_id}"},
            ":pending": {"S": UpdateStatus.PENDING.value},
            ":now": {"S": to_text(now)},
            ":none": {"N": "0"},
        },
    )


def find(channel_id: str, order_id: str) -> Waiting | None:
    """An order that waits, as it stands; None when nothing of it does."""
    answer = client("dynamodb").get_item(
        TableName=settings().outbox_table, Key=_key(channel_id, order_id), ConsistentRead=True
    )
    return waiting_of(answer["Item"]) if "Item" in answer else None


def listed(
    channel_id: str, status: UpdateStatus, limit: int, after: tuple[str, str] | None = None
) -> tuple[list[Waiting], tuple[str, str] | None]:
    """Orders that wait, those whose next try is first before others, and where the next page begins.

    A place in the list is its moment and its order. What was written in the last second may be missing.
    """
    due = f"{'update' if status is UpdateStatus.PENDING else 'stuck'}#{channel_id}"
    start: Any = {}
    if after:
        start = {"ExclusiveStartKey": {**_key(channel_id, after[1]), "due": {"S": due}, "next_at": {"S": after[0]}}}
    answer = client("dynamodb").query(
        TableName=settings().outbox_table,
        IndexName="by_due",
        KeyConditionExpression="due = :due",
        ExpressionAttributeValues={":due": {"S": due}},
        Limit=limit,
        **start,
    )
    last: Any = answer.get("LastEvaluatedKey")
    place = (last["next_at"]["S"], last["sk"]["S"]) if last else None
    return [waiting_of(item) for item in answer["Items"]], place


def _told_why(problem: Problem, now: datetime) -> dict[str, Any]:
    return {
        ":kind": {"S": problem.kind},
        ":key": {"S": problem.key},
        ":problem": {"S": problem.text},
        ":now": {"S": to_text(now)},
    }


def _write(channel_id: str, order_id: str, update: str, condition: str, values: dict[str, Any]) -> Waiting | None:
    dynamodb = client("dynamodb")
    named = {f"#{name}": name for name in ("status", "key") if f"#{name}" in update + condition}
    names: Any = {"ExpressionAttributeNames": named} if named else {}
    try:
        answer = dynamodb.update_item(
            TableName=settings().outbox_table,
            Key=_key(channel_id, order_id),
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
            **names,
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return None
    return waiting_of(answer["Attributes"])


def _key(channel_id: str, order_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"update#{channel_id}"}, "sk": {"S": order_id}}


def waiting_of(item: Item) -> Waiting:
    """An item of an order as a value."""

    def text(name: str) -> str:
        return str(item.get(name, {"S": ""})["S"])

    return Waiting(
        channel_id=text("pk").removeprefix("update#"),
        order_id=text("sk"),
        since=text("since"),
        next_at=text("next_at"),
        status=UpdateStatus(text("status") or UpdateStatus.PENDING),
        attempts=int(item.get("attempts", {"N": "0"})["N"]),
        news=int(item.get("news", {"N": "0"})["N"]),
        kind=text("kind"),
        key=text("key"),
        problem=text("problem"),
        tried_at=text("tried_at"),
        held="held" in item,
        handed=text("handed"),
        handed_key=text("handed_key"),
        handed_at=text("handed_at"),
    )
