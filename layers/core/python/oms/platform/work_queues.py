"""How much work waits in each queue, counted in the views, and told to CloudWatch by the clock.

Each order in a queue is an item of its own, which falls out of the index when its reason is gone. So a count is what
is there: no counter can drift, and no item is hot. It costs a read of the queue, up to `MAX_PAGES` megabytes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.clock import from_text, now
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.observability import Metric, gauge
from oms.views.queue_shapes import QueueState
from oms.views.queues import Queue

MAX_PAGES = 4
"""Pages of 1 MB that a count reads: some 6000 orders. Beyond, the answer says that there are more."""


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
    """Every queue with its count and its age."""
    at = now()
    return [_state(queue, depth(queue), at) for queue in Queue]


def _state(queue: Queue, known: Depth, at: datetime) -> QueueState:
    return {
        "queue": queue.value,
        "count": known.count,
        "more": known.more,
        "oldest": known.oldest.isoformat().replace("+00:00", "Z") if known.oldest else None,
        "age_seconds": int(max(0.0, (at - known.oldest).total_seconds())) if known.oldest else 0,
        "link": f"{settings().public_url.rstrip('/')}/queues/{queue.value}",
    }


def report() -> None:
    """Tell CloudWatch how much waits in each queue and for how long; backorders wait for stock, not for a person."""
    known = states()
    for each in known:
        gauge(Metric.QUEUE_DEPTH, each["count"], queue=each["queue"])
        gauge(Metric.QUEUE_AGE, each["age_seconds"], queue=each["queue"])
    gauge(Metric.OLDEST_WORK, max(each["age_seconds"] for each in known if each["queue"] != Queue.BACKORDER))
