"""The best contents of locations that have too much to list: by steps of weight, and by weights in whole cells.

R. Bellman, "Dynamic Programming", 1957. Where the goods' weights have no common measure to speak of, they are rounded
down: what a location could do then looks no dearer than it is, so bounds stay bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from oms.sourcing.scales import Scales

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from oms.sourcing.offers import Floats, Ints

AT_ONCE = 100
"""Locations that are looked at together: more take more memory, and are not faster."""


def best_by_weight(
    scales: Scales, places: Ints, gains: Floats, have: Ints, tolls: Floats, *, whole: bool
) -> tuple[Floats, Ints]:
    """What sending costs at least beyond the gain, by whole cells of weight, and the units with which it does."""
    heaviest = int((have @ scales.weights).max(initial=0))
    earned, taken = np.zeros((len(places), heaviest + 1)), list["NDArray[np.int16]"]()
    for row, weight in enumerate(int(each) for each in scales.weights):
        before, picked = earned, np.zeros(earned.shape, dtype=np.int16)
        earned = before.copy()
        most = int(have[:, row].max())
        for count in [most] * (most > 0) if whole else range(1, most + 1):
            able = np.flatnonzero((have[:, row] >= count) & (gains[:, row] > 0))
            offered = before[able, : heaviest + 1 - count * weight] + count * gains[able, row, None]
            current, pick = earned[able, count * weight :], picked[able, count * weight :]
            pick[offered > current] = count
            earned[able, count * weight :] = np.maximum(offered, current)
            picked[able, count * weight :] = pick
        taken.append(picked)
    left = scales.charges[scales.zone[places], : heaviest + 1] - earned
    at, each = left.argmin(axis=1), np.arange(len(places))
    least: Floats = left[each, at] + tolls
    units: Ints = np.zeros(have.shape, dtype=int)
    for row in reversed(range(have.shape[1])):
        units[:, row] = taken[row][each, at]
        at = at - units[:, row] * scales.weights[row]
    return least, units


class Found(NamedTuple):
    """Contents of a location, and what each costs beyond its gain."""

    units: Ints
    reduced: Floats


def listed_within(
    scales: Scales, place: int, gains: Floats, have: Ints, limit: float, most: int, *, whole: bool
) -> Found | None:
    """The contents of a location that cost less than a limit beyond their gain; None when there are more than `most`.

    Found row by row: what has been taken is followed up where the rest, as if its units could be cut, could do it.
    """
    ends, charges = scales.steps(place)
    grams = scales.grams
    order = [int(row) for row in np.argsort(-gains / np.maximum(grams, 1e-9), kind="stable") if have[row]]
    found, least = np.zeros((1, len(have)), dtype=int), np.zeros(1)
    weight, gain = np.zeros(1), np.zeros(1)
    for position, row in enumerate(order):
        options = np.array([0, have[row]]) if whole else np.arange(int(have[row]) + 1)
        if len(found) * len(options) > most * 10:
            return None
        found = np.repeat(found, len(options), axis=0)
        found[:, row] = np.tile(options, len(weight))
        weight = np.repeat(weight, len(options)) + found[:, row] * grams[row]
        gain = np.repeat(gain, len(options)) + found[:, row] * gains[row]
        rest = order[position + 1 :]
        heavier = np.array([0, *np.cumsum([grams[each] * have[each] for each in rest])])
        richer = np.array([0.0, *np.cumsum([gains[each] * have[each] for each in rest])])
        least = np.full(len(weight), np.inf)
        for end, charge in zip(ends, charges, strict=True):
            able = weight <= end
            more = np.interp(end - weight[able], heavier, richer)
            least[able] = np.minimum(least[able], charge - gain[able] - more)
        keep = least < limit
        found, weight, gain, least = found[keep], weight[keep], gain[keep], least[keep]
        if len(found) > most:
            return None
    some = found.any(axis=1)
    return Found(found[some], least[some])
