"""Weights and prices of parcels as arrays: exact by the gram, by steps of weight, and by whole cells of it."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from oms.sourcing.rates import Zone, ends

if TYPE_CHECKING:
    from oms.sourcing.offers import Floats, Ints

CELLS = 2000
"""In so many steps the heaviest parcel is weighed at most."""

MOST_STEPS = 100
"""Steps of a zone's prices that are told apart; of more, neighbours count as one, at the lower price."""

_KILOGRAM = 1000


def prices_of(zone: Zone | None, grams: Ints) -> Floats:
    """What parcels of so many grams cost (see `rates.price`); without a zone, nothing."""
    if zone is None:
        return np.zeros(len(grams))
    grams = np.maximum(grams, 1)
    tops, amounts = np.array([step.grams for step in zone.steps]), np.array([step.price for step in zone.steps])
    last = int(tops[-1])
    if zone.per_kilogram:
        begun = -(-np.maximum(grams - last, 0) // _KILOGRAM)
        prices = amounts[np.searchsorted(tops, np.minimum(grams, last))] + begun * zone.per_kilogram
    else:
        full, rest = np.divmod(grams, last)
        prices = full * amounts[-1] + np.where(rest > 0, amounts[np.searchsorted(tops, rest)], 0)
    exact: Floats = prices.astype(float)
    return exact


class Scales:
    """Weights in cells of so many grams, and what a parcel costs by them.

    `charges[zone][cells]`; of locations, `zone` says which. `exact` where no weight had to be rounded.
    """

    def __init__(self, zones: Sequence[Zone | None], have: Ints, grams: Ints, rate: int) -> None:
        heaviest, common = max(1, int((have @ grams).max(initial=0))), gcd(*map(int, grams)) or 1
        self.cell = common if heaviest <= common * CELLS else -(-heaviest // CELLS)
        self.exact = self.cell == common
        self.weights = grams // self.cell
        self.grams, self._have, self._rate = grams, have, rate
        different = {id(zone): zone for zone in zones}
        number = {name: index for index, name in enumerate(different)}
        self._zones = list(different.values())
        self.zone = np.array([number[id(zone)] for zone in zones], dtype=int)
        cells = np.arange(heaviest // self.cell + 1) * self.cell
        self.charges = np.array([prices_of(zone, cells) * rate for zone in self._zones])
        # As many steps for each zone: the last one comes again.
        tops = [_few([0] if zone is None else ends(zone, heaviest), heaviest) for zone in self._zones]
        most = max(map(len, tops), default=1)
        self._ends = np.array([[*row, *([heaviest] * (most - len(row)))] for row in tops])
        begins = np.minimum(np.hstack([np.zeros((len(tops), 1), dtype=int), self._ends[:, :-1]]) + 1, heaviest)
        self._at_ends = np.array([prices_of(zone, row) * rate for zone, row in zip(self._zones, begins, strict=True)])

    def charges_of(self, place: int, grams: Ints) -> Floats:
        """What a location's parcels of so many grams cost by its zone."""
        charges: Floats = prices_of(self._zones[self.zone[place]], grams) * self._rate
        return charges

    def steps(self, place: int) -> tuple[Ints, Floats]:
        """The grams up to which a location's price stays the same, and the price."""
        zone = self.zone[place]
        last = int(np.searchsorted(self._ends[zone], self._ends[zone][-1])) + 1
        return self._ends[zone][:last], self._at_ends[zone][:last]

    def least(self, places: Ints, gains: Floats, tolls: Floats) -> Floats:
        """What sending costs at least beyond the gain, if units could be cut."""
        ratio = gains / np.maximum(self.grams, 1e-9)
        order = np.argsort(-ratio, axis=1)
        have = np.take_along_axis(self._have[places], order, axis=1)
        ratio = np.take_along_axis(ratio, order, axis=1)
        begin = np.zeros((len(places), 1))
        grams = np.hstack([begin, (have * self.grams[order]).cumsum(axis=1)])
        earned = np.hstack([begin, (have * np.take_along_axis(gains, order, axis=1)).cumsum(axis=1)])
        ratio = np.hstack([ratio, begin])
        each, zones = np.arange(len(places)), self.zone[places]
        least = np.full(len(places), np.inf)
        for step in range(self._ends.shape[1]):
            end = self._ends[zones, step]
            full = (grams <= end[:, None]).sum(axis=1) - 1
            gain = earned[each, full] + (end - grams[each, full]) * ratio[each, full]
            least = np.minimum(least, self._at_ends[zones, step] - gain)
        total: Floats = least + tolls
        return total


def _few(tops: Sequence[int], heaviest: int) -> list[int]:
    """No more ends of steps than are told apart, the heaviest weight the last of them."""
    stride = -(-len(tops) // MOST_STEPS)
    return sorted({*tops[stride - 1 :: stride], heaviest})
