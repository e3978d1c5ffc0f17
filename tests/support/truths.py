"""What is true of a trade at any moment, and what besides when nothing is left to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from oms.orders.after_sale import Disposition, UnitsCredited, UnitsReceived
from oms.orders.events import UnitsCancelled, UnitState
from oms.orders.order import Entry, Line, Order
from oms.orders.rejecting import RejectReason
from oms.orders.substituting import OfferStatus, status
from oms.orders.transitions import AT_LOCATION, OrderStatus
from oms.payments.ledger import transferred
from oms.returns.quantities import came_back, returnable, sent
from oms.stock.movements import SET_ASIDE
from tests.support.replay import replayed
from tests.support.trade import Trade


def always(trade: Trade, orders: list[Order]) -> None:
    """Quantities, money and stock add up."""
    for order in orders:
        quantities_add_up(order)
        goods_come_back_that_were_sent(order)
        money_adds_up(order)
        promises_follow_from_what_is_known(order)
        the_gateway_knows_of_all_that_the_log_says(trade, order)
    assert not trade.uncovered
    stock_adds_up(trade, orders)
    places_in_line_are_for_what_waits(trade, orders)


def quantities_add_up(order: Order) -> None:
    """Each unit is in one place, and lines, fulfillment orders and parcels tell the same."""
    shares: Counter[tuple[str, UnitState]] = Counter()
    for share in order.fulfillment_orders.values():
        packed: Counter[str] = Counter()
        for parcel_id in share.parcel_ids:
            for unit in order.parcels[parcel_id].contents:
                packed[unit.line_id] += unit.quantity
            packed.subtract(order.parcels[parcel_id].put_back)
        for line_id, counts in share.lines.items():
            assert all(count >= 0 for count in counts.values()), share
            shares.update({(line_id, state): count for state, count in counts.items()})
            boxed = (UnitState.PACKED, UnitState.SHIPPED, UnitState.DELIVERED)
            assert packed[line_id] == sum(counts.get(state, 0) for state in boxed), share
    for line_id, line in order.lines.items():
        assert all(count >= 0 for count in line.counts.values()), line
        assert sum(line.counts.values()) == line.placed.quantity, line
        for state in AT_LOCATION | {UnitState.SHIPPED}:
            assert shares[line_id, state] == line.counts.get(state, 0), (line, state)
        assert shares[line_id, UnitState.CANCELLED] <= line.counts.get(UnitState.CANCELLED, 0)
        assert not shares[line_id, UnitState.OPEN] + shares[line_id, UnitState.BACKORDERED]


def goods_come_back_that_were_sent(order: Order) -> None:
    """No more units come back, are credited, or can be announced than have left."""
    for line_id, line in order.lines.items():
        credited = order.after_sale.credited_units.get(line_id, 0)
        assert 0 <= credited <= sent(order, line_id) <= line.live, line
        assert 0 <= came_back(order, line_id) <= sent(order, line_id), line
        assert 0 <= returnable(order, line_id) <= sent(order, line_id), line


def promises_follow_from_what_is_known(order: Order) -> None:
    """A day is known for all that waits or for none of it, and what waits comes no sooner than its goods."""
    promise = order.promise
    if promise.arrives is not None:
        assert promise.expected_delivery is None or promise.expected_delivery >= promise.arrives
    offered: Counter[str] = Counter()
    for offer in order.offers.values():
        if status(order, offer) is OfferStatus.OPEN:
            offered[offer.offered.line_id] += offer.offered.quantity
    for line_id, units in offered.items():
        assert units <= order.lines[line_id].placed.quantity


def money_adds_up(order: Order) -> None:
    """What is due follows from what was sold; no tender gives or takes more than it has."""
    for payment in order.payments.values():
        assert 0 <= payment.refunded <= payment.captured, payment
        used = payment.captured + payment.voided + payment.expired
        if payment.authorised:
            assert used <= payment.authorised, payment
        elif payment.ours:
            assert payment.captured == payment.voided == payment.expired == 0, payment
    assert 0 <= order.refunded <= order.charged
    if order.status is OrderStatus.CANCELLED:
        assert order.due == 0
        return
    past_us = sum(
        made.amount
        for payment in order.payments.values()
        for made in payment.refunds
        if made.refund_id not in order.after_sale.refunds
    )
    owed = sum(each for left in units_left(order).values() for each in left) + order.charges_total
    owed = max(0, owed - order.after_sale.credited_charges + order.after_sale.fees)
    assert max(0, owed - past_us) <= order.due <= owed, (owed, past_us, order.due)


def units_left(order: Order) -> dict[str, list[int]]:
    """What each unit that the customer keeps was sold for, by line."""
    return {line_id: unit_amounts(line)[: order.kept(line_id)] for line_id, line in order.lines.items()}


def unit_amounts(line: Line) -> list[int]:
    """What each unit of a line was sold for."""
    return [run.net + run.tax for run in line.placed.units for _ in range(run.count)]


def credits_are_what_the_units_were_sold_for(entries: Sequence[Entry], order: Order) -> None:
    """Unit by unit, in the order in which they were cancelled and credited: no amount is counted twice or lost."""
    left = {line_id: unit_amounts(line) for line_id, line in order.lines.items()}
    for event in (event for entry in entries for event in entry.events):
        if isinstance(event, UnitsCancelled):
            for gone in event.units:
                del left[gone.line_id][len(left[gone.line_id]) - gone.quantity :]
        if isinstance(event, UnitsCredited):
            for unit in event.units:
                there = left[unit.line_id]
                assert unit.amount == sum(there[len(there) - unit.quantity :]), event
                del there[len(there) - unit.quantity :]
    assert left == units_left(order)


def the_gateway_knows_of_all_that_the_log_says(trade: Trade, order: Order) -> None:
    """The log may be behind the gateway for a moment, and never before it."""
    for payment in order.payments.values():
        if payment.ours and payment.authorised:
            book = trade.books.reservations[payment.reference]
            assert payment.authorised == book.amount, payment
            assert payment.captured <= book.charged, payment
            assert payment.refunded <= book.given_back, payment
            assert payment.voided <= book.let_go, payment


def stock_adds_up(trade: Trade, orders: list[Order]) -> None:
    """Each level has what came, less what left, plus what came back; what is committed is committed for somebody."""
    committed: Counter[tuple[str, str]] = Counter()
    moved: Counter[tuple[str, str]] = Counter(trade.bought)
    for order in orders:
        for share in order.fulfillment_orders.values():
            for line_id, counts in share.lines.items():
                key = order.lines[line_id].placed.sku, share.location_id
                committed[key] += sum(counts.get(state, 0) for state in AT_LOCATION)
                moved[key] -= counts.get(UnitState.SHIPPED, 0) + counts.get(UnitState.DELIVERED, 0)
            for line_id, units in (each for name in share.parcel_ids for each in order.parcels[name].put_back.items()):
                assert share.pickup is not None
                moved[order.lines[line_id].placed.sku, share.location_id] -= units
                moved[order.lines[line_id].placed.sku, share.pickup.location_id] += units
        for each in order.rejections:
            for given_back in each.event.units if each.event.reason is RejectReason.NOT_IN_STOCK else ():
                moved[given_back.sku, each.event.location_id] -= given_back.quantity
        for receipt in receipts(order):
            for unit in receipt.units:
                if unit.disposition is Disposition.RESTOCK or unit.disposition in SET_ASIDE:
                    moved[unit.sku, receipt.location_id] += unit.quantity
    for key in {*trade.levels, *+moved, *+committed}:
        level = trade.levels[key]
        assert level.on_hand == level.available + level.committed + sum(level.unavailable.values()), level
        assert level.on_hand == moved[key], level
        assert level.committed == committed[key], level
        assert level.available >= 0, level


def places_in_line_are_for_what_waits(trade: Trade, orders: list[Order]) -> None:
    """A place in line is kept for backordered units and for no others."""
    waiting = {(sku, each.order_id): each.quantity for sku, places in trade.line.items() for each in places.values()}
    backordered: Counter[tuple[str, str]] = Counter()
    for order in orders:
        for line in order.lines.values():
            backordered[line.placed.sku, order.order_id] += line.counts.get(UnitState.BACKORDERED, 0)
    assert +Counter(waiting) == +backordered


def at_rest(trade: Trade, order: Order) -> None:
    """Nothing is left to be done: the customer paid for what they keep, once, and nothing is kept from them."""
    credits_are_what_the_units_were_sold_for(trade.log[order.order_id], order)
    replayed(trade.log[order.order_id])
    kept = order.charged - order.refunded - transferred(order.payments)
    if order.disputed:
        # What the bank has taken nobody gives back a second time, and nobody takes unasked: who contests a charge may
        # owe more besides, for an exchange of goods that never came back, and can still pay it.
        assert kept - order.disputed <= order.due, (kept, order.disputed, order.due)
        assert order.due <= kept or "pay" in order.actions, (kept, order.due, order.actions)
    else:
        assert kept == order.due, (order.charged, order.refunded, transferred(order.payments), order.due)
    ours = [payment for payment in order.payments.values() if payment.ours]
    assert trade.books.charged(order.order_id) == sum(each.captured - each.refunded for each in ours)
    assert trade.books.reserved(order.order_id) == 0
    assert not any(each.capturable for each in ours)


def receipts(order: Order) -> list[UnitsReceived]:
    """All that came back, announced or not."""
    known = order.after_sale
    return [*known.unannounced, *(each for one in known.returns.values() for each in one.received)]
