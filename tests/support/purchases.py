"""Purchases of labels in memory, under the rules of the table."""

from __future__ import annotations

from collections.abc import Sequence

from oms.fulfillment.purchases import Purchase, State


class MemoryPurchases:
    """`oms.fulfillment.purchases.Purchases`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Purchase] = {}

    def of(self, owner: str) -> Sequence[Purchase]:
        found = [each for each in self.kept.values() if each.owner == owner]
        return sorted(found, key=lambda each: (each.at, each.entry))

    def begin(self, purchase: Purchase) -> bool:
        return self.kept.setdefault((purchase.owner, purchase.entry), purchase) is purchase

    def change(self, purchase: Purchase, *, before: State) -> bool:
        key = purchase.owner, purchase.entry
        if key not in self.kept or self.kept[key].state is not before:
            return False
        self.kept[key] = purchase
        return True
