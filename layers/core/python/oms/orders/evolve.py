"""The fold: `evolve(state, event) -> state`, pure, refusing whatever cannot have happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import ParamSpec, TypeVar

from oms.ids import fulfillment_order_of
from oms.orders import after_sale as back
from oms.orders import events as ev
from oms.orders import outward
from oms.orders.at_the_counter import not_fetched, pickup_of
from oms.orders.at_the_counter import recorded as at_the_counter
from oms.orders.booking import booked
from oms.orders.cancelling import CancellationDeclined, CancellationRequested
from oms.orders.contact import newest
from oms.orders.edited import check_shares, put_back, unpacked
from oms.orders.edited import recorded as edited
from oms.orders.editing import LinesAdded, ShippingServiceChanged, UnitsReleased
from oms.orders.events import OrderEvent, UnitState
from oms.orders.exchanges import ExchangeCancelled, ExchangeLapsed, ExchangePlaced, ExchangeRequested
from oms.orders.holding import HoldAssigned
from oms.orders.kits import ComponentsFixed, fixed
from oms.orders.order import PROVIDED, Counts, Entry, FulfillmentOrder, Hold, Line, Order, Parcel, ReleasedHold
from oms.orders.pickup import PickupCollected, PickupExpired, PickupReady, PickupReminded
from oms.orders.promising import PromiseChanged, told
from oms.orders.promising import recorded as promised
from oms.orders.reached import ParcelStateReached
from oms.orders.rejected import readmitted, rejected
from oms.orders.rejecting import LocationReadmitted, UnitsRejected
from oms.orders.reserving import ReservationUsed, used
from oms.orders.screening import CONTACT_THAT_MATTERS, OrderScreened, let_pass, recorded
from oms.orders.settlement import paid_in_advance
from oms.orders.substituting import SubstituteAccepted, SubstituteOffered, SubstituteRefused
from oms.orders.substituting import recorded as offered
from oms.orders.transitions import AT_LOCATION, MOVES
from oms.orders.way_back import ReturnLabelIssued, ReturnTracked
from oms.payments.disputes import DisputeOpened
from oms.payments.ledger import PaymentEvent, PaymentRefundFailed, record

Thing = TypeVar("Thing")
P = ParamSpec("P")


class BrokenHistory(Exception):
    """The log says something that cannot have happened: a decision was wrong, and folding stops here."""


def fold(entries: Iterable[Entry], order: Order | None = None) -> Order | None:
    """The order after these entries of its log, from its beginning or from a state before them."""
    for entry in entries:
        for event in entry.events:
            order = evolve(order, event, order_id=entry.order_id, at=entry.at, actor=entry.actor)
        if order is not None:
            order = replace(
                order,
                version=entry.seq,
                updated_at=entry.at,
                causes=order.causes | {entry.cause},
                contact=newest(order.contact, entry.contact),
            )
    return order


def evolve(order: Order | None, event: OrderEvent, *, order_id: str, at: datetime, actor: str = "") -> Order:
    """The state after one more event.

    Raises:
        BrokenHistory: quantities would no longer add up, the event names what the order does not have, or the order
            does not begin with `OrderPlaced`.
    """
    if isinstance(event, ev.OrderPlaced):
        if order is not None:
            raise BrokenHistory(f"order {order_id} is placed twice")
        return _placed(event, order_id, at)
    if order is None:
        raise BrokenHistory(f"order {order_id} begins with {type(event).__name__}")
    match event:
        case ev.OrderRevised():
            return replace(order, revision=event.revision, fingerprint=event.fingerprint)
        case ev.OrderHeld():
            if event.handle in order.holds:
                raise BrokenHistory(f"order {order_id} has two holds {event.handle}")
            hold = Hold(event.handle, event.reason, event.note, at, opened_by=actor)
            return replace(order, holds={**order.holds, event.handle: hold}, holds_opened=order.holds_opened + 1)
        case ev.HoldReleased():
            return _hold_released(order, event, at, actor)
        case HoldAssigned():
            taken = replace(_known(order.holds, event.handle, "hold"), owner=event.owner)
            return replace(order, holds={**order.holds, event.handle: taken})
        case OrderScreened():
            return replace(order, screening=recorded(order.screening, event, at, amount=order.due))
        case ComponentsFixed():
            return _checked(fixed, order, event)
        case ReservationUsed():
            return _checked(used, order, event)
        case ev.UnitsAllocated():
            return _allocated(order, event, at)
        case ev.UnitsBackordered():
            for unit in event.units:
                order = _waiting(order, unit.line_id, at)
                order = _move(order, unit.line_id, UnitState.OPEN, UnitState.BACKORDERED, unit.quantity)
            return _explained(order, event.explanation)
        case ev.OrderConfirmed():
            return replace(order, confirmed=event, promise=told(event.expected_delivery))
        case PromiseChanged():
            return replace(order, promise=promised(order, event))
        case ev.OrderReleased():
            return _released(order, at)
        case ev.UnitsCancelled():
            if event.request_id:
                order = _checked(put_back, order, event.request_id, event.units, at)
            for gone in event.units:
                order = _cancelled(order, gone)
            return _to_tell(order, event, at)
        case UnitsReleased():
            for each in event.units:
                order = _move(
                    order,
                    each.line_id,
                    UnitState.ALLOCATED,
                    UnitState.OPEN,
                    each.quantity,
                    each.fulfillment_order_id,
                )
            return order
        case UnitsRejected():
            return _checked(rejected, order, event, at, _move)
        case SubstituteOffered() | SubstituteAccepted() | SubstituteRefused():
            return _checked(offered, order, event, at)
        case LocationReadmitted():
            return _checked(readmitted, order, event)
        case LinesAdded() | ShippingServiceChanged() | CancellationRequested() | CancellationDeclined():
            return _checked(edited, order, event, at)
        case ev.UnitsProvided():
            return _leaves(_move_all(order, event.units, UnitState.OPEN, UnitState.DELIVERED), PROVIDED)
        case ev.FulfillmentAccepted():
            return _with_fulfillment(order, replace(_share(order, event.fulfillment_order_id), accepted=True))
        case ev.UnitsPicked():
            return _move_all(order, event.units, UnitState.ALLOCATED, UnitState.PICKED, event.fulfillment_order_id)
        case ev.UnitsPacked():
            return _packed(order, event)
        case ev.LabelBought() | ev.LabelVoided():
            return _with_parcel(order, _labelled(_parcel(order, event.parcel_id), event))
        case ev.UnitsShipped():
            return _shipped(order, event, at)
        case ev.ParcelTracked() | ParcelStateReached():
            return _with_parcel(order, _followed(_parcel(order, event.parcel_id), event))
        case ev.ParcelDelivered():
            return _delivered(order, event)
        case PickupReady() | PickupReminded() | PickupExpired() | PickupCollected():
            return _checked(at_the_counter, order, event, at)
        case outward.ChannelTold():
            return replace(order, outward=_checked(outward.told, order.outward, event, at))
        case ev.ContactChanged():
            matters = not CONTACT_THAT_MATTERS.isdisjoint(event.fields)
            return replace(order, screening=replace(order.screening, stale=True)) if matters else order
        case (
            back.ReturnRequested()
            | back.ReturnApproved()
            | back.ReturnDeclined()
            | ReturnLabelIssued()
            | ReturnTracked()
            | ExchangeRequested()
            | ExchangePlaced()
            | ExchangeLapsed()
            | ExchangeCancelled()
            | back.UnitsReceived()
            | back.ReturnClosed()
            | back.UnitsCredited()
            | back.RefundRequested()
        ):
            return _after_sale(order, event, at)
        case _:
            return _money(order, event, at)


def _checked(part: Callable[P, Thing], *arguments: P.args, **named: P.kwargs) -> Thing:
    """What a part of the fold makes, or the broken history that it found."""
    try:
        return part(*arguments, **named)
    except ValueError as error:
        raise BrokenHistory(str(error)) from error


def _cancelled(order: Order, gone: ev.CancelledUnits) -> Order:
    if bool(gone.parcel_id) != (gone.source in {UnitState.PACKED, UnitState.SHIPPED}):
        raise BrokenHistory(f"line {gone.line_id}: packed units, and no others, are taken out of a parcel")
    if gone.parcel_id:
        parcel = _parcel(order, gone.parcel_id)
        if parcel.packed.fulfillment_order_id != gone.fulfillment_order_id:
            raise BrokenHistory(f"{gone.parcel_id} is no parcel of {gone.fulfillment_order_id}")
        taken_out = unpacked if gone.source is UnitState.PACKED else not_fetched
        order = _with_parcel(order, _checked(taken_out, parcel, gone))
    return _move(order, gone.line_id, gone.source, UnitState.CANCELLED, gone.quantity, gone.fulfillment_order_id)


def _to_tell(order: Order, event: ev.UnitsCancelled, at: datetime) -> Order:
    known = outward.cancelled(
        order.outward,
        ((gone.line_id, gone.quantity) for gone in event.units),
        at,
        reason=event.reason,
        code=event.code,
        everything=not any(line.live for line in order.lines.values()),
    )
    return replace(order, outward=known)


def _hold_released(order: Order, event: ev.HoldReleased, at: datetime, actor: str) -> Order:
    hold = _known(order.holds, event.handle, "hold")
    return replace(
        order,
        holds={handle: other for handle, other in order.holds.items() if handle != event.handle},
        released_holds=(*order.released_holds, ReleasedHold(hold, at, actor, event.note)),
        screening=let_pass(order.screening) if hold.reason is ev.HoldReason.FRAUD else order.screening,
    )


def _money(order: Order, event: PaymentEvent, at: datetime) -> Order:
    try:
        payments = record(order.payments, event, at)
    except KeyError as error:
        raise BrokenHistory(f"payment {event.payment_id} has no dispute {error}") from error
    after = payments[event.payment_id]
    gone = after.refunded + after.transferred
    if gone > after.captured or after.transferred < 0:
        raise BrokenHistory(f"payment {event.payment_id}: {gone} goes back of {after.captured} charged")
    match event:
        case PaymentRefundFailed(refund_id=trouble) | DisputeOpened(dispute_id=trouble):
            return replace(order, payments=payments, troubles={trouble: at, **order.troubles})
    return replace(order, payments=payments)


def _after_sale(order: Order, event: back.AfterSaleEvent, at: datetime) -> Order:
    if isinstance(event, back.ReturnRequested) and event.return_id in order.after_sale.returns:
        raise BrokenHistory(f"return {event.return_id} is requested twice")
    if isinstance(event, ExchangeRequested) and event.exchange_id in order.after_sale.exchanges:
        raise BrokenHistory(f"exchange {event.exchange_id} is requested twice")
    try:
        after = replace(order, after_sale=back.record(order.after_sale, event, at))
    except KeyError as error:
        raise BrokenHistory(f"order {order.order_id} has no return or exchange {error}") from error
    if isinstance(event, back.ReturnRequested | back.UnitsReceived | back.UnitsCredited):
        for unit in event.units:
            _known(order.lines, unit.line_id, "line")
    if isinstance(event, back.RefundRequested):
        known = outward.refund_decided(order.outward, event.refund_id, at, credits_so_far=len(after.after_sale.credits))
        return replace(after, outward=known)
    if isinstance(event, back.UnitsCredited):
        short = [line.line_id for line in event.units if after.kept(line.line_id) < 0]
        if short or after.after_sale.credited_charges > max(0, after.charges_total):
            raise BrokenHistory(f"more is credited than was sold: lines {short}, or the charges")
    return after


def _placed(event: ev.OrderPlaced, order_id: str, at: datetime) -> Order:
    lines = {line.line_id: Line(line, {UnitState.OPEN: line.quantity}) for line in event.lines}
    if len(lines) != len(event.lines):
        raise BrokenHistory(f"order {order_id} has two lines of one id")
    for line in event.lines:
        _checked(check_shares, line)
    return Order(
        order_id=order_id,
        version=1,
        placed=event,
        lines=lines,
        captured_at=at,
        updated_at=at,
        revision=event.revision,
        fingerprint=event.fingerprint,
    )


def _allocated(order: Order, event: ev.UnitsAllocated, at: datetime) -> Order:
    for allocation in event.allocations:
        if allocation.fulfillment_order_id not in order.fulfillment_orders:
            fresh = FulfillmentOrder(
                allocation.fulfillment_order_id,
                allocation.location_id,
                at,
                {},
                scheduled=not order.released,
                pickup=pickup_of(order),
            )
            order = _with_fulfillment(order, fresh)
        if order.fulfillment_orders[allocation.fulfillment_order_id].location_id != allocation.location_id:
            raise BrokenHistory(f"{allocation.fulfillment_order_id} is not at {allocation.location_id}")
        order = _move(
            order,
            allocation.line_id,
            allocation.source,
            UnitState.ALLOCATED,
            allocation.quantity,
            allocation.fulfillment_order_id,
        )
    return _checked(booked, _explained(order, event.explanation), event.bookings)


def _explained(order: Order, explanation: ev.Explanation | None) -> Order:
    return replace(order, explanations=(*order.explanations, explanation)) if explanation else order


def _waiting(order: Order, line_id: str, at: datetime) -> Order:
    """Note since when a line waits for stock: since the first of its units that still do."""
    line = _known(order.lines, line_id, "line")
    if line.counts.get(UnitState.BACKORDERED):
        return order
    return replace(order, lines={**order.lines, line_id: replace(line, backordered_at=at)})


def _released(order: Order, at: datetime) -> Order:
    if order.released:
        raise BrokenHistory(f"order {order.order_id} has nothing that keeps it from its locations")
    shares = {each: replace(share, scheduled=False) for each, share in order.fulfillment_orders.items()}
    return replace(order, released_at=at, fulfillment_orders=shares)


def _packed(order: Order, event: ev.UnitsPacked) -> Order:
    if event.parcel_id in order.parcels or fulfillment_order_of(event.parcel_id) != event.fulfillment_order_id:
        raise BrokenHistory(f"{event.parcel_id} is no new parcel of {event.fulfillment_order_id}")
    order = _move_all(order, event.units, UnitState.PICKED, UnitState.PACKED, event.fulfillment_order_id)
    share = _share(order, event.fulfillment_order_id)
    order = _with_fulfillment(order, replace(share, parcel_ids=(*share.parcel_ids, event.parcel_id)))
    return _with_parcel(order, Parcel(event))


def _shipped(order: Order, event: ev.UnitsShipped, at: datetime) -> Order:
    parcel, share = _parcel(order, event.parcel_id), _share(order, event.fulfillment_order_id)
    if event.parcel_id not in share.parcel_ids or event.location_id != share.location_id:
        raise BrokenHistory(f"{event.parcel_id} does not leave {event.location_id} for {event.fulfillment_order_id}")
    order = _move_all(order, event.units, UnitState.PACKED, UnitState.SHIPPED, event.fulfillment_order_id)
    shipped = _units_by_line(event.units, parcel.shipped)
    packed = _units_by_line(parcel.contents)
    whole = shipped == packed
    if event.complete != whole or any(count > packed.get(line_id, 0) for line_id, count in shipped.items()):
        raise BrokenHistory(f"{event.parcel_id}: what is shipped is not what was packed")
    if event.complete:
        order = _leaves(order, event.parcel_id)
    return _with_parcel(order, replace(parcel, shipped=shipped, shipped_at=at if event.complete else None))


def _leaves(order: Order, shipment: str) -> Order:
    """Note what was paid in advance when a shipment left: what it costs the other tenders never changes after that."""
    in_advance = paid_in_advance(order.after_sale.refunds, order.payments)
    return replace(order, paid_before={shipment: in_advance, **order.paid_before})


def _delivered(order: Order, event: ev.ParcelDelivered) -> Order:
    parcel = _parcel(order, event.parcel_id)
    if parcel.shipped_at is None or parcel.delivered_at is not None:
        raise BrokenHistory(f"{event.parcel_id} has not left, or is delivered already")
    fulfillment_order = fulfillment_order_of(event.parcel_id)
    for line_id, quantity in parcel.shipped.items():
        order = _move(order, line_id, UnitState.SHIPPED, UnitState.DELIVERED, quantity, fulfillment_order)
    return _with_parcel(order, replace(parcel, delivered_at=event.at))


def _units_by_line(units: Iterable[ev.LineUnits], before: Mapping[str, int] | None = None) -> dict[str, int]:
    counts = dict(before or {})
    for unit in units:
        counts[unit.line_id] = counts.get(unit.line_id, 0) + unit.quantity
    return counts


def _move_all(
    order: Order, units: Iterable[ev.LineUnits], source: UnitState, target: UnitState, fulfillment_order_id: str = ""
) -> Order:
    for unit in units:
        order = _move(order, unit.line_id, source, target, unit.quantity, fulfillment_order_id)
    return order


def _move(
    order: Order, line_id: str, source: UnitState, target: UnitState, quantity: int, fulfillment_order_id: str = ""
) -> Order:
    """Move units of a line, and of its fulfillment order when they belong to one."""
    if target not in MOVES[source]:
        raise BrokenHistory(f"line {line_id}: {source} units cannot become {target}")
    if bool(fulfillment_order_id) != bool({source, target} & AT_LOCATION or source is UnitState.SHIPPED):
        raise BrokenHistory(f"line {line_id}: units at a location, and no others, belong to a fulfillment order")
    line = _known(order.lines, line_id, "line")
    counts = _shift(line.counts, source, target, quantity, line_id)
    order = replace(order, lines={**order.lines, line_id: replace(line, counts=counts)})
    if not fulfillment_order_id:
        return order
    fulfillment = _share(order, fulfillment_order_id)
    share = fulfillment.lines.get(line_id, {})
    if target is UnitState.ALLOCATED:
        share = {**share, target: share.get(target, 0) + quantity}
    else:
        share = _shift(share, source, target, quantity, line_id)
        share = {state: count for state, count in share.items() if state is not UnitState.OPEN}
    return _with_fulfillment(order, replace(fulfillment, lines={**fulfillment.lines, line_id: share}))


def _shift(counts: Counts, source: UnitState, target: UnitState, quantity: int, line_id: str) -> Counts:
    if quantity <= 0 or counts.get(source, 0) < quantity:
        raise BrokenHistory(f"line {line_id}: {quantity} units cannot leave {source}, it has {counts.get(source, 0)}")
    return {**counts, source: counts[source] - quantity, target: counts.get(target, 0) + quantity}


def _share(order: Order, fulfillment_order_id: str) -> FulfillmentOrder:
    return _known(order.fulfillment_orders, fulfillment_order_id, "fulfillment order")


def _parcel(order: Order, parcel_id: str) -> Parcel:
    return _known(order.parcels, parcel_id, "parcel")


def _known(things: Mapping[str, Thing], name: str, kind: str) -> Thing:
    if name not in things:
        raise BrokenHistory(f"there is no {kind} {name}")
    return things[name]


def _with_fulfillment(order: Order, fulfillment: FulfillmentOrder) -> Order:
    return replace(
        order, fulfillment_orders={**order.fulfillment_orders, fulfillment.fulfillment_order_id: fulfillment}
    )


def _labelled(parcel: Parcel, event: ev.LabelBought | ev.LabelVoided) -> Parcel:
    if isinstance(event, ev.LabelBought):
        return replace(parcel, label=event)
    return replace(parcel, label=None, voided=parcel.voided + 1)


def _followed(parcel: Parcel, event: ev.ParcelTracked | ParcelStateReached) -> Parcel:
    if isinstance(event, ParcelStateReached):
        return replace(parcel, reached=parcel.reached | {event.status})
    return replace(parcel, scans=(*parcel.scans, event))


def _with_parcel(order: Order, parcel: Parcel) -> Order:
    return replace(order, parcels={**order.parcels, parcel.parcel_id: parcel})
