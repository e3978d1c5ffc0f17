"""What may be promised of a sku, now and by a date: on hand and incoming, less what is committed, kept back or owed.

A unit is promised once: what orders and reservations have committed is in no level's `available`, what waits in line
is taken off before anybody else is told of it, first of what is there and then of what comes, in the order in which it
comes. So the figures never go below zero, and never fall with a later date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from oms.stock.expected import Expected
from oms.stock.levels import SkuStock
from oms.stock.shares import EVERYWHERE, ONE_POOL, Pool, Pools, beyond_buffers, owed, serve

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """From a day on, the units at each location that may be promised to a new order."""

    day: date
    free: Mapping[str, int]

    @property
    def units(self) -> int:
        """All of them."""
        return sum(self.free.values())


@dataclass(frozen=True, slots=True)
class Outlook:
    """What may be promised of a sku to one channel, as it stands on each day on which that changes."""

    sku: str
    moments: tuple[Moment, ...]
    """By day; the first is today."""

    @property
    def now(self) -> int:
        """Units that may be promised from stock."""
        return self.moments[0].units

    def on(self, day: date) -> Moment:
        """What may be promised to leave on a day, or before; today's for a day that is over."""
        return [moment for moment in self.moments if moment.day <= day or moment is self.moments[0]][-1]

    def by(self, day: date) -> int:
        """Units that may be promised to leave on a day, or before."""
        return self.on(day).units

    @property
    def steps(self) -> tuple[tuple[date, int], ...]:
        """The days on which more may be promised, with the units in all from then on; the first is today."""
        found: list[tuple[date, int]] = []
        for moment in self.moments:
            if not found or moment.units != found[-1][1]:
                found.append((moment.day, moment.units))
        return tuple(found)


def _nothing(_place: str) -> int:
    return 0


def outlook(
    stock: SkuStock,
    expected: Iterable[Expected],
    today: date,
    *,
    kept: Callable[[str], int] = _nothing,
    pools: Pools = ONE_POOL,
    pool: Pool = EVERYWHERE,
    hidden: int = 0,
) -> Outlook:
    """What may be promised of a sku from `pool`, less the `hidden` units that the channel is not shown.

    What should have come already, or comes today, is counted on from tomorrow: it is not on hand. Units that come to a
    place which has less than stays there (`kept`), or less than nothing, make that up first. Who waits and may be
    served from the pool as well as from elsewhere is counted on to be served from the pool.
    """
    seen = beyond_buffers(stock, kept)
    free, waiting = seen.available(), owed(stock, pools)
    lacking = {each.location_id: max(0, -each.available) for each in seen.levels}
    serve(free, waiting, first=pool)
    moments = [Moment(today, _shown(free, pool, hidden))]
    for day, arriving in _by_day(expected, today):
        for each in arriving:
            place = each.location_id
            makes_up = min(each.quantity, lacking.get(place, kept(place)))
            lacking[place] = lacking.get(place, kept(place)) - makes_up
            free[place] = free.get(place, 0) + each.quantity - makes_up
        serve(free, waiting, first=pool)
        moments.append(Moment(day, _shown(free, pool, hidden)))
    return Outlook(stock.sku, tuple(moments))


def _by_day(expected: Iterable[Expected], today: date) -> list[tuple[date, list[Expected]]]:
    days: dict[date, list[Expected]] = {}
    for each in expected:
        days.setdefault(max(each.expected, today + _DAY), []).append(each)
    return sorted(days.items())


def _shown(free: Mapping[str, int], pool: Pool, hidden: int) -> dict[str, int]:
    """The pool's units without those that are hidden, which are taken from where the most are."""
    shown = {place: units for place, units in free.items() if pool is EVERYWHERE or place in pool}
    serve(shown, {EVERYWHERE: hidden})
    return shown
