"""What went wrong with money in other systems, over the whole of ours: parcels, tenders, edits, one gateway with books.

The cases of single credits stand in `tests/unit/returns/test_arithmetic.py`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.channels.document import DocumentKind, document
from oms.ids import order_id as order_id_of
from oms.orders.after_sale import Disposition, ReturnReason
from oms.orders.commands import PayOrder, pay_order
from oms.orders.contact import Contact
from oms.orders.edit_commands import AddLine, Amount, EditLine, EditOrder, edit_order
from oms.orders.events import PaymentMethod, PaymentTerms, PlacedLine, UnitState
from oms.orders.order import Order
from oms.returns import work as desk
from oms.returns.decisions import Wanted
from oms.returns.receiving import Arrived, Receipt
from tests.support import truths
from tests.support.memory_stack import ADDRESS
from tests.support.orders import line, placed
from tests.support.trade import Trade
from tests.support.way_out import hands

ORDER = order_id_of("shop", "1001")


@pytest.fixture
def trade() -> Trade:
    return Trade()


def sold(trade: Trade, *lines: PlacedLine, shipping: int = 0, gift_card: int = 0, by: str = "sim_ok") -> Order:
    """An order that a gift card pays so far, and the gateway the rest; all of it is in stock."""
    for each in lines:
        trade.arrive(each.sku, "north", each.quantity)
    order = replace(placed(*lines, shipping=shipping, instrument=by), revision="000001")
    order = replace(
        order,
        payment=replace(order.payment, amount=order.total - gift_card),
        tenders=(PaymentTerms(method=PaymentMethod.GIFT_CARD, amount=gift_card, reference="card"),)
        if gift_card
        else (),
    )
    trade.take(document(DocumentKind.PLACED, order, Contact(email="kim@example.org", shipping=ADDRESS)))
    trade.settle()
    return trade.order(ORDER)


def shipped(trade: Trade, units: dict[str, int] | None = None) -> Order:
    """These units leave in one parcel, or all that can."""
    for share in trade.order(ORDER).fulfillment_orders.values():
        for action in ("accept", "pick", "pack", "ship"):
            if action in (order := trade.order(ORDER)).actions_of(order.fulfillment_orders[share.fulfillment_order_id]):
                hands(trade, share.fulfillment_order_id, action, units if action in {"pick", "pack"} else None)
    trade.settle()
    return trade.order(ORDER)


def sent_back(trade: Trade, line_id: str, units: int) -> Order:
    """Units come back, are put on the shelf, and are credited."""
    ports = trade.returns_desk()

    def wish() -> desk.Wish:
        return desk.Wish(order_id=ORDER, caller=trade.caller())

    wanted = [Wanted(line_id=line_id, quantity=units, reason=ReturnReason.CHANGED_MIND)]
    return_id = list(desk.request(ports, wish(), wanted).after_sale.returns)[-1]
    desk.approve(ports, wish(), return_id, location_id="north")
    arrived = (Arrived(line_id=line_id, quantity=units, disposition=Disposition.RESTOCK),)
    desk.receive(ports, wish(), return_id, receipt=Receipt(location_id="north", units=arrived))
    trade.settle()
    return trade.order(ORDER)


def test_a_second_capture_is_a_charge_and_never_a_refund(trade: Trade) -> None:
    """medusa#12674: the second of two captures was booked as a refund."""
    sold(trade, line("1", "mug", 3, 1000), shipping=490)
    first = shipped(trade, {"1": 1})
    assert (first.charged, first.refunded) == (334 + 490, 0)
    second = shipped(trade)
    assert (second.charged, second.refunded, second.due) == (1490, 0, 1490)
    (book,) = trade.books.reservations.values()
    assert (book.charged, book.given_back, book.left(trade.now)) == (1490, 0, 0)


@pytest.mark.parametrize("instrument", ["sim_ok", "sim_once"])
def test_each_tender_gets_back_at_most_what_it_gave_however_many_refunds_there_are(
    trade: Trade, instrument: str
) -> None:
    """vendure#868, medusa#10842 with two tenders: the second partial refund goes where the first left something."""
    sold(trade, line("1", "mug", 3, 1000, 190), shipping=500, gift_card=700, by=instrument)
    shipped(trade, {"1": 2})
    order = shipped(trade)
    assert order.charged == 1690
    for units_left in (2, 1, 0):
        order = sent_back(trade, "1", 1)
        waiting = sum(part.amount for each in order.after_sale.refunds.values() for part in each.parts)
        assert order.charged - waiting == order.due, units_left
        for payment in order.payments.values():
            promised = [
                part.amount
                for each in order.after_sale.refunds.values()
                for part in each.parts
                if part.payment_id == payment.payment_id
            ]
            assert sum(promised) <= payment.captured
    assert order.due == 500
    assert trade.books.charged(ORDER) == sum(p.captured - p.refunded for p in order.payments.values() if p.ours)


def test_an_order_that_was_edited_up_and_down_is_refunded_to_the_cent(trade: Trade) -> None:
    """woocommerce#64668 and vendure#4811 after edits: what was sold stays sold as it was, what was added as it was."""
    order = sold(trade, line("1", "mug", 7, 14643, 2782), shipping=500)
    trade.arrive("cup", "north", 3)
    edit = EditOrder(
        lines=(EditLine(line_id="1", quantity=4),),
        add=(AddLine(sku="cup", quantity=3, unit_price=Amount(amount=333, currency="EUR")),),
    )
    products = trade.returns_desk().products
    order = edit_order(trade, ORDER, edit, trade.caller(), order.version, products=products)
    trade.settle()
    order = shipped(trade)
    assert order.counts.get(UnitState.CANCELLED) == 3
    assert order.charged == order.due == sum_kept(order)
    for line_id in order.lines:
        for _ in range(order.kept(line_id)):
            order = sent_back(trade, line_id, 1)
            assert order.charged - order.refunded == order.due
    assert order.due == 500
    assert trade.books.charged(ORDER) == 500


def sum_kept(order: Order) -> int:
    """What the units that the customer keeps were sold for, with the charges."""
    return sum(each for left in truths.units_left(order).values() for each in left) + order.charges_total


def test_a_gift_card_that_is_going_back_pays_for_no_parcel(trade: Trade) -> None:
    """Cheaper, so that the card is refunded, and dearer again: what the card gives back, the other tender pays."""
    order = sold(trade, line("1", "mug", 2, 2000), gift_card=2000)
    products = trade.returns_desk().products
    fewer, more = (EditOrder(lines=(EditLine(line_id="1", quantity=count),)) for count in (1, 2))
    order = edit_order(trade, ORDER, fewer, trade.caller(), order.version, products=products)
    trade.settle()
    order = trade.order(ORDER)
    assert [part.amount for each in order.after_sale.refunds.values() for part in each.parts] == [1000]
    trade.channel_says(ORDER, "given back", 1000)
    order = trade.order(ORDER)
    order = edit_order(trade, ORDER, more, trade.caller(), order.version, products=products)
    trade.settle()
    pay_order(trade, ORDER, PayOrder(instrument="sim_ok", gateway="simulated"), trade.caller())
    trade.settle()
    order = shipped(trade)
    assert (order.charged, order.refunded, order.due) == (3000, 1000, 2000)
