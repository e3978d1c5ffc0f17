"""The same problem for HiGHS, a solver of mixed integer programs: it proves what our own search leaves open.

Goods that few locations have enough of make bounds by prices weak, and the search runs out of work; the solver's
cutting planes close most of these in one to three seconds. It counts in floating point, so it only names columns: what
they cost is worked out in whole numbers (see `proof`), and is proved when it meets the solver's bound to a minor unit.

Formulation: K. Aardal, "Capacitated facility location: separation algorithms and computational experience",
Mathematical Programming 81, 1998, in its strong form (units from a column are bounded by its stock times its opening).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from oms.sourcing.instance import Problem

if TYPE_CHECKING:
    import highspy

SECONDS = 5.0
"""How long the solver may take; what it has not proved by then is not used, so that no clock decides a plan."""

LARGEST = 10**10
"""No cost of a problem may be larger: beyond, what a solver calls zero would be worth a minor unit."""


class Model(NamedTuple):
    """A program for the solver, and the problem's columns by the number of their variable."""

    lp: highspy.HighsLp
    columns: Sequence[int]


class Solution(NamedTuple):
    """The columns that are used, and what the solver says they cost, which no others do for less."""

    columns: tuple[int, ...]
    cost: float


def model(problem: Problem) -> Model:
    """The program: open columns (0 or 1), units shipped, each row's need met, nothing from a closed column."""
    import highspy
    import numpy as np

    wanted = [row for row, need in enumerate(problem.needs) if need > 0]
    columns = [c for c in range(len(problem.fixed)) if any(problem.stock[row][c] > 0 for row in wanted)]
    costs: list[float] = [problem.fixed[column] for column in columns]
    upper: list[float] = [1] * len(columns)
    starts, indices, values = [0], list[int](), list[float]()
    low, high = list[float](), list[float]()

    def condition(terms: list[tuple[int, float]], least: float, most: float) -> None:
        indices.extend(index for index, _ in terms)
        values.extend(value for _, value in terms)
        starts.append(len(indices))
        low.append(least)
        high.append(most)

    for row in wanted:
        need, whole = problem.needs[row], problem.whole[row]
        size = need if whole else 1
        shipped: list[tuple[int, float]] = []
        for number, column in enumerate(columns):
            stock = min(problem.stock[row][column], need)
            if stock <= 0 or (whole and stock < need):
                continue
            shipped.append((len(costs), 1))
            condition([(len(costs), 1), (number, -stock / size)], -highspy.kHighsInf, 0)
            costs.append(problem.unit[row][column] * size)
            upper.append(stock / size)
        condition(shipped, need / size, need / size)
    if problem.most is not None:
        condition([(number, 1) for number in range(len(columns))], 0, problem.most)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(costs), len(low)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.array(costs), np.zeros(len(costs)), np.array(upper)
    lp.row_lower_, lp.row_upper_ = np.array(low), np.array(high)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = (
        np.array(starts),
        np.array(indices),
        np.array(values),
    )
    whole_number, any_number = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    lp.integrality_ = [whole_number] * len(columns) + [any_number] * (len(costs) - len(columns))
    return Model(lp, columns)


def solve(program: Model, seconds: float | None = None) -> Solution | None:
    """The cheapest columns, without any gap, on one thread; None when that is not proved in time, or nothing covers."""
    import highspy

    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its stubs leave the constructor out
    solver.silent()
    for option, value in (("threads", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.0)):
        solver.setOptionValue(option, value)
    if seconds is not None:
        solver.setOptionValue("time_limit", seconds)
    solver.passModel(program.lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    opened = solver.getSolution().col_value
    used = tuple(column for number, column in enumerate(program.columns) if opened[number] > 1 / 2)
    return Solution(used, solver.getInfo().objective_function_value)


@lru_cache(maxsize=16)
def proved(problem: Problem) -> Solution | None:
    """The cheapest columns by a proof that takes at most `SECONDS`; None without one.

    A decision asks for the same several times (to find room, and to write down why), so the last answers are kept.
    Parts of the problem have to be tuples.
    """
    largest = max(problem.fixed, default=0) + max(
        (need * max(row, default=0) for need, row in zip(problem.needs, problem.unit, strict=True)), default=0
    )
    return solve(model(problem), SECONDS) if largest <= LARGEST else None
