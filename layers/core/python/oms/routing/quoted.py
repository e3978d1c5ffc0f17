"""A basket and what it can be promised, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from oms.orders.contact import Address
from oms.orders.reserving import ReservedUnits
from oms.setup import Channel, Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """Units by sku, for whom they are, and where they would go."""

    units: Mapping[str, int]
    channel: Channel | None = None
    destination: Address = field(default_factory=Address)
    """Without a country the days on which things arrive are those of the farthest customer."""
    pickup: str = ""
    """The location where the customer would fetch it; empty when it is brought."""


class Answer(StrEnum):
    """What a basket's line can be promised."""

    IN_STOCK = "in_stock"
    INCOMING = "incoming"
    """All of it, a part with goods that are on their way."""
    BACKORDER = "backorder"
    """It may be ordered, and nobody knows yet when all of it comes."""
    UNAVAILABLE = "unavailable"
    """More would wait for stock than the product lets wait: the order would be held."""
    UNKNOWN = "unknown"
    """There is no such product."""


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a line that one location can send: from which day on it has them, and when they should arrive."""

    location_id: str
    quantity: int
    available_on: date
    arrives: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuote:
    """What one sku of the basket can be promised."""

    sku: str
    quantity: int
    answer: Answer
    steps: tuple[tuple[date, int], ...] = ()
    """Units that may be promised in all, from each day on that changes it; the first is today."""
    parts: tuple[Part, ...] = ()
    undated: int = 0
    """Units that may be ordered and have no day."""
    refused: int = 0
    """Units beyond those that may wait."""
    product: Product | None = None

    @property
    def available(self) -> int:
        """Units that may be promised from stock, whatever the basket asks for."""
        return self.steps[0][1] if self.steps else 0

    @property
    def arrives(self) -> date | None:
        """When all of it should be there; None when that is not known."""
        known = sum(part.quantity for part in self.parts) == self.quantity
        return max(part.arrives for part in self.parts) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a basket can be promised, line by line, on its own: it is sourced together."""

    lines: tuple[LineQuote, ...]
    reserved: tuple[ReservedUnits, ...] = ()
    """What lies on shelves of the units that are in stock, and where."""

    @property
    def arrives(self) -> date | None:
        """When the last of it should be there; None when that is not known of all."""
        days = [line.arrives for line in self.lines]
        return None if None in days else max((day for day in days if day), default=None)

    @property
    def orderable(self) -> bool:
        """Whether an order for it would go on without anybody's help."""
        return all(line.answer not in {Answer.UNAVAILABLE, Answer.UNKNOWN} for line in self.lines)
