"""What waits beside dead letters: for a person, for a platform or an endpoint that is down, or for its order.

Read from the stack's tables, through the indexes that the functions use. Call it `inside` a stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oms.platform import channel_states, channel_work, setup
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.intake_table import WAITING
from oms.platform.subscriptions import subscriptions
from oms.setup import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Things of one kind that wait, and what is to be done about them."""

    what: str
    count: int
    for_a_person: bool
    """Whether they stay until somebody does something."""
    to_do: str


def waiting() -> list[Waiting]:
    """All that waits, kind by kind, those for a person first."""
    return sorted([*_updates(), *_webhooks(), *_notices(), *_work()], key=lambda each: not each.for_a_person)


def _updates() -> Iterator[Waiting]:
    states = channel_states.states()
    for channel_id in (each.value.channel_id for each in setup.all_stored(Channel)):
        path, table = f"/channels/{channel_id}/updates", settings().outbox_table
        if stuck := _count(table, "by_due", "due", f"stuck#{channel_id}"):
            yield Waiting(
                what=f"updates to channel {channel_id} that its platform refused",
                count=stuck,
                for_a_person=True,
                to_do=f"GET {path}?status=stuck has its words; mend the cause, then POST {path}/retry, or skip one",
            )
        state = states.get(channel_id)
        if state is not None and state.circuit.down:
            yield Waiting(
                what=f"updates to channel {channel_id}, which does not answer: {state.problem}",
                count=_count(table, "by_due", "due", f"update#{channel_id}"),
                for_a_person=False,
                to_do="they go out by themselves once it answers; see that its api_url and keys are right",
            )


def _webhooks() -> Iterator[Waiting]:
    for known in subscriptions(fresh=True):
        name, health = known.subscription.subscription_id, known.health
        count = _count(settings().webhooks_table, "by_due", "due", name)
        if health.disabled_at:
            yield Waiting(
                what=f"deliveries to subscription {name}, which was given up: {health.reason}",
                count=count,
                for_a_person=True,
                to_do=f'mend the endpoint, PUT /subscriptions/{name} with "active": true, then POST its /replay',
            )
        elif health.down:
            yield Waiting(
                what=f"deliveries to subscription {name}, which does not answer",
                count=count,
                for_a_person=False,
                to_do=f"they go out by themselves once it answers; POST /subscriptions/{name}/test tries it",
            )


def _notices() -> Iterator[Waiting]:
    if count := _count(settings().intake_table, "by_list", "listed", WAITING):
        yield Waiting(
            what="orders that notices named and that are still to be fetched",
            count=count,
            for_a_person=False,
            to_do="they are asked for by themselves, and become work of their channel if they never come",
        )


def _work() -> Iterator[Waiting]:
    for depth in channel_work.depths():
        path = f"/channels/{depth.channel_id}/work"
        yield Waiting(
            what=f"work of channel {depth.channel_id}",
            count=depth.count,
            for_a_person=True,
            to_do=f"GET {path} says what; POST {path}/WORK-ID/close when it is done",
        )


def _count(table: str, index: str, name: str, value: str) -> int:
    pages = client("dynamodb").get_paginator("query")
    return sum(
        page["Count"]
        for page in pages.paginate(
            TableName=table,
            IndexName=index,
            KeyConditionExpression="#name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": {"S": value}},
            Select="COUNT",
        )
    )
