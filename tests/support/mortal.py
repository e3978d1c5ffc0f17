"""Lives of orders in which a process dies: before or after one of its calls to AWS or to the payment gateway.

A story is what callers do, step by step. It is lived once undisturbed; then again and again from a step before a call,
with the process dying at that call. Queues and streams deliver again and callers repeat their requests, as they would.
What there is at the end must be what the undisturbed life leaves, or the difference is in `JUSTIFIED`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from oms.fulfillment import work
from oms.fulfillment.documents import packing_slip
from oms.orders.order import FulfillmentOrder, Order
from tests.support import reports
from tests.support.merchant import Merchant
from tests.support.recorder import Moment
from tests.support.snapshot import Snapshot, restore, take
from tests.support.state import State, differences, state
from tests.support.world import World


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process dies: at its call of this number, to AWS or to the payment gateway."""

    number: int
    call: str
    moment: Moment
    of_gateway: bool = False

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


Step = Callable[[Merchant], None]


@dataclass(frozen=True, slots=True)
class Story:
    """What a merchant has before it (`prepare`), and what callers do then. Each name is of one story."""

    name: str
    prepare: Callable[[World], None]
    steps: tuple[Step, ...]

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, slots=True)
class Life:
    """What happened while nobody died, and moments to go back to."""

    calls: tuple[str, ...]
    """Each AWS call: which function made it, and what it was."""
    gateway_calls: tuple[str, ...]
    moments: tuple[tuple[int, int, Snapshot], ...]
    """Before each step: the numbers of calls until then, to AWS and to the gateway, and the world."""
    end: State


@cache
def undisturbed(story: Story) -> Life:
    """The life in which nobody dies."""
    with mortal_world() as world:
        story.prepare(world)
        moments = []
        for step in story.steps:
            moments.append((len(world.recorder.calls), len(world.gate.calls), take(world)))
            step(Merchant(world))
        return Life(calls_of(world), tuple(world.gate.calls), tuple(moments), state(world))


@contextmanager
def mortal_world() -> Iterator[World]:
    """A world in which each invocation is a cold start, so that a point is at the same call whatever died before."""
    with patch.object(work, "packing_slip", _drawn_once), World(always_cold=True) as world:
        yield world


_slips: dict[str, bytes] = {}


def _drawn_once(order: Order, share: FulfillmentOrder, **where: Any) -> bytes:
    """Drawing the same slip hundreds of times would take half of the time; what stands on it decides which it is."""
    key = repr((order.placed, order.contact, share.lines, where))
    if key not in _slips:
        _slips[key] = packing_slip(order, share, **where)
    return _slips[key]


def calls_of(world: World) -> tuple[str, ...]:
    """The AWS calls since the world was last restored, as a life tells them."""
    return tuple(f"{call.function} {call.name}" for call in world.recorder.calls)


def points(story: Story, *, since: int = 0) -> list[Point]:
    """Before and after every AWS call of the undisturbed life from a step on."""
    life = undisturbed(story)
    first = life.moments[since][0]
    return [
        Point(number, call, moment) for number, call in enumerate(life.calls) if number >= first for moment in Moment
    ]


def different(tried: Sequence[Point]) -> list[Point]:
    """These points, without those that are another's moment seen from its other end.

    What a function does between two of its calls is lost with it: just before the second, the world is as it is just
    after the first. What remains is the moment after each call, and before the first of each function.
    """
    functions = {point.number: point.call.partition(" ")[0] for point in tried}
    return [
        point
        for point in tried
        if point.moment is Moment.AFTER or functions[point.number] != functions.get(point.number - 1)
    ]


def gateway_points(story: Story) -> list[Point]:
    """Before and after every call to the payment gateway."""
    calls = undisturbed(story).gateway_calls
    return [Point(number, call, moment, of_gateway=True) for number, call in enumerate(calls) for moment in Moment]


def die_at(world: World, story: Story, point: Point) -> list[str]:
    """Live again and die at the point; the differences that it made and nobody has justified.

    What came before the step in which the process dies is as it was: it is taken from the undisturbed life.
    """
    life = undisturbed(story)
    begun = [gateway if point.of_gateway else aws for aws, gateway, _ in life.moments]
    first = max(index for index, before in enumerate(begun) if before <= point.number)
    before = begun[first]
    restore(world, life.moments[first][2])
    dying = world.gate if point.of_gateway else world.recorder
    dying.die_at(point.number - before, point.moment)
    for step in story.steps[first:]:
        step(Merchant(world))
    assert not dying.death_is_due, f"nobody died {point}"
    lived, meant = (tuple(world.gate.calls), life.gateway_calls) if point.of_gateway else (calls_of(world), life.calls)
    assert lived[: point.number - before + 1] == meant[before : point.number + 1], f"another life led to {point}"
    found = differences(life.end, state(world))
    excused = [each for each in found if any(reason.covers(point, each) for reason in JUSTIFIED)]
    reports.tally("crash test: {} times a message was sent twice, for the reasons that the test names", len(excused))
    return [each for each in found if each not in excused]


def wrong_deaths(story: Story, mine: Sequence[Point], tally: str) -> str:
    """What went wrong at these points, as text; empty when nothing did."""
    wrong = {}
    with mortal_world() as world:
        story.prepare(world)
        for point in mine:
            found = die_at(world, story, point)
            reports.tally(tally)
            if found:
                wrong[str(point)] = found
    return "\n".join(f"{point}:\n    " + "\n    ".join(found) for point, found in wrong.items())
