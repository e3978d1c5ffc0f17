"""Reservations: units that are committed to a basket for a while, until its order takes them or the time is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oms.orders.reserving import ReservedUnits
from oms.stock.levels import StockReason
from oms.stock.movements import Movement

MAX_LINES = 40
"""Lines of a basket, and places from which its units may come: one transaction carries them with their order's."""


class ReservationStatus(StrEnum):
    """What has become of a reservation. Only an open one holds units; it is closed once."""

    OPEN = "open"
    USED = "used"
    """An order took it over."""
    RELEASED = "released"
    """Whoever made it gave it back."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Units kept for a basket: `lines` is what was asked for, by sku; `units` what lies on shelves for it, and where.

    The units never change. They are in their levels' `committed` while the reservation is open, and no longer.
    """

    reservation_id: str
    channel_id: str = ""
    """Only orders of this channel use it; empty for those of any channel."""
    lines: Mapping[str, int]
    units: tuple[ReservedUnits, ...]
    status: ReservationStatus = ReservationStatus.OPEN
    made_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    order_id: str = ""
    """The order that used it."""
    version: int = 1

    @property
    def open(self) -> bool:
        """Whether it holds its units. One whose time is over does so until the clock has come round to it."""
        return self.status is ReservationStatus.OPEN

    def serves(self, channel_id: str) -> bool:
        """Whether an order of this channel may use it."""
        return self.open and self.channel_id in {"", channel_id}


def reserving(reservation: Reservation) -> tuple[Movement, ...]:
    """What making a reservation does to stock."""
    return tuple(_move(each, reservation, each.quantity, StockReason.RESERVED) for each in summed(reservation.units))


def giving_back(reservation: Reservation) -> tuple[Movement, ...]:
    """What closing a reservation does to stock when no order takes it over."""
    return tuple(_move(each, reservation, -each.quantity, StockReason.RELEASED) for each in summed(reservation.units))


def summed(units: Iterable[ReservedUnits]) -> tuple[ReservedUnits, ...]:
    """One entry for each sku and location."""
    total: dict[tuple[str, str], int] = {}
    for each in units:
        total[each.sku, each.location_id] = total.get((each.sku, each.location_id), 0) + each.quantity
    return tuple(
        ReservedUnits(sku=sku, location_id=location_id, quantity=quantity)
        for (sku, location_id), quantity in sorted(total.items())
    )


def with_reserved(view: Mapping[str, Mapping[str, int]], units: Sequence[ReservedUnits]) -> dict[str, dict[str, int]]:
    """A view of stock for the order whose units these are: they are there for it, beside what is free."""
    seen = {sku: dict(row) for sku, row in view.items()}
    for each in units:
        if each.sku in seen:
            row = seen[each.sku]
            row[each.location_id] = row.get(each.location_id, 0) + each.quantity
    return seen


def _move(unit: ReservedUnits, reservation: Reservation, committed: int, reason: StockReason) -> Movement:
    return Movement(
        sku=unit.sku,
        location_id=unit.location_id,
        reason=reason,
        reference=reservation.reservation_id,
        available=-committed,
        committed=committed,
    )
