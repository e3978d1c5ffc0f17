"""How every order ended, seen from outside and compared with what was declared before it began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from infra.demo.api import Json
from infra.demo.sale import Sale
from infra.demo.story import End, Told

GONE = ("shipped", "delivered")
"""States of units that have left a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One order at the end: how it should be, the order as the API shows it, and what its customer was told."""

    sale: Sale
    end: End
    order: Json
    told: Told
    languages: frozenset[str]
    """The languages of the messages about it, without their regions."""
    times: Mapping[str, float]
    """Seconds until it was confirmed, shipped, delivered; see `seconds`."""
    plain: bool = False
    """Whether nothing but work stood between the order and the door: its times say how fast the system is."""

    @property
    def differences(self) -> list[str]:
        """What is not as it was declared; empty when all is well."""
        number, order = self.order["number"], self.order
        pairs: tuple[tuple[str, object, object], ...] = (
            ("status", self.end.status, order["status"]),
            ("parcels", self.end.parcels, len(order["parcels"])),
            ("charged", self.end.charged, order["payment"]["charged_amount"]["amount"]),
            ("total", self.sale.total, order["total"]["amount"]),
            ("units shipped", dict(self.end.shipped), dict(self.shipped)),
            ("messages", _plain(self.end.told), _plain(self.told)),
            ("language", {self.sale.customer.language[:2]}, set(self.languages)),
            ("holds", [], [hold["reason"] for hold in order["holds"]]),
        )
        return [f"order {number}: {what} should be {should}, is {is_}" for what, should, is_ in pairs if should != is_]

    @property
    def shipped(self) -> Counter[str]:
        """Units that left a place, by sku."""
        found: Counter[str] = Counter()
        for line in self.order["lines"]:
            if line["requires_shipping"]:
                found[line["sku"]] += sum(line["units"].get(state, 0) for state in GONE)
        return +found

    @property
    def value_shipped(self) -> int:
        """What the units that left are worth at the shop's own prices; the first of them pay for the shipping too."""
        value = 0
        for item, line in zip(self.sale.items, self.order["lines"], strict=True):
            units = sum(line["units"].get(state, 0) for state in GONE)
            if units:
                value += self.sale.with_tax(item.price * units - item.discount)
        return value + self.sale.with_tax(self.sale.shipping) + self.sale.misquoted if value else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """A sku over all places: `before + received - shipped = after`, and `after = available + committed`."""

    sku: str
    before: int
    received: int
    shipped: int
    after: int
    available: int
    committed: int

    @property
    def adds_up(self) -> bool:
        """Whether both equations hold."""
        return (
            self.before + self.received - self.shipped == self.after
            and self.after == self.available + self.committed
            and self.available >= 0
        )


def stock_rows(
    before: Mapping[str, Json], after: Mapping[str, Json], received: Mapping[str, int], shipped: Mapping[str, int]
) -> list[StockRow]:
    """The stock of each sku, before and after."""
    return [
        StockRow(
            sku=sku,
            before=before[sku]["on_hand"],
            received=received.get(sku, 0),
            shipped=shipped.get(sku, 0),
            after=level["on_hand"],
            available=level["available"],
            committed=level["committed"],
        )
        for sku, level in after.items()
    ]


def seconds(order: Json, events: list[Json]) -> dict[str, float]:
    """Seconds from when the order was accepted until it was confirmed, until its last parcel left, and was delivered.

    `delivered` is when we recorded it: the carrier's own clock says when it was at the door.
    """
    from oms.clock import from_text

    accepted = from_text(order["captured_at"])
    wanted = {"OrderConfirmed": "confirmed", "UnitsShipped": "shipped", "ParcelDelivered": "delivered"}
    return {
        wanted[event["type"]]: (from_text(event["at"]) - accepted).total_seconds()
        for event in events
        if event["type"] in wanted
    }


def median_and_p90(values: list[float]) -> tuple[float, float]:
    """The middle one, and the one that nine in ten do not exceed; zeros when there are none."""
    if not values:
        return 0.0, 0.0
    ranked = sorted(values)
    return ranked[(len(ranked) - 1) // 2], ranked[min(len(ranked) - 1, -(-len(ranked) * 9 // 10) - 1)]


def _plain(told: Told) -> dict[str, int]:
    return {f"{kind} by {medium}": count for (kind, medium), count in sorted(told.items())}
