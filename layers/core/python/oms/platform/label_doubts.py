"""Labels that may be at a carrier and that nobody has: looked for again, as carriers list shipments late.

A list by when it is due (`due_list`), of what the labels were bought for: parcels and returns. Each look is that of
`fulfillment.tidy`: it takes back what it finds, and buys nothing. What the last look does not find is for a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from oms.clock import Clock
from oms.errors import OmsError
from oms.fulfillment.purchases import UNKNOWN
from oms.platform import due_list, fulfillment
from oms.platform.due_list import Due
from oms.platform.observability import logger

LIST = "doubts"

LOOKS = tuple(timedelta(hours=hours) for hours in (1, 4, 24, 72))
"""When a label is looked for again, after it was asked for. FedEx finds a shipment by its reference within hours."""

AGAIN = timedelta(hours=1)
"""Until the next try, when a carrier did not answer."""

LONGEST = timedelta(days=14)
"""For so long carriers are asked that do not answer."""

MOST = 50
"""Of these one run looks for so many; the others are next."""


def look_later(owner: str, since: datetime, now: datetime) -> bool:
    """List something that may have a label which nobody has; False when it was looked for as often as it will be."""
    due = _next(since, now)
    if due is not None:
        due_list.put(LIST, Due(name=owner, due=due, since=since))
    return due is not None


def look_again(clock: Clock) -> int:
    """Look for the labels that are due; says for how many parcels and returns."""
    things = due_list.due(LIST, clock(), most=MOST)
    for each in things:
        try:
            _look(each, clock)
        except OmsError as error:
            logger().warning("labels_not_looked_for", owner=each.name, detail=error.detail)
            _again(each, clock())
    return len(things)


def _look(thing: Due, clock: Clock) -> None:
    later, _ = fulfillment.tidy_labels(thing.name)  # what cannot be found was told when it was listed
    due = _next(thing.since, clock())
    if later and due is not None:
        due_list.move(LIST, thing, due)
        return
    fulfillment.for_a_person(later)
    due_list.drop(LIST, thing)


def _again(thing: Due, now: datetime) -> None:
    """After a carrier's silence: in an hour, or to a person when it was silent for a fortnight."""
    if now - thing.since < LONGEST:
        due_list.move(LIST, thing, thing.since + AGAIN * ((now - thing.since) // AGAIN + 1))
        return
    tries = fulfillment.ports().purchases.of(thing.name)
    fulfillment.for_a_person(each for each in tries if each.state in UNKNOWN)
    due_list.drop(LIST, thing)


def _next(since: datetime, now: datetime) -> datetime | None:
    return next((since + wait for wait in LOOKS if since + wait > now), None)
