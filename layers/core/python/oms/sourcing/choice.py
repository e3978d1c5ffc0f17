"""The cheapest choice of locations within a rule's limits: how many parcels, and what a further one must be worth.

All that can be covered is covered, unless a limit forbids it; then as much as the limit allows, by value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from oms.sourcing.coding import Coding, Pieces, Task
from oms.sourcing.instance import Problem
from oms.sourcing.objective import MILLI
from oms.sourcing.optimum import WORK, Optimum, optimum
from oms.sourcing.proof import least_money, put_together
from oms.sourcing.stepped import LOOKS, cheapest

_PART = 8
"""So small a part of the work finds what is easily proved."""


class Choice(NamedTuple):
    """The columns chosen, what each gives, and what it costs in the numbers of the search."""

    cover: Optimum
    needs: Sequence[int]
    """What is covered of each row."""
    pieces: Pieces
    limited: str = ""
    """What forbade that more is covered; empty when nothing did."""
    gap: int = 0
    """Thousandths of a minor unit that another choice could save at most; 0 when it is proved that none does."""
    parcels_gap: int = 0
    """Parcels that another choice could save at most, where fewest come first."""


def choose(task: Task) -> Choice:
    """The cheapest cover within the limits."""
    coding = Coding(task)
    found = _within_most(task, coding)
    if not task.least_value:
        return found
    columns = [column for column in found.cover.columns if column not in task.joined]
    if len(columns) <= _free(task) and not found.limited:
        return found
    if all(_worth(task, found.pieces, column) >= task.least_value for column in columns) and columns:
        return found
    several = _each_worth_it(task, coding)
    one = _single(task, coding) if _free(task) else several
    best = min((several, one), key=lambda choice: (-_value(task, choice.needs), choice.cover.cost))
    return best if list(best.needs) == list(task.needs) else best._replace(limited=_TOO_LITTLE)


_TOO_LITTLE = "a further parcel would carry goods of too little value"


def _free(task: Task) -> int:
    """Parcels that may be of any value: the order's first."""
    return 0 if task.parcels else 1


class Scale:
    """Weighs sets of columns against each other: what each gives, and what that truly costs, by one task's prices."""

    def __init__(self, task: Task) -> None:
        self._task, self._coding = task, Coding(task)

    def covers(self, columns: Collection[int]) -> bool:
        """Whether the columns together have all that is needed."""
        return _coverable(self._task, columns) == list(self._task.needs)

    def weigh(self, columns: Sequence[int]) -> Choice | None:
        """What these columns give, the cheapest first; None when they do not cover."""
        if not self.covers(columns):
            return None
        pieces = _pieces(self._task, self._coding, columns)
        cost = self._coding.true(self._task, pieces)
        used = tuple(sorted({column for each in pieces.values() for column, _ in each}))
        return Choice(Optimum(used, cost, cost), self._task.needs, pieces)


def _within_most(task: Task, coding: Coding) -> Choice:
    """The cheapest cover with no more parcels than are allowed; of too many, the most valuable part."""
    if not any(task.needs):
        return _nothing(task)
    problem = Problem(
        needs=task.needs,
        stock=task.table,
        fixed=coding.fixed,
        unit=coding.unit,
        whole=[task.whole] * len(task.needs),
    )
    if task.most is None:
        return _filled(task, coding, _solved(problem, task))
    most = max(0, task.most - task.parcels)
    joined = [column for column in sorted(task.joined) if any(row[column] for row in task.table)]
    limited = replace(_with_forced(problem, joined), most=most + len(joined))
    cover = optimum(limited, work=task.work) if limited.most else None
    if cover is not None:
        return _filled(task, coding, cover)
    return _part(task, coding, limited, most + len(joined))


def _part(task: Task, coding: Coding, problem: Problem, most: int) -> Choice:
    """What is worth most of what so many columns can cover: a column beyond them has everything, at a high price."""
    beyond = len(coding.fixed)
    dear = sum(coding.fixed) + sum(need * max(row) for need, row in zip(task.needs, coding.unit, strict=True)) + 1
    missing = [*((value + 1) * dear for value in task.values), *([0] * (len(problem.needs) - len(task.needs)))]
    open_rows = [need if each < len(task.needs) else 0 for each, need in enumerate(problem.needs)]
    extended = Problem(
        needs=problem.needs,
        stock=[[*row, extra] for row, extra in zip(problem.stock, open_rows, strict=True)],
        fixed=[*problem.fixed, 0],
        unit=[[*row, extra] for row, extra in zip(problem.unit, missing, strict=True)],
        whole=problem.whole,
        most=most + 1,
    )
    cover = optimum(_with_forced(extended, [beyond]), work=task.work)
    if cover is None:
        return _nothing(task)
    columns = tuple(column for column in cover.columns if column != beyond)
    needs = _coverable(task, columns)
    part = replace(task, needs=needs, table=only(task.table, columns), most=None)
    found = _within_most(part, coding)
    return found._replace(limited=f"a further parcel is not allowed: {task.most} at most")


def _with_forced(problem: Problem, columns: Iterable[int]) -> Problem:
    """The problem with a row for each of these columns that it alone can cover: it does not count as a choice."""
    forced, width = list(columns), len(problem.fixed)
    if not forced:
        return problem
    marks = [[int(each == column) for each in range(width)] for column in forced]
    return replace(
        problem,
        needs=[*problem.needs, *([1] * len(forced))],
        stock=[*problem.stock, *marks],
        unit=[*problem.unit, *([[0] * width] * len(forced))],
        whole=[*problem.whole, *([False] * len(forced))],
    )


