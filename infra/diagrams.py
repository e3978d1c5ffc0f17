"""Draws the transition table of the domain for the docs: `python -m infra.diagrams` writes `docs/transitions.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.diagrams_after_sale import sections
from oms.orders.events import UnitState
from oms.orders.transitions import (
    ACTIONS,
    AT_LOCATION,
    CANCELLABLE,
    CANCELLATION_ANSWERS,
    FULFILLMENT_ACTIONS,
    IN_FULFILLMENT,
    MOVES,
    FulfillmentStatus,
    OrderStatus,
    Way,
    fulfillment_actions,
    fulfillment_status,
    order_status,
)

DOCUMENT = Path(__file__).parents[1] / "docs" / "transitions.md"

_BY: Mapping[tuple[UnitState, UnitState], str] = {
    (UnitState.OPEN, UnitState.ALLOCATED): "route",
    (UnitState.OPEN, UnitState.BACKORDERED): "route",
    (UnitState.OPEN, UnitState.DELIVERED): "needs no parcel",
    (UnitState.BACKORDERED, UnitState.ALLOCATED): "stock arrives",
    (UnitState.ALLOCATED, UnitState.OPEN): "another address, reject",
    (UnitState.PICKED, UnitState.OPEN): "reject",
    (UnitState.PACKED, UnitState.OPEN): "reject",
    (UnitState.PICKED, UnitState.CANCELLED): "cancellation accepted",
    (UnitState.PACKED, UnitState.CANCELLED): "cancellation accepted, put-back",
    (UnitState.SHIPPED, UnitState.CANCELLED): "put-back",
    **{(action.source, action.target): action.name for action in FULFILLMENT_ACTIONS},
}
"""Who or what makes a move; the other moves to `cancelled` are made by `cancel`."""

FETCHED = (Way.PICKUP, Way.TO_STORE)

_HEAD = """\
# Transitions

