"""What a basket is told: as an order would be sourced, from what is there, then from what comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from oms.orders.contact import Address
from oms.orders.kits import Component
from oms.routing.quote import quote
from oms.routing.quoted import Answer, Basket, Quote
from oms.setup import Channel, Platform, Product
from oms.stock.expected import Expected
from oms.stock.levels import SkuStock
from tests.support.memory_stack import START, MemoryStack

TODAY = START.date()
MUNICH = Address(country="DE", postal_code="80331")


def comes(sku: str, place: str, units: int, days: int) -> Expected:
    on = TODAY + timedelta(days=days)
    return Expected(sku=sku, location_id=place, quantity=units, expected=on, purchase_order_id="po")


def told(
    stack: MemoryStack,
    units: dict[str, int],
    *coming: Expected,
    channel: Channel | None = None,
    pickup: str = "",
    reads: list[str] | None = None,
) -> Quote:
    def read(sku: str) -> tuple[SkuStock, Sequence[Expected]]:
        if reads is not None:
            reads.append(sku)
        return stack.sku_stock(sku), [each for each in coming if each.sku == sku]

    return quote(Basket(units=units, channel=channel, destination=MUNICH, pickup=pickup), stack.ports(), read)


def places(found: Quote, line: int = 0) -> list[tuple[str, int, date]]:
    return [(part.location_id, part.quantity, part.available_on) for part in found.lines[line].parts]


def test_what_is_not_there_comes_with_the_goods_that_bring_it_and_each_shelf_is_read_once() -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 3)
    stack.stock("tee", "south", 1)
    reads: list[str] = []
    found = told(
        stack,
        {"mug": 6, "tee": 1, "nope": 1},
        comes("mug", "south", 2, 4),
        comes("mug", "north", 9, 8),
        reads=reads,
    )
    assert sorted(reads) == ["mug", "tee"]
    assert [line.answer for line in found.lines] == [Answer.INCOMING, Answer.IN_STOCK, Answer.UNKNOWN]
    assert places(found) == [
        ("north", 3, TODAY),
        ("south", 2, TODAY + timedelta(days=4)),
        ("north", 1, TODAY + timedelta(days=8)),
    ]
    assert found.lines[0].steps == (
        (TODAY, 3),
        (TODAY + timedelta(days=4), 5),
        (TODAY + timedelta(days=8), 14),
    )
    mug = found.lines[0].arrives
    assert mug is not None
    assert mug > TODAY + timedelta(days=8)
    assert (found.arrives, found.orderable) == (None, False)
    assert [(unit.sku, unit.location_id, unit.quantity) for unit in found.reserved] == [
        ("mug", "north", 3),
        ("tee", "south", 1),
    ]


def test_what_nobody_sends_is_a_backorder_as_far_as_it_may_wait() -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 1)
    (line,) = told(stack, {"mug": 3}).lines
    assert (line.answer, line.undated, line.refused, line.arrives) == (Answer.BACKORDER, 2, 0, None)
    stack.products["mug"] = Product(sku="mug", title="Mug", backorder_limit=1)
    (line,) = told(stack, {"mug": 3}, comes("mug", "north", 1, 2)).lines
    assert (line.answer, line.undated, line.refused) == (Answer.UNAVAILABLE, 0, 1)


def test_a_preorder_is_told_no_day_before_the_release() -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 0)
    out = TODAY + timedelta(days=30)
    stack.products["mug"] = Product(sku="mug", title="Mug", backorder_limit=0, preorder_limit=9, release_date=out)
    found = told(stack, {"mug": 2}, comes("mug", "north", 5, 3))
    assert (found.lines[0].answer, places(found)) == (Answer.INCOMING, [("north", 2, out)])
    assert told(stack, {"mug": 10}).lines[0].refused == 1


def test_a_kit_is_put_together_in_one_place_and_shares_with_the_other_lines() -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 3)
    stack.stock("box", "north", 9)
    stack.stock("box", "south", 9)
    made_of = (Component(sku="mug", quantity=2), Component(sku="box", quantity=1))
    stack.products["set"] = Product(sku="set", title="Set", components=made_of)
    found = told(stack, {"set": 1, "mug": 1})
    assert [(line.answer, line.available) for line in found.lines] == [(Answer.IN_STOCK, 1), (Answer.IN_STOCK, 3)]
    assert sorted((unit.sku, unit.quantity) for unit in found.reserved) == [("box", 1), ("mug", 1), ("mug", 2)]
    assert told(stack, {"set": 1, "mug": 2}).lines[1].answer is Answer.BACKORDER
    (line,) = told(stack, {"set": 2}, comes("mug", "north", 1, 3)).lines
    assert (line.answer, [units for _, units in line.steps]) == (Answer.INCOMING, [1, 2])


def test_what_is_fetched_comes_from_the_store_or_not_at_all() -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 5)
    stack.stock("mug", "south", 1)
    stack.sites["south"] = replace(stack.sites["south"], pickup_days=7)
    found = told(stack, {"mug": 2}, pickup="south")
    assert (places(found), found.lines[0].undated) == ([("south", 1, TODAY)], 1)


def test_a_channel_sees_its_pool_without_what_is_hidden_from_it() -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 5)
    stack.stock("mug", "south", 4)
    channel = Channel(channel_id="web", platform=Platform.CANONICAL, name="Web", pool=("south",), stock_buffer=1)
    stack.sites["south"] = replace(stack.sites["south"], buffer=1)
    (line,) = told(stack, {"mug": 1}, channel=channel).lines
    assert line.available == 2
    assert told(stack, {"mug": 1}).lines[0].available == 8
