"""What the search for the cheapest locations leaves open, proved by a solver in the money of the task."""

from __future__ import annotations

from oms.sourcing.coding import Task
from oms.sourcing.instance import Problem
from oms.sourcing.objective import MILLI
from oms.sourcing.optimum import Optimum, cost_of

MOST_GOODS = 50
"""Of more goods nothing is proved in the time that there is."""


def assured(problem: Problem, task: Task, cover: Optimum) -> Optimum:
    """The cover, or a cheaper one; its bound is its cost when a solver proves that nothing costs a minor unit less.

    `problem` is the task's, in the numbers of the search: these tell between equally dear choices, by preference and
    place, and are too long for a solver. So the solver is asked about the money alone.
    """
    if cover.exact or not task.proof or len(task.needs) > MOST_GOODS:
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
