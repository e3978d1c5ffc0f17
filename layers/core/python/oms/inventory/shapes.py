"""What documents of the warehouse, its ledger and its audit look like in the API."""

from __future__ import annotations

import sys

from oms.inventory.counts import CountOutcome, CountStatus
from oms.inventory.purchase_orders import PurchaseOrderStatus
from oms.inventory.transfers import TransferStatus

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
