"""How much work waits in each queue, counted in the views, and told to CloudWatch by the clock.

Each order in a queue is an item of its own, which falls out of the index when its reason is gone. So a count is what
is there: no counter can drift, and no item is hot. It costs a read of the queue, up to `MAX_PAGES` megabytes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.clock import from_text, now
from oms.platform import channel_work
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.observability import Metric, gauge
from oms.views.queue_shapes import QueueState
from oms.views.queues import Queue

MAX_PAGES = 4
"""Pages of 1 MB that a count reads: some 6000 orders. Beyond, the answer says that there are more."""

CHANNEL_WORK = "channel_work"
"""As a metric's dimension: all channels together."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How many orders are in a queue, at least, if there are `more`; and since when the oldest waits."""

    count: int
    more: bool
    oldest: datetime | None


def depth(queue: Queue) -> Depth:
    """Count one queue."""
    count = 0
    oldest: datetime | None = None
    place: Any = None
    for _ in range(MAX_PAGES):
        query: dict[str, Any] = {
            "TableName": settings().views_table,
            "IndexName": "by_queue",
            "KeyConditionExpression": "queue = :queue",
            "ExpressionAttributeValues": {":queue": {"S": queue.value}},
            "ProjectionExpression": "since",
        }
        if place:
            query["ExclusiveStartKey"] = place
        answer = client("dynamodb").query(**query)
        count += len(answer["Items"])
        if oldest is None and answer["Items"]:
            oldest = from_text(answer["Items"][0]["since"]["S"])
        place = answer.get("LastEvaluatedKey")
        if not place:
            break
    return Depth(count, bool(place), oldest)


def states() -> list[QueueState]:
    """Every queue with its count and its age, and after them the channels that somebody has to look at."""
    at = now()
    return [_state(queue, depth(queue), at) for queue in Queue] + [_channel(each, at) for each in channel_work.depths()]


def _channel(known: channel_work.Depth, at: datetime) -> QueueState:
    state = _state(f"channel:{known.channel_id}", Depth(known.count, known.more, known.oldest), at)
    return {**state, "link": f"{settings().public_url.rstrip('/')}/channels/{known.channel_id}/work"}


def _state(queue: str, known: Depth, at: datetime) -> QueueState:
    return {
        "queue": str(queue),
        "count": known.count,
        "more": known.more,
        "oldest": known.oldest.isoformat().replace("+00:00", "Z") if known.oldest else None,
        "age_seconds": int(max(0.0, (at - known.oldest).total_seconds())) if known.oldest else 0,
        "link": f"{settings().public_url.rstrip('/')}/queues/{queue}",
    }


def report() -> None:
    """Tell CloudWatch how much waits in each queue and for how long; backorders wait for stock, not for a person."""
    every = states()
    known = [each for each in every if not each["queue"].startswith("channel:")]
    channels = [each for each in every if each not in known]
    gauge(Metric.QUEUE_DEPTH, sum(each["count"] for each in channels), queue=CHANNEL_WORK)
    gauge(Metric.QUEUE_AGE, max((each["age_seconds"] for each in channels), default=0), queue=CHANNEL_WORK)
    for each in known:
        gauge(Metric.QUEUE_DEPTH, each["count"], queue=each["queue"])
        gauge(Metric.QUEUE_AGE, each["age_seconds"], queue=each["queue"])
    gauge(Metric.OLDEST_WORK, max(each["age_seconds"] for each in every if each["queue"] != Queue.BACKORDER))
