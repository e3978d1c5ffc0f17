"""Stock levels: counts, adjustments once per cause, and their ledger on the item."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from oms.errors import Conflict, NotFound, VersionMismatch
from oms.orders.log import Caller
from oms.platform.stock_counts import adjust, adjust_all, set_on_hand
from oms.platform.stock_table import level, sku_stock
from oms.stock.levels import Level, SkuStock, StockReason
from oms.stock.resource import Adjustment, Adjustments, sku_resource

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def caller(cause: str) -> Caller:
    return Caller(actor="test", cause=cause, clock=lambda: AT)


@pytest.mark.usefixtures("tables")
def test_a_count_sets_what_is_on_hand_under_the_version_that_was_read() -> None:
    counted = set_on_hand("mug", "north", 7, caller("a"), expected_version=0)
    assert (counted.on_hand, counted.available, counted.version) == (7, 7, 1)
    with pytest.raises(VersionMismatch):
        set_on_hand("mug", "north", 9, caller("b"), expected_version=0)
    assert set_on_hand("mug", "north", 7, caller("c")).version == 1
    assert set_on_hand("mug", "north", 0, caller("d"), expected_version=1).available == 0


@pytest.mark.usefixtures("tables")
def test_an_adjustment_is_made_once_however_often_it_is_sent() -> None:
    for _ in range(3):
        adjust("mug", "north", 5, caller("delivery-1"), reason=StockReason.RECEIVED, reference="po-7")
    assert level("mug", "north").on_hand == 5
    adjust("mug", "south", 5, caller("delivery-1"), reason=StockReason.RECEIVED)
    adjust("mug", "north", -2, caller("broken"), reason=StockReason.DAMAGED)
    assert {each.location_id: each.available for each in sku_stock("mug").levels} == {"north": 3, "south": 5}


@pytest.mark.usefixtures("tables")
def test_more_than_is_there_cannot_be_taken() -> None:
    with pytest.raises(NotFound):
        adjust("mug", "north", -1, caller("a"), reason=StockReason.DAMAGED)
    adjust("mug", "north", 1, caller("b"), reason=StockReason.RECEIVED)
    with pytest.raises(Conflict, match="1 are on hand"):
        adjust("mug", "north", -2, caller("c"), reason=StockReason.DAMAGED)


@pytest.mark.usefixtures("tables")
def test_a_request_that_broke_off_is_sent_again_and_only_the_rest_is_made() -> None:
    rows = [
        Adjustment(sku="mug", location_id="north", quantity=4, reason=StockReason.RECEIVED),
        Adjustment(sku="jug", location_id="north", quantity=-1, reason=StockReason.DAMAGED),
    ]
    with pytest.raises(NotFound):
        adjust_all(Adjustments(adjustments=rows), caller("r1"))
    adjust("jug", "north", 3, caller("found"), reason=StockReason.CORRECTED)
    levels = adjust_all(Adjustments(adjustments=rows), caller("r1"))
    assert [each.on_hand for each in levels] == [4, 2]


def test_each_movement_stands_on_the_level_with_its_reason(tables: Any) -> None:
    adjust("mug", "north", 5, caller("delivery-1"), reason=StockReason.RECEIVED, reference="po-7")
    item = tables.get_item(TableName="test-stock", Key={"sku": {"S": "mug"}, "location_id": {"S": "north"}})["Item"]
    last = {name: next(iter(value.values())) for name, value in item["last"]["M"].items()}
    assert last == {
        "reason": "received",
        "reference": "po-7",
        "at": "2026-03-02T09:00:00.000000Z",
        "cause": "delivery-1",
        "actor": "test",
        "direction": "in",
        "on_hand": "5",
        "available": "5",
    }


def test_what_others_wait_for_is_not_offered_to_a_new_order() -> None:
    stock = SkuStock(
        sku="mug",
        levels=(
            Level(sku="mug", location_id="north", available=5),
            Level(sku="mug", location_id="south", available=2),
            Level(sku="mug", location_id="east", available=-1),
        ),
        waiting=6,
    )
    assert stock.sellable() == {"north": 0, "south": 1, "east": 0}
    assert stock.available() == {"north": 5, "south": 2, "east": 0}
    assert sku_resource(stock)["available"] == 6
