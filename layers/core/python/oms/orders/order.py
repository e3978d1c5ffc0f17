"""The state of an order, and the figures derived from it; `evolve` makes it of the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from oms.orders import after_sale as back
from oms.orders import events as ev
from oms.orders import settlement
from oms.orders.cancelling import CancellationRequest, CancellationStatus
from oms.orders.contact import Contact
from oms.orders.editing import ShippingServiceChanged
from oms.orders.events import OrderEvent, UnitState
from oms.orders.kits import Recipes
from oms.orders.outward import Outward
from oms.orders.parts import Counts, FulfillmentOrder, Hold, Line, Parcel, ReleasedHold, total_counts, units_value
from oms.orders.promising import Promise
from oms.orders.rejecting import Rejection
from oms.orders.reserving import ReservationUsed
from oms.orders.screening import Screened
from oms.orders.substituting import Offer
from oms.orders.transitions import (
    AT_LOCATION,
    CANCELLABLE,
    LEAVES,
    FulfillmentStatus,
    OrderStatus,
    fulfillment_actions,
    order_status,
)
from oms.payments.ledger import Ledger, captured, covered, refunded, taken, transferred

__all__ = ["Counts", "FulfillmentOrder", "Hold", "Line", "Parcel", "ReleasedHold", "units_value"]
"""The parts of an order, which other modules look for here."""

PROVIDED = "provided"
"""Stands in place of a parcel id for the units that need no parcel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One decision as the log keeps it: its events, when, by whom, and the message or request that caused it.

    `seq` counts from 1 without gaps. `contact` is personal data: only the first entry and those that change it have it.
    So is `original`, the channel's document that the events were read from (see `oms.orders.original`).
    """

    order_id: str
    seq: int
    at: datetime
    actor: str
    cause: str
    events: tuple[OrderEvent, ...]
    contact: Contact | None = None
    original: bytes = b""


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
    troubles: Mapping[str, datetime] = field(default_factory=dict)
    """When refunds first failed and disputes were opened, by their ids."""
    screening: Screened = field(default_factory=Screened)
    payments: Ledger = field(default_factory=dict)
    paid_before: Mapping[str, int] = field(default_factory=dict)
    """What had been paid for the order as a whole when each shipment left, by parcel id (or `PROVIDED`)."""
    confirmed: ev.OrderConfirmed | None = None
    promise: Promise = field(default_factory=Promise)
    """When everything should be there, as far as it is known today."""
    released_at: datetime | None = None
    """When the remorse window was closed; None for an order that has none."""
    revision: str = ""
    fingerprint: str = ""
    after_sale: back.AfterSale = field(default_factory=back.AfterSale)
    shipping_changes: tuple[ShippingServiceChanged, ...] = ()
    kits: Recipes = field(default_factory=dict)
    """What the order's kits are made of, by sku, once units of them had a place or waited for one."""
    reservation_used: ReservationUsed | None = None
    """What had been reserved for its basket, once the order has taken it over."""
    cancellations: dict[str, CancellationRequest] = field(default_factory=dict)
    """What locations were asked to put back, by the request's id, the first first."""
    offers: Mapping[str, Offer] = field(default_factory=dict)
    """What was offered in place of what waits, by the offer's id."""
    rejections: tuple[Rejection, ...] = ()
    """What locations gave back, the first first."""
    explanations: tuple[ev.Explanation, ...] = ()
    outward: Outward = field(default_factory=Outward)
    """What the channel was told, and is to hear."""
    causes: frozenset[str] = frozenset()
    """The causes of all entries: a command whose cause is here has been done."""

    @property
    def counts(self) -> Counts:
        """Units over all lines, by where they are."""
        return total_counts(line.counts for line in self.lines.values())

    @property
    def status(self) -> OrderStatus:
        """Derived from holds and units. While units that need a parcel live, the others do not count.

        A gift card that was handed over with the order makes it neither shipped nor partially so.
        """
        parcelled = total_counts(line.counts for line in self.lines.values() if line.placed.requires_shipping)
        live = any(count for state, count in parcelled.items() if state is not UnitState.CANCELLED)
        return order_status(parcelled if live else self.counts, held=bool(self.holds))

    @property
    def released(self) -> bool:
        """Whether locations may work on what they are allocated."""
        return self.placed.release_at is None or self.released_at is not None

    @property
    def total(self) -> int:
        """What was sold in all, in minor units: the channel's figure, as the customer was told, and what edits added.

        Cancellations and credits do not lower it: see `due`.
        """
        added = sum(line.placed.net + line.placed.tax for line in self.lines.values() if line.added)
        return self.placed.total + added + self._shipping_difference

    @property
    def charges(self) -> tuple[ev.Charge, ...]:
        """The amounts beside the lines, as they are now."""
        fresh = next((each.charge for each in reversed(self.shipping_changes) if each.charge is not None), None)
        if fresh is None:
            return self.placed.charges
        others = (each for each in self.placed.charges if each.kind is not ev.ChargeKind.SHIPPING)
        return (*others, fresh)

    @property
    def shipping_charge(self) -> tuple[int, int]:
        """Net and tax of all that shipping costs."""
        shipping = [each for each in self.charges if each.kind is ev.ChargeKind.SHIPPING]
        return sum(each.net for each in shipping), sum(each.tax for each in shipping)

    @property
    def shipping_service(self) -> str:
        """The service that what has not left yet goes by, as the channel or an edit names it."""
        return self.shipping_changes[-1].service if self.shipping_changes else self.placed.shipping_service

    @property
    def _shipping_difference(self) -> int:
        return sum(each.net + each.tax for each in self.shipping_changes)

    @property
    def charges_total(self) -> int:
        """All that is not in the lines as sold: shipping, fees and the like with tax.

        It takes in the difference between the channel's total and the sum of the figures, if a hold for that was
        released: what the customer was told is what is due.
        """
        placed = self.placed.total - sum(line.net + line.tax for line in self.placed.lines)
        return placed + self._shipping_difference

    @property
    def has_left(self) -> bool:
        """Whether any unit is out of the house: on its way, delivered, or handed over by the channel."""
        return any(self.counts.get(state) for state in (UnitState.SHIPPED, UnitState.DELIVERED))

    def cancellable(self, line_id: str) -> int:
        """Units of a line that are cancelled without asking anybody: no location has taken the work on."""
        counts = self.lines[line_id].counts
        return sum(counts.get(state, 0) for state in CANCELLABLE) - sum(
            share.lines.get(line_id, {}).get(UnitState.ALLOCATED, 0)
            for share in self.fulfillment_orders.values()
            if share.accepted
        )

    def askable(self, line_id: str) -> int:
        """Units of a line that a location works on and has not been asked to put back."""
        return sum(self.askable_at(share, line_id) for share in self.fulfillment_orders.values())

    def askable_at(self, share: FulfillmentOrder, line_id: str) -> int:
        """As `askable`, of one fulfillment order."""
        open_requests = (
            self.asked_for(each)
            for each in self.cancellations.values()
            if each.requested.fulfillment_order_id == share.fulfillment_order_id
        )
        return share.in_work(line_id) - sum(asked.get(line_id, 0) for asked in open_requests)

    def asked_for(self, request: CancellationRequest) -> dict[str, int]:
        """Units by line that an open request can still bring back; what left meanwhile is not among them.

        Earlier requests to the same fulfillment order go first.
        """
        taken: dict[str, int] = {}
        share = self.fulfillment_orders[request.requested.fulfillment_order_id]
        for each in self.cancellations.values():
            if each.requested.fulfillment_order_id != share.fulfillment_order_id:
                continue
            left = {
                line_id: count
                for line_id, wanted in each.left().items()
                if (count := min(wanted, share.in_work(line_id) - taken.get(line_id, 0))) > 0
            }
            if each.request_id == request.request_id:
                return left
            for line_id, count in left.items():
                taken[line_id] = taken.get(line_id, 0) + count
        return {}

    def cancellation_status(self, request: CancellationRequest) -> CancellationStatus:
        """Where a request stands. One that was carried out in part, and for the rest came too late, is accepted."""
        if request.declined is not None and not request.cancelled:
            return CancellationStatus.DECLINED
        return CancellationStatus.REQUESTED if self.asked_for(request) else CancellationStatus.ACCEPTED

    def kept(self, line_id: str) -> int:
        """Units of a line that the customer owes: neither cancelled nor credited."""
        return self.lines[line_id].live - self.after_sale.credited_units.get(line_id, 0)

    @property
    def due(self) -> int:
        """What the customer owes in all: for the units kept, charges and fees, less what was given back by hand.

        Nothing when everything is cancelled, and never less.
        """
        if self.status is OrderStatus.CANCELLED:
            return 0
        kept = sum(units_value(line.placed, self.kept(line_id)) for line_id, line in self.lines.items())
        owed = max(0, kept + self.charges_total - self.after_sale.credited_charges + self.after_sale.fees)
        return max(0, owed - settlement.forgiven(owed, self.after_sale.refunds, self.payments))

    @property
    def overcharged(self) -> int:
        """What was charged beyond what is due and has not been given back, nor is about to be.

        It is what a refund is made of, whatever led to it: a return, a cancellation, an edit, a claim.
        """
        return settlement.overcharged(self.due, self.after_sale.refunds, self.payments)

    @property
    def screening_due(self) -> bool:
        """Whether the order has yet to be screened for fraud, or again, because something that matters has changed."""
        return self.placed.screening and self.screening.due(self.due)

    @property
    def charged(self) -> int:
        """Captured so far."""
        return captured(self.payments)

    @property
    def transferred(self) -> int:
        """What was charged here and pays for other orders now."""
        return transferred(self.payments)

    @property
    def refunded(self) -> int:
        """Given back so far."""
        return refunded(self.payments)

    @property
    def disputed(self) -> int:
        """What the customer's bank has taken back, for good or until it has decided."""
        return taken(self.payments)

    @property
    def covered(self) -> int:
        """Captured and not given back, still capturable, or promised at the door."""
        return covered(self.payments)

    @property
    def actions(self) -> tuple[str, ...]:
        """What can be done to the order now, as the API names it."""
        possible = []
        if any(self.cancellable(line_id) or self.askable(line_id) for line_id in self.lines):
            possible.append("cancel")
        if self.status not in {OrderStatus.CANCELLED, OrderStatus.SHIPPED, OrderStatus.DELIVERED}:
            possible.append("hold")
        if not any(parcel.shipped for parcel in self.parcels.values()):
            possible.append("edit_contact")
        if any(self.counts.get(state) for state in AT_LOCATION | {UnitState.OPEN, UnitState.BACKORDERED}):
            possible.append("edit")
        if self.counts.get(UnitState.BACKORDERED):
            possible.append("offer_substitute")
        if self.covered < self.due and not any(payment.undecided for payment in self.payments.values()):
            possible.append("pay")
        return tuple(possible + [f"{action}:{handle}" for handle in self.holds for action in ("release", "assign")])

    def actions_of(self, fulfillment_order: FulfillmentOrder) -> tuple[str, ...]:
        """What the location can do now with its share."""
        if fulfillment_order.status is FulfillmentStatus.SCHEDULED:
            return ()
        asked = any(
            self.asked_for(each)
            for each in self.cancellations.values()
            if each.requested.fulfillment_order_id == fulfillment_order.fulfillment_order_id
        )
        allowed = fulfillment_actions(
            fulfillment_order.counts,
            accepted=fulfillment_order.accepted,
            held=bool(self.holds),
            asked=asked,
            way=fulfillment_order.way,
            ready=fulfillment_order.waits,
        )
        # What became dearer a moment ago, or lost its cover, is not held yet: it must not leave, either.
        return tuple(each for each in allowed if each not in LEAVES or self.covered >= self.due)

    def value_between(self, line_id: str, start: int, count: int) -> int:
        """Net and tax of a line's units number `start` to `start + count`, in the order in which they are shared."""
        placed = self.lines[line_id].placed
        return units_value(placed, start + count) - units_value(placed, start)


def expected_delivery(order: Order) -> date | None:
    """The day by which everything should be with the customer, as far as it is known."""
    return order.promise.expected_delivery
