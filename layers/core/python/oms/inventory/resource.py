"""Documents of the warehouse as the API shows them."""

from __future__ import annotations

import sys

from oms.clock import to_text
from oms.inventory.arrivals import Receipt
from oms.inventory.purchase_orders import PurchaseOrder, PurchaseOrderStatus
from oms.inventory.transfers import Transfer, TransferStatus

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


class TransferLineResource(TypedDict):
    """A line of a transfer."""

    sku: str
    quantity: int
    set_aside: int
    """Still at the origin."""
    in_transit: int
    received: int
    """All that arrived, what is not for sale among it."""
    unavailable: dict[str, int]
    lost: int
    kept: int
    """Not dispatched in the end, and for sale at the origin again."""


class DispatchResource(TypedDict):
    """What left by one call."""

    at: str
    by: str
    reference: str
    units: dict[str, int]


class TransferRow(TypedDict):
    """A transfer as lists show it."""

    transfer_id: str
    status: TransferStatus
    origin: str
    destination: str
    expected: str
    reference: str
    units: int
    in_transit: int
    received: int
    lost: int


class TransferResource(TransferRow):
    """A transfer with its lines and all that left and arrived."""

    planned_at: str
    planned_by: str
    lines: list[TransferLineResource]
    dispatches: list[DispatchResource]
    receipts: list[ReceiptResource]
    actions: list[str]
    version: int


class TransferPage(TypedDict):
    """A page of transfers."""

    transfers: list[TransferRow]
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


def transfer_row(transfer: Transfer) -> TransferRow:
    """A transfer in a list; figures are units."""
    return {
        "transfer_id": transfer.transfer_id,
        "status": transfer.status,
        "origin": transfer.origin,
        "destination": transfer.destination,
        "expected": transfer.expected.isoformat(),
        "reference": transfer.reference,
        "units": sum(line.quantity for line in transfer.lines),
        "in_transit": sum(line.in_transit for line in transfer.lines),
        "received": sum(line.received for line in transfer.lines),
        "lost": sum(line.lost for line in transfer.lines),
    }


def transfer_resource(transfer: Transfer) -> TransferResource:
    """A transfer whole."""
    can = {
        "dispatch": any(line.set_aside for line in transfer.lines),
        "receive": any(line.in_transit or line.lost for line in transfer.lines),
        "close": any(line.set_aside or line.in_transit for line in transfer.lines),
    }
    return {
        **transfer_row(transfer),
        "planned_at": to_text(transfer.planned_at),
        "planned_by": transfer.planned_by,
        "lines": [
            {
                "sku": line.sku,
                "quantity": line.quantity,
                "set_aside": line.set_aside,
                "in_transit": line.in_transit,
                "received": line.received,
                "unavailable": dict(line.unavailable),
                "lost": line.lost,
                "kept": line.kept,
            }
            for line in transfer.lines
        ],
        "dispatches": [
            {"at": to_text(each.at), "by": each.actor, "reference": each.reference, "units": dict(each.units)}
            for each in transfer.dispatches
        ],
        "receipts": [receipt_resource(receipt) for receipt in transfer.receipts],
        "actions": [action for action, possible in can.items() if possible],
        "version": transfer.version,
    }
