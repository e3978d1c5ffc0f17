"""What a location may decide about units that it cannot or will not send: give them back, with the reason.

Pure: from the state and the wish to the events, or to an error that says why not.
"""

from __future__ import annotations

from dataclasses import dataclass

from oms.errors import FieldError, InvalidInput, NotAllowed, NotFound
from oms.fulfillment.decisions import Wish, fulfillment_order, refused
from oms.orders.cancellation import taken_back
from oms.orders.decisions import MAX_STOCK_KEYS
from oms.orders.kits import shelf_skus
from oms.orders.order import FulfillmentOrder, Order
from oms.orders.rejecting import RejectedUnits, RejectReason, UnitsRejected
from oms.orders.transitions import AT_LOCATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejecting:
    """What a location gives back (None: all that it has of the order), and why."""

    reason: RejectReason
    units: Wish | None = None
    note: str = ""
    components: tuple[str, ...] = ()
    """Of kits, what of them is missing or damaged; empty for all of it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Events to append at once; `complete` when nothing of the wish is left after them."""

    events: tuple[UnitsRejected, ...]
    complete: bool = True


def reject(order: Order, fulfillment_order_id: str, wish: Rejecting) -> Rejected:
    """Give units back that have not left: those still on the shelf first, out of a closed parcel last.

    All of very many skus take several decisions. A location that has given everything back already is answered with no
    events.

    Raises:
        NotAllowed: the order is held or not released; the location is asked to put units back and has not answered;
            or names each line of which it has fewer units.
        NotFound: a fulfillment order, or a line of it, that there is not.
        InvalidInput: less than one unit of a line, more named skus than one transaction can move, or a component that
            no kit among the units has.
    """
    share = fulfillment_order(order, fulfillment_order_id)
    there = {line_id: _in_hand(share, line_id) for line_id in share.lines}
    if wish.units is None and not any(there.values()) and _gave_back(order, fulfillment_order_id):
        return Rejected(())
    if "reject" not in order.actions_of(share):
        raise refused(order, share, "reject")
    wanted = _wanted(share, wish, there)
    _check_components(order, wish, wanted)
    units: list[RejectedUnits] = []
    skus: set[str] = set()
    for line_id, quantity in wanted.items():
        skus.update(shelf_skus(order.kits, order.lines[line_id].placed.sku))
        if len(skus) > MAX_STOCK_KEYS:
            if wish.units is not None:
                raise InvalidInput(f"at most {MAX_STOCK_KEYS} skus can be given back at once", path="lines")
            break
        units += [
            RejectedUnits(
                line_id=each.line_id,
                sku=each.sku,
                quantity=each.quantity,
                source=each.source,
                parcel_id=each.parcel_id,
            )
            for each in taken_back(order, share, line_id, quantity)
        ]
    event = UnitsRejected(
        fulfillment_order_id=fulfillment_order_id,
        location_id=share.location_id,
        reason=wish.reason,
        units=tuple(units),
        note=wish.note,
        components=tuple(dict.fromkeys(wish.components)),
    )
    return Rejected((event,), complete=len(skus) <= MAX_STOCK_KEYS)


def _check_components(order: Order, wish: Rejecting, wanted: Wish) -> None:
    """Only what the kits among the units are made of can be missing of them."""
    kits = (order.kits.get(order.lines[line_id].placed.sku, ()) for line_id in wanted)
    known = {each.sku for components in kits for each in components}
    if unknown := sorted(set(wish.components) - known):
        raise InvalidInput(f"no kit among these units has a component {unknown[0]}", path="components")


def _in_hand(share: FulfillmentOrder, line_id: str) -> int:
    return sum(share.lines[line_id].get(state, 0) for state in AT_LOCATION)


def _gave_back(order: Order, fulfillment_order_id: str) -> bool:
    return any(each.event.fulfillment_order_id == fulfillment_order_id for each in order.rejections)


def _wanted(share: FulfillmentOrder, wish: Rejecting, there: dict[str, int]) -> dict[str, int]:
    """The wish in full, if the location has so many."""
    if wish.units is None:
        return {line_id: count for line_id, count in there.items() if count}
    unknown = sorted(set(wish.units) - set(there))
    if unknown:
        raise NotFound(f"fulfillment order {share.fulfillment_order_id} has no line {', '.join(unknown)}")
    if not wish.units or min(wish.units.values()) < 1:
        raise InvalidInput("name at least one line, and at least one unit of each", path="lines")
    short = [
        FieldError(f"lines.{line_id}", f"{there[line_id]} units are there, not {quantity}")
        for line_id, quantity in wish.units.items()
        if quantity > there[line_id]
    ]
    if short:
        raise NotAllowed(f"{share.fulfillment_order_id} has fewer units that it could give back", errors=short)
    return dict(wish.units)
