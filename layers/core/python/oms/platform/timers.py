"""The clock of the stack: what time alone has something to do for, found each minute and sent to be routed.

That is orders, and reservations whose time is over (`reservations`). An order's summary in the views carries `timer`
(one of a few shards) and `due_at` while the order has to be woken; only those items are in the index `by_timer`. An
open reservation carries the same in the stock table. Nothing here is a promise: the moment is a guess that is checked
against the log, or the reservation, so they may be woken early, late or twice. What must not happen is that one is
never woken: the timer goes only when the thing has changed, and rings again, less and less often, as long as it has
not.
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
from oms.platform.queues import RESERVATION_DUE
from oms.platform.stock_items import RESERVATION_PARTITION
from oms.routing.timers import wake_at

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

SHARDS = 4
"""Partitions of the index: what one of them can take, 1000 changes a second, is then not the limit."""

PAGE = 250
"""What one tick wakes of a shard, those that are due for the longest first; the others are next."""

BATCH = 10

FIRST_WAIT = timedelta(minutes=10)
"""Until a timer rings again: longer than a message needs for all its tries. Doubled with each ring."""

LONGEST_WAIT = timedelta(hours=6)

MESSAGE = "TimerDue"
"""Type of the message; its contract stands in `tests/contracts/messages`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What has timers: the keys of its table, and what the routing queue is told."""

    partition: str
    sort: str
    prefix: str
    """Of the partition key, before the id."""
    subject: str
    """What the message calls the id."""
    message: str

    @property
    def table(self) -> str:
        """The table's name."""
        return settings().views_table if self.partition == "pk" else settings().stock_table


ORDERS = Kind(partition="pk", sort="sk", prefix="order#", subject="order_id", message=MESSAGE)
RESERVATIONS = Kind(
    partition="sku",
    sort="location_id",
    prefix=RESERVATION_PARTITION,
    subject="reservation_id",
    message=RESERVATION_DUE,
)


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that is due: the summary of an order, or a reservation."""

    pk: str
    sk: str
    due_at: str
    rings: int
    of: Kind = ORDERS

    @property
    def message(self) -> dict[str, str]:
        """What the routing queue gets; the same ring twice has one id."""
        named = self.pk.removeprefix(self.of.prefix)
        return {
            "id": f"{named}:timer:{self.due_at}",
            self.of.subject: named,
            "type": self.of.message,
            "due_at": self.due_at,
        }


def timer_of(order: Order) -> dict[str, str]:
    """What an order's summary carries for the index; nothing when time alone changes nothing."""
    moment = wake_at(order)
    if moment is None:
        return {}
    return {"timer": f"timer#{zlib.crc32(order.order_id.encode()) % SHARDS}", "due_at": to_text(moment)}


def tick(now: datetime) -> int:
    """Send a message for each that is due, and let its timer ring again later; returns how many were sent.

    A timer is moved on after its message was sent: whoever dies in between sends it again at the next tick. It is
    moved only if it is still the one that was read: what has changed meanwhile has another timer, or none.
    """
    rung = 0
    for kind, shard in ((kind, shard) for kind in (ORDERS, RESERVATIONS) for shard in range(SHARDS)):
        due = _due(kind, f"timer#{shard}", now)
        for start in range(0, len(due), BATCH):
            for timer in _send(due[start : start + BATCH]):
                _move_on(timer, now)
                rung += 1
    if rung:
        count(Metric.TIMERS_RUNG, rung)
    flush()
    return rung


def _due(kind: Kind, shard: str, now: datetime) -> list[Timer]:
    answer = client("dynamodb").query(
        TableName=kind.table,
        IndexName="by_timer",
        KeyConditionExpression="#timer = :shard AND due_at <= :now",
        ExpressionAttributeNames={"#timer": "timer"},
        ExpressionAttributeValues={":shard": {"S": shard}, ":now": {"S": to_text(now)}},
        Limit=PAGE,
    )
    return [
        Timer(
            pk=item[kind.partition]["S"],
            sk=item[kind.sort]["S"],
            due_at=item["due_at"]["S"],
            rings=int(item.get("rings", {"N": "0"})["N"]),
            of=kind,
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
            TableName=timer.of.table,
            Key={timer.of.partition: {"S": timer.pk}, timer.of.sort: {"S": timer.sk}},
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
