"""Movements of stock and what is written beside them, in one transaction: also where a level is split into buckets.

A movement of a level that is not split is one update of its item, as if there were no buckets. Of a split level it goes
to the bucket that belongs to whoever moves, and takes from others what that one lacks; the condition of each bucket
holds for its own part, so no unit is ever given twice, and as long as there is one unit anywhere it is found.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from oms.clock import from_text
from oms.platform.aws import client, code
from oms.platform.cache import Cache
from oms.platform.stock_buckets import Split, forget_split, known_split, moved, read_split
from oms.platform.stock_moves import Note, bucket_update, deltas_of
from oms.platform.stock_split import cool, heat, whole_again
from oms.stock.buckets import home, spread
from oms.stock.movements import Movement

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

CONDITION_FAILED = "ConditionalCheckFailed"
BUSY = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
THROTTLED = frozenset({"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"})
ATTEMPTS = 6
"""How often buckets are looked at again because they moved between the look and the write."""

MAX_ITEMS = 100
"""Items of one transaction."""

PAUSE = 0.01
"""Seconds, at most, before the first new try of what met another transaction; twice as many each time."""

CONTENDED = 3
"""Refusals within `WINDOW` seconds after which a level gets more buckets."""

WINDOW = 10.0
CALM = timedelta(hours=1)
"""For so long a level that was split by itself stays split; if it is still contended then, it is split again."""

_refusals: Cache[tuple[str, str], int] = Cache(seconds=WINDOW, size=1000)


class Refused(Exception):
    """Nothing was written."""

    def __init__(self, beside: Sequence[str], *, short: Iterable[str] = (), busy: bool = False) -> None:
        super().__init__(f"beside: {beside}, short: {short}, busy: {busy}")
        self.beside = tuple(beside)
        """DynamoDB's reason for each of the other writes, `None` in words where there is none."""
        self.short = tuple(short)
        """Levels that do not cover what they were to give."""
        self.busy = busy
        """Others write the same items: try again."""


@dataclass(frozen=True, slots=True)
class _Part:
    moved: Movement
    number: int
    deltas: dict[str, int]
    split: Split | None

    @property
    def level(self) -> tuple[str, str]:
        return self.moved.sku, self.moved.location_id


def transact(beside: Sequence[TransactWriteItemTypeDef], moves: Sequence[Movement], note: Note, *, key: str) -> None:
    """Write all of it or nothing; `key`, an order's id, says in which buckets to look first.

    Raises:
        Refused: a condition failed, or others were faster.
        ClientError: the table refused for another reason.
    """
    from botocore.exceptions import ClientError

    for attempt in range(ATTEMPTS):
        parts = [part for move in moves for part in _parts(move, key)]
        updates: list[Any] = [{"Update": _asking(bucket_update(p.moved, p.number, p.deltas, note))} for p in parts]
        if len(beside) + len(updates) > MAX_ITEMS:
            # Crumbs in too many buckets: the level that lies in most of them is put together first.
            whole_again(*_widest(parts), note)
            continue
        try:
            client("dynamodb").transact_write_items(TransactItems=[*beside, *updates])
        except ClientError as error:
            if _learn(error, parts, len(beside), note, attempt):
                time.sleep(random.uniform(0, PAUSE * 2**attempt))  # noqa: S311 - only spreads those who try again
            continue
        for split in {id(part.split): part.split for part in parts if part.split}.values():
            moved(split, {p.number: p.deltas for p in parts if p.split is split})
            if not split.kept and from_text(note.at) - split.since > CALM:
                cool(split, note)
        return
    raise Refused(["None"] * len(beside), busy=True)


def _parts(move: Movement, key: str) -> list[_Part]:
    split = known_split(move.sku, move.location_id)
    for _ in range(ATTEMPTS):
        if split is None:
            return [_Part(move, 0, deltas_of(move), None)]
        spread_over = spread(deltas_of(move), split.buckets, home(key, len(split.buckets)))
        if spread_over is not None:
            return [_Part(move, number, deltas, split) for number, deltas in spread_over.items()]
        # What is remembered does not cover it: what is there may.
        try:
            fresh = read_split(move.sku, move.location_id)
        except LookupError:
            continue
        if fresh is not None and spread(deltas_of(move), fresh.buckets, 0) is None:
            raise Refused([], short=_names([move]))
        split = fresh
    raise Refused([], busy=True)


def _learn(error: ClientError, parts: Sequence[_Part], beside: int, note: Note, attempt: int) -> bool:
    """Return when it is worth trying again, with what is known of the buckets now; True: after a pause.

    Raises:
        Refused: it is not.
    """
    from botocore.exceptions import ClientError

    if code(error) in THROTTLED:
        # The SDK has tried again already.
        _contended([part for part in parts if len({p.level for p in parts}) == 1], note)
        raise Refused(["None"] * beside, busy=True) from error
    if code(error) != "TransactionCanceledException":
        raise error
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code", "None") for reason in reasons]
    ours = list(zip(parts, codes[beside:], reasons[beside:], strict=False))
    if busy := [part for part, why, _ in ours if why in BUSY]:
        _contended(busy, note)
    if CONDITION_FAILED in codes[:beside] or (BUSY & set(codes) and attempt + 1 == ATTEMPTS):
        raise Refused(codes[:beside], busy=bool(BUSY & set(codes))) from error
    if BUSY & set(codes):
        if attempt:
            # Others may have split it by now; a function that may not read levels tries on without knowing.
            with suppress(ClientError):
                _look_again({part.level for part in busy if not part.split})
        return True
    failed = [(part, reason) for part, why, reason in ours if why == CONDITION_FAILED]
    if not failed:
        raise error
    short = [part.moved for part, reason in failed if not part.split and "buckets" not in reason.get("Item", {})]
    if short:
        raise Refused(codes[:beside], short=_names(short)) from error
    _look_again({part.level for part, _ in failed})
    return False


def _look_again(levels: Iterable[tuple[str, str]]) -> None:
    for level in levels:
        try:
            read_split(*level)
        except LookupError:
            forget_split(*level)


def _contended(parts: Iterable[_Part], note: Note) -> None:
    """Remember that others want these items too, and give a level more buckets when that happens again and again."""
    for level in {part.level for part in parts}:
        times = (_refusals.get(level) or 0) + 1
        if times < CONTENDED:
            _refusals.put(level, times)
        else:
            _refusals.forget(level)
            heat(*level, note)


def _widest(parts: Sequence[_Part]) -> tuple[str, str]:
    return Counter(part.level for part in parts).most_common(1)[0][0]


def _names(moves: Iterable[Movement]) -> list[str]:
    return [f"{move.sku} at {move.location_id}" for move in moves]


def _asking(update: dict[str, Any]) -> dict[str, Any]:
    """An update that shows the item when its condition fails: whether the level is split is told for nothing."""
    return {**update, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if "ConditionExpression" in update else update
