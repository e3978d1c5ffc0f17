"""How long goods stand ready in a store: days that it is open, in its own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oms.setup import WEEKDAYS, Location

REMINDER_DAYS = 2
"""Days before the last one on which whoever has not come is reminded."""

REMINDER_HOUR = 9
"""Of the store's day: nobody is written to at night."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The last day on which the customer can come, its end, and when they are reminded, if there is time for that."""

    last_day: date
    until: datetime
    remind_at: datetime | None


def waiting(store: Location, now: datetime) -> Waiting:
    """From now on for `pickup_days`; when the store is closed on the last of them, until it is open again."""
    zone = _zone(store.time_zone)
    today = now.astimezone(zone).date()
    last_day = today + timedelta(days=max(1, store.pickup_days))
    for _ in range(len(WEEKDAYS)):
        if is_open(store, last_day):
            break
        last_day += timedelta(days=1)
    remind_at = datetime.combine(last_day - timedelta(days=REMINDER_DAYS), time(REMINDER_HOUR), zone).astimezone(UTC)
    return Waiting(
        last_day=last_day,
        until=datetime.combine(last_day + timedelta(days=1), time(), zone).astimezone(UTC),
        remind_at=remind_at if remind_at - now >= timedelta(days=1) else None,
    )


def is_open(store: Location, day: date) -> bool:
    """Whether customers can come that day; a store that tells no hours is open unless the day is a closed one."""
    hours = not store.opening_hours or WEEKDAYS[day.weekday()] in store.opening_hours
    return hours and day not in store.closed_days


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return ZoneInfo("UTC")
