"""The order log as the domain needs it, and the shell that decides and appends until nobody was faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oms.clock import Clock
from oms.errors import ConcurrentAppend, Conflict, NotFound, VersionMismatch
from oms.orders.contact import Contact
from oms.orders.events import OrderEvent, OrderPlaced
from oms.orders.evolve import fold
from oms.orders.order import Entry, Order

Decide = Callable[[Order], Sequence[OrderEvent]]
"""What a use case does: the events that follow from the state, or none when there is nothing to do."""

ATTEMPTS = 8
"""How often a decision is made anew because somebody else appended first, before the caller must try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A foreign key that leads to the order, written in the same transaction: a parcel's tracking number."""

    kind: str
    value: str


class OrderLog(Protocol):
    """Appends entries and reads them back; see `oms.platform.event_log` for the table."""

    def place(self, entry: Entry) -> Entry:
        """Append the first entry of an order with one write, or return the first entry that is already there."""
        ...

    def entries(self, order_id: str) -> Sequence[Entry]:
        """All entries of an order in their sequence, strongly consistent; empty when there is no such order."""
        ...

    def append(self, before: Order, entry: Entry, *, references: Sequence[Reference] = ()) -> None:
        """Append one more entry with the stock movements that follow from its events, all or nothing.

        Raises:
            ConcurrentAppend: the order has an entry of this number already, or a stock level was busy.
            ShortStock: a level no longer covers what the events take from it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, why and when: recorded on each entry."""

    actor: str
    cause: str
    clock: Clock


def load(log: OrderLog, order_id: str, *, until: datetime | None = None) -> Order:
    """The order now, or as it stood at a moment of the past.

    Raises:
        NotFound: there is no such order, or there was none yet.
    """
    order = fold(entry for entry in log.entries(order_id) if until is None or entry.at <= until)
    if order is None:
        raise NotFound(f"there is no order {order_id}" + (f" at {until.isoformat()}" if until else ""))
    return order


def append(
    log: OrderLog,
    order: Order,
    events: Sequence[OrderEvent],
    caller: Caller,
    *,
    contact: Contact | None = None,
    original: bytes = b"",
    references: Sequence[Reference] = (),
) -> Order:
    """Append events decided on `order` and return the order after them; without events, the order as it is."""
    if not events:
        return order
    entry = Entry(
        order_id=order.order_id,
        seq=order.version + 1,
        at=max(caller.clock(), order.updated_at),
        actor=caller.actor,
        cause=caller.cause,
        events=tuple(events),
        contact=contact,
        original=original,
    )
    after = fold([entry], order)
    assert after is not None
    log.append(order, entry, references=references)
    return after


def execute(
    log: OrderLog,
    order_id: str,
    decide: Decide,
    caller: Caller,
    *,
    expected_version: int | None = None,
    contact: Contact | None = None,
) -> Order:
    """Load, decide, append; decide again on the newer state when somebody else appended first.

    A cause that is on the order already has been carried out: the order is returned as it is.

    Raises:
        NotFound: there is no such order.
        VersionMismatch: `expected_version` (from `If-Match`) is not the order's version.
        ConcurrentAppend: somebody else was faster each time.
    """
    for _ in range(ATTEMPTS):
        order = load(log, order_id)
        if caller.cause in order.causes:
            return order
        if expected_version is not None and expected_version != order.version:
            raise VersionMismatch(
                f"order {order_id} is at version {order.version}, not {expected_version}: read it again"
            )
        try:
            return append(log, order, decide(order), caller, contact=contact)
        except ConcurrentAppend:
            continue
    raise ConcurrentAppend(f"order {order_id} is busy: try again")


def place(log: OrderLog, entry: Entry) -> tuple[Entry, bool]:
    """Record a new order with one write; the second value says whether it is new.

    The same document sent again finds the entry of the first time.

    Raises:
        Conflict: the channel's order id is taken by a document of other content.
    """
    placed = entry.events[0]
    assert isinstance(placed, OrderPlaced)
    first = log.place(entry)
    if first is entry:
        return entry, True
    before = first.events[0]
    assert isinstance(before, OrderPlaced)
    if before.fingerprint != placed.fingerprint:
        raise Conflict(
            f"channel {placed.channel_id} already has an order {placed.external_id} with other content"
            f" (order {entry.order_id}): send a change as an update"
        )
    return first, False
