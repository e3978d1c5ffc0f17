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
    S.ALLOCATED: frozenset({S.PICKED, S.OPEN, S.CANCELLED}),  # open: another address, or rejected
    S.PICKED: frozenset({S.PACKED, S.OPEN, S.CANCELLED}),
    S.PACKED: frozenset({S.SHIPPED, S.OPEN, S.CANCELLED}),
    S.SHIPPED: frozenset({S.DELIVERED, S.CANCELLED}),  # cancelled: sent to a store, where nobody fetched them
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
    READY = "ready"
    """The goods stand in the store where the customer fetches them."""
    EXPIRED = "expired"
    """Nobody has fetched them in time; the customer still may, until staff put them back."""
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Way(StrEnum):
    """How the units of a fulfillment order come to the customer."""

    DELIVERY = "delivery"
    PICKUP = "pickup"
    """The customer fetches them where they are in stock."""
    TO_STORE = "to_store"
    """A parcel brings them to the store where the customer fetches them."""


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

PICKUP_ACTIONS: tuple[Action, ...] = (
    Action("pick", S.ALLOCATED, S.PICKED),
    Action("ready", S.PICKED, S.PACKED),
    Action("hand-over", S.PACKED, S.DELIVERED),
    Action("put-back", S.PACKED, S.CANCELLED),
)
"""Of units that are fetched where they are in stock. A hand-over books them out and delivers them in one."""

TO_STORE_ACTIONS: tuple[Action, ...] = (
    *FULFILLMENT_ACTIONS[:-1],
    Action("ready", S.SHIPPED, S.SHIPPED),
    Action("hand-over", S.SHIPPED, S.DELIVERED),
    Action("put-back", S.SHIPPED, S.CANCELLED),
)
"""Of units that a parcel brings to the store where they are fetched."""

ACTIONS: Mapping[Way, tuple[Action, ...]] = {
    Way.DELIVERY: FULFILLMENT_ACTIONS,
    Way.PICKUP: PICKUP_ACTIONS,
    Way.TO_STORE: TO_STORE_ACTIONS,
}
"""What is done with the units of a fulfillment order, by their way."""

AT_THE_COUNTER = frozenset({"hand-over", "put-back"})
"""What can be done while the goods stand ready, and only then."""

LEAVES = frozenset({"ship", "hand-over"})
"""What takes units out of the house, which only happens when the order is paid for."""

REJECT = "reject"
"""What a location may do with all that has not left: give it back, so that another is asked."""

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
    counts: Mapping[UnitState, int],
    *,
    accepted: bool,
    scheduled: bool = False,
    ready: bool = False,
    expired: bool = False,
) -> FulfillmentStatus:
    """The status of a fulfillment order: that of its least advanced unit, unless the goods wait for their customer.

    `ready` while they do, `expired` when nobody came in time.
    """
    live = {state for state, count in counts.items() if count} - {S.CANCELLED}
    if not live:
        return FulfillmentStatus.CANCELLED
    if ready:
        return FulfillmentStatus.EXPIRED if expired else FulfillmentStatus.READY
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
    counts: Mapping[UnitState, int],
    *,
    accepted: bool,
    held: bool,
    asked: bool = False,
    way: Way = Way.DELIVERY,
    ready: bool = False,
) -> tuple[str, ...]:
    """The actions now allowed on a fulfillment order. A held order keeps what is in the house there.

    `asked` is set while it is asked to put units back: it can answer in any case, and work may go on until it does.
    `ready` is set while the goods wait for their customer at a store's counter.
    """
    answers = CANCELLATION_ANSWERS if asked else ()
    if fulfillment_status(counts, accepted=accepted) is FulfillmentStatus.CANCELLED:
        return ()
    if held:
        return (*(("deliver",) if way is Way.DELIVERY and counts.get(S.SHIPPED) else ()), *answers)
    if not accepted:
        return ("accept", REJECT)
    possible = (action.name for action in ACTIONS[way] if counts.get(action.source) and _in_turn(action, counts, ready))
    # Whoever is asked to put units back says first whether they are there to be put back.
    rejects = not asked and not ready and any(counts.get(state) for state in AT_LOCATION)
    return (*possible, *((REJECT,) if rejects else ()), *answers)


def _in_turn(action: Action, counts: Mapping[UnitState, int], ready: bool) -> bool:  # noqa: FBT001 - handed through
    """Whether an action of the store's counter is next: all units are told to be ready at once."""
    if action.name in AT_THE_COUNTER:
        return ready
    if action.name != "ready":
        return True
    before = (state for state in AT_LOCATION if counts.get(state) and state is not action.source)
    return not ready and not any(before)
