"""What becomes of a parcel of the simulated carrier: its scans, and when which webhook tells of them.

A journey follows from the tracking number and a seed alone, so whoever plans it again plans the same. As with real
carriers, now and then a webhook comes twice, late, or after a later one, and two scans share one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from oms.clock import to_text

TWICE, LATE, TOGETHER, NOBODY_HOME, DETOUR = 0.15, 0.15, 0.15, 0.2, 0.3
"""How often a webhook is sent twice, or late, or carries two scans; and a parcel meets a shut door, or a second hub."""

Said = dict[str, str]
"""A scan in the carrier's words: see `oms.carriers.simulated.webhook`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One webhook: when it is sent, and the scans in it."""

    at: datetime
    scans: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class _Stop:
    hours: float
    """Since the parcel left."""
    code: str
    text: str


def plan_journey(tracking_number: str, shipped_at: datetime, *, seed: str = "", speed: float = 1) -> list[Posting]:
    """The webhooks of a parcel in the order in which they are sent; its journey ends with its delivery.

    `speed` divides all times: at 1 a journey takes one to four days, at 20 000 some seconds.
    """
    random = Random(f"{seed}/{tracking_number}")  # noqa: S311 - a simulation must repeat itself
    stops = list(_stops(random))
    postings: list[tuple[float, list[_Stop]]] = []
    for number, stop in enumerate(stops):
        if postings and postings[-1][1][-1] is stops[number - 1] and random.random() < TOGETHER:
            postings[-1] = (stop.hours, [*postings[-1][1], stop])
            continue
        after = stop.hours + random.uniform(0.01, 0.2)
        if random.random() < LATE and number < len(stops) - 1:
            after = random.choice(stops[number + 1 :]).hours + random.uniform(0.2, 0.5)
        postings.append((after, [stop]))
    postings += [(after + random.uniform(0.1, 3), told) for after, told in postings if random.random() < TWICE]

    def moment(hours: float) -> datetime:
        return shipped_at + timedelta(hours=hours) / speed

    def say(stop: _Stop) -> Said:
        return {
            "id": f"{tracking_number}-{stops.index(stop) + 1}",
            "tracking_number": tracking_number,
            "code": stop.code,
            "time": to_text(moment(stop.hours)),
            "text": stop.text,
        }

    planned = [Posting(at=moment(after), scans=tuple(say(stop) for stop in told)) for after, told in postings]
    return sorted(planned, key=lambda posting: posting.at)


def _stops(random: Random) -> Iterator[_Stop]:
    hours = random.uniform(0.5, 3)
    yield _Stop(hours, "RC", "Received at the depot")
    for hub in ("first", "second")[: 1 + (random.random() < DETOUR)]:
        hours += random.uniform(3, 9)
        yield _Stop(hours, "AR", f"Arrived at the {hub} hub")
        hours += random.uniform(1, 4)
        yield _Stop(hours, "DP", f"Departed from the {hub} hub")
    hours += random.uniform(6, 12)
    yield _Stop(hours, "OD", "Out for delivery")
    if random.random() < NOBODY_HOME:
        hours += random.uniform(1, 5)
        yield _Stop(hours, "NH", "Nobody at home")
        hours += random.uniform(18, 22)
        yield _Stop(hours, "OD", "Out for delivery, second attempt")
    hours += random.uniform(1, 6)
    yield _Stop(hours, "DL", "Delivered")
