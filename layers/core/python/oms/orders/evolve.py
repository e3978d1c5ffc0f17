"""The fold: `evolve(state, event) -> state`, pure, refusing whatever cannot have happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import ParamSpec, TypeVar

from oms.orders import after_sale as back
from oms.orders import events as ev
from oms.orders import outward, parcelled
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
from oms.orders.moving import BrokenHistory, move, move_all, named, parcel_of, share_of, with_fulfillment, with_parcel
from oms.orders.order import PROVIDED, Entry, FulfillmentOrder, Hold, Line, Order, ReleasedHold
from oms.orders.pickup import PickupCollected, PickupExpired, PickupReady, PickupReminded
from oms.orders.promising import PromiseChanged, told
from oms.orders.promising import recorded as promised
from oms.orders.reached import ParcelStateReached
from oms.orders.rejected import readmitted, rejected
from oms.orders.rejecting import LocationReadmitted, UnitsRejected
from oms.orders.reserving import ReservationUsed, used
from oms.orders.screening import CONTACT_THAT_MATTERS, OrderScreened, let_pass, recorded
from oms.orders.substituting import SubstituteAccepted, SubstituteOffered, SubstituteRefused
from oms.orders.substituting import recorded as offered
from oms.orders.way_back import ReturnLabelIssued, ReturnTracked
from oms.payments.disputes import DisputeOpened
from oms.payments.ledger import PaymentEvent, PaymentRefundFailed, record

Thing = TypeVar("Thing")
P = ParamSpec("P")


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
            taken = replace(named(order.holds, event.handle, "hold"), owner=event.owner)
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
                order = move(order, unit.line_id, UnitState.OPEN, UnitState.BACKORDERED, unit.quantity)
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
                order = move(
                    order,
                    each.line_id,
                    UnitState.ALLOCATED,
                    UnitState.OPEN,
                    each.quantity,
                    each.fulfillment_order_id,
                )
            return order
        case UnitsRejected():
            return _checked(rejected, order, event, at, move)
        case SubstituteOffered() | SubstituteAccepted() | SubstituteRefused():
            return _checked(offered, order, event, at)
        case LocationReadmitted():
            return _checked(readmitted, order, event)
        case LinesAdded() | ShippingServiceChanged() | CancellationRequested() | CancellationDeclined():
            return _checked(edited, order, event, at)
        case ev.UnitsProvided():
            return parcelled.leaves(move_all(order, event.units, UnitState.OPEN, UnitState.DELIVERED), PROVIDED)
        case ev.FulfillmentAccepted():
            return with_fulfillment(order, replace(share_of(order, event.fulfillment_order_id), accepted=True))
        case ev.UnitsPicked():
            return move_all(order, event.units, UnitState.ALLOCATED, UnitState.PICKED, event.fulfillment_order_id)
        case ev.UnitsPacked():
            return parcelled.packed(order, event)
        case ev.LabelBought() | ev.LabelVoided():
            return with_parcel(order, parcelled.labelled(parcel_of(order, event.parcel_id), event))
        case ev.UnitsShipped():
            return parcelled.shipped(order, event, at)
        case ev.ParcelTracked() | ParcelStateReached():
            return with_parcel(order, parcelled.followed(parcel_of(order, event.parcel_id), event))
        case ev.ParcelDelivered():
            return parcelled.delivered(order, event)
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
        parcel = parcel_of(order, gone.parcel_id)
        if parcel.packed.fulfillment_order_id != gone.fulfillment_order_id:
            raise BrokenHistory(f"{gone.parcel_id} is no parcel of {gone.fulfillment_order_id}")
        taken_out = unpacked if gone.source is UnitState.PACKED else not_fetched
        order = with_parcel(order, _checked(taken_out, parcel, gone))
    return move(order, gone.line_id, gone.source, UnitState.CANCELLED, gone.quantity, gone.fulfillment_order_id)


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
    hold = named(order.holds, event.handle, "hold")
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
            named(order.lines, unit.line_id, "line")
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
            order = with_fulfillment(order, fresh)
        if order.fulfillment_orders[allocation.fulfillment_order_id].location_id != allocation.location_id:
            raise BrokenHistory(f"{allocation.fulfillment_order_id} is not at {allocation.location_id}")
        order = move(
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
    line = named(order.lines, line_id, "line")
    if line.counts.get(UnitState.BACKORDERED):
        return order
    return replace(order, lines={**order.lines, line_id: replace(line, backordered_at=at)})


def _released(order: Order, at: datetime) -> Order:
    if order.released:
        raise BrokenHistory(f"order {order.order_id} has nothing that keeps it from its locations")
    shares = {each: replace(share, scheduled=False) for each, share in order.fulfillment_orders.items()}
    return replace(order, released_at=at, fulfillment_orders=shares)
