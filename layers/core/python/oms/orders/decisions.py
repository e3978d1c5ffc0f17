"""What may be decided about an order as a whole: placing, holding, releasing, confirming, cancelling, new contact.

Each function is pure: from the state and the wish to the events, or to an error that says why not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oms.errors import FieldError, InvalidInput, NotAllowed, NotFound
from oms.money import Money
from oms.orders import events as ev
from oms.orders.contact import Contact
from oms.orders.events import HoldReason, OrderEvent, OrderPlaced, UnitState
from oms.orders.holding import no_such_hold
from oms.orders.kits import Recipes, shelf_skus
from oms.orders.order import Order
from oms.orders.reasons import CancellationReason
from oms.orders.tenders import (
    CHANNEL_PAYMENT,
    MONEY_HOLDS,
    WAITS_FOR_MONEY,
    first_payments,
    next_payment_id,
    payment_events,
    tenders_of,
)
from oms.orders.transitions import OrderStatus
from oms.payments.ledger import PaymentRequested

MAX_STOCK_KEYS = 90
"""How many items of the stock table one decision may write: a DynamoDB transaction holds 100."""


def place(placed: OrderPlaced) -> list[OrderEvent]:
    """A new order with what its payment terms say; held at once when its figures do not add up to the channel's."""
    events: list[OrderEvent] = [placed]
    events += first_payments(placed)
    ours = sum(x.net + x.tax for x in placed.lines) + sum(x.net + x.tax for x in placed.charges)
    if ours != placed.total:
        difference = Money(placed.total - ours, placed.currency)
        note = (
            f"the channel's total is {Money(placed.total, placed.currency)},"
            f" lines and charges add up to {Money(ours, placed.currency)}: difference {difference}"
        )
        events.append(ev.OrderHeld(handle="hold-1", reason=HoldReason.TOTAL_MISMATCH, note=note))
    if WAITS_FOR_MONEY & {terms.method for terms in tenders_of(placed)}:
        number = sum(isinstance(event, ev.OrderHeld) for event in events) + 1
        events.append(ev.OrderHeld(handle=f"hold-{number}", reason=HoldReason.PAYMENT_PENDING))
    return events


PAID_IN_CHANNEL = frozenset(
    {ev.PaymentMethod.PREPAID, ev.PaymentMethod.MARKETPLACE, ev.PaymentMethod.CHANNEL_AUTHORISED}
)
"""How an order may be paid of which a channel's document says, later, that it no longer waits for its money."""


def paid_in_channel(order: Order, terms: ev.PaymentTerms) -> list[OrderEvent]:
    """The channel says that an order that waited for its money is paid (or reserved) now: record it, let it go on."""
    if terms.method not in PAID_IN_CHANNEL:
        return []
    known = order.payments.get(CHANNEL_PAYMENT)
    if known and (known.captured or terms.method is ev.PaymentMethod.CHANNEL_AUTHORISED):
        return []
    released = [
        ev.HoldReleased(handle=hold.handle, note="paid in the channel")
        for hold in order.holds.values()
        if hold.reason is HoldReason.PAYMENT_PENDING
    ]
    return [*payment_events(terms, ""), *released]


def hold(order: Order, reason: HoldReason, note: str = "") -> list[OrderEvent]:
    """One more reason to wait; see `holds`."""
    return holds(order, [(reason, note)])


def holds(order: Order, reasons: Sequence[tuple[HoldReason, str]]) -> list[OrderEvent]:
    """More reasons to wait, each with a note; one that is open for the same reason and note is not opened twice.

    Raises:
        NotAllowed: nothing is left that could wait.
    """
    if order.status in {OrderStatus.CANCELLED, OrderStatus.SHIPPED, OrderStatus.DELIVERED}:
        raise NotAllowed(f"order {order.order_id} is {order.status}: there is nothing left to hold")
    standing = {(open_hold.reason, open_hold.note) for open_hold in order.holds.values()}
    fresh = [each for each in dict.fromkeys(reasons) if each not in standing]
    return [
        ev.OrderHeld(handle=f"hold-{number}", reason=reason, note=note)
        for number, (reason, note) in enumerate(fresh, order.holds_opened + 1)
    ]


def release(order: Order, handle: str, note: str = "") -> list[OrderEvent]:
    """Let one hold go.

    Raises:
        NotFound: the order has no open hold of this handle.
    """
    if handle not in order.holds:
        raise no_such_hold(order, handle)
    return [ev.HoldReleased(handle=handle, note=note)]


def change_contact(order: Order, contact: Contact) -> list[OrderEvent]:
    """New contact or address (the caller puts `contact` on the entry); a hold for a bad address is let go.

    Raises:
        NotAllowed: a parcel is on its way to the old address.
    """
    before = order.contact or Contact()
    fields = tuple(name for name in Contact.__dataclass_fields__ if getattr(before, name) != getattr(contact, name))
    if not fields:
        return []
    if "edit_contact" not in order.actions and "shipping" in fields:
        raise NotAllowed(f"order {order.order_id} is {order.status}: a parcel is already on its way to the old address")
    released = [
        ev.HoldReleased(handle=open_hold.handle, note="address changed")
        for open_hold in order.holds.values()
        if open_hold.reason is HoldReason.BAD_ADDRESS
    ]
    return [ev.ContactChanged(fields=fields), *released]


