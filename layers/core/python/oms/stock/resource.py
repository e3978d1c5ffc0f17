"""Stock as the API shows and takes it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from oms.setup import ID_PATTERN, MAX_SKU
from oms.stock.levels import Level, SkuStock, StockReason

Units = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]


class Count(BaseModel):
    """What somebody counted at a location: units on hand, and the reference of the count."""

    model_config = ConfigDict(extra="forbid")

    on_hand: Annotated[int, Field(ge=0, le=1_000_000_000)]
    reference: Annotated[str, Field(max_length=200)] = ""


class Adjustment(BaseModel):
    """Units that came (above zero) or went (below zero), and why."""

    model_config = ConfigDict(extra="forbid")

    sku: Annotated[str, Field(min_length=1, max_length=MAX_SKU)]
    location_id: Annotated[str, Field(pattern=ID_PATTERN)]
    quantity: Units
    reason: StockReason
    reference: Annotated[str, Field(max_length=200)] = ""


class Adjustments(BaseModel):
    """Up to 100 adjustments; each is made once per Idempotency-Key, so a broken-off call is simply made again."""

    model_config = ConfigDict(extra="forbid")

    adjustments: Annotated[list[Adjustment], Field(min_length=1, max_length=100)]


def level_resource(level: Level) -> dict[str, Any]:
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
    }


def sku_resource(stock: SkuStock) -> dict[str, Any]:
    """A sku over all locations: totals, units that orders wait for, and each level."""
    return {
        "sku": stock.sku,
        "on_hand": sum(level.on_hand for level in stock.levels),
        "available": sum(level.available for level in stock.levels),
        "committed": sum(level.committed for level in stock.levels),
        "backordered": stock.waiting,
        "levels": [level_resource(level) for level in stock.levels],
    }
