"""Limits on how many units may wait: exact, whoever comes at the same time, and counted by the channel that waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.bench.dynamo import Dynamo
from oms.errors import ShortStock
from oms.orders import decisions
from oms.orders.events import HoldReason, LineUnits, OrderHeld, UnitsBackordered
from oms.orders.kits import Component
from oms.orders.log import Caller, append, execute, load, place
from oms.orders.order import Entry
from oms.orders.rejecting import Rejection, RejectReason, UnitsRejected
from oms.platform.event_log import order_log
from oms.platform.stock_table import sku_stock
from oms.routing.limits import Waiting, waiting_of
from oms.setup import Product
from oms.sourcing.plan import Unfilled
from oms.stock.levels import SkuStock
from tests.support.interleaved import in_memory
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def dynamo() -> Iterator[Dynamo]:
    with in_memory() as made:
        yield made


def caller(cause: str) -> Caller:
    return Caller(actor="test", cause=cause, clock=lambda: AT)


def begin(order_id: str, channel_id: str = "web") -> None:
    sold = replace(placed(line("1", "mug", 3, 1000)), external_id=order_id, channel_id=channel_id)
    place(order_log(), Entry(order_id=order_id, seq=1, at=AT, actor="test", cause=order_id, events=(sold,)))


def waits(order_id: str, units: int, limit: int) -> None:
    event = UnitsBackordered(units=(LineUnits(line_id="1", sku="mug", quantity=units),), limits={"mug": limit})
    append(order_log(), load(order_log(), order_id), [event], caller(f"{order_id} {units}"))


@pytest.mark.usefixtures("dynamo")
def test_units_beyond_the_limit_do_not_begin_to_wait_whatever_was_read_before() -> None:
    begin("o1")
    begin("o2", "store")
    waits("o1", 2, 3)
    with pytest.raises(ShortStock):
        waits("o2", 2, 3)
    waits("o2", 1, 3)
    stock = sku_stock("mug")
    assert (stock.waiting, stock.waiting_by) == (3, {"web": 2, "store": 1})
    execute(order_log(), "o1", decisions.cancel, caller("cancelled"))
    stock = sku_stock("mug")
    assert (stock.waiting, stock.waiting_by) == (1, {"store": 1})


def shared(stack: MemoryStack, *unfilled: Unfilled, waiting: int = 0, released: bool = False) -> Waiting:
    order = stack.captured(placed(line("1", "mug", 3, 1000)), f"o{len(stack.log)}")
    if released:
        held = OrderHeld(handle="hold-1", reason=HoldReason.BACKORDER_LIMIT)
        order = append(stack, order, [held], stack.caller("held"))
        order = append(stack, order, decisions.release(order, "hold-1"), stack.caller("let go"))
    stock = {sku: SkuStock(sku=sku, levels=(), waiting=waiting) for sku in ("mug", "box")}
    kit = (Component(sku="mug", quantity=2), Component(sku="box", quantity=1))
    return waiting_of(order, unfilled, {"set": kit}, stock, stack.ports())


def test_earlier_lines_wait_first_and_what_is_beyond_is_named() -> None:
    stack = MemoryStack()
    stack.products = {"mug": Product(sku="mug", title="Mug", backorder_limit=5), "box": Product(sku="box", title="Box")}
    lines = Unfilled("1", "mug", 3), Unfilled("2", "mug", 2)
    assert shared(stack, *lines) == Waiting(lines, {"mug": 5})
    found = shared(stack, *lines, waiting=1)
    assert (found.units, found.beyond) == ((lines[0], Unfilled("2", "mug", 1)), (Unfilled("2", "mug", 1),))
    assert found.note == "more than may wait for stock: 1 of mug"
    assert shared(stack, *lines, waiting=9).units == ()
    assert shared(stack, *lines, waiting=9, released=True) == Waiting(lines)
    stack.products = {}
    assert shared(stack, *lines, waiting=9) == Waiting(lines)


def test_a_kit_waits_as_far_as_its_components_may() -> None:
    stack = MemoryStack()
    stack.products = {"mug": Product(sku="mug", title="Mug", backorder_limit=5), "box": Product(sku="box", title="Box")}
    found = shared(stack, Unfilled("1", "set", 3), Unfilled("2", "mug", 2))
    assert found.units == (Unfilled("1", "set", 2), Unfilled("2", "mug", 1))
    assert found.beyond == (Unfilled("1", "set", 1), Unfilled("2", "mug", 1))


def test_what_a_location_gave_back_waits_whatever_the_limit() -> None:
    stack = MemoryStack()
    stack.products = {"mug": Product(sku="mug", title="Mug", backorder_limit=0)}
    order = stack.captured(placed(line("1", "mug", 3, 1000)), "o1")
    gone = UnitsRejected(fulfillment_order_id="o1-1", location_id="north", reason=RejectReason.NOT_IN_STOCK, units=())
    lost = replace(order, rejections=(Rejection(gone, AT),))
    stock = {"mug": SkuStock(sku="mug", levels=())}
    units = (Unfilled("1", "mug", 3),)
    assert waiting_of(order, units, {}, stock, stack.ports()).beyond == units
    assert waiting_of(lost, units, {}, stock, stack.ports()) == Waiting(units)
