"""What a document does to stock: the difference between two of its states, as movements and promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from oms.inventory.arrivals import add, subtract
from oms.stock.levels import StockReason
from oms.stock.movements import Movement

Place = tuple[str, str]
"""Sku and location."""

Due = tuple[str, str, date]
"""Sku, location and day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a document adds to one level."""

    on_hand: int = 0
    available: int = 0
    incoming: int = 0
    unavailable: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """All that a document in some state adds to levels, and promises to them by a day."""

    levels: Mapping[Place, Figures]
    promises: Mapping[Due, int]


NOTHING = Footprint(levels={}, promises={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What has to be written when a document changes: movements, and the units now promised, zero for no longer."""

    movements: Sequence[Movement]
    promises: Mapping[Due, int]


def effects(before: Footprint, after: Footprint, *, reason: StockReason, reference: str) -> Effects:
    """What changes between two footprints of a document."""
    movements = []
    for place in dict.fromkeys((*before.levels, *after.levels)):
        was, now = before.levels.get(place, _NO_FIGURES), after.levels.get(place, _NO_FIGURES)
        moved = Movement(
            sku=place[0],
            location_id=place[1],
            reason=reason,
            reference=reference,
            on_hand=now.on_hand - was.on_hand,
            available=now.available - was.available,
            incoming=now.incoming - was.incoming,
            unavailable=subtract(now.unavailable, was.unavailable),
        )
        if moved.on_hand or moved.available or moved.incoming or moved.unavailable:
            movements.append(moved)
    promises = {
        due: after.promises.get(due, 0)
        for due in dict.fromkeys((*before.promises, *after.promises))
        if before.promises.get(due, 0) != after.promises.get(due, 0)
    }
    return Effects(movements=movements, promises=promises)


_NO_FIGURES = Figures(unavailable={})


def summed(figures: Sequence[tuple[Place, Figures]]) -> dict[Place, Figures]:
    """Figures of several lines, added up by level."""
    levels: dict[Place, Figures] = {}
    for place, each in figures:
        known = levels.get(place, _NO_FIGURES)
        levels[place] = Figures(
            on_hand=known.on_hand + each.on_hand,
            available=known.available + each.available,
            incoming=known.incoming + each.incoming,
            unavailable=add(known.unavailable, each.unavailable),
        )
    return levels
