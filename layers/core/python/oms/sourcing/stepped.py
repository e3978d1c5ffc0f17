"""The cheapest sharing where parcels are priced by steps of weight: every set that could be cheaper is tried.

The search of `optimum` needs even prices, and its bound leaves open what steps make of them. Here the true prices are
known, and a choice that is good already. Few sets can be cheaper than that: what all the goods weigh together is the
same however they are shared out, so each set has a least price of shipping; a set that is dearer by it is passed over.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oms.sourcing.rates import MOST_ENDS, Zone, ends, price

LOOKS = 60_000
"""Looks at a set, or at a way to share goods out within one, before the best so far must do: a fifth of a second."""

MOST_WAYS = 3000
"""Ways to share goods out within one set; of a set that has more, not all are tried."""

_EXACT = 3
"""Parcels of which the least price is worked out together; of more, each counts as the lightest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What sharing costs, in any one unit: by column beside shipping, by its zone for shipping, and by unit."""

    needs: Sequence[int]
    table: Sequence[Sequence[int]]
    whole: bool
    """Whether what is needed of a row comes from one column."""
    grams: Sequence[int]
    """Weight of a unit of each row."""
    lump: Sequence[int]
    """What it costs that a column ships anything."""
    zones: Mapping[int, Zone]
    """By column; shipping costs nothing from one that has none."""
    rate: int
    """What a unit of the zones' prices is in the unit of these costs."""
    extra: Sequence[Sequence[int]]
    """What a unit costs beside, by row and column."""
    joined: frozenset[int]
    """Columns that do not count as parcels."""
    most: int | None
    """How many others there may be."""


Units = Mapping[int, Mapping[int, int]]
"""What columns give, by row and column."""


class Sharing(NamedTuple):
    """What columns give, and what that costs; `proved` when nothing costs less."""

    cost: int
    units: Units
    proved: bool


def cheapest(steps: Steps, limit: int, *, looks: int = LOOKS) -> Sharing:
    """The cheapest sharing that costs less than `limit`; without any units, when none was found."""
    return _Search(steps, limit, looks).run()


