"""Cycle counts: what was found against what the books said, booked once, whatever moves meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from oms.errors import Conflict
from oms.inventory.counts import CountOutcome, CountStatus, StockCount
from oms.inventory.forms import CountStock
from oms.inventory.resource import count_resource
from oms.platform import inventory_counts as desk
from oms.platform.stock_counts import adjust
from oms.platform.stock_table import level
from oms.stock.levels import StockReason
from tests.unit.inventory.stockroom import caller

pytestmark = pytest.mark.usefixtures("tables")


def counted(cause: str, *lines: dict[str, Any], **more: Any) -> StockCount:
    wish = {"count_id": cause, "location_id": "north", "reference": "aisle 7", "lines": list(lines)}
    return desk.take(CountStock.model_validate(wish | more), caller(cause))


def received(sku: str, quantity: int, cause: str = "came") -> None:
    adjust(sku, "north", quantity, caller(cause), reason=StockReason.RECEIVED)


def test_a_variance_is_booked_once_with_its_reason_and_reference() -> None:
    received("mug", 10)
    received("jug", 5)
    lines = {"sku": "mug", "counted": 8, "reason": "stolen"}, {"sku": "jug", "counted": 5}
    for _ in range(3):
        count = counted("c1", *lines)
    assert [(line.outcome, line.variance) for line in count.lines] == [
        (CountOutcome.CORRECTED, -2),
        (CountOutcome.AGREES, 0),
    ]
    assert (level("mug", "north").on_hand, count.status) == (8, CountStatus.DONE)
    shown = count_resource(count)
    assert (shown["agreeing"], shown["variance"], shown["units_off"]) == (1, -2, 2)
    with pytest.raises(Conflict, match="another count"):
        counted("c1", {"sku": "mug", "counted": 7})


def test_a_count_that_broke_off_is_booked_to_the_end_and_what_moved_meanwhile_stays_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received("mug", 10)
    received("jug", 5)
    lines = {"sku": "mug", "counted": 8}, {"sku": "jug", "counted": 6}
    made: list[int] = []

    def dies(*arguments: Any, **named: Any) -> Any:
        if made:
            raise ConnectionError("the process died")
        made.append(1)
        return adjust(*arguments, **named)

    monkeypatch.setattr(desk, "adjust", dies)
    with pytest.raises(ConnectionError):
        counted("c1", *lines)
    assert desk.count("c1").status is CountStatus.BOOKING
    monkeypatch.setattr(desk, "adjust", adjust)
    received("mug", -3, "sold")
    received("jug", 1, "came back")
    assert counted("c1", *lines).status is CountStatus.DONE
    assert (level("mug", "north").on_hand, level("jug", "north").on_hand) == (5, 7)


def test_what_moved_since_it_was_counted_or_is_too_far_off_is_counted_again() -> None:
    received("mug", 10)
    received("jug", 5)
    version = level("mug", "north").version
    received("mug", -1, "sold")
    count = counted(
        "c1", {"sku": "mug", "counted": 10, "version": version}, {"sku": "jug", "counted": 50}, max_variance=5
    )
    assert [line.outcome for line in count.lines] == [CountOutcome.MOVED, CountOutcome.BEYOND]
    assert (level("mug", "north").on_hand, level("jug", "north").on_hand) == (9, 5)
    assert [row["count_id"] for row in desk.page("recount")["counts"]] == ["c1"]
    assert desk.page("done", "north")["counts"] == []
