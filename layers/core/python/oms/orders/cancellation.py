"""What may be decided about units that nobody wants any more: cancel them, or ask the location that works on them.

Each function is pure: from the state and the wish to the events, or to an error that says why not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oms.errors import NotAllowed, NotFound
from oms.orders import decisions
from oms.orders.cancelling import CancellationDeclined, CancellationRequest, CancellationRequested
from oms.orders.draft import Draft
from oms.orders.events import CancelledUnits, LineUnits, OrderEvent, UnitsCancelled, UnitState
from oms.orders.kits import shelf_skus
from oms.orders.order import FulfillmentOrder, Order
from oms.orders.reasons import CancellationReason

LATE = "the units have left"
"""The reason of a request that nobody answered before its units were booked out."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Events to append at once; `complete` when nothing of the wish is left after them."""

    events: tuple[OrderEvent, ...]
    complete: bool = True


def cancel_or_ask(
    order: Order,
    wish: Mapping[str, int] | None = None,
    *,
    reason: str = "",
    code: CancellationReason = CancellationReason.OTHER,
) -> Cancelled:
    """Cancel units at once that nobody works on, and ask the locations for the others; None is all that can be.

    An order of very many skus is cancelled in several decisions; the last one asks.

    Raises:
        NotAllowed: names each line and how many of its units can still be cancelled or asked for.
        NotFound: a line that the order does not have.
        InvalidInput: less than one unit of a line.
    """
    possible = {line_id: order.cancellable(line_id) + order.askable(line_id) for line_id in order.lines}
    wish = decisions.wished(order, wish, possible, "they have left, or their location is asked already")
    at_once = {line_id: min(count, order.cancellable(line_id)) for line_id, count in wish.items()}
    at_once = {line_id: count for line_id, count in at_once.items() if count}
    draft = Draft(order)
    if at_once:
        draft.add(decisions.cancel(order, at_once, reason=reason, code=code))
    if sum(units_cancelled(draft.events).values()) < sum(at_once.values()):
        return Cancelled(tuple(draft.events), complete=False)
    rest = {line_id: count - at_once.get(line_id, 0) for line_id, count in wish.items()}
    draft.add(ask(draft.order, {line_id: count for line_id, count in rest.items() if count}, reason=reason, code=code))
    return Cancelled(tuple(draft.events))


def ask(
    order: Order,
    wish: Mapping[str, int],
    *,
    reason: str = "",
    code: CancellationReason = CancellationReason.OTHER,
) -> list[OrderEvent]:
    """Ask each location concerned to put units back that it works on: of those, the ones with the least work done.

    The caller has made sure that there are so many (see `Order.askable`).
    """
    rest = dict(wish)
    events: list[OrderEvent] = []
    for share in order.fulfillment_orders.values():
        units = []
        for line_id in share.lines:
            count = min(rest.get(line_id, 0), order.askable_at(share, line_id))
            if count > 0:
                rest[line_id] -= count
                units.append(LineUnits(line_id=line_id, sku=order.lines[line_id].placed.sku, quantity=count))
        if units:
            events.append(
                CancellationRequested(
                    request_id=_request_id(order, share),
                    fulfillment_order_id=share.fulfillment_order_id,
                    units=tuple(units),
                    reason=reason,
                    code=code,
                )
            )
    return events


def _request_id(order: Order, share: FulfillmentOrder) -> str:
    known = sum(_concerns(each, share.fulfillment_order_id) for each in order.cancellations.values())
    return f"{share.fulfillment_order_id}-c{known + 1}"


def open_requests(order: Order, fulfillment_order_id: str) -> list[CancellationRequest]:
    """What a location is asked for and has not answered, the oldest first."""
    return [
        each for each in order.cancellations.values() if _concerns(each, fulfillment_order_id) and order.asked_for(each)
    ]


def accept(order: Order, fulfillment_order_id: str, request_id: str | None = None) -> Cancelled:
    """The location puts the units back: exactly those that it was asked for and still has, and their stock is free.

    Without a `request_id` all open requests are accepted. Very many skus take several decisions. A request that is
    accepted already gives no events.

    Raises:
        NotFound: the order has no such fulfillment order, or it no such request.
        NotAllowed: nothing is asked of the location, or the request was declined.
    """
    requests = _to_answer(order, fulfillment_order_id, request_id)
    draft = Draft(order)
    skus: set[str] = set()
    for request in requests:
        units: list[CancelledUnits] = []
        complete = True
        for line_id, count in draft.order.asked_for(request).items():
            skus.update(shelf_skus(order.kits, order.lines[line_id].placed.sku))
            if len(skus) > decisions.MAX_STOCK_KEYS:
                complete = False
                break
            units += taken_back(draft.order, draft.order.fulfillment_orders[fulfillment_order_id], line_id, count)
        if units:
            cancelled = UnitsCancelled(
                units=tuple(units),
                reason=request.requested.reason,
                code=request.requested.code,
                request_id=request.request_id,
            )
            draft.add([cancelled])
        if not complete:
            return Cancelled(tuple(draft.events), complete=False)
    return Cancelled(tuple(draft.events))


