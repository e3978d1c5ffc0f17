"""The cheapest set of locations for a demand, with proof: an exact search for covers with fixed and unit costs.

It is a facility location problem with capacities, hard in theory. The search goes by the number of columns, smallest
first. For each number it bounds what so many columns must cost (see `instance`), leaves out every column whose reduced
cost exceeds what is left to gain, and tries the rest depth first. All bounds are whole numbers, so what they prove is
proved; a limit to the work keeps the worst case short, and the answer then says what may be missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest, nsmallest

from oms.sourcing.instance import FINE, Filled, Instance, Problem

WORK = 10_000_000
"""How many looks at a (row, column) pair a search may take, about half a second, before the best so far must do."""

_ROUNDS = 25
"""Steps by which prices are improved, at most; more do not pay for themselves."""

_PATIENCE = 3
"""Steps without a better bound before they are made half as long."""

_FEW = 8
"""So few columns beyond the number looked for are tried at once: better bounds do not pay."""

_POOL = 100
"""Columns that a cover is made of at once; more are rarely of use."""

_WORTH = 50
"""A bound that is better by a fiftieth is worth the look at what its columns make."""

_NODE = 4
"""Looks at a row that every step of the search takes beside those at its columns."""

_GUESTS = 24
"""Columns that are tried beside the best cover, before the search proper."""

_PARTY = 8
"""Of so many columns at most the best cover may consist for that."""

_VISITS = 4
"""How often they all are."""

_FAR = 4
"""A cover that costs more than a fourth beyond the best is not worth the work of making it better."""


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

    Of equally cheap ones it takes few columns, then those that it finds first: the same problem has the same answer.
    When the work is used up, the best one found so far is the answer, and `bound` says what may be missed; None then
    says that none was found.
    """
    return _Search(problem, work).run()


