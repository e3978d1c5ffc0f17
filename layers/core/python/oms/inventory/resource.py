"""Documents of the warehouse as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence

from oms.clock import to_text
from oms.inventory.arrivals import Receipt
from oms.inventory.counts import CountOutcome, StockCount
from oms.inventory.ledger import Audit, Difference, LedgerEntry
from oms.inventory.purchase_orders import PurchaseOrder, PurchaseOrderStatus
from oms.inventory.shapes import (
    AuditResource,
    CountResource,
    CountRow,
    DifferenceResource,
    LedgerPage,
    PurchaseOrderResource,
    PurchaseOrderRow,
    ReceiptResource,
    TransferResource,
    TransferRow,
)
from oms.inventory.transfers import Transfer


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


def count_row(count: StockCount) -> CountRow:
    """A count in a list; figures are units, `levels` and `agreeing` levels."""
    corrected = [line.variance for line in count.lines if line.outcome is CountOutcome.CORRECTED]
    return {
        "count_id": count.count_id,
        "status": count.status,
        "location_id": count.location_id,
        "reference": count.reference,
        "counted_at": to_text(count.counted_at),
        "counted_by": count.counted_by,
        "levels": len(count.lines),
        "agreeing": sum(line.outcome is CountOutcome.AGREES for line in count.lines),
        "variance": sum(corrected),
        "units_off": sum(abs(units) for units in corrected),
    }


def count_resource(count: StockCount) -> CountResource:
    """A count whole."""
    return {
        **count_row(count),
        "lines": [
            {
                "sku": line.sku,
                "books": line.books,
                "counted": line.counted,
                "variance": line.variance,
                "reason": line.reason.value,
                "outcome": line.outcome,
            }
            for line in count.lines
        ],
        "version": count.version,
    }


def ledger_resource(entries: list[LedgerEntry], cursor: str | None) -> LedgerPage:
    """A page of a level's ledger."""
    return {
        "entries": [
            {
                "at": each.at,
                "version": each.version,
                "bucket": each.bucket,
                "reason": each.reason,
                "reference": each.reference,
                "by": each.actor,
                "cause": each.cause,
                "changes": dict(each.changes),
                "balance": dict(each.balance),
            }
            for each in entries
        ],
        "cursor": cursor,
    }


def difference_resources(differences: Sequence[Difference]) -> list[DifferenceResource]:
    """What does not add up."""
    return [{"account": each.account, "problem": each.problem, "detail": each.detail} for each in differences]


def audit_resource(audit: Audit | None) -> AuditResource:
    """The audit of a night, if there was one."""
    if audit is None:
        return {"started_at": None, "finished_at": None, "levels": 0, "behind": 0, "found": 0, "differences": []}
    return {
        "started_at": audit.started_at,
        "finished_at": audit.finished_at or None,
        "levels": audit.levels,
        "behind": audit.behind,
        "found": audit.found,
        "differences": difference_resources(audit.differences),
    }
