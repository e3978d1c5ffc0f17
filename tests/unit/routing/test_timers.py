"""Time as the only cause: what an order does when nobody does anything, and when it has to be woken for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oms.errors import NotAllowed
from oms.fulfillment import decisions as work
from oms.orders import decisions
from oms.orders.deadlines import pay_deadline
from oms.orders.events import HoldReason, OrderPlaced, PaymentMethod, PaymentTerms, UnitsCancelled
from oms.orders.hold_commands import HoldOrder, hold_order
from oms.orders.holding import OwnReason
from oms.orders.log import append, execute, load
from oms.orders.order import Order
from oms.orders.reasons import CancellationReason
from oms.orders.transitions import FulfillmentStatus, OrderStatus
from oms.payments.ledger import PaymentCaptured
from oms.routing.backorders import fill_backorders
from oms.routing.process import advance
from oms.routing.steps import next_step
from oms.routing.timers import wake_at
from tests.support.memory_stack import START, MemoryStack
from tests.support.orders import line, placed

MUG = line("1", "mug", 2, 2000, 380)
CUP = line("2", "cup", 1, 500, 95)
HOUR = 3600


@pytest.fixture
def stack() -> MemoryStack:
    stack = MemoryStack()
    stack.stock("mug", "north", 5)
    stack.stock("cup", "north", 0)
    return stack


def within(
    sold: OrderPlaced, *, remorse: int = 0, unpaid: int = 0, backorder: int = 0, at: datetime = START
) -> OrderPlaced:
    """The order under a channel's rules: minutes, hours, days."""
    return replace(
        sold,
        release_at=at + timedelta(minutes=remorse) if remorse else None,
        pay_by=at + timedelta(hours=unpaid) if unpaid else None,
        backorder_days=backorder,
    )


def wake(stack: MemoryStack, order: Order) -> Order:
    """Let time pass until the order is to be woken, and wake it."""
    moment = wake_at(order)
    assert moment is not None
    stack.now = max(stack.now, moment)
    return advance(stack.ports(), order.order_id, f"timer:{moment}")


def reasons(stack: MemoryStack, order_id: str) -> list[CancellationReason]:
    return [
        event.code for entry in stack.entries(order_id) for event in entry.events if isinstance(event, UnitsCancelled)
    ]


# The remorse window.


