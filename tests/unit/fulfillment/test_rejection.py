from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oms.errors import InvalidInput, NotAllowed, NotFound
from oms.fulfillment import work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.rejection import Rejecting
from oms.orders import cancellation, commands
from oms.orders.events import UnitsRejected, UnitState
from oms.orders.kits import Component
from oms.orders.log import append
from oms.orders.order import Order
from oms.orders.rejecting import RejectReason, barred
from oms.orders.transitions import FulfillmentStatus, OrderStatus
from oms.routing.backorders import fill_backorders
from oms.setup import Product
from oms.stock.levels import StockReason
from oms.stock.movements import movements
from tests.support.orders import line, placed
from tests.support.trade import Trade

WIEN, GRAZ = "wien", "graz"


def sold(trade: Trade, *lines: tuple[str, int]) -> Order:
    """A prepaid order of these skus and units, routed."""
    parts = [line(str(n), sku, quantity, 1000 * quantity) for n, (sku, quantity) in enumerate(lines, 1)]
    order = trade.captured(placed(*parts), "o1")
    trade.settle(order.order_id)
    return trade.order(order.order_id)


def town(**stock: tuple[int, int]) -> Trade:
    """Wien, which is nearer, and Graz, with so many units of each sku."""
    trade = Trade()
    trade.location(WIEN, latitude=48.0, longitude=11.0)
    trade.location(GRAZ, latitude=40.0, longitude=11.0)
    for sku, (near, far) in stock.items():
        trade.arrive(sku, WIEN, near)
        trade.arrive(sku, GRAZ, far)
    return trade


def reject(trade: Trade, reason: RejectReason, units: dict[str, int] | None = None, share: str = "o1-1") -> Order:
    wish = Rejecting(reason=reason, units=units, note="shelf 4")
    return work.reject(trade.warehouse(), share, trade.caller(), rejecting=wish)


def level(trade: Trade, sku: str, location_id: str) -> tuple[int, int, int, dict[str, int]]:
    known = trade.levels[sku, location_id]
    spoilt = {why: units for why, units in known.unavailable.items() if units}
    return known.on_hand, known.available, known.committed, spoilt


@pytest.mark.parametrize(
    ("reason", "after"),
    [
        (RejectReason.NOT_IN_STOCK, (3, 2, 1, {})),
        (RejectReason.DAMAGED, (5, 2, 1, {"damaged": 2})),
        (RejectReason.TOO_BUSY, (5, 4, 1, {})),
        (RejectReason.CANNOT_SHIP, (5, 4, 1, {})),
        (RejectReason.OTHER, (5, 4, 1, {})),
    ],
)
def test_stock_is_corrected_as_the_reason_says(reason: RejectReason, after: tuple[object, ...]) -> None:
    trade = town(mug=(5, 0))
    sold(trade, ("mug", 3))
    order = reject(trade, reason, {"1": 2})
    assert level(trade, "mug", WIEN) == after
    assert order.counts[UnitState.OPEN] == 2
    assert order.fulfillment_orders["o1-1"].status is FulfillmentStatus.OPEN, "one unit is still to be sent from there"


def test_what_one_location_rejects_another_sends_and_the_explanation_says_why() -> None:
    trade = town(mug=(5, 5))
    sold(trade, ("mug", 3))
    reject(trade, RejectReason.NOT_IN_STOCK)
    trade.settle("o1")
    order = trade.order("o1")
    assert order.fulfillment_orders["o1-1"].status is FulfillmentStatus.CANCELLED
    assert order.fulfillment_orders["o1-2"].location_id == GRAZ
    assert level(trade, "mug", WIEN) == (2, 2, 0, {}), "the others of its books stay, for whoever finds them"
    verdicts = {each.location_id: each.verdict for each in order.explanations[-1].candidates}
    assert "did not find these goods" in verdicts[WIEN]


