"""A channel compared with us, both ways: what is found is captured or filed, and each step may be made twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.standins.wsgi import Fault
from tests.flows.test_intake import MARKET, connect, keys, order, wait, work
from tests.support import plain_shop
from tests.support.plain_shop import PlainShop
from tests.support.shops import Sale
from tests.support.world import World

DAY = {"from": "2026-03-01T09:00:00Z", "to": "2026-03-02T09:00:00Z"}


@pytest.fixture
def shop(world: World) -> Iterator[PlainShop]:
    """A plain shop that is connected, and has sold for a while."""
    stages = {"capture", "insight"}
    world.pumps = [each for each in world.pumps if each.settings.function.stage in stages]
    world.clock.wait(-20 * 3600)
    shop = PlainShop(world.clock)
    connect(world)
    with plain_shop.installed((plain_shop.URL, shop)):
        yield shop


def later(world: World) -> None:
    world.clock.wait(20 * 3600)


def compare(world: World, *, wish: str = "") -> dict[str, Any]:
    headers = {"Idempotency-Key": wish} if wish else {}
    answer = world.http("POST", f"/channels/{MARKET}/reconcile", DAY, key="orders:write", headers=headers)
    assert answer.status == 202, answer
    world.settle()
    run = world.http("GET", f"/channels/{MARKET}/reconcile/{answer.json['run_id']}", key="orders:read")
    result: dict[str, Any] = run.json
    return result


def found(**numbers: int) -> dict[str, int]:
    return {"listed": 0, "missed": 0, "differing": 0, "missing_there": 0} | numbers


def test_what_the_channel_has_and_we_do_not_is_captured_and_filed(shop: PlainShop, world: World) -> None:
    missed = [shop.sell(number) for number in range(5)]
    later(world)
    fresh = shop.sell(9)
    run = compare(world)
    assert (run["state"], run["found"]) == ("done", found(listed=6, missed=5))
    assert [order(world, each).status for each in (*missed, fresh)] == [200] * 6
    assert sorted(work(world)) == [("missed", each) for each in missed]


def test_what_we_have_and_the_channel_does_not_is_filed(shop: PlainShop, world: World) -> None:
    sold = [shop.sell(number) for number in range(4)]
    wait(world, 60)
    del shop.orders[sold[0]]
    shop.hidden.add(sold[1])  # not listed, and there all the same
    shop.cancel(sold[2])
    wait(world, 400)
    del shop.orders[sold[2]]  # cancelled here as well: nobody misses it
    later(world)
    run = compare(world)
    assert (run["state"], run["found"]) == ("done", found(listed=1, missing_there=1))
    assert work(world) == [("missing_there", sold[0])]


def test_what_stands_otherwise_is_filed_once(shop: PlainShop, world: World) -> None:
    sold = [shop.sell(number, Sale("TEE", 2, "10.00")) for number in range(3)]
    wait(world, 60)
    ours = order(world, sold[1]).json
    wish = {"reason": "not wanted"}
    assert world.http("POST", f"/orders/{ours['order_id']}/cancel", wish, key="orders:write").status == 200
    later(world)
    assert compare(world)["found"] == found(listed=3, differing=1)
    assert compare(world)["found"] == found(listed=3, differing=1)
    assert work(world) == [("differs", sold[1])]


def test_a_comparison_goes_on_after_a_platform_was_silent(shop: PlainShop, world: World) -> None:
    sold = [shop.sell(number) for number in range(7)]
    later(world)
    shop.faults.extend([None, Fault.ANSWER_LOST, Fault.SERVER_ERROR])
    run = compare(world)
    assert (run["state"], run["found"]) == ("done", found(listed=7, missed=7))
    assert [order(world, each).status for each in sold] == [200] * 7


def test_a_comparison_that_is_not_let_in_is_given_up(shop: PlainShop, world: World) -> None:
    later(world)
    shop.key = "another"
    assert compare(world)["state"] == "given_up"
    assert work(world) == [("gave_up", "")]
    keys(world, "another")


@pytest.mark.usefixtures("shop")
def test_the_same_wish_is_the_same_comparison(world: World) -> None:
    later(world)
    assert compare(world, wish="w")["run_id"] == compare(world, wish="w")["run_id"]
    assert compare(world)["run_id"] != compare(world)["run_id"]


def test_a_channel_is_compared_each_day_by_the_clock(shop: PlainShop, world: World) -> None:
    for _ in range(2):
        wait(world, 301)
    sold = shop.sell(1)
    shop.orders[sold]["updated_at"] = "2026-03-01T23:00:00+00:00"  # nobody told us, and no poll will look there
    shop.hidden.add(sold)
    wait(world, 12 * 3600)
    shop.hidden.clear()
    wait(world, 12 * 3600)
    assert order(world, sold).status == 200
    assert work(world) == [("missed", sold)]


@pytest.mark.usefixtures("shop")
def test_what_somebody_has_compared_does_not_put_the_days_comparison_off(world: World) -> None:
    for _ in range(2):
        wait(world, 301)
    (due,) = (each["compare_at"] for each in world.items("IntakeTable") if "compare_at" in each)
    later(world)
    assert compare(world)["state"] == "done"
    assert [each["compare_at"] for each in world.items("IntakeTable") if "compare_at" in each] == [due]


def test_a_channel_that_sends_all_by_itself_cannot_be_compared(world: World) -> None:
    body = {"platform": "canonical", "name": "Web"}
    assert world.http("PUT", "/channels/web", body, key="setup").status == 201
    answer = world.http("POST", "/channels/web/reconcile", DAY, key="orders:write")
    assert (answer.status, answer.problem) == (409, "conflict")


def test_a_comparison_of_the_day_whose_message_was_lost_is_taken_up_again(shop: PlainShop, world: World) -> None:
    for _ in range(2):
        wait(world, 301)
    missed = shop.sell(1)
    shop.hidden.add(missed)
    wait(world, 6 * 3600)
    shop.hidden.clear()
    world.clock.wait(18 * 3600)
    world.runtime.invoke(world.functions["CaptureClock"], {})
    world.cloud.client("sqs").purge_queue(QueueUrl=world.template.ref("PollsQueue"))
    assert order(world, missed).status == 404
    wait(world, 3700)
    assert work(world) == [("missed", missed)]
