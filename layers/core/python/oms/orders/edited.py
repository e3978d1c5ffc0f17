"""What edits, and cancellations that locations are asked for, make of an order's state: a part of the fold.

Each function refuses what cannot have happened with `ValueError`, which the fold tells as a broken history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from oms.orders.cancelling import CancellationDeclined, CancellationRequest, CancellationRequested
from oms.orders.editing import LinesAdded, ShippingServiceChanged
from oms.orders.events import CancelledUnits, UnitState
from oms.orders.order import Line, Order, Parcel
from oms.orders.rejecting import RejectedUnits
from oms.orders.sold import PlacedLine


def check_shares(line: PlacedLine) -> None:
    """The amounts of a line's units add up to the line's.

    Raises:
        ValueError: they do not, or they are shared over another number of units.
    """
    counts = [run.count for run in line.units]
    if min(counts, default=0) < 1 or sum(counts) != line.quantity:
        raise ValueError(f"line {line.line_id}: amounts are shared over another number of units")
    shared = sum(run.count * run.net for run in line.units), sum(run.count * run.tax for run in line.units)
    if shared != (line.net, line.tax):
        raise ValueError(f"line {line.line_id}: the units' amounts do not add up to the line's")


def recorded(
    order: Order,
    event: LinesAdded | ShippingServiceChanged | CancellationRequested | CancellationDeclined,
    at: datetime,
) -> Order:
    """The order after one more event of an edit or a request.

    Raises:
        ValueError: it cannot have happened.
    """
    match event:
        case LinesAdded():
            return _added(order, event)
        case ShippingServiceChanged():
            return _shipping(order, event)
        case CancellationRequested():
            return _requested(order, event, at)
        case CancellationDeclined():
            request = _open_request(order, event.request_id)
            return _with(order, replace(request, declined=event, answered_at=at))


def put_back(order: Order, request_id: str, units: Iterable[CancelledUnits], at: datetime) -> Order:
    """The request, after the location put these units back because of it.

    Raises:
        ValueError: there is no such request, or it does not ask for so many.
    """
    request = _open_request(order, request_id)
    cancelled, left = dict(request.cancelled), order.asked_for(request)
    for unit in units:
        cancelled[unit.line_id] = cancelled.get(unit.line_id, 0) + unit.quantity
        left[unit.line_id] = left.get(unit.line_id, 0) - unit.quantity
        if left[unit.line_id] < 0 or unit.fulfillment_order_id != request.requested.fulfillment_order_id:
            raise ValueError(f"{request_id} does not ask for so many units of line {unit.line_id}")
    return _with(order, replace(request, cancelled=cancelled, answered_at=at))


def unpacked(parcel: Parcel, unit: CancelledUnits | RejectedUnits) -> Parcel:
    """The parcel without units that were put back, or that its location does not send.

    Raises:
        ValueError: they are not in it.
    """
    inside = sum(each.quantity for each in parcel.contents if each.line_id == unit.line_id)
    if parcel.shipped or inside < unit.quantity:
        raise ValueError(f"{parcel.parcel_id} has no {unit.quantity} units of line {unit.line_id} to take out")
    return replace(parcel, removed=_plus(parcel.removed, unit.line_id, unit.quantity))


def _added(order: Order, event: LinesAdded) -> Order:
    lines = dict(order.lines)
    for line in event.lines:
        if line.line_id in lines:
            raise ValueError(f"order {order.order_id} has a line {line.line_id} already")
        check_shares(line)
        if min(line.net, line.tax) < 0:
            raise ValueError(f"line {line.line_id} costs less than nothing")
        lines[line.line_id] = Line(line, {UnitState.OPEN: line.quantity}, added=True)
    return replace(order, lines=lines)


def _shipping(order: Order, event: ShippingServiceChanged) -> Order:
    before = order.shipping_charge
    fresh = event.charge
    difference = (fresh.net - before[0], fresh.tax - before[1]) if fresh else (0, 0)
    if difference != (event.net, event.tax):
        raise ValueError(f"order {order.order_id}: shipping cost {before}, and the difference is not {event}")
    if any(difference) and order.has_left:
        raise ValueError(f"order {order.order_id}: shipping was paid with what has left")
    after = replace(
        order,
        shipping_changes=(*order.shipping_changes, event),
    )
    if order.after_sale.credited_charges > max(0, after.charges_total):
        raise ValueError(f"order {order.order_id}: more of the charges is credited than is left of them")
    return after


def _requested(order: Order, event: CancellationRequested, at: datetime) -> Order:
    if event.request_id in order.cancellations or event.fulfillment_order_id not in order.fulfillment_orders:
        raise ValueError(f"{event.request_id} is no new request to a fulfillment order of {order.order_id}")
    after = _with(order, CancellationRequest(event, at))
    if after.asked_for(after.cancellations[event.request_id]) != after.cancellations[event.request_id].left():
        raise ValueError(f"{event.request_id} asks for units that nobody works on")
    return after


def _open_request(order: Order, request_id: str) -> CancellationRequest:
    request = order.cancellations.get(request_id)
    if request is None or not request.left():
        raise ValueError(f"there is no open request {request_id}")
    return request


def _with(order: Order, request: CancellationRequest) -> Order:
    return replace(order, cancellations={**order.cancellations, request.request_id: request})


def _plus(counts: Mapping[str, int], name: str, count: int) -> dict[str, int]:
    return {**counts, name: counts.get(name, 0) + count}
