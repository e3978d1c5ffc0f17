"""Transfers in this stack: planned, dispatched, received in part, closed; each step once, whoever dies in between.

As with purchase orders a request of many lines is several transactions, and the document says how far it got.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oms.clock import to_text
from oms.errors import ConcurrentAppend, Conflict, InvalidInput
from oms.ids import derived
from oms.inventory import transfers as domain
from oms.inventory.arrivals import Receipt, still_to_book
from oms.inventory.effects import NOTHING, effects
from oms.inventory.transfers import Dispatch, Transfer, TransferLine, TransferStatus, footprint
from oms.orders.log import Caller
from oms.platform.inventory import ATTEMPTS, Listing, find, read, save
from oms.platform.inventory_orders import known_location, known_skus
from oms.stock.levels import StockReason

if TYPE_CHECKING:
    from oms.inventory.forms import DispatchTransfer, PlanTransfer, ReceiveTransfer
    from oms.inventory.shapes import TransferPage

KIND = "transfer"

STEP = 30
"""Lines of one transaction: each is a level at both ends and a promise, and the document comes on top."""


def transfer(transfer_id: str) -> Transfer:
    """A transfer.

    Raises:
        NotFound: there is none of this id.
    """
    return read(Transfer, KIND, transfer_id)


def plan(wish: PlanTransfer, caller: Caller) -> Transfer:
    """Plan a transfer: its units are set aside at the origin. The same request again changes nothing.

    Raises:
        InvalidInput: a location or a sku does not exist.
        ShortStock: the origin does not have the units to give. What was set aside before stays: close the transfer.
        Conflict: there is another transfer of this id.
    """
    transfer_id = wish.transfer_id or f"tr-{derived('transfer', caller.cause, length=12)}"
    fingerprint = derived(wish.model_dump_json())
    known_location(wish.origin, "origin")
    known_location(wish.destination, "destination")
    known_skus(line.sku for line in wish.lines)
    lines = [TransferLine(sku=line.sku, quantity=line.quantity) for line in wish.lines]
    for _ in range(ATTEMPTS + len(lines) // STEP):
        known = find(Transfer, KIND, transfer_id)
        if known is not None and known.fingerprint != fingerprint:
            raise Conflict(f"there is another transfer {transfer_id}")
        if known is not None and len(known.lines) >= known.announced:
            return known
        before = known or Transfer(
            transfer_id=transfer_id,
            origin=wish.origin,
            destination=wish.destination,
            expected=wish.expected,
            reference=wish.reference,
            planned_at=caller.clock(),
            planned_by=caller.actor,
            announced=len(lines),
            fingerprint=fingerprint,
        )
        after = replace(before, lines=(*before.lines, *lines[len(before.lines) : len(before.lines) + STEP]))
        _write(before, after, caller)
    raise _busy(transfer_id)


def dispatch(transfer_id: str, wish: DispatchTransfer, caller: Caller) -> Transfer:
    """Let units leave, each sku once per Idempotency-Key; without lines, all that is set aside.

    Raises:
        NotFound: there is no such transfer.
        InvalidInput: a sku is not on it.
        Conflict: more would leave than is set aside, or nothing is.
    """
    for attempt in range(ATTEMPTS + len(wish.lines) + 1):
        known = transfer(transfer_id)
        mine = [each for each in known.dispatches if each.cause == caller.cause]
        wanted: Mapping[str, int] = {line.sku: line.quantity for line in wish.lines} or {
            line.sku: line.set_aside for line in known.lines if line.set_aside
        }
        left = {sku: units for sku, units in wanted.items() if not any(sku in each.units for each in mine)}
        if not left and not mine and not attempt:
            raise Conflict(f"nothing is set aside for transfer {transfer_id}")
        if not left:
            return known
        whole = Dispatch(
            cause=caller.cause, at=caller.clock(), actor=caller.actor, reference=wish.reference, units=left
        )
        domain.dispatch(known, whole)
        _write(known, domain.dispatch(known, replace(whole, units=dict(list(left.items())[:STEP]))), caller)
    raise _busy(transfer_id)


def receive(transfer_id: str, wish: ReceiveTransfer, caller: Caller) -> Transfer:
    """Book in what arrived, each sku once per Idempotency-Key.

    Raises:
        NotFound: there is no such transfer.
        InvalidInput: a sku is not on it.
        Conflict: more arrived than was dispatched.
    """
    wanted = wish.arrivals()
    for _ in range(ATTEMPTS + len(wanted)):
        known = transfer(transfer_id)
        left = still_to_book(wanted, known.receipts, caller.cause)
        if not left:
            return known
        receipt = Receipt(
            cause=caller.cause, at=caller.clock(), actor=caller.actor, reference=wish.reference, arrivals=left
        )
        domain.receive(known, receipt)
        _write(known, domain.receive(known, replace(receipt, arrivals=left[:STEP])), caller)
    raise _busy(transfer_id)


def close(transfer_id: str, caller: Caller) -> Transfer:
    """Give up what is in transit as lost, and sell at the origin what was not dispatched. Repeating it changes nothing.

    Raises:
        NotFound: there is no such transfer.
    """
    for _ in range(ATTEMPTS + STEP):
        known = transfer(transfer_id)
        after = domain.close(known)
        if after == known:
            return known
        several = {line.sku for line, closed in zip(known.lines, after.lines, strict=True) if line != closed}
        now = sorted(several)[:STEP]
        lines = tuple(
            closed if line.sku in now else line for line, closed in zip(known.lines, after.lines, strict=True)
        )
        _write(known, replace(after, lines=lines), caller)
    raise _busy(transfer_id)


def page(status: str, location_id: str = "", *, limit: int = 50, cursor: str = "") -> TransferPage:
    """Transfers of a status, from or to a location or all: those to come by their day, the others the newest first.

    Raises:
        InvalidInput: there is no such status, the limit is out of bounds, or the cursor is not one of this list.
    """
    from oms.platform.inventory_lists import listed

    if status not in set(TransferStatus):
        raise InvalidInput(f"there is no status {status!r}; there are {', '.join(TransferStatus)}", path="status")
    newest_first = status in {TransferStatus.RECEIVED, TransferStatus.CLOSED}
    rows: Any
    rows, after = listed(KIND, status, location_id=location_id, newest_first=newest_first, limit=limit, cursor=cursor)
    return {"transfers": rows, "cursor": after}


def _write(before: Transfer, after: Transfer, caller: Caller) -> None:
    """Write the next version with all that it does to stock; nothing when somebody else was faster: look again."""
    import json

    from oms.inventory.resource import transfer_row

    after = replace(after, version=before.version + 1)
    was = footprint(before) if before.version else NOTHING
    moved = effects(was, footprint(after), reason=StockReason.TRANSFER, reference=after.transfer_id)
    done = after.status in {TransferStatus.RECEIVED, TransferStatus.CLOSED}
    listing = Listing(
        status=after.status.value,
        due=to_text(caller.clock()) if done else after.expected.isoformat(),
        summary=json.dumps(transfer_row(after)),
        places=(after.origin, after.destination),
    )
    try:
        save(after, KIND, after.transfer_id, listing, moved, caller)
    except ConcurrentAppend:
        return


def _busy(transfer_id: str) -> ConcurrentAppend:
    return ConcurrentAppend(f"transfer {transfer_id} or its stock is busy: try again")
