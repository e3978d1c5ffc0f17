"""The order as a pure fold of its events: `evolve(state, event) -> state`, and the figures derived from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from oms.ids import fulfillment_order_of
from oms.orders import after_sale as back
from oms.orders import events as ev
from oms.orders.contact import Contact
from oms.orders.events import OrderEvent, UnitState
from oms.orders.transitions import (
    AT_LOCATION,
    CANCELLABLE,
    MOVES,
    FulfillmentStatus,
    OrderStatus,
    fulfillment_actions,
    fulfillment_status,
    order_status,
)
from oms.payments.ledger import Ledger, captured, covered, record, refunded

Counts = Mapping[UnitState, int]
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One decision as the log keeps it: its events, when, by whom, and the message or request that caused it.

    `seq` counts from 1 without gaps. `contact` is personal data: only the first entry and those that change it have it.
    """

    order_id: str
    seq: int
    at: datetime
    actor: str
    cause: str
    events: tuple[OrderEvent, ...]
    contact: Contact | None = None


class BrokenHistory(Exception):
    """The log says something that cannot have happened: a decision was wrong, and folding stops here."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line and where its units are; the counts always add up to the ordered quantity."""

    placed: ev.PlacedLine
    counts: Counts

    @property
    def live(self) -> int:
        """Units that are not cancelled."""
        return self.placed.quantity - self.counts.get(UnitState.CANCELLED, 0)


