"""The shapes of what the API answers about work queues."""

from __future__ import annotations

import sys

from oms.views.basic_shapes import MoneyResource, Time

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the OpenAPI document of these, asks for the newer one
    from typing_extensions import TypedDict


class MatterResource(TypedDict):
    """One thing that somebody must do for an order."""

    reason: str
    """The reason of the hold, or `backorder`, `rejected`, `parcel_exception`, `refund_failed`, `dispute`, …"""
    subject: str
    """The hold's handle, or the id of the parcel, refund, dispute or request; empty for the order as a whole."""
    since: Time
    owner: str
    """Who takes care of it; empty while nobody does."""
    note: str
    """What the system found. What people wrote is shown with the order alone."""
    actions: list[str]


class QueuedOrder(TypedDict):
    """An order in a queue, with all for which it stands there, the oldest first."""

    order_id: str
    number: str
    channel_id: str
    placed_at: Time
    total: MoneyResource
    since: Time
    matters: list[MatterResource]


class QueuePage(TypedDict):
    """Orders in a queue, the one that waits longest first; `cursor` is null on the last page."""

    orders: list[QueuedOrder]
    cursor: str | None


class QueueState(TypedDict):
    """How much work waits in a queue: `count` orders, or `more`, the oldest for `age_seconds`."""

    queue: str
    """Its name; `channel:<id>` for what somebody has to look at in a channel, which is no order."""
    count: int
    more: bool
    """Whether there are more than were counted."""
    oldest: Time | None
    age_seconds: int
    link: str


class QueueList(TypedDict):
    """Every work queue."""

    queues: list[QueueState]
