"""Wishes that take several entries, because one transaction cannot carry them, or whose entry carries more than events.

A wish that was broken off in between is taken up again by the same cause, and only the last entry says that it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from oms.errors import ConcurrentAppend, VersionMismatch
from oms.orders.contact import Contact
from oms.orders.events import OrderEvent
from oms.orders.log import ATTEMPTS, Caller, OrderLog, Reference, append, load
from oms.orders.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one entry records; `last` when the wish is then fulfilled."""

    events: Sequence[OrderEvent] = ()
    references: Sequence[Reference] = ()
    contact: Contact | None = None
    last: bool = True


def carry_out(
    log: OrderLog, order_id: str, decide: Callable[[Order], Step], caller: Caller, expected_version: int | None = None
) -> Order:
    """As `oms.orders.log.execute`, step by step: `decide` says what is next, each time from the newest state.

    Only the last entry has the caller's own cause, so that a wish that was broken off is not taken for done;
    `expected_version` is about the state in which it began.

    Raises:
        NotFound: there is no such order.
        VersionMismatch: `expected_version` is not the version that the wish began with.
        ConcurrentAppend: somebody else was faster each time.
    """
    outrun = 0
    while outrun < ATTEMPTS:
        order = load(log, order_id)
        if caller.cause in order.causes:
            return order
        check_version(order, None if begun(order, caller) else expected_version)
        step = decide(order)
        cause = caller.cause if step.last else f"{caller.cause}#{order.version + 1}"
        try:
            order = append(
                log, order, step.events, replace(caller, cause=cause), contact=step.contact, references=step.references
            )
        except ConcurrentAppend:
            outrun += 1
            continue
        if step.last:
            return order
    raise ConcurrentAppend(f"order {order_id} is busy: try again")


def check_version(order: Order, expected: int | None) -> None:
    """Refuse a wish that was made for another version.

    Raises:
        VersionMismatch: it was.
    """
    if expected not in {None, order.version}:
        raise VersionMismatch(f"order {order.order_id} is at version {order.version}, not {expected}: read it again")


def begun(order: Order, caller: Caller) -> bool:
    """Whether parts of the caller's wish are on the log, and its last part is not."""
    return any(cause.startswith(f"{caller.cause}#") for cause in order.causes)
