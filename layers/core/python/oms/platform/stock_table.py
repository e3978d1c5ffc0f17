"""The stock table: levels, the line of those who wait, and receipts of adjustments already made.

The table owns its keys here: partition `sku`, sort `location_id`. One read of a sku answers how much is where and how
many units are owed, because the counter of waiting units sorts before all locations and the line itself after them:

    #waiting                          waiting: units of the sku on backorder over all orders
    <location id>                     a level: on_hand, available, committed, incoming, unavailable, version, last
    ~receipt#<cause>                  an adjustment that was made under this Idempotency-Key; expires
    ~waiting#<since>#<order id>       quantity: units that this order waits for

Each level carries its last movement (`last`), so that the table's stream is the stock ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from oms.clock import from_text, to_text
from oms.errors import Conflict, NotFound, VersionMismatch
from oms.orders.log import Caller
from oms.orders.order import Entry
from oms.platform.aws import client, code
from oms.platform.config import settings
from oms.stock.levels import Level, SkuStock, StockReason, Waiter
from oms.stock.movements import Movement, WaitingChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from oms.stock.resource import Adjustments

WAITING = "#waiting"
RECEIPT = "~receipt#"
LINE = "~waiting#"
RECEIPTS_KEPT = timedelta(days=7)
ATTEMPTS = 5


def sku_stock(sku: str, *, consistent: bool = False) -> SkuStock:
    """All levels of a sku and what is owed, in one read."""
    pages = client("dynamodb").get_paginator("query")
    items = [
        item
        for page in pages.paginate(
            TableName=settings().stock_table,
            KeyConditionExpression="sku = :sku AND location_id < :line",
            ExpressionAttributeValues={":sku": {"S": sku}, ":line": {"S": "~"}},
            ConsistentRead=consistent,
        )
        for item in page["Items"]
    ]
    return SkuStock(
        sku=sku,
        levels=tuple(_level(item) for item in items if not item["location_id"]["S"].startswith("#")),
        waiting=sum(int(item["waiting"]["N"]) for item in items if item["location_id"]["S"] == WAITING),
    )


def waiters(sku: str, limit: int = 25) -> tuple[Waiter, ...]:
    """The first orders in the line for a sku, the longest wait first; strongly consistent."""
    answer = client("dynamodb").query(
        TableName=settings().stock_table,
        KeyConditionExpression="sku = :sku AND begins_with(location_id, :line)",
        ExpressionAttributeValues={":sku": {"S": sku}, ":line": {"S": LINE}},
        ConsistentRead=True,
        Limit=limit,
    )
    return tuple(_waiter(item) for item in answer["Items"])


def level(sku: str, location_id: str) -> Level:
    """One level, strongly consistent; version 0 when there is none yet."""
    answer = client("dynamodb").get_item(
        TableName=settings().stock_table, Key=_key(sku, location_id), ConsistentRead=True
    )
    item = answer.get("Item")
    return _level(item) if item else Level(sku=sku, location_id=location_id)


def set_on_hand(
    sku: str,
    location_id: str,
    on_hand: int,
    caller: Caller,
    *,
    reference: str = "",
    expected_version: int | None = None,
) -> Level:
    """Record a count: `on_hand` units are there. What is committed stays so; the rest is available.

    Nothing is written when the count finds what the books say.

    Raises:
        VersionMismatch: the level has moved since the version that the caller knew.
        Conflict: it keeps moving while we try; count again.
    """
    for _ in range(ATTEMPTS):
        known = level(sku, location_id)
        if expected_version is not None and expected_version != known.version:
            raise VersionMismatch(
                f"stock of {sku} at {location_id} is at version {known.version}, not {expected_version}: read it again"
            )
        if known.version and known.on_hand == on_hand:
            return known
        counted = _counted(known, on_hand, caller, reference)
        if counted is not None:
            return counted
    raise Conflict(f"stock of {sku} at {location_id} moves too fast to be counted: try again")


def _counted(known: Level, on_hand: int, caller: Caller, reference: str) -> Level | None:
    """Write a count if the level is still at the known version; None when it has moved."""
    from botocore.exceptions import ClientError

    difference = on_hand - known.on_hand
    moved = Movement(
        sku=known.sku,
        location_id=known.location_id,
        reason=StockReason.COUNTED,
        reference=reference,
        on_hand=difference,
        available=difference,
    )
    update = _update(moved, to_text(caller.clock()), caller.cause, {})
    update["ConditionExpression"] = "version = :known" if known.version else "attribute_not_exists(version)"
    if known.version:
        update["ExpressionAttributeValues"][":known"] = {"N": str(known.version)}
    try:
        answer = client("dynamodb").update_item(**update, ReturnValues="ALL_NEW")
    except ClientError as error:
        if code(error) == "ConditionalCheckFailedException":
            return None
        raise
    return _level(answer["Attributes"])


def adjust(
    sku: str, location_id: str, quantity: int, caller: Caller, *, reason: StockReason, reference: str = ""
) -> Level:
    """Add `quantity` units (or take them, when negative) once per cause: a repetition changes nothing.

    Raises:
        Conflict: more would be taken than is on hand.
        NotFound: units are taken from a level that does not exist.
    """
    from botocore.exceptions import ClientError

    moved = Movement(
        sku=sku,
        location_id=location_id,
        reason=reason,
        reference=reference,
        on_hand=quantity,
        available=quantity,
    )
    # What is committed may be among the units that are gone: the books say so, with less than nothing available.
    needed = {"on_hand": -quantity} if quantity < 0 else {}
    update = _update(moved, to_text(caller.clock()), caller.cause, needed)
    receipt = {
        "TableName": settings().stock_table,
        "Item": {
            **_key(sku, RECEIPT + hashlib.sha256(f"{caller.cause}|{location_id}".encode()).hexdigest()[:40]),
            "expires": {"N": str(int((caller.clock() + RECEIPTS_KEPT).timestamp()))},
        },
        "ConditionExpression": "attribute_not_exists(sku)",
    }
    try:
        client("dynamodb").transact_write_items(TransactItems=[{"Put": receipt}, {"Update": update}])  # type: ignore[typeddict-item]
    except ClientError as error:
        if code(error) != "TransactionCanceledException":
            raise
        _refused_adjustment(error, sku, location_id, quantity)
    return level(sku, location_id)


def adjust_all(wish: Adjustments, caller: Caller) -> list[Level]:
    """Make each adjustment of a request, in its order; one that is refused ends the request, those before it stand.

    Raises:
        Conflict: names the adjustment that was refused. Mend it and send the request again under the same key.
    """
    levels = []
    for number, each in enumerate(wish.adjustments):
        once = Caller(actor=caller.actor, cause=f"{caller.cause}#{number}", clock=caller.clock)
        levels.append(
            adjust(each.sku, each.location_id, each.quantity, once, reason=each.reason, reference=each.reference)
        )
    return levels


def _refused_adjustment(error: Any, sku: str, location_id: str, quantity: int) -> None:
    """Say why an adjustment was not made, or return when it was made before."""
    reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
    if reasons and reasons[0] == "ConditionalCheckFailed":
        return
    if len(reasons) > 1 and reasons[1] == "ConditionalCheckFailed":
        standing = level(sku, location_id)
        if not standing.version:
            raise NotFound(f"there is no stock of {sku} at {location_id}")
        raise Conflict(f"{-quantity} units of {sku} cannot be taken at {location_id}: {standing.on_hand} are on hand")
    raise Conflict(f"stock of {sku} at {location_id} is busy: try again") from error


def movement_update(moved: Movement, entry: Entry) -> TransactWriteItemTypeDef:
    """A movement as one part of the transaction that appends the entry; refused when the level does not cover it."""
    deltas = {"on_hand": moved.on_hand, "available": moved.available, "committed": moved.committed}
    needed = {name: -delta for name, delta in deltas.items() if delta < 0}
    update: Any = _update(moved, to_text(entry.at), entry.cause, needed)
    return {"Update": update}


def _update(moved: Movement, at: str, cause: str, needed: Mapping[str, int]) -> dict[str, Any]:
    """Add to a level that has the units `needed`, and note why.

    `direction` lets the stream's filter see that units became available.
    """
    deltas = {"on_hand": moved.on_hand, "available": moved.available, "committed": moved.committed}
    values: dict[str, Any] = {
        ":zero": {"N": "0"},
        ":one": {"N": "1"},
        ":last": {
            "M": {
                "reason": {"S": moved.reason.value},
                "reference": {"S": moved.reference},
                "at": {"S": at},
                "cause": {"S": cause},
                "direction": {"S": "in" if moved.available > 0 else "out"},
                **{name: {"N": str(delta)} for name, delta in deltas.items() if delta},
            }
        },
    }
    sets = [f"{name} = if_not_exists({name}, :zero) + :{name}" for name in deltas]
    values |= {f":{name}": {"N": str(delta)} for name, delta in deltas.items()}
    values |= {f":{name}_needed": {"N": str(units)} for name, units in needed.items()}
    update: dict[str, Any] = {
        "TableName": settings().stock_table,
        "Key": _key(moved.sku, moved.location_id),
        "UpdateExpression": f"SET {', '.join(sets)}, version = if_not_exists(version, :zero) + :one, #last = :last",
        "ExpressionAttributeNames": {"#last": "last"},
        "ExpressionAttributeValues": values,
    }
    if needed:
        update["ConditionExpression"] = " AND ".join(f"{name} >= :{name}_needed" for name in needed)
    return update


def waiting_writes(change: WaitingChange, entry: Entry) -> Iterable[TransactWriteItemTypeDef]:
    """An order's place in line and the counter of all who wait, as parts of the transaction that appends the entry."""
    table = settings().stock_table
    place = _key(change.sku, f"{LINE}{to_text(change.since)}#{change.order_id}")
    if change.quantity:
        item: Any = {**place, "quantity": {"N": str(change.quantity)}, "cause": {"S": entry.cause}}
        yield {"Put": {"TableName": table, "Item": item}}
    else:
        yield {"Delete": {"TableName": table, "Key": place}}
    yield {
        "Update": {
            "TableName": table,
            "Key": _key(change.sku, WAITING),
            "UpdateExpression": "ADD waiting :delta",
            "ExpressionAttributeValues": {":delta": {"N": str(change.delta)}},
        }
    }


def _key(sku: str, location_id: str) -> dict[str, Any]:
    return {"sku": {"S": sku}, "location_id": {"S": location_id}}


def _number(item: dict[str, Any], name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])


def _level(item: dict[str, Any]) -> Level:
    return Level(
        sku=item["sku"]["S"],
        location_id=item["location_id"]["S"],
        on_hand=_number(item, "on_hand"),
        available=_number(item, "available"),
        committed=_number(item, "committed"),
        incoming=_number(item, "incoming"),
        unavailable={name: int(value["N"]) for name, value in item.get("unavailable", {"M": {}})["M"].items()},
        version=_number(item, "version"),
    )


def _waiter(item: dict[str, Any]) -> Waiter:
    since, order_id = item["location_id"]["S"].removeprefix(LINE).rsplit("#", 1)
    return Waiter(sku=item["sku"]["S"], order_id=order_id, since=from_text(since), quantity=int(item["quantity"]["N"]))
