"""What each location could send best at given prices of the goods.

A location earns the prices of the units that it sends and pays what its parcel costs. What is left over, its reduced
cost, is smallest for one of its contents. Most locations are seen to earn nothing by filling each step of weight up to
the gram, as if units could be cut (G. B. Dantzig, "Discrete-Variable Extremum Problems", Operations Research 5, 1957).
Of the others all contents are listed, if these are few; else the best one is found by the weight of the parcel (see
`knapsack`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from oms.sourcing.knapsack import AT_ONCE, Found, best_by_weight, listed_within
from oms.sourcing.offers import Best, Offer, Table, Tariff, together
from oms.sourcing.rates import Zone, price
from oms.sourcing.scales import Scales

if TYPE_CHECKING:
    from oms.sourcing.offers import Floats, Ints
    from oms.sourcing.stepped import Steps, Units


MOST_LISTED = 30_000
"""Contents of a location that are listed at most."""

MOST_IN_ALL = 1_000_000
"""Contents that are looked at for the lists of all locations together."""

MOST_WITHIN = 200_000
"""Contents that are named at most, when those within a room are asked for."""

WORK = 100_000_000
"""Sums that may be looked at for locations with too much to list: about two seconds."""

_LISTING = 500
"""To name one content of such a location is as much work as so many of these."""


class Listed(NamedTuple):
    """All contents of a location to which nothing could be added for nothing, and what they cost."""

    units: Floats
    cost: Floats


class Contents:
    """The locations that have something (`columns`), by place, and the rows that need something (`rows`)."""

    def __init__(self, steps: Steps) -> None:
        self.rows = [row for row, need in enumerate(steps.needs) if need > 0]
        self.needs = np.array([steps.needs[row] for row in self.rows])
        self.whole = steps.whole
        stock = np.array([steps.table[row] for row in self.rows]).T
        have = np.where(stock >= self.needs, self.needs, 0 if steps.whole else np.maximum(stock, 0))
        able = np.flatnonzero(have.any(axis=1))
        self.columns = [int(column) for column in able]
        self.have = have[able]
        self.joined = np.array([column in steps.joined for column in self.columns])
        self.lump = np.array([steps.lump[column] for column in self.columns], dtype=float)
        self.extra = np.array([steps.extra[row] for row in self.rows], dtype=float).T[able]
        self.grams = np.array([steps.grams[row] for row in self.rows])
        self._rate = steps.rate
        self._zones = [steps.zones.get(column) for column in self.columns]
        self.scales = Scales(self._zones, self.have, self.grams, steps.rate)
        self.work = WORK
        self._known: dict[int, Listed] = {}
        self._lightest = np.sort(self.lump + [self.charge(place, 1) for place in range(len(self.columns))])
        # Where nothing asks for more, a location sends all that it has.
        free = np.array([zone is None for zone in self._zones])[:, None] & (self.extra == 0)
        self._free = np.where(free, self.have, 0)
        self._options = np.where(free, 1, 1 + np.minimum(self.have, 1) if steps.whole else 1 + self.have)
        counts = np.array([min(prod(map(int, each)), 2 * MOST_LISTED) for each in self._options])
        order = counts.argsort(kind="stable")
        self.large = counts > MOST_LISTED
        self.large[order] |= counts[order].cumsum() > MOST_IN_ALL
        """Which locations have more contents than are listed."""

    def charge(self, place: int, grams: int) -> int:
        """What a location's parcel of so many grams costs by its zone."""
        zone: Zone | None = self._zones[place]
        return 0 if zone is None else price(zone, max(1, grams)) * self._rate

    def given(self, units: Units) -> dict[int, list[int]]:
        """What each location sends of each row, by place."""
        place = {column: number for number, column in enumerate(self.columns)}
        sent: dict[int, list[int]] = {}
        for number, row in enumerate(self.rows):
            for column, count in units.get(row, {}).items():
                sent.setdefault(place[column], [0] * len(self.rows))[number] += count
        return sent

    def parcels(self, goal: float) -> int:
        """How many locations can send something at most for less than this."""
        spent: Floats = self._lightest.cumsum()
        return int((spent < goal).sum())

    def offer(self, place: int, units: Sequence[int]) -> Offer:
        """What it truly costs that a location sends these units."""
        each = [int(count) for count in units]
        grams = sum(count * int(grams) for count, grams in zip(each, self.grams, strict=True))
        beside = self.lump[place] + sum(
            count * extra for count, extra in zip(each, self.extra[place], strict=True) if count
        )
        return Offer(place, tuple(each), self.charge(place, grams) + round(beside))

    def full(self) -> Table:
        """Of each location all that it has."""
        places = np.arange(len(self.columns))
        costs = [float(self.offer(int(place), self.have[place]).cost) for place in places]
        return Table(places, self.have.astype(float), np.array(costs))

    def least(self, tariff: Tariff, places: Ints) -> Floats:
        """What the reduced cost of each location is at least."""
        tolls = self.lump[places] + np.where(self.joined[places], 0.0, tariff.toll)
        return self.scales.least(places, self.gains(tariff, places), tolls)

    def gains(self, tariff: Tariff, places: Ints) -> Floats:
        """What each location earns by a unit of each row; nothing by what it would lose by."""
        gains: Floats = np.maximum(tariff.prices - self.extra[places], 0.0)
        return gains

    def best(self, tariff: Tariff, places: Ints, *, thorough: bool = True) -> Best:
        """Each location's best content at these prices; in haste, only of the likeliest that have too much to list."""
        reduced, units = self.least(tariff, places), np.zeros((len(places), len(self.rows)), dtype=int)
        earning = np.flatnonzero(reduced < 0)
        large = self.large[places[earning]]
        for index in earning[~large]:
            reduced[index], units[index] = self._best_listed(tariff, int(places[index]))
        others = earning[large][reduced[earning[large]].argsort(kind="stable")]
        for first in range(0, len(others) if thorough else min(1, len(others)), AT_ONCE):
            if self.work < 0:
                break
            part = others[first : first + AT_ONCE]
            least, units[part] = self._best_by_weight(tariff, places[part])
            # By the gram and by rounded weights: the larger of two bounds is one.
            reduced[part] = np.maximum(reduced[part], least)
            if thorough and not self.scales.exact:
                for index in part[reduced[part] < 0]:
                    self._refine(tariff, int(places[index]), reduced, units, index)
        return Best(reduced, units)

    def _best_by_weight(self, tariff: Tariff, places: Ints) -> tuple[Floats, Ints]:
        tolls = np.array([self._toll(tariff, int(place)) for place in places])
        gains, have = self.gains(tariff, places), self.have[places]
        self.work -= int(have.sum()) * len(self.scales.charges[0])
        return best_by_weight(self.scales, places, gains, have, tolls, whole=self.whole)

    def _best_listed(self, tariff: Tariff, place: int) -> tuple[float, Ints]:
        listed = self.listed(place)
        costs = listed.cost - listed.units @ tariff.prices
        at = int(costs.argmin())
        return float(costs[at]) + self._beside(tariff, place), listed.units[at].astype(int)

    def _refine(self, tariff: Tariff, place: int, reduced: Floats, units: Ints, index: int) -> None:
        """Look for the true best content, where the one that is best by rounded weights earns nothing in truth."""
        toll = self._beside(tariff, place)
        true = self.offer(place, units[index]).cost + toll - float(tariff.prices @ units[index])
        if true < 0 or self.work < 0:
            return
        found = self._found(tariff, place, 0.0)
        if found is not None:
            at = int(found.reduced.argmin()) if len(found.units) else -1
            reduced[index] = found.reduced[at] + self._toll(tariff, place) if at >= 0 else 0.0
            units[index] = found.units[at] if at >= 0 else 0

    def _toll(self, tariff: Tariff, place: int) -> float:
        return float(self.lump[place]) + self._beside(tariff, place)

    def _beside(self, tariff: Tariff, place: int) -> float:
        return 0.0 if self.joined[place] else tariff.toll

    def _found(self, tariff: Tariff, place: int, limit: float) -> Found | None:
        """The contents of a location with too much to list that have less than this reduced cost."""
        found = listed_within(
            self.scales,
            place,
            self.gains(tariff, np.array([place]))[0],
            self.have[place],
            limit - self._toll(tariff, place),
            MOST_WITHIN,
            whole=self.whole,
        )
        self.work -= _LISTING * (MOST_WITHIN if found is None else len(found.units))
        return found

    def listed(self, place: int) -> Listed:
        """All contents of a location, without those to which something could be added for nothing."""
        if place not in self._known:
            self._known[place] = self._list(place)
        return self._known[place]

    def _list(self, place: int) -> Listed:
        have, options = self.have[place], self._options[place]
        some = np.flatnonzero(have)
        numbers = np.indices(options[some]).reshape(len(some), -1).T
        counts = numbers * (have[some] if self.whole else 1) + self._free[place][some]
        cost = self._costs(place, counts @ self.grams[some]) + counts @ self.extra[place][some]
        needed = counts.any(axis=1)
        stride = 1
        for position in reversed(range(len(some))):
            more = np.flatnonzero(numbers[:, position] < options[some[position]] - 1)
            needed[more[cost[more + stride] <= cost[more]]] = False
            stride *= int(options[some[position]])
        units = np.zeros((int(needed.sum()), len(have)))
        units[:, some] = counts[needed]
        return Listed(units, cost[needed])

    def _costs(self, place: int, grams: Ints) -> Floats:
        costs: Floats = self.scales.charges_of(place, grams) + self.lump[place]
        return costs

    def within(self, tariff: Tariff, places: Ints, room: float) -> Table | None:
        """Every content that could be part of a choice that costs less than `room` beyond the bound of the prices.

        None when there are too many to look at.
        """
        best = self.best(tariff, places).reduced
        found, total = list[Table](), 0
        for place, own in zip(map(int, places), best, strict=True):
            some = self._within(tariff, place, room + min(0.0, float(own)))
            if some is None or (total := total + len(some.costs)) > MOST_WITHIN:
                return None
            found.append(some)
        return together(found, len(self.rows))

    def cheapest(self, tariff: Tariff, places: Ints, others: Sequence[Offer], most: int) -> Table:
        """Those of the listed contents of these locations, and of others, that have the least reduced costs."""
        tables = [
            Table(np.full(len(each.cost), place), each.units, each.cost)
            for place in map(int, places[~self.large[places]])
            for each in [self.listed(place)]
        ]
        tables += [
            Table(np.array([each.place]), np.array([each.units], dtype=float), np.array([float(each.cost)]))
            for each in others
        ]
        table = together(tables, len(self.rows))
        reduced = table.costs - table.units @ tariff.prices + np.where(self.joined, 0.0, tariff.toll)[table.places]
        return table.only(reduced.argsort(kind="stable")[:most])

    def _within(self, tariff: Tariff, place: int, limit: float) -> Table | None:
        """The contents of a location with less than this reduced cost; None when there are too many."""
        if not self.large[place]:
            units, cost = self.listed(place)
            some = cost + self._beside(tariff, place) - units @ tariff.prices < limit
            return Table(np.full(int(some.sum()), place), units[some], cost[some])
        found = self._found(tariff, place, limit)
        if found is None:
            return None
        cost = self._costs(place, (found.units @ self.grams).astype(int)) + found.units @ self.extra[place]
        return Table(np.full(len(cost), place), found.units.astype(float), cost)
