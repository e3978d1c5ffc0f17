"""The crash test of what comes in beside webhooks: a day's comparison with a channel, and a file of orders.

The clock has a channel compared that sold something we never heard of, goes on with an order that we cancelled, and
has lost one that we have. A file of three orders and a row that is no order is read in two pieces. The process dies
around each of the calls; the clock comes again in a minute, queues deliver again. Without `OMS_FULL=1` some of the
calls are tried.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest

from oms.clock import now
from oms.ids import order_id
from oms.platform import order_files
from tests.flows.test_intake import MARKET, connect
from tests.support import plain_shop
from tests.support.merchant import Merchant
from tests.support.mortal import Step, Story, different, points, undisturbed, wrong_deaths
from tests.support.plain_shop import PlainShop
from tests.support.recorder import ProcessDied
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))

HOUR = 3600
ROW = "{},2026-03-02T09:00:00+01:00,TEE,Tee,{},19.90,3.18,Erika,Kai 1,Berlin,10115,DE,gross"
FILE = "\n".join(
    (
        "external_id,placed_at,sku,title,quantity,unit_price,line_tax,name,line1,city,postal_code,country,prices",
        *(ROW.format(*each) for each in (("A-1", 2), ("A-2", "two"), ("A-3", 1), ("A-4", 1))),
    )
)


SHOP = PlainShop(now)
"""Compared in each of its lives: asking it changes nothing."""


@pytest.fixture
def shop() -> Iterator[PlainShop]:
    """The shop of the channel, which answers at its URL."""
    with plain_shop.installed((plain_shop.URL, SHOP)):
        yield SHOP


def _clock(seconds: int) -> Step:
    """Time passes, and the clock of the intake looks; a dead one looks again in a minute."""

    def step(merchant: Merchant) -> None:
        world = merchant.world
        world.clock.wait(seconds)
        with suppress(ProcessDied):
            world.runtime.invoke(world.functions["CaptureClock"], {})
        world.settle()

    return step


def a_day_goes_by(world: World) -> None:
    """A channel that is read and sells; at the end of the day, just before it is compared, it differs from us."""
    world.stages = frozenset({"capture", "insight"})
    world.begin()
    world.clock.wait(-18 * HOUR)
    SHOP.orders.clear()
    SHOP.hidden.clear()
    connect(world)
    for _ in range(2):
        _clock(301)(Merchant(world))
    heard = [SHOP.sell(number) for number in range(3)]
    SHOP.hidden.add(missed := SHOP.sell(3))
    _clock(301)(Merchant(world))
    cancel = f"/orders/{order_id(MARKET, heard[0])}/cancel"
    assert world.http("POST", cancel, {"reason": "not wanted"}, key="orders:write").status == 200
    _clock(12 * HOUR)(Merchant(world))
    del SHOP.orders[heard[1]]
    SHOP.hidden.remove(missed)
    _clock(11 * HOUR)(Merchant(world))
    world.recorder.clear()


COMPARED = Story("compared", a_day_goes_by, (_clock(HOUR), _clock(60), _clock(HOUR + 60), _clock(400)))
"""The clock finds that it is time, comes again if it died, asks again after an hour, and has the channel read again."""


def a_till(world: World) -> None:
    """A channel that hands its orders in as files."""
    world.stages = frozenset({"capture"})
    world.begin()
    body = {"platform": "canonical", "name": "Till", "currency": "EUR"}
    assert world.http("PUT", "/channels/till", body, key="setup").status == 201
    world.recorder.clear()


def _file(merchant: Merchant) -> None:
    world = merchant.world
    bucket = world.name("DocumentsBucket")
    world.cloud.client("s3").put_object(Bucket=bucket, Key="orders/till/monday.csv", Body=FILE.encode())
    with patch.object(order_files, "ORDERS_AT_ONCE", 2):
        world.settle()


TAKEN = Story("taken from a file", a_till, (_file,))


@pytest.mark.usefixtures("shop")
def test_the_undisturbed_comparison_finds_what_differs() -> None:
    life = undisturbed(COMPARED)
    kinds = Counter(row["kind"] for row in life.end["intake"] if row["sk"].startswith("work#"))
    assert kinds == {"missed": 1, "differs": 1, "missing_there": 1}
    runs: list[Any] = [row for row in life.end["intake"] if row["sk"].startswith("run#")]
    assert [(each["stage"], each["count_listed"], each["count_missed"]) for each in runs] == [("done", 3, 1)]
    assert len(life.end["orders"]) == 4
    assert life.end["left in queues"] == {}


@pytest.mark.usefixtures("shop")
def test_whoever_dies_while_a_channel_is_compared_finds_the_same_once() -> None:
    end = undisturbed(COMPARED).moments[-1][0]
    ours = ("CaptureClock", "CapturePoll")
    mine = [each for each in different(points(COMPARED)) if each.number < end and each.call.startswith(ours)]
    assert len(mine) > 20
    wrong = wrong_deaths(COMPARED, mine if FULL else mine[::15], "crash test: {} points tried of a daily comparison")
    assert not wrong, wrong


def test_whoever_dies_while_a_file_is_taken_loses_no_row_and_takes_none_twice() -> None:
    mine = different(points(TAKEN))
    assert len(mine) > 10
    wrong = wrong_deaths(TAKEN, mine if FULL else mine[::5], "crash test: {} points tried of a file of orders")
    assert not wrong, wrong
