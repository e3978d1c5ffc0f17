"""What people tell the books: counts of what is there, and adjustments of it, each made once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from oms.clock import to_text
from oms.errors import Conflict, NotFound, VersionMismatch
from oms.orders.log import Caller
from oms.platform.aws import client, code
from oms.platform.config import settings
from oms.platform.stock_moves import level_update
from oms.platform.stock_table import RECEIPT, level, level_of, stock_key
from oms.stock.levels import Level, StockReason
from oms.stock.movements import Movement

if TYPE_CHECKING:
    from oms.stock.resource import Adjustments

RECEIPTS_KEPT = timedelta(days=7)
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
    update = level_update(moved, to_text(caller.clock()), caller.cause, {}, actor=caller.actor)
    update["ConditionExpression"] = "version = :known" if known.version else "attribute_not_exists(version)"
    if known.version:
        update["ExpressionAttributeValues"][":known"] = {"N": str(known.version)}
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
    update = level_update(moved, to_text(caller.clock()), caller.cause, needed, actor=caller.actor)
    receipt = {
        "TableName": settings().stock_table,
        "Item": {
            **stock_key(sku, RECEIPT + hashlib.sha256(f"{caller.cause}|{location_id}".encode()).hexdigest()[:40]),
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
