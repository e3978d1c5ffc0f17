"""Subscriptions in the table of webhooks, each with how well its endpoint answers.

    pk                                  sk
    subscriptions                       <subscription id>        body, version; failures, failing_since, probe_at, …

Deliveries are in the same table: see `oms.platform.webhook_table`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from oms.clock import from_text, to_text
from oms.errors import NotFound, Unavailable, VersionMismatch
from oms.platform.aws import client
from oms.platform.cache import Cache
from oms.platform.config import settings
from oms.webhooks.subscription import Health, Subscription

SUBSCRIPTIONS = "subscriptions"
LIFE = 30
"""Seconds that a function may go on with subscriptions that were changed elsewhere."""

ATTEMPTS = 8
MOST = 100
"""Subscriptions of a stack: each is looked at every minute."""


@dataclass(frozen=True, slots=True)
class Known:
    """A subscription as the table has it."""

    subscription: Subscription
    version: int
    health: Health
    catching_up: bool
    """Whether it was down until a moment ago, and all that waited is to be sent at once."""


_known: Cache[str, tuple[Known, ...]] = Cache(seconds=LIFE, size=1)


def subscriptions(*, fresh: bool = False) -> tuple[Known, ...]:
    """All subscriptions by id; at most half a minute old unless `fresh`."""
    kept = None if fresh else _known.get("")
    if kept is not None:
        return kept
    answer = client("dynamodb").query(
        TableName=settings().webhooks_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": SUBSCRIPTIONS}},
        ConsistentRead=True,
    )
    return _known.put("", tuple(_subscription(item) for item in answer["Items"]))


def subscription(subscription_id: str) -> Known:
    """A subscription as it is now.

    Raises:
        NotFound: there is none of this id.
    """
    answer = client("dynamodb").get_item(
        TableName=settings().webhooks_table, Key=_key(subscription_id), ConsistentRead=True
    )
    if "Item" not in answer:
        raise NotFound(f"there is no subscription {subscription_id!r}")
    return _subscription(answer["Item"])


def put_subscription(value: Subscription, *, expected_version: int | None = None) -> tuple[int, bool]:
    """Create or replace a subscription; returns its version and whether it is new. Its health begins anew.

    Raises:
        VersionMismatch: `expected_version` is not the version of what is there.
        Unavailable: others change it at the same time, again and again.
    """
    dynamodb = client("dynamodb")
    for _ in range(ATTEMPTS):
        try:
            version = subscription(value.subscription_id).version
        except NotFound:
            version = 0
        if expected_version is not None and expected_version != version:
            raise VersionMismatch(f"subscription {value.subscription_id!r} is at version {version}: read it again")
        condition: dict[str, Any] = (
            {"ConditionExpression": "version = :v", "ExpressionAttributeValues": {":v": {"N": str(version)}}}
            if version
            else {"ConditionExpression": "attribute_not_exists(pk)"}
        )
        try:
            dynamodb.put_item(
                TableName=settings().webhooks_table,
                Item={
                    **_key(value.subscription_id),
                    "body": {"S": json.dumps(asdict(value), ensure_ascii=False)},
                    "version": {"N": str(version + 1)},
                    # What waited while it was down, or switched off, is sent now.
                    **({"catching_up": {"BOOL": True}} if version else {}),
                },
                **condition,
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            continue
        _known.clear()
        return version + 1, not version
    raise Unavailable(f"subscription {value.subscription_id!r} is being changed by others: try again")


def remove_subscription(subscription_id: str) -> None:
    """Take a subscription away. Its deliveries are kept for as long as others are."""
    client("dynamodb").delete_item(TableName=settings().webhooks_table, Key=_key(subscription_id))
    _known.clear()


def note_health(known: Known, health: Health, *, catching_up: bool) -> None:
    """Write down how an endpoint answers, unless the subscription was changed or taken away meanwhile."""
    dynamodb = client("dynamodb")
    values: dict[str, Any] = {
        "failures": {"N": str(health.failures)},
        "reason": {"S": health.reason},
        "catching_up": {"BOOL": catching_up},
        "failing_since": _moment(health.failing_since),
        "probe_at": _moment(health.probe_at),
        "disabled_at": _moment(health.disabled_at),
    }
    try:
        dynamodb.update_item(
            TableName=settings().webhooks_table,
            Key=_key(known.subscription.subscription_id),
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
            ConditionExpression="version = :version",
            ExpressionAttributeValues={
                ":version": {"N": str(known.version)},
                **{f":{name}": value for name, value in values.items()},
            },
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return
    _known.clear()


def _key(subscription_id: str) -> dict[str, Any]:
    return {"pk": {"S": SUBSCRIPTIONS}, "sk": {"S": subscription_id}}


def _moment(at: datetime | None) -> dict[str, Any]:
    return {"NULL": True} if at is None else {"S": to_text(at)}


def _read_moment(item: Mapping[str, Any], name: str) -> datetime | None:
    return from_text(item[name]["S"]) if "S" in item.get(name, {}) else None


def _subscription(item: Mapping[str, Any]) -> Known:
    kept = json.loads(item["body"]["S"])
    return Known(
        Subscription(**{**kept, "events": tuple(kept["events"]), "channels": tuple(kept["channels"])}),
        int(item["version"]["N"]),
        Health(
            failures=int(item.get("failures", {"N": "0"})["N"]),
            failing_since=_read_moment(item, "failing_since"),
            probe_at=_read_moment(item, "probe_at"),
            disabled_at=_read_moment(item, "disabled_at"),
            reason=item.get("reason", {"S": ""})["S"],
        ),
        bool(item.get("catching_up", {}).get("BOOL")),
    )
