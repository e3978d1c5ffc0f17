"""What a channel is to hear of its order: what it was told, as an event, and the part of the state that it is made of.

Shipments and refunds can be read off the order as it stands. Cancellations cannot, once they are added up by line: so
each is kept here, with what it was about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from oms.orders.reasons import CancellationReason


class ToldKind(StrEnum):
    """What a channel is told of an order."""

    SHIPMENT = "shipment"
    CANCELLATION = "cancellation"
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTold:
    """The channel's platform knows of it; or somebody decided that it is not told, for the reason in `note`.

    `key` is the same whenever it is told, `reference` the platform's own name of what it made, empty when it has none.
    """

    kind: ToldKind
    key: str
    reference: str = ""
    skipped: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Units that were cancelled in one decision, by line; `number` counts the decisions of the order from 1."""

    number: int
    at: datetime
    units: Mapping[str, int]
    reason: str
    code: CancellationReason
    everything: bool
    """Whether nothing of the order was wanted any more after it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told, or was not to be, and when."""

    event: ChannelTold
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundDecided:
    """When a refund was decided, and how many credits and cancellations there were by then.

    Those since the refund before it are its own.
    """

    at: datetime
    credits: int
    cancellations: int


@dataclass(frozen=True, slots=True)
class Outward:
    """What a channel was told, by key, and what it is to hear that stands nowhere else."""

    told: Mapping[str, Told] = field(default_factory=dict)
    cancellations: tuple[Cancellation, ...] = ()
    refunds: Mapping[str, RefundDecided] = field(default_factory=dict)
    """By the refund's id."""


def told(outward: Outward, event: ChannelTold, at: datetime) -> Outward:
    """The state after the channel was told something.

    Raises:
        ValueError: it was told that before.
    """
    if event.key in outward.told:
        raise ValueError(f"the channel is told of {event.key} twice")
    return replace(outward, told={**outward.told, event.key: Told(event, at)})


def cancelled(
    outward: Outward,
    units: Iterable[tuple[str, int]],
    at: datetime,
    *,
    reason: str,
    code: CancellationReason,
    everything: bool,
) -> Outward:
    """The state after units were cancelled, given as line and quantity."""
    by_line: dict[str, int] = {}
    for line_id, quantity in units:
        by_line[line_id] = by_line.get(line_id, 0) + quantity
    one = Cancellation(
        number=len(outward.cancellations) + 1, at=at, units=by_line, reason=reason, code=code, everything=everything
    )
    return replace(outward, cancellations=(*outward.cancellations, one))


def refund_decided(outward: Outward, refund_id: str, at: datetime, *, credits_so_far: int) -> Outward:
    """The state after a refund was decided: they stand in the order of their decisions."""
    decided = RefundDecided(at, credits_so_far, len(outward.cancellations))
    return replace(outward, refunds={**outward.refunds, refund_id: outward.refunds.get(refund_id, decided)})
