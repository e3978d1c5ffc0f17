"""One event on its way to one endpoint: what is sent, what an answer means, and when it is tried again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from oms.circuit import wait_after

RETRIES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=8),
    timedelta(hours=10),
)
"""Waits between the tries of one delivery: about 26 hours in all, as https://www.standardwebhooks.com recommends."""

GONE = 410
TOO_MANY = 429
UNAVAILABLE = 503

EXCERPT = 300
"""Characters of an endpoint's refusal that the delivery log keeps."""


class DeliveryStatus(StrEnum):
    """What became of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Tried as often as it is tried; a replay begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an endpoint answered; status 0 when there was no answer, and `text` then says why."""

    status: int
    text: str = ""
    milliseconds: int = 0
    retry_after: int | None = None
    """Seconds that it asked us to wait."""

    @property
    def taken(self) -> bool:
        """Whether the event has arrived."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of successes

    @property
    def gone(self) -> bool:
        """Whether the endpoint wants no more calls."""
        return self.status == GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event for a subscription. `delivery_id` sorts by the event's time."""

    subscription_id: str
    delivery_id: str
    event_id: str
    type: str
    body: str
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    next_at: str = ""
    """RFC 3339, while it is pending: when somebody looks at it next. It changes with every try, and names the try."""
    answer: int = 0
    """Status of the last answer; 0 when there was none."""
    answer_text: str = ""
    took: int = 0
    """Milliseconds of the last try."""
    tried_at: str = ""


def delivery_id(at: str, event_id: str) -> str:
    """The id of the delivery of an event that happened `at` (RFC 3339): the same event has one per subscription."""
    return f"{at}#{event_id}"


def body(message: Mapping[str, Any], number: int) -> str:
    """What is posted, as text: a topic's message in the envelope of Standard Webhooks.

    `seq` counts the order's entries and `index` the events of one; `number` counts what this subscription was told of
    this order, from 1, so that a receiver with a filter sees a gap too. No personal data: events have none.
    """
    envelope = {
        "type": message["type"],
        "timestamp": message["at"],
        "data": {
            "event_id": message["id"],
            "number": number,
            **{name: message[name] for name in ("order_id", "seq", "index", "channel_id") if name in message},
            # An event too long for a message is told without its content: `GET /orders/{id}/events` has it.
            **({"v": message["v"], "event": message["data"]} if "data" in message else {"event": None}),
        },
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))


def next_try(tried: Delivery, answer: Answer, now: datetime) -> datetime | None:
    """When a delivery is tried again after `answer`, its attempts counted; None when it has had all its tries."""
    asked = answer.retry_after or 0 if answer.status in {TOO_MANY, UNAVAILABLE} else 0
    wait = wait_after(tried.attempts, RETRIES, tried.delivery_id, asked=timedelta(seconds=asked))
    return None if wait is None else now + wait
