"""The crash test: the whole life of an order, again and again, with the process dying at each AWS call in turn.

An order of two lines is sold, paid through the gateway, sourced from two locations, picked, packed, labelled, shipped,
charged and delivered, and the customer told. For every AWS call that the functions make on the way, all of it happens
once more, but the process dies just before that call is sent; and once more, but it dies just after AWS has carried it
out. (After a call of a function is before its next one, so without `OMS_FULL=1` no moment is tried twice, and of these
every eighth one.) Then queues and streams deliver again and callers repeat their requests, as they would. What
there is at the end must be what the undisturbed life leaves: see `tests.support.mortal`.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from oms.carriers.simulated import tracking_number
from oms.ids import fulfillment_order_id, order_id, parcel_id
from tests.support.merchant import BERLIN, MILAN, WEB, Merchant
from tests.support.mortal import Step, Story, calls_of, different, mortal_world, points, undisturbed, wrong_deaths
from tests.support.shops import Sale, canonical_order
from tests.support.snapshot import restore
from tests.support.state import differences, state
from tests.support.world import World

CHUNKS = 16
"""In how many tests the points are tried, so that two workers share them evenly."""

EXTERNAL_ID = "CRASH-1"
ORDER = order_id(WEB, EXTERNAL_ID)


SHARES = [fulfillment_order_id(ORDER, number) for number in (1, 2)]


def _sale(merchant: Merchant) -> None:
    merchant.place(canonical_order(EXTERNAL_ID, [Sale("TEE", 2, "19.90"), Sale("MUG", 1, "9.50")]))


def _do(share: str, action: str, body: object = None) -> Step:
    def step(merchant: Merchant) -> None:
        path = f"/fulfillment-orders/{share}/{action}"
        answer = merchant.post(path, body, key="fulfillment", wish=f"{action} {share}")
        assert answer.status == 200, answer

    return step


def _open(share: str, document: str) -> Step:
    def step(merchant: Merchant) -> None:
        path = f"/fulfillment-orders/{share}/{document}"
        assert merchant.world.http("GET", path, key="fulfillment", insist=True).status == 303

    return step


def _scan(share: str, code: str) -> Step:
    number = tracking_number(parcel_id(share, 1))

    def step(merchant: Merchant) -> None:
        assert merchant.carrier_says([merchant.scanned(number, code)]).status == 200

    return step


def _settle(merchant: Merchant) -> None:
    merchant.world.settle()


def _work(share: str) -> list[Step]:
    return [
        _do(share, "accept"),
        _do(share, "pick"),
        _open(share, "packing-slip.pdf"),
        _do(share, "pack", {"grams": 400}),
        _open(share, "label.pdf"),
        _do(share, "ship"),
        _settle,
    ]


def _journey(code: str) -> list[Step]:
    return [*(_scan(share, code) for share in SHARES), _settle]


LIFE: list[Step] = [
    _sale,
    _settle,
    *_work(SHARES[0]),
    *_work(SHARES[1]),
    *_journey("DP"),
    *_journey("DL"),
]
"""From the sale to both doorbells. Each caller repeats what was not answered."""


def prepare(world: World) -> None:
    """A merchant with one article in each of two locations; none of it counts as a part of the life."""
    Merchant(world).open({("TEE", BERLIN): 10, ("MUG", MILAN): 10}, goods=("TEE", "MUG"))
    world.bearer("orders:write")
    world.bearer("fulfillment")
    world.recorder.clear()


STORY = Story("to the door", prepare, tuple(LIFE))


def test_the_undisturbed_life_ends_at_the_door() -> None:
    """What all others are compared with is itself what it should be."""
    life = undisturbed(STORY)
    ended = life.end
    order: Any = ended["orders"][ORDER]["resource"]
    assert order["status"] == "delivered"
    assert {parcel["fulfillment_order_id"] for parcel in order["parcels"]} == {f"{ORDER}-1", f"{ORDER}-2"}
    assert order["payment"]["charged_amount"] == order["total"]
    assert len(ended["charges"]) == 3
    assert len(ended["labels"]) == 2
    assert sum(ended["mails"].values()) == 5
    assert ended["left in queues"] == {}
    functions = {call.partition(" ")[0] for call in life.calls}
    assert functions >= {
        "CaptureHttp",
        "FulfillClaim",
        "FulfillHttp",
        "InsightProject",
        "NotifySend",
        "RouteAdvance",
        "RouteRelay",
    }


def test_whoever_goes_back_to_a_moment_lives_the_same_life_from_there() -> None:
    """Else what the test says of a death would be about another life."""
    life = undisturbed(STORY)
    with mortal_world() as world:
        prepare(world)
        for first in range(0, len(LIFE), 4):
            before, _, moment = life.moments[first]
            restore(world, moment)
            for step in LIFE[first:]:
                step(Merchant(world))
            assert calls_of(world) == life.calls[before:]
            assert differences(life.end, state(world)) == []


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_process_that_dies_at_any_call_changes_nothing(chunk: int) -> None:
    said = "crash test: {} points tried, before and after each AWS call of an order's life"
    every = points(STORY)
    tried = every if os.environ.get("OMS_FULL") else different(every)[::8]
    wrong = wrong_deaths(STORY, tried[chunk::CHUNKS], said)
    assert not wrong, wrong
