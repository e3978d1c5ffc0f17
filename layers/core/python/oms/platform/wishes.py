"""What the customer of an order wishes about messages, and messages that wait for the end of quiet hours."""

from __future__ import annotations

from datetime import datetime

from oms.clock import from_text
from oms.notifications.preferences import Preferences, read
from oms.orders.order import Order
from oms.platform.batch import Json
from oms.platform.customers import customer_of, preferences_text
from oms.platform.queues import come_again

NO_WISH = Preferences()


def wishes_of(order: Order) -> Preferences:
    """The wishes of an order's customer, as they are now; none when they never said any, or nobody knows them."""
    record = customer_of(order)
    text = preferences_text(record)[0] if record else ""
    return read(text) if text else NO_WISH


def still_waits(body: Json, now: datetime) -> bool:
    """Whether a message came back before its time; it is then sent round once more."""
    if "not_before" not in body or from_text(body["not_before"]) <= now:
        return False
    come_again(body, from_text(body["not_before"]), now)
    return True
