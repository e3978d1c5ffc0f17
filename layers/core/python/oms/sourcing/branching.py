"""The cheapest choice among contents that are all written down: branch and bound on their linear program.

Branches part what decides most: how many parcels, which locations send one, and only then what is in them. Of several
ways the one is taken after which the bounds are best (strong branching: D. Applegate, R. Bixby, V. Chvátal and W. Cook,
"Finding Cuts in the TSP", DIMACS 95-05, 1995). The likeliest branch comes first, so that what is left open bounds well;
every other one is followed down to a choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import highspy
import numpy as np

from oms.sourcing.contents import Contents
from oms.sourcing.linear import NONE, Chosen, chosen, program_of
from oms.sourcing.offers import Offer, Table
from oms.sourcing.tightening import Tightening

if TYPE_CHECKING:
    from oms.sourcing.offers import Floats

LARGEST = 8000
"""Contents that are branched on at most."""

SECONDS = 1.0
"""How long a solver may try before."""

_LIKELY, _PART = 2000, 4
"""Where there are more, so many of the likeliest make a better choice first, with a part of the effort."""

_OVERHEAD = 200
"""What a linear program takes beside the looks at its columns, in such looks."""

_FEWER = 0.6
"""Where a better choice leaves less than this part of the contents in question, it pays to begin anew."""

_DIVES = 2
"""Each so manieth branch is followed down to a choice."""

_TRIED = 6
"""Ways to branch that are compared."""


def cheapest_of(
    contents: Contents, table: Table, *, most: int | None, goal: float, grain: float, effort: int
) -> Chosen:
    """The cheapest choice of these contents, one at most of each location, if it costs less than `goal`.

    Costs are told apart by `grain`. The effort is counted in looks at columns of linear programs.
    """
    tight = Tightening(contents, table, most, goal, grain, effort)
    tight.run()
    found: Sequence[Offer] = ()
    if len(tight.table.costs) > LARGEST:
        likely = _Branching(tight, tight.table.only(tight.least.argsort(kind="stable")[:_LIKELY]), effort // _PART)
        found = likely.run().offers
        if found:
            goal = sum(offer.cost for offer in found) - grain + 1
    left = tight.table.only(tight.least < goal)
    if tight.bound >= goal or len(left.costs) > LARGEST:
        return Chosen(found, min(goal, tight.bound))
    # The solver is either done at once, or takes longer than what follows.
    easy = chosen(contents, left, most=most, goal=goal, grain=grain, seconds=SECONDS)
    if easy.offers:
        found = easy.offers
        goal = sum(offer.cost for offer in found) - grain + 1
    if easy.bound >= goal:
        return Chosen(found, goal)
    best = _Branching(tight, left, tight.effort, goal).run()
    return Chosen(best.offers or found, max(best.bound, min(easy.bound, goal)))


class _Bound(NamedTuple):
    """Bounds of a row or a column of the program."""

    row: bool
    number: int
    low: float
    high: float


_Bounds = tuple[_Bound, ...]


class _Node(NamedTuple):
    """What the linear program of a branch says."""

    value: float
    shares: Floats
    sums: Floats
    basis: highspy.HighsBasis


class _Branching:
    """The linear program of some contents, and the best choice of them so far."""

    def __init__(self, tight: Tightening, table: Table, effort: int, goal: float | None = None) -> None:
        self._contents, self._cuts, self._most = tight.contents, tight.cuts, tight.most
        self._grain, self._goal, self._effort = tight.grain, tight.goal if goal is None else goal, effort
        self._table, self._bound = table, tight.bound
        self._found = list[Offer]()

    def run(self) -> Chosen:
        """Branch; and once more, when what was found leaves much less in question."""
        again = True
        while again:
            root = self._load()
            if root is None:
                return Chosen(self._found, self._goal)
            again = self._branch(root)
        return Chosen(self._found, min(self._bound, self._goal))

    # The linear program.

    def _load(self) -> _Node | None:
        """Solve the program of all contents that are left, and leave out those that no cheaper choice takes."""
        lp = program_of(self._contents, self._table, self._cuts, self._most)
        lp.col_cost_ = np.array(lp.col_cost_) / self._grain
        self._first, self._count = len(self._contents.needs) + len(self._cuts), lp.num_row_ - 1
        self._limit = float(lp.row_upper_[self._count])
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its stubs leave the constructor out
        self._solver.silent()
        self._solver.setOptionValue("threads", 1)
        self._solver.setOptionValue("presolve", "off")
        self._solver.passModel(lp)
        self._applied: _Bounds = ()
        root = self._solved()
        if root is None:
            return None
        self._least = root.value + np.array(self._solver.getSolution().col_dual) * self._grain
        keep = self._least < self._goal
        if keep.sum() < len(keep) * _FEWER:
            self._table = self._table.only(keep)
            return self._load()
        return root

    def _solved(self) -> _Node | None:
        """What the program as it stands costs; None when that is no less than the goal."""
        self._effort -= len(self._table.costs) + _OVERHEAD
        self._solver.setOptionValue("objective_bound", self._goal / self._grain)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        value = self._solver.getInfo().objective_function_value * self._grain
        if value >= self._goal:
            return None
        solution = self._solver.getSolution()
        return _Node(value, np.array(solution.col_value), np.array(solution.row_value), self._solver.getBasis())

    # Branches.

    def _branch(self, root: _Node) -> bool:
        """Try the likeliest of all branches each time, as long as there is effort left; whether to begin anew."""
        order = count()
        heap: list[tuple[float, int, _Bounds, _Node]] = [(root.value, 0, (), root)]
        for looked in count():
            self._bound = max(self._bound, min(heap[0][0], self._goal) if heap else self._goal)
            if not heap or self._bound >= self._goal or self._effort < 0:
                return False
            _, _, bounds, node = heappop(heap)
            ways = self._ways(node, bounds)
            while ways:
                halves = self._best_way(bounds, node, ways)
                dive = bool(halves) and looked % _DIVES == 0 and self._effort >= 0
                for more, found in halves[1:] if dive else halves:
                    heappush(heap, (found.value, -next(order), more, found))
                if not dive:
                    break
                bounds, node = halves[0]
                ways = self._ways(node, bounds)
            else:
                self._found = self._table.offers(node.shares > 1 / 2)
                self._goal = sum(offer.cost for offer in self._found) - self._grain + 1
                if (self._least < self._goal).sum() < len(self._least) * _FEWER:
                    return True
        return False

    def _ways(self, node: _Node, bounds: _Bounds) -> list[tuple[_Bound, _Bound]]:
        """Ways to part what a branch leaves open; none when its solution is a choice."""
        parcels = float(node.sums[self._count])
        if abs(parcels - round(parcels)) > NONE:
            known = self._bounds_of(bounds, _Bound(True, self._count, 0, 0))
            low = float(np.floor(parcels))
            return [(known._replace(high=low), known._replace(low=low + 1))]
        used = node.sums[self._first : self._count]
        rows = [self._first + place for place in _undecided(used)]
        if rows:
            return [(_Bound(True, row, 1.0, 1.0), _Bound(True, row, 0.0, 0.0)) for row in rows]
        return [
            (_Bound(False, number, 1.0, highspy.kHighsInf), _Bound(False, number, 0.0, 0.0))
            for number in _undecided(node.shares)
        ]

    def _best_way(
        self, bounds: _Bounds, node: _Node, ways: Sequence[tuple[_Bound, _Bound]]
    ) -> list[tuple[_Bounds, _Node]]:
        """The open halves of the branch by the way after which the bounds are best, the cheaper one first."""
        best, score = list[tuple[_Bounds, _Node]](), -1.0
        for way in ways:
            halves = [((*bounds, half), self._under(bounds, half, node)) for half in way]
            opened = [(more, found) for more, found in halves if found is not None]
            if len(opened) < len(way):
                return opened
            gains = [max(found.value - node.value, self._grain / 1000) for _, found in opened]
            if gains[0] * gains[1] > score:
                best, score = opened, gains[0] * gains[1]
        return sorted(best, key=lambda half: half[1].value)

    def _under(self, bounds: _Bounds, half: _Bound, node: _Node) -> _Node | None:
        """What a half of a branch costs; None when that is no less than the goal."""
        self._apply((*bounds, half))
        self._solver.setBasis(node.basis)
        return self._solved()

    # Bounds.

    def _apply(self, bounds: _Bounds) -> None:
        """Make the program that of a branch."""
        old, same = self._applied, 0
        while same < min(len(old), len(bounds)) and old[same] is bounds[same]:
            same += 1
        for index in reversed(range(same, len(old))):
            self._set(self._bounds_of(old[:index], old[index]))
        for bound in bounds[same:]:
            self._set(bound)
        self._applied = bounds

    def _bounds_of(self, bounds: _Bounds, other: _Bound) -> _Bound:
        """What a row or a column is bound by in a branch."""
        for bound in reversed(bounds):
            if bound.row == other.row and bound.number == other.number:
                return bound
        if not other.row:
            return _Bound(False, other.number, 0.0, highspy.kHighsInf)
        return _Bound(True, other.number, 0.0, self._limit if other.number == self._count else 1.0)

    def _set(self, bound: _Bound) -> None:
        change = self._solver.changeRowBounds if bound.row else self._solver.changeColBounds
        change(bound.number, bound.low, bound.high)


def _undecided(shares: Floats) -> list[int]:
    """Those that are neither none nor whole, the nearest to a half first; a few."""
    some = np.flatnonzero((shares > NONE) & (shares < 1 - NONE))
    return [int(each) for each in some[np.abs(shares[some] - 1 / 2).argsort(kind="stable")][:_TRIED]]
