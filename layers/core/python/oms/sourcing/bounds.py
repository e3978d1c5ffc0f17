"""What a branch of the search costs at least, by prices that are improved in some steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from oms.sourcing.covers import NOTHING, POOL, Covers
from oms.sourcing.instance import Instance

ROUNDS = 12
"""Steps by which prices are improved before a search begins."""

_PATIENCE = 3
"""Steps without a better bound before they are made half as long."""

_WORTH = 20
"""A bound that is better by a twentieth is worth the look at what its columns make."""

_LOOK = 12
"""Looks that every step takes beside those at its columns, in the work that it is."""


class Branch(NamedTuple):
    """Columns that are in, those of which from `least` to `most` more have to come, prices, and what it costs then."""

    chosen: tuple[int, ...]
    free: Sequence[int]
    prices: Sequence[int]
    costs: Mapping[int, int]
    """The reduced costs of the free columns at these prices, by which they are sorted."""
    sure: int
    """What the prices pay, and what the columns that are in cost beyond what they are paid."""
    least: int
    most: int
    low: int
    """What it costs at least, with the cheapest free columns."""


class _Lines:
    """What a few columns ship for given prices, of each row no more than is needed."""

    def __init__(self, instance: Instance, columns: Iterable[int]) -> None:
        self._is = instance
        self._rows: list[list[tuple[int, int]]] = [[] for _ in instance.needs]
        self._fixed = 0
        for column in columns:
            self._fixed += instance.fixed[column]
            for row, units, extra in instance.shares[column]:
                self._rows[row].append((extra, units))
        for line in self._rows:
            line.sort()

    def at(self, prices: Sequence[int]) -> tuple[int, list[int]]:
        """What they and the prices cost together, and what is missing of each row."""
        sure, missing = self._fixed, []
        for need, price, line in zip(self._is.needs, prices, self._rows, strict=True):
            left = need
            for extra, units in line:
                if extra >= price:
                    break
                if units >= left:
                    sure += left * extra
                    left = 0
                    break
                left -= units
                sure += units * extra
            sure += left * price
            missing.append(left)
        return sure, missing


def improved(instance: Instance, known: Covers, branch: Branch, rounds: int) -> Branch:
    """The branch with prices that bound it better, and only the columns still in question, cheapest first.

    Subgradient steps, each towards the rows that the cheapest columns would give too little of; the first is at the
    prices that the branch has. No columns are left when nothing is to gain.
    """
    chosen, free, prices, costs, _, least, most, _ = branch
    needs, shares, lines = instance.needs, instance.shares, _Lines(instance, chosen)
    best, bound, stride, stalled = branch, -1, 1.0, 0
    known.work -= (len(chosen) + _LOOK) * len(needs)
    turn: tuple[Sequence[int], list[int], float] = prices, [], 0
    for step in range(rounds):
        if step:
            known.work -= (len(free) + len(chosen) + _LOOK) * len(needs)
            costs = instance.reduced(prices, free)
            free = sorted(free, key=costs.__getitem__)
        if len(free) < least:
            return best._replace(free=(), low=known.goal)
        count, last = least, min(most, len(free))
        while count < last and costs[free[count]] < 0:
            count += 1
        cheapest = free[:count]
        sure, missing = lines.at(prices)
        low = sure + sum([costs[column] for column in cheapest])
        if low >= known.goal:
            return best._replace(free=(), low=low)
        if low > bound:
            if rounds == ROUNDS and low > bound + bound // _WORTH:
                known.offer_thinned(dict.fromkeys([*known.best.columns, *chosen, *cheapest[:POOL]]))
            best, bound, stalled = Branch(chosen, free, prices, costs, sure, least, most, low), low, 0
        else:
            stalled += 1
        # Where no more may come, or no fewer, whoever comes in takes the place of the dearest; else it is on top.
        room = known.goal - low
        if count and (count == most or (count == least and costs[cheapest[-1]] > 0)):
            room += costs[cheapest[-1]]
        free = [column for column in free if costs[column] < room]
        if step == rounds - 1:
            break
        if stalled == _PATIENCE:
            stride, stalled, (prices, missing, slope) = stride / 2, 0, turn
        else:
            for column in cheapest:
                for row, units, extra in shares[column]:
                    if prices[row] > extra:
                        missing[row] -= units
            slope = sum([(units / need) ** 2 for units, need in zip(missing, needs, strict=True)])
            if not slope:
                break
            if not stalled:
                turn = prices, missing, slope
        target = known.goal if known.best is not NOTHING else low + low // 4 + 1
        length = stride * max(target - low, 1) / slope
        prices = [
            max(0, price + int(length * units / need**2))
            for price, units, need in zip(prices, missing, needs, strict=True)
        ]
    return best._replace(free=sorted(free, key=best.costs.__getitem__))
