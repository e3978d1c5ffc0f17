"""Subscriptions and deliveries as the API shows them. Secrets are shown once, when they are made."""

from __future__ import annotations

import sys
from typing import NotRequired

from oms.clock import to_text
from oms.webhooks.delivery import Delivery
from oms.webhooks.subscription import Health, Subscription

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict


class SubscriptionResource(TypedDict):
    """An endpoint that is told of events, and how it answers."""

    subscription_id: str
    version: int
    url: str
    description: str
    events: list[str]
    channels: list[str]
    active: bool
    state: str
    """`up`, `failing` (some calls failed), `down` (it is only probed), `disabled` (given up), or `off`."""
    failures: int
    """In a row."""
    failing_since: str | None
    disabled_at: str | None
    reason: str
    """Why it was given up."""
    secret: NotRequired[str]
    """Only in the answer that made it."""


class SubscriptionsResource(TypedDict):
    """All subscriptions, by id."""

    subscriptions: list[SubscriptionResource]


class SecretResource(TypedDict):
    """The secret that webhooks are signed with from now on. That of before holds until `previous_until`."""

    secret: str
    previous_until: str


class DeliveryResource(TypedDict):
    """An event on its way to an endpoint."""

    delivery_id: str
    event_id: str
    type: str
    status: str
    attempts: int
    next_at: str | None
    """While it is pending: when it is tried next."""
    answer: int
    """HTTP status of the last try; 0 when there was no answer."""
    answer_text: str
    milliseconds: int
    tried_at: str | None
    body: str


class DeliveriesResource(TypedDict):
    """Deliveries, the newest event first; `cursor` leads to the next page, and is null on the last."""

    deliveries: list[DeliveryResource]
    cursor: str | None


class Asked(TypedDict):
    """What was asked for is under way: `GET /subscriptions/{id}/deliveries` shows what becomes of it."""

    delivery_id: NotRequired[str]


def subscription_resource(value: Subscription, version: int, health: Health) -> SubscriptionResource:
    """A subscription with its health; without its secret."""
    return {
        "subscription_id": value.subscription_id,
        "version": version,
        "url": value.url,
        "description": value.description,
        "events": list(value.events),
        "channels": list(value.channels),
        "active": value.active,
        "state": _state(value, health),
        "failures": health.failures,
        "failing_since": to_text(health.failing_since) if health.failing_since else None,
        "disabled_at": to_text(health.disabled_at) if health.disabled_at else None,
        "reason": health.reason,
    }


def _state(value: Subscription, health: Health) -> str:
    if not value.active:
        return "off"
    if health.disabled_at:
        return "disabled"
    if health.down:
        return "down"
    return "failing" if health.failures else "up"


def delivery_resource(one: Delivery) -> DeliveryResource:
    """A delivery, with what was posted."""
    return {
        "delivery_id": one.delivery_id,
        "event_id": one.event_id,
        "type": one.type,
        "status": one.status.value,
        "attempts": one.attempts,
        "next_at": one.next_at or None,
        "answer": one.answer,
        "answer_text": one.answer_text,
        "milliseconds": one.took,
        "tried_at": one.tried_at or None,
        "body": one.body,
    }
