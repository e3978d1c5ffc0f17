"""The programs of contents for HiGHS: shares of them, as prices follow from; and a choice of whole ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import highspy
import numpy as np

from oms.sourcing.contents import Contents, Offer, Tariff

NONE = 1e-6
"""So small a share is none."""


class Solution(NamedTuple):
    """Of the linear program: its cost, the prices, what locations earn beyond them (negative), and the parcels."""

    value: float
    tariff: Tariff
    beyond: Mapping[int, float]
    parcels: float


class Linear:
    """The linear program of the known contents: what shares of them are needed, and the prices that follow."""

    def __init__(self, contents: Contents, most: int | None, dear: float) -> None:
        self._contents, self._most = contents, most
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its stubs leave the constructor out
        self._solver.silent()
        self._solver.setOptionValue("threads", 1)
        for need in contents.needs:
            self._row(float(need), highspy.kHighsInf)
        self._count = len(contents.needs)
        self._row(-highspy.kHighsInf, highspy.kHighsInf if most is None else float(most))
        self._once: dict[int, int] = {}
        self._first = self._count + 2
        self.offers: dict[tuple[int, tuple[int, ...]], Offer] = {}
        # What is not covered, and parcels too few or too many, cost as much as the best that is known.
        for row, need in enumerate(contents.needs):
            self._solver.addCol(dear, 0.0, highspy.kHighsInf, 1, np.array([row], np.int32), np.array([float(need)]))
        for sign in (1.0, -1.0):
            self._solver.addCol(dear, 0.0, highspy.kHighsInf, 1, np.array([self._count], np.int32), np.array([sign]))

    def _row(self, low: float, high: float) -> None:
        self._solver.addRow(low, high, 0, np.array([], np.int32), np.array([], float))

    def allow(self, count: int | None) -> None:
        """Ask for so many parcels, or for no certain number of them."""
        low = -highspy.kHighsInf if count is None else float(count)
        high = (highspy.kHighsInf if self._most is None else float(self._most)) if count is None else float(count)
        self._solver.changeRowBounds(self._count, low, high)

    def add(self, offer: Offer) -> bool:
        """Whether it was not known."""
        key = offer.place, offer.units
        if key in self.offers:
            return False
        if offer.place not in self._once:
            self._once[offer.place] = self._count + 1 + len(self._once)
            self._row(-highspy.kHighsInf, 1.0)
        entries = [(row, float(units)) for row, units in enumerate(offer.units) if units]
        if not self._contents.joined[offer.place]:
            entries.append((self._count, 1.0))
        entries.append((self._once[offer.place], 1.0))
        where, values = np.array([row for row, _ in entries], np.int32), np.array([value for _, value in entries])
        self._solver.addCol(float(offer.cost), 0.0, highspy.kHighsInf, len(entries), where, values)
        self.offers[key] = offer
        return True

    def fix(self, offers: Iterable[Offer], least: float) -> None:
        """Take so much of these contents at least."""
        number = {key: self._first + index for index, key in enumerate(self.offers)}
        for offer in offers:
            self._solver.changeColBounds(number[offer.place, offer.units], least, highspy.kHighsInf)

    def shares(self) -> list[tuple[float, Offer]]:
        """How much of each content the last solution takes, of those of which it takes any."""
        values = self._solver.getSolution().col_value[self._first :]
        return [(value, offer) for value, offer in zip(values, self.offers.values(), strict=True) if value > NONE]

    def solve(self) -> Solution:
        """The cheapest shares of the contents that are known."""
        self._solver.run()
        solution = self._solver.getSolution()
        duals = solution.row_dual
        prices = np.maximum(np.array(duals[: self._count]), 0.0)
        beyond = {place: min(0.0, duals[row]) for place, row in self._once.items()}
        value = float(self._solver.getInfo().objective_function_value)
        tariff = Tariff(prices, -float(duals[self._count]))
        return Solution(value, tariff, beyond, float(solution.row_value[self._count]))


def program_of(contents: Contents, offers: Sequence[Offer], count: int | None, most: int | None) -> highspy.HighsLp:
    """Which of these contents, one at most of each location, and so many parcels."""
    seen: dict[int, int] = {}
    for offer in offers:
        seen[offer.place] = seen.get(offer.place, 0) + 1
    rows = len(contents.needs)
    once = {place: rows + 1 + number for number, place in enumerate(each for each in seen if seen[each] > 1)}
    starts, indices, values = [0], list[int](), list[float]()
    for offer in offers:
        entries = [(row, float(units)) for row, units in enumerate(offer.units) if units]
        if not contents.joined[offer.place]:
            entries.append((rows, 1.0))
        if offer.place in once:
            entries.append((once[offer.place], 1.0))
        indices += [row for row, _ in entries]
        values += [value for _, value in entries]
        starts.append(len(indices))
    infinite = highspy.kHighsInf
    least = -infinite if count is None else float(count)
    largest = (infinite if most is None else float(most)) if count is None else float(count)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(offers), rows + 1 + len(once)
    lp.col_cost_ = np.array([float(offer.cost) for offer in offers])
    lp.col_lower_, lp.col_upper_ = np.zeros(len(offers)), np.ones(len(offers))
    lp.row_lower_ = np.array([*map(float, contents.needs), least, *([-infinite] * len(once))])
    lp.row_upper_ = np.array([*([infinite] * rows), largest, *([1.0] * len(once))])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = map(np.array, (starts, indices, values))
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(offers)
    return lp
