"""What locations offer to send, one by one or many as arrays, and the prices by which it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class Offer(NamedTuple):
    """A location (by its place among the able ones), units of each row that it sends, and what that costs."""

    place: int
    units: tuple[int, ...]
    cost: int


class Table(NamedTuple):
    """Many contents: of each its location, its units by row, and what it costs."""

    places: Ints
    units: Floats
    costs: Floats

    def only(self, which: NDArray[Any]) -> Table:
        """Some of them, by number or by truth."""
        return Table(self.places[which], self.units[which], self.costs[which])

    def offers(self, which: NDArray[Any]) -> list[Offer]:
        """Some of them, one by one."""
        some = self.only(which)
        units = some.units.astype(int).tolist()
        return [
            Offer(int(place), tuple(each), round(cost))
            for place, each, cost in zip(some.places, units, some.costs.tolist(), strict=True)
        ]


class Tariff(NamedTuple):
    """Prices of the rows, and what a further parcel costs on top."""

    prices: Floats
    toll: float


class Best(NamedTuple):
    """Of each location that was asked for: a bound of its least reduced cost, and the units of its best content.

    Where that bound is not negative there are none.
    """

    reduced: Floats
    units: Ints


def together(tables: Sequence[Table], rows: int) -> Table:
    """All contents of some tables, of so many rows."""
    if not tables:
        return Table(np.zeros(0, dtype=int), np.zeros((0, rows)), np.zeros(0))
    return Table(*map(np.concatenate, zip(*tables, strict=True)))
