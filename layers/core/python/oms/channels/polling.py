"""When a channel is read and over which time: plain figures, and the window that follows from how far it was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

EVERY = timedelta(minutes=5)
"""Between two looks. One look is a call or two of a platform's API and a fraction of a cent; the scarce thing is the
platform's patience: the strictest of them allows one search a minute."""

OVERLAP = timedelta(minutes=10)
"""Read again from before the end of the last look: clocks differ, and lists follow their orders late."""

FIRST = timedelta(hours=1)
"""How far back the first look goes. Older orders are fetched on demand, by comparing a period."""

PAGES_AT_ONCE = 10
"""Pages that one message reads; the rest is another message's."""

BUSY_FOR = timedelta(seconds=10)
"""After which a message begins no other page: a function has 28 seconds, and a page may take more than one call."""

PATIENCE = timedelta(hours=1)
"""How far behind a channel may be before the alarm says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that is being read, and the platform's cursor of the page where to go on."""

    since: datetime
    until: datetime
    cursor: str = ""


def next_window(read_to: datetime, now: datetime) -> Window:
    """What to read now: all since the last look, and some of it again."""
    return Window(since=min(read_to, now) - OVERLAP, until=now)
