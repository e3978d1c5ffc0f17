"""The date that the customer is told: working days until the parcel leaves, then days on the way.

The days on the way are figures of this house, kept on the safe side of what parcel carriers publish; they are data,
in one table here. Weekends and public holidays are those of the library `holidays`, which is imported when the first
date is computed: it is large.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache, partial
from typing import TYPE_CHECKING

from oms.setup import Location

if TYPE_CHECKING:
    from holidays import HolidayBase

_TODAY, _DAY = timedelta(0), timedelta(days=1)
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


def expected_delivery(
    now: datetime,
    origins: Sequence[tuple[Location, int | None]],
    destination_country: str,
    *,
    backordered: bool = False,
) -> date | None:
    """The day by which the last parcel should be there; None while something waits for stock, or nothing is sent.

    `origins` are the locations that ship, each with its kilometres to the destination, if known. A location hands its
    parcel over after its `processing_days`, which are working days of its country and begin tomorrow; without any, it
    does so today, or on the next working day. Days on the way are those on which the destination's country delivers.
    """
    if backordered or not origins:
        return None
    return max(_arrival(now.date(), location, away, destination_country) for location, away in origins)


def transit_days(origin_country: str, destination_country: str, kilometres: int | None) -> int:
    """Delivery days between hand-over and arrival, by the table `TRANSIT`."""
    rows = TRANSIT[_border(origin_country, destination_country)]
    if kilometres is None:
        return rows[-1][1]
    return next((days for limit, days in rows if kilometres <= limit), rows[-1][1])


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


def _arrival(today: date, location: Location, kilometres: int | None, destination_country: str) -> date:
    origin = location.address.country
    leaves = _after(today, location.processing_days, partial(works, origin))
    return _after(leaves, transit_days(origin, destination_country, kilometres), partial(delivers, destination_country))


def _after(start: date, days: int, counts: Callable[[date], bool]) -> date:
    """The `days`-th day after `start` that counts; for none, `start` or the first day after it that counts."""
    day = start + (_DAY if days else _TODAY)
    while True:
        if counts(day):
            days -= 1
            if days <= 0:
                return day
        day += _DAY


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
