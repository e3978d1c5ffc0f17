"""What the API document says of webhooks out."""

from __future__ import annotations

from infra.openapi_calls import CURSOR, LIMIT, Call
from oms.sourcing.resource import Deleted
from oms.webhooks.forms import Replay, SubscriptionForm
from oms.webhooks.resource import (
    Asked,
    DeliveriesResource,
    SecretResource,
    SubscriptionResource,
    SubscriptionsResource,
)

ONE = "/subscriptions/{subscription_id}"

WEBHOOK_CALLS: dict[tuple[str, str], Call] = {
    ("GET", "/subscriptions"): Call(tag="set-up", answers={200: SubscriptionsResource}),
    ("PUT", ONE): Call(
        tag="set-up",
        body=SubscriptionForm,
        answers={200: SubscriptionResource, 201: SubscriptionResource},
        if_match=True,
    ),
    ("GET", ONE): Call(tag="set-up", answers={200: SubscriptionResource}),
    ("DELETE", ONE): Call(tag="set-up", answers={200: Deleted}),
    ("POST", f"{ONE}/secret"): Call(tag="set-up", answers={200: SecretResource}),
    ("POST", f"{ONE}/test"): Call(tag="set-up", answers={202: Asked}),
    ("GET", f"{ONE}/deliveries"): Call(tag="set-up", answers={200: DeliveriesResource}, query=(LIMIT, CURSOR)),
    ("POST", f"{ONE}/replay"): Call(tag="set-up", body=Replay, answers={202: Asked}),
}
"""Subscriptions, and what was posted to them."""
