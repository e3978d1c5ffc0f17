"""Capture: a channel's document becomes a new order with one write, or a change of the one that is there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oms.channels.changes import first_events, follow, is_news
from oms.channels.document import ChannelDocument, DocumentKind
from oms.errors import ConcurrentAppend, Conflict, NotFound
from oms.ids import order_id as order_id_of
from oms.orders import decisions
from oms.orders.checking import checked
from oms.orders.contact import Contact
from oms.orders.events import HoldReason, OrderEvent, OrderPlaced
from oms.orders.evolve import fold
from oms.orders.log import ATTEMPTS, Caller, OrderLog, append, execute
from oms.orders.order import Entry, Order
from oms.orders.transitions import OrderStatus

MAX_STEPS = 100
"""Appends that one document may take: more than an order of 1000 lines from as many locations needs."""

DELETED = "the channel has deleted the order: cancel it, or send it all the same"


class Outcome(StrEnum):
    """What became of a document."""

    NEW = "new"
    REPEATED = "repeated"
    """It says what is known already, or it is older than what is known."""
    REVISED = "revised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """The order after a document, and the events that it made."""

    order: Order
    outcome: Outcome
    events: tuple[OrderEvent, ...] = ()
    missed: tuple[str, ...] = ()
    """Changes that came too late: what the channel wants, and the order has left behind."""


def capture(log: OrderLog, document: ChannelDocument, caller: Caller) -> Captured | None:
    """Take a document. Any order of the documents of one order, with any repetitions, leads to the same state.

    A document that announces a new order is written without reading first: a repetition meets the entry of the first
    time. One that announces a change is read for first. Either way the order is created when it is not there. Only an
    order of which nothing can be delivered (a tip, a fee by itself) is none of ours: None, unless we have it.

    Raises:
        Conflict: the document has no revision, and the order is there with other content.
        TooLarge: the order does not fit into the log.
        ConcurrentAppend: others keep changing the order; send it again.
    """
    if document.kind is DocumentKind.PLACED and document.placed.lines:
        new = _new_entry(document, caller)
        first = log.place(new)
        if first is new:
            return _captured(new)
        known = _placed(first)
        if known.fingerprint == document.placed.fingerprint and known.revision >= document.placed.revision:
            return Captured(order=_folded(first), outcome=Outcome.REPEATED)
        if not document.placed.revision:
            raise Conflict(
                f"channel {known.channel_id} already has an order {known.external_id} with other content"
                f" (order {first.order_id}): an order cannot be replaced, change it through its own calls"
            )
    return _revise(log, document, caller)


def deleted(log: OrderLog, channel_id: str, external_id: str, caller: Caller) -> Order | None:
    """The channel has deleted an order, and says nothing else of it: what has not left is held for a person to decide.

    None when there is no such order here. Repeatable, also after the hold was released.

    Raises:
        ConcurrentAppend: others keep changing the order; send it again.
    """

    def decide(order: Order) -> list[OrderEvent]:
        over = {OrderStatus.CANCELLED, OrderStatus.SHIPPED, OrderStatus.DELIVERED}
        return [] if order.status in over else decisions.hold(order, HoldReason.CHANNEL_CHANGE, DELETED)

    try:
        return execute(log, order_id_of(channel_id, external_id), decide, caller)
    except NotFound:
        return None


def _revise(log: OrderLog, document: ChannelDocument, caller: Caller) -> Captured | None:
    events: list[OrderEvent] = []
    outrun = 0
    for _ in range(MAX_STEPS):
        order = fold(log.entries(_id(document)))
        if order is None:
            if not document.placed.lines:
                return None
            new = _new_entry(document, caller)
            if log.place(new) is new:
                return _captured(new)
            continue
        if not is_news(order, document):
            outcome = Outcome.REVISED if events else Outcome.REPEATED
            return Captured(order=order, outcome=outcome, events=tuple(events))
        step = follow(order, document)
        try:
            order = append(log, order, step.events, caller, contact=_checked(step.contact), original=step.original)
        except ConcurrentAppend:
            outrun += 1
            if outrun == ATTEMPTS:
                raise
            continue
        events += step.events
        if step.complete:
            return Captured(order=order, outcome=Outcome.REVISED, events=tuple(events), missed=step.missed)
    raise ConcurrentAppend(f"order {_id(document)} did not come to rest: try again")


def _new_entry(document: ChannelDocument, caller: Caller) -> Entry:
    at = caller.clock()
    order_id = _id(document)
    return Entry(
        order_id=order_id,
        seq=1,
        at=at,
        actor=caller.actor,
        cause=caller.cause,
        events=first_events(document, order_id, at),
        contact=checked(document.contact),
        original=document.original,
    )


def _checked(contact: Contact | None) -> Contact | None:
    return checked(contact) if contact is not None else None


def _id(document: ChannelDocument) -> str:
    return order_id_of(document.placed.channel_id, document.placed.external_id)


def _captured(entry: Entry) -> Captured:
    return Captured(order=_folded(entry), outcome=Outcome.NEW, events=entry.events)


def _folded(entry: Entry) -> Order:
    order = fold([entry])
    assert order is not None
    return order


def _placed(entry: Entry) -> OrderPlaced:
    placed = entry.events[0]
    assert isinstance(placed, OrderPlaced)
    return placed
