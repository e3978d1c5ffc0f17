"""How long an order is asked for that its platform does not have yet, and how often."""

from __future__ import annotations

from datetime import timedelta

FIRST_WAITS = (10, 30, 60, 300, 900)
"""Seconds between the first tries: most platforms index an order within seconds of telling of it."""

LATER = timedelta(hours=2)
"""Between all later tries."""

PATIENCE = timedelta(days=2)
"""After which it is filed as work. Platforms repeat their own webhooks for as long."""

LOOKS_WHEN_KNOWN = 3
"""Tries after which an order that we have and the platform does not is believed to be gone there."""


def wait_before(attempt: int, asked_for: float = 0) -> timedelta:
    """How long to wait before a try, counted from 1; at least as long as the platform asked for (seconds)."""
    ours = timedelta(seconds=FIRST_WAITS[attempt - 1]) if attempt <= len(FIRST_WAITS) else LATER
    return max(ours, min(timedelta(seconds=asked_for), LATER))