class _Search:
    """The best sharing so far, and the sets of columns that are still to be tried."""

    def __init__(self, steps: Steps, limit: int, looks: int) -> None:
        self._is, self._best, self._looks, self._all_ways = steps, limit, looks, True
        self._found: Units = {}
        self._weight = max(1, sum(need * grams for need, grams in zip(steps.needs, steps.grams, strict=True)))
        self._have = {
            column: have
            for column in range(len(steps.lump))
            if any(have := [self._usable(row, column) for row in range(len(steps.needs))])
        }
        self._by_id = {id(zone): zone for zone in steps.zones.values()}
        self._charges: dict[tuple[int, int], int] = {}
        self._least: dict[tuple[tuple[int, ...], int], int] = {}
        self._ends = {name: ends(zone, self._weight) for name, zone in self._by_id.items()}
        if any(len(ends) > MOST_ENDS for ends in self._ends.values()):
            self._all_ways = False
        self._parts = {name: [(end, self._step_price(name, end)) for end in ends] for name, ends in self._ends.items()}
        base = {column: steps.lump[column] + self._charge(column, 1) for column in self._have}
        self._base = base
        self._order = sorted(base, key=lambda column: (base[column], column))
        self._position = {column: position for position, column in enumerate(self._order)}
        self._lump = min((steps.lump[column] for column in self._order), default=0)
        self._sure = sum(
            need * min((extra[column] for column in self._order if self._have[column][row]), default=0)
            for row, (need, extra) in enumerate(zip(steps.needs, steps.extra, strict=True))
        )
        self._able: dict[tuple[int, int], int] = {}
        self._envelope: Sequence[tuple[int, int]] = self._cheapest_steps()

    def run(self) -> Sharing:
        """Try sets of one, two, … columns as long as so many could be cheaper."""
        bases = [self._base[column] for column in self._order]
        for size in range(1, len(bases) + 1):
            if self._looks < 0 or self._sure + sum(bases[:size]) >= self._best:
                break
            self._extend((), list(self._is.needs), size)
        return Sharing(self._best, self._found, self._looks >= 0 and self._all_ways)

    def _usable(self, row: int, column: int) -> int:
        need, have = self._is.needs[row], self._is.table[row][column]
        if have >= need:
            return need
        return 0 if self._is.whole else max(0, have)

    # Sets.

    def _extend(self, chosen: tuple[int, ...], missing: Sequence[int], more: int) -> None:
        """Try every way to add so many columns, in their order."""
        first = self._position[chosen[-1]] + 1 if chosen else 0
        spent = self._sure + sum(self._base[column] for column in chosen)
        for column in self._next(first, missing) if more == 1 else self._order[first:]:
            self._looks -= 1
            if self._looks < 0 or spent + more * self._base[column] >= self._best:
                return
            picked = (*chosen, column)
            if not self._allowed(picked) or self._at_least(picked, more - 1) >= self._best:
                continue
            if more == 1:
                self._share(picked)
            else:
                left = [max(0, each - have) for each, have in zip(missing, self._have[column], strict=True)]
                self._extend(picked, left, more - 1)

    def _next(self, first: int, missing: Sequence[int]) -> Iterator[int]:
        """The columns from a position on that have all that is missing."""
        able = (1 << len(self._order)) - (1 << first)
        for row, units in enumerate(missing):
            if units:
                able &= self._with(row, units)
        while able:
            lowest = able & -able
            able -= lowest
            yield self._order[lowest.bit_length() - 1]

    def _with(self, row: int, units: int) -> int:
        """The columns that have so many units of a row, as the bits of a number."""
        key = row, units
        if key not in self._able:
            self._able[key] = sum(
                1 << position for position, column in enumerate(self._order) if self._have[column][row] >= units
            )
        return self._able[key]

    def _allowed(self, columns: Sequence[int]) -> bool:
        return self._is.most is None or sum(column not in self._is.joined for column in columns) <= self._is.most

    def _at_least(self, columns: Sequence[int], more: int) -> int:
        """What a set costs at least, with so many columns beside of which nothing is known."""
        lumps = sum(self._is.lump[column] for column in columns) + more * self._lump
        zones = sorted(id(self._is.zones[column]) for column in columns if column in self._is.zones)
        if len(zones) < len(columns):
            return self._sure + lumps  # what is sent from one of them costs nothing by weight
        return self._sure + lumps + self._least_price(tuple(zones), more)

    # Prices.

    def _charge(self, column: int, grams: int) -> int:
        zone = self._is.zones.get(column)
        return 0 if zone is None else self._zone_price(zone, max(1, grams)) * self._is.rate

    def _zone_price(self, zone: Zone, grams: int) -> int:
        key = id(zone), grams
        if key not in self._charges:
            self._charges[key] = price(zone, grams)
        return self._charges[key]

    def _cheapest_steps(self) -> Sequence[tuple[int, int]]:
        """The least price of any zone, as (up to so many grams, price), and nothing where a column has no zone."""
        zones = self._by_id.values()
        if not zones or any(column not in self._is.zones for column in self._have):
            return [(self._weight, 0)]
        ends = sorted({end for zone in zones for end in self._ends[id(zone)]})
        return [(end, min(self._zone_price(zone, end) for zone in zones)) for end in ends]

    def _least_price(self, zones: tuple[int, ...], more: int) -> int:
        """The least price of sending everything by parcels of these zones and so many others, in costs."""
        key = zones, more
        if key not in self._least:
            if len(zones) + more > _EXACT:
                low = sum(self._step_price(each, 1) for each in zones) + more * self._envelope[0][1]
            else:
                low = self._spread(zones, more, self._weight)
            self._least[key] = low * self._is.rate
        return self._least[key]

    def _spread(self, zones: tuple[int, ...], more: int, weight: int) -> int:
        """The least price of so much weight; each parcel but the last is as heavy as one of its steps allows."""
        if len(zones) + more == 1:
            return self._step_price(zones[0], weight) if zones else self._envelope_price(weight)
        parts = self._parts[zones[0]] if zones else self._envelope
        rest = (zones[1:], more) if zones else (zones, more - 1)
        best: int | None = None
        for end, amount in parts:
            if best is None or amount < best:
                total = amount + self._spread(*rest, max(1, weight - end))
                best = total if best is None or total < best else best
            if end >= weight:
                break
        assert best is not None
        return best

    def _step_price(self, zone: int, grams: int) -> int:
        return self._zone_price(self._by_id[zone], max(1, min(grams, self._weight)))

    def _envelope_price(self, grams: int) -> int:
        position = bisect_left(self._envelope, (grams, -1))
        return self._envelope[min(position, len(self._envelope) - 1)][1]

    # Units.

    def _share(self, columns: tuple[int, ...]) -> None:
        """The cheapest way to share everything out over these columns, each of which is paid for."""
        lumps = sum(self._is.lump[column] for column in columns)
        states: dict[tuple[int, ...], tuple[int, tuple[tuple[int, ...], ...]]] = {(0,) * len(columns): (lumps, ())}
        for row, need in enumerate(self._is.needs):
            ways = self._ways(row, need, columns) if need else [(0,) * len(columns)]
            if not ways:
                return
            self._looks -= len(states) * len(ways)
            if self._looks < 0:
                return
            fresh: dict[tuple[int, ...], tuple[int, tuple[tuple[int, ...], ...]]] = {}
            for weights, (cost, before) in states.items():
                for way, extra in ((way, self._extra(row, columns, way)) for way in ways):
                    after = tuple(each + self._is.grams[row] * units for each, units in zip(weights, way, strict=True))
                    if cost + extra < fresh.get(after, (self._best, ()))[0]:
                        fresh[after] = cost + extra, (*before, way)
            states = fresh if len(fresh) <= MOST_WAYS else self._fewer(fresh)
        for weights, (cost, ways_taken) in states.items():
            total = cost + sum(map(self._charge, columns, weights))
            if total < self._best:
                self._best = total
                self._found = {
                    row: {column: units for column, units in zip(columns, way, strict=True) if units}
                    for row, way in enumerate(ways_taken)
                }

    def _fewer(
        self, states: dict[tuple[int, ...], tuple[int, tuple[tuple[int, ...], ...]]]
    ) -> dict[tuple[int, ...], tuple[int, tuple[tuple[int, ...], ...]]]:
        self._all_ways = False
        return dict(sorted(states.items(), key=lambda item: (item[1][0], item[0]))[: MOST_WAYS // 4])

    def _ways(self, row: int, need: int, columns: Sequence[int]) -> list[tuple[int, ...]]:
        """Every way in which these columns make up what is needed of a row."""
        if self._is.whole:
            return [
                tuple(need * (each == column) for each in columns)
                for column in columns
                if self._have[column][row] >= need
            ]
        ways: list[tuple[int, ...]] = [()]
        left = [sum(self._have[column][row] for column in columns[place:]) for place in range(len(columns) + 1)]
        for place, column in enumerate(columns):
            fresh = []
            for way in ways:
                open_units = need - sum(way)
                low, high = max(0, open_units - left[place + 1]), min(open_units, self._have[column][row])
                fresh += [(*way, units) for units in range(low, high + 1)]
            if len(fresh) > MOST_WAYS:
                self._all_ways = False
                fresh = fresh[:: len(fresh) // MOST_WAYS + 1]
            ways = fresh
        return [way for way in ways if sum(way) == need]

    def _extra(self, row: int, columns: Sequence[int], way: Sequence[int]) -> int:
        extra = self._is.extra[row]
        return sum(extra[column] * units for column, units in zip(columns, way, strict=True))
