"""Stock of a sku at a location: what is there, what is promised, what may still be promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class StockReason(StrEnum):
    """Why a level moved; stands on the level itself, so that the table's stream is the stock ledger."""

    ALLOCATED = "allocated"
    RELEASED = "released"
    RESERVED = "reserved"
    """Committed to a basket that is no order yet."""
    SHIPPED = "shipped"
    RECEIVED = "received"
    COUNTED = "counted"
    CORRECTED = "corrected"
    DAMAGED = "damaged"
    RETURNED = "returned"
    SPREAD = "spread"
    """Moved between the buckets of one hot level, which has as many units as before."""
    FOUND = "found"
    LOST = "lost"
    STOLEN = "stolen"
    EXPIRED = "expired"
    USED = "used"
    """Taken for the house itself: samples, displays, packing."""
    SET_ASIDE = "set_aside"
    """Units became unavailable, or available again, or are unavailable for another reason now."""
    ORDERED = "ordered"
    """A purchase order promises units, or fewer of them."""
    TRANSFER = "transfer"
    """Units are set aside for a transfer, leave, or arrive."""


class UnavailableReason(StrEnum):
    """Why units that are there are not for sale."""

    DAMAGED = "damaged"
    QUALITY = "quality"
    """Waits for somebody to look at it."""
    QUARANTINE = "quarantine"
    """Came back, and is not released."""
    REFURBISH = "refurbish"
    SAFETY = "safety"
    """Kept back on purpose."""
    TRANSFER = "transfer"
    """Set aside for another location; only transfers move it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Units of a sku at a location: `on_hand = available + committed + sum(unavailable)`.

    `available` may be sold. It is below zero only when a count found less than was already committed.
    """

    sku: str
    location_id: str
    on_hand: int = 0
    available: int = 0
    committed: int = 0
    incoming: int = 0
    unavailable: Mapping[str, int] = field(default_factory=dict)
    version: int = 0
    buckets: int = 1
    """Items that hold the level: more than one while it is hot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuStock:
    """All levels of one sku, and how many of its units orders are waiting for."""

    sku: str
    levels: tuple[Level, ...]
    waiting: int = 0
    waiting_by: Mapping[str, int] = field(default_factory=dict)
    """Of these, units by the channel whose orders wait, as far as it is known."""

    def sellable(self) -> dict[str, int]:
        """Units by location that a new order may take: what is available beyond what waits in line before it.

        Those who wait are served from the fullest locations, which leaves the most places to choose from.
        """
        return self.sellable_after(self.waiting)

    def sellable_after(self, owed: int) -> dict[str, int]:
        """Units by location that are left when so many were taken by those who wait longer."""
        free = {level.location_id: max(0, level.available) for level in self.levels}
        for location_id in sorted(free, key=lambda each: (-free[each], each)):
            taken = min(free[location_id], owed)
            free[location_id] -= taken
            owed -= taken
        return free

    def available(self) -> dict[str, int]:
        """Units by location that are not committed: what the first in line may take."""
        return {level.location_id: max(0, level.available) for level in self.levels}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """An order that waits for units of a sku; the line is served by `since`."""

    sku: str
    order_id: str
    since: datetime
    quantity: int
