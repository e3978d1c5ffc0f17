"""Pick-up in a store: what happens at its counter, as events, and what stands on a fulfillment order of it.

Who came for the goods is personal data: the name stands in the `contact` of the entry, never in an event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Proof(StrEnum):
    """By what staff knew whom they handed the goods to."""

    CODE = "code"
    """The code of the ready message."""
    IDENTITY = "identity"
    """A document with the name that the order has, which staff have seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupReady:
    """The goods stand at the store's counter. The customer is told, with a code.

    `until` is the end of `last_day` in the store's time zone; `remind_at` is None when there is no time for a reminder.
    """

    fulfillment_order_id: str
    location_id: str
    last_day: date
    until: datetime
    remind_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupReminded:
    """Nobody has come, and the last day is near: the customer is told once more."""

    fulfillment_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupExpired:
    """Nobody came in time. The goods may still be fetched until staff have put them back."""

    fulfillment_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupCollected:
    """The goods were handed over; that their parcels have left and arrived stands in the events beside."""

    fulfillment_order_id: str
    proof: Proof


PickupEvent = PickupReady | PickupReminded | PickupExpired | PickupCollected


@dataclass(frozen=True, slots=True)
class Pickup:
    """Where the goods of a fulfillment order are fetched, and how far that is.

    The goods are the store's own, or come to it in parcels from the fulfillment order's location.
    """

    location_id: str
    ready: PickupReady | None = None
    ready_at: datetime | None = None
    reminded_at: datetime | None = None
    expired_at: datetime | None = None
    proof: Proof | None = None
    collected_at: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether the goods stand ready and nobody has fetched them."""
        return self.ready is not None and self.collected_at is None
