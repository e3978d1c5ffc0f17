"""Rules on trial over this stack's past orders: which orders, and their logs."""

from __future__ import annotations

from oms.platform import views
from oms.platform.event_log import order_log
from oms.routing.trial import SimulateRouting, SimulationResource, trials


def simulate(wish: SimulateRouting) -> SimulationResource:
    """Try the rules on the orders that are meant: one page of them."""
    rules = [each.rule for each in wish.rules]
    if wish.order_ids is not None or wish.first_day is None:
        return trials(order_log(), wish.order_ids or [], rules, None)
    last = wish.last_day or wish.first_day
    page = views.placed_between(wish.first_day.isoformat(), last.isoformat(), limit=wish.limit, cursor=wish.cursor)
    return trials(order_log(), [each["order_id"] for each in page.items], rules, page.cursor)
