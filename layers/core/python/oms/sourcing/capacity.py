"""What locations can hand over in a day: in which of their days, and slots of a day, an order's units find room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zlib import crc32

SLOT = 250
"""Units that one slot counts: as many orders at most write to the same item in a day."""

MOST_SLOTS = 20

HORIZON = 10
"""Working days in which room is looked for. What finds none goes out on the last of them, over what was planned."""

MOST_BOOKINGS = 20
"""Slots that one location's share of an order is spread over; what goes beyond is not counted."""

Used = Mapping[tuple[date, int], int]
"""Units taken on at one location, by day and slot."""


@dataclass(frozen=True, slots=True)
class Room:
    """Where units find room: units by (day, slot), and the day on which the last of them leave."""

    taken: Mapping[tuple[date, int], int]
    last: date


def quotas(capacity: int) -> Sequence[int]:
    """How many units each slot of a day counts; together what the location can do."""
    slots = min(MOST_SLOTS, max(1, -(-capacity // SLOT)))
    return [capacity // slots + (slot < capacity % slots) for slot in range(slots)]


def find_room(units: int, days: Sequence[date], used: Used, capacity: int, seed: str) -> Room:
    """Room for units of an order: on the first day that has it for all; more than a day can do, over several.

    `seed` spreads the orders of a moment over the slots of a day.
    """
    left = {day: _left(day, used, capacity) for day in days}
    for day in days:
        if sum(left[day]) >= units:
            return Room(_filled(day, left[day], units, seed), day)
    taken: dict[tuple[date, int], int] = {}
    for day in days:
        for key, count in _filled(day, left[day], units, seed).items():
            if len(taken) < MOST_BOOKINGS:
                taken[key] = count
                units -= count
        if not units:
            return Room(taken, day)
    return Room(taken, days[-1])


def _left(day: date, used: Used, capacity: int) -> list[int]:
    """What each slot of a day has left. What was taken beyond the quotas, before the capacity was lowered, is gone."""
    limits = quotas(capacity)
    beyond = sum(
        max(0, units - (limits[slot] if slot < len(limits) else 0))
        for (when, slot), units in used.items()
        if when == day
    )
    left = []
    for slot, limit in enumerate(limits):
        free = max(0, limit - used.get((day, slot), 0))
        lost = min(free, beyond)
        beyond -= lost
        left.append(free - lost)
    return left


def _filled(day: date, left: Sequence[int], units: int, seed: str) -> dict[tuple[date, int], int]:
    """Units put into the slots of a day: into one that has room for all if there is one, else into several."""
    start = crc32(seed.encode()) % len(left)
    order = [(start + step) % len(left) for step in range(len(left))]
    order.sort(key=lambda slot: left[slot] < units)
    taken = {}
    for slot in order:
        count = min(left[slot], units)
        if count:
            taken[day, slot] = count
            units -= count
    return taken


def total(pieces: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Units by location."""
    units: dict[str, int] = {}
    for location_id, count in pieces:
        units[location_id] = units.get(location_id, 0) + count
    return units
