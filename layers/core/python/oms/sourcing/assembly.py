"""The cheapest contents of parcels that are together what is needed, with proof, where prices go up by steps of weight.

A choice is a set of contents, one at most from each location. There are too many to write them all down, so prices of
the goods are looked for at which no content that is not yet known would help (column generation: P. C. Gilmore and
R. E. Gomory, "A Linear Programming Approach to the Cutting-Stock Problem", Operations Research 9, 1961). They bound
what any choice costs, mostly to a few percent, and leave few contents that a cheaper one could be made of. For each
number of parcels in question these are all written down, and a solver of integer programs says which are the best
(as R. Baldacci and A. Mingozzi do with routes, "A unified exact method for solving different classes of vehicle
routing problems", Mathematical Programming 120, 2009).

Costs are whole numbers; bounds are floating point, and rounded down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple

import highspy
import numpy as np

from oms.sourcing.contents import Best, Contents, Offer, Tariff
from oms.sourcing.linear import NONE, Linear, Solution, program_of
from oms.sourcing.stepped import Sharing, Steps

if TYPE_CHECKING:
    from oms.sourcing.contents import Ints

SECONDS = 2.0
"""How long the solver may take for integer programs in all; what it has found by then counts, with its gap.

Little, because a hard choice may take ten seconds on half a processor, and the search has a part of it.
"""

_AT_ONCE = 1.0
"""Seconds for one of them."""

LOOKS = 20_000
"""How often a location may be asked for its best content; those with fine weights count as four. One to two seconds."""

_FEW = 300
"""Locations that are weighed finely at most."""

COARSE, FINE = 500, 2000
"""In so many steps a parcel is weighed: to begin with, and when few locations are left."""

MOST_OFFERS = 2500
"""Contents that are given to the solver."""

_FIRST_OFFERS = 200
"""Of the contents that are known, so many are given to it as a first guess."""

_ROUNDS = 80
"""How often prices are looked for at most."""

_NEAR = 150
"""Locations that are asked for contents in most rounds; all of them only when these have none."""

_DEEPEST = 60
"""Contents that a dive takes at most."""

_LOOKS = 3
"""Rounds in which contents are looked for that fit those which a dive has taken."""


class Assembled(NamedTuple):
    """A sharing, no dearer than the known one, and what none costs less than."""

    sharing: Sharing
    bound: int


def assembled(steps: Steps, known: Sharing, grain: int) -> Assembled:
    """A sharing that is no dearer than a known one, and a bound: proved when no other costs `grain` less."""
    return _Assembly(steps, known, grain).run()


class _Level(NamedTuple):
    """What prices prove about a number of parcels: a bound, the prices, the locations in question, and the parcels."""

    bound: float
    tariff: Tariff
    places: Ints
    parcels: float


class _Assembly:
    """The best sharing so far, and the contents that are known."""

    def __init__(self, steps: Steps, known: Sharing, grain: int) -> None:
        self._steps, self._grain = steps, grain
        self._contents = Contents(steps)
        self._best, self._found, self._left = known.cost, known.units, SECONDS
        self._looks, self._weight = LOOKS, 1
        self._linear = Linear(self._contents, steps.most, float(known.cost))
        place = {column: number for number, column in enumerate(self._contents.columns)}
        given: dict[int, list[int]] = {}
        for number, row in enumerate(self._contents.rows):
            for column, units in known.units.get(row, {}).items():
                given.setdefault(place[column], [0] * len(self._contents.rows))[number] += units
        for each, counts in given.items():
            self._linear.add(self._contents.offer(each, counts))

    @property
    def _goal(self) -> int:
        """What costs less than this is cheaper by more than the grain."""
        return self._best - self._grain + 1

    def run(self) -> Assembled:
        places = np.arange(len(self._contents.columns))
        exact = self._contents.measure(COARSE)
        level = self._priced(None, places)
        self._dive(level, None)
        if level.bound < self._goal and not exact and len(still := self._still(level)) <= _FEW:
            self._contents.measure(FINE)
            self._weight = FINE // COARSE
            level = self._priced(None, still)
            self._dive(level, None)
        if level.bound < self._goal:
            self._choose(self._promising(level), None)
        bound = level.bound if level.bound >= self._goal else self._by_parcels(level)
        return Assembled(Sharing(self._best, self._found, bound >= self._goal), min(floor(bound), self._best))

    def _by_parcels(self, root: _Level) -> float:
        """A bound for all numbers of parcels, which are looked at one by one."""
        levels = self._levels(root)
        open_ones = sorted(levels, key=lambda count: levels[count].bound)
        for count in open_ones:
            if self._looks >= 0 and levels[count].bound < self._goal:
                self._dive(levels[count], count)
                self._choose(self._promising(levels[count]), count)
        for again in (True, False):
            before = self._best
            open_ones = [count for count in open_ones if not self._settled(levels[count], count)]
            if not open_ones or self._best == before or not again:
                break
        return max(min((levels[count].bound for count in open_ones), default=float(self._best)), root.bound)

    def _levels(self, root: _Level) -> dict[int, _Level]:
        """What prices prove about each number of parcels in question; the costs by that number are convex."""
        middle, levels = ceil(root.parcels - NONE), dict[int, _Level]()
        still = self._still(root)
        for counts in (range(middle, len(self._contents.columns) + 1), range(middle - 1, -1, -1)):
            for count in counts:
                if self._steps.most is not None and count > self._steps.most:
                    break
                level = self._priced(count, still)
                if level.bound >= self._goal:
                    break
                levels[count] = level
                if self._looks < 0:
                    # Of further numbers nothing is known.
                    levels[count] = level._replace(bound=float("-inf"))
                    break
        return levels

    def _settled(self, level: _Level, count: int) -> bool:
        """Whether the best of so many parcels is known now."""
        if level.bound >= self._goal:
            return True
        if level.bound == float("-inf"):
            return False
        places = self._still(level)
        offers = self._contents.within(level.tariff, places, self._goal - level.bound, MOST_OFFERS)
        return offers is not None and self._choose(offers, count)

    def _ask(self, tariff: Tariff, places: Ints) -> Best:
        """Each location's best content at these prices."""
        self._looks -= self._weight * len(places)
        return self._contents.best(tariff, places)

    def _priced(self, count: int | None, places: Ints) -> _Level:
        """Look for the prices at which no further content helps."""
        linear, contents = self._linear, self._contents
        linear.allow(count)
        best = _Level(float("-inf"), Tariff(np.zeros(len(contents.rows)), 0.0), places, 0.0)
        limit = count if count is not None else self._steps.most
        near: Ints | None = None
        for _ in range(_ROUNDS):
            solution = linear.solve()
            tariff = solution.tariff
            asked = places if near is None else near
            found = self._ask(tariff, asked)
            added = self._add(asked, solution, found)
            if near is not None:
                near = near if added and self._looks >= 0 else None
                continue
            paid = float(tariff.prices @ contents.needs) - (tariff.toll * limit if limit is not None else 0.0)
            bound = paid + float(np.minimum(found.reduced, 0.0).sum())
            near = places[found.reduced.argsort(kind="stable")[:_NEAR]]
            if bound > best.bound:
                best = _Level(bound, tariff, places, solution.parcels)
            places = places[bound + found.reduced < self._goal]
            if not added or solution.value - bound < self._grain / 2 or bound >= self._goal or self._looks < 0:
                break
        return best

    def _still(self, level: _Level) -> Ints:
        """The locations that a choice better than the best may take."""
        reduced = self._ask(level.tariff, level.places).reduced
        still: Ints = level.places[level.bound + reduced < self._goal]
        return still

    def _promising(self, level: _Level) -> list[Offer]:
        """The known contents with the least reduced costs."""
        prices, joined = level.tariff.prices, self._contents.joined

        def reduced(offer: Offer) -> float:
            return offer.cost - float(prices @ np.array(offer.units)) + (not joined[offer.place]) * level.tariff.toll

        return sorted(self._linear.offers.values(), key=reduced)[:_FIRST_OFFERS]

    def _dive(self, level: _Level, count: int | None) -> None:
        """Make a choice of the linear program's solution: take the content of which it takes most, and solve again."""
        linear, near = self._linear, self._near(level)
        linear.allow(count)
        taken: list[Offer] = []
        while len(taken) <= _DEEPEST and self._looks >= 0:
            for _ in range(_LOOKS):
                solution = linear.solve()
                if solution.value >= self._goal:
                    break
                if not self._add(near, solution, self._ask(solution.tariff, near)):
                    break
            if solution.value >= self._goal:
                break
            shares = linear.shares()
            more = [offer for share, offer in shares if share > 1 - NONE and offer not in taken]
            rest = [(share, offer) for share, offer in shares if share <= 1 - NONE]
            if not rest:
                self._take([offer for _, offer in shares])
                break
            more.append(max(rest, key=lambda each: each[0])[1])
            linear.fix(more, 1.0)
            taken += more
        linear.fix(taken, 0.0)

    def _near(self, level: _Level) -> Ints:
        """Of the locations in question those that could help most."""
        order = self._ask(level.tariff, level.places).reduced.argsort(kind="stable")
        near: Ints = level.places[order[:_NEAR]]
        return near

    def _add(self, places: Ints, solution: Solution, found: Best) -> int:
        """Add the contents that make the linear program cheaper; how many were not known."""
        added = 0
        for index in found.reduced.argsort(kind="stable")[:_NEAR]:
            place = int(places[index])
            if found.reduced[index] < solution.beyond.get(place, 0.0) - 1 and found.units[index].any():
                added += self._linear.add(self._contents.offer(place, found.units[index]))
        return added

    def _choose(self, offers: Sequence[Offer], count: int | None) -> bool:
        """Let the solver choose among these contents; whether it is proved that it found the cheapest of them."""
        if self._left <= 0:
            return False
        program = program_of(self._contents, offers, count, self._steps.most)
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.silent()
        for option, value in (
            ("threads", 1),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", self._grain / 2),
            ("time_limit", min(_AT_ONCE, self._left)),
            ("objective_bound", float(self._goal)),
        ):
            solver.setOptionValue(option, value)
        solver.passModel(program)
        solver.run()
        self._left -= solver.getRunTime()
        status = solver.getModelStatus()
        if solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            chosen = solver.getSolution().col_value
            self._take([offer for offer, share in zip(offers, chosen, strict=True) if share > 1 / 2])
        return status in {
            highspy.HighsModelStatus.kOptimal,
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kObjectiveBound,
        }

    def _take(self, offers: Iterable[Offer]) -> None:
        """Keep what these contents make, less what is too many, if it is the best so far."""
        contents = self._contents
        units = {offer.place: list(offer.units) for offer in offers}
        found: dict[int, dict[int, int]] = {}
        for number, row in enumerate(contents.rows):
            spare = sum(each[number] for each in units.values()) - int(contents.needs[number])
            if spare < 0:
                return
            dearest = sorted(units, key=lambda place: -self._steps.extra[row][contents.columns[place]])
            for place in dearest:
                less = min(spare, units[place][number])
                if less and (not self._steps.whole or less == units[place][number]):
                    units[place][number] -= less
                    spare -= less
            found[row] = {contents.columns[place]: each[number] for place, each in units.items() if each[number]}
        cost = sum(contents.offer(place, each).cost for place, each in units.items() if any(each))
        if cost < self._best:
            self._best, self._found = cost, found
