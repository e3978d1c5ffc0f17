"""The cheapest cover where every location has all that is needed of a row, or nothing: exact, by sets of rows.

So it is where one unit of each is wanted. What counts of a location then is which rows it may take, and for what; of
all locations only the cheapest for each set of rows matters. The rows are shared out, the first open one first, and of
each set that is reached the cheapest way is kept (R. Bellman, "Dynamic Programming", 1957). That takes twice as long
with each row, but hardly longer with more locations; the search in `optimum` is the other way round. So it comes first
where there is little to share out, and last where the search ran out of work.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.sourcing.covers import NOTHING
from oms.sourcing.instance import Filled, Instance

MOST_ROWS = 16

WORK = 3_000_000
"""Ways to go on from a set of rows, beyond which the search is not begun: about a second."""

_OPTION = 7
"""A set of rows that a column may take is as much work as so many of these."""


def cheapest_partition(instance: Instance, columns: Sequence[int], work: int = WORK) -> Filled | None:
    """The cheapest cover by any number of these columns, or `NOTHING`; None for no such instance, or too much work."""
    count = len(instance.needs)
    shares, needs = instance.shares, instance.needs
    if count > MOST_ROWS or any(units < needs[row] for column in columns for row, units, _ in shares[column]):
        return None
    if _OPTION * sum([1 << len(shares[column]) for column in columns]) > work:
        return None
    options = _options(instance, columns)
    by_first: list[list[tuple[int, int, int]]] = [[] for _ in range(count)]
    for mask, (cost, column) in sorted(options.items()):
        by_first[(mask & -mask).bit_length() - 1].append((mask, cost, column))
    # A set is left by ways that begin with its first open row: all rows before that one are in it.
    if sum([len(ways) << (count - 1 - row) for row, ways in enumerate(by_first)]) > work:
        return None
    everything = (1 << count) - 1
    best: dict[int, tuple[int, int, int]] = {0: (0, 0, -1)}
    for covered in range(everything):
        reached = best.get(covered)
        if reached is None:
            continue
        spent = reached[0]
        for mask, cost, column in by_first[(~covered & (covered + 1)).bit_length() - 1]:
            if not mask & covered:
                after = covered | mask
                known = best.get(after)
                if known is None or spent + cost < known[0]:
                    best[after] = (spent + cost, covered, column)
    if everything not in best:
        return NOTHING
    used, covered = set(instance.forced), everything
    while covered:
        _, before, column = best[covered]
        used.add(column)
        covered = before
    return instance.filled(used)


def _options(instance: Instance, columns: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The cheapest column for each set of rows, as (cost, column) by the set's bits."""
    needs, options = instance.needs, dict[int, tuple[int, int]]()
    for column in columns:
        sets = [(0, instance.fixed[column])]
        for row, _, extra in instance.shares[column]:
            sets += [(mask | 1 << row, cost + extra * needs[row]) for mask, cost in sets]
        for mask, cost in sets[1:]:
            known = options.get(mask)
            if known is None or cost < known[0]:
                options[mask] = cost, column
    return options
