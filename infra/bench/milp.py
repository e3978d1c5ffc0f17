"""What a sourcing problem costs at least by HiGHS alone, without a limit of time: somebody else's opinion."""

from __future__ import annotations

from oms.sourcing.instance import Problem
from oms.sourcing.solver import Model, model, solve


def cheapest(program: Model) -> int:
    """The least cost of a program that has a solution."""
    solution = solve(program)
    assert solution is not None, "the problems are made so that they can be solved"
    return round(solution.cost)


def cheapest_by_milp(problem: Problem) -> int:
    """What the cheapest cover costs; the problem must have one."""
    return cheapest(model(problem)) if any(problem.needs) else 0