def test_what_is_found_missing_while_picking_goes_out_from_elsewhere_and_the_rest_from_here() -> None:
    trade = town(mug=(3, 2), cup=(1, 1))
    sold(trade, ("mug", 3), ("cup", 1))
    ports = trade.warehouse()
    work.accept(ports, "o1-1", trade.caller())
    work.pick(ports, "o1-1", trade.caller(), units={"1": 1, "2": 1})
    reject(trade, RejectReason.NOT_IN_STOCK, {"1": 2})
    trade.settle("o1")
    order = trade.order("o1")
    assert order.fulfillment_orders["o1-1"].status is FulfillmentStatus.PICKED
    assert order.fulfillment_orders["o1-2"].lines == {"1": {UnitState.ALLOCATED: 2}}
    work.pack(ports, "o1-1", trade.caller(), packing=Packing())
    assert work.ship(ports, "o1-1", trade.caller()).status is OrderStatus.PARTIALLY_SHIPPED
    assert level(trade, "mug", WIEN) == (0, 0, 0, {})


def test_what_falls_down_in_the_packed_parcel_comes_out_of_it() -> None:
    trade = town(mug=(3, 3))
    sold(trade, ("mug", 3))
    ports = trade.warehouse()
    work.accept(ports, "o1-1", trade.caller())
    work.pick(ports, "o1-1", trade.caller())
    order = work.pack(ports, "o1-1", trade.caller(), packing=Packing())
    order = reject(trade, RejectReason.DAMAGED, {"1": 1})
    parcel = order.parcels["o1-1-p1"]
    assert sum(unit.quantity for unit in parcel.contents) == 2
    assert level(trade, "mug", WIEN) == (3, 0, 2, {"damaged": 1})


def test_a_busy_location_gets_nothing_of_the_order_and_a_missing_article_bars_only_itself() -> None:
    trade = town(mug=(5, 0), cup=(5, 0))
    sold(trade, ("mug", 1), ("cup", 1))
    order = reject(trade, RejectReason.NOT_IN_STOCK, {"1": 1})
    assert set(barred(order.rejections)) == {(WIEN, "mug")}
    order = reject(trade, RejectReason.TOO_BUSY)
    assert set(barred(order.rejections)) == {(WIEN, "mug"), (WIEN, "")}


def test_nobody_can_fill_it_so_it_waits_in_line_and_holds_up_nobody_behind_it() -> None:
    trade = town(mug=(3, 0))
    sold(trade, ("mug", 2))
    reject(trade, RejectReason.TOO_BUSY)
    trade.settle("o1")
    assert trade.order("o1").status is OrderStatus.BACKORDERED
    behind = trade.captured(replace(placed(line("1", "mug", 3, 3000)), external_id="1002"), "o2")
    trade.settle(behind.order_id)
    assert trade.order("o2").counts[UnitState.ALLOCATED] == 3, "the busy location sends other orders"


def test_the_line_goes_on_to_those_who_can_take_what_the_first_cannot() -> None:
    trade = town(mug=(2, 0))
    sold(trade, ("mug", 2))
    trade.captured(placed(line("1", "mug", 2, 2000)), "o2")
    trade.settle("o2")
    reject(trade, RejectReason.TOO_BUSY)
    trade.settle("o1")
    assert (trade.order("o1").status, trade.order("o2").counts[UnitState.ALLOCATED]) == (OrderStatus.BACKORDERED, 2)


def test_goods_that_arrive_are_not_those_that_were_missing() -> None:
    trade = town(mug=(3, 0))
    sold(trade, ("mug", 2))
    reject(trade, RejectReason.NOT_IN_STOCK)
    trade.settle("o1")
    assert trade.order("o1").status is OrderStatus.BACKORDERED, "the third unit of the books is not trusted"
    assert fill_backorders(trade.ports(), "mug", "let go by somebody") == 0
    trade.arrive("mug", WIEN, 2)
    assert trade.order("o1").counts[UnitState.ALLOCATED] == 2


def test_a_busy_day_is_over_the_next() -> None:
    trade = town(mug=(3, 0))
    sold(trade, ("mug", 2))
    reject(trade, RejectReason.TOO_BUSY)
    trade.settle("o1")
    trade.now += timedelta(hours=23)
    trade.settle("o1")
    assert trade.order("o1").status is OrderStatus.BACKORDERED
    trade.now += timedelta(hours=2)
    trade.settle("o1")
    order = trade.order("o1")
    assert (order.status, barred(order.rejections)) == (OrderStatus.IN_FULFILLMENT, {})
    assert order.fulfillment_orders["o1-2"].location_id == WIEN


