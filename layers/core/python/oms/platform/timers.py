"""The clock of the stack: orders that time alone has something to do for, found each minute and sent to be routed.

An order's summary in the views carries `timer` (one of a few shards) and `due_at` while the order has to be woken; only
those items are in the index `by_timer`. Nothing here is a promise: the moment is a guess that `advance` checks against
the log, so an order may be woken early, late or twice. What must not happen is that it is never woken: the timer goes
only when the order has changed, and rings again, less and less often, as long as it has not.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from oms.clock import to_text
from oms.orders.order import Order
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.observability import Metric, count, flush, logger
from oms.routing.timers import wake_at

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

SHARDS = 4
"""Partitions of the index: what one of them can take, 1000 changes a second, is then not the limit."""

PAGE = 250
"""Orders of a shard that one tick wakes, those that are due for the longest first; the others are next."""

BATCH = 10

FIRST_WAIT = timedelta(minutes=10)
"""Until a timer rings again: longer than a message needs for all its tries. Doubled with each ring."""

LONGEST_WAIT = timedelta(hours=6)

MESSAGE = "TimerDue"
"""Type of the message; its contract stands in `tests/contracts/messages`."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A summary whose order is due."""

    pk: str
    sk: str
    due_at: str
    rings: int

    @property
    def order_id(self) -> str:
        """The order's id."""
        return self.pk.removeprefix("order#")

    @property
    def message(self) -> dict[str, str]:
        """What the routing queue gets; the same ring twice has one id."""
        return {
            "id": f"{self.order_id}:timer:{self.due_at}",
            "order_id": self.order_id,
            "type": MESSAGE,
            "due_at": self.due_at,
        }


def timer_of(order: Order) -> dict[str, str]:
    """What an order's summary carries for the index; nothing when time alone changes nothing."""
    moment = wake_at(order)
    if moment is None:
        return {}
    return {"timer": f"timer#{zlib.crc32(order.order_id.encode()) % SHARDS}", "due_at": to_text(moment)}


def tick(now: datetime) -> int:
    """Send a message for each order that is due, and let its timer ring again later; returns how many were sent.

    A timer is moved on after its message was sent: whoever dies in between sends it again at the next tick. It is
    moved only if it is still the one that was read: an order that has changed meanwhile has another timer, or none.
    """
    rung = 0
    for shard in range(SHARDS):
        due = _due(f"timer#{shard}", now)
        for start in range(0, len(due), BATCH):
            for timer in _send(due[start : start + BATCH]):
                _move_on(timer, now)
                rung += 1
    if rung:
        count(Metric.TIMERS_RUNG, rung)
    flush()
    return rung


def _due(shard: str, now: datetime) -> list[Timer]:
    answer = client("dynamodb").query(
        TableName=settings().views_table,
        IndexName="by_timer",
        KeyConditionExpression="#timer = :shard AND due_at <= :now",
        ExpressionAttributeNames={"#timer": "timer"},
        ExpressionAttributeValues={":shard": {"S": shard}, ":now": {"S": to_text(now)}},
        Limit=PAGE,
    )
    return [
        Timer(
            pk=item["pk"]["S"],
            sk=item["sk"]["S"],
            due_at=item["due_at"]["S"],
            rings=int(item.get("rings", {"N": "0"})["N"]),
        )
        for item in answer["Items"]
    ]


def _send(timers: Sequence[Timer]) -> list[Timer]:
    """Send at most ten messages; returns those that were taken."""
    entries: list[SendMessageBatchRequestEntryTypeDef] = [
        {"Id": str(number), "MessageBody": json.dumps(timer.message)} for number, timer in enumerate(timers)
    ]
    answer: Any = client("sqs").send_message_batch(QueueUrl=settings().route_queue, Entries=entries)
    refused = {int(each["Id"]) for each in answer.get("Failed", ())}
    if refused:
        logger().warning("timers_refused", refused=len(refused), of=len(timers))
    return [timer for number, timer in enumerate(timers) if number not in refused]


def _move_on(timer: Timer, now: datetime) -> None:
    dynamodb = client("dynamodb")
    wait = min(FIRST_WAIT * 2 ** min(timer.rings, 10), LONGEST_WAIT)
    try:
        dynamodb.update_item(
            TableName=settings().views_table,
            Key={"pk": {"S": timer.pk}, "sk": {"S": timer.sk}},
            UpdateExpression="SET due_at = :later ADD rings :one",
            ConditionExpression="due_at = :seen",
            ExpressionAttributeValues={
                ":later": {"S": to_text(now + wait)},
                ":one": {"N": "1"},
                ":seen": {"S": timer.due_at},
            },
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return
