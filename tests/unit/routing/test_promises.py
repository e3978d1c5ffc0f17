from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.orders import commands
from oms.orders.events import OrderConfirmed, UnitState
from oms.orders.order import Order, expected_delivery
from oms.orders.promising import WIGGLE, PromiseChanged, PromiseReason, overdue_at, worth_telling
from oms.routing.backorders import fill_backorders
from oms.routing.news import refresh
from oms.routing.process import advance
from oms.routing.steps import next_step
from oms.routing.timers import wake_at
from oms.stock.expected import Expected
from oms.stock.supply import Supply, last_of, moved, supplies
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed

TODAY = date(2026, 3, 2)
"""A Monday, on which the stack's clock begins."""


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def purchase(stack: MemoryStack, units: int, number: int, document: str = "po-1", sku: str = "mug") -> None:
    """A supplier is to bring so many units to the north in so many days; that of the same document is replaced."""
    stack.coming = [each for each in stack.coming if (each.purchase_order_id, each.sku) != (document, sku)]
    if units:
        stack.coming.append(
            Expected(sku=sku, location_id="north", quantity=units, expected=day(number), purchase_order_id=document)
        )


def sold(stack: MemoryStack, name: str, *units: int, sku: str = "mug") -> Order:
    lines = [line(str(n), sku, count, 1000 * count) for n, count in enumerate(units, 1)]
    stack.captured(replace(placed(*lines), external_id=name), name)
    return advance(stack.ports(), name, f"routed {name}")


@pytest.fixture
def stack() -> MemoryStack:
    empty = MemoryStack()
    empty.stock("mug", "north", 0)
    return empty


def told(stack: MemoryStack, name: str) -> list[date | None]:
    """What the customer was told after the confirmation."""
    events = [event for entry in stack.log[name] for event in entry.events]
    return [event.expected_delivery for event in events if isinstance(event, PromiseChanged) and event.tell]


def test_the_confirmation_tells_the_day_of_what_is_on_its_way(stack: MemoryStack) -> None:
    purchase(stack, 5, 10)
    order = sold(stack, "o1", 2)
    assert order.counts[UnitState.BACKORDERED] == 2
    assert order.promise.arrives == day(10)
    confirmed = next(e for entry in stack.log["o1"] for e in entry.events if isinstance(e, OrderConfirmed))
    assert confirmed.expected_delivery == expected_delivery(order)
    assert expected_delivery(order) is not None
    assert expected_delivery(order) > day(10)
    assert told(stack, "o1") == [], "the confirmation says it"


def test_who_came_first_gets_the_first_delivery(stack: MemoryStack) -> None:
    purchase(stack, 3, 5, "po-1")
    purchase(stack, 3, 20, "po-2")
    orders = [sold(stack, f"o{number}", 2) for number in range(1, 5)]
    assert [each.promise.arrives for each in orders] == [day(5), day(20), day(20), None]
    assert expected_delivery(orders[3]) is None, "nothing is on its way for the last"


def test_what_has_a_place_and_what_waits_come_by_the_later_day(stack: MemoryStack) -> None:
    stack.stock("mug", "north", 1)
    purchase(stack, 5, 10)
    order = sold(stack, "o1", 3)
    assert order.counts == {**order.counts, UnitState.ALLOCATED: 1, UnitState.BACKORDERED: 2}
    assert order.promise.placed is not None
    assert order.promise.placed < day(10) < order.promise.expected_delivery  # type: ignore[operator]


def test_a_day_that_slips_is_told_and_one_that_wiggles_is_not(stack: MemoryStack) -> None:
    purchase(stack, 5, 10)
    first = expected_delivery(sold(stack, "o1", 2))
    purchase(stack, 5, 11)
    refresh(stack.ports(), "o1", "moved a little")
    assert told(stack, "o1") == []
    purchase(stack, 5, 8)
    refresh(stack.ports(), "o1", "sooner")
    assert told(stack, "o1") == []
    purchase(stack, 5, 17)
    later = refresh(stack.ports(), "o1", "much later")
    assert told(stack, "o1") == [expected_delivery(later)]
    assert expected_delivery(later) > first  # type: ignore[operator]
    assert refresh(stack.ports(), "o1", "nothing new").version == later.version


def test_small_steps_are_told_when_they_add_up(stack: MemoryStack) -> None:
    purchase(stack, 5, 8)
    sold(stack, "o1", 2)
    for number in range(9, 18):
        purchase(stack, 5, number)
        refresh(stack.ports(), "o1", f"a day later: {number}")
    days = told(stack, "o1")
    assert 1 <= len(days) <= 4
    assert all(b - a > WIGGLE for a, b in pairwise(days))  # type: ignore[operator]


def test_a_purchase_order_that_is_given_up_leaves_nobody_with_an_old_day(stack: MemoryStack) -> None:
    purchase(stack, 5, 10)
    sold(stack, "o1", 2)
    purchase(stack, 0, 10)
    order = refresh(stack.ports(), "o1", "closed")
    assert (expected_delivery(order), told(stack, "o1")) == (None, [None])
    purchase(stack, 5, 30)
    order = refresh(stack.ports(), "o1", "ordered again")
    assert told(stack, "o1") == [None, expected_delivery(order)]


