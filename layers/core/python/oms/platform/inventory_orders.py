"""Purchase orders in this stack: placed, changed, received in part, closed; each step once, whoever dies in between.

A request of many lines is several transactions of at most 100 writes. The document says how far it got, so a call that
broke off is made again under the same Idempotency-Key and does the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oms.clock import to_text
from oms.errors import ConcurrentAppend, Conflict, FieldError, InvalidInput, NotFound
from oms.ids import derived
from oms.inventory import purchase_orders as domain
from oms.inventory.arrivals import Receipt, still_to_book
from oms.inventory.effects import NOTHING, Effects, effects
from oms.inventory.purchase_orders import Change, PurchaseLine, PurchaseOrder, PurchaseOrderStatus, footprint
from oms.orders.log import Caller
from oms.platform import setup
from oms.platform.inventory import ATTEMPTS, MAX_WRITES, Listing, find, read, save, writes_in
from oms.stock.levels import StockReason

if TYPE_CHECKING:
    from oms.inventory.forms import ChangePurchaseOrder, PlacePurchaseOrder, ReceiveGoods
    from oms.inventory.shapes import PurchaseOrderPage

KIND = "purchase_order"

STEP = 40
"""Lines of one transaction: each is a level and a promise, and the document comes on top."""


def purchase_order(purchase_order_id: str) -> PurchaseOrder:
    """A purchase order.

    Raises:
        NotFound: there is none of this id.
    """
    return read(PurchaseOrder, KIND, purchase_order_id)


def place(wish: PlacePurchaseOrder, caller: Caller) -> PurchaseOrder:
    """Place a purchase order: its units are `incoming` from now on. The same request again changes nothing.

    Raises:
        InvalidInput: the location or a sku does not exist.
        Conflict: there is another purchase order of this id.
    """
    order_id = wish.purchase_order_id or f"po-{derived('purchase order', caller.cause, length=12)}"
    fingerprint = derived(wish.model_dump_json())
    known_location(wish.location_id, "location_id")
    known_skus(line.sku for line in wish.lines)
    lines = [
        PurchaseLine(number=number, sku=line.sku, ordered=line.quantity, expected=day)
        for number, line in enumerate(wish.lines, start=1)
        if (day := line.expected or wish.expected)
    ]
    for _ in range(ATTEMPTS + len(lines) // STEP):
        known = find(PurchaseOrder, KIND, order_id)
        if known is not None and known.fingerprint != fingerprint:
            raise Conflict(f"there is another purchase order {order_id}")
        if known is not None and len(known.lines) >= known.announced:
            return known
        before = known or PurchaseOrder(
            purchase_order_id=order_id,
            location_id=wish.location_id,
            supplier=wish.supplier,
            reference=wish.reference,
            placed_at=caller.clock(),
            placed_by=caller.actor,
            announced=len(lines),
            fingerprint=fingerprint,
        )
        after = replace(before, lines=tuple(lines[: len(before.lines) + STEP]))
        _write(before, after, StockReason.ORDERED, caller)
    raise _busy(order_id)


def receive(purchase_order_id: str, wish: ReceiveGoods, caller: Caller) -> PurchaseOrder:
    """Book in what came, each sku once per Idempotency-Key; what is damaged or to be looked at is not for sale.

    Raises:
        NotFound: there is no such purchase order.
        InvalidInput: a sku is not on it.
        Conflict: more came than is outstanding, and the caller did not accept that.
    """
    wanted = wish.arrivals()
    for _ in range(ATTEMPTS + len(wanted)):
        known = purchase_order(purchase_order_id)
        left = still_to_book(wanted, known.receipts, caller.cause)
        if not left:
            return known
        receipt = Receipt(
            cause=caller.cause, at=caller.clock(), actor=caller.actor, reference=wish.reference, arrivals=left
        )
        # All of it is decided before any of it is written: what is refused is refused whole.
        domain.receive(known, receipt, accept_over=wish.accept_over)
        for size in (STEP, STEP // 5, 1):
            after = domain.receive(known, replace(receipt, arrivals=left[:size]), accept_over=wish.accept_over)
            if writes_in(_effects(known, after, StockReason.RECEIVED)) <= MAX_WRITES:
                break
        _write(known, after, StockReason.RECEIVED, caller)
    raise _busy(purchase_order_id)


def change(purchase_order_id: str, wish: ChangePurchaseOrder, caller: Caller) -> PurchaseOrder:
    """Set lines to other quantities or days, as the supplier confirms them. Repeating it changes nothing.

    Raises:
        NotFound: there is no such purchase order.
        InvalidInput: there is no such line, or two lines of a sku would be due on the same day.
        Conflict: a line would be for fewer units than came already.
    """
    changes = [Change(line=each.line, quantity=each.quantity, expected=each.expected) for each in wish.lines]
    for _ in range(ATTEMPTS):
        known = purchase_order(purchase_order_id)
        after = domain.change(known, changes)
        if after == known or _write(known, after, StockReason.ORDERED, caller):
            return purchase_order(purchase_order_id)
    raise _busy(purchase_order_id)


def close(purchase_order_id: str, caller: Caller) -> PurchaseOrder:
    """Give up what did not come: nothing is incoming any more. Repeating it changes nothing.

    Raises:
        NotFound: there is no such purchase order.
    """
    for _ in range(ATTEMPTS + 2 * STEP):
        known = purchase_order(purchase_order_id)
        after = domain.close(known)
        if after == known:
            return known
        # As many lines as one transaction takes; the next round closes the next ones.
        several = [line for line, closed in zip(known.lines, after.lines, strict=True) if line != closed][:STEP]
        numbers = {line.number for line in several}
        lines = tuple(
            closed if line.number in numbers else line for line, closed in zip(known.lines, after.lines, strict=True)
        )
        _write(known, replace(after, lines=lines), StockReason.ORDERED, caller)
    raise _busy(purchase_order_id)


def known_location(location_id: str, path: str) -> None:
    """Refuse a location that is not set up: goods there would be found by nobody.

    Raises:
        InvalidInput: names the field that it stands in.
    """
    try:
        setup.location(location_id)
    except NotFound as error:
        raise InvalidInput(error.detail, path=path) from None


def known_skus(skus: Any) -> None:
    """Refuse skus that are not set up, whose goods nobody would find, and kits, which have no stock of their own.

    Raises:
        InvalidInput: names each of them.
    """
    asked = list(skus)
    known = setup.products(asked)
    errors = [
        FieldError(f"lines[{index}].sku", f"there is no product {sku!r}")
        for index, sku in enumerate(asked)
        if sku not in known
    ] + [
        FieldError(f"lines[{index}].sku", f"{sku!r} is a kit: name its components")
        for index, sku in enumerate(asked)
        if sku in known and known[sku].components
    ]
    if errors:
        raise InvalidInput("some products cannot be meant; see errors", errors=errors[:50])


def _effects(before: PurchaseOrder, after: PurchaseOrder, reason: StockReason) -> Effects:
    was = footprint(before) if before.version else NOTHING
    return effects(was, footprint(after), reason=reason, reference=after.purchase_order_id)


def _write(before: PurchaseOrder, after: PurchaseOrder, reason: StockReason, caller: Caller) -> bool:
    """Write the next version with all that it does to stock; False when somebody else was faster."""
    after = replace(after, version=before.version + 1)
    moved = _effects(before, after, reason)
    try:
        save(after, KIND, after.purchase_order_id, _listing(after, caller), moved, caller)
    except ConcurrentAppend:
        return False
    return True


def _listing(order: PurchaseOrder, caller: Caller) -> Listing:
    import json

    from oms.inventory.resource import purchase_order_row

    status = order.status
    open_still = status is PurchaseOrderStatus.OPEN
    return Listing(
        status=status.value,
        due=order.next_expected.isoformat() if open_still else to_text(caller.clock()),
        summary=json.dumps(purchase_order_row(order)),
        places=(order.location_id,),
    )


def _busy(purchase_order_id: str) -> ConcurrentAppend:
    return ConcurrentAppend(f"purchase order {purchase_order_id} or its stock is busy: try again")


def page(status: str, location_id: str = "", *, limit: int = 50, cursor: str = "") -> PurchaseOrderPage:
    """Purchase orders of a status, for a location or for all: open ones by their day, the others the newest first.

    Raises:
        InvalidInput: there is no such status, the limit is out of bounds, or the cursor is not one of this list.
    """
    from oms.platform.inventory_lists import listed

    if status not in set(PurchaseOrderStatus):
        raise InvalidInput(f"there is no status {status!r}; there are {', '.join(PurchaseOrderStatus)}", path="status")
    newest_first = status != PurchaseOrderStatus.OPEN
    rows: Any
    rows, after = listed(KIND, status, location_id=location_id, newest_first=newest_first, limit=limit, cursor=cursor)
    return {"purchase_orders": rows, "cursor": after}
