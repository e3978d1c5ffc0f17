"""What each location could send best at given prices of the goods, where parcels are priced by steps of weight.

A location earns the prices of the units that it sends and pays what its parcel costs. What is left over, its reduced
cost, is smallest for one of its contents, found by the weight of the parcel (a knapsack: R. Bellman, "Dynamic
Programming", 1957), for hundreds of locations at once. Where the goods' weights have no common measure to speak of,
they are rounded down: what a location could do then looks no dearer than it is, so bounds stay bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from oms.sourcing.rates import price

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from oms.sourcing.stepped import Steps

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

AT_ONCE = 200
"""Locations that are looked at together: more take more memory, and are not faster."""

MOST_LOOKS = 40_000
"""Looks at a part of a content before there are too many to name them all."""


class Offer(NamedTuple):
    """A location (by its place among the able ones), units of each row that it sends, and what that costs."""

    place: int
    units: tuple[int, ...]
    cost: int


class Tariff(NamedTuple):
    """Prices of the rows, and what a further parcel costs on top."""

    prices: Floats
    toll: float


class Best(NamedTuple):
    """Of each location that was asked for: its least reduced cost, and the units with which it has it."""

    reduced: Floats
    units: Ints


class Contents:
    """The locations that have something (`columns`), by place, and the rows that need something (`rows`)."""

    def __init__(self, steps: Steps) -> None:
        self.rows = [row for row, need in enumerate(steps.needs) if need > 0]
        self.needs = np.array([steps.needs[row] for row in self.rows])
        self._whole = steps.whole
        stock = np.array([steps.table[row] for row in self.rows]).T
        have = np.where(stock >= self.needs, self.needs, 0 if steps.whole else np.maximum(stock, 0))
        able = np.flatnonzero(have.any(axis=1))
        self.columns = [int(column) for column in able]
        self.have = have[able]
        self.joined = np.array([column in steps.joined for column in self.columns])
        self._lump = np.array([steps.lump[column] for column in self.columns], dtype=float)
        self._extra = np.array([steps.extra[row] for row in self.rows], dtype=float).T[able]
        self._grams = [steps.grams[row] for row in self.rows]
        self._rate = steps.rate
        self._zones = [steps.zones.get(column) for column in self.columns]
        self._by_id = {id(zone): zone for zone in self._zones}
        number = {name: index for index, name in enumerate(self._by_id)}
        self._zone = np.array([number[id(zone)] for zone in self._zones], dtype=int)
        self.measure(1)

    def measure(self, cells: int) -> bool:
        """Weigh in so many steps at most; whether that is exact."""
        weight = max(1, sum(int(need) * grams for need, grams in zip(self.needs, self._grams, strict=True)))
        common = gcd(*self._grams) or 1
        self._cell = common if weight <= common * cells else -(-weight // cells)
        self._weights = [grams // self._cell for grams in self._grams]
        heaviest = sum(int(need) * cell for need, cell in zip(self.needs, self._weights, strict=True))
        self._charges = np.array(
            [
                [0 if zone is None else price(zone, max(1, w * self._cell)) * self._rate for w in range(heaviest + 1)]
                for zone in self._by_id.values()
            ],
            dtype=float,
        )
        return self._cell == common

    def offer(self, place: int, units: Sequence[int]) -> Offer:
        """What it truly costs that a location sends these units."""
        zone, each = self._zones[place], [int(count) for count in units]
        grams = sum(count * grams for count, grams in zip(each, self._grams, strict=True))
        charge = 0 if zone is None else price(zone, max(1, grams)) * self._rate
        beside = self._lump[place] + sum(
            count * extra for count, extra in zip(each, self._extra[place], strict=True) if count
        )
        return Offer(place, tuple(each), charge + round(beside))

    def best(self, tariff: Tariff, places: Ints) -> Best:
        """Each location's best content at these prices."""
        parts = [self._best(tariff, places[first : first + AT_ONCE]) for first in range(0, len(places), AT_ONCE)]
        if not parts:
            return Best(np.zeros(0), np.zeros((0, len(self.rows)), dtype=int))
        return Best(np.concatenate([part.reduced for part in parts]), np.concatenate([part.units for part in parts]))

    def _best(self, tariff: Tariff, places: Ints) -> Best:
        gains, taken = self._gains(tariff, places)
        left = self._left(gains[-1], tariff, places)
        at = left.argmin(axis=1)
        each = np.arange(len(places))
        reduced = left[each, at]
        units = np.zeros((len(places), len(self.rows)), dtype=int)
        for row in reversed(range(len(self.rows))):
            units[:, row] = taken[row][each, at]
            at = at - units[:, row] * self._weights[row]
        return Best(reduced, units)

    def _left(self, gains: Floats, tariff: Tariff, places: Ints) -> Floats:
        """What sending costs beyond the gain, by location and weight."""
        tolls = self._lump[places] + np.where(self.joined[places], 0, tariff.toll)
        left: Floats = self._charges[self._zone[places], : gains.shape[1]] - gains + tolls[:, None]
        return left

    def _gains(self, tariff: Tariff, places: Ints) -> tuple[list[Floats], list[NDArray[np.int16]]]:
        """The most that can be earned up to each weight, after each row, and the units of the row for it."""
        have = self.have[places]
        heaviest = int((have * np.array(self._weights)).sum(axis=1).max(initial=0))
        gains = [np.zeros((len(places), heaviest + 1))]
        taken = []
        for row, weight in enumerate(self._weights):
            gain = tariff.prices[row] - self._extra[places, row]
            known, picked = gains[-1].copy(), np.zeros((len(places), heaviest + 1), dtype=np.int16)
            for units in [int(self.needs[row])] if self._whole else range(1, int(self.needs[row]) + 1):
                able = np.flatnonzero((have[:, row] >= units) & (gain > 0))
                if not len(able):
                    continue
                offered = gains[-1][able, : heaviest + 1 - units * weight] + units * gain[able, None]
                current, pick = known[able, units * weight :], picked[able, units * weight :]
                pick[offered > current] = units
                known[able, units * weight :] = np.maximum(offered, current)
                picked[able, units * weight :] = pick
            gains.append(known)
            taken.append(picked)
        return gains, taken

    def within(self, tariff: Tariff, places: Ints, room: float, most: int) -> list[Offer] | None:
        """Every content that could be part of a choice that costs no more than `room` beyond the bound of the prices.

        None when there are more than `most`.
        """
        offers: list[Offer] = []
        looks = MOST_LOOKS
        for first in range(0, len(places), AT_ONCE):
            part = places[first : first + AT_ONCE]
            gains, _ = self._gains(tariff, part)
            left = self._left(gains[-1], tariff, part)
            for index, place in enumerate(part):
                limit = room + min(0.0, float(left[index].min()))
                listing = _Listing(self, tariff, int(place), limit, [each[index] for each in gains], looks)
                found = listing.run(most)
                looks = listing.looks
                if found is None or len(offers) + len(found) > most:
                    return None
                offers += found
        return offers

    def gain(self, tariff: Tariff, place: int) -> Sequence[float]:
        """What a location earns by a unit of each row."""
        return [float(each) for each in tariff.prices - self._extra[place]]

    def levels(self, place: int, heaviest: int) -> list[tuple[int, float]]:
        """The weights up to which a location's price stays the same, each with what a parcel costs."""
        charges = self._charges[self._zone[place], : heaviest + 1]
        ends = [*(int(each) for each in np.flatnonzero(np.diff(charges))), heaviest]
        return [(end, float(charges[end] + self._lump[place])) for end in ends]

    def choices(self, place: int, row: int) -> Sequence[int]:
        """How many units of a row a location may send, most first."""
        have = int(self.have[place][row])
        return ([have, 0] if have else [0]) if self._whole else range(have, -1, -1)

    def weight(self, row: int) -> int:
        """What a unit weighs, in steps."""
        return self._weights[row]


