"""Prices of many contents, tightened by cuts until few contents are left that a cheaper choice could take.

Cuts of rank one: a sum of rows in halves, thirds or quarters, rounded up (V. Chvátal, "Edmonds polytopes and a
hierarchy of combinatorial problems", Discrete Mathematics 4, 1973). All contents in question are known, so each can be
told what it counts in a cut, and those that are not in the linear program yet are looked for among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, product
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from oms.sourcing.contents import Contents
from oms.sourcing.linear import NONE, Cut, Linear
from oms.sourcing.offers import Table

if TYPE_CHECKING:
    from oms.sourcing.offers import Floats, Ints

_PARTS: Sequence[tuple[int, Sequence[tuple[int, tuple[int, ...]]]]] = (
    (1, ((2, (1,)), (3, (1, 2)), (4, (1, 3)), (5, (1, 2, 3, 4)))),
    (2, ((2, (1,)), (3, (1, 2)), (4, (1, 3)))),
    (3, ((2, (1,)), (3, (1, 2)))),
    (4, ((2, (1,)),)),
)
"""Of how many rows sums are rounded, and in which parts: (denominator, numerators)."""

_MOST_SUMS = 5000

_CUTS = 20
"""Cuts that are added at once."""

_ROUNDS = 15
"""How often."""

_VIOLATED = 0.02
"""By so much of its least value a solution must violate a cut."""

_AT_ONCE = 150
"""Contents that are added at once."""

_TOLERANCE = 0.01
"""Thousandths of a minor unit by which a content must help."""

_LOOKS = 20
"""So many looks at a content are as much work as one at a column of a linear program."""


class Tightening:
    """The contents in question, the cuts, and what no choice of the contents costs less than."""

    def __init__(
        self, contents: Contents, table: Table, most: int | None, goal: float, grain: float, effort: int
    ) -> None:
        self.contents, self.table, self.most = contents, table, most
        self.goal, self.grain, self.effort = goal, grain, effort
        self.cuts: list[Cut] = []
        self.bound = float("-inf")
        self.least = np.zeros(len(table.costs))
        """What a choice that takes a content costs at least, for each of the table."""
        self._counts = np.zeros((len(table.costs), 0))
        """What each content counts in each cut."""
        self._inside = np.zeros(len(table.costs), dtype=bool)
        """Whether it is in the linear program."""
        cheapest = (table.costs / np.maximum(table.units @ (1 / contents.needs), NONE)).argsort(kind="stable")
        self._inside[cheapest[:_AT_ONCE]] = True

    def run(self) -> None:
        """Add cuts as long as solutions violate some, and leave out what no choice cheaper than the goal takes."""
        for _ in range(_ROUNDS):
            shares = self._priced()
            if self.bound >= self.goal or self.effort < 0 or not self._cut(shares):
                break

    def _priced(self) -> Floats:
        """Solve the linear program of all contents; the shares that it takes of those that are left."""
        linear = Linear(self.contents, self.most, self.goal, self.cuts)
        table, contents = self.table, self.contents
        numbers = list(map(int, np.flatnonzero(self._inside)))
        for offer in table.offers(self._inside):
            linear.add(offer)
        while True:
            solution = linear.solve()
            beyond = np.zeros(len(contents.columns))
            beyond[list(solution.beyond)] = list(solution.beyond.values())
            reduced = table.costs - table.units @ solution.tariff.prices - self._counts @ solution.rounded
            reduced += np.where(contents.joined, 0.0, solution.tariff.toll)[table.places] - beyond[table.places]
            self.effort -= len(table.costs) // _LOOKS + len(numbers)
            likely = np.flatnonzero((reduced < -_TOLERANCE) & ~self._inside)
            if not len(likely):
                break
            likely = likely[reduced[likely].argsort(kind="stable")][:_AT_ONCE]
            self._inside[likely] = True
            numbers += map(int, likely)
            for offer in table.offers(likely):
                linear.add(offer)
        shares = np.zeros(len(table.costs))
        shares[numbers] = linear.shares()
        least = solution.value + np.maximum(reduced, 0.0)
        keep = (least < self.goal) | (shares > NONE)
        self.bound = max(self.bound, solution.value)
        self.table, self.least = table.only(keep), least[keep]
        self._counts, self._inside = self._counts[keep], self._inside[keep]
        left: Floats = shares[keep]
        return left

    def _cut(self, shares: Floats) -> int:
        """Add the cuts that a solution violates most; how many."""
        taken = shares > NONE
        parts, wholes = _as_arrays(len(self.contents.needs))
        units = self.table.units[taken].astype(int)
        given = (-(-(parts @ units.T) // wholes[:, None])) @ shares[taken]
        least = -(-(parts @ self.contents.needs) // wholes)
        violated = (least - given) / least
        likely = [number for number in np.argsort(-violated, kind="stable")[:_CUTS] if violated[number] >= _VIOLATED]
        fresh = [Cut(parts[number], int(wholes[number]), int(least[number])) for number in likely]
        self.cuts += fresh
        self._counts = np.column_stack([self._counts, *(cut.counts(self.table.units) for cut in fresh)])
        return len(fresh)


@lru_cache(maxsize=8)
def sums_of(rows: int) -> Sequence[Cut]:
    """The sums of rows that are rounded; what is needed of them is not known yet."""
    found: list[Cut] = []
    for size, parts in _PARTS:
        if len(found) + comb(rows, size) * sum(len(numerators) ** size for _, numerators in parts) > _MOST_SUMS:
            break
        for chosen in combinations(range(rows), size):
            for whole, numerators in parts:
                for each in product(numerators, repeat=size):
                    line = np.zeros(rows, dtype=int)
                    line[list(chosen)] = each
                    found.append(Cut(line, whole, 0))
    return found


@lru_cache(maxsize=8)
def _as_arrays(rows: int) -> tuple[Ints, Ints]:
    sums = sums_of(rows)
    return np.array([each.parts for each in sums]), np.array([each.whole for each in sums])
