"""Good covers, found fast: to know what another one has to be better than is half of the search for the best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oms.sourcing.instance import FINE, Filled, Instance

MANY = 12
"""From so many rows on, and where only the columns cost something, the first covers are seldom good."""

_GUESTS = 24
"""Columns that are then tried beside the best cover, before the search proper."""

_PARTY = 12
"""Of so many columns at most the best cover may consist for that."""

_VISITS = 4
"""How often they all are."""

POOL = 100
"""Columns that a cover is made of at once; more are rarely of use."""

_FAR = 2
"""A cover that costs more than a half beyond the best is not worth the work of making it better."""

NOTHING: Filled = Filled(1 << 400, ())


class Covers:
    """The best cover of an instance so far, and the cost (`goal`) that another one has to stay below to be better."""

    def __init__(self, instance: Instance, most: int, work: int) -> None:
        self.work = work
        """Looks at a (row, column) pair that may still be taken."""
        self.limit = most
        self.best, self.goal = NOTHING, NOTHING.cost
        self._is = instance

    def offer(self, found: Filled | None) -> None:
        """Keep a cover if it is the best so far."""
        if found and found.cost < self.goal and len(found.columns) <= self.limit:
            # Costs are whole numbers: what is better is so by one at least.
            self.best, self.goal = found, found.cost - FINE + 1

    def offer_set(self, columns: Iterable[int]) -> None:
        """Keep what these columns make, if they cover and it is the best so far."""
        self.offer(self._is.filled(columns))

    def offer_thinned(self, columns: Iterable[int]) -> None:
        """Offer what is left of these columns, if they cover, without those that cost more than they save."""
        known = self._is.filled(columns)
        if known is None or known.cost > self.best.cost + self.best.cost // _FAR:
            return
        fixed = self._is.fixed
        for column in sorted(known.columns, key=lambda each: (-fixed[each], -each)):
            self.work -= 10 * len(self._is.needs)
            fewer = self._is.filled([each for each in known.columns if each != column])
            if fewer and fewer.cost <= known.cost:
                known = fewer
        self.offer(known)

    def begin(self, free: Sequence[int], reduced: Mapping[int, int]) -> None:
        """Covers to begin with: what the prices pay for; and the cheapest column for each row that is still open."""
        forced = self._is.forced
        tight = [column for column in free[:POOL] if reduced[column] <= 2 * FINE]
        self.offer_thinned((*forced, *tight))
        missing, chosen = self._is.missing(forced), list(forced)
        shares = self._is.shares
        for column in free:
            if any(missing[row] > 0 for row, _, _ in shares[column]):
                chosen.append(column)
                for row, units, _ in shares[column]:
                    missing[row] -= units
                if max(missing) <= 0:
                    break
        self.work -= len(chosen) * len(missing)
        self.offer_thinned(chosen)

    def greedy(self, columns: Sequence[int]) -> None:
        """One more cover to begin with: of these columns what gives most for its cost each time."""
        needs, shares, fixed = self._is.needs, self._is.shares, self._is.fixed
        chosen, free = list(self._is.forced), set(columns)
        missing = self._is.missing(chosen)
        while free and max(missing) > 0:
            best, least = -1, float("inf")
            for column in free:
                gain, cost = 0.0, fixed[column]
                for row, units, extra in shares[column]:
                    taken = min(units, missing[row])
                    if taken > 0:
                        gain += taken / needs[row]
                        cost += taken * extra
                if gain and (cost < gain * least or (cost == gain * least and column < best)):
                    best, least = column, cost / gain
            if best < 0:
                return
            chosen.append(best)
            free.remove(best)
            for row, units, _ in shares[best]:
                missing[row] -= units
            self.work -= len(free) * 2
        self.offer_thinned(chosen)

    def join(self, guests: Sequence[int]) -> None:
        """Let each of these columns join the best cover and make others needless, until none helps."""
        for _ in range(_VISITS if len(self.best.columns) <= _PARTY else 0):
            before = self.best
            for column in guests[:_GUESTS]:
                self.offer_thinned({*self.best.columns, column})
            if self.best is before:
                return