class _Listing:
    """All contents of one location whose reduced cost is within a limit, but those that another one makes needless."""

    def __init__(
        self, contents: Contents, tariff: Tariff, place: int, limit: float, gains: Sequence[Floats], looks: int
    ) -> None:
        self._of, self._place, self._gains, self.looks = contents, place, gains, looks
        self._toll = 0.0 if contents.joined[place] else tariff.toll
        self._prices, self._gain = tariff.prices, contents.gain(tariff, place)
        self._limit = limit
        self._found: set[tuple[int, ...]] = set()

    def run(self, most: int) -> list[Offer] | None:
        heaviest = len(self._gains[0]) - 1
        for end, cost in self._of.levels(self._place, heaviest):
            self._look(len(self._gain), end, 0.0, cost + self._toll - self._limit, ())
            if self.looks < 0 or len(self._found) > most:
                return None
        offers = [self._of.offer(self._place, units) for units in self._found if any(units)]
        offers = [each for each in offers if self._reduced(each) <= self._limit]
        return _needed(offers)

    def _reduced(self, offer: Offer) -> float:
        earned = sum(float(price) * count for price, count in zip(self._prices, offer.units, strict=True))
        return offer.cost + self._toll - earned

    def _look(self, rows: int, weight: int, gain: float, least: float, units: tuple[int, ...]) -> None:
        """Go on with the rows before: what they can still earn up to a weight is known."""
        self.looks -= 1
        if self.looks < 0 or gain + self._gains[rows][weight] < least:
            return
        if not rows:
            self._found.add(units)
            return
        row = rows - 1
        each, own = self._of.weight(row), self._gain[row]
        for count in self._of.choices(self._place, row):
            if count * each <= weight:
                self._look(row, weight - count * each, gain + count * own, least, (count, *units))


def _needed(offers: Sequence[Offer]) -> list[Offer]:
    """Without those of which another one has as much and is no dearer."""
    kept: list[Offer] = []
    for offer in sorted(offers, key=lambda each: (each.cost, [-count for count in each.units])):
        if not any(all(map(int.__ge__, other.units, offer.units)) for other in kept):
            kept.append(offer)
    return kept
