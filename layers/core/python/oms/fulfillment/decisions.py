"""What staff may decide about a fulfillment order: accept, pick, pack, ship, deliver.

Each function is pure: from the state and the wish to the events, or to an error that says why not. A wish that is
fulfilled already gives no events, so that whoever lost an answer may ask again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.clock import to_text
from oms.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound
from oms.ids import parcel_id as parcel_id_of
from oms.orders import events as ev
from oms.orders.cancellation import late
from oms.orders.decisions import MAX_STOCK_KEYS
from oms.orders.events import LineUnits, OrderEvent, UnitState
from oms.orders.kits import Recipes, shelf_skus
from oms.orders.order import FulfillmentOrder, Order, Parcel
from oms.orders.scans import first_delivery
from oms.orders.transitions import FulfillmentStatus, Way

Wish = Mapping[str, int]
"""Line id to a number of units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """What goes into a parcel (None: everything picked), its weight in grams and outer size in millimetres.

    `number` is the parcel's place among those of the fulfillment order, from 1; None is the next. Who names it may
    pack it again without harm.
    """

    units: Wish | None = None
    number: int | None = None
    grams: int = 0
    length: int = 0
    width: int = 0
    height: int = 0


def fulfillment_order(order: Order, fulfillment_order_id: str) -> FulfillmentOrder:
    """The fulfillment order of this id.

    Raises:
        NotFound: the order has none of this id.
    """
    if fulfillment_order_id not in order.fulfillment_orders:
        raise NotFound(f"there is no fulfillment order {fulfillment_order_id}")
    return order.fulfillment_orders[fulfillment_order_id]


def accept(order: Order, fulfillment_order_id: str) -> list[OrderEvent]:
    """The location takes the work.

    Raises:
        NotAllowed: the order is held, or nothing is left to do.
    """
    share = fulfillment_order(order, fulfillment_order_id)
    if share.accepted:
        return []
    _require(order, share, "accept")
    return [ev.FulfillmentAccepted(fulfillment_order_id=fulfillment_order_id)]


def pick(order: Order, fulfillment_order_id: str, wish: Wish | None = None) -> list[OrderEvent]:
    """Take units from the shelf: all that are allocated, or a number of units per line.

    Raises:
        NotAllowed: not now; or names each line of which fewer units are left to pick.
        NotFound: a line that the fulfillment order does not have.
    """
    share = fulfillment_order(order, fulfillment_order_id)
    if wish is None and share.accepted and not share.counts.get(UnitState.ALLOCATED) and _live(share):
        return []
    _require(order, share, "pick")
    units = _units(order, share, UnitState.ALLOCATED, wish)
    return [ev.UnitsPicked(fulfillment_order_id=fulfillment_order_id, units=units)]


def pack(order: Order, fulfillment_order_id: str, packing: Packing) -> list[ev.UnitsPacked]:
    """Put picked units into a parcel and close it.

    Raises:
        NotAllowed: not now; or names each line of which fewer units are picked.
        NotFound: a line that the fulfillment order does not have.
        Conflict: the named parcel was packed with other content, or is not the next one.
    """
    share = fulfillment_order(order, fulfillment_order_id)
    parcels = [order.parcels[each] for each in share.parcel_ids]
    number = packing.number if packing.number is not None else len(parcels) + 1
    if number > len(parcels) + 1 or number < 1:
        raise Conflict(f"the next parcel of {fulfillment_order_id} is number {len(parcels) + 1}, not {number}")
    if number <= len(parcels):
        if _same(share, parcels[number - 1].packed, packing):
            return []
        raise Conflict(f"parcel {number} of {fulfillment_order_id} is closed, with other content or measures")
    if packing.number is None and packing.units is None and parcels and _same(share, parcels[-1].packed, packing):
        return []
    _require(order, share, "pack")
    return [
        ev.UnitsPacked(
            fulfillment_order_id=fulfillment_order_id,
            parcel_id=parcel_id_of(fulfillment_order_id, number),
            units=_units(order, share, UnitState.PICKED, packing.units),
            grams=packing.grams,
            length=packing.length,
            width=packing.width,
            height=packing.height,
        )
    ]


def _same(share: FulfillmentOrder, packed: ev.UnitsPacked, packing: Packing) -> bool:
    """Whether a closed parcel is what is wished. "Everything picked" is in it when nothing is left to pick or pack."""
    measures = (packing.grams, packing.length, packing.width, packing.height)
    if measures != (packed.grams, packed.length, packed.width, packed.height):
        return False
    if packing.units is None:
        return not share.counts.get(UnitState.PICKED) and not share.counts.get(UnitState.ALLOCATED)
    return dict(packing.units) == {unit.line_id: unit.quantity for unit in packed.units}


def unshipped(order: Order, fulfillment_order_id: str, parcel_id: str | None = None) -> list[Parcel]:
    """The parcels, or the one that is named, that have not left yet.

    Raises:
        NotFound: the fulfillment order has no such parcel.
    """
    parcels = _parcels(order, fulfillment_order_id, parcel_id)
    return [each for each in parcels if each.shipped_at is None and each.contents]


