from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.errors import InvalidInput, NotAllowed, NotFound
from oms.orders import commands
from oms.orders.events import UnitState
from oms.orders.order import Order
from oms.orders.substituting import OfferStatus, status
from oms.orders.substitution_commands import (
    OfferSubstitute,
    Refusal,
    accept_substitute,
    offer_substitute,
    refuse_substitute,
)
from oms.orders.transitions import OrderStatus
from oms.routing.timers import wake_at
from oms.setup import Product
from tests.support.orders import line, placed
from tests.support.trade import Trade

OFFER = "o1-s1"


def waiting(units: int = 3, price: int = 3000, tax: int = 600, **more: object) -> Trade:
    """An order whose mugs wait for stock, while there are cups."""
    trade = Trade()
    trade.arrive("cup", "wien", 10)
    trade.products["mug"] = Product(sku="mug", title="Mug", substitutes=("cup",))
    trade.products["pot"] = Product(sku="pot", title="Pot", grams=700)
    trade.captured(placed(line("1", "mug", units, price, tax), **more), "o1")  # type: ignore[arg-type]
    trade.settle("o1")
    assert trade.order("o1").status is OrderStatus.BACKORDERED
    return trade


def offered(trade: Trade, **wish: object) -> Order:
    known = trade.products
    return offer_substitute(
        trade,
        "o1",
        OfferSubstitute.model_validate({"line_id": "1", **wish}),
        trade.caller(),
        products=lambda skus: {sku: known[sku] for sku in skus if sku in known},
    )


def standing(order: Order, offer_id: str = OFFER) -> OfferStatus:
    return status(order, order.offers[offer_id])


def test_what_is_offered_costs_what_it_stands_in_for_and_is_sent_when_it_is_accepted() -> None:
    trade = waiting()
    order = offered(trade)
    assert (standing(order), order.offers[OFFER].offered.sku) == (OfferStatus.OPEN, "cup")
    due = order.due
    assert trade.order("o1").counts[UnitState.BACKORDERED] == 3, "until then it keeps its place in line"
    accept_substitute(trade, OFFER, trade.caller())
    trade.settle("o1")
    order = trade.order("o1")
    assert (standing(order), order.due, order.charged) == (OfferStatus.ACCEPTED, due, due)
    assert order.lines["2"].placed.sku == "cup"
    assert order.lines["2"].counts[UnitState.ALLOCATED] == 3
    assert order.lines["1"].live == 0
    assert not trade.line["mug"]


def test_a_cheaper_one_is_paid_for_as_such_and_the_rest_goes_back() -> None:
    trade = waiting()
    order = offered(trade, sku="pot", quantity=1, price={"amount": 900, "currency": "EUR"})
    assert (order.offers[OFFER].offered.net, order.offers[OFFER].offered.tax) == (750, 150)
    before = order.due
    assert accept_substitute(trade, OFFER, trade.caller()).due == before - 300
    trade.settle("o1")
    order = trade.order("o1")
    assert order.overcharged == 0, "what was charged beyond is being given back"
    assert order.lines["1"].counts[UnitState.BACKORDERED] == 2


def test_a_dearer_one_is_refused() -> None:
    trade = waiting()
    with pytest.raises(InvalidInput, match="no more than what it stands in for: 3600"):
        offered(trade, sku="pot", price={"amount": 3601, "currency": "EUR"})
    with pytest.raises(InvalidInput, match="the order is in EUR"):
        offered(trade, sku="pot", price={"amount": 1, "currency": "CHF"})


@given(st.integers(1, 6), st.integers(0, 1000), st.integers(0, 300), st.data())
def test_nobody_ever_pays_more_for_a_substitute(units: int, price: int, tax: int, data: st.DataObject) -> None:
    trade = waiting(units, price, tax, shipping=490)
    quantity = data.draw(st.integers(1, units), "offered")
    most = offered(trade, quantity=quantity)
    due = most.due
    gone = data.draw(st.integers(0, units - quantity), "cancelled meanwhile")
    if gone:
        wish = commands.CancelOrder(lines=[commands.CancelLine(line_id="1", quantity=gone)])
        due = commands.cancel_order(trade, "o1", wish, trade.caller()).due
    order = accept_substitute(trade, OFFER, trade.caller())
    assert order.due <= due
    if not gone:
        assert order.due == due


def test_a_gateway_is_asked_for_nothing_more() -> None:
    trade = waiting(instrument="sim_ok")
    offered(trade)
    payments = set(trade.order("o1").payments)
    accept_substitute(trade, OFFER, trade.caller())
    trade.settle("o1")
    assert set(trade.order("o1").payments) == payments


def test_who_would_rather_wait_waits_and_can_be_offered_something_else() -> None:
    trade = waiting()
    offered(trade)
    order = refuse_substitute(trade, OFFER, Refusal.DECLINED, trade.caller())
    assert standing(order) is OfferStatus.DECLINED
    assert refuse_substitute(trade, OFFER, Refusal.WITHDRAWN, trade.caller()).version == order.version
    assert order.counts[UnitState.BACKORDERED] == 3
    with pytest.raises(NotAllowed, match="is declined"):
        accept_substitute(trade, OFFER, trade.caller())
    assert standing(offered(trade, sku="pot"), "o1-s2") is OfferStatus.OPEN


def test_an_offer_ends_when_nobody_answers() -> None:
    trade = waiting()
    order = offered(trade, valid_hours=24)
    ends = order.offers[OFFER].offered.expires_at
    assert wake_at(order) == ends
    trade.now = ends
    with pytest.raises(NotAllowed, match="ended at"):
        accept_substitute(trade, OFFER, trade.caller())
    trade.settle("o1")
    assert standing(trade.order("o1")) is OfferStatus.EXPIRED


def test_an_offer_is_over_when_the_goods_come() -> None:
    trade = waiting()
    offered(trade)
    trade.arrive("mug", "wien", 2)
    assert standing(trade.order("o1")) is OfferStatus.OVER
    with pytest.raises(NotAllowed, match="is over"):
        accept_substitute(trade, OFFER, trade.caller())


def test_it_is_accepted_once() -> None:
    trade = waiting()
    offered(trade)
    accept_substitute(trade, OFFER, trade.caller())
    version = trade.order("o1").version
    assert accept_substitute(trade, OFFER, trade.caller()).version == version
    with pytest.raises(NotAllowed, match="was accepted"):
        refuse_substitute(trade, OFFER, Refusal.WITHDRAWN, trade.caller())


def test_only_for_what_waits_and_only_once() -> None:
    trade = waiting()
    offered(trade, quantity=2)
    with pytest.raises(NotAllowed, match="2 of them with an open offer"):
        offered(trade, quantity=2)
    assert offered(trade).offers["o1-s2"].offered.quantity == 1
    with pytest.raises(NotAllowed):
        offered(trade)
    with pytest.raises(NotFound):
        offered(trade, line_id="9", sku="cup")
    with pytest.raises(InvalidInput):
        offered(trade, sku="mug")
    with pytest.raises(InvalidInput, match="no product"):
        offered(trade, sku="spoon")
    with pytest.raises(NotFound):
        accept_substitute(trade, "o1-s9", trade.caller())


def test_a_product_without_substitutes_needs_a_name() -> None:
    trade = waiting()
    trade.products["mug"] = Product(sku="mug", title="Mug")
    with pytest.raises(InvalidInput, match="nothing is set up"):
        offered(trade)
