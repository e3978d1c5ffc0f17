"""What sourcing knows of an order and of its goods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of an order's line that need a place."""

    line_id: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """A sku: weight of a unit in grams, what the customer pays for one (tax included), and what its shipping asks."""

    grams: int = 0
    price: int = 0
    category: str = ""
    requires: tuple[str, ...] = ()
    markdown_percent: int = 0


NOTHING_KNOWN = Goods()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """An order as rules see it. Amounts are minor units of its currency, tax included."""

    channel_id: str = ""
    fetched_at: str = ""
    """The store in which the customer fetches it, whose address is the destination; empty when it is brought."""
    country: str = ""
    postal_code: str = ""
    service: str = ""
    tags: tuple[str, ...] = ()
    currency: str = ""
    value: int = 0
    """What the customer pays for all goods of the order that need a parcel."""
    goods: Mapping[str, Goods] = field(default_factory=dict)
    """By sku."""

    def of(self, sku: str) -> Goods:
        """What is known of a sku of the order."""
        return self.goods.get(sku, NOTHING_KNOWN)
