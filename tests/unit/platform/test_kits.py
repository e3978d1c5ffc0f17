"""Kits in the transaction itself: components of all lines are one condition per level."""

from __future__ import annotations

import pytest

from oms.errors import ShortStock
from oms.orders import decisions
from oms.orders.events import Allocation, LineUnits, UnitsAllocated, UnitsBackordered
from oms.orders.kits import Component, ComponentsFixed, Kit
from oms.orders.log import append, execute, load, place
from oms.orders.order import Entry, Order
from oms.platform.event_log import order_log
from oms.platform.stock_counts import set_on_hand
from oms.platform.stock_line import waiters
from oms.platform.stock_table import level, sku_stock
from tests.support.orders import line, placed
from tests.unit.platform.test_event_log import AT, CONTACT, caller

KITS = ComponentsFixed(
    kits=(
        Kit(sku="set", components=(Component(sku="mug", quantity=2), Component(sku="box", quantity=1))),
        Kit(sku="pair", components=(Component(sku="mug", quantity=2),)),
    )
)


@pytest.fixture
def order(tables: object) -> Order:  # noqa: ARG001 - the log needs them
    """Two kits that have the mug in common, and the mug itself."""
    lines = line("1", "set", 2, 2000), line("2", "pair", 1, 900), line("3", "mug", 1, 400)
    events = tuple(decisions.place(placed(*lines)))
    place(order_log(), Entry(order_id="o1", seq=1, at=AT, actor="shop", cause="c1", events=events, contact=CONTACT))
    return load(order_log(), "o1")


def taken(*units: tuple[str, str, int]) -> UnitsAllocated:
    return UnitsAllocated(
        allocations=tuple(
            Allocation(fulfillment_order_id="o1-1", location_id="north", line_id=line_id, sku=sku, quantity=quantity)
            for line_id, sku, quantity in units
        )
    )


ALL = taken(("1", "set", 2), ("2", "pair", 1), ("3", "mug", 1))


@pytest.mark.parametrize("mugs", [4, 6])
def test_lines_that_share_a_component_are_refused_when_together_they_need_more(order: Order, mugs: int) -> None:
    """Every line by itself would pass; DynamoDB would even refuse two updates of one item (medusa#16502)."""
    set_on_hand("mug", "north", mugs, caller("count"))
    set_on_hand("box", "north", 9, caller("count"))
    with pytest.raises(ShortStock):
        append(order_log(), order, [KITS, ALL], caller("c2"))
    assert (level("mug", "north").available, level("box", "north").available) == (mugs, 9)


def test_what_they_need_together_is_taken_and_given_back_to_the_last_unit(order: Order) -> None:
    set_on_hand("mug", "north", 7, caller("count"))
    set_on_hand("box", "north", 2, caller("count"))
    append(order_log(), order, [KITS, ALL], caller("c2"))
    assert (level("mug", "north").available, level("mug", "north").committed) == (0, 7)
    assert level("set", "north").version == 0
    execute(order_log(), "o1", lambda o: decisions.cancel(o, None), caller("c3"))
    assert (level("mug", "north").available, level("box", "north").available) == (7, 2)


def test_a_kit_and_its_component_wait_in_one_place_of_the_components_line(order: Order) -> None:
    units = (("1", "set", 2), ("3", "mug", 1))
    waits = UnitsBackordered(
        units=tuple(LineUnits(line_id=line_id, sku=sku, quantity=count) for line_id, sku, count in units)
    )
    append(order_log(), order, [KITS, waits], caller("c2"))
    assert [(each.order_id, each.quantity) for each in waiters("mug")] == [("o1", 5)]
    assert (sku_stock("mug").waiting, sku_stock("box").waiting, sku_stock("set").waiting) == (5, 2, 0)
