"""What the search for the cheapest locations leaves open, proved by a solver in the money of the task."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from oms.sourcing.coding import Pieces, Task, in_money
from oms.sourcing.instance import Problem
from oms.sourcing.objective import MILLI
from oms.sourcing.optimum import Optimum, cost_of, optimum
from oms.sourcing.rates import Zone
from oms.sourcing.stepped import Sharing, Steps, Units

Row = tuple[int, ...]

MOST_GOODS = 50
"""Of more goods nothing is proved in the time that there is."""

_PART = 4
"""So small a part of the work tells what a choice costs at least, whatever parcels it takes."""


def assured(problem: Problem, task: Task, cover: Optimum) -> Optimum:
    """The cover, or a cheaper one; its bound is its cost when a solver proves that nothing costs a minor unit less.

    `problem` is the task's, in the numbers of the search: these tell between equally dear choices, by preference and
    place, and are too long for a solver. So the solver is asked about the money alone.
    """
    if cover.exact or not _asked(task) or not task.prices.even:
        return cover
    from oms.sourcing.solver import proved

    money = _in_money(problem, task)
    found = proved(money)
    if found is None or cost_of(money, found.columns) - found.cost >= MILLI:
        return cover
    cost = cost_of(problem, found.columns)
    columns = tuple(sorted(found.columns)) if cost < cover.cost else cover.columns
    cost = min(cost, cover.cost)
    return Optimum(columns, cost, cost)


def put_together(task: Task, pieces: Pieces) -> Together | None:
    """A sharing no dearer than these pieces by steps of weight, and no more parcels; None unless a proof is asked for.

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


def _in_money(problem: Problem, task: Task) -> Problem:
    """The problem in thousandths of a minor unit; a parcel is dearer than all money, where fewest come first."""
    prices, goods = task.prices, len(task.needs)
    width = len(problem.fixed)
    parcel = 0
    if task.fewest:
        units = sum(need * max(row, default=0) for need, row in zip(task.needs, prices.unit, strict=True))
        parcel = min(sum(task.needs), width) * max(prices.fixed, default=0) + units + 1
    return Problem(
        needs=tuple(problem.needs),
        stock=tuple(map(tuple, problem.stock)),
        fixed=tuple(cost + (0 if column in task.joined else parcel) for column, cost in enumerate(prices.fixed)),
        unit=(*map(tuple, prices.unit), *([(0,) * width] * (len(problem.needs) - goods))),
        whole=tuple(problem.whole),
        most=problem.most,
    )
