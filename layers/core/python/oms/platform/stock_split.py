"""How a hot level is split into buckets, spread anew, and put together again: each time in one transaction.

Units only change their bucket, so the level is the same before and after; sales go on meanwhile. Buckets that are left
are emptied and keep their version, which goes on counting if they are needed again: the ledger of each has no gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from oms.clock import to_text
from oms.errors import Conflict, NotFound, OmsError
from oms.ids import derived
from oms.orders.log import Caller
from oms.platform.aws import client, code
from oms.platform.batch_read import read_items
from oms.platform.config import settings
from oms.platform.observability import logger
from oms.platform.stock_buckets import Split, forget_split, read_split
from oms.platform.stock_items import Item, bucket_key, bucket_of, number_in, owner
from oms.platform.stock_moves import Note, bucket_update, deltas_of
from oms.platform.stock_table import level
from oms.stock.buckets import AVAILABLE, Bucket, more_buckets, shares, spread
from oms.stock.levels import Level, StockReason
from oms.stock.movements import Movement

ATTEMPTS = 8
REFUSED = frozenset({"TransactionCanceledException", "TransactionInProgressException"})


def set_buckets(sku: str, location_id: str, count: int, caller: Caller) -> Level:
    """Hold a level in so many buckets until told otherwise; with one, leave it to the system again.

    Raises:
        NotFound: there is no such level.
        Conflict: it is below zero, or moves too fast just now.
    """
    note = Note(at=to_text(caller.clock()), cause=caller.cause, actor=caller.actor)
    for _ in range(ATTEMPTS):
        if _respread(sku, location_id, count, note, kept=count > 1):
            return level(sku, location_id)
    raise Conflict(f"stock of {sku} at {location_id} moves too fast to be spread: try again")


def heat(sku: str, location_id: str, note: Note) -> None:
    """Give a contended level more buckets if it has units to spread over them; if others are at it, let them."""
    from botocore.exceptions import ClientError

    try:
        held = _held(sku, location_id, 1)
        if held is None:
            return
        count = more_buckets(held.count, sum(each.has(AVAILABLE) for each in held.buckets))
        if count > held.count and _respread(sku, location_id, count, note):
            logger().info("level_split", extra={"sku": sku, "location_id": location_id, "buckets": count})
            with suppress(LookupError):
                read_split(sku, location_id)
    except (OmsError, ClientError):
        # Whoever found it contended has something else to do, and tries again anyway.
        return


def cool(split: Split, note: Note) -> None:
    """Put a level together again that was split by itself, if nothing moves it at this moment."""
    from botocore.exceptions import ClientError

    try:
        if _respread(split.sku, split.location_id, 1, note, kept=False):
            logger().info("level_whole", extra={"sku": split.sku, "location_id": split.location_id})
    except (OmsError, ClientError):
        return


def whole_again(sku: str, location_id: str, note: Note) -> None:
    """Put a split level together, for a change that only one item can hold.

    Raises:
        Conflict: it moves too fast just now.
    """
    for _ in range(ATTEMPTS):
        if _respread(sku, location_id, 1, note, kept=False):
            return
    raise Conflict(f"stock of {sku} at {location_id} moves too fast: try again")


def count_in_buckets(split: Split, moved: Movement, note: Note, *, exactly: bool) -> Level | None:
    """Make a count of a split level right; None when it has to be read again.

    Sales may go on: they change nothing of what is on hand, so the difference that was found stays the difference.
    `exactly`: only if no bucket has moved since it was read.

    Raises:
        Conflict: it moves too fast just now.
    """
    from botocore.exceptions import ClientError

    parts = spread(deltas_of(moved), split.buckets, 0)
    if parts is None:
        # Committed units are missing too: only one item can be below zero.
        whole_again(moved.sku, moved.location_id, note)
        return None
    writes: list[Any] = []
    for each in split.buckets:
        update = bucket_update(moved, each.number, parts.get(each.number, {}), note)
        check = {name: update[name] for name in ("TableName", "Key")}
        check["ConditionExpression"] = "version = :read"
        check["ExpressionAttributeValues"] = {":read": {"N": str(each.version)}}
        if each.number in parts:
            conditions = [update.get("ConditionExpression", "layout = :layout"), "layout = :layout"]
            update["ExpressionAttributeValues"][":layout"] = {"S": split.layout}
            if exactly:
                conditions.append(check["ConditionExpression"])
                update["ExpressionAttributeValues"] |= check["ExpressionAttributeValues"]
            writes.append({"Update": {**update, "ConditionExpression": " AND ".join(conditions)}})
        elif exactly:
            writes.append({"ConditionCheck": check})
    forget_split(moved.sku, moved.location_id)
    try:
        client("dynamodb").transact_write_items(TransactItems=writes)
    except ClientError as error:
        if code(error) in REFUSED:
            return None
        raise
    return level(moved.sku, moved.location_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A level's buckets in use, and those that are wanted or are to be left."""

    items: Mapping[int, Item]
    count: int

    @property
    def own(self) -> Item:
        return self.items[0]

    @property
    def layout(self) -> str:
        return str(self.own.get("layout", {"S": ""})["S"])

    def in_use(self, number: int) -> bool:
        return number < self.count

    @property
    def buckets(self) -> list[Bucket]:
        return [bucket_of(self.items[number]) for number in range(self.count)]

    def version(self, number: int) -> int:
        return number_in(self.items.get(number, {}), "version")


