"""Units that a location cannot or will not send: what it says of them, and what the order remembers of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oms.orders.units import UnitState


class RejectReason(StrEnum):
    """Why a location sends units back to be sourced elsewhere; it decides what becomes of their stock."""

    NOT_IN_STOCK = "not_in_stock"
    """The shelf is empty: they are taken off the books."""
    DAMAGED = "damaged"
    """They are there and cannot be sold: they become unavailable."""
    TOO_BUSY = "too_busy"
    """Nobody has the time: they are free stock again, for other orders."""
    CANNOT_SHIP = "cannot_ship"
    """The location is not able to send them (too large, dangerous goods, closed): free stock again."""
    OTHER = "other"
    """As the note says: free stock again."""


OF_THE_GOODS = frozenset({RejectReason.NOT_IN_STOCK, RejectReason.DAMAGED})
"""Reasons that speak of these goods only; the others speak of the location, which is asked for nothing of the order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedUnits:
    """Units of a line and how far the work on them was; `parcel_id` names the parcel that packed ones come out of."""

    line_id: str
    sku: str
    quantity: int
    source: UnitState
    parcel_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsRejected:
    """A location gave units back: they are open again, and its stock was corrected in the same transaction."""

    fulfillment_order_id: str
    location_id: str
    reason: RejectReason
    units: tuple[RejectedUnits, ...]
    note: str = ""
    """In the words of whoever rejected them, for staff."""
    components: tuple[str, ...] = ()
    """Of kits, the components that are missing or damaged; the others are free stock again. Empty for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationReadmitted:
    """Time has passed since a location gave units of the order back: it may be asked again."""

    location_id: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejection that the order remembers, when it was, and whether the location may be asked again."""

    event: UnitsRejected
    at: datetime
    lifted: bool = False

    @property
    def units(self) -> dict[str, int]:
        """Units by line."""
        units: dict[str, int] = {}
        for each in self.event.units:
            units[each.line_id] = units.get(each.line_id, 0) + each.quantity
        return units

    @property
    def lapses_at(self) -> datetime | None:
        """When the location is asked again; None if it never is, or may be already."""
        patience = ASKED_AGAIN_AFTER.get(self.event.reason)
        return None if patience is None or self.lifted else self.at + patience


ASKED_AGAIN_AFTER = {
    RejectReason.TOO_BUSY: timedelta(days=1),
    RejectReason.NOT_IN_STOCK: timedelta(days=3),
    RejectReason.DAMAGED: timedelta(days=3),
}
"""A busy day is over tomorrow, and what was missing or spoilt is counted within days. The others never change."""

WORDS = {
    RejectReason.NOT_IN_STOCK: "it did not find these goods",
    RejectReason.DAMAGED: "its goods are damaged",
    RejectReason.TOO_BUSY: "it was too busy for this order",
    RejectReason.CANNOT_SHIP: "it cannot send this order",
    RejectReason.OTHER: "it gave this order back",
}
"""What an explanation says of a location that is not asked again."""


def barred(rejections: Iterable[Rejection], *, fresh_at: str = "") -> dict[tuple[str, str], str]:
    """Who is not asked again for what of an order, and why: by location and sku, `""` for all that it has.

    Goods that have just arrived at the location `fresh_at` are others than those that were missing or spoilt.
    """
    found: dict[tuple[str, str], str] = {}
    for each in rejections:
        event = each.event
        of_goods = event.reason in OF_THE_GOODS
        if each.lifted or (of_goods and event.location_id == fresh_at):
            continue
        for sku in dict.fromkeys(unit.sku for unit in event.units) if of_goods else [""]:
            found[event.location_id, sku] = WORDS[event.reason]
    return found
