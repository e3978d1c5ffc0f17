"""Purchase orders: what is promised, what came of it, and what the books say at each moment."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from oms.errors import Conflict, InvalidInput
from oms.inventory.forms import ChangePurchaseOrder, PlacePurchaseOrder, ReceiveGoods
from oms.inventory.purchase_orders import PurchaseOrder, PurchaseOrderStatus
from oms.inventory.resource import purchase_order_resource
from oms.orders.kits import Component
from oms.platform import aws, setup
from oms.platform import inventory_orders as desk
from oms.platform.incoming import expected
from oms.platform.stock_table import level
from oms.setup import Product
from oms.stock.expected import Expected
from tests.unit.inventory.stockroom import caller

pytestmark = pytest.mark.usefixtures("tables")

EARLY, LATE = date(2026, 4, 1), date(2026, 5, 1)


def wish(*lines: dict[str, Any], **more: Any) -> PlacePurchaseOrder:
    body = {"purchase_order_id": "PO-1", "location_id": "north", "expected": "2026-04-01", "lines": list(lines)}
    return PlacePurchaseOrder.model_validate(body | more)


def two_deliveries() -> PurchaseOrder:
    return desk.place(
        wish({"sku": "mug", "quantity": 10}, {"sku": "mug", "quantity": 5, "expected": "2026-05-01"}), caller("place")
    )


def came(*lines: dict[str, Any], **more: Any) -> ReceiveGoods:
    return ReceiveGoods.model_validate({"lines": list(lines)} | more)


def test_what_is_ordered_is_incoming_and_promised_by_its_day() -> None:
    two_deliveries()
    assert (level("mug", "north").incoming, level("mug", "north").on_hand) == (15, 0)
    assert expected("mug") == (
        Expected(sku="mug", location_id="north", quantity=10, expected=EARLY, purchase_order_id="PO-1"),
        Expected(sku="mug", location_id="north", quantity=5, expected=LATE, purchase_order_id="PO-1"),
    )


def test_a_part_that_came_is_on_hand_and_no_longer_promised_the_earliest_first() -> None:
    two_deliveries()
    order = desk.receive("PO-1", came({"sku": "mug", "quantity": 12, "unavailable": {"damaged": 2}}), caller("r1"))
    known = level("mug", "north")
    assert (known.on_hand, known.available, known.unavailable, known.incoming) == (12, 10, {"damaged": 2}, 3)
    assert [(each.quantity, each.expected) for each in expected("mug")] == [(3, LATE)]
    assert [(line.received, line.outstanding) for line in order.lines] == [(10, 0), (2, 3)]
    assert order.status is PurchaseOrderStatus.OPEN


def test_a_receipt_that_comes_twice_is_booked_once() -> None:
    two_deliveries()
    for _ in range(3):
        desk.receive("PO-1", came({"sku": "mug", "quantity": 4}), caller("r1"))
    assert level("mug", "north").on_hand == 4
    desk.receive("PO-1", came({"sku": "mug", "quantity": 4}), caller("r2"))
    assert level("mug", "north").on_hand == 8


def test_more_than_was_ordered_is_booked_in_only_on_purpose() -> None:
    two_deliveries()
    with pytest.raises(Conflict, match="15 are outstanding"):
        desk.receive("PO-1", came({"sku": "mug", "quantity": 17}), caller("r1"))
    assert level("mug", "north").on_hand == 0
    order = desk.receive("PO-1", came({"sku": "mug", "quantity": 17}, accept_over=True), caller("r1"))
    assert (level("mug", "north").on_hand, level("mug", "north").incoming, expected("mug")) == (17, 0, ())
    assert order.status is PurchaseOrderStatus.RECEIVED


def test_what_is_given_up_is_no_longer_incoming_and_may_still_come() -> None:
    two_deliveries()
    desk.receive("PO-1", came({"sku": "mug", "quantity": 9}), caller("r1"))
    for _ in range(2):
        order = desk.close("PO-1", caller("close"))
    assert (order.status, level("mug", "north").incoming, expected("mug")) == (PurchaseOrderStatus.CLOSED, 0, ())
    order = desk.receive("PO-1", came({"sku": "mug", "quantity": 6}, accept_over=True), caller("late"))
    assert (level("mug", "north").on_hand, order.status) == (15, PurchaseOrderStatus.RECEIVED)


def test_the_supplier_may_promise_another_day_or_fewer_units() -> None:
    two_deliveries()
    version = level("mug", "north").version
    later = ChangePurchaseOrder.model_validate({"lines": [{"line": 1, "expected": "2026-04-20"}]})
    for _ in range(2):
        desk.change("PO-1", later, caller("c1"))
    assert [each.expected for each in expected("mug")] == [date(2026, 4, 20), LATE]
    assert level("mug", "north").version == version, "a day is no movement"
    fewer = ChangePurchaseOrder.model_validate({"lines": [{"line": 2, "quantity": 1}]})
    desk.change("PO-1", fewer, caller("c2"))
    assert level("mug", "north").incoming == 11
    with pytest.raises(InvalidInput, match="twice"):
        desk.change(
            "PO-1",
            ChangePurchaseOrder.model_validate({"lines": [{"line": 1, "expected": "2026-05-01"}]}),
            caller("c3"),
        )


def test_a_large_order_that_broke_off_is_placed_and_received_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{"sku": f"sku{number}", "quantity": 2} for number in range(5)]
    monkeypatch.setattr(desk, "known_skus", list)
    monkeypatch.setattr(desk, "STEP", 2)
    dynamodb = aws.client("dynamodb")

    def placed() -> PurchaseOrder:
        return desk.place(wish(*lines), caller("place"))

    def booked() -> PurchaseOrder:
        return desk.receive("PO-1", came(*lines), caller("r1"))

    for call in (placed, booked):
        real = dynamodb.transact_write_items
        counted: list[int] = []

        def dies(*, calls: list[int] = counted, real: Any = real, **arguments: Any) -> Any:
            calls.append(1)
            if len(calls) == 2:
                raise ConnectionError("the process died")
            return real(**arguments)

        monkeypatch.setattr(dynamodb, "transact_write_items", dies)
        with pytest.raises(ConnectionError):
            call()
        monkeypatch.setattr(dynamodb, "transact_write_items", real)
        known = call()
    assert known.status is PurchaseOrderStatus.RECEIVED
    assert {level(f"sku{number}", "north").on_hand for number in range(5)} == {2}
    assert len(known.receipts) == 1
    assert purchase_order_resource(known)["received"] == 10


def test_the_same_number_is_the_same_order_and_nothing_else() -> None:
    first = two_deliveries()
    assert two_deliveries() == first
    with pytest.raises(Conflict, match="another purchase order"):
        desk.place(wish({"sku": "jug", "quantity": 1}), caller("other"))
    with pytest.raises(InvalidInput) as refused:
        desk.place(wish({"sku": "mug", "quantity": 1}, {"sku": "mgu", "quantity": 1}), caller("slip"))
    assert [each.path for each in refused.value.errors] == ["lines[1].sku"]
    setup.put(Product(sku="set", title="Set", components=(Component(sku="mug", quantity=2),)))
    with pytest.raises(InvalidInput) as refused:
        desk.place(wish({"sku": "set", "quantity": 1}), caller("kit"))
    assert "its components" in refused.value.errors[0].message
    with pytest.raises(InvalidInput, match="no location"):
        desk.place(wish({"sku": "mug", "quantity": 1}, location_id="nowhere"), caller("slip"))
    with pytest.raises(ValidationError, match="needs a day"):
        wish({"sku": "mug", "quantity": 1}, expected=None)


def test_lists_show_what_is_due_next_and_page() -> None:
    for number, day in enumerate(("2026-04-09", "2026-04-02", "2026-04-05")):
        place = "north" if number else "south"
        desk.place(
            wish({"sku": "mug", "quantity": 1}, purchase_order_id=f"PO-{number}", expected=day, location_id=place),
            caller("x"),
        )
    first = desk.page("open", limit=2)
    rest = desk.page("open", limit=2, cursor=first["cursor"] or "")
    rows = [*first["purchase_orders"], *rest["purchase_orders"]]
    assert [row["purchase_order_id"] for row in rows] == ["PO-1", "PO-2", "PO-0"]
    assert rest["cursor"] is None
    assert [row["purchase_order_id"] for row in desk.page("open", "south")["purchase_orders"]] == ["PO-0"]
    assert desk.page("received")["purchase_orders"] == []
    for cursor in ("nonsense", (first["cursor"] or "")[:-3]):
        with pytest.raises(InvalidInput):
            desk.page("open", cursor=cursor)
    with pytest.raises(InvalidInput, match="no status"):
        desk.page("lost")