@dataclass(frozen=True, slots=True)
class FulfillmentOrder:
    """The share of an order that one location ships; `lines` maps line id to where the units are."""

    fulfillment_order_id: str
    location_id: str
    allocated_at: datetime
    lines: Mapping[str, Counts]
    accepted: bool = False
    parcel_ids: tuple[str, ...] = ()

    @property
    def counts(self) -> Counts:
        """Units over all lines."""
        return _sum(self.lines.values())

    @property
    def status(self) -> FulfillmentStatus:
        """Derived from units and acceptance."""
        return fulfillment_status(self.counts, accepted=self.accepted)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What went into one box, and its journey."""

    packed: ev.UnitsPacked
    label: ev.LabelBought | None = None
    shipped: Mapping[str, int] = field(default_factory=dict)
    """Line id to units that have left; equals the packed units once `shipped_at` is set."""
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    scans: tuple[ev.ParcelTracked, ...] = ()

    @property
    def parcel_id(self) -> str:
        """The parcel's id, which carries those of its fulfillment order and order."""
        return self.packed.parcel_id


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason why work waits."""

    handle: str
    reason: ev.HoldReason
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """The state of an order after `version` entries of its log."""

    order_id: str
    version: int
    placed: ev.OrderPlaced
    lines: Mapping[str, Line]
    captured_at: datetime
    """When we accepted it; the channel's own time is `placed.placed_at`."""
    updated_at: datetime
    contact: Contact | None = None
    fulfillment_orders: Mapping[str, FulfillmentOrder] = field(default_factory=dict)
    parcels: Mapping[str, Parcel] = field(default_factory=dict)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    holds_opened: int = 0
    payments: Ledger = field(default_factory=dict)
    confirmed: ev.OrderConfirmed | None = None
    revision: str = ""
    fingerprint: str = ""
    after_sale: back.AfterSale = field(default_factory=back.AfterSale)
    explanations: tuple[ev.Explanation, ...] = ()
    causes: frozenset[str] = frozenset()
    """The causes of all entries: a command whose cause is here has been done."""

    @property
    def counts(self) -> Counts:
        """Units over all lines, by where they are."""
        return _sum(line.counts for line in self.lines.values())

    @property
    def status(self) -> OrderStatus:
        """Derived from holds and units. While units that need a parcel live, the others do not count.

        A gift card that was handed over with the order makes it neither shipped nor partially so.
        """
        parcelled = _sum(line.counts for line in self.lines.values() if line.placed.requires_shipping)
        live = any(count for state, count in parcelled.items() if state is not UnitState.CANCELLED)
        return order_status(parcelled if live else self.counts, held=bool(self.holds))

    @property
    def total(self) -> int:
        """What the order cost when it was placed, in minor units: the channel's figure, which the customer was told."""
        return self.placed.total

    @property
    def charges_total(self) -> int:
        """All that is not in the lines as placed: shipping, fees and the like with tax.

        It takes in the difference between the channel's total and the sum of the figures, if a hold for that was
        released: what the customer was told is what is due.
        """
        return self.placed.total - sum(line.net + line.tax for line in self.placed.lines)

    def kept(self, line_id: str) -> int:
        """Units of a line that the customer owes: neither cancelled nor credited."""
        return self.lines[line_id].live - self.after_sale.credited_units.get(line_id, 0)

    @property
    def due(self) -> int:
        """What the customer owes in all: for the units kept, charges and fees.

        Nothing when everything is cancelled, and never less.
        """
        if self.status is OrderStatus.CANCELLED:
            return 0
        kept = sum(units_value(line.placed, self.kept(line_id)) for line_id, line in self.lines.items())
        return max(0, kept + self.charges_total - self.after_sale.credited_charges + self.after_sale.fees)

    @property
    def overcharged(self) -> int:
        """What was charged beyond what is due and has not been given back, nor is about to be.

        It is what a refund is made of, whatever led to it: a return, a cancellation, an edit, a claim.
        """
        requested = sum(part.amount for refund in self.after_sale.refunds.values() for part in refund.parts)
        failed = sum(
            part.amount
            for refund in self.after_sale.refunds.values()
            for part in refund.parts
            if refund.refund_id in self.payments[part.payment_id].failed_refunds
        )
        return max(0, self.charged - (requested - failed) - self.due)

    @property
    def charged(self) -> int:
        """Captured so far."""
        return captured(self.payments)

    @property
    def refunded(self) -> int:
        """Given back so far."""
        return refunded(self.payments)

    @property
    def covered(self) -> int:
        """Captured and not given back, or authorised and still capturable."""
        return covered(self.payments)

    @property
    def actions(self) -> tuple[str, ...]:
        """What can be done to the order now, as the API names it."""
        counts = self.counts
        possible = []
        if any(counts.get(state) for state in CANCELLABLE):
            possible.append("cancel")
        if self.status not in {OrderStatus.CANCELLED, OrderStatus.SHIPPED, OrderStatus.DELIVERED}:
            possible.append("hold")
        if not any(parcel.shipped for parcel in self.parcels.values()):
            possible.append("edit_contact")
        if any(hold.reason is ev.HoldReason.PAYMENT_DECLINED for hold in self.holds.values()):
            possible.append("pay")
        return tuple(possible + [f"release:{handle}" for handle in self.holds])

    def actions_of(self, fulfillment_order: FulfillmentOrder) -> tuple[str, ...]:
        """What the location can do now with its share."""
        return fulfillment_actions(fulfillment_order.counts, accepted=fulfillment_order.accepted, held=bool(self.holds))

    def value_between(self, line_id: str, start: int, count: int) -> int:
        """Net and tax of a line's units number `start` to `start + count`, in the order in which they are shared."""
        placed = self.lines[line_id].placed
        return units_value(placed, start + count) - units_value(placed, start)


def units_value(placed: ev.PlacedLine, count: int) -> int:
    """Net and tax of a line's first `count` units."""
    value = 0
    for run in placed.units:
        taken = min(run.count, count)
        value += taken * (run.net + run.tax)
        count -= taken
    return value


def fold(entries: Iterable[Entry], order: Order | None = None) -> Order | None:
    """The order after these entries of its log, from its beginning or from a state before them."""
    for entry in entries:
        for event in entry.events:
            order = evolve(order, event, order_id=entry.order_id, at=entry.at)
        if order is not None:
            order = replace(
                order,
                version=entry.seq,
                updated_at=entry.at,
                causes=order.causes | {entry.cause},
                contact=entry.contact if entry.contact is not None else order.contact,
            )
    return order


