"""Cycle counts: what somebody counted at a location, what the books said, and what was corrected.

A variance is decided once, against the books of the moment, and then booked as a difference: what is sold or received
between the two stays right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from oms.stock.levels import Level, StockReason


class CountOutcome(StrEnum):
    """What became of a counted level."""

    AGREES = "agrees"
    CORRECTED = "corrected"
    TO_CORRECT = "to_correct"
    """Decided, and not booked yet: the call broke off. The same call again books it."""
    MOVED = "moved"
    """The level moved since it was counted: count again."""
    BEYOND = "beyond"
    """The variance is larger than the count allows: count again, or look for the reason."""


class CountStatus(StrEnum):
    """Where a count is; derived."""

    BOOKING = "booking"
    RECOUNT = "recount"
    """Some levels have to be counted again, in another count."""
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedLine:
    """A level as somebody counted it; `version` is that of the level when it was counted, if they noted it."""

    sku: str
    counted: int
    version: int | None = None
    reason: StockReason = StockReason.COUNTED


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """A counted level beside what the books said."""

    sku: str
    counted: int
    books: int
    reason: StockReason = StockReason.COUNTED
    outcome: CountOutcome

    @property
    def variance(self) -> int:
        """Units that are there beyond what the books said."""
        return self.counted - self.books


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCount:
    """A count of several levels at one location."""

    count_id: str
    location_id: str
    reference: str
    counted_at: datetime
    counted_by: str
    fingerprint: str
    lines: tuple[CountLine, ...]
    version: int = 0

    @property
    def status(self) -> CountStatus:
        """Derived, never stored."""
        outcomes = {line.outcome for line in self.lines}
        if CountOutcome.TO_CORRECT in outcomes:
            return CountStatus.BOOKING
        return CountStatus.RECOUNT if outcomes & {CountOutcome.MOVED, CountOutcome.BEYOND} else CountStatus.DONE


def decide(
    lines: Sequence[CountedLine], levels: Mapping[str, Level], max_variance: int | None
) -> tuple[CountLine, ...]:
    """Compare each line with the level of its sku, and say what is to become of it."""
    return tuple(
        CountLine(
            sku=line.sku,
            counted=line.counted,
            books=levels[line.sku].on_hand,
            reason=line.reason,
            outcome=_outcome(line, levels[line.sku], max_variance),
        )
        for line in lines
    )


def _outcome(line: CountedLine, books: Level, max_variance: int | None) -> CountOutcome:
    if line.version is not None and line.version != books.version:
        return CountOutcome.MOVED
    variance = line.counted - books.on_hand
    if not variance:
        return CountOutcome.AGREES
    if max_variance is not None and abs(variance) > max_variance:
        return CountOutcome.BEYOND
    return CountOutcome.TO_CORRECT


def booked(count: StockCount, outcomes: Mapping[str, CountOutcome]) -> StockCount:
    """The count with what became of its corrections, by sku."""
    return replace(
        count, lines=tuple(replace(line, outcome=outcomes.get(line.sku, line.outcome)) for line in count.lines)
    )
