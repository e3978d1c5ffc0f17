"""The date that the customer is told: working days until the parcel leaves, then days on the way.

The days on the way are figures of this house, kept on the safe side of what parcel carriers publish; they are data,
in one table here. Weekends and public holidays are those of the library `holidays`, which is imported when the first
date is computed: it is large.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from oms.setup import Location
from oms.sourcing.sites import Site, site_of

if TYPE_CHECKING:
    from holidays import HolidayBase

_TODAY, _DAY = timedelta(0), timedelta(days=1)
_LONGEST = timedelta(days=1000)
"""Nobody who is closed for so long will be there again: a date far off is better than none that is ever found."""
_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6


class Border(StrEnum):
    """What a parcel crosses on its way."""

    NONE = "none"
    WITHIN_UNION = "within_union"
    """A border inside the customs union of the European Union: no papers."""
    CUSTOMS = "customs"


CUSTOMS_UNION = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MC MT NL PL PT RO SE SI SK".split())
"""The members of the European Union, and Monaco: the customs territory of Regulation (EU) No 952/2013, article 4."""

TRANSIT: Mapping[Border, tuple[tuple[int, int], ...]] = {
    Border.NONE: ((150, 1), (600, 2), (1500, 3), (4000, 5), (20_100, 7)),
    Border.WITHIN_UNION: ((300, 2), (800, 3), (1500, 4), (20_100, 6)),
    Border.CUSTOMS: ((1000, 5), (3000, 7), (20_100, 10)),
}
"""Delivery days on the way: pairs of (up to so many kilometres, days). An unknown distance takes the last."""


class Journey(NamedTuple):
    """When a location hands its parcel over, and when it should be there."""

    leaves: date
    arrives: date


def expected_delivery(
    now: datetime,
    origins: Sequence[tuple[Location, int | None]],
    destination_country: str,
    *,
    backordered: bool = False,
) -> date | None:
    """The day by which the last parcel should be there; None while something waits for stock, or nothing is sent.

    `origins` are the locations that ship, each with its kilometres to the destination, if known.
    """
    if backordered or not origins:
        return None
    return max(journey(now, site_of(origin), away, destination_country).arrives for origin, away in origins)


def journey(
    now: datetime,
    site: Site,
    kilometres: int | None,
    destination_country: str,
    *,
    days: int | None = None,
    first: date | None = None,
) -> Journey:
    """When a parcel leaves a location and arrives.

    What comes after the location's `cut_off` counts as of the next day. It hands its parcel over after its
    `processing_days`, which are days on which it works and begin the day after; without any, it does so on the day
    itself, or on the next on which it works; and not before `first`. Days on the way, `days` or those of the table
    `TRANSIT`, are those on which the destination's country delivers.
    """
    leaves = _after(_counted(now, site), site.processing_days, partial(works_at, site))
    if first is not None and first > leaves:
        leaves = _after(first, 0, partial(works_at, site))
    if days is None:
        days = transit_days(site.country, destination_country, kilometres)
    return Journey(leaves, _after(leaves, days, partial(delivers, destination_country)))


def next_day(site: Site, day: date) -> date:
    """The day after `day` on which a location works."""
    return _after(day, 1, partial(works_at, site))


def days_from(site: Site, first: date, count: int) -> list[date]:
    """`first`, and the days after it on which a location works, `count` of them in all."""
    days = [first]
    while len(days) < count:
        days.append(next_day(site, days[-1]))
    return days


def _counted(now: datetime, site: Site) -> date:
    """The day as of which an order counts at a location."""
    # `UTC` needs no data of time zones.
    there = now.astimezone(UTC if site.time_zone == "UTC" else ZoneInfo(site.time_zone))
    late = bool(site.cut_off) and there.time() >= time.fromisoformat(site.cut_off)
    return there.date() + (_DAY if late else _TODAY)


def transit_days(origin_country: str, destination_country: str, kilometres: int | None) -> int:
    """Delivery days between hand-over and arrival, by the table `TRANSIT`."""
    rows = TRANSIT[_border(origin_country, destination_country)]
    if kilometres is None:
        return rows[-1][1]
    return next((days for limit, days in rows if kilometres <= limit), rows[-1][1])


def works_at(site: Site, day: date) -> bool:
    """Whether a location works that day: on its days of the week, on no holiday of its country, when not closed."""
    if day in site.closed_days:
        return False
    if not site.working_days:
        return works(site.country, day)
    calendar = _calendar(site.country)
    return day.isoweekday() in site.working_days and (calendar is None or day not in calendar)


def works(country: str, day: date) -> bool:
    """Whether it is a working day there: no weekend, no public holiday of the whole country."""
    calendar = _calendar(country)
    return day.weekday() not in {_SATURDAY, _SUNDAY} if calendar is None else calendar.is_working_day(day)


def delivers(country: str, day: date) -> bool:
    """Whether parcels come that day: not on the weekly day of rest, not on a public holiday of the whole country."""
    calendar = _calendar(country)
    if calendar is None:
        return day.weekday() != _SUNDAY
    rest = _SUNDAY if _SUNDAY in calendar.weekend else _FRIDAY
    return day.weekday() != rest and day not in calendar


def _after(start: date, days: int, counts: Callable[[date], bool]) -> date:
    """The `days`-th day after `start` that counts; for none, `start` or the first day after it that counts."""
    day = start + (_DAY if days else _TODAY)
    while True:
        if counts(day):
            days -= 1
            if days <= 0:
                return day
        day += _DAY
        if day - start > _LONGEST:
            return day


def _border(origin_country: str, destination_country: str) -> Border:
    if origin_country == destination_country:
        return Border.NONE
    both = {origin_country, destination_country}
    return Border.WITHIN_UNION if both <= CUSTOMS_UNION else Border.CUSTOMS


@cache
def _calendar(country: str) -> HolidayBase | None:
    """The country's public holidays; None for a country of which the library knows none."""
    from holidays import country_holidays

    try:
        return country_holidays(country)
    except NotImplementedError:
        return None
