"""What holds of the stock ledger in every world that has come to rest: it is gap-free, and adds up to the levels."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

from oms.inventory.ledger import Balance, Checkpoint, Difference, prove
from oms.platform.ledger import account_of, entry_of, units_of
from oms.platform.stock_items import number_in, owner
from tests.support import cloud
from tests.support.world import World

LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""A moment at which no entry is still on its way."""


def differences(world: World) -> list[Difference]:
    """What does not add up, over all levels; nothing while the stream still has movements to hand over."""
    if any(pump.waiting() for pump in world.pumps if pump.settings.function.logical_id == "RouteLedger"):
        return []
    books = defaultdict(list)
    for item in cloud.typed_items(world.name("LedgerTable")):
        if "changes" in item:
            books[item["account"]["S"]].append(entry_of(item))
    found: list[Difference] = []
    for item in cloud.typed_items(world.name("StockTable")):
        if "on_hand" in item:
            account = account_of(*owner(item))
            balance = Balance(
                account=account, version=number_in(item, "version"), units=units_of(item), moved_at=datetime.now(UTC)
            )
            entries = sorted(books[account], key=lambda entry: entry.version)
            found += prove(balance, Checkpoint(), entries, LATER).differences
    return found
