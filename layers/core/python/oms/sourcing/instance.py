"""A sourcing problem in the form in which it is searched: only what counts, at most what is needed, costs put apart.

Rows are goods, columns are locations. Using a column costs its `fixed` cost once and, for each unit that it ships, its
`unit` cost of that row; it ships no more than its stock. The search in `optimum` prices rows with Lagrange multipliers
(M. L. Fisher, "The Lagrangian Relaxation Method for Solving Integer Programming Problems", Management Science 27,
1981); what a column costs beyond what the prices pay for all that it may ship is its reduced cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


class Share(NamedTuple):
    """What a column has towards one row (at most the need), and what a unit costs beyond the row's cheapest."""

    row: int
    units: int
    extra: int


class Filled(NamedTuple):
    """A cover: what it costs, beyond what cannot be avoided, and the columns that it uses."""

    cost: int
    columns: tuple[int, ...]


class Instance:
    """A problem's rows that need something, and the columns that have it. Costs in fractions (`FINE`).

    `forced` are the columns without which a row cannot be covered: they are used in any case, so their fixed costs
    are no cost of the choice. With the cheapest unit of each row they are `anyway`, in whole units of cost. In a `flat`
    problem a unit costs the same from everywhere.
    """

    def __init__(self, problem: Problem) -> None:
        rows = [row for row, need in enumerate(problem.needs) if need > 0]
        self.needs = tuple(problem.needs[row] for row in rows)
        self.anyway = 0
        shares: dict[int, list[Share]] = {}
        for position, row in enumerate(rows):
            have = list(_usable(problem, row))
            cheapest = min((problem.unit[row][column] for column, _ in have), default=0)
            self.anyway += problem.needs[row] * cheapest
            for column, units in have:
                extra = (problem.unit[row][column] - cheapest) * FINE
                shares.setdefault(column, []).append(Share(position, units, extra))
        self.shares: Mapping[int, Sequence[Share]] = dict(sorted(shares.items()))
        self.units = {column: self._dense(each) for column, each in self.shares.items()}
        self.flat = not any(each.extra for every in shares.values() for each in every)
        self.forced = self._forced()
        self.anyway += sum(problem.fixed[column] for column in self.forced)
        self.fixed = {column: problem.fixed[column] * FINE for column in self.shares}
        self.fixed.update(dict.fromkeys(self.forced, 0))

    def _dense(self, shares: Sequence[Share]) -> tuple[int, ...]:
        units = [0] * len(self.needs)
        for each in shares:
            units[each.row] = each.units
        return tuple(units)

    def _forced(self) -> tuple[int, ...]:
        forced: set[int] = set()
        for row, have in enumerate(self.by_row()):
            spare = sum(units for _, units, _ in have) - self.needs[row]
            forced.update(column for column, units, _ in have if units > spare)
        return tuple(sorted(forced))

    def by_row(self) -> list[list[tuple[int, int, int]]]:
        """For each row the columns that have some, as (column, units, extra)."""
        have: list[list[tuple[int, int, int]]] = [[] for _ in self.needs]
        for column, shares in self.shares.items():
            for row, units, extra in shares:
                have[row].append((column, units, extra))
        return have

    def less(self, needs: Sequence[int], column: int) -> Sequence[int]:
        """What is still needed after a column gave what it has."""
        return [need - units if need > units else 0 for need, units in zip(needs, self.units[column], strict=True)]

    def filled(self, columns: Iterable[int]) -> Filled | None:
        """Each row filled from the cheapest of these columns; None when they do not cover."""
        by_row: list[list[tuple[int, int, int]]] = [[] for _ in self.needs]
        for column in columns:
            for row, units, extra in self.shares[column]:
                by_row[row].append((extra, -units, column))
        total, used = 0, set(self.forced)
        for need, have in zip(self.needs, by_row, strict=True):
            missing = need
            for extra, units, column in sorted(have):
                taken = min(-units, missing)
                total += taken * extra
                missing -= taken
                used.add(column)
                if not missing:
                    break
            else:
                return None
        return Filled(total + sum(self.fixed[column] for column in used), tuple(sorted(used)))

    def enough(self, size: int) -> bool:
        """Whether `size` columns beside the forced ones could have as much of each row as is needed."""
        forced = set(self.forced)
        for need, have in zip(self.needs, self.by_row(), strict=True):
            sure = sum(units for column, units, _ in have if column in forced)
            if sure + sum(nlargest(size, (units for column, units, _ in have if column not in forced))) < need:
                return False
        return True

    def rate(self, column: int, needs: Sequence[int]) -> float:
        """What a row's worth costs from this column, when so much is still needed."""
        gain, cost = 0.0, self.fixed[column]
        for row, units, extra in self.shares[column]:
            taken = min(units, needs[row])
            gain += taken / self.needs[row]
            cost += taken * extra
        return cost / gain if gain else float("inf")

    def first_prices(self) -> list[int]:
        """What a unit costs from the column that gives it cheapest, its fixed cost shared out over the rows."""
        prices: list[int | None] = [None] * len(self.needs)
        for column, shares in self.shares.items():
            part = self.fixed[column] // len(shares)
            for row, units, extra in shares:
                price, known = part // units + extra, prices[row]
                prices[row] = price if known is None or price < known else known
        return [price or 0 for price in prices]

    def marginal_prices(self) -> list[int]:
        """What the last unit of each row costs: exact where columns cost nothing in themselves."""
        prices = []
        for need, have in zip(self.needs, self.by_row(), strict=True):
            price, missing = 0, need
            for extra, units in sorted((extra, units) for _, units, extra in have):
                price = extra
                missing -= units
                if missing <= 0:
                    break
            prices.append(price)
        return prices

    def paid(self, prices: Sequence[int]) -> int:
        """What the prices pay for everything that is needed."""
        return sum(need * price for need, price in zip(self.needs, prices, strict=True))

    def reduced(self, prices: Sequence[int], columns: Iterable[int]) -> dict[int, int]:
        """What each column costs beyond what the prices pay for all that it may ship."""
        fixed, every = self.fixed, self.shares
        costs = {}
        for column in columns:
            cost = fixed[column]
            for row, units, extra in every[column]:
                gain = prices[row] - extra
                if gain > 0:
                    cost -= units * gain
            costs[column] = cost
        return costs

    def missing(self, prices: Sequence[int], columns: Iterable[int]) -> list[int]:
        """Units of each row that are missing (or too many) when these columns ship all that they are paid for."""
        missing = list(self.needs)
        for column in columns:
            for row, units, extra in self.shares[column]:
                if prices[row] > extra:
                    missing[row] -= units
        return missing


def _usable(problem: Problem, row: int) -> Iterable[tuple[int, int]]:
    """What each column has towards a row, capped at the need; of a whole row, all or nothing."""
    need, whole = problem.needs[row], problem.whole[row]
    for column, units in enumerate(problem.stock[row]):
        if units >= need:
            yield column, need
        elif units > 0 and not whole:
            yield column, units
