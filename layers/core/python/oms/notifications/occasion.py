"""What a message is about: an event, the order as it stood then, and the order today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oms.errors import NotFound
from oms.orders.events import OrderEvent
from oms.orders.evolve import fold
from oms.orders.order import Entry, Order


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event with the order after its entry, which has today's contact, and the order of today."""

    event: OrderEvent
    then: Order
    today: Order


def occasion(order_id: str, entries: Sequence[Entry], seq: int, index: int) -> Occasion:
    """Find the event at `index` of entry `seq` in the log.

    The figures are those of then, so that a late message says what it was meant to say. The contact is that of today:
    a corrected address is used, an erased one is not.

    Raises:
        NotFound: there is no such order or entry: the message came before the log, or from somewhere else.
    """
    if not 1 <= seq <= len(entries) or not 0 <= index < len(entries[seq - 1].events):
        raise NotFound(f"order {order_id} has no event {seq}:{index}")
    then = fold(entries[:seq])
    today = fold(entries[seq:], then)
    assert then is not None
    assert today is not None
    return Occasion(entries[seq - 1].events[index], replace(then, contact=today.contact), today)
