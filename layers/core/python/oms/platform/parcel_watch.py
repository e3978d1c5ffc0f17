"""Parcels that carriers are asked about, until they have arrived: a list by when they are due (`due_list`), in shards.

A parcel's name there is `<carrier>#<tracking number>`. What carriers say goes the way of their webhooks (`receive`),
and is merged with what aggregators told meanwhile: a parcel may be followed in both ways.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from oms.carriers.protocol import Ability, Scan, Tracks
from oms.clock import Clock
from oms.errors import NotFound, OmsError, Unavailable
from oms.fulfillment.tracking import receive
from oms.orders.events import TrackingStatus
from oms.platform import carriers, due_list, fulfillment
from oms.platform.due_list import Due
from oms.platform.observability import Metric, count, logger

SHARDS = 4
PAGE = 120
"""Parcels of a shard that one run asks about; the others are next."""

EVERY = timedelta(hours=6)
"""Between two questions about a parcel."""

AGAIN = timedelta(hours=1)
"""Until the next question, when the carrier did not answer this one."""

LONGEST = timedelta(days=45)
"""After this nobody asks any more: carriers forget their numbers, and give them again."""

ARRIVED = frozenset({TrackingStatus.DELIVERED, TrackingStatus.RETURNED})


def watch(carrier: str, number: str, at: datetime) -> None:
    """Put a parcel on the list, if its carrier is to be asked. The same call again changes nothing."""
    account = next((each for each in carriers.accounts() if each.carrier == carrier), None)
    if account is not None and account.poll:
        due_list.put(_shard(number), Due(name=f"{carrier}#{number}", due=at + EVERY, since=at))


def ask(clock: Clock) -> int:
    """Ask carriers about the parcels that are due; says how many were asked about."""
    due = [each for shard in range(SHARDS) for each in due_list.due(f"watch#{shard}", clock(), most=PAGE)]
    by_carrier: dict[str, list[Due]] = {}
    for each in due:
        by_carrier.setdefault(each.name.partition("#")[0], []).append(each)
    for name, parcels in by_carrier.items():
        _ask_one(name, parcels, clock)
    return len(due)


def _ask_one(name: str, parcels: Sequence[Due], clock: Clock) -> None:
    try:
        seller = carriers.carrier(name)
    except NotFound:
        seller = None
    except OmsError as error:  # its keys are not set up: nothing that keeps other carriers from being asked
        _not_asked(name, parcels, error, clock)
        return
    if seller is None or not isinstance(seller, Tracks) or Ability.TRACK not in seller.abilities:
        for each in parcels:
            due_list.drop(_shard(_number(each)), each)
        return
    for some in _parts(parcels, seller.most_tracked):
        try:
            scans = seller.track([_number(each) for each in some])
            receive(fulfillment.ports(), name, scans, clock)
        except OmsError as error:
            _not_asked(name, some, error, clock)
            if isinstance(error, Unavailable):
                # Each silence takes the time of other carriers; its other parcels stay due, and are first next time.
                return
            continue
        count(Metric.PARCELS_ASKED, len(some))
        for each in some:
            _go_on(each, scans, clock())


def _not_asked(name: str, parcels: Sequence[Due], error: OmsError, clock: Clock) -> None:
    logger().warning("parcels_not_asked", carrier=name, parcels=len(parcels), detail=error.detail)
    for each in parcels:
        _move(each, AGAIN, clock())


def _go_on(watched: Due, scans: Iterable[Scan], at: datetime) -> None:
    arrived = any(scan.status in ARRIVED for scan in scans if scan.tracking_number == _number(watched))
    if arrived or at - watched.since > LONGEST:
        due_list.drop(_shard(_number(watched)), watched)
    else:
        _move(watched, EVERY, at)


def _move(watched: Due, pause: timedelta, at: datetime) -> None:
    """To the next of its times, which lie a pause apart."""
    due_list.move(_shard(_number(watched)), watched, watched.since + pause * ((at - watched.since) // pause + 1))


def _number(watched: Due) -> str:
    return watched.name.partition("#")[2]


def _shard(number: str) -> str:
    return f"watch#{zlib.crc32(number.encode()) % SHARDS}"


def _parts(parcels: Sequence[Due], most: int) -> Iterable[Sequence[Due]]:
    return (parcels[start : start + most] for start in range(0, len(parcels), most))