class _Search:
    """One search: the columns in question beside the forced ones, and the best choice so far."""

    def __init__(self, problem: Problem, work: int) -> None:
        self.work = work
        self._is = Instance(problem)
        self._columns: Sequence[int] = [column for column in self._is.shares if column not in set(self._is.forced)]
        self._limit = len(self._is.shares) if problem.most is None else problem.most
        self._best: Filled | None = None

    def run(self) -> Optimum | None:
        """Search one size after the other until none can be cheaper."""
        if not self._is.needs:
            return Optimum((), 0, 0)
        self._offer_set(self._is.forced)
        if not self._is.forced:
            self._try_singles()
        bound = self._search()
        if self._best is None:
            return None
        low = self._best.cost if bound is None else min(bound, self._best.cost)
        return Optimum(self._best.columns, self._best.cost // FINE + self._is.anyway, -(-low // FINE) + self._is.anyway)

    def _search(self) -> int | None:
        """Try what the first look did not; when the work is used up, what all that was not tried costs at least."""
        fixed = sorted(self._is.fixed[column] for column in self._columns)
        first = 1 if self._is.forced else 2
        most = min(self._limit - len(self._is.forced), len(self._columns))
        if not self._beats(sum(fixed[:first])):
            return None
        self._greedy()
        self._offer_thinned(self._is.shares)
        start = max(self._is.first_prices(), self._is.marginal_prices(), key=lambda prices: self._any_size(prices, 0))
        prices, self._columns = self._price(start, self._columns, None)
        self._improve(prices)
        for size in range(first, most + 1):
            if not self._beats(sum(fixed[:size])) or not self._beats(self._any_size(prices, size)):
                return None
            if not self._is.enough(size):
                continue
            prices, columns = self._price(prices, self._columns, size)
            left = self._try_size(prices, columns, size)
            if self.work < 0:
                return min(left, self._any_size(prices, size + 1))
        return None

    def _beats(self, bound: int) -> bool:
        """Whether something of this cost would be better than the best known."""
        return self._best is None or bound < self._best.cost

    def _offer(self, found: Filled | None) -> None:
        if found and self._beats(found.cost) and len(found.columns) <= self._limit:
            self._best = found

    def _offer_set(self, columns: Iterable[int]) -> None:
        self._offer(self._is.filled(columns))

    def _offer_thinned(self, columns: Iterable[int]) -> None:
        """Offer what is left of these columns, if they cover, without those that cost more than they save."""
        known = self._is.filled(columns)
        if known is None or (self._best and known.cost > self._best.cost + self._best.cost // _FAR):
            return
        for column in sorted(known.columns, key=lambda each: (-self._is.fixed[each], -each)):
            self.work -= 10 * len(self._is.needs)
            fewer = self._is.filled(each for each in known.columns if each != column)
            if fewer and fewer.cost <= known.cost:
                known = fewer
        self._offer(known)

    def _try_singles(self) -> None:
        if self._limit < 1:
            return
        for column, units in self._is.units.items():
            if units == self._is.needs:
                cost = self._is.fixed[column] + sum(each.units * each.extra for each in self._is.shares[column])
                self._offer(Filled(cost, (column,)))

    def _greedy(self) -> None:
        """A cover to begin with: what gives most for its cost each time."""
        needs, free, chosen = self._is.needs, set(self._columns), list(self._is.forced)
        for column in chosen:
            needs = tuple(self._is.less(needs, column))
        while any(needs) and free:
            column = min(free, key=lambda each: (self._is.rate(each, needs), each))
            chosen.append(column)
            free.remove(column)
            needs = tuple(self._is.less(needs, column))
            self.work -= len(free)
        self._offer_thinned(chosen)

    def _reduced(self, prices: Sequence[int], columns: Sequence[int]) -> tuple[int, dict[int, int]]:
        """What the prices and the forced columns come to, and the reduced costs of these columns."""
        self.work -= len(columns) * len(prices)
        sure = self._is.paid(prices) + sum(self._is.reduced(prices, self._is.forced).values())
        return sure, self._is.reduced(prices, columns)

    def _any_size(self, prices: Sequence[int], least: int) -> int:
        """What `least` columns or more must cost, if it is less than the best known."""
        sure, reduced = self._reduced(prices, self._columns)
        costs = sorted(reduced.values())
        return sure + sum(costs[:least]) + sum(cost for cost in costs[least:] if cost < 0)

    def _price(self, prices: list[int], columns: Sequence[int], size: int | None) -> tuple[list[int], Sequence[int]]:
        """Prices that bound the cost of `size` columns (or of any number) well, and the columns still in question.

        Subgradient steps, each towards the rows that the cheapest columns would give too little of.
        """
        best, bound = prices, -1
        stride, stalled = 1.0, 0
        for _ in range(_ROUNDS):
            if len(columns) < (size or 1):
                return best, []
            sure, reduced = self._reduced(prices, columns)
            cheapest = _cheapest(reduced, size)
            low = sure + sum(reduced[column] for column in cheapest)
            if low > bound:
                if low > bound + bound // _WORTH:
                    self._patch(cheapest)
                best, bound, stalled = prices, low, 0
            else:
                stalled += 1
            if self._best is not None:
                # Of a given number, whoever comes in takes the place of the dearest; else it comes on top.
                room = self._best.cost - low + (reduced[cheapest[-1]] if size else 0)
                columns = [column for column in columns if reduced[column] < room]
            if len(columns) <= (size or 0) + _FEW:
                break
            if stalled == _PATIENCE:
                stride, stalled, prices = stride / 2, 0, best
                continue
            moved = self._moved(prices, cheapest, low, stride)
            if moved is None:
                break
            prices = moved
        return best, columns

    def _moved(self, prices: Sequence[int], chosen: Sequence[int], low: int, stride: float) -> list[int] | None:
        """Prices one step on, as long as the distance to the best known makes it; None when nothing is missing."""
        missing = self._is.missing(prices, (*self._is.forced, *chosen))
        slope = sum((units / need) ** 2 for units, need in zip(missing, self._is.needs, strict=True))
        if not slope:
            return None
        target = low + low // 4 + 1 if self._best is None else self._best.cost
        length = stride * max(target - low, 1) / slope
        return [
            max(0, price + int(length * units / need**2))
            for price, units, need in zip(prices, missing, self._is.needs, strict=True)
        ]

    def _improve(self, prices: Sequence[int]) -> None:
        """Let each of the most promising columns join the best cover and make others needless, until none helps."""
        if self._best is None or len(self._best.columns) > _PARTY or len(self._columns) <= _GUESTS:
            return
        _, reduced = self._reduced(prices, self._columns)
        promising = nsmallest(_GUESTS, reduced, key=reduced.__getitem__)
        for _ in range(_VISITS):
            before = self._best
            for column in promising:
                self._offer_thinned({*self._best.columns, column})
            if self._best is before:
                return

    def _patch(self, columns: Iterable[int]) -> None:
        """Make a cover of these columns and the best one so far, and offer it."""
        known = self._best.columns if self._best else self._is.forced
        self._offer_thinned(list(dict.fromkeys([*known, *columns]))[: _POOL + len(known)])

    def _try_size(self, prices: Sequence[int], columns: Sequence[int], size: int) -> int:
        """Try whatever `size` of these columns could be better than the best; what that was bounded by before."""
        sure, self._costs = self._reduced(prices, columns)
        free = sorted(columns, key=lambda column: (self._costs[column], column))
        needs: Sequence[int] = self._is.needs
        for column in self._is.forced:
            needs = self._is.less(needs, column)
        if len(free) >= size:
            self._extend(needs, free, self._is.forced, size, sure)
        return sure + sum(self._costs[column] for column in free[:size])

    def _extend(self, needs: Sequence[int], free: Sequence[int], chosen: tuple[int, ...], left: int, sure: int) -> None:
        """Try every way to cover what is left with exactly `left` of the free columns, which are sorted by cost."""
        self.work -= len(free) + _NODE * len(needs)
        if self.work < 0:
            return
        if not any(needs):
            self._offer_set(chosen)
            if self._is.flat:
                return  # a further column saves nothing
        if left == 1:
            self._close(needs, free, chosen, sure)
            return
        row = self._narrowest(needs, free, left) if any(needs) else None
        if row is None and any(needs):
            return
        costs, rest = self._costs, list(free)
        for column in free:
            if row is not None and not self._is.units[column][row]:
                continue
            rest.remove(column)  # from here on it is in, or was tried
            self.work -= len(rest)
            tail = sum(costs[each] for each in rest[: left - 2])
            if len(rest) < left - 1 or not self._beats(sure + costs[column] + tail + costs[rest[left - 2]]):
                return
            able: Sequence[int] = rest
            if self._best is not None:
                room = self._best.cost - sure - costs[column] - tail
                able = [each for each in rest if costs[each] < room]
            if len(able) >= left - 1:
                self._extend(self._is.less(needs, column), able, (*chosen, column), left - 1, sure + costs[column])
            if self.work < 0:
                return

    def _close(self, needs: Sequence[int], free: Sequence[int], chosen: tuple[int, ...], sure: int) -> None:
        """The last column, which has to have all that is left."""
        units = self._is.units
        for row, need in enumerate(needs):
            if need:
                free = [column for column in free if units[column][row] >= need]
        for column in free:
            if not self._beats(sure + self._costs[column]):
                return
            self._offer_set((*chosen, column))

    def _narrowest(self, needs: Sequence[int], free: Sequence[int], left: int) -> int | None:
        """The open row with the fewest columns to choose from; None when one cannot be covered by `left` of them."""
        self.work -= len(free) * len(needs)
        found, fewest = None, len(free) + 1
        for row, need in enumerate(needs):
            if need:
                have = [units for column in free if (units := self._is.units[column][row])]
                if sum(nlargest(left, have)) < need:
                    return None
                if len(have) < fewest:
                    found, fewest = row, len(have)
        return found


def _cheapest(reduced: Mapping[int, int], size: int | None) -> list[int]:
    """The columns that the prices would choose: the cheapest `size`, or all that pay for themselves; cheapest first."""
    if size is None:
        return sorted((column for column, cost in reduced.items() if cost <= 0), key=reduced.__getitem__)
    return nsmallest(size, reduced, key=reduced.__getitem__)
