"""Refunds: what was charged beyond what is due goes back, once, to where it came from, to the minor unit."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from oms.orders import decisions
from oms.orders.after_sale import CreditedUnits, ReturnReason, UnitsCredited
from oms.orders.events import UnitState
from oms.orders.log import append, load
from oms.orders.order import Order
from oms.routing.process import advance
from oms.routing.steps import next_step
from tests.support.memory_stack import START, MemoryStack
from tests.support.orders import line, placed
from tests.unit.routing.test_routing import ship


def credit(stack: MemoryStack, order: Order, line_id: str, quantity: int, *, charges: int = 0, fee: int = 0) -> Order:
    """Credit so many units of a line for what they were sold for."""
    kept = order.kept(line_id)
    amount = order.value_between(line_id, kept - quantity, quantity)
    credited = UnitsCredited(
        credit_id=f"c{order.version}",
        reason=ReturnReason.DAMAGED,
        units=(CreditedUnits(line_id=line_id, quantity=quantity, amount=amount),) if quantity else (),
        charges=charges,
        fee=fee,
    )
    return append(stack, order, [credited], stack.caller(f"credit {order.version}"))


def delivered(stack: MemoryStack, instrument: str = "sim_ok", *, total: int = 17925, quantity: int = 7) -> Order:
    stack.stock("mug", "north", quantity)
    stack.captured(placed(line("1", "mug", quantity, total - 500), shipping=500, instrument=instrument), "o1")
    return advance(stack.ports(), "o1", ship(stack, advance(stack.ports(), "o1", "m1"), "o1-1").order_id)


def test_a_credited_unit_is_refunded_with_exactly_what_it_was_sold_for() -> None:
    stack = MemoryStack()
    order = delivered(stack, total=1500, quantity=3)
    order = advance(stack.ports(), credit(stack, order, "1", 1).order_id, "m2")
    assert (order.charged, order.refunded, order.due) == (1500, 333, 1167)


def test_refunds_of_an_order_of_179_25_never_add_up_to_179_26() -> None:
    stack = MemoryStack()
    order = delivered(stack)
    for _ in range(7):
        order = advance(stack.ports(), credit(stack, order, "1", 1).order_id, f"m{order.version}")
    order = advance(stack.ports(), credit(stack, order, "1", 0, charges=500).order_id, "last")
    assert (order.charged, order.refunded, order.due) == (17925, 17925, 0)
    assert sum(stack.gateway.refunds.values()) == 17925


def test_a_refund_whose_record_was_lost_is_made_once() -> None:
    stack = MemoryStack()
    order = credit(stack, delivered(stack), "1", 2)
    stack.fail_appends = 1
    order = advance(stack.ports(), "o1", "m2")
    stack.fail_appends = 1
    order = advance(stack.ports(), "o1", "m3")
    assert len(stack.gateway.refunds) == 1
    assert order.refunded == order.charged - order.due


def test_a_fee_is_kept_from_the_refund() -> None:
    stack = MemoryStack()
    order = delivered(stack, total=1500, quantity=2)
    order = advance(stack.ports(), credit(stack, order, "1", 1, fee=100).order_id, "m2")
    assert order.refunded == 400


def test_money_that_the_channel_took_waits_for_the_channel_to_give_it_back() -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 2)
    stack.captured(placed(line("1", "mug", 2, 2000)), "o1")
    advance(stack.ports(), "o1", "m1")
    order = load(stack, "o1")
    append(stack, order, decisions.cancel(order, {"1": 1}), stack.caller("c"))
    order = advance(stack.ports(), "o1", "m2")
    (refund,) = order.after_sale.refunds.values()
    assert [(part.payment_id, part.amount) for part in refund.parts] == [("channel", 1000)]
    assert order.refunded == 0
    assert advance(stack.ports(), "o1", "m3") == order


def test_an_authorisation_that_lapsed_is_asked_for_again() -> None:
    stack = MemoryStack()
    stack.captured(placed(line("1", "mug", 1, 1000), instrument="sim_expires:60"), "o1")
    stack.stock("mug", "north", 1)
    advance(stack.ports(), "o1", "m1")
    stack.tick(120)
    order = advance(stack.ports(), "o1", "timer")
    assert order.covered == order.due == 1000
    assert [payment.status.value for payment in order.payments.values()] == ["expired", "authorised"]


@settings(max_examples=60, deadline=None)
@given(
    prices=st.lists(st.integers(min_value=1, max_value=999), min_size=1, max_size=3),
    quantities=st.lists(st.integers(min_value=1, max_value=5), min_size=3, max_size=3),
    shipping=st.integers(min_value=0, max_value=500),
    choices=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.booleans()), max_size=8),
)
def test_whatever_is_cancelled_and_credited_charged_less_refunded_is_what_is_kept(
    prices: list[int], quantities: list[int], shipping: int, choices: list[tuple[int, int, bool]]
) -> None:
    stack = MemoryStack()
    lines = [line(str(n), f"sku-{n}", quantities[n], price) for n, price in enumerate(prices)]
    for each in lines:
        stack.stock(each.sku, "north", each.quantity)
    stack.captured(placed(*lines, shipping=shipping, instrument="sim_ok"), "o1")
    order = advance(stack.ports(), "o1", "m1")
    shipped = False
    for number, (at, count, ships) in enumerate(choices):
        if ships and not shipped and order.counts.get(UnitState.ALLOCATED):
            order, shipped = ship(stack, order, "o1-1", _allocated(order)), True
        else:
            line_id = str(at % len(lines))
            units = min(count, order.kept(line_id))
            if units and shipped:
                order = credit(stack, order, line_id, units)
            elif units:
                order = append(stack, order, decisions.cancel(order, {line_id: units}), stack.caller(f"c{number}"))
        order = advance(stack.ports(), "o1", f"s{number}")
        assert 0 <= order.refunded <= order.charged
        if shipped:
            assert order.charged - order.refunded == order.due
    assert next_step(order, START) is None


def _allocated(order: Order) -> dict[str, int]:
    share = order.fulfillment_orders["o1-1"]
    return {each: counts[UnitState.ALLOCATED] for each, counts in share.lines.items() if counts[UnitState.ALLOCATED]}


def test_an_order_that_costs_nothing_asks_no_gateway_and_goes_on() -> None:
    stack = MemoryStack()
    stack.stock("gift", "north", 1)
    stack.captured(placed(line("1", "gift", 1, 0), instrument="sim_ok"), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert order.confirmed is not None
    assert stack.gateway.authorisations == {}
