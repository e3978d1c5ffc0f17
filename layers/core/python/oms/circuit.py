"""Whether something outside is called at all: a circuit that opens after failures in a row, and closes after a probe.

While it is open nothing is called but a probe now and then, so that whoever is down is neither pressed nor waited for.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

FAILING_AFTER = 5
"""Failures in a row, of whatever calls, after which the other side counts as down and is only probed."""

FIRST_PROBE = timedelta(minutes=1)

LONGEST_PROBE = timedelta(minutes=15)
"""Between two probes of what is down; the wait doubles up to here."""

LONGEST_ASKED = timedelta(hours=1)
"""The most that the other side may put us off by one answer."""

JITTER = 0.2
"""Share of a wait by which it may be longer, so that much that waits does not come back in one second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How the other side answered lately; all well when it has no failures."""

    failures: int = 0
    """In a row."""
    failing_since: datetime | None = None
    """Since the first of them."""
    probe_at: datetime | None = None
    """While it is down: when it is tried next."""

    @property
    def down(self) -> bool:
        """Whether it is only probed."""
        return self.failures >= FAILING_AFTER

    def failed(self, now: datetime) -> Self:
        """After one more failure."""
        failures = self.failures + 1
        return replace(
            self,
            failures=failures,
            failing_since=self.failing_since or now,
            probe_at=now + _probe_wait(failures) if failures >= FAILING_AFTER else None,
        )


def _probe_wait(failures: int) -> timedelta:
    doublings: int = 2 ** min(failures - FAILING_AFTER, 10)
    return min(LONGEST_PROBE, FIRST_PROBE * doublings)


def wait_after(
    tries: int, waits: Sequence[timedelta], name: str, *, asked: timedelta = timedelta(), endless: bool = False
) -> timedelta | None:
    """How long after so many tries of something until the next; None when it has had all of them.

    The other side may have `asked` to be left alone for a while. An `endless` wait goes on with the last of the waits.
    """
    if tries > len(waits) and not endless:
        return None
    wait = max(waits[min(tries, len(waits)) - 1], min(asked, LONGEST_ASKED))
    return jittered(wait, f"{name}:{tries}")


def jittered(wait: timedelta, name: str) -> timedelta:
    """A wait made up to a fifth longer, by a name: the same for the same name."""
    return wait * (1 + JITTER * zlib.crc32(name.encode()) / 2**32)
