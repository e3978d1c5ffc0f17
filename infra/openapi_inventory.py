"""What the API document says of the calls of the warehouse's inventory."""

from __future__ import annotations

from infra.openapi_calls import CURSOR, LIMIT, Call, Query
from oms.inventory.counts import CountStatus
from oms.inventory.forms import (
    AcceptDifferences,
    ChangePurchaseOrder,
    CountStock,
    DispatchTransfer,
    PlacePurchaseOrder,
    PlanTransfer,
    ReceiveGoods,
    ReceiveTransfer,
    StateMoves,
)
from oms.inventory.purchase_orders import PurchaseOrderStatus
from oms.inventory.shapes import (
    AcceptedResource,
    AuditResource,
    CountPage,
    CountResource,
    LedgerPage,
    PurchaseOrderPage,
    PurchaseOrderResource,
    TransferPage,
    TransferResource,
)
from oms.inventory.transfers import TransferStatus
from oms.stock.resource import LevelsResource


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
    ("POST", "/stock/transfers"): _step(TransferResource, PlanTransfer, status=201),
    ("GET", "/stock/transfers"): _list(TransferPage, TransferStatus, "in_transit"),
    ("GET", "/stock/transfers/{transfer_id}"): Call(tag="inventory", answers={200: TransferResource}),
    ("POST", "/stock/transfers/{transfer_id}/dispatch"): _step(TransferResource, DispatchTransfer),
    ("POST", "/stock/transfers/{transfer_id}/receive"): _step(TransferResource, ReceiveTransfer),
    ("POST", "/stock/transfers/{transfer_id}/close"): _step(TransferResource),
    ("POST", "/stock/moves"): _step(LevelsResource, StateMoves),
    ("POST", "/stock/counts"): _step(CountResource, CountStock, status=201),
    ("GET", "/stock/counts"): _list(CountPage, CountStatus, "recount"),
    ("GET", "/stock/counts/{count_id}"): Call(tag="inventory", answers={200: CountResource}),
    ("GET", "/stock/{sku}/{location_id}/ledger"): Call(
        tag="inventory", answers={200: LedgerPage}, query=(LIMIT, CURSOR)
    ),
    ("POST", "/stock/{sku}/{location_id}/ledger/accept"): Call(
        tag="inventory", body=AcceptDifferences, answers={200: AcceptedResource}
    ),
    ("GET", "/stock/audit"): Call(tag="inventory", answers={200: AuditResource}),
}
