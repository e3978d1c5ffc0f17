"""Counters of what locations have taken on for each day, in the references table.

Their keys: partition `ref` = `capacity#<location id>`, sort `entry` = `<day>#<slot>`; `used` units; gone 60 days after
the day (TTL `expires`). Only locations whose `daily_capacity` is set have any.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from oms.orders.booking import RoomChange
from oms.platform.aws import client
from oms.platform.cache import Cache
from oms.platform.config import settings
from oms.platform.setup import location
from oms.sourcing.capacity import Used, quotas

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

KEPT = timedelta(days=60)

FULL_FOR = 30
"""Seconds in which a process asks no location again that it has seen without room."""

_full: Cache[str, date] = Cache(seconds=FULL_FOR, size=5000)


def used(location_id: str, first: date, last: date) -> Used:
    """What a location has taken on in these days, strongly consistent, in one read."""
    pages = client("dynamodb").get_paginator("query")
    found = {}
    for page in pages.paginate(
        TableName=settings().references_table,
        KeyConditionExpression="#ref = :ref AND entry BETWEEN :first AND :last",
        ExpressionAttributeNames={"#ref": "ref"},
        ExpressionAttributeValues={
            ":ref": {"S": _ref(location_id)},
            ":first": {"S": first.isoformat()},
            ":last": {"S": f"{last.isoformat()}~"},
        },
        ConsistentRead=True,
    ):
        for item in page["Items"]:
            day, _, slot = item["entry"]["S"].partition("#")
            found[date.fromisoformat(day), int(slot)] = int(item["used"]["N"])
    return found


def seen_full(location_id: str) -> date | None:
    """The first day on which a location had room when this process looked a moment ago; None when it did not look."""
    return _full.get(location_id)


def note_full(location_id: str, day: date) -> None:
    """Remember for a moment that a location has no room before `day`."""
    _full.put(location_id, day)


def room_write(change: RoomChange) -> TransactWriteItemTypeDef:
    """A change of a counter, for the transaction that books or gives back; what is beyond the quota is refused."""
    day_ends = datetime.combine(change.day, time.max, UTC)
    values: dict[str, Any] = {
        ":units": {"N": str(change.units)},
        ":expires": {"N": str(int((day_ends + KEPT).timestamp()))},
    }
    update: Any = {
        "TableName": settings().references_table,
        "Key": {"ref": {"S": _ref(change.location_id)}, "entry": {"S": f"{change.day.isoformat()}#{change.slot:02}"}},
        "UpdateExpression": "SET expires = :expires ADD used :units",
        "ExpressionAttributeValues": values,
    }
    limits = quotas(location(change.location_id).daily_capacity) if change.units > 0 else []
    if change.slot < len(limits) and limits[change.slot]:
        room = limits[change.slot] - change.units
        update["ConditionExpression"] = "attribute_not_exists(used) OR used <= :room" if room >= 0 else "used <= :room"
        values[":room"] = {"N": str(room)}
    return {"Update": update}


def _ref(location_id: str) -> str:
    return f"capacity#{location_id}"
