"""Work that channels make for people: filed once however often it is found, listed by age, closed by somebody."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.channels.work import MOST_WORDS, Finding, WorkKind
from oms.clock import from_text
from oms.errors import InvalidInput, NotFound
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.intake_table import WORK, channel_of, key, moment
from oms.platform.observability import Metric, count, logger

KEPT = timedelta(days=90)
"""How long closed work is kept."""

PREFIX = "work#"
MOST_PER_PAGE = 100
MOST_COUNTED = 4
"""Pages of the index that a count reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A finding as it stands."""

    channel_id: str
    work_id: str
    kind: WorkKind
    external_id: str
    problem: str
    since: str
    last_at: str
    times: int
    closed_at: str = ""
    closed_by: str = ""


def file(finding: Finding, at: datetime) -> bool:
    """File a finding; whether that is news.

    The same finding again is no news, open or closed: polls overlap and see a bad document many times. One that says
    something else opens the work again.
    """
    dynamodb = client("dynamodb")
    try:
        dynamodb.update_item(
            TableName=settings().intake_table,
            Key=key(finding.channel_id, PREFIX + finding.work_id),
            UpdateExpression=(
                "SET listed = :work, #at = if_not_exists(#at, :now), kind = :kind, external_id = :id,"
                " problem = :problem, digest = :digest, last_at = :now ADD times :one"
                " REMOVE closed_at, closed_by, expires"
            ),
            ConditionExpression="attribute_not_exists(digest) OR digest <> :digest",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={
                ":work": {"S": WORK},
                ":now": moment(at),
                ":kind": {"S": finding.kind.value},
                ":id": {"S": finding.external_id},
                ":problem": {"S": finding.problem[:MOST_WORDS]},
                ":digest": {"S": finding.digest},
                ":one": {"N": "1"},
            },
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    count(Metric.CHANNEL_WORK_FILED)
    logger().warning(
        "channel_work_filed",
        channel_id=finding.channel_id,
        kind=finding.kind.value,
        external_id=finding.external_id,
        problem=finding.problem[:MOST_WORDS],
    )
    return True


def close(channel_id: str, work_id: str, at: datetime, *, by: str) -> Work:
    """Close a piece of work; closed already, it stays as it is.

    Raises:
        NotFound: there is none of this id, or no more.
    """
    dynamodb = client("dynamodb")
    try:
        answer = dynamodb.update_item(
            TableName=settings().intake_table,
            Key=key(channel_id, PREFIX + work_id),
            UpdateExpression=(
                "SET closed_at = if_not_exists(closed_at, :now), closed_by = if_not_exists(closed_by, :by),"
                " expires = if_not_exists(expires, :expires), since = if_not_exists(#at, since) REMOVE listed, #at"
            ),
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={
                ":now": moment(at),
                ":by": {"S": by},
                ":expires": {"N": str(int((at + KEPT).timestamp()))},
            },
            ReturnValues="ALL_NEW",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        raise NotFound(f"channel {channel_id} has no work {work_id!r}") from None
    return _work(answer["Attributes"])


def settle(finding: Finding, at: datetime) -> None:
    """Close what turned out well by itself, if it was ever filed."""
    try:
        close(finding.channel_id, finding.work_id, at, by="the system")
    except NotFound:
        return


def filed(channel_id: str, kind: WorkKind) -> frozenset[str]:
    """The orders about which work of a kind is open, by the channel's ids; as many as one read finds."""
    answer = client("dynamodb").query(
        TableName=settings().intake_table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        FilterExpression="attribute_not_exists(closed_at)",
        ProjectionExpression="external_id",
        ExpressionAttributeValues={":pk": {"S": f"channel#{channel_id}"}, ":prefix": {"S": f"{PREFIX}{kind}-"}},
    )
    return frozenset(item["external_id"]["S"] for item in answer["Items"])


def listed(channel_id: str, *, closed: bool, limit: int, cursor: str) -> tuple[list[Work], str | None]:
    """A page of a channel's work, open or closed, and the cursor of the next.

    Raises:
        InvalidInput: the limit is out of bounds, or the cursor is none of this list.
    """
    if not 1 <= limit <= MOST_PER_PAGE:
        raise InvalidInput(f"from 1 to {MOST_PER_PAGE}", path="limit")
    start: Any = {"ExclusiveStartKey": key(channel_id, _place(cursor))} if cursor else {}
    answer = client("dynamodb").query(
        TableName=settings().intake_table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        FilterExpression=f"attribute_{'exists' if closed else 'not_exists'}(closed_at)",
        ExpressionAttributeValues={":pk": {"S": f"channel#{channel_id}"}, ":prefix": {"S": PREFIX}},
        Limit=limit,
        **start,
    )
    last: Any = answer.get("LastEvaluatedKey", {})
    following = base64.urlsafe_b64encode(last["sk"]["S"].encode()).decode().rstrip("=") if last else None
    return [_work(item) for item in answer["Items"]], following


def _place(cursor: str) -> str:
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        place = ""
    if not place.startswith(PREFIX):
        raise InvalidInput("this is no cursor of this list", path="cursor")
    return place


@dataclass(frozen=True, slots=True)
class Depth:
    """How much work is open in a channel, at least, if there are `more`; and since when the oldest is."""

    channel_id: str
    count: int
    more: bool
    oldest: datetime


def depths() -> list[Depth]:
    """The channels that have open work, by id; a read of the index, up to `MOST_COUNTED` megabytes of it."""
    found: dict[str, list[str]] = {}
    place: Any = None
    for _ in range(MOST_COUNTED):
        query: dict[str, Any] = {
            "TableName": settings().intake_table,
            "IndexName": "by_list",
            "KeyConditionExpression": "listed = :work",
            "ExpressionAttributeNames": {"#at": "at"},
            "ExpressionAttributeValues": {":work": {"S": WORK}},
            "ProjectionExpression": "pk, #at",
        }
        if place:
            query["ExclusiveStartKey"] = place
        answer: Any = client("dynamodb").query(**query)
        for item in answer["Items"]:
            found.setdefault(channel_of(item), []).append(item["at"]["S"])
        place = answer.get("LastEvaluatedKey")
        if not place:
            break
    return [Depth(name, len(times), bool(place), from_text(min(times))) for name, times in sorted(found.items())]


def _work(item: Mapping[str, Any]) -> Work:
    return Work(
        channel_id=channel_of(item),
        work_id=item["sk"]["S"].removeprefix(PREFIX),
        kind=WorkKind(item["kind"]["S"]),
        external_id=item["external_id"]["S"],
        problem=item["problem"]["S"],
        since=(item.get("at") or item["since"])["S"],
        last_at=item["last_at"]["S"],
        times=int(item["times"]["N"]),
        closed_at=item.get("closed_at", {"S": ""})["S"],
        closed_by=item.get("closed_by", {"S": ""})["S"],
    )
