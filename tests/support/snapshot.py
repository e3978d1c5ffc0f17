"""A moment of a world, to go back to: quicker than to live up to it again.

What a stack is made of (queues, topics, bucket, secrets, mail identity) must be there already; what stands in tables
and queues, what was sent and published, and how far the pumps have read, is as it was.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from tests.support import cloud
from tests.support.template import ACCOUNT, REGION
from tests.support.world import World

_OF_QUEUES = ("_messages", "_pending_messages", "deleted_messages")
_OF_TEXTS = ("sms_messages", "sms_message_objects")
_OF_MAILS = ("sent_messages", "sent_message_count")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Moto's state, and the world's own."""

    backends: bytes
    documents: dict[str, bytes]
    positions: tuple[Any, ...]
    instant: datetime
    keys: dict[str, str]
    charges: dict[str, str]
    labels: dict[str, int]
    requests: int


def take(world: World) -> Snapshot:
    """The world as it is now; nothing may be in anybody's hands."""
    return Snapshot(
        backends=pickle.dumps(
            (
                dynamodb_backends[ACCOUNT][REGION].tables,
                {name: _part(queue, _OF_QUEUES) for name, queue in sqs_backends[ACCOUNT][REGION].queues.items()},
                {arn: topic.sent_notifications for arn, topic in sns_backends[ACCOUNT][REGION].topics.items()},
                _part(sns_backends[ACCOUNT][REGION], _OF_TEXTS),
                _part(ses_backends[ACCOUNT][REGION], _OF_MAILS),
            )
        ),
        documents=cloud.documents(world.name("DocumentsBucket")),
        positions=tuple(each.position() for each in world.pumps),
        instant=world.clock.instant,
        keys=dict(world.keys),
        charges=dict(world.charges),
        labels=dict(world.labels),
        requests=world.requests,
    )


def restore(world: World, snapshot: Snapshot) -> None:
    """Make a world of the same template what it was then, with processes that remember nothing."""
    tables, queues, topics, texts, mails = pickle.loads(snapshot.backends)  # noqa: S301 - our own, of this process
    dynamodb_backends[ACCOUNT][REGION].tables = tables
    for name, part in queues.items():
        vars(sqs_backends[ACCOUNT][REGION].queues[name]).update(part)
    for arn, sent in topics.items():
        sns_backends[ACCOUNT][REGION].topics[arn].sent_notifications = sent
    vars(sns_backends[ACCOUNT][REGION]).update(texts)
    vars(ses_backends[ACCOUNT][REGION]).update(mails)
    cloud.replace_documents(world.name("DocumentsBucket"), snapshot.documents)
    world.begin()
    for each, position in zip(world.pumps, snapshot.positions, strict=True):
        each.go_to(position)
    world.clock.instant = snapshot.instant
    world.keys = dict(snapshot.keys)
    world.charges.clear()
    world.charges.update(snapshot.charges)
    world.labels.clear()
    world.labels.update(snapshot.labels)
    world.requests = snapshot.requests


def _part(backend: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: vars(backend)[name] for name in names}
