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
from typing import NamedTuple

FINE = 64
"""Prices and costs are counted in fractions of a cost's unit, so that bounds of whole numbers are sharp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What to cover, with what, and what it costs. Costs are whole numbers of any one unit, not negative.

    `stock[row][column]` units towards `needs[row]`; `unit[row][column]` per unit; a row that is `whole` comes from one
    column. At most `most` columns are used.
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


def cheapest_single(problem: Problem) -> tuple[int, int] | None:
    """The cost and the column of the cheapest that has everything by itself; None when there is none."""
    costs: list[int | None] = list(problem.fixed)
    for need, stock, unit in zip(problem.needs, problem.stock, problem.unit, strict=True):
        if need > 0:
            costs = [
                None if cost is None or have < need else cost + need * each
                for cost, have, each in zip(costs, stock, unit, strict=True)
            ]
    able = [cost for cost in costs if cost is not None]
    return (least := min(able), costs.index(least)) if able else None


class Instance:
    """A problem's rows that need something, and the columns that have it. Costs in fractions (`FINE`).

    `forced` are the columns without which a row cannot be covered: they are used in any case, so their fixed costs
    are no cost of the choice. With the cheapest unit of each row they are `anyway`, in whole units of cost. In a `flat`
    problem a unit costs the same from everywhere. When the cheapest cover by one column is `known` (its cost and the
    column), only those columns are looked at with which, and another one, it can be done for less.
    """

    def __init__(self, problem: Problem, known: tuple[int, int] | None = None) -> None:
        fixed = problem.fixed
        columns: Sequence[int] = range(len(fixed))
        if known is not None:
            least = known[0] - min(fixed)
            columns = [column for column in columns if fixed[column] < least or column == known[1]]
        self.anyway, self.flat = 0, True
        self.rows: list[list[tuple[int, int, int]]] = []
        """For each row the columns that have some, as (column, units, extra)."""
        self.shares: dict[int, list[Share]] = {}
        needs, forced = list[int](), set[int]()
        for need, stock, unit, whole in zip(problem.needs, problem.stock, problem.unit, problem.whole, strict=True):
            if need <= 0:
                continue
            have = [column for column in columns if stock[column] >= (need if whole else 1)]
            units = [most if (most := stock[column]) < need else need for column in have]
            costs = [unit[column] for column in have]
            cheapest = min(costs, default=0)
            spare = sum(units) - need
            if spare < need:
                forced.update([column for column, each in zip(have, units, strict=True) if each > spare])
            self.anyway += need * cheapest
            self.flat = self.flat and max(costs, default=0) == cheapest
            self._add(list(zip(have, units, [(cost - cheapest) * FINE for cost in costs], strict=True)))
            needs.append(need)
        self.needs = tuple(needs)
        self.forced = tuple(sorted(forced))
        self.anyway += sum(fixed[column] for column in forced)
        self.fixed = {column: fixed[column] * FINE for column in self.shares}
        self.fixed.update(dict.fromkeys(self.forced, 0))

    def _add(self, row: list[tuple[int, int, int]]) -> None:
        position, shares = len(self.rows), self.shares
        for column, units, extra in row:
            if column in shares:
                shares[column].append((position, units, extra))
            else:
                shares[column] = [(position, units, extra)]
        self.rows.append(row)

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
            for units in sorted([units for _, units, _ in row], reverse=True):
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
        reduced, last = dict(self.fixed), len(self.rows)
        prices = [self._price(row, reduced, last - row) for row in range(last)]
        for row, price in enumerate(prices):
            for column, units, extra in self.rows[row]:
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
            for column, units, extra in have
        ]
        offers.sort()
        price, mask = 0, (1 << bits) - 1
        for offer in offers:
            need -= offer & mask
            if need <= 0:
                price = offer >> bits
                break
        for column, units, extra in have:
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