def pay_again(order: Order, *, gateway: str, instrument: str) -> list[OrderEvent]:
    """Another attempt with another instrument, while something is not covered; holds for missing money are let go.

    Raises:
        NotAllowed: nothing is left to pay, or an attempt is under way.
    """
    declined = [h for h in order.holds.values() if h.reason in MONEY_HOLDS]
    if "pay" not in order.actions:
        raise NotAllowed(f"order {order.order_id} waits for no payment")
    attempt = PaymentRequested(
        payment_id=next_payment_id(order.payments),
        gateway=gateway,
        instrument=instrument,
        amount=order.due - order.covered,
    )
    return [attempt, *(ev.HoldReleased(handle=h.handle, note="paid with another instrument") for h in declined)]


def cancel(
    order: Order,
    wish: Mapping[str, int] | None = None,
    *,
    reason: str = "",
    code: CancellationReason = CancellationReason.OTHER,
) -> list[OrderEvent]:
    """Cancel units that no one works on: `wish` maps line id to a number of units; None is all that can be.

    Open and backordered units go first, then allocated ones, whose stock is given back. An order of very many skus
    is cancelled in several decisions: `cancel` again until it has nothing left to do.

    Raises:
        NotAllowed: names each line and how many of its units can still be cancelled.
        NotFound: a line that the order does not have.
        InvalidInput: less than one unit of a line.
    """
    possible = {line_id: order.cancellable(line_id) for line_id in order.lines}
    wish = wished(order, wish, possible, "a location works on them, or they have left")
    units = _fitting(
        order.kits, (gone for line_id, quantity in wish.items() for gone in _take(order, line_id, quantity))
    )
    return [ev.UnitsCancelled(units=units, reason=reason, code=code)] if units else []


def wished(
    order: Order, wish: Mapping[str, int] | None, possible: Mapping[str, int], otherwise: str
) -> Mapping[str, int]:
    """The wish to cancel units in full, if it can be fulfilled; None is all that is `possible`.

    Raises:
        NotAllowed: names each line and how many of its units are possible; says why the others are not.
        NotFound: a line that the order does not have.
        InvalidInput: less than one unit of a line.
    """
    if wish and min(wish.values()) < 1:
        raise InvalidInput("name at least one unit of each line", path="lines")
    unknown = set(wish or ()) - set(order.lines)
    if unknown:
        raise NotFound(f"order {order.order_id} has no line {', '.join(sorted(unknown))}")
    if wish is None:
        wish = {line_id: count for line_id, count in possible.items() if count}
        if not wish:
            raise NotAllowed(f"order {order.order_id} is {order.status}: none of its units can still be cancelled")
    short = [
        FieldError(f"lines.{line_id}", f"{possible[line_id]} of {quantity} units can still be cancelled")
        for line_id, quantity in wish.items()
        if quantity > possible[line_id]
    ]
    if short:
        raise NotAllowed(f"some units can no longer be cancelled: {otherwise}", errors=short)
    return wish


def _fitting(recipes: Recipes, units: Iterable[ev.CancelledUnits]) -> tuple[ev.CancelledUnits, ...]:
    """As many of these as one transaction can carry, in their order."""
    fitting: list[ev.CancelledUnits] = []
    items: set[tuple[str, str]] = set()
    for gone in units:
        items |= _stock_items(recipes, gone)
        if len(items) > MAX_STOCK_KEYS:
            break
        fitting.append(gone)
    return tuple(fitting)


def _stock_items(recipes: Recipes, gone: ev.CancelledUnits) -> set[tuple[str, str]]:
    """What cancelling these units writes beside the entry: a level, or a place in line and the counter of the line."""
    match gone.source:
        case UnitState.OPEN:
            return set()
        case UnitState.BACKORDERED:
            return {(sku, what) for sku in shelf_skus(recipes, gone.sku) for what in ("place", "counter")}
        case _:
            return {(sku, f"at {gone.location_id}") for sku in shelf_skus(recipes, gone.sku)}


def _take(order: Order, line_id: str, quantity: int) -> Sequence[ev.CancelledUnits]:
    """Choose the units to cancel: those without a place first."""
    line = order.lines[line_id]
    taken: list[ev.CancelledUnits] = []

    def take(available: int, source: UnitState, fulfillment_order_id: str = "", location_id: str = "") -> None:
        nonlocal quantity
        count = min(available, quantity)
        if count:
            quantity -= count
            taken.append(
                ev.CancelledUnits(
                    line_id=line_id,
                    sku=line.placed.sku,
                    quantity=count,
                    source=source,
                    fulfillment_order_id=fulfillment_order_id,
                    location_id=location_id,
                )
            )

    take(line.counts.get(UnitState.OPEN, 0), UnitState.OPEN)
    take(line.counts.get(UnitState.BACKORDERED, 0), UnitState.BACKORDERED)
    for fulfillment in order.fulfillment_orders.values():
        if fulfillment.accepted:
            continue
        at_location = fulfillment.lines.get(line_id, {}).get(UnitState.ALLOCATED, 0)
        take(at_location, UnitState.ALLOCATED, fulfillment.fulfillment_order_id, fulfillment.location_id)
    return taken
