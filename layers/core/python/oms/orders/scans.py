"""Scans of a parcel, told by several sources and in any order, merged into one journey.

A carrier's webhook, its polled answer and an aggregator's webhook tell one scan under ids of their own, some to the
second, some to the minute, some without the carrier's code. A scan *adds nothing* to another of the same status when
its time is the other's, as far as it is told, and its code is the other's or is not told. That is a partial order, so
what remains when all scans that add nothing are left out is the same, in whatever order and however often they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from oms.orders.tracking import TURNED_BACK, TrackingStatus


class Told(Protocol):
    """What a source says of a parcel: an event of the log, or what may become one."""

    @property
    def scan_id(self) -> str: ...
    @property
    def status(self) -> TrackingStatus: ...
    @property
    def at(self) -> datetime: ...
    @property
    def code(self) -> str: ...


Scan = TypeVar("Scan", bound=Told)

_JOURNEY = {status: place for place, status in enumerate(TrackingStatus)}


def adds_nothing(scan: Told, known: Told) -> bool:
    """Whether the one is the other, told at most as exactly."""
    return scan.status is known.status and scan.code in {"", known.code} and scan.at == _as_exact(known.at, scan.at)


def is_news(scan: Told, known: Iterable[Told]) -> bool:
    """Whether a scan says what none of the known ones does."""
    return not any(scan.scan_id == each.scan_id or adds_nothing(scan, each) for each in known)


def merged(scans: Iterable[Scan]) -> list[Scan]:
    """The journey: each scan once, by time; those of one moment in the order of a normal journey."""
    groups: dict[tuple[TrackingStatus, datetime], list[Scan]] = {}
    for scan in sorted(scans, key=lambda each: each.scan_id):
        groups.setdefault((scan.status, scan.at.replace(second=0, microsecond=0)), []).append(scan)
    kept = [scan for group in groups.values() for scan in _most_exact(group)]
    return sorted(kept, key=lambda scan: (scan.at, _JOURNEY[scan.status], scan.code, scan.scan_id))


def first_delivery(scans: Iterable[Told]) -> datetime | None:
    """When the customer got the parcel; None before, and when it had turned back: then the sender got it."""
    told = list(scans)
    turned = min((each.at for each in told if each.status in TURNED_BACK), default=None)
    delivered = min((each.at for each in told if each.status is TrackingStatus.DELIVERED), default=None)
    return None if delivered is not None and turned is not None and turned < delivered else delivered


def state(scans: Sequence[Told]) -> TrackingStatus:
    """Where a parcel is, by its journey: delivered once and for all, or what was scanned last."""
    if not scans:
        return TrackingStatus.LABEL_CREATED
    if first_delivery(scans) is not None:
        return TrackingStatus.DELIVERED
    last = scans[-1].status
    return TrackingStatus.RETURNED if last is TrackingStatus.DELIVERED else last


def _most_exact(group: Sequence[Scan]) -> list[Scan]:
    """Those that add something to each other; of equal ones the first."""
    kept: list[Scan] = []
    for scan in group:
        if any(adds_nothing(scan, each) for each in kept):
            continue
        kept = [each for each in kept if not adds_nothing(each, scan)] + [scan]
    return kept


def _as_exact(at: datetime, example: datetime) -> datetime:
    """A time cut to what another one tells: a time without seconds is one to the minute."""
    if example.microsecond:
        return at
    return at.replace(microsecond=0) if example.second else at.replace(second=0, microsecond=0)
