"""What the searches leave open, proved by contents of parcels (see `assembly`), in the money of the task.

Choices are also told apart by priorities and places, in numbers that are too long for floating point: so what is
cheaper by money alone is looked for, and a choice that is as cheap stays.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from oms.sourcing.coding import Pieces, Task, in_money
from oms.sourcing.instance import Problem
from oms.sourcing.objective import MILLI
from oms.sourcing.optimum import optimum
from oms.sourcing.rates import Zone
from oms.sourcing.stepped import Sharing, Steps, Units

Row = tuple[int, ...]

MOST_GOODS = 50
"""Of more goods nothing is proved in the time that there is."""

_PART = 4
"""So small a part of the work tells what a choice costs at least, whatever parcels it takes."""


def put_together(task: Task, pieces: Pieces) -> Together | None:
    """A sharing no dearer than these pieces, and of no more parcels; None unless a proof is asked for.

    Where fewest parcels come first, it may be dearer and take less of them.
    """
    if not _asked(task):
        return None
    steps = in_money(task)
    return _together(
        _Key(
            needs=tuple(steps.needs),
            table=tuple(map(tuple, steps.table)),
            whole=steps.whole,
            grams=tuple(steps.grams),
            lump=tuple(steps.lump),
            zones=tuple(steps.zones.items()),
            rate=steps.rate,
            extra=tuple(map(tuple, steps.extra)),
            joined=steps.joined,
            most=steps.most,
        ),
        tuple((row, tuple(each)) for row, each in sorted(pieces.items())),
        fewest=task.fewest,
    )


class Together(NamedTuple):
    """A sharing; what none of so many parcels costs less than, in money; and how many parcels it takes at least."""

    sharing: Sharing
    least: int
    parcels: int


class _Key(NamedTuple):
    """`Steps` in parts that can be compared: a decision asks for the same more than once, so answers are kept."""

    needs: Row
    table: tuple[Row, ...]
    whole: bool
    grams: Row
    lump: Row
    zones: tuple[tuple[int, Zone], ...]
    rate: int
    extra: tuple[Row, ...]
    joined: frozenset[int]
    most: int | None


@lru_cache(maxsize=16)
def _together(key: _Key, pieces: tuple[tuple[int, tuple[tuple[int, int], ...]], ...], *, fewest: bool) -> Together:
    from oms.sourcing.assembly import assembled
    from oms.sourcing.contents import Contents
    from oms.sourcing.fewest import fewest_parcels

    steps = Steps(**{**key._asdict(), "zones": dict(key.zones)})
    units: Units = {row: dict(each) for row, each in pieces}
    parcels = 0
    if fewest:
        found = fewest_parcels(Contents(steps), _parcels(units, key.joined))
        units, parcels = found.units or units, found.least
        steps = replace(steps, most=_parcels(units, key.joined))
    sharing, least = assembled(Contents(steps), steps.most, units, MILLI)
    return Together(sharing, least, parcels)


def _parcels(units: Units, joined: frozenset[int]) -> int:
    return len({column for each in units.values() for column in each} - joined)


def least_money(task: Task) -> int:
    """What no choice costs less than, however many parcels it takes."""
    found = optimum(
        Problem(
            needs=task.needs,
            stock=task.table,
            fixed=task.prices.fixed,
            unit=task.prices.unit,
            whole=[task.whole] * len(task.needs),
        ),
        work=task.work // _PART,
    )
    return found.bound if found else 0


def _asked(task: Task) -> bool:
    return task.proof and len(task.needs) <= MOST_GOODS