def _respread(sku: str, location_id: str, count: int, note: Note, *, kept: bool | None = None) -> bool:
    """Spread a level over `count` buckets; False when it was spread, or one of those to be left moved, meanwhile."""
    from botocore.exceptions import ClientError

    held = _held(sku, location_id, count)
    if held is None:
        return False
    try:
        changes = shares(held.buckets, count)
    except ValueError:
        raise Conflict(f"{sku} at {location_id} is short of what is committed: it cannot be spread") from None
    if count == held.count and (kept is None or kept == _kept(held)) and not _uneven(held):
        return True
    moved = Movement(sku=sku, location_id=location_id, reason=StockReason.SPREAD, reference=f"{count} buckets")
    layout = derived(held.layout, str(held.version(0)), note.at, note.cause, length=12)
    writes: list[Any] = [
        {"Update": _update(moved, number, deltas, note, _Change(held, count, layout, kept))}
        for number, deltas in changes.items()
    ]
    forget_split(sku, location_id)
    try:
        client("dynamodb").transact_write_items(TransactItems=writes)
    except ClientError as error:
        if code(error) in REFUSED:
            return False
        raise
    return True


def _kept(held: _Held) -> bool:
    return bool(held.own.get("kept", {"BOOL": False})["BOOL"])


def _uneven(held: _Held) -> bool:
    available = [each.has(AVAILABLE) for each in held.buckets]
    return max(available) - min(available) > 1


def _held(sku: str, location_id: str, count: int) -> _Held | None:
    """The level's items as they are now; None when it was spread anew between two reads."""
    table = settings().stock_table
    own = read_items(table, [bucket_key(sku, location_id, 0)])
    if not own or "version" not in own[0]:
        raise NotFound(f"there is no stock of {sku} at {location_id}")
    now = number_in(own[0], "buckets") or 1
    if now > 1:
        # Checks that all in use belong together.
        try:
            if read_split(sku, location_id) is None:
                return None
        except LookupError:
            return None
    items = read_items(table, [bucket_key(sku, location_id, number) for number in range(max(now, count))])
    held = _Held(items={owner(item)[2]: item for item in items}, count=now)
    together = {held.items.get(number, {}).get("layout", {}).get("S", "") for number in range(now)}
    return held if together == {own[0].get("layout", {"S": ""})["S"]} else None


@dataclass(frozen=True, slots=True)
class _Change:
    held: _Held
    count: int
    layout: str
    kept: bool | None


def _update(moved: Movement, number: int, deltas: Mapping[str, int], note: Note, change: _Change) -> dict[str, Any]:
    """One bucket's part of a new layout.

    A bucket that stays in use may sell meanwhile: it is enough that it has what it gives. One that is left must be as
    it was read, for nothing may stay in it; one that is taken up has been left alone since it was read.
    """
    held, count = change.held, change.count
    update = bucket_update(moved, 0, deltas, note)
    update["Key"] = bucket_key(moved.sku, moved.location_id, number)
    values = update["ExpressionAttributeValues"]
    values[":last"]["M"]["direction"] = {"S": "out"}
    conditions = [update["ConditionExpression"]] if "ConditionExpression" in update else []
    if held.layout and held.in_use(number):
        conditions.append("layout = :was")
        values[":was"] = {"S": held.layout}
    else:
        conditions.append("attribute_not_exists(layout)")
    if number and (number >= count or not held.in_use(number)):
        conditions.append("version = :version" if held.version(number) else "attribute_not_exists(version)")
        if held.version(number):
            values[":version"] = {"N": str(held.version(number))}
    sets, removes = [], []
    if number < count and count > 1:
        sets.append("layout = :layout")
        values[":layout"] = {"S": change.layout}
    else:
        removes.append("layout")
    if number == 0:
        sets, removes = _own(held, change, note, conditions, values, sets, removes)
    update["UpdateExpression"] += "".join(f", {each}" for each in sets)
    if removes:
        update["UpdateExpression"] += f" REMOVE {', '.join(removes)}"
    update["ConditionExpression"] = " AND ".join(conditions)
    return update


def _own(
    held: _Held,
    change: _Change,
    note: Note,
    conditions: list[str],
    values: dict[str, Any],
    sets: list[str],
    removes: list[str],
) -> tuple[list[str], list[str]]:
    """What the level's own item says about all of its buckets."""
    past = number_in(held.own, "past")
    conditions.append("past = :past_was" if past else "attribute_not_exists(past)")
    if past:
        values[":past_was"] = {"N": str(past)}
    taken_up = sum(held.version(number) for number in range(held.count, change.count))
    left = sum(held.version(number) + 1 for number in range(change.count, held.count))
    if past + left - taken_up:
        sets.append("past = :past")
        values[":past"] = {"N": str(past + left - taken_up)}
    elif past:
        removes.append("past")
    if change.count > 1:
        sets += ["buckets = :buckets", "split_at = :split_at", "kept = :kept"]
        kept = _kept(held) if change.kept is None else change.kept
        values |= {
            ":buckets": {"N": str(change.count)},
            ":split_at": {"S": note.at},
            ":kept": {"BOOL": kept},
        }
    else:
        removes += ["buckets", "split_at", "kept"]
    return sets, removes
