"""What the API document says of the calls of the warehouse's inventory."""

from __future__ import annotations

from infra.openapi_calls import CURSOR, LIMIT, Call, Query
from oms.inventory.forms import ChangePurchaseOrder, PlacePurchaseOrder, ReceiveGoods
from oms.inventory.purchase_orders import PurchaseOrderStatus
from oms.inventory.resource import PurchaseOrderPage, PurchaseOrderResource


def _list(page: type, statuses: type, first: str) -> Call:
    return Call(
        tag="inventory",
        answers={200: page},
        query=(
            Query(
                name="status",
                description="Only those of this status.",
                schema={"type": "string", "enum": [str(each) for each in statuses], "default": first},  # type: ignore[attr-defined]
            ),
            Query(name="location", description="Only those of this location.", schema={"type": "string"}),
            LIMIT,
            CURSOR,
        ),
    )


def _step(answer: type, body: type | None = None, *, status: int = 200) -> Call:
    return Call(tag="inventory", body=body, answers={status: answer}, repeatable=True)


INVENTORY_CALLS: dict[tuple[str, str], Call] = {
    ("POST", "/purchase-orders"): _step(PurchaseOrderResource, PlacePurchaseOrder, status=201),
    ("GET", "/purchase-orders"): _list(PurchaseOrderPage, PurchaseOrderStatus, "open"),
    ("GET", "/purchase-orders/{purchase_order_id}"): Call(tag="inventory", answers={200: PurchaseOrderResource}),
    ("POST", "/purchase-orders/{purchase_order_id}/receive"): _step(PurchaseOrderResource, ReceiveGoods),
    ("POST", "/purchase-orders/{purchase_order_id}/change"): _step(PurchaseOrderResource, ChangePurchaseOrder),
    ("POST", "/purchase-orders/{purchase_order_id}/close"): _step(PurchaseOrderResource),
}
