"""The day by which an order should be with its customer: what it is now, why it moved, and whether they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC as Z
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from oms.orders.units import UnitState

if TYPE_CHECKING:
    from oms.orders.order import Order


class PromiseReason(StrEnum):
    """Why the day is another one than before."""

    INCOMING = "incoming"
    """Goods that it waits for are on their way, and come on another day than thought, or on one at all."""
    NOT_COMING = "not_coming"
    """No goods are on their way for it any more, or they are overdue: nobody knows the day."""
    SOURCED = "sourced"
    """All that waited has a place now, or another place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseChanged:
    """The day by which everything should be there is another one, or unknown (None).

    `arrives` is the day on which the last goods that the order waits for should reach a location, `placed` the day for
    those of its units that have a place.
    """

    expected_delivery: date | None = None
    arrives: date | None = None
    placed: date | None = None
    reason: PromiseReason
    tell: bool = False
    """Whether the customer hears of it: see `worth_telling`."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What is expected of an order, and the day that its customer was told last."""

    expected_delivery: date | None = None
    arrives: date | None = None
    placed: date | None = None
    told: date | None = None


WIGGLE = timedelta(days=2)
"""A day that moves by no more than this is not worth a message. What adds up to more is."""

GRACE = timedelta(days=1)
"""So long after its day a delivery is still counted on; then nobody knows when it comes."""


def worth_telling(told: date | None, fresh: date | None, *, waits: bool) -> bool:
    """Whether the customer, who was told a day (or none), hears of another.

    They do when it slips by more than `WIGGLE` since they were told, when it becomes unknown, and when something that
    they wait for gets a day for the first time. They do not when it comes sooner: the parcel itself tells them.
    """
    if fresh is None:
        return told is not None and waits
    return waits if told is None else fresh > told + WIGGLE


def changed(
    order: Order,
    *,
    arrives: date | None,
    delivery: date | None,
    placed: date | None,
    waits: bool,
) -> list[PromiseChanged]:
    """What is to be written down when this is known of a confirmed order; nothing when it was known before.

    `delivery` is the day for the units that wait, `placed` that for the others.
    """
    known = order.promise
    days = [each for each in (delivery, placed) if each is not None]
    fresh = None if waits and delivery is None else max(days, default=None)
    if (fresh, arrives, placed) == (known.expected_delivery, known.arrives, known.placed):
        return []
    reason = PromiseReason.SOURCED if not waits else PromiseReason.INCOMING
    return [
        PromiseChanged(
            expected_delivery=fresh,
            arrives=arrives,
            placed=placed,
            reason=PromiseReason.NOT_COMING if waits and fresh is None else reason,
            tell=worth_telling(known.told, fresh, waits=waits),
        )
    ]


def overdue_at(order: Order) -> datetime | None:
    """When goods that the order waits for are counted on no longer, if they do not come; None if none are expected."""
    arrives = order.promise.arrives
    if arrives is None or not order.counts.get(UnitState.BACKORDERED):
        return None
    return datetime.combine(arrives + GRACE + timedelta(days=1), time(), Z)


def no_longer_waits(order: Order) -> bool:
    """Whether a day stands there for goods that nobody waits for any more: their units were cancelled."""
    live = sum(count for state, count in order.counts.items() if state is not UnitState.CANCELLED)
    return order.promise.arrives is not None and live > 0 and not order.counts.get(UnitState.BACKORDERED)


def told(day: date | None) -> Promise:
    """What is expected after the confirmation, which tells the customer the day."""
    return Promise(expected_delivery=day, placed=day, told=day)


def recorded(order: Order, event: PromiseChanged) -> Promise:
    """What is expected after the event: a part of the fold."""
    return Promise(
        expected_delivery=event.expected_delivery,
        arrives=event.arrives,
        placed=event.placed,
        told=event.expected_delivery if event.tell else order.promise.told,
    )
