"""Stock of a sku together with what is on its way, in one read: what availability is told from."""

from __future__ import annotations

from oms.platform.incoming import INCOMING, expected_of
from oms.platform.stock_items import RECEIPT
from oms.platform.stock_table import sku_items
from oms.stock.expected import Expected
from oms.stock.levels import SkuStock


def stock_and_expected(sku: str) -> tuple[SkuStock, tuple[Expected, ...]]:
    """Levels, those who wait and what is to come of a sku; the last few hundred milliseconds may be missing.

    What is to come stands right after the levels, so it is one query; and one read more where a level is split.
    """
    stock, beside = sku_items(sku, RECEIPT)
    coming = [item for item in beside if item["location_id"]["S"].startswith(INCOMING)]
    return stock, tuple(expected_of(dict(item)) for item in coming)
