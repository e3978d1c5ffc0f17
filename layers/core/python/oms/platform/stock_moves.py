"""What a movement writes onto a level: the one update expression that every change of stock goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from oms.clock import to_text
from oms.orders.order import Entry
from oms.platform.config import settings
from oms.platform.stock_items import UNAVAILABLE, bucket_key, stock_key
from oms.stock.movements import Movement

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is noted with each movement of one write: when, why and by whom."""

    at: str
    cause: str
    actor: str = ""


def note_of(entry: Entry) -> Note:
    """The note of the movements that an entry of an order makes."""
    return Note(at=to_text(entry.at), cause=entry.cause, actor=entry.actor)


def bucket_update(moved: Movement, number: int, deltas: Mapping[str, int], note: Note) -> dict[str, Any]:
    """The part of a movement that is made in one bucket of its level: only while it is in use and covers it."""
    part = replace(
        moved,
        on_hand=deltas.get("on_hand", 0),
        available=deltas.get("available", 0),
        committed=deltas.get("committed", 0),
        incoming=deltas.get("incoming", 0),
        unavailable={
            name.removeprefix(UNAVAILABLE): units for name, units in deltas.items() if name.startswith(UNAVAILABLE)
        },
    )
    needed = {name: -delta for name, delta in deltas.items() if delta < 0}
    update = level_update(part, note.at, note.cause, needed, actor=note.actor)
    update["Key"] = bucket_key(moved.sku, moved.location_id, number)
    if number:
        conditions = [update["ConditionExpression"]] if needed else []
        update["ConditionExpression"] = " AND ".join(["attribute_exists(layout)", *conditions])
    return update


def movement_update(moved: Movement, entry: Entry) -> TransactWriteItemTypeDef:
    """A movement as one part of the transaction that appends the entry; refused when the level does not cover it."""
    needed = {name: -delta for name, delta in deltas_of(moved).items() if delta < 0}
    update: Any = level_update(moved, to_text(entry.at), entry.cause, needed, actor=entry.actor)
    return {"Update": update}


def deltas_of(moved: Movement) -> dict[str, int]:
    """The attributes that a movement adds to, by name; the three that every level has always among them."""
    return {
        "on_hand": moved.on_hand,
        "available": moved.available,
        "committed": moved.committed,
        **({"incoming": moved.incoming} if moved.incoming else {}),
        **{UNAVAILABLE + why: units for why, units in moved.unavailable.items() if units},
    }


def level_update(moved: Movement, at: str, cause: str, needed: Mapping[str, int], *, actor: str = "") -> dict[str, Any]:
    """Add to a level that has the units `needed`, and note why and by whom.

    `direction` lets the stream's filter see that units became available.
    """
    deltas = deltas_of(moved)
    values: dict[str, Any] = {
        ":zero": {"N": "0"},
        ":one": {"N": "1"},
        ":last": {
            "M": {
                "reason": {"S": moved.reason.value},
                "reference": {"S": moved.reference},
                "at": {"S": at},
                "cause": {"S": cause},
                "actor": {"S": actor},
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
        "Key": stock_key(moved.sku, moved.location_id),
        "UpdateExpression": f"SET {', '.join(sets)}, version = if_not_exists(version, :zero) + :one, #last = :last",
        "ExpressionAttributeNames": {"#last": "last"},
        "ExpressionAttributeValues": values,
    }
    if needed:
        update["ConditionExpression"] = " AND ".join(f"{name} >= :{name}_needed" for name in needed)
    return update
