"""One call to an endpoint: taken in hand, signed, posted, and written down with what it says of the endpoint."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oms.clock import from_text, now
from oms.errors import InvalidInput, NotFound
from oms.platform import webhook_table as table
from oms.platform.observability import Metric, count, logger
from oms.platform.open_internet import private_allowed
from oms.platform.post import post
from oms.platform.secrets import secret, subscription_secret
from oms.platform.subscriptions import Known, note_health, subscription
from oms.platform.webhooks import replay
from oms.webhooks.delivery import Answer, Delivery, next_try
from oms.webhooks.subscription import Health
from oms.webhooks.target import target

AGENT = "oms-webhooks/1"


def deliver(message: dict[str, Any], _message_id: str) -> None:
    """Make one delivery, if it is still to be made, and write down what became of it."""
    if "replay" in message:
        replay(message)
        return
    try:
        known = subscription(message["subscription_id"])
    except NotFound:
        return  # taken away meanwhile; its deliveries expire
    if not message.get("test") and (not known.subscription.active or known.health.disabled_at):
        return  # they wait until somebody switches it on again
    one = table.take(known.subscription.subscription_id, message["delivery_id"], message["seen"], now(), tries=1)
    if one is None:
        return
    answer = _post(known, one)
    retry_at = next_try(one, answer, now())
    table.settle(one, answer, now(), retry_at)
    count(Metric.WEBHOOKS_DELIVERED if answer.taken else Metric.WEBHOOKS_FAILED)
    if not answer.taken:
        logger().info("webhook_refused", subscription=one.subscription_id, event=one.event_id, answer=answer.status)
    _note(known, answer)


def _note(known: Known, answer: Answer) -> None:
    """What an answer says of the endpoint. Nothing is written as long as all goes well."""
    if answer.taken:
        if known.health.failures:
            note_health(known, Health(), catching_up=known.health.down)
        return
    after = known.health.failed(now(), gone=answer.gone)
    note_health(known, after, catching_up=False)
    if after.disabled_at and not known.health.disabled_at:
        count(Metric.WEBHOOKS_DISABLED)
        logger().warning("webhook_disabled", subscription=known.subscription.subscription_id, reason=after.reason)


def _post(known: Known, one: Delivery) -> Answer:
    moment = now()
    try:
        to = target(known.subscription.url, private=private_allowed())
        signatures = _signatures(one, moment)
    except InvalidInput as error:
        return Answer(status=0, text=error.detail)
    except NotFound:
        return Answer(status=0, text="there is no secret to sign with: POST /subscriptions/{id}/secret makes one")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": one.event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signatures,
    }
    return post(to, one.body, headers)


def _signatures(one: Delivery, moment: datetime) -> str:
    """A signature with the secret, and for a day after a rotation with the one before it too."""
    from standardwebhooks import Webhook

    kept = secret(subscription_secret(one.subscription_id))
    keys = [kept["secret"]]
    if kept.get("previous") and moment < from_text(kept["previous_until"]):
        keys.append(kept["previous"])
    # The library takes the instant's figures for UTC, whatever its zone: it is in UTC.
    return " ".join(Webhook(key).sign(one.event_id, moment, one.body) for key in keys)
