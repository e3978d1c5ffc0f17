"""How few parcels can do, with proof: a cover by locations that each send all that they have."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np

from oms.sourcing.contents import Contents
from oms.sourcing.linear import NONE, chosen
from oms.sourcing.stepped import Units

SECONDS = 2.0
"""How long a solver may look; mostly it takes a tenth of one."""


class Fewest(NamedTuple):
    """What locations give, where fewer parcels do than were known to; and how many it takes at least."""

    units: Units
    least: int


def fewest_parcels(contents: Contents, known: int) -> Fewest:
    """The fewest parcels, if less than so many that are known to do; whoever packs for the order already takes none."""
    table = contents.full()._replace(costs=np.where(contents.joined, 0.0, 1.0))
    # Parcels are whole: fewer means one less at least.
    found = chosen(contents, table, most=None, goal=known - 1 / 2, grain=1.0, seconds=SECONDS)
    least = min(ceil(found.bound - NONE), known)
    left = [int(need) for need in contents.needs]
    units: dict[int, dict[int, int]] = {}
    for offer in found.offers:
        for number, (row, have) in enumerate(zip(contents.rows, offer.units, strict=True)):
            taken = min(have, left[number])
            if taken:
                units.setdefault(row, {})[contents.columns[offer.place]] = taken
                left[number] -= taken
    return Fewest(units, least)