Made by `python -m infra.diagrams` from `oms/orders/transitions.py`, the one table that code, API and console read, and
from the statuses that payments, returns and exchanges derive of their events.
Change the table, then run the command; a test compares.
"""


def document() -> str:
    """The text of `docs/transitions.md`."""
    return "\n".join([_HEAD, *_units(), *_order_statuses(), *_fulfillment_statuses(), *_actions(), *sections()])


def _units() -> Iterator[str]:
    yield "## Units\n"
    yield "Each unit of a line is in exactly one of these states, and moves only along an arrow.\n"
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {UnitState.OPEN}: placed"
    for source in UnitState:
        for target in UnitState:
            if target in MOVES[source]:
                yield f"    {source} --> {target}: {_BY.get((source, target), 'cancel')}"
    for state in UnitState:
        if not MOVES[state]:
            yield f"    {state} --> [*]"
    yield "```\n"
    yield "| state | moves to | stock committed at a location | belongs to a fulfillment order | can be cancelled |"
    yield "|---|---|---|---|---|"
    for state in UnitState:
        targets = ", ".join(f"`{target}`" for target in UnitState if target in MOVES[state]) or "nothing"
        flags = " | ".join(_tick(state in each) for each in (AT_LOCATION, IN_FULFILLMENT, CANCELLABLE))
        yield f"| `{state}` | {targets} | {flags} |"
    yield (
        "\nAs soon as a location has accepted the work, it is asked: its units become `cancelled` when it accepts the"
        "\nrequest, and are put back on the shelf. While it is asked, its `actions` have "
        + " and ".join(f"`{each}`" for each in CANCELLATION_ANSWERS)
        + "."
        "\nA unit that needs no parcel (a gift card) goes from `open` to `delivered`, without a fulfillment order."
        "\nOnly what was sent to a store, and was not fetched there, is cancelled after it has left: see below.\n"
    )


def _order_statuses() -> Iterator[str]:
    yield "## The status of an order\n"
    yield (
        "Derived, never stored. Cancelled units say nothing, and while units that need a parcel live, the others say"
        "\nnothing either. Below, an order whose living units are all in one state; then some mixtures.\n"
    )
    yield "| living units | status |"
    yield "|---|---|"
    yield f"| none | `{order_status({}, held=False)}` |"
    yield f"| any, and a hold is open | `{order_status({UnitState.OPEN: 1}, held=True)}` |"
    for state in UnitState:
        if state is not UnitState.CANCELLED:
            yield f"| `{state}` | `{order_status({state: 1}, held=False)}` |"
    mixtures = (
        (UnitState.OPEN, UnitState.BACKORDERED),
        (UnitState.BACKORDERED, UnitState.ALLOCATED),
        (UnitState.BACKORDERED, UnitState.SHIPPED),
        (UnitState.PACKED, UnitState.SHIPPED),
        (UnitState.SHIPPED, UnitState.DELIVERED),
    )
    for mixture in mixtures:
        status = order_status(dict.fromkeys(mixture, 1), held=False)
        yield f"| {' and '.join(f'`{state}`' for state in mixture)} | `{status}` |"
    yield f"\nAll: {', '.join(f'`{status}`' for status in OrderStatus)}.\n"


def _fulfillment_statuses() -> Iterator[str]:
    yield "## The status of a fulfillment order\n"
    yield (
        "That of its least advanced living unit; before the location has accepted the work, `open`, and within the"
        "\norder's remorse window `scheduled`: stock is reserved, and nothing can be done.\n"
    )
    yield "```mermaid"
    yield "stateDiagram-v2"
    first = FulfillmentStatus.OPEN
    scheduled = fulfillment_status({UnitState.ALLOCATED: 1}, accepted=False, scheduled=True)
    yield f"    [*] --> {first}: allocated"
    yield f"    [*] --> {scheduled}: allocated within the remorse window"
    yield f"    {scheduled} --> {first}: release"
    yield f"    {scheduled} --> {FulfillmentStatus.CANCELLED}: cancel"
    before = fulfillment_status({UnitState.ALLOCATED: 1}, accepted=True)
    yield f"    {first} --> {before}: accept"
    for action in FULFILLMENT_ACTIONS:
        after = fulfillment_status({action.target: 1}, accepted=True)
        yield f"    {before} --> {after}: {action.name}"
        before = after
    yield f"    {before} --> [*]"
    yield from _at_the_counter()
    yield f"    {first} --> {FulfillmentStatus.CANCELLED}: cancel"
    yield f"    {FulfillmentStatus.ACCEPTED} --> {FulfillmentStatus.CANCELLED}: cancel"
    yield f"    {FulfillmentStatus.CANCELLED} --> [*]"
    yield "```\n"


def _at_the_counter() -> Iterator[str]:
    """What customers fetch in a store: `ready` comes after `pick` there, and after `ship` for what is sent to it."""
    ready, expired = (
        fulfillment_status({UnitState.PACKED: 1}, accepted=True, ready=True, expired=expired)
        for expired in (False, True)
    )
    yield f"    {FulfillmentStatus.PICKED} --> {ready}: ready"
    yield f"    {FulfillmentStatus.SHIPPED} --> {ready}: ready"
    yield f"    {ready} --> {expired}: nobody comes in time"
    for status in (ready, expired):
        yield f"    {status} --> {FulfillmentStatus.DELIVERED}: hand-over"
        yield f"    {status} --> {FulfillmentStatus.CANCELLED}: put-back"


def _actions() -> Iterator[str]:
    yield "## What can be done now\n"
    yield "The `actions` of a fulfillment order whose living units are all in one state.\n"
    yield "| units | before it is accepted | accepted | while the order is held |"
    yield "|---|---|---|---|"
    for state in UnitState:
        if state not in IN_FULFILLMENT and state is not UnitState.CANCELLED:
            continue
        columns = (
            fulfillment_actions({state: 1}, accepted=False, held=False) if state is UnitState.ALLOCATED else None,
            fulfillment_actions({state: 1}, accepted=True, held=False),
            fulfillment_actions({state: 1}, accepted=True, held=True),
        )
        yield f"| `{state}` | {' | '.join(_named(actions) for actions in columns)} |"
    yield "\nOf one that the customer fetches in a store, accepted:\n"
    yield "| units | in stock there | sent there |"
    yield "|---|---|---|"
    for state in UnitState:
        if state in IN_FULFILLMENT:
            columns_there = (fulfillment_actions({state: 1}, accepted=True, held=False, way=way) for way in FETCHED)
            yield f"| `{state}` | {' | '.join(_named(actions) for actions in columns_there)} |"
    columns_ready = (
        fulfillment_actions({ACTIONS[way][-1].source: 1}, accepted=True, held=False, way=way, ready=True)
        for way in FETCHED
    )
    yield f"| and ready | {' | '.join(_named(actions) for actions in columns_ready)} |"
    yield ""


def _named(actions: tuple[str, ...] | None) -> str:
    if actions is None:
        return ""
    return ", ".join(f"`{action}`" for action in actions) or "nothing"


def _tick(value: bool) -> str:  # noqa: FBT001 - a cell of a table
    return "yes" if value else ""


def main() -> None:
    """Write the document."""
    DOCUMENT.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
