"""The programs of contents for HiGHS: shares of them, as prices follow from; and a choice of whole ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import highspy
import numpy as np

from oms.sourcing.contents import Contents
from oms.sourcing.offers import Offer, Table, Tariff

if TYPE_CHECKING:
    from oms.sourcing.offers import Floats, Ints

NONE = 1e-6
"""So small a share is none."""


class Cut(NamedTuple):
    """A row of sums: of units, in parts of a whole, rounded up; a choice has no less than `least` of them."""

    parts: Ints
    whole: int
    least: int

    def counts(self, units: Floats) -> Floats:
        """What contents count in it, by the units that they have."""
        counted: Floats = np.ceil((units @ self.parts - NONE) / self.whole)
        return counted


class Solution(NamedTuple):
    """Of the linear program: its cost, the prices of goods and of cuts, and what locations earn beyond (negative)."""

    value: float
    tariff: Tariff
    rounded: Floats
    beyond: Mapping[int, float]


class Linear:
    """The linear program of the known contents: what shares of them are needed, and the prices that follow."""

    def __init__(self, contents: Contents, most: int | None, dear: float, cuts: Sequence[Cut] = ()) -> None:
        self._contents, self._cuts = contents, cuts
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its stubs leave the constructor out
        self._solver.silent()
        self._solver.setOptionValue("threads", 1)
        needs = [*map(float, contents.needs), *(float(cut.least) for cut in cuts)]
        for need in needs:
            self._row(need, highspy.kHighsInf)
        self._count = len(needs)
        self._row(-highspy.kHighsInf, highspy.kHighsInf if most is None else float(most))
        self._once: dict[int, int] = {}
        self.offers: dict[tuple[int, tuple[int, ...]], Offer] = {}
        # What is not covered costs as much as the best that is known.
        for row, need in enumerate(needs):
            self._solver.addCol(dear, 0.0, highspy.kHighsInf, 1, np.array([row], np.int32), np.array([need]))

    def _row(self, low: float, high: float) -> None:
        self._solver.addRow(low, high, 0, np.array([], np.int32), np.array([], float))

    def add(self, offer: Offer) -> bool:
        """Whether it was not known."""
        key = offer.place, offer.units
        if key in self.offers:
            return False
        if offer.place not in self._once:
            self._once[offer.place] = self._count + 1 + len(self._once)
            self._row(-highspy.kHighsInf, 1.0)
        units = np.array(offer.units, dtype=float)
        given = np.array([*units, *(float(cut.counts(units)) for cut in self._cuts)])
        some = np.flatnonzero(given)
        where = [*some, self._once[offer.place], *([] if self._contents.joined[offer.place] else [self._count])]
        values = [*given[some], *([1.0] * (len(where) - len(some)))]
        self._solver.addCol(
            float(offer.cost), 0.0, highspy.kHighsInf, len(where), np.array(where, np.int32), np.array(values)
        )
        self.offers[key] = offer
        return True

    def shares(self) -> Floats:
        """How much of each content, in the order in which they were added, the last solution takes."""
        values: Floats = np.array(self._solver.getSolution().col_value)[self._count :]
        return values

    def solve(self) -> Solution:
        """The cheapest shares of the contents that are known."""
        self._solver.run()
        duals = self._solver.getSolution().row_dual
        prices = np.maximum(np.array(duals[: self._count]), 0.0)
        goods = len(self._contents.needs)
        return Solution(
            float(self._solver.getInfo().objective_function_value),
            Tariff(prices[:goods], -float(duals[self._count])),
            prices[goods:],
            {place: min(0.0, duals[row]) for place, row in self._once.items()},
        )


def program_of(contents: Contents, table: Table, cuts: Sequence[Cut], most: int | None) -> highspy.HighsLp:
    """The program of all these contents; its rows: needs, cuts, then each location once, and the number of parcels."""
    needs = [*map(float, contents.needs), *(float(cut.least) for cut in cuts)]
    given = np.column_stack([table.units, *(cut.counts(table.units) for cut in cuts)])
    places, once = np.unique(table.places, return_inverse=True)
    numbers, rows = np.nonzero(given)
    every, sent = np.arange(len(table.costs)), np.flatnonzero(~contents.joined[table.places])
    column = np.concatenate([numbers, every, sent])
    row = np.concatenate([rows, len(needs) + once, np.full(len(sent), len(needs) + len(places))])
    value = np.concatenate([given[numbers, rows], np.ones(len(every) + len(sent))])
    order = column.argsort(kind="stable")
    infinite = highspy.kHighsInf
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(table.costs), len(needs) + len(places) + 1
    lp.col_cost_ = table.costs.astype(float)
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.full(lp.num_col_, infinite)
    lp.row_lower_ = np.array([*needs, *([0.0] * (len(places) + 1))])
    largest = infinite if most is None else float(most)
    lp.row_upper_ = np.array([*([infinite] * len(needs)), *([1.0] * len(places)), largest])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.bincount(column, minlength=len(table.costs)).cumsum()])
    lp.a_matrix_.index_, lp.a_matrix_.value_ = row[order], value[order]
    return lp


class Chosen(NamedTuple):
    """The cheapest choice found that costs less than the goal, if any; and what none of them costs less than."""

    offers: Sequence[Offer]
    bound: float


def chosen(contents: Contents, table: Table, *, most: int | None, goal: float, grain: float, seconds: float) -> Chosen:
    """A good choice among these contents, if one is found in so much time; costs are told apart by `grain`."""
    if not len(table.costs):
        return Chosen((), goal)
    program = program_of(contents, table, (), most)
    program.col_cost_ = np.array(program.col_cost_) / grain
    program.integrality_ = [highspy.HighsVarType.kInteger] * program.num_col_
    found = solved(program, goal, grain, seconds)
    return Chosen(() if found.values is None else table.offers(found.values > 1 / 2), found.bound)


class Solved(NamedTuple):
    """A solution that costs less than the goal, if any was found; and what none of them costs less than."""

    values: Floats | None
    bound: float


def solved(program: highspy.HighsLp, goal: float, grain: float, seconds: float) -> Solved:
    """Solve a program of whole numbers, whose costs are in grains."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its stubs leave the constructor out
    solver.silent()
    for option, value in (
        ("threads", 1),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 1 / 2),
        ("time_limit", seconds),
        ("objective_bound", goal / grain),
    ):
        solver.setOptionValue(option, value)
    solver.passModel(program)
    solver.run()
    info, status = solver.getInfo(), solver.getModelStatus()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    # The goal makes it drop branches, and not what it came upon before.
    better = feasible and info.objective_function_value * grain < goal
    values = np.array(solver.getSolution().col_value) if better else None
    if status in {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kObjectiveBound}:
        return Solved(values, goal)
    known = abs(info.mip_dual_bound) < highspy.kHighsInf
    return Solved(values, min(info.mip_dual_bound * grain, goal) if known else float("-inf"))
