"""The cheapest set of locations for a demand, with proof: an exact search for covers with fixed and unit costs.

It is a facility location problem with capacities, hard in theory. A first look prices the goods, makes a good cover of
the columns that the prices pay for, and leaves out every column whose reduced cost exceeds what is left to gain (see
`instance`); mostly a few tens remain. Few goods of which each of these has all that is needed or nothing are shared out
(see `partition`). Else a good cover is made better (see `ending`), and the columns are searched by their number, from
the likeliest on: a branch is a set of columns that are in and others that are left out; its prices are improved by some
steps before it is split (see `bounds`). A column is tried only beside all that can stand in for it at no more cost (see
`Instance.betters`). All bounds are whole numbers, so what they prove is proved; a limit to the work keeps the worst
case short. Beyond it, what can be shared out is, by any work; else the answer says what may be missed (see `proof` for
what is done then).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oms.sourcing.bounds import ROUNDS, Branch, improved
from oms.sourcing.covers import MANY, NOTHING, Covers
from oms.sourcing.ending import LAST, Ending
from oms.sourcing.instance import FINE, Filled, Instance, Problem, cheapest_single
from oms.sourcing.partition import cheapest_partition

WORK = 10_000_000
"""How many looks at a (row, column) pair a search may take, about half a second, before the best so far must do."""

_AGAIN = 8
"""Steps by which prices are improved for each further number of columns."""

_STEPS = 3
"""Steps at each branch."""

_LATE = 4
"""After so many branches it pays to know which columns can stand in for which."""

_COMPARED = 150
"""Of more columns it takes too long."""

_FEW = 20
"""Among so few columns the best are found without a good cover to begin with."""

_EASY = 30_000
"""Instances of which each column has all that is needed or nothing are searched by sets, when it is so little work."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The columns found, ascending, what they cost, and what nobody can do it for less than."""

    columns: tuple[int, ...]
    cost: int
    bound: int

    @property
    def exact(self) -> bool:
        """Whether it is proved that nothing costs less."""
        return self.bound >= self.cost


