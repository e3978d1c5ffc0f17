"""What time alone does to an order: when a deadline is over, and what is decided then.

The facts are on the log (`OrderPlaced.release_at`, `.pay_by`, `.backorder_days`, the moments of holds and backorders),
so that everything here follows from the order and a moment, without settings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from oms.orders import decisions
from oms.orders.events import (
    CancelledUnits,
    HoldReleased,
    OrderEvent,
    UnitsCancelled,
    UnitState,
)
from oms.orders.evolve import evolve
from oms.orders.exchanges import ExchangeStatus
from oms.orders.kits import shelf_skus
from oms.orders.order import Line, Order
from oms.orders.pickup_times import pickup_moments
from oms.orders.promising import overdue_at
from oms.orders.reasons import CancellationReason
from oms.orders.rejected import lapses
from oms.orders.substitution import expiries
from oms.orders.tenders import MONEY_HOLDS
from oms.orders.transfers import claim_ahead
from oms.orders.transitions import OrderStatus
from oms.payments.ledger import PaymentStatus


def pay_deadline(order: Order) -> datetime | None:
    """When an order that waits for its money is given up, or None: it does not wait, or waits for ever.

    It is `pay_by`, if it waits from its beginning. Whoever waits for other reasons later (a decline after a review, a
    reservation that lapsed) gets as much time from then on as the channel gives at first. A payment that is being
    decided is waited for as long again, and not for ever: some customers never come back from their bank.

    A hold of any other kind means that somebody looks after the order: it is not given up meanwhile.
    """
    pay_by = order.placed.pay_by
    holds = order.holds.values()
    if pay_by is None or order.covered >= order.due or any(hold.reason not in MONEY_HOLDS for hold in holds):
        return None
    under_way = [
        payment.requested_at or order.captured_at
        for payment in order.payments.values()
        if payment.status is PaymentStatus.PENDING
    ]
    since = [*under_way, *(hold.at for hold in holds)]
    if not since or not any(map(order.cancellable, order.lines)):
        return None
    patience = pay_by - order.captured_at
    return max(pay_by, max(since) + patience) + (patience if under_way else timedelta(0))


def give_up_unpaid(order: Order) -> list[OrderEvent]:
    """Nobody paid in time: cancel what can be, and let the holds go if that is everything.

    Units that are picked or packed stay, and with them the hold: a person has to look.
    """
    events = decisions.cancel(order, reason="not paid in time", code=CancellationReason.UNPAID)
    after = order
    for event in events:
        after = evolve(after, event, order_id=order.order_id, at=order.updated_at)
    if after.status is not OrderStatus.CANCELLED:
        return events
    return [*events, *(HoldReleased(handle=handle, note="cancelled: not paid in time") for handle in order.holds)]


def backorder_deadline(order: Order, line: Line) -> datetime | None:
    """When the line's units have waited for stock for as long as the channel lets them; None is for ever."""
    waiting = line.counts.get(UnitState.BACKORDERED, 0)
    if not (waiting and order.placed.backorder_days and line.backordered_at):
        return None
    return line.backordered_at + timedelta(days=order.placed.backorder_days)


def unfillable_lines(order: Order, now: datetime) -> tuple[str, ...]:
    """Lines whose backordered units have waited too long."""
    return tuple(
        line_id
        for line_id, line in order.lines.items()
        if (deadline := backorder_deadline(order, line)) is not None and deadline <= now
    )


def give_up_backorder(order: Order, line_ids: Collection[str]) -> list[OrderEvent]:
    """Cancel the backordered units of these lines, of as many as one transaction can carry."""
    units: list[CancelledUnits] = []
    skus: set[str] = set()
    for line_id in line_ids:
        line = order.lines[line_id]
        skus.update(shelf_skus(order.kits, line.placed.sku))
        if len(skus) > decisions.MAX_STOCK_KEYS // 2:  # a place in line and the counter, for each sku
            break
        units.append(
            CancelledUnits(
                line_id=line_id,
                sku=line.placed.sku,
                quantity=line.counts[UnitState.BACKORDERED],
                source=UnitState.BACKORDERED,
            )
        )
    return [UnitsCancelled(units=tuple(units), reason="no stock came in time", code=CancellationReason.UNFILLABLE)]


def paid_holds(order: Order) -> tuple[str, ...]:
    """Holds that waited for money which is there now, whichever way it came."""
    if order.covered < order.due:
        return ()
    return tuple(handle for handle, hold in order.holds.items() if hold.reason in MONEY_HOLDS)


def overdue(order: Order) -> Iterator[tuple[datetime, str]]:
    """When each exchange lapses whose goods went out at once, unless those that it is for come back: moment and id."""
    after = order.after_sale
    for exchange_id, exchange in after.exchanges.items():
        until = exchange.requested.return_by
        waits = exchange.status is ExchangeStatus.PLACED and after.returns[exchange.requested.return_id].open
        if until is not None and waits and claim_ahead(after, exchange):
            yield until, exchange_id


def moments(order: Order) -> Iterator[datetime]:
    """Every moment at which time alone may call for something, in no order."""
    if not order.released and order.placed.release_at is not None:
        yield order.placed.release_at
    if (deadline := pay_deadline(order)) is not None:
        yield deadline
    for payment in order.payments.values():
        if payment.capturable and payment.expires_at is not None:
            yield payment.expires_at
    for line in order.lines.values():
        if (end := backorder_deadline(order, line)) is not None:
            yield end
    yield from (until for until, _ in lapses(order))
    yield from (until for until, _ in expiries(order))
    if (overdue_on := overdue_at(order)) is not None:
        yield overdue_on
    yield from (until for until, _ in overdue(order))
    yield from (moment for moment, _ in pickup_moments(order))
