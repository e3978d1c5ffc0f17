"""Time as an argument: UTC instants, their text form, and the one place that asks the machine for now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Whatever tells the time: `now` in production, a fixed or stepped clock in tests."""


def now() -> datetime:
    """The present instant in UTC, to the microsecond."""
    return datetime.now(UTC)


def to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with a fixed width, so that text order is time order: `2026-03-01T09:30:00.000000Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """Read RFC 3339 with any offset; a time without one is taken as UTC.

    Raises:
        ValueError: not a time.
    """
    instant = datetime.fromisoformat(text)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
