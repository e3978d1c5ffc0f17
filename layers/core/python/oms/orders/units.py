"""Where a unit of a line is."""

from __future__ import annotations

from enum import StrEnum


class UnitState(StrEnum):
    """Where a unit of a line is. Each unit is in exactly one of these."""

    OPEN = "open"
    BACKORDERED = "backordered"
    ALLOCATED = "allocated"
    PICKED = "picked"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
