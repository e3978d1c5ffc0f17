"""Routing as a story: what becomes of an order by its payment, its address, and the stock that is there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms.errors import Unavailable
from oms.orders import decisions
from oms.orders.contact import Contact
from oms.orders.events import (
    FulfillmentAccepted,
    HoldReason,
    LineUnits,
    PaymentMethod,
    UnitsPacked,
    UnitsPicked,
    UnitsShipped,
    UnitState,
)
from oms.orders.log import append, execute
from oms.orders.order import Order
from oms.orders.transitions import OrderStatus
from oms.routing.backorders import fill_backorders
from oms.routing.process import advance
from oms.setup import Product
from tests.support.memory_stack import ADDRESS, MemoryStack
from tests.support.orders import line, placed

MUG = line("1", "mug", 2, 2000, 380)


@pytest.fixture
def stack() -> MemoryStack:
    stack = MemoryStack()
    stack.stock("mug", "north", 5)
    return stack


def ship(stack: MemoryStack, order: Order, fulfillment_order_id: str, units: dict[str, int] | None = None) -> Order:
    """Take a fulfillment order, or some units of it, from queue to carrier in one go."""
    fulfillment = order.fulfillment_orders[fulfillment_order_id]
    there = {line_id: counts.get(UnitState.ALLOCATED, 0) for line_id, counts in fulfillment.lines.items()}
    wanted = units or {line_id: count for line_id, count in there.items() if count}
    each = tuple(
        LineUnits(line_id=line_id, sku=order.lines[line_id].placed.sku, quantity=quantity)
        for line_id, quantity in wanted.items()
    )
    parcel_id = f"{fulfillment_order_id}-p{len(fulfillment.parcel_ids) + 1}"
    events = [
        *([] if fulfillment.accepted else [FulfillmentAccepted(fulfillment_order_id=fulfillment_order_id)]),
        UnitsPicked(fulfillment_order_id=fulfillment_order_id, units=each),
        UnitsPacked(fulfillment_order_id=fulfillment_order_id, parcel_id=parcel_id, units=each),
        UnitsShipped(
            fulfillment_order_id=fulfillment_order_id,
            parcel_id=parcel_id,
            location_id=fulfillment.location_id,
            units=each,
        ),
    ]
    stack.tick()
    return append(stack, order, events, stack.caller(f"ship {parcel_id}"))


def test_a_prepaid_order_is_allocated_and_confirmed_in_one_entry(stack: MemoryStack) -> None:
    stack.captured(placed(MUG), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert order.version == 2
    assert order.status is OrderStatus.IN_FULFILLMENT
    assert order.confirmed is not None
    assert order.confirmed.expected_delivery is not None
    assert (stack.levels["mug", "north"].available, stack.levels["mug", "north"].committed) == (3, 2)


def test_a_repeated_message_changes_nothing(stack: MemoryStack) -> None:
    stack.captured(placed(MUG), "o1")
    first = advance(stack.ports(), "o1", "m1")
    assert advance(stack.ports(), "o1", "m1") == first
    assert advance(stack.ports(), "o1", "m2") == first


def test_a_gateway_order_is_authorised_then_allocated_and_charged_as_it_ships(stack: MemoryStack) -> None:
    stack.captured(placed(MUG, shipping=490, instrument="sim_ok"), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert (order.covered, order.charged) == (2870, 0)
    order = ship(stack, order, "o1-1", {"1": 1})
    order = advance(stack.ports(), "o1", "m2")
    assert order.charged == 1190 + 490
    order = ship(stack, order, "o1-1", {"1": 1})
    order = advance(stack.ports(), "o1", "m3")
    assert order.charged == order.due == 2870
    assert sorted(stack.gateway.charges.values()) == [1190, 1680]


def test_a_charge_whose_record_was_lost_is_asked_for_again_under_the_same_key(stack: MemoryStack) -> None:
    stack.captured(placed(MUG, shipping=490, instrument="sim_ok"), "o1")
    order = ship(stack, advance(stack.ports(), "o1", "m1"), "o1-1")
    stack.fail_appends = 1
    order = advance(stack.ports(), "o1", "m2")
    assert list(stack.gateway.charges.values()) == [2870]
    assert order.charged == 2870


def test_a_declined_payment_holds_the_order_until_another_instrument_pays(stack: MemoryStack) -> None:
    stack.captured(placed(MUG, instrument="sim_decline:insufficient_funds"), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert [hold.reason for hold in order.holds.values()] == [HoldReason.PAYMENT_DECLINED]
    assert "pay" in order.actions
    execute(
        stack,
        "o1",
        lambda o: decisions.pay_again(o, gateway="simulated", instrument="sim_ok"),
        stack.caller("paid again"),
    )
    order = advance(stack.ports(), "o1", "m2")
    assert order.status is OrderStatus.IN_FULFILLMENT
    assert order.covered == order.due


def test_a_gateway_that_times_out_changes_nothing_but_time(stack: MemoryStack) -> None:
    stack.captured(placed(MUG, instrument="sim_timeout:5"), "o1")
    with pytest.raises(Unavailable):
        advance(stack.ports(), "o1", "m1")
    stack.tick(10)
    assert advance(stack.ports(), "o1", "m1").status is OrderStatus.IN_FULFILLMENT


def test_a_gateway_that_answers_late_is_asked_again(stack: MemoryStack) -> None:
    stack.captured(placed(MUG, instrument="sim_late:30"), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert order.status is OrderStatus.PLACED
    advance(stack.ports(), "o1", "m2", check_pending=True)
    assert stack.later == [("o1", 1)]
    stack.tick(40)
    order = advance(stack.ports(), "o1", "m3", check_pending=True, attempt=1)
    assert order.status is OrderStatus.IN_FULFILLMENT


@pytest.mark.parametrize("instrument", ["sim_late", "sim_late_decline"])
def test_an_answer_that_comes_after_the_order_was_cancelled_harms_nothing(stack: MemoryStack, instrument: str) -> None:
    stack.stock("mug", "north", 5)
    order = stack.captured(placed(line("1", "mug", 1, 1000), instrument=instrument), "o1")
    order = advance(stack.ports(), "o1", "m1")
    append(stack, order, decisions.cancel(order), stack.caller("changed my mind"))
    stack.tick(60)
    order = advance(stack.ports(), "o1", "m2", check_pending=True)
    assert (order.status, order.covered, dict(order.holds)) == (OrderStatus.CANCELLED, 0, {})


def test_an_unpaid_order_waits_until_the_channel_has_the_money(stack: MemoryStack) -> None:
    stack.captured(placed(MUG, method=PaymentMethod.UNPAID), "o1")
    assert advance(stack.ports(), "o1", "m1").status is OrderStatus.HELD
    terms = placed(MUG).payment
    execute(stack, "o1", lambda o: decisions.paid_in_channel(o, terms), stack.caller("paid"))
    assert advance(stack.ports(), "o1", "m2").status is OrderStatus.IN_FULFILLMENT


def test_releasing_the_hold_of_an_order_that_nobody_paid_does_not_ship_it(stack: MemoryStack) -> None:
    order = stack.captured(placed(MUG, method=PaymentMethod.UNPAID), "o1")
    execute(stack, "o1", lambda o: decisions.release(o, next(iter(order.holds))), stack.caller("r"))
    order = advance(stack.ports(), "o1", "m2")
    assert [hold.reason for hold in order.holds.values()] == [HoldReason.PAYMENT_PENDING]
    assert "23.80 EUR" in next(iter(order.holds.values())).note


def test_an_unknown_sku_and_a_bad_address_hold_the_order_each_on_its_own(stack: MemoryStack) -> None:
    stack.captured(placed(line("1", "teapot", 1, 900)), "o1", Contact(email="kim@example.org"))
    order = advance(stack.ports(), "o1", "m1")
    assert {h.handle: h.reason for h in order.holds.values()} == {
        "hold-1": HoldReason.UNKNOWN_SKU,
        "hold-2": HoldReason.BAD_ADDRESS,
    }
    stack.products["teapot"] = Product(sku="teapot", title="Teapot")
    stack.stock("teapot", "north", 1)
    execute(stack, "o1", lambda o: decisions.release(o, "hold-1"), stack.caller("r1"))
    assert advance(stack.ports(), "o1", "m2").status is OrderStatus.HELD
    mended = Contact(email="kim@example.org", shipping=ADDRESS)
    execute(stack, "o1", lambda o: decisions.change_contact(o, mended), stack.caller("r2"), contact=mended)
    assert advance(stack.ports(), "o1", "m3").status is OrderStatus.IN_FULFILLMENT


def test_a_total_that_does_not_add_up_holds_and_is_what_is_charged_once_released(stack: MemoryStack) -> None:
    order = stack.captured(placed(MUG, total=2379, instrument="sim_ok"), "o1")
    (hold,) = order.holds.values()
    assert hold.reason is HoldReason.TOTAL_MISMATCH
    assert "-0.01 EUR" in hold.note
    execute(stack, "o1", lambda o: decisions.release(o, hold.handle), stack.caller("r"))
    order = ship(stack, advance(stack.ports(), "o1", "m1"), "o1-1")
    order = advance(stack.ports(), "o1", "m2")
    assert order.charged == order.due == 2379


def test_short_stock_waits_and_is_served_first_in_first_out(stack: MemoryStack) -> None:
    for number in range(1, 4):
        stack.captured(placed(line("1", "mug", 4, 4000)), f"o{number}")
        advance(stack.ports(), f"o{number}", f"m{number}")
    waiting = {waiter.order_id: waiter.quantity for waiter in stack.ports().waiters("mug")}
    assert waiting == {"o2": 3, "o3": 4}
    stack.stock("mug", "north", 5)
    assert fill_backorders(stack.ports(), "mug", "s1") == 5
    waiting = {waiter.order_id: waiter.quantity for waiter in stack.ports().waiters("mug")}
    assert waiting == {"o3": 2}
    stack.stock("mug", "south", 9)
    assert fill_backorders(stack.ports(), "mug", "s2") == 2
    assert not any(stack.totals())
    assert stack.sku_stock("mug").waiting == 0


def test_a_new_order_does_not_overtake_those_who_wait(stack: MemoryStack) -> None:
    stack.captured(placed(line("1", "mug", 8, 8000)), "o1")
    advance(stack.ports(), "o1", "m1")
    stack.stock("mug", "north", 3)
    stack.captured(placed(MUG), "o2")
    assert advance(stack.ports(), "o2", "m2").status is OrderStatus.BACKORDERED
    fill_backorders(stack.ports(), "mug", "s1")
    assert [waiter.order_id for waiter in stack.ports().waiters("mug")] == ["o2"]


def test_backordered_units_join_the_fulfillment_order_that_nobody_has_begun(stack: MemoryStack) -> None:
    stack.captured(placed(line("1", "mug", 7, 7000)), "o1")
    advance(stack.ports(), "o1", "m1")
    stack.stock("mug", "north", 2)
    fill_backorders(stack.ports(), "mug", "s1")
    order = advance(stack.ports(), "o1", "m2")
    assert {f.location_id: f.counts[UnitState.ALLOCATED] for f in order.fulfillment_orders.values()} == {"north": 7}


def test_a_cancelled_order_gives_back_stock_and_money(stack: MemoryStack) -> None:
    stack.captured(placed(MUG, instrument="sim_ok"), "o1")
    advance(stack.ports(), "o1", "m1")
    execute(stack, "o1", decisions.cancel, stack.caller("c"))
    order = advance(stack.ports(), "o1", "m2")
    assert order.status is OrderStatus.CANCELLED
    assert (order.covered, order.charged) == (0, 0)
    assert list(stack.gateway.releases.values()) == [2380]
    assert stack.levels["mug", "north"].available == 5


def test_what_is_not_needed_of_an_authorisation_is_let_go_when_the_rest_has_shipped(stack: MemoryStack) -> None:
    stack.captured(placed(MUG, instrument="sim_ok"), "o1")
    advance(stack.ports(), "o1", "m1")
    order = execute(stack, "o1", lambda o: decisions.cancel(o, {"1": 1}), stack.caller("c"))
    order = ship(stack, advance(stack.ports(), "o1", "m2"), "o1-1", {"1": 1})
    order = advance(stack.ports(), "o1", "m3")
    assert order.charged == order.due == 1190
    assert list(stack.gateway.releases.values()) == [1190]


def test_units_that_need_no_parcel_are_provided_and_charged_at_once(stack: MemoryStack) -> None:
    card = line("2", "gift-card", 1, 5000, ships=False)
    stack.captured(placed(MUG, card, instrument="sim_ok"), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert order.lines["2"].counts[UnitState.DELIVERED] == 1
    assert order.charged == 5000


def test_an_order_of_many_skus_is_reserved_in_several_transactions(stack: MemoryStack) -> None:
    lines = [line(str(n), f"sku-{n}", 1, 100) for n in range(1, 251)]
    for each in lines[:-30]:
        stack.stock(each.sku, "north", 1)
    for each in lines[-30:]:
        stack.products[each.sku] = Product(sku=each.sku, title=each.sku)
    stack.captured(placed(*lines), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert (order.counts[UnitState.ALLOCATED], order.counts[UnitState.BACKORDERED]) == (220, 30)
    assert len(order.fulfillment_orders) == 1
    assert order.confirmed is not None


def test_an_order_interrupted_between_its_reservations_goes_on_where_it_stopped(stack: MemoryStack) -> None:
    lines = [line(str(n), f"sku-{n}", 1, 100) for n in range(1, 201)]
    for each in lines:
        stack.stock(each.sku, "north", 1)
    stack.captured(placed(*lines), "o1")
    from oms.routing.source import source, steps_of

    order = stack.ports().log.entries("o1")
    assert len(order) == 1
    state = execute(stack, "o1", lambda _: [], stack.caller("look"))
    first = next(iter(steps_of(state, source(state, stack.ports()), UnitState.OPEN)))
    append(stack, state, first, stack.caller("died after this"))
    order = advance(stack.ports(), "o1", "m1")
    assert order.counts[UnitState.ALLOCATED] == 200
    assert order.confirmed is not None
    assert not any(stack.totals())


def test_time_is_never_told_backwards_in_a_log(stack: MemoryStack) -> None:
    stack.captured(placed(MUG), "o1")
    stack.now -= timedelta(hours=1)
    order = advance(stack.ports(), "o1", "m1")
    entries = stack.entries("o1")
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert order.updated_at == entries[-1].at
