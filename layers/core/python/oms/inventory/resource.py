"""Documents of the warehouse as the API shows them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from oms.clock import to_text
from oms.inventory.arrivals import Receipt
from oms.inventory.counts import CountOutcome, CountStatus, StockCount
from oms.inventory.ledger import Audit, Difference, LedgerEntry
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


class CountLineResource(TypedDict):
    """A counted level."""

    sku: str
    books: int
    """Units on hand by the books when the count came."""
    counted: int
    variance: int
    reason: str
    outcome: CountOutcome


class CountRow(TypedDict):
    """A count as lists show it."""

    count_id: str
    status: CountStatus
    location_id: str
    reference: str
    counted_at: str
    counted_by: str
    levels: int
    agreeing: int
    variance: int
    """Sum of the variances that were booked, units missing against units found."""
    units_off: int
    """Sum of the sizes of the variances that were booked."""


class CountResource(CountRow):
    """A count with each of its levels."""

    lines: list[CountLineResource]
    version: int


class CountPage(TypedDict):
    """A page of counts."""

    counts: list[CountRow]
    cursor: str | None


class LedgerEntryResource(TypedDict):
    """A movement of a level."""

    at: str
    version: int
    bucket: int
    """Which bucket of a hot level moved; 0 for a level that is held in one item."""
    reason: str
    reference: str
    """The order, document or count that it belongs to."""
    by: str
    cause: str
    changes: dict[str, int]
    """Units by what counts them: `on_hand`, `available`, `committed`, `incoming`, `unavailable_<reason>`."""
    balance: dict[str, int]
    """What they were after it; what is not named is zero."""


class LedgerPage(TypedDict):
    """A page of a level's ledger."""

    entries: list[LedgerEntryResource]
    cursor: str | None


class DifferenceResource(TypedDict):
    """Something that does not add up."""

    account: str
    """`<sku>#<location>`, with `~<bucket>` for a bucket of a hot level."""
    problem: str
    """`missing` entries, an `entry` that does not follow, a `sum` that is not the level, a `level` out of balance."""
    detail: str


class AcceptedResource(TypedDict):
    """What was taken for known; empty when the level is what its ledger says."""

    accepted: list[DifferenceResource]


class AuditResource(TypedDict):
    """The audit of a night; before the first one there is nothing in it."""

    started_at: str | None
    finished_at: str | None
    levels: int
    """Levels and buckets that were proved so far."""
    behind: int
    """Of these, those whose newest movements were still on their way to the ledger."""
    found: int
    """How many differences there are; at most 100 of them are named."""
    differences: list[DifferenceResource]


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
