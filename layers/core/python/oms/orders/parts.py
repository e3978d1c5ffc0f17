"""The parts of an order: its lines, what each location ships of it, parcels and holds; `Order` has the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from oms.orders import events as ev
from oms.orders.booking import Booking
from oms.orders.events import UnitState
from oms.orders.pickup import Pickup
from oms.orders.transitions import AT_LOCATION, FulfillmentStatus, Way, fulfillment_status

Counts = Mapping[UnitState, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A line and where its units are; the counts always add up to the ordered quantity."""

    placed: ev.PlacedLine
    counts: Counts
    backordered_at: datetime | None = None
    """When its units that wait for stock began to."""
    added: bool = False
    """Whether an edit added it: the channel knows nothing of it."""

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
    bookings: tuple[Booking, ...] = ()
    """The room that its units took when they were allocated; what was cancelled since has given its room back."""
    pickup: Pickup | None = None
    """Where the customer fetches it; None for what is brought to them."""

    @property
    def way(self) -> Way:
        """How its units come to the customer."""
        if self.pickup is None:
            return Way.DELIVERY
        return Way.PICKUP if self.pickup.location_id == self.location_id else Way.TO_STORE

    @property
    def waits(self) -> bool:
        """Whether its units stand ready at a store's counter."""
        return self.pickup is not None and self.pickup.waits

    @property
    def live(self) -> bool:
        """Whether any unit of it is still meant for the customer."""
        return any(count for state, count in self.counts.items() if state is not UnitState.CANCELLED)

    @property
    def at(self) -> str:
        """The location that has to do with it now: the store, once the parcels to it have left."""
        left = not any(self.counts.get(state) for state in AT_LOCATION)
        return self.pickup.location_id if self.pickup is not None and left else self.location_id

    @property
    def counts(self) -> Counts:
        """Units over all lines."""
        return total_counts(self.lines.values())

    def in_work(self, line_id: str) -> int:
        """Units of a line that are in somebody's hands here, or on a list that somebody works through."""
        counts = self.lines.get(line_id, {})
        states = (UnitState.ALLOCATED, UnitState.PICKED, UnitState.PACKED)
        return sum(counts.get(state, 0) for state in states) if self.accepted else 0

    @property
    def status(self) -> FulfillmentStatus:
        """Derived from units, acceptance, and whether the order is released."""
        return fulfillment_status(
            self.counts,
            accepted=self.accepted,
            scheduled=self.scheduled,
            ready=self.waits,
            expired=self.pickup is not None and self.pickup.expired_at is not None,
        )


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
    reached: frozenset[ev.TrackingStatus] = frozenset()
    """States on its way that the customer is told of, each once: see `oms.orders.reached`."""
    removed: Mapping[str, int] = field(default_factory=dict)
    """Line id to units that were taken out again, because they were cancelled."""
    put_back: Mapping[str, int] = field(default_factory=dict)
    """Line id to units that came to a store, where nobody fetched them."""
    voided: int = 0
    """How many labels it had that were voided."""

    @property
    def contents(self) -> tuple[ev.LineUnits, ...]:
        """What is in the box, or was when it left."""
        if not self.removed:
            return self.packed.units
        out = dict(self.removed)
        inside = []
        for unit in self.packed.units:
            gone = min(unit.quantity, out.get(unit.line_id, 0))
            out[unit.line_id] = out.get(unit.line_id, 0) - gone
            if gone < unit.quantity:
                inside.append(replace(unit, quantity=unit.quantity - gone))
        return tuple(inside)

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


def units_value(placed: ev.PlacedLine, count: int) -> int:
    """Net and tax of a line's first `count` units."""
    value = 0
    for run in placed.units:
        taken = min(run.count, count)
        value += taken * (run.net + run.tax)
        count -= taken
    return value


def total_counts(counts: Iterable[Counts]) -> Counts:
    """Units by state over several counts."""
    result: dict[UnitState, int] = {}
    for each in counts:
        for state, count in each.items():
            result[state] = result.get(state, 0) + count
    return result
