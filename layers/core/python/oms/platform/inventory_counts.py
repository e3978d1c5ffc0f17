"""Cycle counts in this stack: compared with the books, corrected, each correction once.

A count is written before its corrections, so whoever dies in between leaves a count that the same call takes to its
end; a correction that was made already is known by its receipt.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oms.clock import to_text
from oms.errors import ConcurrentAppend, Conflict, InvalidInput, NotFound
from oms.ids import derived
from oms.inventory.counts import CountedLine, CountOutcome, CountStatus, StockCount, booked, decide
from oms.inventory.effects import Effects
from oms.orders.log import Caller
from oms.platform.inventory import ATTEMPTS, Listing, find, read, save
from oms.platform.inventory_orders import known_location, known_skus
from oms.platform.stock_counts import adjust
from oms.platform.stock_table import level

if TYPE_CHECKING:
    from oms.inventory.forms import CountStock
    from oms.inventory.shapes import CountPage

KIND = "count"


def count(count_id: str) -> StockCount:
    """A count.

    Raises:
        NotFound: there is none of this id.
    """
    return read(StockCount, KIND, count_id)


def take(wish: CountStock, caller: Caller) -> StockCount:
    """Compare what was counted with the books, and correct them. The same request again changes nothing.

    Raises:
        InvalidInput: the location or a sku does not exist.
        Conflict: there is another count of this id.
    """
    count_id = wish.count_id or f"ct-{derived('count', caller.cause, length=12)}"
    fingerprint = derived(wish.model_dump_json())
    for _ in range(ATTEMPTS):
        known = find(StockCount, KIND, count_id)
        if known is None:
            known = _begun(wish, count_id, fingerprint, caller)
        elif known.fingerprint != fingerprint:
            raise Conflict(f"there is another count {count_id}")
        if known is not None:
            finished = _finished(known, caller)
            if finished is not None:
                return finished
    raise ConcurrentAppend(f"count {count_id} is being booked: try again")


def page(status: str, location_id: str = "", *, limit: int = 50, cursor: str = "") -> CountPage:
    """Counts of a status, at a location or all, the newest first.

    Raises:
        InvalidInput: there is no such status, the limit is out of bounds, or the cursor is not one of this list.
    """
    from oms.platform.inventory_lists import listed

    if status not in set(CountStatus):
        raise InvalidInput(f"there is no status {status!r}; there are {', '.join(CountStatus)}", path="status")
    rows: Any
    rows, after = listed(KIND, status, location_id=location_id, newest_first=True, limit=limit, cursor=cursor)
    return {"counts": rows, "cursor": after}


def _begun(wish: CountStock, count_id: str, fingerprint: str, caller: Caller) -> StockCount | None:
    """Decide and write a count; None when somebody else began it at the same moment."""
    known_location(wish.location_id, "location_id")
    known_skus(line.sku for line in wish.lines)
    counted = [
        CountedLine(sku=line.sku, counted=line.counted, version=line.version, reason=line.reason) for line in wish.lines
    ]
    levels = {line.sku: level(line.sku, wish.location_id) for line in counted}
    begun = StockCount(
        count_id=count_id,
        location_id=wish.location_id,
        reference=wish.reference,
        counted_at=caller.clock(),
        counted_by=caller.actor,
        fingerprint=fingerprint,
        lines=decide(counted, levels, wish.max_variance),
        version=1,
    )
    return begun if _save(begun, caller) else None


def _finished(known: StockCount, caller: Caller) -> StockCount | None:
    """Book what is still to be booked; None when somebody else booked it at the same moment."""
    if known.status is not CountStatus.BOOKING:
        return known
    outcomes = {}
    for line in known.lines:
        if line.outcome is not CountOutcome.TO_CORRECT:
            continue
        once = Caller(actor=caller.actor, cause=f"count:{known.count_id}", clock=caller.clock)
        reference = known.reference or known.count_id
        try:
            adjust(line.sku, known.location_id, line.variance, once, reason=line.reason, reference=reference)
        except (Conflict, NotFound):
            outcomes[line.sku] = CountOutcome.MOVED
        else:
            outcomes[line.sku] = CountOutcome.CORRECTED
    after = replace(booked(known, outcomes), version=known.version + 1)
    return after if _save(after, caller) else None


def _save(after: StockCount, caller: Caller) -> bool:
    from oms.inventory.resource import count_row

    listing = Listing(
        status=after.status.value,
        due=to_text(after.counted_at),
        summary=json.dumps(count_row(after)),
        places=(after.location_id,),
    )
    try:
        save(after, KIND, after.count_id, listing, Effects(movements=(), promises={}), caller)
    except ConcurrentAppend:
        return False
    return True
