"""The crash test of what the clock does about parcels: FedEx is asked where one is, and for a label that nobody has.

A parcel leaves; FedEx says six hours later that it moves, and after twelve that it has arrived. Another one has two
labels, as the answer about its first was lost, and FedEx lists that one late. The process dies around each call; the
clock comes again in half an hour. Without `OMS_FULL=1` some of the calls are tried.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from infra.standins.fedex import FedEx
from infra.standins.serving import served
from infra.standins.wsgi import Fault
from oms.clock import now
from tests.support import carriers_day
from tests.support.carriers_day import packed, picked
from tests.support.merchant import BERLIN, Merchant
from tests.support.mortal import Step, Story, different, points, undisturbed, wrong_deaths
from tests.support.recorder import ProcessDied
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))

HOUR = 3600
THERE = FedEx(clock=now)
"""Of each of the lives: what it said before is taken back when one begins."""

URL: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def fedex() -> Iterator[None]:
    """FedEx on a port of this machine."""
    with served(THERE) as url:
        URL[:] = [url]
        yield


def two_parcels(world: World) -> None:
    """One has left, of the other there are two labels."""
    merchant = Merchant(world)
    world.runtime.always_cold = False  # nobody dies here, and FedEx's library takes a second to load
    merchant.open({("MUG", BERLIN): 10}, goods=("MUG",))
    THERE.sent.clear()
    THERE.listed_after = timedelta(hours=2)
    for function in world.functions.values():
        function.environment["OMS_PRIVATE_WEBHOOKS"] = "true"
    carriers_day.put(merchant, {**carriers_day.ACCOUNT, "url": URL[0], "label_format": "zpl"}, 201)
    keys = {"credentials": carriers_day.KEYS}
    assert world.http("PUT", "/carriers/fedex/secrets", keys, key="setup").status == 200
    leaving, doubled = picked(merchant, "CR-1"), picked(merchant, "CR-2")
    packed(merchant, leaving)
    THERE.faults.extend([None, Fault.ANSWER_LOST])
    body = {"grams": 950}
    assert world.http("POST", f"/fulfillment-orders/{doubled}/pack", body, key="fulfillment").status == 503
    packed(merchant, doubled)
    merchant.work(leaving.removesuffix("-1"), "ship")
    world.settle()
    assert len(THERE.used()) == 3
    world.runtime.always_cold = True
    world.recorder.clear()


def _clock(hours: float, *codes: str) -> Step:
    """Time passes, the first parcel has been scanned by then, and the clock looks."""

    def step(merchant: Merchant) -> None:
        world = merchant.world
        parcel = next(iter(THERE.sent.values()))
        parcel.events[:] = parcel.events[-1:]
        begun = datetime.fromisoformat(parcel.events[0]["date"])
        for number, code in enumerate(codes, 1):
            THERE.move(parcel.number, code, at=begun + timedelta(hours=3 * number))
        for each in list(THERE.sent.values())[1:]:
            each.cancelled = each.cancelled and hours != FIRST
        world.clock.wait(hours * HOUR)
        with suppress(ProcessDied):
            world.runtime.invoke(world.functions["FulfillAsk"], {})
        world.settle()

    return step


FIRST = 6.2
WATCHED = Story(
    "watched",
    two_parcels,
    (
        _clock(FIRST, "PU"),
        _clock(0.5, "PU"),
        _clock(5.6, "PU", "OD", "DL"),
        _clock(0.5, "PU", "OD", "DL"),
    ),
)


def test_whoever_dies_while_carriers_are_asked_finds_the_parcel_and_the_stray_label_all_the_same() -> None:
    life = undisturbed(WATCHED)
    lists = [str(row["ref"]).partition("#")[0] for row in life.end["references"]]
    assert (lists.count("doubts"), lists.count("watch")) == (0, 1), "the second parcel is still on its way"
    assert len(THERE.used()) == 2
    mine = [each for each in different(points(WATCHED)) if each.call.startswith("FulfillAsk")]
    assert len(mine) > 20
    wrong = wrong_deaths(WATCHED, mine if FULL else mine[::17], "crash test: {} points tried of asking carriers")
    assert not wrong, wrong
    assert len(THERE.used()) == 2
