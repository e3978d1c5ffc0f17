"""The state of an order, and the figures derived from it; `evolve` makes it of the events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from oms.orders import after_sale as back
from oms.orders import events as ev
from oms.orders.contact import Contact
from oms.orders.events import OrderEvent, UnitState
from oms.orders.screening import Screened
from oms.orders.transitions import (
    CANCELLABLE,
    FulfillmentStatus,
    OrderStatus,
    fulfillment_actions,
    fulfillment_status,
    order_status,
)
from oms.payments.ledger import Ledger, captured, covered, refunded

Counts = Mapping[UnitState, int]


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


@dataclass(frozen=True, slots=True)
class Line:
    """A line and where its units are; the counts always add up to the ordered quantity."""

    placed: ev.PlacedLine
    counts: Counts
    backordered_at: datetime | None = None
    """When its units that wait for stock began to."""

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
    scheduled: bool = False
    """Whether the order was not released to its locations yet."""

    @property
    def counts(self) -> Counts:
        """Units over all lines."""
        return _sum(self.lines.values())

    @property
    def status(self) -> FulfillmentStatus:
        """Derived from units, acceptance, and whether the order is released."""
        return fulfillment_status(self.counts, accepted=self.accepted, scheduled=self.scheduled)


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
    opened_by: str = ""
    """Who opened it: the actor of the entry."""
    owner: str = ""
    """Who takes care of it."""


@dataclass(frozen=True, slots=True)
class ReleasedHold:
    """A reason why work waited once; when, by whom and with what note it was let go."""

    hold: Hold
    at: datetime
    released_by: str
    note: str


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
    released_holds: tuple[ReleasedHold, ...] = ()
    screening: Screened = field(default_factory=Screened)
    payments: Ledger = field(default_factory=dict)
    confirmed: ev.OrderConfirmed | None = None
    released_at: datetime | None = None
    """When the remorse window was closed; None for an order that has none."""
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
    def released(self) -> bool:
        """Whether locations may work on what they are allocated."""
        return self.placed.release_at is None or self.released_at is not None

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
        return tuple(possible + [f"{action}:{handle}" for handle in self.holds for action in ("release", "assign")])

    def actions_of(self, fulfillment_order: FulfillmentOrder) -> tuple[str, ...]:
        """What the location can do now with its share."""
        if fulfillment_order.status is FulfillmentStatus.SCHEDULED:
            return ()
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


def _sum(counts: Iterable[Counts]) -> Counts:
    result: dict[UnitState, int] = {}
    for each in counts:
        for state, count in each.items():
            result[state] = result.get(state, 0) + count
    return result


def expected_delivery(order: Order) -> date | None:
    """The date that the customer was told."""
    return order.confirmed.expected_delivery if order.confirmed else None
