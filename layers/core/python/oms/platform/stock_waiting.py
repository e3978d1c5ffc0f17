"""The counter of the units that orders wait for, as it stands beside a sku's levels: in all, and by channel."""

from __future__ import annotations

from collections.abc import Iterable

from oms.platform.stock_items import WAITING, Item, number_in

WAITING_BY = "by_"
"""Prefix of the attributes that count the units for which the orders of one channel wait."""


def waiting_of(items: Iterable[Item]) -> tuple[int, dict[str, int]]:
    """How many units of a sku orders wait for, in all and by channel, out of the items of the sku."""
    counter = next((item for item in items if item["location_id"]["S"] == WAITING), {})
    by_channel = {
        name.removeprefix(WAITING_BY): units
        for name in counter
        if name.startswith(WAITING_BY) and (units := number_in(counter, name))
    }
    return number_in(counter, "waiting"), by_channel
