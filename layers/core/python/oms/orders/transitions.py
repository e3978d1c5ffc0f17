"""The one table of what may follow what: units, the actions that move them, and the statuses derived from them.

Code, the API's `actions`, the console's buttons and the diagram in the docs all read it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from oms.orders.events import UnitState

S = UnitState

MOVES: Mapping[UnitState, frozenset[UnitState]] = {
    S.OPEN: frozenset({S.ALLOCATED, S.BACKORDERED, S.CANCELLED, S.DELIVERED}),  # delivered: needs no parcel
    S.BACKORDERED: frozenset({S.ALLOCATED, S.CANCELLED}),
    S.ALLOCATED: frozenset({S.PICKED, S.OPEN, S.CANCELLED}),  # open: another address, another place to ship from
    S.PICKED: frozenset({S.PACKED, S.CANCELLED}),
    S.PACKED: frozenset({S.SHIPPED, S.CANCELLED}),
    S.SHIPPED: frozenset({S.DELIVERED}),
    S.DELIVERED: frozenset(),
    S.CANCELLED: frozenset(),
}
"""Where a unit may go from where it is."""

AT_LOCATION = frozenset({S.ALLOCATED, S.PICKED, S.PACKED})
"""States in which a unit's stock is committed at a location."""

IN_FULFILLMENT = AT_LOCATION | {S.SHIPPED, S.DELIVERED}
"""States in which a unit belongs to a fulfillment order."""

CANCELLABLE = frozenset({S.OPEN, S.BACKORDERED, S.ALLOCATED})
"""States from which a unit is cancelled without asking the location, until the location has accepted the work."""


class OrderStatus(StrEnum):
    """Where an order is, derived from holds and units; payment has a status of its own."""

    HELD = "held"
    PLACED = "placed"
    BACKORDERED = "backordered"
    IN_FULFILLMENT = "in_fulfillment"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class FulfillmentStatus(StrEnum):
    """Where a fulfillment order is, derived from its units and whether the location has accepted it."""

    SCHEDULED = "scheduled"
    """Stock is reserved, and the order is not released yet: nobody may begin."""
    OPEN = "open"
    ACCEPTED = "accepted"
    PICKED = "picked"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Action:
    """A thing staff can do to a fulfillment order: its name in API and console, and the unit states around it."""

    name: str
    source: UnitState
    target: UnitState


FULFILLMENT_ACTIONS: tuple[Action, ...] = (
    Action("pick", S.ALLOCATED, S.PICKED),
    Action("pack", S.PICKED, S.PACKED),
    Action("ship", S.PACKED, S.SHIPPED),
    Action("deliver", S.SHIPPED, S.DELIVERED),
)
"""After `accept`, in the order of the work; each is allowed while units stand at its source."""

CANCELLATION_ANSWERS = ("cancellation/accept", "cancellation/decline")
"""What a location may say when it is asked to put units back."""


def order_status(counts: Mapping[UnitState, int], *, held: bool) -> OrderStatus:
    """The status of an order (or line) whose units are spread as `counts` says."""
    live = {state for state, count in counts.items() if count} - {S.CANCELLED}
    if not live:
        return OrderStatus.CANCELLED
    if held:
        return OrderStatus.HELD
    if live == {S.DELIVERED}:
        return OrderStatus.DELIVERED
    if live <= {S.SHIPPED, S.DELIVERED}:
        return OrderStatus.SHIPPED
    if live & {S.SHIPPED, S.DELIVERED}:
        return OrderStatus.PARTIALLY_SHIPPED
    if live & AT_LOCATION:
        return OrderStatus.IN_FULFILLMENT
    return OrderStatus.BACKORDERED if S.BACKORDERED in live else OrderStatus.PLACED


def fulfillment_status(
    counts: Mapping[UnitState, int], *, accepted: bool, scheduled: bool = False
) -> FulfillmentStatus:
    """The status of a fulfillment order: that of its least advanced unit."""
    live = {state for state, count in counts.items() if count} - {S.CANCELLED}
    if not live:
        return FulfillmentStatus.CANCELLED
    for state, status in (
        (S.PICKED, FulfillmentStatus.PICKED),
        (S.PACKED, FulfillmentStatus.PACKED),
        (S.SHIPPED, FulfillmentStatus.SHIPPED),
        (S.DELIVERED, FulfillmentStatus.DELIVERED),
    ):
        if S.ALLOCATED not in live and state in live:
            return status
    if scheduled:
        return FulfillmentStatus.SCHEDULED
    return FulfillmentStatus.ACCEPTED if accepted else FulfillmentStatus.OPEN


def fulfillment_actions(
    counts: Mapping[UnitState, int], *, accepted: bool, held: bool, asked: bool = False
) -> tuple[str, ...]:
    """The actions now allowed on a fulfillment order. A held order keeps what is in the house there.

    `asked` is set while it is asked to put units back: it can answer in any case, and work may go on until it does.
    """
    answers = CANCELLATION_ANSWERS if asked else ()
    if fulfillment_status(counts, accepted=accepted) is FulfillmentStatus.CANCELLED:
        return ()
    if held:
        return (*(("deliver",) if counts.get(S.SHIPPED) else ()), *answers)
    if not accepted:
        return ("accept",)
    return (*(action.name for action in FULFILLMENT_ACTIONS if counts.get(action.source)), *answers)
