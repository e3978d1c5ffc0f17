"""The crash test after the sale: a part is cancelled, parcels are charged as they leave, goods come back, money too.

Two lines from two locations are paid through the gateway; a unit is cancelled, two parcels leave and are delivered, and
two units come back, one to be sold again and one to be scrapped. The process dies at each of the calls that this life
has beyond the one of `test_crash`, and before and after each call to the payment gateway in the whole of it.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

from oms.carriers.simulated import tracking_number
from oms.ids import fulfillment_order_id, order_id, parcel_id
from tests.support.merchant import BERLIN, MILAN, WEB, Merchant
from tests.support.mortal import Point, Step, Story, gateway_points, points, undisturbed, wrong_deaths
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

FULL = bool(os.environ.get("OMS_FULL"))

CHUNKS = 4
"""In how many tests the points are tried, so that two workers share them evenly."""

EXTERNAL_ID = "CRASH-2"
ORDER = order_id(WEB, EXTERNAL_ID)
RETURN = f"{ORDER}-r1"
SHARES = [fulfillment_order_id(ORDER, number) for number in (1, 2)]


def prepare(world: World) -> None:
    """A merchant with one article in each of two locations; none of it counts as a part of the life."""
    Merchant(world).open({("TEE", BERLIN): 10, ("MUG", MILAN): 10}, goods=("TEE", "MUG"))
    for scope in ("orders:write", "fulfillment", "ops", "returns"):
        world.bearer(scope)
    world.recorder.clear()


def _sale(merchant: Merchant) -> None:
    merchant.place(canonical_order(EXTERNAL_ID, [Sale("TEE", 3, "20.00"), Sale("MUG", 1, "9.50")]))


def _settle(merchant: Merchant) -> None:
    merchant.world.settle()


def _post(path: str, body: object = None, *, key: str) -> Step:
    """Somebody's request, made again under the same key until it is answered."""

    def step(merchant: Merchant) -> None:
        answer = merchant.post(path, body, key=key, wish=path)
        assert answer.status == 200, answer

    return step


def _shipped(share: str) -> list[Step]:
    actions = [("accept", None), ("pick", None), ("pack", {"grams": 400}), ("ship", None)]
    return [
        *(_post(f"/fulfillment-orders/{share}/{action}", body, key="fulfillment") for action, body in actions),
        _settle,
    ]


def _delivered(share: str) -> Step:
    number = tracking_number(parcel_id(share, 1))

    def step(merchant: Merchant) -> None:
        assert merchant.carrier_says([merchant.scanned(number, "DL")]).status == 200

    return step


def _units(**units: int) -> list[dict[str, Any]]:
    return [{"line_id": "1", "quantity": count, "disposition": name} for name, count in units.items()]


CANCELLED: list[Step] = [
    _post(f"/orders/{ORDER}/cancel", {"lines": [{"line_id": "1", "quantity": 1}]}, key="ops"),
    _settle,
]
BACK: list[Step] = [
    _post(
        f"/orders/{ORDER}/returns",
        {"units": [{"line_id": "1", "quantity": 2, "reason": "does_not_fit"}], "number": 1},
        key="returns",
    ),
    _settle,
    _post(f"/returns/{RETURN}/approve", {}, key="returns"),
    _settle,
    _post(f"/returns/{RETURN}/receive", {"location_id": BERLIN, "units": _units(restock=1, scrap=1)}, key="returns"),
    _settle,
    _post(f"/returns/{RETURN}/close", key="returns"),
    _settle,
]
LIFE: list[Step] = [
    _sale,
    _settle,
    *CANCELLED,
    *_shipped(SHARES[0]),
    *_shipped(SHARES[1]),
    *(_delivered(share) for share in SHARES),
    _settle,
    *BACK,
]
STORY = Story("after the sale", prepare, tuple(LIFE))
NEW = [*range(2, 2 + len(CANCELLED)), *range(len(LIFE) - len(BACK), len(LIFE))]
"""The steps that the life of `test_crash` does not have."""


TOLD_ELSEWHERE = ("RouteRelay", "InsightProject", "NotifySend", "InsightHttp")
"""Who carries on and shows what happened: that they survive is seen in `test_crash`, whatever the event is about."""


def new_points() -> list[Point]:
    """The points of the new steps: all in the full form, else a third of the first calls of those who decide."""
    starts = [before for before, _, _ in undisturbed(STORY).moments]
    ends = [*starts[1:], len(undisturbed(STORY).calls)]
    mine = [point for step in NEW for point in points(STORY, since=step) if point.number < ends[step]]
    if FULL:
        return mine
    first: dict[tuple[str, object], Point] = {}
    for point in mine:
        if not point.call.startswith(TOLD_ELSEWHERE):
            first.setdefault((point.call, point.moment), point)
    return list(first.values())[::3]


def test_the_undisturbed_life_ends_with_the_right_money_and_goods() -> None:
    """What all others are compared with is itself what it should be."""
    life = undisturbed(STORY)
    order: Any = life.end["orders"][ORDER]["resource"]
    assert order["status"] == "delivered"
    assert [line["units"].get("cancelled", 0) for line in order["lines"]] == [1, 0]
    assert [each["status"] for each in order["returns"]] == ["closed"]
    assert order["payment"]["charged_amount"]["amount"] == 2 * 2000 + 950 + 490
    assert order["payment"]["refunded_amount"]["amount"] == 2 * 2000
    assert life.end["left in queues"] == {}


def test_the_gateway_charged_each_shipment_once_refunded_once_and_keeps_nothing() -> None:
    """By its own books, in minor units: all that any death is compared with, too."""
    life = undisturbed(STORY)
    wishes = [wish.split() for wish in life.end["charges"].values()]
    assert Counter(name for name, _, _ in wishes) == {"authorise": 1, "capture": 2, "void": 1, "refund": 1}
    books = {
        name: sum(round(100 * float(amount)) for each, amount, _ in wishes if each == name) for name, _, _ in wishes
    }
    assert books["authorise"] == books["capture"] + books["void"]
    assert (books["capture"], books["refund"]) == (5440, 4000)


def test_a_process_that_dies_at_a_call_to_the_gateway_changes_nothing() -> None:
    said = "crash test: {} points tried, before and after each call to the gateway"
    assert len(gateway_points(STORY)) == 2 * 5
    tried = gateway_points(STORY) if FULL else gateway_points(STORY)[::3]
    assert not (wrong := wrong_deaths(STORY, tried, said)), wrong


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_process_that_dies_while_goods_and_money_go_back_changes_nothing(chunk: int) -> None:
    said = "crash test: {} points tried, before and after AWS calls of cancellation, return and refund"
    assert not (wrong := wrong_deaths(STORY, new_points()[chunk::CHUNKS], said)), wrong
