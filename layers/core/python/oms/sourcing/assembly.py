"""The cheapest contents of parcels that are together what is needed, with proof, also by prices with steps of weight.

A choice is a set of contents, one at most from each location. There are too many to choose from at once, so prices of
the goods are looked for at which no content that is not yet known would help (column generation: P. C. Gilmore and
R. E. Gomory, "A Linear Programming Approach to the Cutting-Stock Problem", Operations Research 9, 1961). They bound
what any choice costs, mostly to a few percent, and with a good choice in hand they leave few contents that a cheaper
one could be made of. These are all written down, and searched (as R. Baldacci and A. Mingozzi do with routes, "A
unified exact method for solving different classes of vehicle routing problems", Mathematical Programming 120, 2009).
Where locations have too much to write it down, they are packed by steps of weight instead.

Costs are whole numbers; bounds are floating point, and rounded down.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import floor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from oms.sourcing.branching import cheapest_of
from oms.sourcing.contents import Contents
from oms.sourcing.linear import Linear, Solution, chosen
from oms.sourcing.offers import Best, Offer, Tariff
from oms.sourcing.packing import packed
from oms.sourcing.stepped import Sharing, Units

if TYPE_CHECKING:
    from oms.sourcing.offers import Floats, Ints

EFFORT = 4_000_000
"""Columns of linear programs that may be looked at for the proof: four to five seconds."""

SECONDS = 1.0
"""How long a solver may look for a good choice to begin with."""

_SHORT = 150
"""Locations of which a better choice is made to begin with."""

_FEW, _MORE = 400, 1500
"""Contents of these that are looked at for it, and where parcels are limited, if so few do not make a choice."""

_SHORTEST, _BEGIN = 40, 1.5
"""Where some of them have too much to list: so many locations, and seconds."""

_MOST, _PROOF = 100, 3.0
"""For the proof, where there is too much to list: so many locations at most, and seconds."""

PRECISE = 10**8
"""Costs are told apart by such a part of them at least: of less, a solver may take some for nothing."""

_ROUNDS = 80
"""How often prices are looked for at most."""

_NEAR = 150
"""Contents that are added at once."""


class Assembled(NamedTuple):
    """A sharing, no dearer than the known one, and what none costs less than."""

    sharing: Sharing
    bound: int


def assembled(contents: Contents, most: int | None, known: Units, grain: int) -> Assembled:
    """A sharing that is no dearer than a known one, and a bound: proved when no other costs `grain` less.

    Neither takes more than `most` parcels, if that is given.
    """
    return _Assembly(contents, most, known, grain).run()


class _Level(NamedTuple):
    """What prices prove: a bound, the prices, and the locations in question with their least reduced costs."""

    bound: float
    tariff: Tariff
    places: Ints
    reduced: Floats


class _Assembly:
    """The best sharing so far, and the contents that are known."""

    def __init__(self, contents: Contents, most: int | None, known: Units, grain: int) -> None:
        self._contents, self._most = contents, most
        offers = [contents.offer(place, units) for place, units in contents.given(known).items()]
        self._best, self._found = sum(offer.cost for offer in offers), known
        self._grain = max(grain, self._best // PRECISE)
        self._linear = Linear(contents, most, float(self._best))
        for offer in offers:
            self._linear.add(offer)

    @property
    def _goal(self) -> int:
        """What costs less than this is cheaper by more than the grain."""
        return self._best - self._grain + 1

    def run(self) -> Assembled:
        level = self._priced()
        if level.bound < self._goal:
            self._begin(level)
        bound = level.bound if level.bound >= self._goal else self._proved(level)
        return Assembled(Sharing(self._best, self._found, bound >= self._goal), min(floor(bound), self._best))

    def _begin(self, level: _Level) -> None:
        """Make a choice of the contents that look cheapest."""
        contents = self._contents
        short = level.places[level.reduced.argsort(kind="stable")[:_SHORT]]
        if contents.large[short[:_SHORTEST]].any():
            self._packed(short[:_SHORTEST], _BEGIN)
        if not self._chosen(level, short, _FEW) and self._most is not None:
            self._full()
            self._chosen(level, short, _MORE)

    def _chosen(self, level: _Level, short: Ints, few: int) -> bool:
        """Whether a better choice was found among so few contents."""
        likely = self._contents.cheapest(level.tariff, short, list(self._linear.offers.values()), few)
        found = chosen(self._contents, likely, most=self._most, goal=self._goal, grain=self._grain, seconds=SECONDS)
        self._take(found.offers)
        return bool(found.offers)

    def _full(self) -> None:
        """Where parcels are limited: take those locations for it whose whole stock would be sent for the least."""
        loads, endless = self._contents.full(), float("inf")
        found = chosen(self._contents, loads, most=self._most, goal=endless, grain=self._grain, seconds=SECONDS)
        if found.offers:
            self._packed(np.array([offer.place for offer in found.offers]), SECONDS)

    def _proved(self, level: _Level) -> float:
        """What no choice costs less than, by all contents that a cheaper one could take; the best of these is kept."""
        bound, contents = level.bound, self._contents
        table = contents.within(level.tariff, self._still(level), self._goal - bound)
        if table is not None:
            found = cheapest_of(contents, table, most=self._most, goal=self._goal, grain=self._grain, effort=EFFORT)
            self._take(found.offers)
            bound = max(bound, found.bound)
        if bound < self._goal and len(still := self._still(level)) <= _MOST:
            bound = max(bound, self._packed(still, _PROOF))
        return bound

    def _still(self, level: _Level) -> Ints:
        """The locations that a choice better than the best may take."""
        still: Ints = level.places[level.bound + level.reduced < self._goal]
        return still

    def _packed(self, places: Ints, seconds: float) -> float:
        """What no choice of these locations costs less than; the cheapest is kept, if it was found."""
        found = packed(self._contents, places, most=self._most, goal=self._goal, grain=self._grain, seconds=seconds)
        self._take(found.offers)
        return found.bound

    def _priced(self) -> _Level:
        """Look for the prices at which no further content helps."""
        linear, contents, limit = self._linear, self._contents, self._most
        places = np.arange(len(contents.columns))
        best = _Level(float("-inf"), Tariff(np.zeros(len(contents.rows)), 0.0), places, np.zeros(len(places)))
        thorough = False
        for _ in range(_ROUNDS):
            solution = linear.solve()
            tariff = solution.tariff
            found = contents.best(tariff, places, thorough=thorough)
            paid = float(tariff.prices @ contents.needs) - (tariff.toll * limit if limit is not None else 0.0)
            gained = np.sort(np.minimum(found.reduced, 0.0))[: contents.parcels(self._goal)]
            bound = paid + float(gained.sum())
            added = self._add(places, solution, found)
            if bound > best.bound:
                best = _Level(bound, tariff, places, found.reduced)
            places = places[bound + found.reduced < self._goal]
            near = solution.value - bound < self._grain / 2 or bound >= self._goal
            if near or contents.work < 0 or (thorough and not added):
                break
            thorough = not added
        return best

    def _add(self, places: Ints, solution: Solution, found: Best) -> int:
        """Add the contents that make the linear program cheaper; how many were not known."""
        added = 0
        for index in found.reduced.argsort(kind="stable")[:_NEAR]:
            place = int(places[index])
            if found.reduced[index] < solution.beyond.get(place, 0.0) - 1 and found.units[index].any():
                added += self._linear.add(self._contents.offer(place, found.units[index]))
        return added

    def _take(self, offers: Iterable[Offer]) -> None:
        """Keep what these contents make, less what is too many, if it is the best so far; of none, nothing is kept."""
        contents = self._contents
        units = {offer.place: list(offer.units) for offer in offers}
        found: dict[int, dict[int, int]] = {}
        for number, row in enumerate(contents.rows):
            spare = sum(each[number] for each in units.values()) - int(contents.needs[number])
            if spare < 0:
                return
            dearest = sorted(units, key=lambda place: -contents.extra[place][number])
            for place in dearest:
                less = min(spare, units[place][number])
                if less and (not contents.whole or less == units[place][number]):
                    units[place][number] -= less
                    spare -= less
            found[row] = {contents.columns[place]: each[number] for place, each in units.items() if each[number]}
        cost = sum(contents.offer(place, each).cost for place, each in units.items() if any(each))
        if cost < self._best:
            self._best, self._found = cost, found