def test_goods_that_are_overdue_are_counted_on_no_longer(stack: MemoryStack) -> None:
    purchase(stack, 5, 4)
    order = sold(stack, "o1", 2)
    due = overdue_at(order)
    assert due is not None
    assert wake_at(order) == due
    stack.now = due - timedelta(minutes=1)
    assert advance(stack.ports(), "o1", "early").version == order.version
    stack.now = due
    order = advance(stack.ports(), "o1", "woken")
    assert (order.promise.arrives, expected_delivery(order)) == (None, None)
    last = stack.log["o1"][-1].events[-1]
    assert isinstance(last, PromiseChanged)
    assert (last.reason, last.tell) == (PromiseReason.NOT_COMING, True)
    assert wake_at(order) is None


def test_goods_that_come_are_for_those_who_wait_and_the_day_follows(stack: MemoryStack) -> None:
    purchase(stack, 5, 10)
    sold(stack, "o1", 2)
    stack.now += timedelta(days=3)
    purchase(stack, 0, 10)
    stack.stock("mug", "north", 5)
    before = refresh(stack.ports(), "o1", "what comes has changed before the line was served")
    assert expected_delivery(before) is not None, "they are there: nobody is told that they do not come"
    fill_backorders(stack.ports(), "mug", "arrived")
    order = refresh(stack.ports(), "o1", "and after")
    assert order.counts[UnitState.ALLOCATED] == 2
    assert order.promise.arrives is None
    assert expected_delivery(order) is not None
    assert told(stack, "o1") == [], "that it comes sooner the parcel tells"


def test_who_leaves_the_line_makes_room(stack: MemoryStack) -> None:
    purchase(stack, 2, 5, "po-1")
    purchase(stack, 2, 20, "po-2")
    sold(stack, "o1", 2)
    assert sold(stack, "o2", 2).promise.arrives == day(20)
    commands.cancel_order(stack, "o1", commands.CancelOrder(), stack.caller("no thanks"))
    assert refresh(stack.ports(), "o2", "moved up").promise.arrives == day(5)


def test_units_that_were_cancelled_keep_nobody_to_their_day(stack: MemoryStack) -> None:
    stack.stock("mug", "north", 1)
    purchase(stack, 5, 20)
    order = sold(stack, "o1", 3)
    soon = order.promise.placed
    wish = commands.CancelOrder(lines=[commands.CancelLine(line_id="1", quantity=2)])
    commands.cancel_order(stack, "o1", wish, stack.caller("only one"))
    order = advance(stack.ports(), "o1", "cancelled")
    assert (order.promise.arrives, expected_delivery(order)) == (None, soon)
    sold(stack, "o2", 2)
    commands.cancel_order(stack, "o2", commands.CancelOrder(), stack.caller("none"))
    assert next_step(advance(stack.ports(), "o2", "all gone"), stack.now) is None


def test_a_preorder_is_not_promised_before_its_release(stack: MemoryStack) -> None:
    stack.products["mug"] = replace(stack.products["mug"], release_date=day(25))
    purchase(stack, 5, 10)
    order = sold(stack, "o1", 2)
    assert order.promise.arrives == day(25)
    assert expected_delivery(order) > day(25)  # type: ignore[operator]


def test_the_rule_of_telling() -> None:
    known, later = day(10), day(13)
    assert worth_telling(known, later, waits=True)
    assert not worth_telling(known, known + WIGGLE, waits=True)
    assert not worth_telling(known, day(1), waits=True)
    assert worth_telling(known, None, waits=True)
    assert worth_telling(None, known, waits=True)
    assert not worth_telling(None, None, waits=True)
    assert not worth_telling(None, known, waits=False), "it leaves soon, and the parcel tells"


deliveries = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 5)), max_size=5)


@given(deliveries, st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_no_unit_of_a_delivery_is_promised_to_two(coming: list[tuple[int, int]], wants: list[int]) -> None:
    expected = [
        Expected(sku="mug", location_id="north", quantity=units, expected=day(number), purchase_order_id=f"po-{n}")
        for n, (number, units) in enumerate(coming)
    ]
    found = supplies({}, expected, TODAY)
    ahead = 0
    days = []
    for units in wants:
        ahead += units
        last = last_of(found, ahead)
        days.append(last.day if last else None)
        if last is not None:
            assert sum(each.units for each in found if each.day <= last.day) >= ahead
            assert sum(each.units for each in found if each.day < last.day) < ahead
    known = [each for each in days if each is not None]
    assert known == sorted(known)
    assert days[: len(known)] == known, "who stands behind one without a day has none either"


def test_an_order_is_affected_exactly_when_its_last_unit_comes_otherwise() -> None:
    one, two = Supply(day(5), "north", 3), Supply(day(9), "north", 3)
    assert not moved([one, two], [one, two], 0, 3)
    assert moved([one, two], [one], 3, 1)
    assert not moved([one, two], [one], 0, 3)
    assert moved([one, two], [one, two], 1, 2, shift=-1)
