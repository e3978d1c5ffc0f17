"""Documents of the warehouse as the API shows them."""

from __future__ import annotations

import sys

from oms.clock import to_text
from oms.inventory.arrivals import Receipt
from oms.inventory.purchase_orders import PurchaseOrder, PurchaseOrderStatus

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict


class ArrivalResource(TypedDict):
    """Units of a sku that came."""

    sku: str
    quantity: int
    unavailable: dict[str, int]
    """Units among them that are not for sale, by reason."""


class ReceiptResource(TypedDict):
    """What one call booked in."""

    at: str
    by: str
    reference: str
    lines: list[ArrivalResource]


class PurchaseLineResource(TypedDict):
    """A line of a purchase order."""

    line: int
    sku: str
    quantity: int
    expected: str
    received: int
    """All that came, what is not for sale among it."""
    unavailable: dict[str, int]
    outstanding: int
    given_up: int


class PurchaseOrderRow(TypedDict):
    """A purchase order as lists show it."""

    purchase_order_id: str
    status: PurchaseOrderStatus
    location_id: str
    supplier: str
    reference: str
    next_expected: str
    """The day on which goods are expected next; when all came, the last of its days."""
    ordered: int
    received: int
    outstanding: int


class PurchaseOrderResource(PurchaseOrderRow):
    """A purchase order with its lines and all that came."""

    placed_at: str
    placed_by: str
    lines: list[PurchaseLineResource]
    receipts: list[ReceiptResource]
    actions: list[str]
    version: int


class PurchaseOrderPage(TypedDict):
    """A page of purchase orders."""

    purchase_orders: list[PurchaseOrderRow]
    cursor: str | None


def purchase_order_row(order: PurchaseOrder) -> PurchaseOrderRow:
    """A purchase order in a list; figures are units."""
    return {
        "purchase_order_id": order.purchase_order_id,
        "status": order.status,
        "location_id": order.location_id,
        "supplier": order.supplier,
        "reference": order.reference,
        "next_expected": order.next_expected.isoformat(),
        "ordered": sum(line.ordered for line in order.lines),
        "received": sum(line.received for line in order.lines),
        "outstanding": sum(line.outstanding for line in order.lines),
    }


def purchase_order_resource(order: PurchaseOrder) -> PurchaseOrderResource:
    """A purchase order whole."""
    open_still = order.status is PurchaseOrderStatus.OPEN
    return {
        **purchase_order_row(order),
        "placed_at": to_text(order.placed_at),
        "placed_by": order.placed_by,
        "lines": [
            {
                "line": line.number,
                "sku": line.sku,
                "quantity": line.ordered,
                "expected": line.expected.isoformat(),
                "received": line.received,
                "unavailable": dict(line.unavailable),
                "outstanding": line.outstanding,
                "given_up": line.given_up,
            }
            for line in order.lines
        ],
        "receipts": [receipt_resource(receipt) for receipt in order.receipts],
        "actions": ["receive", "change", "close"] if open_still else ["receive", "change"],
        "version": order.version,
    }


def receipt_resource(receipt: Receipt) -> ReceiptResource:
    """A receipt."""
    return {
        "at": to_text(receipt.at),
        "by": receipt.actor,
        "reference": receipt.reference,
        "lines": [
            {"sku": each.sku, "quantity": each.quantity, "unavailable": dict(each.unavailable)}
            for each in receipt.arrivals
        ],
    }
