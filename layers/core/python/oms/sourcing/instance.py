"""A sourcing problem in the form in which it is searched: only what counts, at most what is needed, costs put apart.

Rows are goods, columns are locations. Using a column costs its `fixed` cost once and, for each unit that it ships, its
`unit` cost of that row; it ships no more than its stock. The search in `optimum` prices rows with Lagrange multipliers
(M. L. Fisher, "The Lagrangian Relaxation Method for Solving Integer Programming Problems", Management Science 27,
1981); what a column costs beyond what the prices pay for all that it may ship is its reduced cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import compress
from typing import NamedTuple

FINE = 64
"""Prices and costs are counted in fractions of a cost's unit, so that bounds of whole numbers are sharp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What to cover, with what, and what it costs. Costs are whole numbers of any one unit, not negative.

    `stock[row][column]` units, not negative, towards `needs[row]`; `unit[row][column]` per unit; a row that is `whole`
    comes from one column. At most `most` columns are used.
    """

    needs: Sequence[int]
    stock: Sequence[Sequence[int]]
    fixed: Sequence[int]
    unit: Sequence[Sequence[int]]
    whole: Sequence[bool]
    most: int | None = None


Share = tuple[int, int, int]
"""What a column has towards a row: (row, units, at most the need; what a unit costs beyond the row's cheapest)."""


class Filled(NamedTuple):
    """A cover: what it costs, beyond what cannot be avoided, and the columns that it uses."""

    cost: int
    columns: tuple[int, ...]


class Row(NamedTuple):
    """What there is of a row: the columns that have some, how many units each, at most the need, and what one costs."""

    columns: Sequence[int]
    units: Sequence[int]
    extras: Sequence[int]
    """Beyond the row's cheapest."""


class _Shares(dict[int, list[Share]]):
    """What each column has of all rows, put together when it is asked for: most columns are left out before."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int, int, Sequence[int], Sequence[int], int]] = []
        """Of each row the least units that count, the need, all columns' units and costs, and the cheapest."""

    def __missing__(self, column: int) -> list[Share]:
        self[column] = shares = [
            (row, units if units < need else need, (unit[column] - cheapest) * FINE)  # noqa: FURB136 - half the time
            for row, (least, need, stock, unit, cheapest) in enumerate(self.rows)
            if (units := stock[column]) >= least
        ]
        return shares


def cheapest_single(problem: Problem) -> tuple[int, int] | None:
    """The cost and the column of the cheapest that has everything by itself; None when there is none."""
    able: Sequence[int] = range(len(problem.fixed))
    for need, stock in zip(problem.needs, problem.stock, strict=True):
        if need > 0:
            able = [column for column in able if stock[column] >= need]
            if not able:
                return None
    costs = [problem.fixed[column] for column in able]
    for need, unit in zip(problem.needs, problem.unit, strict=True):
        if need > 0:
            costs = [cost + need * unit[column] for cost, column in zip(costs, able, strict=True)]
    least = min(costs)
    return least, able[costs.index(least)]


def _there(
    need: int, stock: Sequence[int], unit: Sequence[int], some: Sequence[int] | None, *, whole: bool
) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """The columns, or `some` of them, that have any of a row, how many units each, and what one costs."""
    columns: Sequence[int] = range(len(stock)) if some is None else some
    if some is not None:
        stock, unit = [stock[column] for column in some], [unit[column] for column in some]
    there = [units >= need for units in stock] if whole else stock  # what is not 0 is there
    units = list(compress(stock, there))
    if max(units, default=0) > need:
        units = [each if each < need else need for each in units]  # noqa: FURB136 - half the time
    return list(compress(columns, there)), units, list(compress(unit, there))


class Instance:
    """A problem's rows that need something, and the columns that have it. Costs in fractions (`FINE`).

    `forced` are the columns without which a row cannot be covered: they are used in any case, so their fixed costs
    are no cost of the choice. With the cheapest unit of each row they are `anyway`, in whole units of cost. In a `flat`
    problem a unit costs the same from everywhere. When the cheapest cover by one column is `known` (its cost and the
    column), only those columns are looked at with which, and another one, it can be done for less.
    """

    def __init__(self, problem: Problem, known: tuple[int, int] | None = None) -> None:
        fixed = problem.fixed
        some = None
        if known is not None:
            least = known[0] - min(fixed)
            some = [column for column, cost in enumerate(fixed) if cost < least or column == known[1]]
        self.anyway, self.flat = 0, True
        self.rows: list[Row] = []
        self.shares = _Shares()
        needs, forced, present = list[int](), set[int](), set[int]()
        for need, stock, unit, whole in zip(problem.needs, problem.stock, problem.unit, problem.whole, strict=True):
            if need <= 0:
                continue
            columns, units, costs = _there(need, stock, unit, some, whole=whole)
            cheapest = min(costs, default=0)
            spare = sum(units) - need
            if spare < need:
                forced.update([column for column, each in zip(columns, units, strict=True) if each > spare])
            self.anyway += need * cheapest
            self.flat = self.flat and max(costs, default=0) == cheapest
            self.rows.append(Row(columns, units, [(cost - cheapest) * FINE for cost in costs]))
            self.shares.rows.append((need if whole else 1, need, stock, unit, cheapest))
            present.update(columns)
            needs.append(need)
        self.needs = tuple(needs)
        self.forced = tuple(sorted(forced))
        self.columns = sorted(present)
        self.anyway += sum(fixed[column] for column in forced)
        self.fixed = {column: fixed[column] * FINE for column in self.columns}
        self.fixed.update(dict.fromkeys(forced, 0))

    def filled(self, columns: Iterable[int]) -> Filled | None:
        """Each row filled from the cheapest of these columns; None when they do not cover."""
        by_row: list[list[tuple[int, int, int]]] = [[] for _ in self.needs]
        shares = self.shares
        for column in columns:
            for row, units, extra in shares[column]:
                by_row[row].append((extra, -units, column))
        total, used = 0, set(self.forced)
        for need, have in zip(self.needs, by_row, strict=True):
            have.sort()
            missing = need
            for extra, units, column in have:
                used.add(column)
                missing += units
                if missing <= 0:
                    total -= extra * (units - missing)
                    break
                total -= extra * units
            else:
                return None
        fixed = self.fixed
        return Filled(total + sum([fixed[column] for column in used]), tuple(sorted(used)))

    def fewest(self) -> int:
        """No cover has fewer columns: so many of the largest stocks it takes for the worst of the rows."""
        fewest = 0
        for need, row in zip(self.needs, self.rows, strict=True):
            count = 0
            for units in sorted(row.units, reverse=True):
                count += 1
                need -= units  # noqa: PLW2901 - what is left of it
                if need <= 0:
                    break
            fewest = max(fewest, count)
        return fewest

    def missing(self, columns: Iterable[int]) -> list[int]:
        """Units of each row that these columns do not have; negative where they have more than is needed."""
        missing = list(self.needs)
        for column in columns:
            for row, units, _ in self.shares[column]:
                missing[row] -= units
        return missing

    def prices(self) -> tuple[list[int], dict[int, int]]:
        """Prices that bound the cost of a cover well, and the reduced costs of all columns.

        Row by row the price at which so much of it is offered as is needed; in a first pass columns offer a row for
        a fair part of what they cost, in the second for all that the other rows do not pay.
        """
        reduced, last = self.fixed.copy(), len(self.rows)
        prices = [self._price(row, reduced, last - row) for row in range(last)]
        for row, price in enumerate(prices):
            for column, units, extra in zip(*self.rows[row], strict=True):
                if extra < price:
                    reduced[column] += units * (price - extra)
            prices[row] = self._price(row, reduced, 1)
        return prices, reduced

    def _price(self, row: int, reduced: dict[int, int], parts: int) -> int:
        """The price of a row that has none; it is paid to the columns then."""
        need, have = self.needs[row], self.rows[row]
        bits = need.bit_length()  # offers are sorted as single numbers, which is faster than as pairs
        offers = [
            (extra + (cost // (units * parts) if (cost := reduced[column]) > 0 else 0) << bits) + units
            for column, units, extra in zip(*have, strict=True)
        ]
        offers.sort()
        price, mask = 0, (1 << bits) - 1
        for offer in offers:
            need -= offer & mask
            if need <= 0:
                price = offer >> bits
                break
        for column, units, extra in zip(*have, strict=True):
            if extra < price:
                reduced[column] -= units * (price - extra)
        return price

    def reduced(self, prices: Sequence[int], columns: Iterable[int]) -> dict[int, int]:
        """What each column costs beyond what the prices pay for all that it may ship."""
        fixed, shares = self.fixed, self.shares
        costs = {}
        for column in columns:
            cost = fixed[column]
            for row, units, extra in shares[column]:
                gain = prices[row] - extra
                if gain > 0:
                    cost -= units * gain
            costs[column] = cost
        return costs

    def paid(self, prices: Sequence[int]) -> int:
        """What the prices pay for everything that is needed."""
        return sum([need * price for need, price in zip(self.needs, prices, strict=True)])

    def open_row(self, missing: Sequence[int], free: Sequence[int], left: int) -> tuple[int, Sequence[int]] | None:
        """The open row with the fewest columns to choose from, and the columns with which `left` can cover all rows.

        None when no `left` can. Of the open rows there has to be one.
        """
        have: list[dict[int, int]] = [{} for _ in missing]
        shares = self.shares
        for column in free:
            for row, units, _ in shares[column]:
                have[row][column] = units
        found, fewest = 0, len(free) + 1
        for row, need in enumerate(missing):
            if need > 0:
                given = have[row]
                most = max(given.values(), default=0)
                if most * (left - 1) < need:  # every column may have to have some
                    best = nlargest(left, given.values())
                    if sum(best) < need:
                        return None
                    least = need - sum(best[: left - 1])
                    if least > 0:
                        free = [column for column in free if given.get(column, 0) >= least]
                if len(given) < fewest:
                    found, fewest = row, len(given)
        return found, free

    def dense(self, columns: Iterable[int]) -> dict[int, list[int]]:
        """What each column has of every row."""
        known = {}
        for column in columns:
            known[column] = units = [0] * len(self.needs)
            for row, each, _ in self.shares[column]:
                units[row] = each
        return known

    def betters(self, columns: Sequence[int]) -> dict[int, int]:
        """For each of these columns those that can do all it can for no more, as the bits of their positions.

        Of two that can stand in for each other the earlier one is the better. Whoever takes a column and not one of its
        betters may as well take that one instead: so some cheapest cover has with each column all of its betters.
        """
        fixed, shares = self.fixed, self.shares
        gives = {column: {row: (units, extra) for row, units, extra in shares[column]} for column in columns}
        found = {}
        for place, column in enumerate(columns):
            cost, own, bits = fixed[column], shares[column], 0
            for position, other in enumerate(columns):
                spare = cost - fixed[other]
                if spare < 0 or position == place:
                    continue
                theirs = gives[other]
                for row, units, extra in own:
                    if row not in theirs:
                        break
                    most, dearer = theirs[row]
                    if most < units:
                        break
                    if dearer > extra:
                        spare -= units * (dearer - extra)
                        if spare < 0:
                            break
                else:
                    if spare > 0 or position < place:
                        bits |= 1 << position
            found[column] = bits
        return found
