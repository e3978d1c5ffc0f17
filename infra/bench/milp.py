"""What a sourcing problem costs at least by HiGHS alone, without a limit of time: somebody else's opinion.

Formulation: K. Aardal, "Capacitated facility location: separation algorithms and computational experience",
Mathematical Programming 81, 1998, in its strong form (units from a column are bounded by its stock times its opening).
"""

from __future__ import annotations

import highspy
import numpy as np

from oms.sourcing.instance import Problem


def model(problem: Problem) -> highspy.HighsLp:
    """The program: open columns (0 or 1), units shipped, each row's need met, nothing from a closed column."""
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
    return lp


def cheapest(program: highspy.HighsLp) -> int:
    """The least cost of a program that has a solution, without any gap, on one thread."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its stubs leave the constructor out
    solver.silent()
    for option, value in (("threads", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.0)):
        solver.setOptionValue(option, value)
    solver.passModel(program)
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, (
        "the problems are made so that they can be solved"
    )
    return round(solver.getInfo().objective_function_value)


def cheapest_by_milp(problem: Problem) -> int:
    """What the cheapest cover costs; the problem must have one."""
    return cheapest(model(problem)) if any(problem.needs) else 0
