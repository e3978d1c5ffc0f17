"""The cheapest way to pack what some locations have, by steps of weight and units: for those with too much to list.

Of each location it is asked which step of its prices its parcel stays under, and how many units of each row are in it;
a solver of integer programs finds both. Units are bounded by what the step would carry of them, which bounds the costs
much better than the weight alone (the strong form of K. Aardal, "Capacitated facility location: separation algorithms
and computational experience", Mathematical Programming 81, 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import highspy
import numpy as np

from oms.sourcing.contents import Contents
from oms.sourcing.linear import Chosen, solved
from oms.sourcing.offers import Offer

if TYPE_CHECKING:
    from oms.sourcing.offers import Floats, Ints

_INFINITE = highspy.kHighsInf


def packed(contents: Contents, places: Ints, *, most: int | None, goal: float, grain: float, seconds: float) -> Chosen:
    """The cheapest choice of these locations, if it costs less than `goal`; costs are told apart by `grain`."""
    program = _Program(grain)
    for place in map(int, places):
        program.place(contents, place)
    program.choice(contents, len(places) if most is None else most)
    found = solved(program.lp(), goal, grain, seconds)
    return Chosen(() if found.values is None else program.offers(contents, found.values), found.bound)


class _Program:
    """A program of steps and units, all whole: columns with costs and upper bounds, rows with bounds."""

    def __init__(self, grain: float) -> None:
        self._grain = grain
        self._costs, self._upper = list[float](), list[float]()
        self._starts, self._indices, self._values = [0], list[int](), list[float]()
        self._low, self._high = list[float](), list[float]()
        self._sent: dict[int, list[tuple[int, int, int]]] = {}
        """By place: row, the column that says how many portions of it, and units in a portion."""
        self._parcels: list[int] = []

    def place(self, contents: Contents, place: int) -> None:
        """A location's parcel: which step of its prices, and what is in it."""
        have, grams = contents.have[place], contents.grams
        steps = self._steps(contents, place, int(have @ grams))
        self._row([(step, 1.0) for step, _ in steps], 0.0, 1.0)
        if not contents.joined[place]:
            self._parcels += [step for step, _ in steps]
        weights = [(step, -float(end)) for step, end in steps]
        self._sent[place] = []
        for row in map(int, np.flatnonzero(have)):
            there, weight = int(have[row]), int(grams[row])
            portion = there if contents.whole else 1
            units = self._column(portion * float(contents.extra[place][row]), there / portion)
            carried = [(step, min(there, end // weight) if weight else there) for step, end in steps]
            self._row([(units, float(portion)), *((step, -float(most)) for step, most in carried)], -_INFINITE, 0.0)
            weights.append((units, float(portion * weight)))
            self._sent[place].append((row, units, portion))
        self._row(weights, -_INFINITE, 0.0)

    def choice(self, contents: Contents, most: int) -> None:
        """All that is needed comes from somewhere. How many parcels there are is a column of its own, to branch on."""
        for row, need in enumerate(contents.needs):
            given = [
                (units, float(portion)) for each in self._sent.values() for of, units, portion in each if of == row
            ]
            self._row(given, float(need), _INFINITE)
        count = self._column(0.0, float(most))
        self._row([*((step, 1.0) for step in self._parcels), (count, -1.0)], 0.0, 0.0)

    def offers(self, contents: Contents, values: Floats) -> list[Offer]:
        """What a solution sends."""
        offers = []
        for place, sent in self._sent.items():
            units = [0] * len(contents.needs)
            for row, column, portion in sent:
                units[row] = round(values[column]) * portion
            if any(units):
                offers.append(contents.offer(place, units))
        return offers

    def lp(self) -> highspy.HighsLp:
        """The program in the solver's form."""
        lp, width = highspy.HighsLp(), len(self._costs)
        lp.num_col_, lp.num_row_ = width, len(self._low)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.array(self._costs), np.zeros(width), np.array(self._upper)
        lp.row_lower_, lp.row_upper_ = np.array(self._low), np.array(self._high)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        parts = self._starts, self._indices, self._values
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = map(np.array, parts)
        lp.integrality_ = [highspy.HighsVarType.kInteger] * width
        return lp

    def _steps(self, contents: Contents, place: int, heaviest: int) -> list[tuple[int, int]]:
        """A column for each step of a location's prices that it may need, and the grams up to which it goes."""
        steps = []
        for end, charge in zip(*contents.scales.steps(place), strict=True):
            steps.append((self._column(float(charge + contents.lump[place]), 1.0), min(int(end), heaviest)))
            if end >= heaviest:
                break
        return steps

    def _column(self, cost: float, upper: float) -> int:
        self._costs.append(cost / self._grain)
        self._upper.append(upper)
        return len(self._costs) - 1

    def _row(self, terms: Sequence[tuple[int, float]], low: float, high: float) -> None:
        self._indices += [index for index, _ in terms]
        self._values += [value for _, value in terms]
        self._starts.append(len(self._indices))
        self._low.append(low)
        self._high.append(high)
