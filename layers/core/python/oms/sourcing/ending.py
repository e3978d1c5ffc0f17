"""The last columns of a branch of the search, tried all at once; so are those in exchange for one of a good cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oms.sourcing.bounds import Branch
from oms.sourcing.covers import NOTHING, Covers
from oms.sourcing.instance import Instance

LAST = 3
"""So many last columns are tried all at once."""

_GUESTS = 20
"""So many of the cheapest columns are tried in exchange for others."""

_FAR = 20
"""Where more than a twentieth of the best cover's cost is to gain, two of its columns at once are left out, too."""

_MEMBERS = 40
"""Of a cover of more columns none is exchanged."""

_Cell = tuple[int, int]
"""What a column asks for a unit of a row beyond the cheapest, and how many it has: sorted, the cheapest come first."""

_Guest = tuple[int, int, int]
"""A column that may come in: its reduced cost, its units of all rows as one number, and which it is."""


class Ending:
    """Tries whether a few more columns make a better cover of those that are in.

    That they cover is seen by one addition: a column's units of all rows are one number, with a bit to spare for
    each row, which is set when what is there is enough. What they cost is bounded by the prices of the branch, and
    then by what the last column ships in place of others.
    """

    def __init__(self, instance: Instance, known: Covers) -> None:
        self._is, self._known = instance, known
        self._width = ((LAST + 1) * max(instance.needs)).bit_length() + 1
        self._enough = self._packed([1 << (self._width - 1)] * len(instance.needs))
        self._cells: dict[int, list[_Cell]] = {}
        self._units: dict[int, int] = {}

    def close(self, branch: Branch, first: Sequence[int]) -> None:
        """Offer what is better with all columns that are still to come, of which one is of the `first`."""
        chosen, left, enough = branch.chosen, branch.least, self._enough
        there = self._without(chosen)
        firsts = self._guests(first, branch.costs)
        if left == 1:
            self._last(chosen, there, branch.sure, firsts)
            return
        free = self._guests(branch.free, branch.costs)
        rows = zip(*[self._cells[column] for column in branch.free], strict=True)
        most = self._packed([max([units for _, units in row]) for row in rows])
        tried = set[int]()
        for cost, units, column in firsts:
            if self._known.work < 0:
                return
            tried.add(column)
            if (there + units + most * (left - 1)) & enough == enough:
                rest = [each for each in free if each[2] not in tried]
                self._rest((*chosen, column), there + units, branch.sure + cost, rest, left - 1, most)

    def exchange(self, branch: Branch, *, pairs: bool) -> None:
        """Take a column out of the best cover and put one in, or none, until that does not help.

        With `pairs` one comes in for two as well, and two for one where that is likely to be better: when their bound
        is in the lower half of what there is to gain.
        """
        known = self._known
        while (
            known.best is not NOTHING and len(known.best.columns) <= _MEMBERS and self._exchanged(branch, pairs=pairs)
        ):
            pass

    def _exchanged(self, branch: Branch, *, pairs: bool) -> bool:
        known, before = self._known, self._known.best
        away = [column for column in before.columns if column not in branch.costs]
        costs = {**branch.costs, **self._is.reduced(branch.prices, away)} if away else branch.costs
        free = self._guests([each for each in branch.free[:_GUESTS] if each not in before.columns], costs)
        total = self._is.paid(branch.prices) + sum([costs[column] for column in before.columns])
        without = list[tuple[tuple[int, ...], int, int]]()
        members = sorted(set(before.columns) - set(self._is.forced), key=lambda each: (-costs[each], each))
        for column in members:
            chosen = tuple([each for each in before.columns if each != column])
            there, sure = self._without(chosen), total - costs[column]
            if there & self._enough == self._enough:
                known.offer_set(chosen)
            self._last(chosen, there, sure, free)
            if known.best is not before:
                return True
            without.append((chosen, there, sure))
        if not pairs:
            return False
        gain = known.goal - branch.low
        for position, column in enumerate(members if gain * _FAR > known.goal else ()):
            for other in members[:position]:
                chosen = tuple([each for each in before.columns if each not in (column, other)])
                self._last(chosen, self._without(chosen), total - costs[column] - costs[other], free)
                if known.best is not before:
                    return True
        for chosen, there, sure in without:
            self._rest(chosen, there, sure + gain // 2, free, 2, self._enough)
            if known.best is not before:
                return True
        return False

    def _packed(self, numbers: Iterable[int]) -> int:
        packed = 0
        for number in numbers:
            packed = packed << self._width | number
        return packed

    def _without(self, chosen: Sequence[int]) -> int:
        """A number that is `enough` or more in each row as soon as the units that these columns lack are added."""
        return self._enough - self._packed([max(0, units) for units in self._is.missing(chosen)])

    def _guests(self, columns: Sequence[int], costs: Mapping[int, int]) -> list[_Guest]:
        for column in columns:
            if column not in self._units:
                self._learn(column)
        units = self._units
        return [(costs[column], units[column], column) for column in columns]

    def _learn(self, column: int) -> None:
        cells = [(0, 0)] * len(self._is.needs)
        for row, units, extra in self._is.shares[column]:
            cells[row] = (extra, units)
        self._cells[column] = cells
        self._units[column] = self._packed([units for _, units in cells])

    def _rest(
        self, chosen: tuple[int, ...], there: int, sure: int, free: Sequence[_Guest], left: int, most: int
    ) -> None:
        """Offer what is better with one more column, or two, each of which has at `most` so many units."""
        if left == 1:
            self._last(chosen, there, sure, free)
            return
        enough = self._enough
        self._known.work -= 2 * len(free)
        for position, (cost, units, column) in enumerate(free):
            if sure + 2 * cost >= self._known.goal or self._known.work < 0:
                break
            if (there + units + most) & enough == enough:
                self._last((*chosen, column), there + units, sure + cost, free, position + 1)

    def _last(self, chosen: tuple[int, ...], there: int, sure: int, free: Sequence[_Guest], start: int = 0) -> None:
        """Offer what is better with one more column of those from `start` on."""
        known, enough, fixed, position = self._known, self._enough, self._is.fixed, start - 1
        if known.work < 0:
            return
        room, total, weighed, rows = known.goal - sure, 0, 0, list[_Cell]()
        for position in range(start, len(free)):
            cost, units, column = free[position]
            if cost >= room:
                break
            if (there + units) & enough == enough:
                if not rows:
                    total, rows = self._shipped(chosen)
                weighed += 1
                spare = known.goal - total - fixed[column]
                for (extra, have), (missing, dearest) in zip(self._cells[column], rows, strict=True):
                    spare -= missing * extra
                    if dearest > extra:
                        spare += (have - missing) * (dearest - extra)
                if spare > 0:
                    known.offer_set((*chosen, column))
                    room = known.goal - sure
        known.work -= 2 * (position + 1 - start) + weighed * len(rows)

    def _shipped(self, columns: Sequence[int]) -> tuple[int, list[_Cell]]:
        """What these cost, and for each row what is missing then, and what the dearest unit that they ship asks."""
        total, rows = 0, list[_Cell]()
        lines: list[list[_Cell]] = [[] for _ in self._is.needs]
        for column in columns:
            total += self._is.fixed[column]
            for row, units, extra in self._is.shares[column]:
                lines[row].append((extra, units))
        for need, line in zip(self._is.needs, lines, strict=True):
            missing, dearest = need, 0
            for dearest, units in sorted(line):
                if units >= missing:
                    total += missing * dearest
                    missing = 0
                    break
                missing -= units
                total += units * dearest
            rows.append((missing, dearest))
        return total, rows
