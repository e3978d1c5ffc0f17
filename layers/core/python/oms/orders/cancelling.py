"""A cancellation that a location is asked for, because its people work on the units: request and answer, as events.

An accepted request is answered by `UnitsCancelled` with its `request_id`, in the transaction that gives the stock back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from oms.orders.reasons import CancellationReason
from oms.orders.sold import LineUnits


class CancellationStatus(StrEnum):
    """Where a request stands; derived."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationRequested:
    """Units that a location works on are not wanted any more: it is asked to put them back.

    `code` and `reason` are those of `UnitsCancelled`.
    """

    request_id: str
    fulfillment_order_id: str
    units: tuple[LineUnits, ...]
    reason: str = ""
    code: CancellationReason = CancellationReason.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationDeclined:
    """The units go out all the same: the location says why, or they have left already, which makes it `late`."""

    request_id: str
    reason: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class CancellationRequest:
    """A request and what became of it: `cancelled` are units by line that were put back because of it."""

    requested: CancellationRequested
    at: datetime
    cancelled: Mapping[str, int] = field(default_factory=dict)
    declined: CancellationDeclined | None = None
    answered_at: datetime | None = None

    @property
    def request_id(self) -> str:
        """The request's id: that of its fulfillment order with a number."""
        return self.requested.request_id

    def left(self) -> dict[str, int]:
        """Units by line that were asked for and are neither put back nor refused."""
        if self.declined is not None:
            return {}
        wanted: dict[str, int] = {}
        for unit in self.requested.units:
            wanted[unit.line_id] = wanted.get(unit.line_id, 0) + unit.quantity
        left = {line_id: count - self.cancelled.get(line_id, 0) for line_id, count in wanted.items()}
        return {line_id: count for line_id, count in left.items() if count > 0}


CancellationEvent = CancellationRequested | CancellationDeclined
