"""The cheapest cover where every location has all that is needed of a row, or nothing: exact, by sets of rows.

So it is where one unit of each is wanted. What counts of a location then is which rows it may take, and for what; of
all locations only the cheapest for each set of rows matters. The rows are shared out, the first open one first, and of
each set that is reached the cheapest way is kept (R. Bellman, "Dynamic Programming", 1957). That takes twice as long
with each row, but hardly longer with more locations; the search in `optimum` is the other way round.
"""

from __future__ import annotations

from oms.sourcing.instance import Filled, Instance

MOST_ROWS = 16

MOST_OPTIONS = 400_000
"""Sets of rows of all columns together that are looked at."""

MOST_STEPS = 3_000_000
"""Ways to go on from a set of rows, beyond which the search is not begun: about a second."""


def cheapest_partition(instance: Instance) -> Filled | None:
    """The cheapest cover by any number of columns; None where it is no such instance, or too large a one."""
    count = len(instance.needs)
    options = _options(instance) if count <= MOST_ROWS else None
    if options is None:
        return None
    by_first: list[list[tuple[int, int, int]]] = [[] for _ in range(count)]
    for mask, (cost, column) in sorted(options.items()):
        by_first[(mask & -mask).bit_length() - 1].append((mask, cost, column))
    # A set is left by ways that begin with its first open row: all rows before that one are in it.
    if sum([len(ways) << (count - 1 - row) for row, ways in enumerate(by_first)]) > MOST_STEPS:
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
        return None
    columns, covered = set(instance.forced), everything
    while covered:
        _, before, column = best[covered]
        columns.add(column)
        covered = before
    return instance.filled(columns)


def _options(instance: Instance) -> dict[int, tuple[int, int]] | None:
    """The cheapest column for each set of rows, as (cost, column) by the set's bits."""
    needs = instance.needs
    work, options = 0, dict[int, tuple[int, int]]()
    for column in instance.columns:
        shares = instance.shares[column]
        if any(units < needs[row] for row, units, _ in shares):
            return None
        work += 1 << len(shares)
        if work > MOST_OPTIONS:
            return None
        sets = [(0, instance.fixed[column])]
        for row, _, extra in shares:
            sets += [(mask | 1 << row, cost + extra * needs[row]) for mask, cost in sets]
        for mask, cost in sets[1:]:
            known = options.get(mask)
            if known is None or cost < known[0]:
                options[mask] = cost, column
    return options
