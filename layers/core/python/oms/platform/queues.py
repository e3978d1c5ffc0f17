"""Messages that a stage sends to itself, for later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any

from oms.clock import to_text
from oms.platform.aws import client
from oms.platform.config import settings

LONGEST_DELAY = 900
"""Seconds; the most that SQS can wait."""


MONEY_TOLD = "MoneyTold"
"""The type of messages that carry what a gateway told."""

PROMISE_DUE = "PromiseDue"
"""The type of messages that name an order whose goods come on another day; see `tests/contracts/messages`."""

RESERVATION_DUE = "ReservationDue"
"""The type of messages that name a reservation whose time is over; see `tests/contracts/messages`."""


def tell(order_id: str, notice: str) -> None:
    """Bring an order to the routing queue with what a gateway told about one of its payments."""
    message = {"order_id": order_id, "type": MONEY_TOLD, "notice": notice}
    client("sqs").send_message(QueueUrl=settings().route_queue, MessageBody=json.dumps(message))


def look_again(order_id: str, attempt: int) -> None:
    """Bring an order with a pending payment back to the routing queue: soon at first, then every fifteen minutes."""
    client("sqs").send_message(
        QueueUrl=settings().route_queue,
        MessageBody=json.dumps(
            {"id": f"{order_id}:pending:{attempt}", "order_id": order_id, "type": "PaymentPending", "attempt": attempt}
        ),
        DelaySeconds=min(LONGEST_DELAY, 2**attempt),
    )


def come_again(body: Mapping[str, Any], not_before: datetime, now: datetime) -> None:
    """Bring a message of the notification queue back at a moment, by as many waits as that takes."""
    client("sqs").send_message(
        QueueUrl=settings().notify_queue,
        MessageBody=json.dumps({**body, "not_before": to_text(not_before)}),
        DelaySeconds=min(LONGEST_DELAY, max(0, ceil((not_before - now).total_seconds()))),
    )


def read_channel(message: Mapping[str, Any], *, delay: int = 0) -> None:
    """Have a channel read, or compared with us when the message names a comparison, after so many seconds."""
    client("sqs").send_message(
        QueueUrl=settings().polls_queue, MessageBody=json.dumps(message), DelaySeconds=min(delay, LONGEST_DELAY)
    )
