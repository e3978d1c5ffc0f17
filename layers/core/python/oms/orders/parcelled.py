"""What becomes of an order by what happens to its parcels: packed, labelled, shipped, followed, delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from oms.ids import fulfillment_order_of
from oms.orders import events as ev
from oms.orders.events import UnitState
from oms.orders.moving import (
    BrokenHistory,
    move,
    move_all,
    parcel_of,
    share_of,
    units_by_line,
    with_fulfillment,
    with_parcel,
)
from oms.orders.order import Order, Parcel
from oms.orders.reached import ParcelStateReached
from oms.orders.settlement import paid_in_advance


def packed(order: Order, event: ev.UnitsPacked) -> Order:
    """A new parcel with units that were picked."""
    if event.parcel_id in order.parcels or fulfillment_order_of(event.parcel_id) != event.fulfillment_order_id:
        raise BrokenHistory(f"{event.parcel_id} is no new parcel of {event.fulfillment_order_id}")
    order = move_all(order, event.units, UnitState.PICKED, UnitState.PACKED, event.fulfillment_order_id)
    share = share_of(order, event.fulfillment_order_id)
    order = with_fulfillment(order, replace(share, parcel_ids=(*share.parcel_ids, event.parcel_id)))
    return with_parcel(order, Parcel(event))


def shipped(order: Order, event: ev.UnitsShipped, at: datetime) -> Order:
    """Units of a parcel have left its location; with the last of them it is on its way."""
    parcel, share = parcel_of(order, event.parcel_id), share_of(order, event.fulfillment_order_id)
    if event.parcel_id not in share.parcel_ids or event.location_id != share.location_id:
        raise BrokenHistory(f"{event.parcel_id} does not leave {event.location_id} for {event.fulfillment_order_id}")
    order = move_all(order, event.units, UnitState.PACKED, UnitState.SHIPPED, event.fulfillment_order_id)
    shipped = units_by_line(event.units, parcel.shipped)
    packed = units_by_line(parcel.contents)
    whole = shipped == packed
    if event.complete != whole or any(count > packed.get(line_id, 0) for line_id, count in shipped.items()):
        raise BrokenHistory(f"{event.parcel_id}: what is shipped is not what was packed")
    if event.complete:
        order = leaves(order, event.parcel_id)
    return with_parcel(order, replace(parcel, shipped=shipped, shipped_at=at if event.complete else None))


def leaves(order: Order, shipment: str) -> Order:
    """Note what was paid in advance when a shipment left: what it costs the other tenders never changes after that."""
    in_advance = paid_in_advance(order.after_sale.refunds, order.payments)
    return replace(order, paid_before={shipment: in_advance, **order.paid_before})


def delivered(order: Order, event: ev.ParcelDelivered) -> Order:
    """A parcel is at the door, with all that was shipped in it."""
    parcel = parcel_of(order, event.parcel_id)
    if parcel.shipped_at is None or parcel.delivered_at is not None:
        raise BrokenHistory(f"{event.parcel_id} has not left, or is delivered already")
    fulfillment_order = fulfillment_order_of(event.parcel_id)
    for line_id, quantity in parcel.shipped.items():
        order = move(order, line_id, UnitState.SHIPPED, UnitState.DELIVERED, quantity, fulfillment_order)
    return with_parcel(order, replace(parcel, delivered_at=event.at))


def labelled(parcel: Parcel, event: ev.LabelBought | ev.LabelVoided) -> Parcel:
    """A parcel has a label, or has none again."""
    if isinstance(event, ev.LabelBought):
        return replace(parcel, label=event)
    return replace(parcel, label=None, voided=parcel.voided + 1)


def followed(parcel: Parcel, event: ev.ParcelTracked | ParcelStateReached) -> Parcel:
    """What is known of where a parcel is."""
    if isinstance(event, ParcelStateReached):
        return replace(parcel, reached=parcel.reached | {event.status})
    return replace(parcel, scans=(*parcel.scans, event))
