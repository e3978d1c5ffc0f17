"""What a choice of locations is asked, and its costs as single numbers that compare by several figures at once.

Parcels come first if the rule says so, then money, then priorities, then places in the row of preference; the numbers
add up, so that a search need not know of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oms.sourcing.objective import Prices
from oms.sourcing.stepped import Steps

Pieces = Mapping[int, Sequence[tuple[int, int]]]
"""By row, how many units each column gives of it, as (column, units)."""


def units_of(pieces: Pieces, column: int) -> dict[int, int]:
    """What a column gives, by row."""
    return {row: units for row, each in pieces.items() for where, units in each if where == column}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to cover, out of what, at which prices, and within which limits."""

    needs: Sequence[int]
    table: Sequence[Sequence[int]]
    whole: bool
    """Whether what is needed of a row comes from one column."""
    prices: Prices
    preferences: Sequence[int]
    """Of each column, the smaller the better, between equally dear choices."""
    values: Sequence[int]
    """What a unit of each row is worth."""
    fewest: bool
    """Whether fewer parcels are better whatever they cost."""
    joined: frozenset[int]
    """Columns that pack for the order already: what comes from there takes no parcel of its own."""
    parcels: int
    """Parcels that the order has already."""
    most: int | None
    least_value: int
    work: int
    proof: bool
    """Whether what the search leaves open is to be proved."""


class Coding:
    """Costs as single numbers that compare by parcels, money, preferences and places, and add up."""

    def __init__(self, task: Task) -> None:
        prices, columns = task.prices, range(len(task.preferences))
        first = min(task.preferences, default=0)
        able = [column for column in columns if any(row[column] for row in task.table)]
        # Who has nothing does not count: the same choice is made where nobody knows of them.
        self._place = {column: place for place, column in enumerate(able)}
        self._places = len(able) ** 2 + 1
        self._preferences = [each - first for each in task.preferences]
        self._steps = sum(self._preferences) + 1
        self._parcel = parcel = prices.most(task.needs) + 1 if task.fewest else 0
        self.fixed = [
            self._of(prices.fixed[column] + (0 if column in task.joined else parcel), column) for column in columns
        ]
        self.unit = [[each * self._steps * self._places for each in row] for row in _distinct(prices.unit)]
        if len(self.unit) == 1:
            self.unit *= len(task.needs)

    def _of(self, money: int, column: int) -> int:
        return (money * self._steps + self._preferences[column]) * self._places + self._place.get(column, 0)

    def true(self, task: Task, pieces: Pieces) -> int:
        """What it costs, by the true prices, that columns give these pieces."""
        given: dict[int, dict[int, int]] = {}
        for row, each in pieces.items():
            for column, units in each:
                given.setdefault(column, {})[row] = units
        return sum(
            self._of(task.prices.bill(column, units).total + (0 if column in task.joined else self._parcel), column)
            for column, units in given.items()
        )

    def steps(self, task: Task) -> Steps:
        """The task with its true prices, where these go up in steps."""
        lumps = [
            self._of(lump + (0 if column in task.joined else self._parcel), column)
            for column, lump in enumerate(task.prices.lump)
        ]
        extra = [[self.money(each) for each in row] for row in task.prices.extra]
        return replace(in_money(task), lump=lumps, rate=self.money(task.prices.rate), extra=extra)

    def money(self, amount: int) -> int:
        """An amount of money in the numbers of the search."""
        return amount * self._steps * self._places

    def parcels(self, cost: int) -> int:
        """How many parcels there are in a number of the search; 0 where fewer are no better."""
        return cost // self.money(self._parcel) if self._parcel else 0

    def money_of(self, cost: int) -> int:
        """How much money there is in a number of the search, beside its parcels."""
        return (cost - self.parcels(cost) * self.money(self._parcel)) // self.money(1)


def in_money(task: Task) -> Steps:
    """The task with its true prices in money alone."""
    prices = task.prices
    return Steps(
        needs=task.needs,
        table=task.table,
        whole=task.whole,
        grams=prices.grams,
        lump=prices.fixed if prices.even else prices.lump,
        zones=prices.zones,
        rate=prices.rate,
        extra=prices.unit if prices.even else prices.extra,
        joined=task.joined,
        most=None if task.most is None else max(0, task.most - task.parcels),
    )


def _distinct(rows: Sequence[Sequence[int]]) -> Sequence[Sequence[int]]:
    """The rows, or one of them when they are all the same list: that of goods whose units cost nothing."""
    return rows[:1] if all(row is rows[0] for row in rows) else rows
