"""The buckets of a hot level: how its units are spread over them, and which of them a movement touches.

A level that more orders want at once than one partition key can carry is held in several items with partition keys of
their own. Each of them balances by itself (`on_hand = available + committed + all unavailable`, none below zero), and
the level is their sum. Units of a level are alike: whichever bucket one is reserved in, it may be shipped from another.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MAX_BUCKETS = 32
"""A split writes all of them in one transaction, which holds 100 items."""

GROWTH = 4
"""How many times more buckets a level gets when it is contended."""

AUTOMATIC = 16
"""How many buckets a level gets by itself at most: about 8,000 reservations a second."""

ON_HAND, AVAILABLE, COMMITTED, INCOMING = "on_hand", "available", "committed", "incoming"

Units = Mapping[str, int]
"""Units by the attribute that counts them; every attribute but `on_hand` and `incoming` is a state units are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One item of a level; number 0 is the level's own, in the sku's partition."""

    number: int
    units: Units = field(default_factory=dict)
    version: int = 0

    def has(self, state: str) -> int:
        """Units in a state."""
        return self.units.get(state, 0)


def home(key: str, count: int) -> int:
    """The bucket in which whoever goes by this key (an order's id) looks first: the same one each time."""
    return zlib.crc32(key.encode()) % count


def spread(deltas: Units, buckets: Sequence[Bucket], start: int) -> dict[int, dict[str, int]] | None:
    """A movement as movements of buckets, which add up to it; None when the buckets together do not cover it.

    Units are taken from the bucket `start` as far as it has them; what it lacks from one bucket that has it all, if
    there is one, else from the fullest. They stay in the bucket where they are found and only change their state;
    what comes from outside goes to `start`, or evenly to all buckets when it is enough for all.
    """
    found: dict[int, dict[str, int]] = {}
    freed = dict[int, int]()
    for state, delta in deltas.items():
        if state in {ON_HAND, INCOMING} or delta >= 0:
            continue
        taken = _taken(state, -delta, buckets, start)
        if taken is None:
            return None
        for number, units in taken.items():
            found.setdefault(number, {})[state] = -units
            freed[number] = freed.get(number, 0) + units
    for state, delta in deltas.items():
        if state in {ON_HAND, INCOMING} or delta <= 0:
            continue
        left = delta
        for number in list(freed):
            stays = min(freed[number], left)
            if stays:
                found[number][state] = stays
                freed[number] -= stays
                left -= stays
        for number, units in _arriving(state, left, buckets, start).items():
            mine = found.setdefault(number, {})
            mine[state] = mine.get(state, 0) + units
    for mine in found.values():
        if total := sum(mine.values()):
            mine[ON_HAND] = total
    if coming := deltas.get(INCOMING):
        # What is on its way belongs to the level, and is nobody's yet: the level's own item knows it.
        if next(each for each in buckets if each.number == 0).has(INCOMING) + coming < 0:
            return None
        found.setdefault(0, {})[INCOMING] = coming
    if sum(mine.get(ON_HAND, 0) for mine in found.values()) != deltas.get(ON_HAND, 0):
        raise ValueError(f"a movement that does not balance: {dict(deltas)}")
    return found


def _taken(state: str, units: int, buckets: Sequence[Bucket], start: int) -> dict[int, int] | None:
    ranked = sorted(buckets, key=lambda each: (each.number != start, -each.has(state), each.number))
    taken = dict[int, int]()
    for each in ranked:
        if takes := min(max(0, each.has(state)), units):
            taken[each.number] = takes
            units -= takes
    return None if units else taken


def _arriving(state: str, units: int, buckets: Sequence[Bucket], start: int) -> dict[int, int]:
    """Units from outside, by bucket: the emptiest are filled up first, if there is at least one for each bucket."""
    if units < len(buckets):
        return {start: units} if units else {}
    have = {each.number: max(0, each.has(state)) for each in buckets}
    ranked = sorted(have, key=lambda number: (have[number], number))
    for lowest in range(len(ranked), 0, -1):
        filled = ranked[:lowest]
        level, over = divmod(units + sum(have[number] for number in filled), lowest)
        if level >= have[filled[-1]]:
            return {
                number: more
                for place, number in enumerate(filled)
                if (more := level - have[number] + (1 if place < over else 0))
            }
    raise AssertionError("the emptiest bucket alone can always be filled")


def shares(buckets: Sequence[Bucket], count: int) -> dict[int, dict[str, int]]:
    """What each bucket has to get or give, so that `count` of them hold all units: evenly what is hot, the rest in 0.

    Raises:
        ValueError: a state is below zero over all buckets, which only the level's own item can hold.
    """
    totals = dict[str, int]()
    for each in buckets:
        for state, units in each.units.items():
            if state != ON_HAND:
                totals[state] = totals.get(state, 0) + units
    if count > 1 and min(totals.values(), default=0) < 0:
        raise ValueError("a level that is below zero is held in one item")
    wanted: dict[int, dict[str, int]] = {number: {} for number in range(count)}
    for state, units in totals.items():
        if state in {AVAILABLE, COMMITTED}:
            equal, over = divmod(units, count)
            for number in range(count):
                wanted[number][state] = equal + (1 if number < over else 0)
        else:
            wanted[0][state] = units
    for mine in wanted.values():
        mine[ON_HAND] = sum(units for state, units in mine.items() if state != INCOMING)
    had = {each.number: each.units for each in buckets}
    return {
        number: {
            state: delta
            for state in (ON_HAND, *totals)
            if (delta := wanted.get(number, {}).get(state, 0) - had.get(number, {}).get(state, 0))
        }
        for number in sorted({*had, *range(count)})
    }


def more_buckets(now: int, available: int) -> int:
    """How many buckets a contended level should have: more than now, unless there is nothing left to spread."""
    wanted = min(AUTOMATIC, now * GROWTH)
    return wanted if wanted > now and available >= wanted else now
