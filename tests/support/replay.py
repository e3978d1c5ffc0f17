"""Sourcing decisions made again from an order's log alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from oms.orders.events import Explanation, UnitsAllocated, UnitsBackordered
from oms.orders.order import Entry
from oms.sourcing.decide import decide
from oms.sourcing.record import question_of

Units = Counter[tuple[str, str, str]]
"""Units by line, sku and location."""


def replayed(entries: Iterable[Entry]) -> int:
    """Make every sourcing decision of an order again, and compare it with what was done; how many there were."""
    decisions = list(_decisions(entries))
    for explanation, done in decisions:
        assert explanation.inputs, "each decision is kept with what it rested on"
        again = decide(question_of(explanation.inputs), alternatives=True).plan
        planned: Units = Counter()
        for each in again.assignments:
            planned[each.line_id, each.sku, each.location_id] += each.quantity
        assert planned == done
        assert _bare(again.explanation) == _bare(explanation)
        kept = {each.location_id: each for each in again.explanation.candidates}
        for candidate in explanation.candidates:
            if candidate.location_id in kept and kept[candidate.location_id].coverable:
                assert kept[candidate.location_id] == candidate
    return len(decisions)


def _bare(explanation: Explanation) -> Explanation:
    """What does not depend on how many locations were there that had none of the goods."""
    return replace(explanation, candidates=(), considered=0, inputs={})


def _decisions(entries: Iterable[Entry]) -> list[tuple[Explanation, Units]]:
    found: list[tuple[Explanation, Units]] = []
    for entry in entries:
        for event in entry.events:
            if isinstance(event, (UnitsAllocated, UnitsBackordered)) and event.explanation:
                found.append((event.explanation, Counter()))
            if isinstance(event, UnitsAllocated):
                for each in event.allocations:
                    found[-1][1][each.line_id, each.sku, each.location_id] += each.quantity
    return found
