"""States of a parcel that its customer is told of while it is on its way: which, and when they are news.

These are the states in which a customer waits at home or can do something. What has been overtaken by a later scan,
or was long ago when it was heard, is no news: the customer knows better by then, or is sent to a door where nobody is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from oms.orders import scans
from oms.orders.scans import Scan
from oms.orders.tracking import TURNED_BACK, TrackingStatus

NEWS_FOR: Mapping[TrackingStatus, timedelta] = {
    TrackingStatus.OUT_FOR_DELIVERY: timedelta(hours=18),
    TrackingStatus.ATTEMPT_FAILED: timedelta(days=2),
    TrackingStatus.AVAILABLE_FOR_PICKUP: timedelta(days=2),
    TrackingStatus.EXCEPTION: timedelta(days=2),
    TrackingStatus.RETURNING: timedelta(days=2),
}
"""How long after its scan a state is news. A carrier that is asked every six hours is heard late, and one that tells
the time of the place without its zone seems to have spoken up to half a day earlier than it did. That a parcel has come
back (`RETURNED`) is the same news as that it turned."""

MOVING = frozenset({TrackingStatus.LABEL_CREATED, TrackingStatus.IN_TRANSIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelStateReached:
    """The parcel is in a state that its customer is told of: once for each parcel and state, whoever told us of it.

    `RETURNING` stands for `RETURNED` too.
    """

    parcel_id: str
    status: TrackingStatus
    at: datetime
    """When it was scanned."""
    place: str = ""
    """The carrier's shop in which it waits, where the carrier says so."""
    until: date | None = None
    """The last day on which it waits there, where the carrier says so."""


def is_news(status: TrackingStatus, at: datetime, now: datetime) -> bool:
    """Whether the customer is still told of a state that was reached at this moment."""
    return status in NEWS_FOR and now - at <= NEWS_FOR[status]


def standing(heard: Iterable[Scan]) -> tuple[TrackingStatus, Scan] | None:
    """Where the parcel of a customer who does not have it stands by its scans, and the scan that says so.

    What has turned back stays so, whatever is scanned on that way. That an attempt failed is not overtaken by the
    scans of the night in the depot: it still waits for another.
    """
    journey = scans.merged(heard)
    turned = next((scan for scan in journey if scan.status in TURNED_BACK), None)
    if turned is not None:
        return TrackingStatus.RETURNING, turned
    last = next((scan for scan in reversed(journey) if scan.status not in MOVING), None)
    if last is None or last.status is not TrackingStatus.ATTEMPT_FAILED:
        last = journey[-1] if journey else None
    return (last.status, last) if last is not None else None


def news(
    heard: Iterable[Scan], reached: Collection[TrackingStatus], now: datetime
) -> tuple[TrackingStatus, Scan] | None:
    """The state that a customer is to be told of now, with the scan that says so; `reached` were told before."""
    found = standing(heard)
    return found if found and found[0] not in reached and is_news(found[0], found[1].at, now) else None