def ship(order: Order, fulfillment_order_id: str, parcel_id: str | None = None) -> list[OrderEvent]:
    """Parcels leave: all that are packed, or the one that is named; as many units as one transaction can move.

    The caller appends and decides again until `unshipped` has none left. A delivery that the carrier reported before
    the parcel was booked out is caught up on. A cancellation that was asked for and now comes too late is declined.

    Raises:
        NotAllowed: the order is held, or nothing is packed.
        NotFound: the fulfillment order has no such parcel.
    """
    share = fulfillment_order(order, fulfillment_order_id)
    waiting = unshipped(order, fulfillment_order_id, parcel_id)
    if not waiting and share.parcel_ids and (parcel_id is not None or not _before_shipping(share)):
        return []
    _require(order, share, "ship")
    bare = [each.parcel_id for each in waiting if each.label is None and each.voided]
    if bare:
        raise NotAllowed(f"the label was voided: buy another for {', '.join(bare)}, then ship")
    events: list[OrderEvent] = []
    skus: set[str] = set()
    for parcel in waiting:
        units, complete = fitting(order.kits, parcel, skus)
        if units:
            events.append(
                ev.UnitsShipped(
                    fulfillment_order_id=fulfillment_order_id,
                    parcel_id=parcel.parcel_id,
                    location_id=share.location_id,
                    units=units,
                    complete=complete,
                )
            )
        if not complete:
            break
        delivered_at = first_delivery(parcel.scans)
        if delivered_at is not None and share.way is Way.DELIVERY:
            events.append(ev.ParcelDelivered(parcel_id=parcel.parcel_id, at=delivered_at))
    return [*events, *late(order, events)]


def fitting(recipes: Recipes, parcel: Parcel, skus: set[str]) -> tuple[tuple[LineUnits, ...], bool]:
    """Units of the parcel that still fit beside `skus` (which grows), and whether that is all that is left in it."""
    units: list[LineUnits] = []
    for unit in parcel.contents:
        if unit.line_id in parcel.shipped:
            continue
        moved = skus | set(shelf_skus(recipes, unit.sku))
        if len(moved) > MAX_STOCK_KEYS:
            return tuple(units), False
        skus |= moved
        units.append(unit)
    return tuple(units), True


def deliver(order: Order, fulfillment_order_id: str, *, at: datetime, parcel_id: str | None = None) -> list[OrderEvent]:
    """Parcels were handed to the customer, and staff say so where no carrier does: all that left, or the named one.

    Raises:
        NotAllowed: nothing is on its way.
        NotFound: the fulfillment order has no such parcel.
    """
    share = fulfillment_order(order, fulfillment_order_id)
    parcels = _parcels(order, fulfillment_order_id, parcel_id)
    under_way = [each for each in parcels if each.shipped_at is not None and each.delivered_at is None]
    if not under_way:
        parcels = [each for each in parcels if each.contents]
        done = bool(parcels) and all(each.delivered_at is not None for each in parcels)
        if done and (parcel_id is not None or not _before_shipping(share)):
            return []
        raise refused(order, share, "deliver")
    _require(order, share, "deliver")
    return [ev.ParcelDelivered(parcel_id=each.parcel_id, at=at) for each in under_way]


def _parcels(order: Order, fulfillment_order_id: str, parcel_id: str | None) -> list[Parcel]:
    share = fulfillment_order(order, fulfillment_order_id)
    if parcel_id is None:
        return [order.parcels[each] for each in share.parcel_ids]
    if parcel_id not in share.parcel_ids:
        known = ", ".join(share.parcel_ids) or "none"
        raise NotFound(f"fulfillment order {fulfillment_order_id} has no parcel {parcel_id!r}; it has {known}")
    return [order.parcels[parcel_id]]


def _units(order: Order, share: FulfillmentOrder, source: UnitState, wish: Wish | None) -> tuple[LineUnits, ...]:
    """The wished units, of those that stand at `source`; all of them when nothing is wished in particular."""
    there = {line_id: counts.get(source, 0) for line_id, counts in share.lines.items()}
    if wish is None:
        wish = {line_id: count for line_id, count in there.items() if count}
    unknown = sorted(set(wish) - set(there))
    if unknown:
        raise NotFound(f"fulfillment order {share.fulfillment_order_id} has no line {', '.join(unknown)}")
    if not wish or min(wish.values()) < 1:
        raise InvalidInput("name at least one line, and at least one unit of each", path="lines")
    short = [
        FieldError(f"lines.{line_id}", f"{there[line_id]} units are {source}, not {quantity}")
        for line_id, quantity in wish.items()
        if quantity > there[line_id]
    ]
    if short:
        raise NotAllowed(f"fewer units of {share.fulfillment_order_id} are {source} than wished", errors=short)
    return tuple(
        LineUnits(line_id=line_id, sku=order.lines[line_id].placed.sku, quantity=quantity)
        for line_id, quantity in wish.items()
    )


def _live(share: FulfillmentOrder) -> bool:
    return any(count for state, count in share.counts.items() if state is not UnitState.CANCELLED)


def _before_shipping(share: FulfillmentOrder) -> bool:
    states: Sequence[UnitState] = (UnitState.ALLOCATED, UnitState.PICKED, UnitState.PACKED)
    return any(share.counts.get(state) for state in states)


def _require(order: Order, share: FulfillmentOrder, action: str) -> None:
    if action not in order.actions_of(share):
        raise refused(order, share, action)


def refused(order: Order, share: FulfillmentOrder, action: str) -> NotAllowed:
    """The error that says why an action is not possible now, and what is."""
    reasons = ", ".join(sorted({hold.reason.value for hold in order.holds.values()}))
    if share.status is FulfillmentStatus.SCHEDULED and order.placed.release_at is not None:
        return NotAllowed(
            f"cannot {action} fulfillment order {share.fulfillment_order_id}: it is {share.status},"
            f" and is released at {to_text(order.placed.release_at)}"
        )
    return NotAllowed(
        f"cannot {action} fulfillment order {share.fulfillment_order_id}: it is {share.status}"
        + (f" and its order is held ({reasons})" if reasons else "")
        + (" and its order is not paid for in full" if action == "ship" and order.covered < order.due else "")
        + f"; allowed now: {', '.join(order.actions_of(share)) or 'nothing'}"
    )
