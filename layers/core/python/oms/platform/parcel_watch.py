"""Parcels that carriers are asked about, until they have arrived: a list in the references table, by when they are due.

Partition `watch#<shard>`, sort `<due>#<carrier>#<tracking number>`; `since` is when the parcel was first watched. What
is due is found by one query for each shard. A parcel moves to its next time in one transaction, so that none is lost
and none is there twice because a process died. What carriers say goes the way of their webhooks (`receive`), and is
merged with what aggregators told meanwhile: a parcel may be followed in both ways.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from oms.carriers.protocol import Ability, Scan, Tracks
from oms.clock import Clock, from_text, to_text
from oms.errors import NotFound, OmsError
from oms.fulfillment.tracking import receive
from oms.orders.events import TrackingStatus
from oms.platform import carriers, fulfillment
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.observability import Metric, count, logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SHARDS = 4
PAGE = 120
"""Parcels of a shard that one run asks about; the others are next."""

EVERY = timedelta(hours=6)
"""Between two questions about a parcel."""

AGAIN = timedelta(hours=1)
"""Until the next question, when the carrier did not answer this one."""

LONGEST = timedelta(days=45)
"""After this nobody asks any more: carriers forget their numbers, and give them again."""

ARRIVED = frozenset({TrackingStatus.DELIVERED, TrackingStatus.RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A parcel on the list."""

    carrier: str
    number: str
    due: datetime
    since: datetime

    @property
    def key(self) -> dict[str, AttributeValueTypeDef]:
        """Its place on the list."""
        shard = zlib.crc32(self.number.encode()) % SHARDS
        return {"ref": {"S": f"watch#{shard}"}, "entry": {"S": f"{to_text(self.due)}#{self.carrier}#{self.number}"}}


def watch(carrier: str, number: str, at: datetime) -> None:
    """Put a parcel on the list, if its carrier is to be asked. The same call again changes nothing."""
    account = next((each for each in carriers.accounts() if each.carrier == carrier), None)
    if account is not None and account.poll:
        _put(Watched(carrier=carrier, number=number, due=at + EVERY, since=at))


def ask(clock: Clock) -> int:
    """Ask carriers about the parcels that are due; says how many were asked about."""
    due = [each for shard in range(SHARDS) for each in _due(shard, clock())]
    by_carrier: dict[str, list[Watched]] = {}
    for each in due:
        by_carrier.setdefault(each.carrier, []).append(each)
    for name, parcels in by_carrier.items():
        _ask_one(name, parcels, clock)
    return len(due)


def _ask_one(name: str, parcels: Sequence[Watched], clock: Clock) -> None:
    try:
        seller = carriers.carrier(name)
    except NotFound:
        seller = None
    if seller is None or not isinstance(seller, Tracks) or Ability.TRACK not in seller.abilities:
        for each in parcels:
            _drop(each)
        return
    for some in _parts(parcels, seller.most_tracked):
        try:
            scans = seller.track([each.number for each in some])
            receive(fulfillment.ports(), name, scans, clock)
        except OmsError as error:
            logger().warning("parcels_not_asked", carrier=name, parcels=len(some), detail=error.detail)
            for each in some:
                _move(each, clock() + AGAIN)
            continue
        count(Metric.PARCELS_ASKED, len(some))
        for each in some:
            _go_on(each, scans, clock())


def _go_on(watched: Watched, scans: Iterable[Scan], at: datetime) -> None:
    arrived = any(scan.status in ARRIVED for scan in scans if scan.tracking_number == watched.number)
    if arrived or at - watched.since > LONGEST:
        _drop(watched)
    else:
        _move(watched, at + EVERY)


def _due(shard: int, at: datetime) -> list[Watched]:
    answer = client("dynamodb").query(
        TableName=settings().references_table,
        KeyConditionExpression="#ref = :ref AND entry < :now",
        ExpressionAttributeNames={"#ref": "ref"},
        ExpressionAttributeValues={":ref": {"S": f"watch#{shard}"}, ":now": {"S": to_text(at)}},
        Limit=PAGE,
    )
    found = []
    for item in answer["Items"]:
        due, carrier, number = item["entry"]["S"].split("#", 2)
        found.append(Watched(carrier=carrier, number=number, due=from_text(due), since=from_text(item["since"]["S"])))
    return found


def _put(watched: Watched) -> None:
    client("dynamodb").put_item(
        TableName=settings().references_table, Item={**watched.key, "since": {"S": to_text(watched.since)}}
    )


def _drop(watched: Watched) -> None:
    client("dynamodb").delete_item(TableName=settings().references_table, Key=watched.key)


def _move(watched: Watched, due: datetime) -> None:
    """To its next time; another process that moved it already was first, and is right."""
    later = Watched(carrier=watched.carrier, number=watched.number, due=due, since=watched.since)
    dynamodb = client("dynamodb")
    table = settings().references_table
    try:
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Delete": {
                        "TableName": table,
                        "Key": watched.key,
                        "ConditionExpression": "attribute_exists(entry)",
                    }
                },
                {"Put": {"TableName": table, "Item": {**later.key, "since": {"S": to_text(watched.since)}}}},
            ]
        )
    except dynamodb.exceptions.TransactionCanceledException:
        logger().info("parcel_moved_by_another", carrier=watched.carrier)


def _parts(parcels: Sequence[Watched], most: int) -> Iterable[Sequence[Watched]]:
    return (parcels[start : start + most] for start in range(0, len(parcels), most))
