"""What happens after the sale: returns, credits, refunds. Events, and the part of an order's state they make.

Goods and money are two axes. Goods come back in receipts, unit by unit with a disposition. Money follows from credits:
a credit says that the customer no longer owes certain units (with a return, or without one when a parcel was damaged or
lost), what an order is due falls by it, and whatever was charged beyond what is due is refunded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from oms.orders.condition import ItemCondition
from oms.orders.exchanges import (
    Exchange,
    ExchangeCancelled,
    ExchangeEvent,
    ExchangeLapsed,
    ExchangePlaced,
    ExchangeRequested,
)
from oms.orders.reasons import DeclineReason
from oms.orders.way_back import ReturnLabelIssued, ReturnTracked


class ReturnReason(StrEnum):
    """Why a customer sends something back, or claims for it."""

    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    DOES_NOT_FIT = "does_not_fit"
    CHANGED_MIND = "changed_mind"
    ARRIVED_LATE = "arrived_late"
    MISSING = "missing"
    OTHER = "other"


class Disposition(StrEnum):
    """What becomes of a unit that came back. Only `RESTOCK` makes it sellable at once."""

    RESTOCK = "restock"
    QUARANTINE = "quarantine"
    """Kept, until somebody says whether it may be sold."""
    REFURBISH = "refurbish"
    """Kept, until it is as good as new."""
    DAMAGED = "damaged"
    """Kept, and not for sale: the carrier or the supplier may want to see it."""
    SCRAP = "scrap"
    """Thrown away."""
    MISSING = "missing"
    """Announced, and not in the parcel."""
    WRONG_ITEM = "wrong_item"
    """Something else was in the parcel."""


class ReturnStatus(StrEnum):
    """Where a return is; derived."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    RECEIVED = "received"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnUnits:
    """Units of a line that are to come back, why, and in what condition."""

    line_id: str
    sku: str
    quantity: int
    reason: ReturnReason = ReturnReason.OTHER
    condition: ItemCondition = ItemCondition.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedUnits:
    """Units of a line that came back (or should have) and what becomes of them."""

    line_id: str
    sku: str
    quantity: int
    disposition: Disposition
    credit: bool = True
    """False for what came in a condition for which nothing is credited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditedUnits:
    """Units of a line that the customer no longer owes; `amount` is their net and tax as they were sold."""

    line_id: str
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPart:
    """How much of a refund goes back to which payment; with `order_id`, it pays for that order instead."""

    payment_id: str
    amount: int
    order_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequested:
    """Units are to come back. `by_customer` when the customer asked over the signed link."""

    return_id: str
    units: tuple[ReturnUnits, ...]
    by_customer: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnApproved:
    """The parcel may come back to `location_id`; fees (minor units) are kept from the refund."""

    return_id: str
    location_id: str
    restocking_fee: int = 0
    shipping_fee: int = 0
    with_label: bool = False
    """Whether the merchant buys the label for the way back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDeclined:
    """Policy or staff said no. The customer is told what `code` says, in their language, and `reason` as it stands.

    Policy names the line that settled it, and for a window that is over its days; its `reason` is empty.
    """

    return_id: str
    reason: str = ""
    code: DeclineReason = DeclineReason.OTHER
    line_id: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsReceived:
    """Units came back to a location; those to be restocked were booked in by the same transaction.

    `return_id` is empty when nobody announced them; `receipt_id` tells receipts apart.
    """

    receipt_id: str
    location_id: str
    units: tuple[ReceivedUnits, ...]
    return_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnClosed:
    """Nothing more is expected of this return."""

    return_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsCredited:
    """The customer no longer owes these units, `charges` of shipping and the like, and owes `fee` instead."""

    credit_id: str
    reason: ReturnReason
    units: tuple[CreditedUnits, ...] = ()
    charges: int = 0
    fee: int = 0
    return_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested:
    """More was charged than is due: this is to go back, in these parts. Decided once, then carried out."""

    refund_id: str
    parts: tuple[RefundPart, ...]
    reason: str = ""


AfterSaleEvent = (
    ReturnRequested
    | ReturnApproved
    | ReturnDeclined
    | ReturnLabelIssued
    | ReturnTracked
    | UnitsReceived
    | ReturnClosed
    | UnitsCredited
    | RefundRequested
    | ExchangeEvent
)


