"""Comparisons of channels with us: where each goes on, what it found, and which ids the channel listed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from oms.clock import from_text, to_text
from oms.errors import NotFound
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.intake_table import key, moment

KEPT = timedelta(days=30)
IDS_KEPT = timedelta(days=3)

COUNTS = ("listed", "missed", "differing", "missing_there")
_KEPT_AS = {name: f"count_{name}" for name in COUNTS}
"""Attributes of the counts: `listed` by itself is the key of the table's index, which is text."""


class Stage(StrEnum):
    """How far a comparison is."""

    LISTING = "listing"
    """Reading what the channel has, and comparing it with ours."""
    CHECKING = "checking"
    """Looking for ours in what the channel listed."""
    DONE = "done"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A comparison of one channel over the orders of a time."""

    channel_id: str
    run_id: str
    since: datetime
    until: datetime
    started_at: datetime
    stage: Stage = Stage.LISTING
    step: int = 0
    """Counts the steps that are done: of two messages about one step, one goes on."""
    place: str = ""
    """Where the stage goes on: the platform's cursor, or our own place in the list of orders."""
    attempts: int = 0
    """Tries in a row to which the platform gave no answer."""
    counts: Mapping[str, int] = field(default_factory=dict)
    finished_at: datetime | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is to be done."""
        return self.stage in {Stage.DONE, Stage.GIVEN_UP}


def begin(run: Run) -> Run:
    """Write a comparison down; one of the same id that is there already is returned as it stands."""
    dynamodb = client("dynamodb")
    try:
        dynamodb.put_item(
            TableName=settings().intake_table,
            Item={
                **key(run.channel_id, f"run#{run.run_id}"),
                "since": moment(run.since),
                "until": moment(run.until),
                "started_at": moment(run.started_at),
                "stage": {"S": run.stage.value},
                "step": {"N": "0"},
                "place": {"S": ""},
                "attempts": {"N": "0"},
                **{name: {"N": "0"} for name in _KEPT_AS.values()},
                "expires": {"N": str(int((run.started_at + KEPT).timestamp()))},
            },
            ConditionExpression="attribute_not_exists(pk)",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return read(run.channel_id, run.run_id)
    return run


def read(channel_id: str, run_id: str) -> Run:
    """A comparison as it stands.

    Raises:
        NotFound: there is none of this id, or no more.
    """
    answer = client("dynamodb").get_item(
        TableName=settings().intake_table, Key=key(channel_id, f"run#{run_id}"), ConsistentRead=True
    )
    if "Item" not in answer:
        raise NotFound(f"channel {channel_id} has no comparison {run_id!r}")
    item = answer["Item"]
    return Run(
        channel_id=channel_id,
        run_id=run_id,
        since=from_text(item["since"]["S"]),
        until=from_text(item["until"]["S"]),
        started_at=from_text(item["started_at"]["S"]),
        stage=Stage(item["stage"]["S"]),
        step=int(item["step"]["N"]),
        place=item["place"]["S"],
        attempts=int(item["attempts"]["N"]),
        counts={name: int(item[kept]["N"]) for name, kept in _KEPT_AS.items()},
        finished_at=from_text(item["finished_at"]["S"]) if "finished_at" in item else None,
    )


def advance(run: Run, stage: Stage, place: str, found: Mapping[str, int], now: datetime) -> bool:
    """Note that a step is done and where to go on; False when somebody else has done it."""
    over = stage in {Stage.DONE, Stage.GIVEN_UP}
    return _update(
        run,
        "SET stage = :stage, place = :place, step = :next, attempts = :none"
        + (", finished_at = :now" if over else "")
        + " ADD "
        + ", ".join(f"{kept} :{name}" for name, kept in _KEPT_AS.items()),
        {
            ":stage": {"S": stage.value},
            ":place": {"S": place},
            ":next": {"N": str(run.step + 1)},
            ":none": {"N": "0"},
            **({":now": moment(now)} if over else {}),
            **{f":{name}": {"N": str(found.get(name, 0))} for name in COUNTS},
        },
    )


def failed(run: Run) -> bool:
    """Note that the platform gave no answer; False when somebody else has gone on."""
    return _update(run, "SET attempts = :more", {":more": {"N": str(run.attempts + 1)}})


def _update(run: Run, expression: str, values: dict[str, Any]) -> bool:
    dynamodb = client("dynamodb")
    try:
        dynamodb.update_item(
            TableName=settings().intake_table,
            Key=key(run.channel_id, f"run#{run.run_id}"),
            UpdateExpression=expression,
            ConditionExpression="step = :seen",
            ExpressionAttributeValues={**values, ":seen": {"N": str(run.step)}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def keep_ids(run: Run, ids: Iterable[str]) -> None:
    """Keep the ids that a page listed."""
    client("dynamodb").put_item(
        TableName=settings().intake_table,
        Item={
            "pk": {"S": _ids_of(run)},
            "sk": {"S": f"{run.step:09}"},
            "ids": {"S": json.dumps(list(ids))},
            "expires": {"N": str(int((run.started_at + IDS_KEPT).timestamp()))},
        },
    )


def kept_ids(run: Run) -> set[str]:
    """All ids that the channel listed."""
    pages = client("dynamodb").get_paginator("query")
    return {
        external_id
        for page in pages.paginate(
            TableName=settings().intake_table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": _ids_of(run)}},
            ConsistentRead=True,
        )
        for item in page["Items"]
        for external_id in json.loads(item["ids"]["S"])
    }


def _ids_of(run: Run) -> str:
    return f"run#{run.channel_id}#{run.run_id}"


def ours(channel_id: str, since: datetime, until: datetime, place: str) -> tuple[list[dict[str, Any]], str]:
    """A page of our orders of a channel that were placed in a time, as lists show them, and the place of the next."""
    start: Any = {"ExclusiveStartKey": json.loads(place)} if place else {}
    answer = client("dynamodb").query(
        TableName=settings().views_table,
        IndexName="by_channel",
        KeyConditionExpression="channel_id = :channel AND placed_at BETWEEN :since AND :until",
        ExpressionAttributeValues={
            ":channel": {"S": channel_id},
            ":since": {"S": to_text(since)},
            ":until": {"S": to_text(until)},
        },
        Limit=100,
        **start,
    )
    last = answer.get("LastEvaluatedKey")
    return [json.loads(item["body"]["S"]) for item in answer["Items"]], json.dumps(last) if last else ""
