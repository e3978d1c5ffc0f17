"""What a message is about: an event, the order before and after it, and the order today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oms.errors import NotFound
from oms.orders.events import OrderEvent
from oms.orders.evolve import fold
from oms.orders.order import Entry, Order


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event with the order after its entry, which has today's contact, and the order of today.

    `before` is the order before the entry (None for its first), `entry` all events of the entry, this one among them.
    """

    event: OrderEvent
    then: Order
    today: Order
    before: Order | None = None
    entry: tuple[OrderEvent, ...] = ()

    def has(self, *types: type[OrderEvent]) -> bool:
        """Whether an event of one of these types stands in the entry."""
        return any(isinstance(each, types) for each in self.entry)

    def first(self, *types: type[OrderEvent]) -> bool:
        """Whether the event is the first of these types in its entry: one message tells them all."""
        return next((each for each in self.entry if isinstance(each, types)), None) is self.event


def occasion(order_id: str, entries: Sequence[Entry], seq: int, index: int) -> Occasion:
    """Find the event at `index` of entry `seq` in the log.

    The figures are those of then, so that a late message says what it was meant to say. The contact is that of today:
    a corrected address is used, an erased one is not.

    Raises:
        NotFound: there is no such order or entry: the message came before the log, or from somewhere else.
    """
    if not 1 <= seq <= len(entries) or not 0 <= index < len(entries[seq - 1].events):
        raise NotFound(f"order {order_id} has no event {seq}:{index}")
    before = fold(entries[: seq - 1])
    then = fold(entries[seq - 1 : seq], before)
    today = fold(entries[seq:], then)
    assert then is not None
    assert today is not None
    events = entries[seq - 1].events
    return Occasion(events[index], replace(then, contact=today.contact), today, before, events)
