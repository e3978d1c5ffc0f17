"""Comparing an order with its channel's document, after the document was taken in: what still stands otherwise."""

from __future__ import annotations

from datetime import timedelta

from oms.channels.document import ChannelDocument
from oms.orders.events import HoldReason, UnitState
from oms.orders.order import Order, units_value
from oms.orders.transitions import OrderStatus

DAILY = timedelta(hours=36)
"""The time that is compared each day: the day, and half of the one before."""

FRESH = timedelta(hours=1)
"""Orders that are younger may be on their way still: nothing is said of them."""

LONGEST = timedelta(days=92)
"""The longest time that is compared at once."""

PATIENCE = timedelta(days=1)
"""After which a comparison is given up whose platform does not answer."""


def differences(order: Order, document: ChannelDocument) -> tuple[str, ...]:
    """In what an order and the channel's newest document of it contradict each other; nothing when somebody knows.

    That is when the order is held for what its channel changed, or a location is asked to put units back.
    """
    if any(hold.reason is HoldReason.CHANNEL_CHANGE for hold in order.holds.values()):
        return ()
    if any(order.asked_for(request) for request in order.cancellations.values()):
        return ()
    return (*_units(order, document), *_money(order, document))


def _units(order: Order, document: ChannelDocument) -> list[str]:
    if document.gone:
        alive = sum(line.live - line.counts.get(UnitState.DELIVERED, 0) for line in order.lines.values())
        return [f"it is cancelled in the channel, and {alive} units are alive here"] if alive else []
    if order.status is OrderStatus.CANCELLED:
        return ["it is alive in the channel, and cancelled here"]
    wanted = {
        line.external_line_id: line.quantity - document.cancelled.get(line.external_line_id, 0)
        for line in document.placed.lines
    }
    found = []
    for line_id, line in order.lines.items():
        there = max(wanted.get(line.placed.external_line_id, 0), 0)
        # What was delivered may have been given back there, and what was cancelled here is refunded by the channel.
        if not line.added and line.live - line.counts.get(UnitState.DELIVERED, 0) > there:
            found.append(f"line {line_id} ({line.placed.sku}) has {there} units in the channel and {line.live} here")
    return found


def _money(order: Order, document: ChannelDocument) -> list[str]:
    ours, theirs = order.placed, document.placed
    if ours.currency != theirs.currency:
        return [f"the currency is {theirs.currency} in the channel and {ours.currency} here"]
    less, lines = _shrunk(order, document)
    if abs(ours.total - less - theirs.total) > lines and not document.gone:
        return [f"the total is {theirs.total} in the channel and {ours.total} here (minor units of {ours.currency})"]
    return []


def _shrunk(order: Order, document: ChannelDocument) -> tuple[int, int]:
    """By how much the channel's total is less because it shrank lines of which units were cancelled here, and how many.

    Shops do that with orders that nobody has paid. They work the taxes of such a line out anew, which may differ by a
    minor unit.
    """
    there = {line.external_line_id: line.quantity for line in document.placed.lines}
    less = lines = 0
    for line in order.lines.values():
        placed = line.placed
        left = there.get(placed.external_line_id, placed.quantity)
        if not line.added and line.live <= left < placed.quantity:
            less += units_value(placed, placed.quantity) - units_value(placed, left)
            lines += 1
    return less, lines
