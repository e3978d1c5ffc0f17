"""When stock of a sku is low, or more than is wanted, at a location or in all: told once, until it has recovered.

An alert begins when the units available reach the threshold, and ends when they are a margin away from it again, so
that stock which goes back and forth by a unit or two does not ring each time. The margin is a tenth of the threshold,
at least one unit; a threshold of 0 (none left) has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from oms.setup import Product, Thresholds
from oms.stock.levels import SkuStock

EVERYWHERE = ""
"""Stands in place of a location for all of them together."""


class AlertKind(StrEnum):
    """What is the matter."""

    LOW_STOCK = "low_stock"
    OVERSUPPLY = "oversupply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An alert begins, or one ends (`kind` is None), or turns into the other; `threshold` is what was crossed."""

    location_id: str
    before: AlertKind | None
    kind: AlertKind | None
    available: int
    threshold: int = 0


def margin(threshold: int) -> int:
    """Units beyond the threshold that stock must be before an alert ends."""
    return min(threshold, max(1, threshold // 10))


def judged(available: int, limits: Thresholds, standing: AlertKind | None) -> AlertKind | None:
    """What is the matter with so many units available, when `standing` was the matter before."""
    low, high = limits.low_stock, limits.oversupply
    if low is not None and available <= low + (margin(low) if standing is AlertKind.LOW_STOCK else 0):
        return AlertKind.LOW_STOCK
    if high is not None and available >= high - (margin(high) if standing is AlertKind.OVERSUPPLY else 0):
        return AlertKind.OVERSUPPLY
    return None


def watched(product: Product) -> bool:
    """Whether anybody wants to be told about stock of a product."""
    figures = (product.low_stock, product.oversupply, product.location_low_stock, product.location_oversupply)
    return any(each is not None for each in figures) or bool(product.thresholds)


def changes(product: Product, stock: SkuStock, standing: Mapping[str, AlertKind]) -> list[Change]:
    """What begins and what ends; `standing` are the alerts that stand, by location id or `EVERYWHERE`."""
    return [
        Change(
            location_id=place,
            before=before,
            kind=kind,
            available=available,
            threshold=_crossed(limits, kind),
        )
        for place, available, limits in _places(product, stock, standing)
        if (kind := judged(available, limits, before := standing.get(place))) is not before
    ]


def _crossed(limits: Thresholds, kind: AlertKind | None) -> int:
    figure = limits.low_stock if kind is AlertKind.LOW_STOCK else limits.oversupply
    return 0 if kind is None or figure is None else figure


def _places(
    product: Product, stock: SkuStock, standing: Mapping[str, AlertKind]
) -> Iterator[tuple[str, int, Thresholds]]:
    """Each place with the units available there and its thresholds; places whose level is gone have none any more."""
    total = sum(level.available for level in stock.levels)
    yield EVERYWHERE, total, Thresholds(low_stock=product.low_stock, oversupply=product.oversupply)
    usual = Thresholds(low_stock=product.location_low_stock, oversupply=product.location_oversupply)
    for level in stock.levels:
        yield level.location_id, level.available, product.thresholds.get(level.location_id, usual)
    gone = standing.keys() - {level.location_id for level in stock.levels} - {EVERYWHERE}
    yield from ((place, 0, Thresholds()) for place in sorted(gone))
