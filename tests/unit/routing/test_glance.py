"""Plenty may be seen at a glance; whatever is scarce, waited for or unknown is read."""

from __future__ import annotations

from dataclasses import replace

from oms.routing.glance import PLENTY, stock_for
from oms.routing.ports import Ports
from oms.sourcing.plan import Demand
from oms.stock.levels import Level, SkuStock
from tests.support.memory_stack import MemoryStack

READ = SkuStock(sku="mug", levels=(Level(sku="mug", location_id="north", on_hand=1, available=1),))


def glancing(seen: SkuStock | None) -> Ports:
    return replace(MemoryStack().ports(), sku_stock=lambda _: READ, glance=lambda _: seen)


def seen(available: int, waiting: int = 0) -> SkuStock:
    level = Level(sku="mug", location_id="north", on_hand=available, available=available, buckets=4)
    return SkuStock(sku="mug", levels=(level,), waiting=waiting)


def looks(ports: Ports, quantity: int = 3) -> SkuStock:
    return stock_for([Demand(line_id="1", sku="mug", quantity=quantity)], {}, ports)["mug"]


def test_a_hot_sku_of_which_there_is_plenty_is_not_read_again() -> None:
    plenty = seen(3 * PLENTY)
    assert looks(glancing(plenty)) is plenty


def test_what_is_scarce_or_waited_for_or_was_not_seen_is_read() -> None:
    for each in (seen(3 * PLENTY - 1), seen(1000, waiting=1), None):
        assert looks(glancing(each)) is READ
