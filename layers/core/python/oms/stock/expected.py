"""Goods that are on their way to a location: how many, by when, and who sends them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Units of a sku that a purchase order or a transfer is to bring to a location on a day.

    Their sum over a location is its level's `incoming`. The day is the supplier's word: it may be over already.
    """

    sku: str
    location_id: str
    quantity: int
    expected: date
    purchase_order_id: str
    """The purchase order, or the transfer, that brings them."""
