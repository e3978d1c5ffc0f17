"""The cheapest set of locations for a demand, with proof: an exact search for covers with fixed and unit costs.

It is a facility location problem with capacities, hard in theory. A first look prices the goods, makes a good cover of
the columns that the prices pay for, and leaves out every column whose reduced cost exceeds what is left to gain (see
`instance`); mostly a few tens remain. They are searched by the number of columns, from the likeliest on: a branch is a
set of columns that are in and others that are left out; its prices are improved by some steps before it is split. A
column is tried only beside all that can stand in for it at no more cost (see `Instance.betters`). All bounds are whole
numbers, so what they prove is proved; a limit to the work keeps the worst case short. Beyond it, few goods of which
each location has all that is needed or nothing are searched another way (see `partition`); else the answer says what
may be missed, and a solver may be asked (see `proof`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oms.sourcing.covers import MANY, NOTHING, POOL, Covers
from oms.sourcing.instance import FINE, Filled, Instance, Problem, cheapest_single
from oms.sourcing.partition import cheapest_partition

WORK = 10_000_000
"""How many looks at a (row, column) pair a search may take, about half a second, before the best so far must do."""

_ROUNDS = 12
"""Steps by which prices are improved before a search begins."""

_STEPS = 3
"""Steps at each of its branches."""

_PATIENCE = 3
"""Steps without a better bound before they are made half as long."""

_WORTH = 20
"""A bound that is better by a twentieth is worth the look at what its columns make."""

_LATE = 4
"""After so many branches it pays to know which columns can stand in for which."""

_COMPARED = 150
"""Of more columns it takes too long."""

_LAST = 2
"""So many last columns are tried all at once."""

_LOOK = 12
"""Looks that every step takes beside those at its columns, in the work that it is."""


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


class _Branch(NamedTuple):
    """Columns that are in, those of which from `least` to `most` more have to come, prices, and a bound of the cost."""

    chosen: tuple[int, ...]
    free: Sequence[int]
    prices: Sequence[int]
    least: int
    most: int
    low: int


class _Search:
    """One search through an instance, beginning with what is known of it."""

    def __init__(self, instance: Instance, most: int, single: tuple[int, int] | None, work: int) -> None:
        self._is = instance
        self._known = Covers(instance, most, work)
        self._all: Sequence[int] = ()
        self._betters: dict[int, int] = {}
        self._bits: dict[int, int] = {}
        if single:
            self._known.offer(Filled((single[0] - instance.anyway) * FINE, (single[1],)))

    def run(self) -> tuple[Filled, int]:
        """The best cover, and what any costs at least."""
        if any(
            sum([units for _, units, _ in row]) < need for row, need in zip(self._is.rows, self._is.needs, strict=True)
        ):
            return self._known.best, self._known.best.cost
        forced = self._is.forced
        if forced:
            self._known.offer_set(forced)
        prices, reduced = self._is.prices()
        self._known.work -= 4 * sum([len(row) for row in self._is.rows])
        sure = self._is.paid(prices) + sum([reduced.pop(column) for column in forced])
        free: Sequence[int] = sorted(reduced, key=reduced.__getitem__)
        low = sure + sum([cost for cost in reduced.values() if cost < 0])
        if low < self._known.goal:
            self._known.begin(free, reduced)
        free = _paying(free, reduced, self._known.goal - low)
        if self._is.flat or len(self._is.needs) > MANY:
            self._known.greedy(free)
            free = _paying(free, reduced, self._known.goal - low)
        first = max(self._is.fewest() - len(forced), 1 if forced else 2)
        bound = self._sizes(prices, free, first)
        if self._known.work < 0 and (cover := cheapest_partition(self._is)) is not None:
            self._known.offer(cover)
            if len(cover.columns) <= self._known.limit:
                bound = self._known.best.cost
        return self._known.best, bound

    def _sizes(self, prices: Sequence[int], free: Sequence[int], first: int) -> int:
        """Search all numbers of columns in question, from the most likely one on; what any costs at least."""
        most = min(self._known.limit - len(self._is.forced), len(free))
        if first > most:
            return self._known.goal
        prices, free, low = self._improved(_Branch(self._is.forced, free, prices, first, most, 0), _ROUNDS)
        if self._is.flat or len(self._is.needs) > MANY:
            self._known.join(free)
        self._units = self._is.dense(free)
        self._all, self._betters = free, {}
        costs = self._is.reduced(prices, free).values()
        likely = min(max(first, sum([cost < 0 for cost in costs])), most)
        self._search(_Branch(self._is.forced, free, prices, likely, likely, low))
        self._beyond(range(likely + 1, most + 1), prices, free, most)
        self._beyond(range(likely - 1, first - 1, -1), prices, free, first)
        return self._known.goal if self._known.work >= 0 else min(low, self._known.goal)

    def _beyond(self, sizes: Iterable[int], prices: Sequence[int], free: Sequence[int], end: int) -> None:
        """Search one number of columns after the other, until neither it nor any further can be cheaper."""
        for size in sizes:
            least, most = min(size, end), max(size, end)
            prices, free, low = self._improved(_Branch(self._is.forced, free, prices, least, most, 0), _ROUNDS)
            if not free or self._known.work < 0:
                return
            self._search(_Branch(self._is.forced, free, prices, size, size, low))

    def _sure(self, prices: Sequence[int], chosen: Sequence[int]) -> int:
        return self._is.paid(prices) + sum(self._is.reduced(prices, chosen).values())

    def _improved(self, branch: _Branch, rounds: int) -> tuple[Sequence[int], Sequence[int], int]:
        """Prices that bound a branch's cost better, the columns still in question, cheapest first, and the bound.

        Subgradient steps, each towards the rows that the cheapest columns would give too little of. No columns are
        returned when nothing is to gain.
        """
        chosen, free, prices, least, most, low = branch
        needs, shares, rows = self._is.needs, self._is.shares, len(self._is.needs)
        best, bound, stride, stalled = prices, -1, 1.0, 0
        for step in range(rounds):
            self._known.work -= (len(free) + len(chosen) + _LOOK) * rows
            reduced = self._is.reduced(prices, free)
            free = sorted(free, key=reduced.__getitem__)
            if len(free) < least:
                return best, [], self._known.goal
            count, last = least, min(most, len(free))
            while count < last and reduced[free[count]] < 0:
                count += 1
            cheapest = free[:count]
            low = self._sure(prices, chosen) + sum([reduced[column] for column in cheapest])
            if low >= self._known.goal:
                return prices, [], low
            if low > bound:
                if rounds == _ROUNDS and low > bound + bound // _WORTH:
                    self._known.offer_thinned(dict.fromkeys([*self._known.best.columns, *chosen, *cheapest[:POOL]]))
                best, bound, stalled = prices, low, 0
            else:
                stalled += 1
            # Where no more may come, or no fewer, whoever comes in takes the place of the dearest; else it is on top.
            room = self._known.goal - low
            if count and (count == most or (count == least and reduced[cheapest[-1]] > 0)):
                room += reduced[cheapest[-1]]
            free = [column for column in free if reduced[column] < room]
            if step == rounds - 1:
                break
            if stalled == _PATIENCE:
                stride, stalled, prices = stride / 2, 0, best
                continue
            missing = list(needs)
            for column in (*chosen, *cheapest):
                for row, units, extra in shares[column]:
                    if prices[row] > extra:
                        missing[row] -= units
            slope = sum([(units / need) ** 2 for units, need in zip(missing, needs, strict=True)])
            if not slope:
                break
            target = self._known.goal if self._known.best is not NOTHING else low + low // 4 + 1
            length = stride * max(target - low, 1) / slope
            prices = [
                max(0, price + int(length * units / need**2))
                for price, units, need in zip(prices, missing, needs, strict=True)
            ]
        return best, free, bound

    def _search(self, root: _Branch) -> None:
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

    def _split(self, branch: _Branch, stack: list[_Branch]) -> None:
        """Put the two halves of a branch on the stack, with and without a column of its narrowest row; or close it."""
        chosen, left = branch.chosen, branch.least
        prices, free, low = self._improved(branch, _STEPS if left > 1 else 1)
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
        if left <= _LAST:
            self._close(_Branch(chosen, free, prices, left, left, low), first, missing)
            return
        if not first:
            return
        column = first[0]
        rest = [each for each in free if each != column]
        others = [each for each in rest if not self._betters[each] & self._bits[column]] if self._betters else rest
        if len(others) >= left:
            stack.append(_Branch(chosen, others, prices, left, left, low))
        if len(rest) >= left - 1:
            stack.append(_Branch((*chosen, column), rest, prices, left - 1, left - 1, low))

    def _with_betters(self, free: Sequence[int], left: int) -> Sequence[int]:
        """Those of the columns that can be among the last ones together with all of their betters."""
        betters, bits = self._betters, self._bits
        there = sum([bits[column] for column in free])
        return [column for column in free if (betters[column] & there).bit_count() < left]

    def _close(self, branch: _Branch, first: Sequence[int], missing: Sequence[int]) -> None:
        """The last columns: one of the `first`, and together they have to have all that is missing."""
        costs, units = self._is.reduced(branch.prices, branch.free), self._units
        sure = self._sure(branch.prices, branch.chosen)
        rows = [(row, need) for row, need in enumerate(missing) if need > 0]
        free = sorted(branch.free, key=costs.__getitem__)
        self._known.work -= (len(free) + len(branch.chosen)) * len(missing)
        if branch.least == 1:
            for column in first:
                have = units[column]
                if sure + costs[column] < self._known.goal and all(have[row] >= need for row, need in rows):
                    self._known.offer_set((*branch.chosen, column))
            return
        tried = set[int]()
        for column in first:
            tried.add(column)
            have = units[column]
            left = [(row, need - have[row]) for row, need in rows if need > have[row]]
            known = sure + costs[column]
            for other in free:
                self._known.work -= 2
                if known + costs[other] >= self._known.goal:
                    break
                if other not in tried:
                    gives = units[other]
                    for row, need in left:
                        if gives[row] < need:
                            break
                    else:
                        self._known.offer_set((*branch.chosen, column, other))


def _paying(free: Sequence[int], reduced: Mapping[int, int], room: int) -> Sequence[int]:
    return [column for column in free if reduced[column] < room]
