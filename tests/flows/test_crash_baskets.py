"""The crash test of baskets: one is kept and becomes an order, one is kept and its time is over.

The process dies after each write about stock: when a basket is kept, when the order takes it over, when the clock finds
the other, and when that is given back. (With `OMS_FULL=1` it dies before and after every call of this life.) What there
is at the end must be what the undisturbed life leaves, with every unit where it was.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from tests.support.merchant import BERLIN, Merchant
from tests.support.mortal import Step, Story, points, undisturbed, wrong_deaths
from tests.support.recorder import Moment, ProcessDied
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))


WRITES = (
    "TransactWriteItems on table/oms-test-orders, table/oms-test-stock",
    "TransactWriteItems on table/oms-test-stock",
    "UpdateItem on table/oms-test-stock",
    "RouteTick sqs:SendMessageBatch",
)


def prepare(world: World) -> None:
    """Ten of one article in one location; none of it counts as a part of the life."""
    Merchant(world).open({("TEE", BERLIN): 10}, goods=("TEE",))
    world.bearer("orders:write")
    world.recorder.clear()


def _kept(name: str, units: int) -> Step:
    def step(merchant: Merchant) -> None:
        lines = [{"sku": "TEE", "quantity": units}]
        answer = merchant.post("/reservations", {"lines": lines, "minutes": 30}, key="orders:write", wish=name)
        assert answer.status == 201, answer
        ids[name] = answer.json["reservation_id"]

    return step


ids: dict[str, str] = {}
"""The reservations by their wishes: the same wish has the same id."""


def _order(merchant: Merchant) -> None:
    merchant.place(canonical_order("CRASH-B", [Sale("TEE", 2, "20.00")], reservation_id=ids["first"], method="prepaid"))


def _settle(merchant: Merchant) -> None:
    merchant.world.settle()


def _minutes_go_by(merchant: Merchant) -> None:
    for minutes in (31, 1, 12):
        merchant.world.clock.wait(minutes * 60)
        with suppress(ProcessDied):
            merchant.world.tick()
        merchant.world.settle()


STORY = Story("baskets", prepare, (_kept("first", 3), _kept("second", 4), _order, _settle, _minutes_go_by))


def test_the_undisturbed_life_sells_one_basket_and_gives_the_other_back() -> None:
    end: Any = undisturbed(STORY).end
    rows = end["stock"]
    assert [(int(row["available"]), int(row["committed"])) for row in rows if "available" in row] == [(8, 2)]
    assert sorted(row["status"] for row in rows if "status" in row) == ["expired", "used"]


def test_whoever_dies_while_baskets_are_kept_loses_no_unit() -> None:
    every = points(STORY)
    writes = [each for each in every if any(word in each.call for word in WRITES) and each.moment is Moment.AFTER]
    tried = every if FULL else writes
    assert len(tried) >= 6
    wrong = wrong_deaths(STORY, tried, "crash test: {} points tried in the lives of baskets")
    assert not wrong, wrong
