"""Units of a level that change their state: put on hold, released, or gone. Each move is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oms.clock import to_text
from oms.errors import Conflict
from oms.orders.log import Caller
from oms.platform.stock_counts import ATTEMPTS
from oms.platform.stock_moves import Note
from oms.platform.stock_receipts import receipt_put, was_made
from oms.platform.stock_table import level
from oms.platform.stock_transaction import CONDITION_FAILED, Refused, transact
from oms.stock.levels import Level, StockReason
from oms.stock.movements import Movement

if TYPE_CHECKING:
    from oms.inventory.forms import StateMove, StateMoves

AVAILABLE, GONE = "available", "gone"

WHY_GONE = {
    "damaged": StockReason.DAMAGED,
    "quality": StockReason.DAMAGED,
    "refurbish": StockReason.DAMAGED,
    "quarantine": StockReason.DAMAGED,
}
"""The reason in the ledger when units leave a state for good; from the others they are corrected."""


def move_all(wish: StateMoves, caller: Caller) -> list[Level]:
    """Make each move of a request, in its order; one that is refused ends the request, those before it stand.

    Raises:
        Conflict: names the move that was refused. Mend it and send the request again under the same key.
    """
    return [
        _move(each, Caller(actor=caller.actor, cause=f"{caller.cause}#{number}", clock=caller.clock))
        for number, each in enumerate(wish.moves)
    ]


def movement(wish: StateMove) -> Movement:
    """What a move does to its level."""
    unavailable = {}
    if wish.source != AVAILABLE:
        unavailable[str(wish.source)] = -wish.quantity
    if wish.target not in {AVAILABLE, GONE}:
        unavailable[str(wish.target)] = wish.quantity
    gone = wish.target == GONE
    return Movement(
        sku=wish.sku,
        location_id=wish.location_id,
        reason=WHY_GONE.get(wish.source, StockReason.CORRECTED) if gone else StockReason.SET_ASIDE,
        reference=wish.reference,
        on_hand=-wish.quantity if gone else 0,
        available=wish.quantity * ((wish.target == AVAILABLE) - (wish.source == AVAILABLE)),
        unavailable=unavailable,
    )


def _move(wish: StateMove, caller: Caller) -> Level:
    receipt: Any = {"Put": receipt_put(wish.sku, wish.location_id, caller)}
    note = Note(at=to_text(caller.clock()), cause=caller.cause, actor=caller.actor)
    for _ in range(ATTEMPTS):
        try:
            transact([receipt], [movement(wish)], note, key=caller.cause)
        except Refused as refused:
            if refused.beside[:1] == (CONDITION_FAILED,):
                break
            if not refused.busy:
                if was_made(wish.sku, wish.location_id, caller):
                    break
                raise Conflict(
                    f"there are not {wish.quantity} units of {wish.sku} at {wish.location_id} {_said(wish.source)}"
                ) from refused
        else:
            break
    else:
        raise Conflict(f"stock of {wish.sku} at {wish.location_id} is busy: try again")
    return level(wish.sku, wish.location_id)


def _said(state: str) -> str:
    return "that are for sale" if state == AVAILABLE else f"set aside as {state}"