def test_an_order_without_a_window_is_released_at_once_and_costs_no_further_entry(stack: MemoryStack) -> None:
    stack.captured(placed(MUG), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert (order.version, order.released, wake_at(order)) == (2, True, None)
    assert order.fulfillment_orders["o1-1"].status is FulfillmentStatus.OPEN


def test_within_the_window_stock_is_reserved_and_nobody_may_begin(stack: MemoryStack) -> None:
    stack.captured(within(placed(MUG, instrument="sim_ok"), remorse=30), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert (order.covered, stack.levels["mug", "north"].committed) == (2380, 2)
    share = order.fulfillment_orders["o1-1"]
    assert (share.status, order.actions_of(share)) == (FulfillmentStatus.SCHEDULED, ())
    for refused in (work.accept, work.pick):
        with pytest.raises(NotAllowed, match="released at 2026-03-02T09:30:00"):
            refused(order, "o1-1")
    assert wake_at(order) == START + timedelta(minutes=30)

    order = wake(stack, order)
    assert order.fulfillment_orders["o1-1"].status is FulfillmentStatus.OPEN
    assert order.actions_of(order.fulfillment_orders["o1-1"]) == ("accept", "reject")
    assert wake_at(order) is None


def test_an_order_cancelled_within_the_window_leaves_nothing_behind(stack: MemoryStack) -> None:
    stack.captured(within(placed(MUG, instrument="sim_ok"), remorse=30), "o1")
    order = advance(stack.ports(), "o1", "m1")
    append(stack, order, decisions.cancel(order), stack.caller("changed my mind"))
    order = advance(stack.ports(), "o1", "m2")
    assert (order.status, order.covered, order.charged) == (OrderStatus.CANCELLED, 0, 0)
    assert stack.levels["mug", "north"].available == 5
    assert wake_at(order) is None


def test_an_order_sourced_after_its_window_is_released_in_the_same_entry(stack: MemoryStack) -> None:
    stack.captured(within(placed(MUG), remorse=30), "o1")
    stack.tick(HOUR)
    order = advance(stack.ports(), "o1", "m1")
    assert order.version == 2
    assert order.fulfillment_orders["o1-1"].status is FulfillmentStatus.OPEN


def test_a_held_order_is_released_when_its_hold_goes(stack: MemoryStack) -> None:
    stack.captured(within(placed(MUG), remorse=30), "o1")
    order = advance(stack.ports(), "o1", "m1")
    order = append(stack, order, decisions.hold(order, HoldReason.MANUAL), stack.caller("wait"))
    assert wake_at(order) is None
    stack.tick(HOUR)
    assert not advance(stack.ports(), "o1", "m2").released
    execute(stack, "o1", lambda o: decisions.release(o, "hold-1"), stack.caller("go on"))
    assert advance(stack.ports(), "o1", "m3").released


def test_backordered_units_that_come_after_the_window_can_be_worked_on_at_once(stack: MemoryStack) -> None:
    stack.captured(within(placed(CUP), remorse=30), "o1")
    order = wake(stack, advance(stack.ports(), "o1", "m1"))
    assert order.released
    stack.stock("cup", "north", 1)
    fill_backorders(stack.ports(), "cup", "stock")
    assert load(stack, "o1").fulfillment_orders["o1-1"].status is FulfillmentStatus.OPEN


# Orders that nobody pays.


@pytest.mark.parametrize(
    "sold",
    [
        placed(MUG, method=PaymentMethod.UNPAID),
        placed(MUG, instrument="sim_decline"),
        replace(placed(MUG), payment=PaymentTerms(method=PaymentMethod.PREPAID, amount=1000)),
    ],
    ids=["unpaid", "declined", "underpaid"],
)
def test_an_order_that_is_not_paid_in_time_is_cancelled_and_gives_everything_back(
    stack: MemoryStack, sold: OrderPlaced
) -> None:
    stack.captured(within(sold, unpaid=48), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert order.status is OrderStatus.HELD
    deadline = wake_at(order)
    assert deadline is not None
    assert timedelta(0) <= deadline - (START + timedelta(hours=48)) < timedelta(minutes=1)
    stack.now = deadline - timedelta(microseconds=1)
    assert advance(stack.ports(), "o1", "too early") == order

    order = wake(stack, order)
    assert (order.status, dict(order.holds), wake_at(order)) == (OrderStatus.CANCELLED, {}, None)
    assert reasons(stack, "o1") == [CancellationReason.UNPAID]
    assert stack.levels["mug", "north"].available == 5
    # What the channel took it gives back itself; the log says how much.
    assert sum(part.amount for each in order.after_sale.refunds.values() for part in each.parts) == order.charged


def test_without_a_rule_of_its_channel_an_order_waits_for_ever(stack: MemoryStack) -> None:
    stack.captured(placed(MUG, method=PaymentMethod.UNPAID), "o1")
    assert wake_at(advance(stack.ports(), "o1", "m1")) is None


def test_an_attempt_that_is_under_way_keeps_the_order(stack: MemoryStack) -> None:
    stack.captured(within(placed(MUG, instrument=f"sim_late:{3 * 24 * HOUR}"), unpaid=48), "o1")
    advance(stack.ports(), "o1", "m1")
    stack.tick(3 * 24 * HOUR)
    assert advance(stack.ports(), "o1", "m2").status is OrderStatus.PLACED
    order = advance(stack.ports(), "o1", "m3", check_pending=True)
    assert order.status is OrderStatus.IN_FULFILLMENT


def test_an_attempt_that_never_ends_is_not_waited_for_for_ever(stack: MemoryStack) -> None:
    """A customer who never came back from the bank. Should the bank agree after all, its money is let go."""
    stack.captured(within(placed(MUG, instrument=f"sim_late:{9 * 24 * HOUR}"), unpaid=48), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert wake_at(order) == START + timedelta(hours=96)
    order = wake(stack, order)
    assert (order.status, reasons(stack, "o1")) == (OrderStatus.CANCELLED, [CancellationReason.UNPAID])
    stack.tick(9 * 24 * HOUR)
    order = advance(stack.ports(), "o1", "m2", check_pending=True)
    assert ([each.status for each in order.payments.values()], order.covered) == (["voided"], 0)


def test_who_is_declined_late_gets_as_much_time_as_others(stack: MemoryStack) -> None:
    """A review took a week: the customer learns of the decline only then."""
    order = stack.captured(within(placed(MUG, instrument="sim_decline"), unpaid=48), "o1")
    append(stack, order, decisions.hold(order, HoldReason.MANUAL, "is this fraud?"), stack.caller("review"))
    stack.tick(7 * 24 * HOUR)
    execute(stack, "o1", lambda o: decisions.release(o, "hold-1"), stack.caller("it is not"))
    order = advance(stack.ports(), "o1", "m1")
    assert order.status is OrderStatus.HELD
    assert pay_deadline(order) == stack.now + timedelta(hours=48)


def test_an_order_that_somebody_looks_after_is_not_given_up(stack: MemoryStack) -> None:
    order = stack.captured(within(placed(MUG, method=PaymentMethod.UNPAID), unpaid=48), "o1")
    order = append(stack, order, decisions.hold(order, HoldReason.MANUAL, "will pay on Monday"), stack.caller("call"))
    assert wake_at(order) is None


def test_money_that_comes_lets_an_unpaid_order_go_on(stack: MemoryStack) -> None:
    order = stack.captured(within(placed(MUG, method=PaymentMethod.UNPAID), unpaid=48), "o1")
    paid = PaymentCaptured(payment_id="transfer", reference="r", amount=order.due, by_channel=True)
    append(stack, order, [paid], stack.caller("the bank says so"))
    order = advance(stack.ports(), "o1", "m1")
    assert (order.status, dict(order.holds), wake_at(order)) == (OrderStatus.IN_FULFILLMENT, {}, None)


def test_nobody_can_let_a_paid_order_wait_for_its_money(stack: MemoryStack) -> None:
    stack.captured(placed(MUG), "o1")
    wish = HoldOrder(reason=OwnReason.PAYMENT_PENDING)
    with pytest.raises(NotAllowed, match="is covered"):
        hold_order(stack, "o1", wish, stack.caller("wait"))
    assert not load(stack, "o1").holds


def test_a_part_of_the_money_is_not_enough(stack: MemoryStack) -> None:
    order = stack.captured(within(placed(MUG, method=PaymentMethod.UNPAID), unpaid=48), "o1")
    paid = PaymentCaptured(payment_id="transfer", reference="r", amount=order.due - 1, by_channel=True)
    order = append(stack, order, [paid], stack.caller("the bank says so"))
    assert advance(stack.ports(), "o1", "m1").status is OrderStatus.HELD
    assert wake_at(order) == START + timedelta(hours=48)


# Reservations of money that lapse, and backorders.


def test_a_reservation_that_lapses_is_noticed_by_time_and_renewed_while_it_is_needed(stack: MemoryStack) -> None:
    stack.captured(placed(CUP, instrument=f"sim_expires:{HOUR}"), "o1")
    order = advance(stack.ports(), "o1", "m1")
    first = wake_at(order)
    assert first == START + timedelta(hours=1)
    order = wake(stack, order)
    assert [payment.status for payment in order.payments.values()] == ["expired", "authorised"]
    assert order.covered == order.due
    assert wake_at(order) == stack.now + timedelta(hours=1)


def test_units_that_wait_for_stock_too_long_are_given_up_line_by_line(stack: MemoryStack) -> None:
    stack.captured(within(placed(MUG, CUP, instrument="sim_ok"), backorder=30), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert wake_at(order) == order.updated_at + timedelta(days=30)
    order = wake(stack, order)
    assert {line_id: each.live for line_id, each in order.lines.items()} == {"1": 2, "2": 0}
    assert reasons(stack, "o1") == [CancellationReason.UNFILLABLE]
    assert not list(stack.ports().waiters("cup"))
    assert (order.due, wake_at(order)) == (2380, None)


def test_an_order_of_which_nothing_can_be_had_is_cancelled_and_its_money_let_go(stack: MemoryStack) -> None:
    stack.captured(within(placed(CUP, shipping=490, instrument="sim_ok"), backorder=1), "o1")
    order = wake(stack, advance(stack.ports(), "o1", "m1"))
    assert (order.status, order.covered, order.due) == (OrderStatus.CANCELLED, 0, 0)
    assert list(stack.gateway.releases.values()) == [1085]


def test_a_long_order_of_which_nothing_is_there_waits_and_is_given_up_as_a_whole(stack: MemoryStack) -> None:
    skus = [f"s{number}" for number in range(100)]
    for sku in skus:
        stack.stock(sku, "north", 0)
    lines = [line(sku, sku, 1, 100) for sku in skus]
    stack.captured(within(placed(*lines, instrument="sim_ok"), backorder=3), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert order.status is OrderStatus.BACKORDERED
    stack.tick(4 * 24 * HOUR)
    order = advance(stack.ports(), "o1", "m2")
    assert (order.status, order.covered, wake_at(order)) == (OrderStatus.CANCELLED, 0, None)
    assert not any(stack.line.values())


# Whatever the order: the moment is right.


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_order_is_woken_exactly_when_time_alone_makes_it_do_something(data: st.DataObject) -> None:
    stack = MemoryStack()
    for sku in ("mug", "cup"):
        stack.stock(sku, "north", data.draw(st.integers(0, 3), label=f"stock of {sku}"))
    instrument = data.draw(
        st.sampled_from(["", "sim_ok", "sim_decline", "sim_late:9000", "sim_late_decline:9000", "sim_expires:7000"])
    )
    method = data.draw(st.sampled_from([PaymentMethod.PREPAID, PaymentMethod.UNPAID]))
    sold = within(
        placed(MUG, CUP, shipping=490, instrument=instrument, method=method),
        remorse=data.draw(st.sampled_from([0, 30, 200]), label="remorse"),
        unpaid=data.draw(st.sampled_from([0, 1, 48]), label="unpaid"),
        backorder=data.draw(st.sampled_from([0, 1]), label="backorder"),
    )
    stack.captured(sold, "o1")
    for number in range(data.draw(st.integers(1, 6), label="steps")):
        order = advance(stack.ports(), "o1", f"m{number}", check_pending=data.draw(st.booleans(), label="check"))
        moment = wake_at(order)
        assert next_step(order, stack.now) is None
        if moment is not None:
            assert moment > stack.now
            assert next_step(order, moment) is not None
            assert next_step(order, moment - timedelta(microseconds=1)) is None
            if data.draw(st.booleans(), label="wake"):
                stack.now = moment
                woken = advance(stack.ports(), "o1", f"timer{number}")
                assert woken.version > order.version
                continue
        else:
            assert next_step(order, stack.now + timedelta(days=4000)) is None
        _something_happens(stack, order, data.draw(st.integers(0, 4), label="what"), number)
        stack.tick(data.draw(st.sampled_from([1, 4000, 100_000]), label="seconds"))


def _something_happens(stack: MemoryStack, order: Order, what: int, number: int) -> None:
    caller = stack.caller(f"wish{number}")
    match what:
        case 0:
            stack.stock("cup", "north", 1)
            fill_backorders(stack.ports(), "cup", f"stock{number}")
        case 1:
            assume(order.status is not OrderStatus.CANCELLED)
            append(stack, order, decisions.hold(order, HoldReason.MANUAL), caller)
        case 2 if order.holds:
            append(stack, order, decisions.release(order, next(iter(order.holds))), caller)
        case 3 if order.lines["1"].live > 1:
            append(stack, order, decisions.cancel(order, {"1": 1}), caller)
        case 4:
            append(
                stack,
                order,
                [PaymentCaptured(payment_id=f"cash{number}", reference="r", amount=500, by_channel=True)],
                caller,
            )
        case _:
            pass