@dataclass(frozen=True, slots=True)
class Return:
    """A return and what became of it. Units are counted per line; `received` also by disposition."""

    requested: ReturnRequested
    requested_at: datetime
    approved: ReturnApproved | None = None
    declined: ReturnDeclined | None = None
    received: tuple[UnitsReceived, ...] = ()
    credited: Mapping[str, int] = field(default_factory=dict)
    closed: bool = False
    label: ReturnLabelIssued | None = None
    """For the way to where it may come now."""
    scans: tuple[ReturnTracked, ...] = ()

    @property
    def status(self) -> ReturnStatus:
        """Derived, never stored."""
        if self.declined is not None:
            return ReturnStatus.DECLINED
        if self.closed:
            return ReturnStatus.CLOSED
        if self.received:
            return ReturnStatus.RECEIVED
        return ReturnStatus.APPROVED if self.approved else ReturnStatus.REQUESTED

    @property
    def open(self) -> bool:
        """Whether something may still happen to it."""
        return self.status not in {ReturnStatus.DECLINED, ReturnStatus.CLOSED}

    def announced(self) -> dict[str, int]:
        """Units by line that were to come back."""
        units: dict[str, int] = {}
        for each in self.requested.units:
            units[each.line_id] = units.get(each.line_id, 0) + each.quantity
        return units

    def came(self, *dispositions: Disposition) -> dict[str, int]:
        """Units by line that were received with one of these dispositions; without any named, with whichever."""
        units: dict[str, int] = {}
        for receipt in self.received:
            for each in receipt.units:
                if not dispositions or each.disposition in dispositions:
                    units[each.line_id] = units.get(each.line_id, 0) + each.quantity
        return units


@dataclass(frozen=True, slots=True)
class AfterSale:
    """What happened to an order after the sale. Amounts in minor units of its currency."""

    returns: Mapping[str, Return] = field(default_factory=dict)
    unannounced: tuple[UnitsReceived, ...] = ()
    credited_units: Mapping[str, int] = field(default_factory=dict)
    """Units by line that the customer no longer owes."""
    credited_charges: int = 0
    fees: int = 0
    credits: tuple[UnitsCredited, ...] = ()
    refunds: Mapping[str, RefundRequested] = field(default_factory=dict)
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)


def record(state: AfterSale, event: AfterSaleEvent, at: datetime) -> AfterSale:
    """The state after one more event.

    Raises:
        KeyError: the event is about a return or an exchange that was never requested.
    """
    match event:
        case ReturnRequested():
            return _with(state, Return(event, at))
        case ReturnApproved():
            return _with(state, _approved(state.returns[event.return_id], event))
        case ReturnLabelIssued():
            return _with(state, replace(state.returns[event.return_id], label=event))
        case ReturnTracked():
            known = state.returns[event.return_id]
            return _with(state, replace(known, scans=(*known.scans, event)))
        case ReturnDeclined():
            return _with(state, replace(state.returns[event.return_id], declined=event))
        case UnitsReceived() if not event.return_id:
            return replace(state, unannounced=(*state.unannounced, event))
        case UnitsReceived():
            known = state.returns[event.return_id]
            return _with(state, replace(known, received=(*known.received, event)))
        case ReturnClosed():
            return _with(state, replace(state.returns[event.return_id], closed=True))
        case RefundRequested():
            return replace(state, refunds={**state.refunds, event.refund_id: event})
        case UnitsCredited():
            return _credited(state, event)
        case ExchangeRequested() | ExchangePlaced() | ExchangeLapsed() | ExchangeCancelled():
            return replace(state, exchanges={**state.exchanges, event.exchange_id: _exchange(state, event, at)})


def _exchange(state: AfterSale, event: ExchangeEvent, at: datetime) -> Exchange:
    match event:
        case ExchangeRequested():
            return Exchange(event, at)
        case ExchangePlaced():
            return replace(state.exchanges[event.exchange_id], placed=event)
        case ExchangeLapsed():
            return replace(state.exchanges[event.exchange_id], lapsed=True)
        case ExchangeCancelled():
            return replace(state.exchanges[event.exchange_id], cancelled=event.reason)


def _approved(known: Return, event: ReturnApproved) -> Return:
    """Staff may let come what policy had declined. A label stays good only for the place that it was bought for."""
    before = known.approved
    moved = before is not None and before.location_id != event.location_id
    return replace(known, approved=event, declined=None, label=None if moved else known.label)


def _credited(state: AfterSale, event: UnitsCredited) -> AfterSale:
    units = dict(state.credited_units)
    for each in event.units:
        units[each.line_id] = units.get(each.line_id, 0) + each.quantity
    state = replace(
        state,
        credited_units=units,
        credited_charges=state.credited_charges + event.charges,
        fees=state.fees + event.fee,
        credits=(*state.credits, event),
    )
    if not event.return_id:
        return state
    known = state.returns[event.return_id]
    credited = dict(known.credited)
    for each in event.units:
        credited[each.line_id] = credited.get(each.line_id, 0) + each.quantity
    return _with(state, replace(known, credited=credited))


def _with(state: AfterSale, known: Return) -> AfterSale:
    return replace(state, returns={**state.returns, known.requested.return_id: known})
