"""Reservations a second of one sku at one location, by buckets: the real routing in a model of DynamoDB's limits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import count
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError

from infra.bench.crowd import Crowd
from infra.bench.shop import AT, entry, ports_of, tables
from oms.errors import OmsError
from oms.orders.events import UnitState
from oms.orders.log import Caller, place
from oms.platform import cache
from oms.platform.event_log import order_log
from oms.platform.observability import logger
from oms.platform.stock_counts import set_on_hand
from oms.platform.stock_split import set_buckets
from oms.platform.stock_table import level
from oms.routing.process import advance

SIZES = (1, 4, 16)
"""Buckets."""

SKU, PLACE = "FLASH", "central"

WARM_UP, MEASURED = 0.2, 0.3
"""Seconds of virtual time."""

UNTIL_SPLIT = 0.6
"""Seconds after which a level that is contended has been split, and split again."""

WORKERS_A_BUCKET = 24
PLENTY = 1_000_000
FEW = 200
RUSH = 1.5
"""Seconds in which everybody has been told whether there is a unit left."""

PAUSE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Rush:
    """A crowd at one level. Rates are per second of virtual time."""

    buckets: int
    """At the beginning."""
    found: int
    """Buckets at the end: more when the level was split by itself."""
    workers: int
    reserved: float
    """Orders whose unit was reserved, by the limits of partition keys alone."""
    crowded: float
    """The same when transactions that meet on an item are refused besides."""
    floor: float
    """Bare transactions of one order and one level, without any reading, by the limits of partition keys alone."""
    sold: int
    """Units that a crowd was sold of `FEW`."""


def rushes() -> list[Rush]:
    """One for each of `SIZES`, which stays as it is, and one that begins with one bucket and is split by itself."""
    return [*(_rush(buckets, splits=False) for buckets in SIZES), _rush(1, splits=True)]


def _rush(buckets: int, *, splits: bool) -> Rush:
    workers = WORKERS_A_BUCKET * (max(SIZES) + 1 if splits else buckets + 1)
    with _quiet(splits=splits):
        after = UNTIL_SPLIT if splits else WARM_UP
        reserved, _ = _rate(buckets, workers, after, conflicts=False)
        crowded, found = _rate(buckets, workers, after, conflicts=True)
        sold = _sold(buckets)
    return Rush(
        buckets=buckets,
        found=found,
        workers=workers,
        reserved=reserved,
        crowded=crowded,
        floor=_floor(buckets, workers),
        sold=sold,
    )


@contextmanager
def _quiet(*, splits: bool) -> Iterator[None]:
    """Without the lines that the platform logs; and with levels that stay as they are, unless they may be split."""
    with ExitStack() as opened:
        opened.enter_context(redirect_stdout(StringIO()))
        opened.enter_context(patch.object(logger().handlers[0], "stream", StringIO()))
        if not splits:
            opened.enter_context(patch("oms.platform.stock_transaction.heat", lambda *_: None))
        yield


def _stocked(units: int, buckets: int) -> None:
    who = Caller(actor="bench", cause="stocked", clock=lambda: AT)
    set_on_hand(SKU, PLACE, units, who)
    if buckets > 1:
        set_buckets(SKU, PLACE, buckets, who)
    cache.forget_all()


def _rate(buckets: int, workers: int, after: float, *, conflicts: bool) -> tuple[float, int]:
    """Orders a second that get their unit, from so many seconds on, and the buckets at the end."""
    with tables() as dynamo:
        _stocked(PLENTY, buckets)
        crowd = Crowd(dynamo, conflicts=conflicts)
        reserved = _sell(crowd, workers, after + MEASURED)
        standing = level(SKU, PLACE)
        if standing.available + standing.committed != PLENTY or standing.committed < sum(reserved):
            raise RuntimeError(f"the books do not balance: {standing}")
        return sum(reserved[round(after * 10) :]) / MEASURED, standing.buckets


def _sell(crowd: Crowd, workers: int, seconds: float) -> list[int]:
    """Place and route orders of one unit each until the time is up; reservations by tenth of a second."""
    numbers = count()
    reserved = [0] * (int(seconds * 10) + 2)
    ports = ports_of([SKU], [PLACE])

    def work() -> None:
        while True:
            order_id = f"o{next(numbers)}"
            place(order_log(), entry(order_id, [SKU]))
            try:
                order = advance(ports, order_id, "bench")
            except OmsError:
                continue
            reserved[int(crowd.now * 10)] += order.lines["1"].counts.get(UnitState.ALLOCATED, 0)

    crowd.run([work] * workers, seconds)
    return reserved


def _floor(buckets: int, workers: int) -> float:
    """Transactions a second that write an order's item and one bucket, and that nobody has to read anything for."""
    with tables() as dynamo:
        crowd = Crowd(dynamo, conflicts=False)
        numbers = count()
        made = [0] * (int((WARM_UP + MEASURED) * 10) + 2)

        def work() -> None:
            while True:
                number = next(numbers)
                key = {"sku": {"S": f"{SKU}~{number % buckets}"}, "location_id": {"S": PLACE}}
                update = {"TableName": "bench-stock", "Key": key, "UpdateExpression": "ADD committed :one"}
                order: dict[str, Any] = {"order_id": {"S": f"o{number}"}, "seq": {"N": "1"}}
                writes: list[dict[str, Any]] = [
                    {"Put": {"TableName": "bench-orders", "Item": order}},
                    {"Update": {**update, "ExpressionAttributeValues": {":one": {"N": "1"}}}},
                ]
                try:
                    dynamo.transact_write_items(TransactItems=writes)
                except ClientError:
                    time.sleep(PAUSE)
                    continue
                made[int(crowd.now * 10)] += 1

        crowd.run([work] * workers, WARM_UP + MEASURED)
        return sum(made[round(WARM_UP * 10) :]) / MEASURED


def _sold(buckets: int) -> int:
    """Units that a crowd gets of `FEW`, which are fewer than it wants.

    Raises:
        RuntimeError: there are not as many orders that have a unit as units that the books say are committed.
    """
    with tables() as dynamo:
        _stocked(FEW, buckets)
        sold = sum(_sell(Crowd(dynamo, conflicts=True), 4 * buckets + 20, RUSH))
        standing = level(SKU, PLACE)
        if (standing.available, standing.committed, sold) != (0, FEW, FEW):
            raise RuntimeError(f"{sold} units of {FEW} were sold: {standing}")
        return sold
