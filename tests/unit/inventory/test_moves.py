"""Units that change their state without leaving: each move once, and never more than there are."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from oms.errors import Conflict
from oms.inventory.forms import StateMoves
from oms.platform.inventory_moves import move_all
from oms.platform.stock_counts import adjust
from oms.platform.stock_split import set_buckets
from oms.platform.stock_table import level
from oms.stock.levels import Level, StockReason
from oms.stock.resource import Adjustments
from tests.unit.inventory.stockroom import caller


def moved(cause: str, quantity: int, source: str, target: str) -> Level:
    move = {"sku": "mug", "location_id": "north", "quantity": quantity, "from": source, "to": target}
    return move_all(StateMoves.model_validate({"moves": [move]}), caller(cause))[0]


@pytest.mark.parametrize("buckets", [1, 4])
def test_units_are_put_on_hold_released_and_taken_off_the_books_once(tables: Any, buckets: int) -> None:
    del tables
    adjust("mug", "north", 10, caller("came"), reason=StockReason.RECEIVED)
    set_buckets("mug", "north", buckets, caller("split"))
    for _ in range(2):
        held = moved("m1", 4, "available", "quality")
    assert (held.on_hand, held.available, held.unavailable) == (10, 6, {"quality": 4})
    moved("m2", 3, "quality", "available")
    moved("m3", 1, "quality", "damaged")
    with pytest.raises(Conflict, match="not 1 units of mug at north set aside as quality"):
        moved("m4", 1, "quality", "available")
    for _ in range(2):
        gone = moved("m5", 1, "damaged", "gone")
    assert (gone.on_hand, gone.available, gone.unavailable) == (9, 9, {})
    with pytest.raises(Conflict, match="that are for sale"):
        moved("m6", 10, "available", "safety")
    assert level("mug", "north").available == 9


@pytest.mark.parametrize(("source", "target"), [("transfer", "available"), ("gone", "available"), ("safety", "safety")])
def test_only_moves_that_people_can_mean_are_taken(source: str, target: str) -> None:
    with pytest.raises(ValidationError):
        moved("m1", 1, source, target)


def test_an_adjustment_has_a_reason_that_people_give() -> None:
    row = {"sku": "mug", "location_id": "north", "quantity": -1, "reason": "stolen"}
    assert Adjustments.model_validate({"adjustments": [row]})
    with pytest.raises(ValidationError):
        Adjustments.model_validate({"adjustments": [row | {"reason": "allocated"}]})
