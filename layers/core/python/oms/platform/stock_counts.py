"""What people tell the books: counts of what is there, and adjustments of it, each made once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from oms.clock import to_text
from oms.errors import Conflict, NotFound, OmsError, VersionMismatch
from oms.orders.log import Caller
from oms.platform.aws import client, code
from oms.platform.stock_buckets import known_split, level_from, read_split, snapshot
from oms.platform.stock_items import level_of, number_in
from oms.platform.stock_moves import Note, level_update
from oms.platform.stock_receipts import receipt_put, was_made
from oms.platform.stock_split import count_in_buckets, whole_again
from oms.platform.stock_table import level, level_item
from oms.platform.stock_transaction import CONDITION_FAILED, Refused, transact
from oms.stock.levels import Level, StockReason
from oms.stock.movements import Movement

if TYPE_CHECKING:
    from oms.stock.resource import Adjustments

ATTEMPTS = 5


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
        item = level_item(sku, location_id)
        known = level_of(item) if item else Level(sku=sku, location_id=location_id)
        split = snapshot(sku, location_id, known.buckets) if known.buckets > 1 else None
        if split is None and known.buckets > 1:
            continue
        if split is not None:
            known = level_from(split)
        if expected_version is not None and expected_version != known.version:
            raise VersionMismatch(
                f"stock of {sku} at {location_id} is at version {known.version}, not {expected_version}: read it again"
            )
        if known.version and known.on_hand == on_hand:
            return known
        moved = _difference(known, on_hand, reference)
        if split is not None:
            counted = count_in_buckets(split, moved, _note(caller), exactly=expected_version is not None)
        else:
            counted = _counted(moved, caller, number_in(item or {}, "version"))
        if counted is not None:
            return counted
    raise Conflict(f"stock of {sku} at {location_id} moves too fast to be counted: try again")


def _difference(known: Level, on_hand: int, reference: str) -> Movement:
    difference = on_hand - known.on_hand
    return Movement(
        sku=known.sku,
        location_id=known.location_id,
        reason=StockReason.COUNTED,
        reference=reference,
        on_hand=difference,
        available=difference,
    )


def _counted(moved: Movement, caller: Caller, version: int) -> Level | None:
    """Write a count if the level's item is still at the known version; None when it has moved."""
    from botocore.exceptions import ClientError

    update = level_update(moved, to_text(caller.clock()), caller.cause, {}, actor=caller.actor)
    update["ConditionExpression"] = "version = :known" if version else "attribute_not_exists(version)"
    if version:
        update["ExpressionAttributeValues"][":known"] = {"N": str(version)}
    try:
        answer = client("dynamodb").update_item(**update, ReturnValues="ALL_NEW")
    except ClientError as error:
        if code(error) == "ConditionalCheckFailedException":
            return None
        raise
    return level_of(answer["Attributes"])


def adjust(
    sku: str, location_id: str, quantity: int, caller: Caller, *, reason: StockReason, reference: str = ""
) -> Level:
    """Add `quantity` units (or take them, when negative) once per cause: a repetition changes nothing.

    Raises:
        Conflict: more would be taken than is on hand.
        NotFound: units are taken from a level that does not exist.
    """
    moved = Movement(
        sku=sku,
        location_id=location_id,
        reason=reason,
        reference=reference,
        on_hand=quantity,
        available=quantity,
    )
    receipt = receipt_put(sku, location_id, caller)
    for _ in range(ATTEMPTS):
        if known_split(sku, location_id) is None:
            done = _adjust_item(moved, receipt, caller)
        else:
            done = _adjust_buckets(moved, receipt, caller)
        if done:
            return level(sku, location_id)
    raise Conflict(f"stock of {sku} at {location_id} is busy: try again")


def _adjust_item(moved: Movement, receipt: dict[str, Any], caller: Caller) -> bool:
    """Adjust a level that is held in one item; False when it turns out to be split."""
    from botocore.exceptions import ClientError

    # What is committed may be among the units that are gone: the books say so, with less than nothing available.
    needed = {"on_hand": -moved.on_hand} if moved.on_hand < 0 else {}
    update = level_update(moved, to_text(caller.clock()), caller.cause, needed, actor=caller.actor)
    conditions = [update["ConditionExpression"]] if needed else []
    update["ConditionExpression"] = " AND ".join(["attribute_not_exists(layout)", *conditions])
    update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    items: Any = [{"Put": receipt}, {"Update": update}]
    try:
        client("dynamodb").transact_write_items(TransactItems=items)
    except ClientError as error:
        if code(error) != "TransactionCanceledException":
            raise
        return not _is_split(error, moved) and _refused_adjustment(error, moved)
    return True


def _is_split(error: Any, moved: Movement) -> bool:
    """Whether an adjustment met buckets; they are known then."""
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code", "None") for reason in reasons]
    if codes != ["None", CONDITION_FAILED] or "layout" not in reasons[1].get("Item", {}):
        return False
    with suppress(LookupError):
        read_split(moved.sku, moved.location_id)
    return True


def _adjust_buckets(moved: Movement, receipt: dict[str, Any], caller: Caller) -> bool:
    """Adjust a level that is held in buckets; False when it has to be looked at again.

    Buckets are never below zero: when committed units are among those that are gone, one item holds the level again.
    """
    note = _note(caller)
    try:
        transact([{"Put": receipt}], [moved], note, key=caller.cause)  # type: ignore[typeddict-item]
    except Refused as refused:
        if refused.beside[:1] == (CONDITION_FAILED,):
            return True
        if not refused.busy:
            if was_made(moved.sku, moved.location_id, caller):
                return True
            standing = level(moved.sku, moved.location_id)
            if standing.on_hand < -moved.on_hand:
                raise _not_there(moved, standing) from None
            whole_again(moved.sku, moved.location_id, note)
        return False
    return True


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


def _refused_adjustment(error: Any, moved: Movement) -> bool:
    """Say why an adjustment was not made; True when it was made before."""
    reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
    if reasons and reasons[0] == CONDITION_FAILED:
        return True
    if len(reasons) > 1 and reasons[1] == CONDITION_FAILED:
        raise _not_there(moved, level(moved.sku, moved.location_id))
    raise Conflict(f"stock of {moved.sku} at {moved.location_id} is busy: try again") from error


def _not_there(moved: Movement, standing: Level) -> OmsError:
    if not standing.version:
        return NotFound(f"there is no stock of {moved.sku} at {moved.location_id}")
    return Conflict(
        f"{-moved.on_hand} units of {moved.sku} cannot be taken at {moved.location_id}: {standing.on_hand} are on hand"
    )


def _note(caller: Caller) -> Note:
    return Note(at=to_text(caller.clock()), cause=caller.cause, actor=caller.actor)
