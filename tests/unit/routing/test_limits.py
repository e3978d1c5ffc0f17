"""Units that a rule's limits leave waiting: they stay so while the limit holds, and keep nobody else from the goods."""

from __future__ import annotations

import pytest

from oms.orders.events import UnitState
from oms.orders.log import load
from oms.routing.backorders import fill_backorders
from oms.routing.process import advance
from oms.sourcing.rules import Objective, SourcingRule
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed

ONE_PARCEL = SourcingRule(rule_id="one", objective=Objective(kilometre=1), max_parcels=1)


@pytest.fixture
def stack() -> MemoryStack:
    stack = MemoryStack()
    stack.location("north", latitude=52.0)
    stack.location("south", latitude=46.0)
    stack.stock("mug", "north", 5)
    stack.stock("cup", "south", 5)
    stack.rules = (ONE_PARCEL,)
    return stack


def waiting(stack: MemoryStack, order_id: str) -> int:
    return load(stack, order_id).counts.get(UnitState.BACKORDERED, 0)


def test_what_a_limit_forbids_waits_though_it_is_in_stock(stack: MemoryStack) -> None:
    stack.captured(placed(line("1", "mug", 1, 1000, 190), line("2", "cup", 1, 500, 95)), "o1")
    order = advance(stack.ports(), "o1", "m1")
    assert [each.location_id for each in order.fulfillment_orders.values()] == ["north"]
    assert waiting(stack, "o1") == 1
    assert fill_backorders(stack.ports(), "cup", "m2") == 0
    assert waiting(stack, "o1") == 1


def test_it_goes_out_when_goods_come_in_where_the_parcel_is_packed(stack: MemoryStack) -> None:
    stack.captured(placed(line("1", "mug", 1, 1000, 190), line("2", "cup", 1, 500, 95)), "o1")
    advance(stack.ports(), "o1", "m1")
    stack.stock("cup", "north", 1)
    assert fill_backorders(stack.ports(), "cup", "m2") == 1
    assert waiting(stack, "o1") == 0
    assert len(load(stack, "o1").fulfillment_orders) == 1


def test_who_cannot_take_the_goods_keeps_nobody_behind_from_them(stack: MemoryStack) -> None:
    stack.captured(placed(line("1", "mug", 1, 1000, 190), line("2", "cup", 5, 500, 95)), "o1")
    advance(stack.ports(), "o1", "m1")
    assert waiting(stack, "o1") == 5
    stack.captured(placed(line("1", "cup", 4, 2000, 380)), "o2")
    advance(stack.ports(), "o2", "m2")
    fill_backorders(stack.ports(), "cup", "m3")
    assert waiting(stack, "o2") == 0
    assert stack.levels["cup", "south"].available == 1
    assert all(total == 0 for total in stack.totals())


def test_it_goes_out_at_last_when_the_rule_is_gone(stack: MemoryStack) -> None:
    stack.captured(placed(line("1", "mug", 1, 1000, 190), line("2", "cup", 1, 500, 95)), "o1")
    advance(stack.ports(), "o1", "m1")
    stack.rules = ()
    assert fill_backorders(stack.ports(), "cup", "m2") == 1
