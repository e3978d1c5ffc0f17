"""The crash test: the whole life of an order, again and again, with the process dying at each AWS call in turn.

An order of two lines is sold, paid through the gateway, sourced from two locations, picked, packed, labelled, shipped,
charged and delivered, and the customer told. For every AWS call that the functions make on the way, all of it happens
once more, but the process dies just before that call is sent; and once more, but it dies just after AWS has carried it
out. Then queues and streams deliver again and callers repeat their requests, as they would. What there is at the end
must be what the undisturbed life leaves, or the difference is in `JUSTIFIED`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest

from oms.carriers.simulated import tracking_number
from oms.fulfillment import work
from oms.fulfillment.documents import packing_slip
from oms.ids import fulfillment_order_id, order_id, parcel_id
from oms.orders.order import FulfillmentOrder, Order
from tests.support import reports
from tests.support.merchant import BERLIN, MILAN, WEB, Merchant
from tests.support.recorder import Moment
from tests.support.shops import Sale, canonical_order
from tests.support.snapshot import Snapshot, restore, take
from tests.support.state import State, differences, state
from tests.support.world import World

CHUNKS = 24
"""In how many tests the points are tried, so that two workers share them evenly."""

EXTERNAL_ID = "CRASH-1"
ORDER = order_id(WEB, EXTERNAL_ID)


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process dies: at its call of this number."""

    number: int
    call: str
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} call {self.number}, {self.call}"


@dataclass(frozen=True, slots=True)
class Justified:
    """A difference that is right: what comes twice when the process dies there, and why nothing can be done."""

    function: str
    call: str
    moment: Moment
    where: str
    why: str

    def covers(self, point: Point, difference: str) -> bool:
        """Whether a difference is this one."""
        here = point.call.startswith(f"{self.function} {self.call}") and point.moment is self.moment
        once_more = re.search(r": (\d+) became (\d+)$", difference)
        return (
            here
            and difference.startswith(self.where)
            and once_more is not None
            and int(once_more[2]) == int(once_more[1]) + 1
        )


JUSTIFIED = [
    Justified(
        "NotifySend",
        "sesv2:SendEmail",
        Moment.AFTER,
        "/mails/",
        "SES takes no idempotency key: who dies between sending and noting it cannot know that it was sent, and a"
        " customer would rather be told twice than never",
    ),
    Justified(
        "NotifySend",
        "dynamodb:UpdateItem on table/oms-test-messages",
        Moment.BEFORE,
        "/mails/",
        "the same gap, seen from its other end: the mail is sent, and not noted",
    ),
    Justified("NotifySend", "sns:Publish on *", Moment.AFTER, "/texts/", "an SMS has no idempotency key either"),
    Justified(
        "NotifySend",
        "dynamodb:UpdateItem on table/oms-test-messages",
        Moment.BEFORE,
        "/texts/",
        "the same gap, seen from its other end: the SMS is sent, and not noted",
    ),
]


SHARES = [fulfillment_order_id(ORDER, number) for number in (1, 2)]

Step = Callable[[Merchant], None]


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


@dataclass(frozen=True, slots=True)
class Life:
    """What happened while nobody died, and moments to go back to."""

    calls: tuple[str, ...]
    """Each AWS call: which function made it, and what it was."""
    moments: tuple[tuple[int, Snapshot], ...]
    """Before each step: the number of calls until then, and the world."""
    end: State


@cache
def undisturbed() -> Life:
    """The life in which nobody dies."""
    with _world() as world:
        prepare(world)
        moments = []
        for step in LIFE:
            moments.append((len(world.recorder.calls), take(world)))
            step(Merchant(world))
        return Life(_calls(world), tuple(moments), state(world))


@contextmanager
def _world() -> Iterator[World]:
    # Each invocation is a cold start, so that a point is at the same call whatever died before.
    with patch.object(work, "packing_slip", _drawn_once), World(always_cold=True) as world:
        yield world


_slips: dict[str, bytes] = {}


def _drawn_once(order: Order, share: FulfillmentOrder, **where: Any) -> bytes:
    """Drawing the same slip hundreds of times would take half of the time; what stands on it decides which it is."""
    key = repr((order.placed, order.contact, share.lines, where))
    if key not in _slips:
        _slips[key] = packing_slip(order, share, **where)
    return _slips[key]


def _calls(world: World) -> tuple[str, ...]:
    return tuple(f"{call.function} {call.name}" for call in world.recorder.calls)


def points() -> list[Point]:
    """Before and after every call of the undisturbed life."""
    return [Point(number, call, moment) for number, call in enumerate(undisturbed().calls) for moment in Moment]


def die_at(world: World, point: Point) -> list[str]:
    """Live again and die at the point; the differences that it made and nobody has justified.

    What came before the step in which the process dies is as it was: it is taken from the undisturbed life.
    """
    life = undisturbed()
    first = max(index for index, (before, _) in enumerate(life.moments) if before <= point.number)
    before, moment = life.moments[first]
    restore(world, moment)
    world.recorder.die_at(point.number - before, point.moment)
    for step in LIFE[first:]:
        step(Merchant(world))
    assert not world.recorder.death_is_due, f"nobody died {point}"
    lived = _calls(world)[: point.number - before + 1]
    assert lived == life.calls[before : point.number + 1], f"another life led to {point}"
    found = differences(life.end, state(world))
    excused = [each for each in found if any(reason.covers(point, each) for reason in JUSTIFIED)]
    reports.tally("crash test: {} times a message was sent twice, for the reasons that the test names", len(excused))
    return [each for each in found if each not in excused]


def test_the_undisturbed_life_ends_at_the_door() -> None:
    """What all others are compared with is itself what it should be."""
    life = undisturbed()
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
    life = undisturbed()
    with _world() as world:
        prepare(world)
        for first in range(0, len(LIFE), 4):
            before, moment = life.moments[first]
            restore(world, moment)
            for step in LIFE[first:]:
                step(Merchant(world))
            assert _calls(world) == life.calls[before:]
            assert differences(life.end, state(world)) == []


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_process_that_dies_at_any_call_changes_nothing(chunk: int) -> None:
    wrong = {}
    mine = points()[chunk::CHUNKS]
    with _world() as world:
        prepare(world)
        for point in mine:
            found = die_at(world, point)
            reports.tally("crash test: {} points tried, before and after each AWS call of an order's life")
            if found:
                wrong[str(point)] = found
    assert not wrong, "\n".join(f"{point}:\n    " + "\n    ".join(found) for point, found in wrong.items())
