"""The smallest set of locations that covers a demand, and the nearest of the smallest, by an exact search.

Rows are goods, columns are locations in the order of preference (nearest first). A cover is a set of columns whose
stock adds up, row by row, to the row's need. This is set cover with quantities, hard in theory; in the sizes of a
merchant's network the reductions (forced columns, implied rows, dominated columns) leave little to search, and a bound
on the work keeps the rest short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WORK = 500_000
"""How many looks at a (row, column) pair a search may take (a third of a second) before the best so far must do."""

_ROWS_COMPARED = 64
"""Rows are compared with each other by quantity up to this number; beyond it only by the columns that they need."""

_Row = tuple[int, tuple[int, ...]]
"""What is needed, and what each column has towards it, capped at the need."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What to cover and with what: `stock[row][column]` units towards `needs[row]`.

    The columns stand in ascending order of (metres, priority, name). Two covers compare by number of columns, sum of
    metres, sum of priorities, then by their columns: exactly one is best.
    """

    needs: Sequence[int]
    stock: Sequence[Sequence[int]]
    metres: Sequence[int]
    priorities: Sequence[int]


@dataclass(frozen=True, slots=True)
class Cover:
    """The columns found, ascending; `exact` is False when the search ran out of work and a better one may exist."""

    columns: tuple[int, ...]
    exact: bool


def best_cover(problem: Problem, *, work: int = WORK) -> Cover:
    """The best set of columns that covers every row.

    Raises:
        ValueError: a row needs more than all columns have together.
    """
    if any(sum(row) < need for need, row in zip(problem.needs, problem.stock, strict=True)):
        raise ValueError("a row needs more than all columns have together")
    forced, needs = _forced(problem)
    rows = _independent_rows(needs, problem.stock, forced)
    if not rows:
        return Cover(tuple(sorted(forced)), exact=True)
    search = _Search(problem, rows, work)
    return Cover(tuple(sorted(forced.union(search.run()))), exact=search.work >= 0)


def _forced(problem: Problem) -> tuple[set[int], list[int]]:
    """The columns without which some row cannot be covered, and what the rows still need beside them."""
    forced: set[int] = set()
    free = set(range(len(problem.metres)))
    needs = list(problem.needs)
    while True:
        fresh: set[int] = set()
        for need, row in zip(needs, problem.stock, strict=True):
            spare = sum(row[column] for column in free) - need
            if need > 0:
                fresh |= {column for column in free if row[column] > spare}
        if not fresh:
            return forced, needs
        forced |= fresh
        free -= fresh
        needs = [
            max(0, need - sum(row[column] for column in fresh)) for need, row in zip(needs, problem.stock, strict=True)
        ]


def _independent_rows(needs: Sequence[int], stock: Sequence[Sequence[int]], forced: set[int]) -> list[_Row]:
    """The rows that are still open, without those that are covered by whatever covers another."""
    unique: set[_Row] = {
        (need, tuple(0 if column in forced else min(units, need) for column, units in enumerate(row)))
        for need, row in zip(needs, stock, strict=True)
        if need
    }
    kept: list[_Row] = []
    supports: list[int] = []
    for need, row in sorted(unique, key=lambda item: (sum(units > 0 for units in item[1]), item)):
        alone = _mask(column for column, units in enumerate(row) if units == need)
        if any(support & ~alone == 0 for support in supports):
            continue  # whichever column of the other row's is taken covers this row by itself
        if len(kept) <= _ROWS_COMPARED and any(_implies(other, (need, row)) for other in kept):
            continue
        kept.append((need, row))
        supports.append(_mask(column for column, units in enumerate(row) if units))
    return kept


def _implies(first: _Row, second: _Row) -> bool:
    """Whether every cover of the first row covers the second: no column gives the second a smaller share."""
    return all(mine * second[0] <= theirs * first[0] for mine, theirs in zip(first[1], second[1], strict=True))


def _mask(columns: Iterable[int]) -> int:
    return sum(1 << column for column in columns)


class _Search:
    """Depth-first search over covers of one size after the other, starting with the smallest that is conceivable."""

    def __init__(self, problem: Problem, rows: Sequence[_Row], work: int) -> None:
        self.work = work
        self._needs = tuple(need for need, _ in rows)
        self._stock = tuple(row for _, row in rows)
        self._metres = problem.metres
        self._priorities = problem.priorities
        self._columns = [c for c in range(len(problem.metres)) if any(row[c] for row in self._stock)]
        self._preferred = self._dominators()
        self._best: tuple[int, ...] | None = None

    def run(self) -> tuple[int, ...]:
        """The best cover of the rows, or the best one found when the work is used up."""
        greedy = self._greedy()
        for size in range(1, len(greedy) + 1):
            self._best = greedy if size == len(greedy) else None
            # Whoever can be replaced by as many better columns as the cover holds will be replaced by one of them.
            free = [column for column in self._columns if self._preferred[column].bit_count() < size]
            self._extend(self._needs, free, (), size)
            if self._best is not None:
                return self._best
            if self.work < 0:
                break
        return greedy

    def _dominators(self) -> dict[int, int]:
        """For each column the columns that come before it and have at least as much for every row, as a bit mask."""
        preferred = dict.fromkeys(self._columns, 0)
        shares = {column: tuple(row[column] for row in self._stock) for column in self._columns}
        for position, column in enumerate(self._columns):
            for earlier in self._columns[:position]:
                self.work -= 1
                if self.work < 0:
                    return preferred
                if all(more >= less for more, less in zip(shares[earlier], shares[column], strict=True)):
                    preferred[column] |= 1 << earlier
        return preferred

    def _greedy(self) -> tuple[int, ...]:
        """A cover that takes what helps most each time, then leaves out what turned out to be needless."""
        needs, free, chosen = self._needs, list(self._columns), []
        while any(needs):
            column = max(free, key=lambda c: (self._gain(needs, c), -c))
            chosen.append(column)
            free.remove(column)
            needs = self._left(needs, column)
        for column in sorted(chosen, reverse=True):
            others = [c for c in chosen if c != column]
            if all(sum(row[c] for c in others) >= need for need, row in zip(self._needs, self._stock, strict=True)):
                chosen = others
        return tuple(sorted(chosen))

    def _gain(self, needs: Sequence[int], column: int) -> float:
        """How many rows' worth of what is still needed the column gives."""
        return sum(min(row[column], need) / need for need, row in zip(needs, self._stock, strict=True) if need)

    def _left(self, needs: Sequence[int], column: int) -> tuple[int, ...]:
        return tuple(max(0, need - row[column]) for need, row in zip(needs, self._stock, strict=True))

    def _extend(self, needs: Sequence[int], free: Sequence[int], chosen: tuple[int, ...], size: int) -> None:
        """Try every way to cover what is left with exactly `size` of the free columns that could still be the best."""
        if not any(needs):
            self._record(chosen)
            return
        self.work -= sum(need > 0 for need in needs) * len(free)
        if self.work < 0 or size == 0 or self._hopeless(needs, free, chosen, size):
            return
        # The row with the fewest columns to choose from: one of them is in every cover.
        narrowest = min(
            (row for need, row in zip(needs, self._stock, strict=True) if need),
            key=lambda row: sum(row[column] > 0 for column in free),
        )
        rejected = 0
        for column in [c for c in free if narrowest[c]]:
            if self._preferred[column] & rejected:
                continue
            rejected |= 1 << column
            rest = [c for c in free if not rejected >> c & 1 and not self._preferred[c] & rejected & ~(1 << column)]
            self._extend(self._left(needs, column), rest, (*chosen, column), size - 1)

    def _hopeless(self, needs: Sequence[int], free: Sequence[int], chosen: tuple[int, ...], size: int) -> bool:
        """Whether no `size` of the free columns can cover what is left, or only farther away than the best known."""
        if len(free) < size:
            return True
        nearest = sum(self._metres[c] for c in (*chosen, *free[:size]))
        if self._best is not None and nearest > sum(self._metres[c] for c in self._best):
            return True
        for need, row in zip(needs, self._stock, strict=True):
            if need and sum(sorted((row[c] for c in free), reverse=True)[:size]) < need:
                return True
        gains = sorted((self._gain(needs, c) for c in free), reverse=True)[:size]
        return sum(gains) < sum(need > 0 for need in needs) - 1e-6

    def _record(self, chosen: tuple[int, ...]) -> None:
        if self._best is None or self._key(chosen) < self._key(self._best):
            self._best = tuple(sorted(chosen))

    def _key(self, chosen: Sequence[int]) -> tuple[int, int, int, tuple[int, ...]]:
        return (
            len(chosen),
            sum(self._metres[c] for c in chosen),
            sum(self._priorities[c] for c in chosen),
            tuple(sorted(chosen)),
        )
