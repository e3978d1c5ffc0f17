"""Calls to a platform that are made until they are answered, whatever happens to them on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar

from infra.standins.wsgi import Fault, StandIn
from oms.errors import Throttled, Unavailable
from tests.support.platforms import Hand

Result = TypeVar("Result")


def insist(hand: Hand, call: Callable[[], Result], *, tries: int = 6) -> Result:
    """The answer after as many tries as it takes; before each, time goes on as long as the platform asks for.

    Raises:
        Unavailable: it is not answered in so many tries.
    """
    for number in range(tries):
        try:
            return call()
        except Unavailable as error:
            if number == tries - 1:
                raise
            hand.at += timedelta(seconds=max(2.0, error.seconds if isinstance(error, Throttled) else 0))
    raise AssertionError


def mishaps(calls: int) -> Iterator[list[Fault | None]]:
    """Each fault at each of so many calls."""
    for fault in Fault:
        for position in range(calls):
            yield [*[None] * position, fault]


def calls_of(app: StandIn, call: Callable[[], object]) -> int:
    """How many calls something makes when nothing goes wrong."""
    before = len(app.calls)
    call()
    return len(app.calls) - before