def test_the_same_call_twice_rejects_once_and_all_that_is_gone_already_is_no_error() -> None:
    trade = town(mug=(3, 3))
    sold(trade, ("mug", 2))
    caller, wish = trade.caller(), Rejecting(reason=RejectReason.DAMAGED, units={"1": 1})
    for _ in range(2):
        order = work.reject(trade.warehouse(), "o1-1", caller, rejecting=wish)
    assert order.counts[UnitState.OPEN] == 1
    reject(trade, RejectReason.DAMAGED)
    version = trade.order("o1").version
    assert reject(trade, RejectReason.DAMAGED).version == version


def test_who_is_asked_to_put_units_back_answers_that_first() -> None:
    trade = town(mug=(3, 3))
    sold(trade, ("mug", 2))
    work.accept(trade.warehouse(), "o1-1", trade.caller())
    commands.cancel_order(trade, "o1", commands.CancelOrder(), trade.caller())
    with pytest.raises(NotAllowed, match="allowed now: pick, cancellation/accept"):
        reject(trade, RejectReason.TOO_BUSY)
    order = trade.order("o1")
    append(trade, order, cancellation.decline(order, "o1-1", "too late"), trade.caller())
    assert reject(trade, RejectReason.TOO_BUSY).counts[UnitState.OPEN] == 2


def test_only_what_is_there_is_rejected() -> None:
    trade = town(mug=(3, 3))
    sold(trade, ("mug", 2))
    with pytest.raises(NotAllowed) as refused:
        reject(trade, RejectReason.DAMAGED, {"1": 3})
    assert [each.message for each in refused.value.errors] == ["2 units are there, not 3"]
    with pytest.raises(NotFound):
        reject(trade, RejectReason.DAMAGED, {"9": 1})
    with pytest.raises(NotFound):
        reject(trade, RejectReason.DAMAGED, share="o1-7")
    with pytest.raises(InvalidInput):
        reject(trade, RejectReason.DAMAGED, {})
    work.accept(trade.warehouse(), "o1-1", trade.caller())
    work.pick(trade.warehouse(), "o1-1", trade.caller())
    work.pack(trade.warehouse(), "o1-1", trade.caller(), packing=Packing())
    work.ship(trade.warehouse(), "o1-1", trade.caller())
    with pytest.raises(NotAllowed, match="cannot reject"):
        reject(trade, RejectReason.DAMAGED)


def test_the_reason_stands_in_the_books_of_the_location() -> None:
    trade = town(mug=(3, 3))
    sold(trade, ("mug", 2))
    reject(trade, RejectReason.DAMAGED)
    event = trade.log["o1"][-1].events[0]
    assert isinstance(event, UnitsRejected)
    (moved,) = movements(trade.order("o1"), [event])
    assert (moved.reason, moved.reference) == (StockReason.DAMAGED, "o1-1")


def test_very_many_skus_are_given_back_in_several_entries_and_one_wish() -> None:
    skus = {f"sku{number}": (1, 0) for number in range(100)}
    trade = town(**skus)
    sold(trade, *((sku, 1) for sku in skus))
    with pytest.raises(InvalidInput, match="at most 90"):
        reject(trade, RejectReason.NOT_IN_STOCK, {str(number): 1 for number in range(1, 101)})
    before = len(trade.log["o1"])
    order = reject(trade, RejectReason.NOT_IN_STOCK)
    assert len(trade.log["o1"]) == before + 2
    assert order.counts[UnitState.OPEN] == 100
    assert all(each.on_hand == each.committed == 0 for each in trade.levels.values())


def test_of_a_kit_all_components_are_corrected_and_the_kit_is_not_asked_of_the_location_again() -> None:
    trade = town(cup=(4, 4), saucer=(2, 2))
    pair = (Component(sku="cup", quantity=2), Component(sku="saucer", quantity=1))
    trade.products["set"] = Product(sku="set", title="Set", components=pair)
    sold(trade, ("set", 1))
    reject(trade, RejectReason.DAMAGED)
    assert level(trade, "cup", WIEN) == (4, 2, 0, {"damaged": 2})
    assert level(trade, "saucer", WIEN) == (2, 1, 0, {"damaged": 1})
    trade.settle("o1")
    assert trade.order("o1").fulfillment_orders["o1-2"].location_id == GRAZ
