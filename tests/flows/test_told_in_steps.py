"""A platform that does things in its own time: they wait where people see them, and are handed in once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from oms.channels.outbound import Undone
from oms.errors import Refused, Unavailable
from oms.platform import outbox_table
from tests.support.merchant import SHOPIFY, Merchant
from tests.support.recorder import Moment, ProcessDied, not_a_function
from tests.support.slow_shop import ABOUT_TO, BEGUN, TAKEN, SlowShop
from tests.support.telling_day import TellingDay
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))
PATH = f"/channels/{SHOPIFY}/updates"
TOLD: dict[str, Any] = {"updates": ["shipments", "cancellations", "refunds"], "api_url": "https://shop.example"}


@pytest.fixture
def shop(merchant: Merchant) -> Iterator[SlowShop]:
    made = SlowShop()
    with patch("oms.platform.telling.told_platform", return_value=made):
        merchant.rules(SHOPIFY, **TOLD)
        yield made


@pytest.fixture
def day(world: World, shop: SlowShop) -> TellingDay:
    assert not shop.calls
    return TellingDay(world)


def test_what_a_platform_does_in_its_own_time_waits_in_sight_and_is_told_when_it_is_done(
    day: TellingDay, world: World, shop: SlowShop
) -> None:
    day.sell("o1")
    assert day.told("o1") == ["o1-1-p1"]
    shown = world.http("GET", f"{PATH}?status=pending", key="ops").json
    assert (shown["state"], shown["failures"]) == ("up", 0), "it is no failure"
    (waits,) = shown["updates"]
    assert (waits["kind"], waits["key"], waits["handed_in"]) == ("cancellation", "o1-cancelled-1", TAKEN)
    assert (waits["attempts"], waits["problem"]) == (0, "")
    since = waits["handed_in_at"]
    day.minutes(1)
    (waits,) = world.http("GET", f"{PATH}?status=pending", key="ops").json["updates"]
    assert waits["handed_in_at"] == since, "it was handed in once, and asked about"
    day.minutes(1)
    assert day.told("o1") == ["o1-1-p1", "o1-cancelled-1"]
    assert shop.handed_in == ["o1-cancelled-1"]
    assert not day.waiting()


def test_a_platform_that_does_not_answer_in_between_is_asked_later_and_gets_it_once(
    day: TellingDay, shop: SlowShop
) -> None:
    fails = {BEGUN, ABOUT_TO, f"after {ABOUT_TO}", TAKEN}

    def once(step: str) -> None:
        if step in fails:
            fails.remove(step)
            raise Unavailable("no answer")

    shop.around = once
    day.sell("o1")
    day.minutes(12)
    assert not fails
    assert shop.handed_in == ["o1-cancelled-1"]
    assert day.told("o1") == ["o1-1-p1", "o1-cancelled-1"]


def test_whoever_dies_while_it_is_handed_in_hands_nothing_in_twice(
    day: TellingDay, world: World, shop: SlowShop
) -> None:
    """After each call to AWS (every second in the short form), and before and after each step of the platform."""
    world.failures_expected = True
    shop.takes = 1

    def lives(order_id: str) -> None:
        world.runtime.forget()
        world.recorder.clear()
        day.sell(order_id)
        day.minutes(1)

    lives("o0")
    mine = [place for place, call in enumerate(world.recorder.calls) if call.function == "NotifyTell"]
    # Until the shipment is on the log, it is as in `test_channel_updates`.
    first = next(place for place in mine if world.recorder.calls[place].operation == "PutItem")
    orders = ["o0"]
    for place in mine[mine.index(first) :: 1 if FULL else 2]:
        orders.append(f"o{len(orders)}")
        world.runtime.forget()
        entry = day.happened(orders[-1])
        world.recorder.clear()
        world.recorder.die_at(place, Moment.AFTER)
        day.hear(entry)
        day.minutes(1)
        assert not world.recorder.death_is_due
    deaths = [step for name in (BEGUN, ABOUT_TO, TAKEN) for step in (name, f"after {name}")]

    def dies(step: str) -> None:
        if deaths and step == deaths[0]:
            raise ProcessDied(deaths.pop(0))

    shop.around = dies
    while deaths:
        orders.append(f"o{len(orders)}")
        day.sell(orders[-1])
        day.minutes(1)
    day.minutes(4, each=3)
    assert not day.waiting()
    for order_id in orders:
        assert day.told(order_id) == [f"{order_id}-1-p1", f"{order_id}-cancelled-1"]
    assert sorted(shop.handed_in) == sorted(f"{order_id}-cancelled-1" for order_id in orders)


def test_who_was_too_slow_leaves_the_next_step_to_who_has_it_now(day: TellingDay, world: World, shop: SlowShop) -> None:
    steps: list[str] = []

    def slow(step: str) -> None:
        steps.append(step)
        if step == f"after {BEGUN}" and steps.count(step) == 1:
            world.clock.wait(outbox_table.LEASE.total_seconds() + 1)
            with not_a_function(), world.inside("NotifyTell"):
                assert outbox_table.renew(SHOPIFY, "o1", world.clock()) is not None

    shop.around = slow
    day.sell("o1")
    day.minutes(3)
    assert steps[:4] == [BEGUN, f"after {BEGUN}", BEGUN, f"after {BEGUN}"], "the other one begins where it stands"
    assert shop.handed_in == ["o1-cancelled-1"]
    assert day.told("o1") == ["o1-1-p1", "o1-cancelled-1"]


def test_what_came_to_nothing_is_for_a_person_and_begun_anew_when_it_is_tried_again(
    day: TellingDay, world: World, shop: SlowShop
) -> None:
    day.sell("o1")
    shop.undone = [Undone("the order has been shipped")]
    day.minutes(1)
    (stuck,) = world.http("GET", PATH, key="ops").json["updates"]
    assert (stuck["problem"], stuck["handed_in"]) == ("the order has been shipped", None)
    assert world.http("POST", f"{PATH}/o1/retry", key="ops").status == 202
    world.settle()
    day.minutes(2)
    assert shop.handed_in == ["o1-cancelled-1"] * 2
    assert day.told("o1") == ["o1-1-p1", "o1-cancelled-1"]


def test_what_is_refused_while_nobody_knows_its_end_goes_on_from_where_it_stands(
    day: TellingDay, world: World, shop: SlowShop
) -> None:
    day.sell("o1")
    shop.trouble = [Refused("the token was withdrawn")]
    day.minutes(1)
    (stuck,) = world.http("GET", PATH, key="ops").json["updates"]
    assert (stuck["problem"], stuck["handed_in"]) == ("the token was withdrawn", TAKEN)
    assert world.http("POST", f"{PATH}/retry", key="ops").json == {"retried": 1, "more": False}
    world.settle()
    day.minutes(2)
    assert shop.handed_in == ["o1-cancelled-1"]
    assert day.told("o1") == ["o1-1-p1", "o1-cancelled-1"]
