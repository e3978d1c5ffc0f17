"""The end of a remorse window: from here on locations may work on what they were allocated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReleased:
    """The window in which the customer may change their mind is over. Orders without a window have no such event."""