def evolve(order: Order | None, event: OrderEvent, *, order_id: str, at: datetime) -> Order:
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
            hold = Hold(event.handle, event.reason, event.note, at)
            return replace(order, holds={**order.holds, event.handle: hold}, holds_opened=order.holds_opened + 1)
        case ev.HoldReleased():
            _known(order.holds, event.handle, "hold")
            return replace(order, holds={h: hold for h, hold in order.holds.items() if h != event.handle})
        case ev.UnitsAllocated():
            return _allocated(order, event, at)
        case ev.UnitsBackordered():
            for unit in event.units:
                order = _move(order, unit.line_id, UnitState.OPEN, UnitState.BACKORDERED, unit.quantity)
            return order
        case ev.OrderConfirmed():
            return replace(order, confirmed=event)
        case ev.UnitsCancelled():
            for gone in event.units:
                order = _move(
                    order, gone.line_id, gone.source, UnitState.CANCELLED, gone.quantity, gone.fulfillment_order_id
                )
            return order
        case ev.UnitsProvided():
            return _move_all(order, event.units, UnitState.OPEN, UnitState.DELIVERED)
        case ev.FulfillmentAccepted():
            return _with_fulfillment(order, replace(_share(order, event.fulfillment_order_id), accepted=True))
        case ev.UnitsPicked():
            return _move_all(order, event.units, UnitState.ALLOCATED, UnitState.PICKED, event.fulfillment_order_id)
        case ev.UnitsPacked():
            return _packed(order, event)
        case ev.LabelBought():
            return _with_parcel(order, replace(_parcel(order, event.parcel_id), label=event))
        case ev.UnitsShipped():
            return _shipped(order, event, at)
        case ev.ParcelTracked():
            parcel = _parcel(order, event.parcel_id)
            return _with_parcel(order, replace(parcel, scans=(*parcel.scans, event)))
        case ev.ParcelDelivered():
            return _delivered(order, event)
        case ev.ContactChanged():
            return order
        case (
            back.ReturnRequested()
            | back.ReturnApproved()
            | back.ReturnDeclined()
            | back.UnitsReceived()
            | back.ReturnClosed()
            | back.UnitsCredited()
            | back.RefundRequested()
        ):
            return _after_sale(order, event, at)
        case _:
            return replace(order, payments=record(order.payments, event, at))


def _after_sale(order: Order, event: back.AfterSaleEvent, at: datetime) -> Order:
    if isinstance(event, back.ReturnRequested) and event.return_id in order.after_sale.returns:
        raise BrokenHistory(f"return {event.return_id} is requested twice")
    try:
        after = replace(order, after_sale=back.record(order.after_sale, event, at))
    except KeyError as error:
        raise BrokenHistory(f"order {order.order_id} has no return {error}") from error
    if isinstance(event, back.ReturnRequested | back.UnitsReceived | back.UnitsCredited):
        for unit in event.units:
            _known(order.lines, unit.line_id, "line")
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
        counts = [run.count for run in line.units]
        if min(counts, default=0) < 1 or sum(counts) != line.quantity:
            raise BrokenHistory(f"line {line.line_id}: amounts are shared over another number of units")
        shared = sum(run.count * run.net for run in line.units), sum(run.count * run.tax for run in line.units)
        if shared != (line.net, line.tax):
            raise BrokenHistory(f"line {line.line_id}: the units' amounts do not add up to the line's")
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
            fresh = FulfillmentOrder(allocation.fulfillment_order_id, allocation.location_id, at, {})
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
    if event.explanation is not None:
        order = replace(order, explanations=(*order.explanations, event.explanation))
    return order


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
    packed = _units_by_line(parcel.packed.units)
    whole = shipped == packed
    if event.complete != whole or any(count > packed.get(line_id, 0) for line_id, count in shipped.items()):
        raise BrokenHistory(f"{event.parcel_id}: what is shipped is not what was packed")
    return _with_parcel(order, replace(parcel, shipped=shipped, shipped_at=at if event.complete else None))


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


def _with_parcel(order: Order, parcel: Parcel) -> Order:
    return replace(order, parcels={**order.parcels, parcel.parcel_id: parcel})


def _sum(counts: Iterable[Counts]) -> Counts:
    result: dict[UnitState, int] = {}
    for each in counts:
        for state, count in each.items():
            result[state] = result.get(state, 0) + count
    return result


def expected_delivery(order: Order) -> date | None:
    """The date that the customer was told."""
    return order.confirmed.expected_delivery if order.confirmed else None