def decline(order: Order, fulfillment_order_id: str, reason: str, request_id: str | None = None) -> list[OrderEvent]:
    """The units go out all the same. Without a `request_id` all open requests are declined.

    Raises:
        NotFound: the order has no such fulfillment order, or it no such request.
        NotAllowed: nothing is asked of the location, or the request was accepted.
    """
    requests = _to_answer(order, fulfillment_order_id, request_id, declining=True)
    return [CancellationDeclined(request_id=each.request_id, reason=reason) for each in requests]


def late(order: Order, events: Sequence[OrderEvent]) -> list[OrderEvent]:
    """Declines the requests whose last units leave with these events."""
    after = Draft(order)
    after.add(events)
    return [
        CancellationDeclined(request_id=each.request_id, reason=LATE, late=True)
        for each in order.cancellations.values()
        if order.asked_for(each) and not after.order.asked_for(each)
    ]


def _to_answer(
    order: Order, fulfillment_order_id: str, request_id: str | None, *, declining: bool = False
) -> list[CancellationRequest]:
    """The open requests that an answer is about; none when the same answer was given already."""
    if fulfillment_order_id not in order.fulfillment_orders:
        raise NotFound(f"there is no fulfillment order {fulfillment_order_id}")
    waiting = open_requests(order, fulfillment_order_id)
    if request_id is None:
        if waiting:
            return waiting
        request_id = next(
            (key for key in reversed(order.cancellations) if _concerns(order.cancellations[key], fulfillment_order_id)),
            None,
        )
        if request_id is None:
            raise NotAllowed(f"fulfillment order {fulfillment_order_id} is not asked to put anything back")
    request = order.cancellations.get(request_id)
    if request is None or not _concerns(request, fulfillment_order_id):
        raise NotFound(f"fulfillment order {fulfillment_order_id} has no cancellation {request_id!r}")
    if request in waiting:
        return [request]
    if (request.declined is not None) == declining:
        return []
    raise NotAllowed(f"cancellation {request_id} is {order.cancellation_status(request)}")


def _concerns(request: CancellationRequest, fulfillment_order_id: str) -> bool:
    return request.requested.fulfillment_order_id == fulfillment_order_id


def taken_back(order: Order, share: FulfillmentOrder, line_id: str, quantity: int) -> list[CancelledUnits]:
    """Choose the units that a location gives back: from the shelf first, out of a closed parcel last.

    Raises:
        NotAllowed: some of them are being booked out.
    """
    taken: list[CancelledUnits] = []

    def take(available: int, source: UnitState, parcel_id: str = "") -> None:
        nonlocal quantity
        count = min(available, quantity)
        if count > 0:
            quantity -= count
            taken.append(
                CancelledUnits(
                    line_id=line_id,
                    sku=order.lines[line_id].placed.sku,
                    quantity=count,
                    source=source,
                    fulfillment_order_id=share.fulfillment_order_id,
                    location_id=share.location_id,
                    parcel_id=parcel_id,
                )
            )

    counts = share.lines[line_id]
    take(counts.get(UnitState.ALLOCATED, 0), UnitState.ALLOCATED)
    take(counts.get(UnitState.PICKED, 0), UnitState.PICKED)
    for parcel_id in reversed(share.parcel_ids):
        parcel = order.parcels[parcel_id]
        if not parcel.shipped:
            inside = sum(unit.quantity for unit in parcel.contents if unit.line_id == line_id)
            take(inside, UnitState.PACKED, parcel_id)
    if quantity:
        raise NotAllowed(f"{quantity} units of line {line_id} are being booked out: try again")
    return taken


def units_cancelled(events: Iterable[OrderEvent]) -> dict[str, int]:
    """Units by line that these events cancel or ask for; a line's units may have been at several locations."""
    units: dict[str, int] = {}
    for event in events:
        if isinstance(event, UnitsCancelled | CancellationRequested):
            for gone in event.units:
                units[gone.line_id] = units.get(gone.line_id, 0) + gone.quantity
    return units