def _each_worth_it(task: Task, coding: Coding) -> Choice:
    """The best choice found in which every parcel is worth enough; those that cannot be are left out one by one."""
    able = {
        column
        for column in range(len(coding.fixed))
        if column in task.joined or _potential(task, column) >= task.least_value
    }
    while True:
        needs = _coverable(task, able)
        part = replace(task, needs=needs, table=only(task.table, able))
        found = _within_most(part, coding)
        weak = {
            column: worth
            for column in found.cover.columns
            if column not in task.joined and (worth := _worth(task, found.pieces, column)) < task.least_value
        }
        if not weak or (len(found.cover.columns) == 1 and _free(task)):
            return found
        able.remove(min(weak, key=lambda column: (weak[column], -column)))


def _single(task: Task, coding: Coding) -> Choice:
    """The one column that covers the most, by value; of equal ones the cheapest."""
    best = _nothing(task)
    for column in range(len(coding.fixed)):
        needs = _coverable(task, {column})
        if not any(needs):
            continue
        part = replace(task, needs=needs, table=only(task.table, {column}), most=None)
        choice = _within_most(part, coding)
        if (-_value(task, needs), choice.cover.cost) < (-_value(task, best.needs), best.cover.cost):
            best = choice
    return best


def _nothing(task: Task) -> Choice:
    return Choice(Optimum((), 0, 0), [0] * len(task.needs), {})


def _coverable(task: Task, columns: Collection[int]) -> list[int]:
    """What these columns have of what is needed."""
    have = ([row[column] for column in columns] for row in task.table)
    if task.whole:
        return [need if max(units, default=0) >= need else 0 for need, units in zip(task.needs, have, strict=True)]
    return [min(need, sum(units)) for need, units in zip(task.needs, have, strict=True)]


def only(table: Sequence[Sequence[int]], columns: Collection[int]) -> Sequence[Sequence[int]]:
    """The table with what these columns have, and nothing of the others."""
    known = set(columns)
    return [[units if column in known else 0 for column, units in enumerate(row)] for row in table]


def _potential(task: Task, column: int) -> int:
    rows = zip(task.values, task.needs, task.table, strict=True)
    return sum(value * min(need, row[column]) for value, need, row in rows)


def _worth(task: Task, pieces: Pieces, column: int) -> int:
    return sum(task.values[row] * units for row, each in pieces.items() for where, units in each if where == column)


def _value(task: Task, needs: Sequence[int]) -> int:
    """What so much of the goods is worth; between equal values, more units are more."""
    units = sum(task.needs) + 1
    return sum(need * (value * units + 1) for need, value in zip(needs, task.values, strict=True))


def _solved(problem: Problem, task: Task) -> Optimum:
    cover = optimum(problem, work=task.work)
    assert cover is not None, "all locations together have what is needed"
    return cover


def _filled(task: Task, coding: Coding, cover: Optimum) -> Choice:
    """What each column of a cover gives, and what that truly costs; or others, if they are cheaper by true prices."""
    pieces: Pieces = _pieces(task, coding, cover.columns)
    cost, bound, least, parcels = coding.true(task, pieces), cover.bound, 0, 0
    if not task.prices.even:
        found = cheapest(coding.steps(task), cost, looks=_looks(task))
        if found.units:
            pieces, cost = _sorted(found.units), found.cost
        # What cannot be proved to a minor unit, because prices are rounded on the way, is proved well enough.
        if found.proved or cost - bound < coding.money(MILLI):
            bound = cost
    if bound < cost and (together := put_together(task, pieces)):
        least, parcels = together.least, together.parcels
        other = _sorted(together.sharing.units)
        if (dearer := coding.true(task, other)) < cost:
            pieces, cost = other, dearer
        if together.sharing.proved and max(parcels, coding.parcels(bound)) >= coding.parcels(cost):
            bound = cost
    columns = tuple(sorted({column for each in pieces.values() for column, _ in each}))
    cover = Optimum(columns, cost, min(bound, cost))
    if cover.exact:
        return Choice(cover, task.needs, pieces)
    known = coding.parcels(bound)
    fewer = coding.parcels(cost) - max(parcels, known)
    # A bound of fewer parcels says nothing of the money.
    least = max(least, coding.money_of(bound) if known == coding.parcels(cost) else least_money(task))
    return Choice(cover, task.needs, pieces, gap=max(0, coding.money_of(cost) - least), parcels_gap=fewer)


def _looks(task: Task) -> int:
    """How many sets of locations are tried: few, where contents are put together if these do not prove it."""
    looks = LOOKS * min(task.work, WORK) // WORK
    return looks // _PART if task.proof else looks


def _sorted(units: Mapping[int, Mapping[int, int]]) -> Pieces:
    return {row: sorted(each.items()) for row, each in units.items()}


def _pieces(task: Task, coding: Coding, columns: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """What each column gives of each row: the cheapest units first, then all from one, then the largest stocks."""
    found: dict[int, list[tuple[int, int]]] = {}
    for row, have in enumerate(task.table):
        need, unit = task.needs[row], coding.unit[row]
        order = sorted(
            (column for column in columns if have[column] >= (need if task.whole else 1)),
            key=lambda column: (
                unit[column],
                have[column] < need,
                0 if have[column] >= need else -have[column],
                column,
            ),
        )
        found[row] = []
        for column in order:
            units = min(need, have[column])
            if units:
                found[row].append((column, units))
                need -= units
    return found