def optimum(problem: Problem, *, work: int = WORK) -> Optimum | None:
    """The cheapest columns that cover every row, or None when no `most` columns do.

    Of equally cheap ones it takes those that it finds first: the same problem has the same answer. When the work is
    used up, the best one found so far is the answer, and `bound` says what may be missed; None then says that none was
    found.
    """
    if not any(need > 0 for need in problem.needs):
        return Optimum((), 0, 0)
    most = len(problem.fixed) if problem.most is None else problem.most
    if most < 1:
        return None
    single = cheapest_single(problem)
    instance = Instance(problem, single)
    found, bound = _Search(instance, most, single, work).run()
    if found is NOTHING:
        return None
    cost = found.cost // FINE + instance.anyway
    return Optimum(found.columns, cost, min(-(-bound // FINE) + instance.anyway, cost))


def cost_of(problem: Problem, columns: Iterable[int]) -> int:
    """What these columns cost, if they cover; the cheapest of their units are taken.

    Raises:
        ValueError: they do not cover.
    """
    instance = Instance(problem)
    found = instance.filled({*columns, *instance.forced})
    if found is None:
        raise ValueError("these columns do not cover what is needed")
    return found.cost // FINE + instance.anyway


class _Search:
    """One search through an instance, beginning with what is known of it."""

    def __init__(self, instance: Instance, most: int, single: tuple[int, int] | None, work: int) -> None:
        self._is = instance
        self._known = Covers(instance, most, work)
        self._ending = Ending(instance, self._known)
        self._all: Sequence[int] = ()
        self._betters: dict[int, int] = {}
        self._bits: dict[int, int] = {}
        if single:
            self._known.offer(Filled((single[0] - instance.anyway) * FINE, (single[1],)))

    def run(self) -> tuple[Filled, int]:
        """The best cover, and what any costs at least."""
        if any(sum(row.units) < need for row, need in zip(self._is.rows, self._is.needs, strict=True)):
            return self._known.best, self._known.best.cost
        forced = self._is.forced
        if forced:
            self._known.offer_set(forced)
        prices, costs = self._is.prices()
        self._known.work -= 4 * sum([len(row.units) for row in self._is.rows])
        columns: Sequence[int] = self._is.columns
        if forced:
            columns = [column for column in columns if column not in forced]
        low = self._is.paid(prices) + sum([costs[column] for column in forced])
        low += sum([cost for column in columns if (cost := costs[column]) < 0])
        if self._known.best is not NOTHING:
            columns = _paying(columns, costs, self._known.goal - low)
        free: Sequence[int] = sorted(columns, key=costs.__getitem__)
        if low < self._known.goal:
            self._known.begin(free, costs)
        if low >= self._known.goal:
            return self._known.best, self._known.goal
        free = _paying(free, costs, self._known.goal - low)
        cover = cheapest_partition(self._is, (*forced, *free), _EASY)
        if cover is not None and len(cover.columns) <= self._known.limit:
            self._known.offer(cover)
            return self._known.best, self._known.goal
        if len(free) > _FEW:
            self._ending.exchange(Branch(forced, free, prices, costs, 0, 0, 0, low), pairs=False)
            free = _paying(free, costs, self._known.goal - low)
        if self._is.flat or len(self._is.needs) > MANY:
            self._known.greedy(free)
            free = _paying(free, costs, self._known.goal - low)
        first = max(self._is.fewest() - len(forced), 1 if forced else 2)
        bound = self._sizes(Branch(forced, free, prices, costs, 0, first, len(free), low))
        if self._known.work < 0 and (cover := cheapest_partition(self._is, self._is.columns)) is not None:
            self._known.offer(cover)
            if len(cover.columns) <= self._known.limit:
                bound = self._known.best.cost
        return self._known.best, bound

    def _sizes(self, root: Branch) -> int:
        """Search all numbers of columns in question, from the most likely one on; what any costs at least."""
        first, most = root.least, min(self._known.limit - len(root.chosen), root.most)
        if first > most:
            return self._known.goal
        root = improved(self._is, self._known, root._replace(most=most), ROUNDS)
        if self._is.flat or len(self._is.needs) > MANY:
            self._known.join(root.free)
        self._units = self._is.dense(root.free)
        if len(root.free) > _FEW:
            self._ending.exchange(root, pairs=True)
        self._all, self._betters = root.free, {}
        likely = min(max(first, sum([root.costs[column] < 0 for column in root.free])), most)
        self._search(root._replace(least=likely, most=likely))
        self._beyond(range(likely + 1, most + 1), root, most)
        self._beyond(range(likely - 1, first - 1, -1), root, first)
        return self._known.goal if self._known.work >= 0 else min(root.low, self._known.goal)

    def _beyond(self, sizes: Iterable[int], root: Branch, end: int) -> None:
        """Search one number of columns after the other, until neither it nor any further can be cheaper."""
        for size in sizes:
            root = improved(self._is, self._known, root._replace(least=min(size, end), most=max(size, end)), _AGAIN)
            if not root.free or self._known.work < 0:
                return
            self._search(root._replace(least=size, most=size))

    def _search(self, root: Branch) -> None:
        """Try whatever is in a branch, as long as there is work left."""
        stack, splits = [root], 0
        while stack and self._known.work >= 0:
            branch = stack.pop()
            splits += 1
            if splits == _LATE and not self._betters and len(self._all) <= _COMPARED:
                self._betters = self._is.betters(self._all)
                self._bits = {column: 1 << position for position, column in enumerate(self._all)}
                self._known.work -= len(self._all) ** 2
            if branch.low < self._known.goal:
                self._split(branch, stack)

    def _split(self, branch: Branch, stack: list[Branch]) -> None:
        """Put the two halves of a branch on the stack, with and without a column of its narrowest row; or close it."""
        left = branch.least
        branch = improved(self._is, self._known, branch, _STEPS if left > 1 else 1)
        chosen, free = branch.chosen, branch.free
        if not free:
            return
        if self._betters:
            free = self._with_betters(free, left)
            if len(free) < left:
                return
        missing, first = self._is.missing(chosen), free
        if max(missing) > 0:
            opened = self._is.open_row(missing, free, left)
            if opened is None:
                return
            row, free = opened
            first = [each for each in free if self._units[each][row]]
        elif self._is.flat:
            self._known.offer_set(chosen)
            return
        if left <= LAST:
            self._ending.close(branch._replace(free=free), first)
            return
        if not first:
            return
        column = first[0]
        rest = [each for each in free if each != column]
        others = [each for each in rest if not self._betters[each] & self._bits[column]] if self._betters else rest
        if len(others) >= left:
            stack.append(branch._replace(free=others))
        if len(rest) >= left - 1:
            stack.append(branch._replace(chosen=(*chosen, column), free=rest, least=left - 1, most=left - 1))

    def _with_betters(self, free: Sequence[int], left: int) -> Sequence[int]:
        """Those of the columns that can be among the last ones together with all of their betters."""
        betters, bits = self._betters, self._bits
        there = sum([bits[column] for column in free])
        return [column for column in free if (betters[column] & there).bit_count() < left]


def _paying(free: Sequence[int], reduced: Mapping[int, int], room: int) -> Sequence[int]:
    return [column for column in free if reduced[column] < room]
