"""Webhooks out: each event to each subscription that wants it, at least once, signed, tried for a day.

A delivery is written down before anybody is told to make it, so nothing is lost if we stop anywhere: what was not
sent, or not settled, is found in the table by `retry`, each minute. The moment `next_at` of a delivery names its next
try; whoever makes the try moves it on, so two messages about one try make one call.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from oms.clock import now, to_text
from oms.platform import webhook_table as table
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.observability import flush
from oms.platform.secrets import as_kept, replace_secret, subscription_secret
from oms.platform.subscriptions import Known, note_health, subscriptions
from oms.webhooks.delivery import Delivery, DeliveryStatus
from oms.webhooks.subscription import TEST

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH = 10
PAGE = 250
"""Deliveries of a subscription that a minute takes up, those that wait longest first."""


def fan_out(message: dict[str, Any], _message_id: str) -> None:
    """An event of the topic: write down a delivery for each subscription that wants it, and have them made."""
    moment = now()
    for known in subscriptions():
        wanted = known.subscription
        if wanted.wants(message["type"], message["channel_id"]):
            made = table.add_delivery(wanted.subscription_id, message, moment + table.LEASE, moment)
            if made.next_at and not made.attempts and not (known.health.down or known.health.disabled_at):
                _ask([made])


def retry(moment: datetime) -> int:
    """Each minute: have made what is due; returns how many deliveries that were.

    An endpoint that is down is probed with the delivery that waits longest; one that is up again gets all that waited.
    """
    asked = 0
    for known in subscriptions(fresh=True):
        if known.subscription.active and not known.health.disabled_at:
            asked += _retry(known, moment)
    flush()
    return asked


def _retry(known: Known, moment: datetime) -> int:
    name, health = known.subscription.subscription_id, known.health
    if health.down:
        if health.probe_at is None or health.probe_at > moment:
            return 0
        waiting = table.due(name, None, 1)
    else:
        waiting = table.due(name, None if known.catching_up else moment, PAGE)
    taken = [table.take(name, each.delivery_id, each.next_at, moment) for each in waiting]
    asked = [each for each in taken if each is not None]
    _ask(asked)
    if known.catching_up and not health.down and len(waiting) < PAGE:
        note_health(known, health, catching_up=False)
    return len(asked)


def ask_test(subscription_id: str, event_id: str) -> Delivery:
    """Have a test message delivered, filters and health notwithstanding; one that arrives ends all suspicion."""
    moment = now()
    message = {"id": event_id, "type": TEST, "at": to_text(moment), "order_id": event_id}
    made = table.add_delivery(subscription_id, message, moment + table.LEASE, moment)
    _ask([made], test=True)
    return made


def _ask(deliveries: Iterable[Delivery], *, test: bool = False) -> None:
    """Have deliveries made. What the queue does not take, `retry` finds."""
    messages = [
        {"subscription_id": each.subscription_id, "delivery_id": each.delivery_id, "seen": each.next_at, "test": test}
        for each in deliveries
    ]
    for start in range(0, len(messages), BATCH):
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": json.dumps(message)}
            for number, message in enumerate(messages[start : start + BATCH])
        ]
        client("sqs").send_message_batch(QueueUrl=settings().deliveries_queue, Entries=entries)


def ask_replay(subscription_id: str, since: str, until: str, *, failed_only: bool) -> None:
    """Have all deliveries of a time made once more; `since` and `until` (RFC 3339) are the events' own times."""
    message = {"subscription_id": subscription_id, "replay": {"from": since, "to": until, "failed_only": failed_only}}
    client("sqs").send_message(QueueUrl=settings().deliveries_queue, MessageBody=json.dumps(message))


def replay(message: dict[str, Any]) -> None:
    """One page of a replay; the next is a message of its own."""
    wish, name = message["replay"], message["subscription_id"]
    page, after = table.range_of(name, wish["from"], wish["to"], wish.get("after", ""), BATCH * BATCH)
    moment = now()
    renewed = [
        table.renew(each, moment) for each in page if not wish["failed_only"] or each.status is DeliveryStatus.FAILED
    ]
    _ask(each for each in renewed if each is not None)
    if after:
        client("sqs").send_message(
            QueueUrl=settings().deliveries_queue,
            MessageBody=json.dumps({**message, "replay": {**wish, "after": after}}),
        )


def rotate(subscription_id: str, fresh: str, until: str) -> None:
    """Sign with `fresh` from now on, and until then with the secret of before as well.

    Raises:
        Conflict: somebody else rotates it at the same moment.
    """
    name = subscription_secret(subscription_id)
    kept, version = as_kept(name)
    overlap = {"previous": kept["secret"], "previous_until": until} if kept else {}
    replace_secret(name, {"secret": fresh, **overlap}, version)
