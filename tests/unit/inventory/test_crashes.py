"""Whoever works in the stockroom dies at each write, sends the same call again, and ends with the same books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from oms.inventory.forms import (
    ChangePurchaseOrder,
    CountStock,
    DispatchTransfer,
    PlacePurchaseOrder,
    PlanTransfer,
    ReceiveGoods,
    ReceiveTransfer,
    StateMoves,
)
from oms.platform import aws, inventory_counts, inventory_orders, inventory_transfers
from oms.platform.inventory_moves import move_all
from tests.unit.inventory.stockroom import caller

Call = Callable[[], object]

WRITES = ("transact_write_items", "put_item", "update_item")


class Died(Exception):
    """The process is gone."""


def the_day() -> list[Call]:
    """Calls of a day in the stockroom, each under a key of its own."""
    lines = [{"sku": "mug", "quantity": 9}, {"sku": "mug", "quantity": 3, "expected": "2026-05-01"}]
    order = {"purchase_order_id": "P", "location_id": "north", "expected": "2026-04-01"}
    came = [{"sku": "mug", "quantity": 10, "unavailable": {"quality": 2}}, {"sku": "jug", "quantity": 4}]
    plan = {"transfer_id": "T", "origin": "north", "destination": "south", "expected": "2026-04-02"}
    both = [{"sku": "mug", "quantity": 5}, {"sku": "jug", "quantity": 2}]
    counted = [{"sku": "mug", "counted": 2}, {"sku": "jug", "counted": 3, "reason": "found"}]
    move = {"sku": "mug", "location_id": "north", "quantity": 2, "from": "quality", "to": "gone"}
    return [
        lambda: inventory_orders.place(
            PlacePurchaseOrder.model_validate(order | {"lines": [*lines, {"sku": "jug", "quantity": 4}]}), caller("1")
        ),
        lambda: inventory_orders.receive("P", ReceiveGoods.model_validate({"lines": came}), caller("2")),
        lambda: inventory_orders.change(
            "P", ChangePurchaseOrder.model_validate({"lines": [{"line": 2, "expected": "2026-06-01"}]}), caller("3")
        ),
        lambda: inventory_orders.close("P", caller("4")),
        lambda: move_all(StateMoves.model_validate({"moves": [move]}), caller("5")),
        lambda: inventory_transfers.plan(PlanTransfer.model_validate(plan | {"lines": both}), caller("6")),
        lambda: inventory_transfers.dispatch("T", DispatchTransfer(), caller("7")),
        lambda: inventory_transfers.receive("T", ReceiveTransfer.model_validate({"lines": both[:1]}), caller("8")),
        lambda: inventory_transfers.close("T", caller("9")),
        lambda: inventory_counts.take(
            CountStock.model_validate({"count_id": "C", "location_id": "south", "lines": counted}), caller("10")
        ),
    ]


def books() -> Any:
    """All that stands in the tables of levels and documents."""
    dynamodb: Any = aws.client("dynamodb")
    rows = [item for table in ("stock", "inventory") for item in dynamodb.scan(TableName=f"test-{table}")["Items"]]
    return sorted(rows, key=repr)


@contextmanager
def death(moment: str, number: int) -> Iterator[None]:
    """Die at the write of this number, before it is sent or after it was carried out."""
    dynamodb: Any = aws.client("dynamodb")
    seen = 0

    def mortal(write: Any) -> Any:
        def call(**arguments: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == number and moment == "before":
                raise Died
            answer = write(**arguments)
            if seen == number:
                raise Died
            return answer

        return call

    with patch.multiple(dynamodb, **{name: mortal(getattr(dynamodb, name)) for name in WRITES}):
        yield


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_whoever_dies_at_any_write_and_calls_again_ends_with_the_same_books(
    moment: str, tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    del tables
    for desk in (inventory_orders, inventory_transfers):
        monkeypatch.setattr(desk, "STEP", 1)
    deaths = 0
    for call in the_day():
        # After a write there is always one less to be made; before it, one more has to be let pass.
        for number in range(1, 20):
            try:
                with death(moment, 1 if moment == "after" else number):
                    call()
            except Died:
                deaths += 1
                continue
            break
        else:
            pytest.fail("the call never came to its end")
    assert deaths > 15
    disturbed = books()
    dynamodb: Any = aws.client("dynamodb")
    for table, names in (("stock", ("sku", "location_id")), ("inventory", ("document",))):
        for item in dynamodb.scan(TableName=f"test-{table}")["Items"]:
            dynamodb.delete_item(TableName=f"test-{table}", Key={name: item[name] for name in names})
    for call in the_day():
        call()
        call()
    assert disturbed == books()
