"""Reservations in the stock table, beside the levels that they hold units of: whatever happens to one happens to both.

A reservation is an item of its own partition, `~reservation#<id>`, with the sort key `~reservation`. Making it takes
its units from their levels, and closing it gives them back, in the transaction that writes the item; the item is closed
under the condition that it is open. So units are given back once, by whoever comes first: the order that uses it, its
maker, or the clock. A process that dies leaves it as it was before, or as it is after.

While it is open it carries `timer` and `due_at`, by which the clock finds it (see `timers`); once closed it is kept for
a week, so that its maker can ask what became of it (TTL `expires`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

from oms.clock import from_text, to_text
from oms.errors import Conflict, NotAllowed, NotFound, Unavailable
from oms.orders.log import Caller
from oms.orders.reserving import ReservationUsed, ReservedUnits
from oms.platform.aws import client, code
from oms.platform.config import settings
from oms.platform.stock_items import RESERVATION_PARTITION, RESERVATION_SORT, stock_key
from oms.platform.stock_moves import Note
from oms.platform.stock_transaction import CONDITION_FAILED, Refused, transact
from oms.stock.reservations import Reservation, ReservationStatus, giving_back, reserving

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from oms.orders.order import Entry

KEPT = timedelta(days=7)
ATTEMPTS = 6
SHARDS = 4
"""Partitions of the index of those that are due, as `timers` has them for orders."""


def reservation(reservation_id: str) -> Reservation:
    """A reservation, strongly consistent.

    Raises:
        NotFound: there is none of this id, or it was closed more than a week ago.
    """
    item = _item(reservation_id)
    if item is None:
        raise NotFound(f"there is no reservation {reservation_id}")
    return _read(item)


def find(reservation_id: str) -> Reservation | None:
    """As `reservation`, or None."""
    item = _item(reservation_id)
    return _read(item) if item else None


def make(wish: Reservation, place: Callable[[], Sequence[ReservedUnits]], caller: Caller) -> Reservation:
    """Reserve what `place` finds for a basket; it is asked again when others were faster.

    The same call again finds the reservation of the first time, whatever has become of it.

    Raises:
        Conflict: the call was made before for another basket.
        ShortStock: not all of it is there.
        Unavailable: others keep taking what was found; call again.
    """
    if (before := _item(wish.reservation_id)) is not None:
        return _same(before, wish)
    for _ in range(ATTEMPTS):
        made = replace(wish, units=tuple(place()))
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": settings().stock_table,
                "Item": _written(made),
                "ConditionExpression": "attribute_not_exists(sku)",
            }
        }
        try:
            transact([put], reserving(made), _note(caller), key=made.reservation_id)
        except Refused as refused:
            if refused.beside[:1] == (CONDITION_FAILED,):
                return _same(_item(wish.reservation_id) or {}, wish)
            continue
        return made
    raise Unavailable("others keep taking what is left of these goods: try again")


def extend(reservation_id: str, until: datetime) -> Reservation:
    """Keep the units until another moment.

    Raises:
        NotAllowed: it is closed.
        NotFound: there is none of this id.
    """
    from botocore.exceptions import ClientError

    try:
        answer = client("dynamodb").update_item(
            TableName=settings().stock_table,
            Key=_key(reservation_id),
            UpdateExpression="SET expires_at = :until, due_at = :until, version = version + :one",
            ConditionExpression="#status = :open",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":until": {"S": to_text(until)},
                ":open": {"S": ReservationStatus.OPEN.value},
                ":one": {"N": "1"},
            },
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if code(error) != "ConditionalCheckFailedException":
            raise
        standing = reservation(reservation_id)
        raise NotAllowed(f"reservation {reservation_id} is {standing.status}: make a new one") from None
    return _read(answer["Attributes"])


def release(reservation_id: str, caller: Caller) -> Reservation:
    """Give the units back before the time is over; one that is closed without an order stays as it is.

    Raises:
        NotAllowed: an order has used it; cancel that instead.
        NotFound: there is none of this id.
    """
    for _ in range(ATTEMPTS):
        known = reservation(reservation_id)
        if known.status is ReservationStatus.USED:
            raise NotAllowed(f"order {known.order_id} has used reservation {reservation_id}: cancel the order")
        if not known.open or _closed(known, ReservationStatus.RELEASED, caller):
            return reservation(reservation_id)
    raise Unavailable(f"reservation {reservation_id} is busy: try again")


def expire(reservation_id: str, caller: Caller) -> bool:
    """Give the units back if the time is over; returns whether this call did. Safe to call at any time.

    Raises:
        Unavailable: others keep writing the same levels; call again.
    """
    for _ in range(ATTEMPTS):
        known = find(reservation_id)
        if known is None or not known.open or caller.clock() < known.expires_at:
            return False
        if _closed(known, ReservationStatus.EXPIRED, caller):
            return True
    raise Unavailable(f"reservation {reservation_id} is busy: try again")


def use_writes(entry: Entry) -> list[TransactWriteItemTypeDef]:
    """The reservation that an entry of an order uses is closed in the transaction that appends the entry."""
    return [
        _closing(event.reservation_id, ReservationStatus.USED, to_text(entry.at), entry.at, order_id=entry.order_id)
        for event in entry.events
        if isinstance(event, ReservationUsed)
    ]


def _closed(known: Reservation, status: ReservationStatus, caller: Caller) -> bool:
    """Close it with its units given back; False when somebody has changed it, or writes its levels, meanwhile."""
    now = caller.clock()
    try:
        transact(
            [_closing(known.reservation_id, status, to_text(now), now, version=known.version)],
            giving_back(known),
            _note(caller),
            key=known.reservation_id,
        )
    except Refused:
        return False
    return True


def _closing(
    reservation_id: str,
    status: ReservationStatus,
    closed_at: str,
    now: datetime,
    *,
    order_id: str = "",
    version: int | None = None,
) -> TransactWriteItemTypeDef:
    """Close a reservation: only while it is open and, if a version is named, as it was when it was read."""
    sets = ["#status = :status", "closed_at = :closed_at", "expires = :kept_until", "version = version + :one"]
    values: dict[str, Any] = {
        ":status": {"S": status.value},
        ":closed_at": {"S": closed_at},
        ":kept_until": {"N": str(int((now + KEPT).timestamp()))},
        ":one": {"N": "1"},
        ":open": {"S": ReservationStatus.OPEN.value},
    }
    condition = "#status = :open"
    if order_id:
        sets.append("order_id = :order_id")
        values[":order_id"] = {"S": order_id}
    if version is not None:
        condition += " AND version = :known"
        values[":known"] = {"N": str(version)}
    return {
        "Update": {
            "TableName": settings().stock_table,
            "Key": _key(reservation_id),
            "UpdateExpression": f"SET {', '.join(sets)} REMOVE #timer, due_at, rings",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#status": "status", "#timer": "timer"},
            "ExpressionAttributeValues": values,
        }
    }


def _note(caller: Caller) -> Note:
    return Note(at=to_text(caller.clock()), cause=caller.cause, actor=caller.actor)


def _key(reservation_id: str) -> dict[str, Any]:
    return stock_key(RESERVATION_PARTITION + reservation_id, RESERVATION_SORT)


def _item(reservation_id: str) -> dict[str, Any] | None:
    answer = client("dynamodb").get_item(
        TableName=settings().stock_table, Key=_key(reservation_id), ConsistentRead=True
    )
    return answer.get("Item")


def _same(item: dict[str, Any], wish: Reservation) -> Reservation:
    standing = _read(item)
    if (standing.lines, standing.channel_id) != (wish.lines, wish.channel_id):
        raise Conflict(f"this Idempotency-Key made reservation {wish.reservation_id} for another basket")
    return standing


def _written(made: Reservation) -> dict[str, Any]:
    body = {
        "channel_id": made.channel_id,
        "lines": dict(made.lines),
        "units": [asdict(each) for each in made.units],
        "made_at": to_text(made.made_at),
    }
    return {
        **_key(made.reservation_id),
        "body": {"S": json.dumps(body, ensure_ascii=False)},
        "status": {"S": made.status.value},
        "version": {"N": str(made.version)},
        "expires_at": {"S": to_text(made.expires_at)},
        "timer": {"S": f"timer#{crc32(made.reservation_id.encode()) % SHARDS}"},
        "due_at": {"S": to_text(made.expires_at)},
    }


def _read(item: dict[str, Any]) -> Reservation:
    body = json.loads(item["body"]["S"])
    return Reservation(
        reservation_id=item["sku"]["S"].removeprefix(RESERVATION_PARTITION),
        channel_id=body["channel_id"],
        lines=body["lines"],
        units=tuple(ReservedUnits(**each) for each in body["units"]),
        status=ReservationStatus(item["status"]["S"]),
        made_at=from_text(body["made_at"]),
        expires_at=from_text(item["expires_at"]["S"]),
        closed_at=from_text(item["closed_at"]["S"]) if "closed_at" in item else None,
        order_id=item.get("order_id", {"S": ""})["S"],
        version=int(item["version"]["N"]),
    )
