"""Stock as the API shows and takes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from oms.ids import MAX_SKU
from oms.setup import ID_PATTERN
from oms.stock.buckets import MAX_BUCKETS
from oms.stock.expected import Expected
from oms.stock.levels import Level, SkuStock, StockReason

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict

Units = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]


AdjustmentReason = Literal[
    StockReason.RECEIVED,
    StockReason.RETURNED,
    StockReason.FOUND,
    StockReason.CORRECTED,
    StockReason.DAMAGED,
    StockReason.LOST,
    StockReason.STOLEN,
    StockReason.EXPIRED,
    StockReason.USED,
]
"""What people may give as a reason; the others are what orders, documents and counts do."""


class Count(BaseModel):
    """What somebody counted at a location: units on hand, and the reference of the count."""

    model_config = ConfigDict(extra="forbid")

    on_hand: Annotated[int, Field(ge=0, le=1_000_000_000)]
    reference: Annotated[str, Field(max_length=200)] = ""


class Buckets(BaseModel):
    """In how many buckets a level is to be held: each carries about 500 reservations a second."""

    model_config = ConfigDict(extra="forbid")

    buckets: Annotated[int, Field(ge=1, le=MAX_BUCKETS)]


class Adjustment(BaseModel):
    """Units that came (above zero) or went (below zero), and why."""

    model_config = ConfigDict(extra="forbid")

    sku: Annotated[str, Field(min_length=1, max_length=MAX_SKU)]
    location_id: Annotated[str, Field(pattern=ID_PATTERN)]
    quantity: Units
    reason: AdjustmentReason
    reference: Annotated[str, Field(max_length=200)] = ""


class Adjustments(BaseModel):
    """Up to 100 adjustments; each is made once per Idempotency-Key, so a broken-off call is simply made again."""

    model_config = ConfigDict(extra="forbid")

    adjustments: Annotated[list[Adjustment], Field(min_length=1, max_length=100)]


class LevelResource(TypedDict):
    """Units of a sku at a location: `on_hand = available + committed + all unavailable`."""

    sku: str
    location_id: str
    on_hand: int
    available: int
    """May be sold; below zero only when a count found less than was committed."""
    committed: int
    """Reserved for orders and baskets, and still there."""
    unavailable: dict[str, int]
    """There and not for sale, by reason."""
    incoming: int
    """On its way, and not on hand yet."""
    version: int
    buckets: int
    """Items that hold the level: more than one while it is hot."""


class KitPart(TypedDict):
    """So many units of a sku are in one unit of a kit."""

    sku: str
    quantity: int


class KitResource(TypedDict):
    """What could be put together of a kit, when nothing else is sold of its components meanwhile."""

    components: list[KitPart]
    available: int
    locations: dict[str, int]
    """Units by location, where there are any."""


class ExpectedResource(TypedDict):
    """Units on their way to a location."""

    location_id: str
    quantity: int
    expected: str
    """The day that the supplier named; it may be over already."""
    document: str
    """The purchase order or the transfer that brings them."""


class SkuResource(TypedDict):
    """A sku over all its locations."""

    sku: str
    on_hand: int
    available: int
    committed: int
    backordered: int
    """Units that orders wait for."""
    levels: list[LevelResource]
    expected: list[ExpectedResource]
    """What is on its way, the earliest day first."""
    kit: KitResource | None
    """For a kit, which has no levels of its own."""


class AlertResource(TypedDict):
    """Low stock or oversupply that stands. The topic gets the same, once, when it begins."""

    id: str
    kind: str
    """`low_stock` or `oversupply`."""
    sku: str
    title: str
    location_id: str | None
    """Null when it is about all locations together."""
    available: int
    """Units when it began."""
    threshold: int
    """What was crossed."""
    since: str


class AlertPage(TypedDict):
    """Alerts that stand, of each kind the one that stands longest first; `cursor` is null on the last page."""

    alerts: list[AlertResource]
    cursor: str | None


class LevelsResource(TypedDict):
    """Levels as they stand after a request."""

    levels: list[LevelResource]


def level_resource(level: Level) -> LevelResource:
    """One level; figures are units."""
    return {
        "sku": level.sku,
        "location_id": level.location_id,
        "on_hand": level.on_hand,
        "available": level.available,
        "committed": level.committed,
        "unavailable": dict(level.unavailable),
        "incoming": level.incoming,
        "version": level.version,
        "buckets": level.buckets,
    }


def sku_resource(stock: SkuStock, kit: KitResource | None = None, expected: Sequence[Expected] = ()) -> SkuResource:
    """A sku over all locations: totals, who waits, each level, what is on its way, and what a kit could be made of."""
    return {
        "sku": stock.sku,
        "on_hand": sum(level.on_hand for level in stock.levels),
        "available": sum(level.available for level in stock.levels),
        "committed": sum(level.committed for level in stock.levels),
        "backordered": stock.waiting,
        "levels": [level_resource(level) for level in stock.levels],
        "expected": [
            {
                "location_id": each.location_id,
                "quantity": each.quantity,
                "expected": each.expected.isoformat(),
                "document": each.purchase_order_id,
            }
            for each in expected
        ],
        "kit": kit,
    }
