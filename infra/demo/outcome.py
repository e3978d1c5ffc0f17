"""How every order ended, seen from outside and compared with what was declared before it began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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
            ("refunded", self.end.refunded, order["payment"]["refunded_amount"]["amount"]),
            ("lost", self.end.lost, self.lost),
            ("left of it", self.value_kept - self.end.lost, self.left),
            ("total", self.sold, order["total"]["amount"]),
            ("units shipped", dict(self.end.shipped), dict(self.shipped)),
            ("messages", _plain(self.end.told), _plain(self.end.known(self.told))),
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
    def sold(self) -> int:
        """What the order cost, with all that an edit added, before anything was cancelled or came back."""
        before, after = self.sale.shipping, self.sale.shipping if self.end.shipping is None else self.end.shipping
        added = sum(self.sale.with_tax(item.amount) for item in self.end.added)
        return self.sale.total + added + self.sale.with_tax(after) - self.sale.with_tax(before)

    @property
    def units_kept(self) -> int:
        """What the units that left and that the customer still owes are worth, at the shop's own prices."""
        value = 0
        for item, line in zip((*self.sale.items, *self.end.added), self.order["lines"], strict=True):
            units = sum(line["units"].get(state, 0) for state in GONE) - line["credited"]
            if units:
                value += self.sale.with_tax(item.price * units - item.discount)
        return value

    @property
    def charges_kept(self) -> int:
        """Shipping, once something has left, with fees and what the shop's total is off by."""
        left = any(line["units"].get(state, 0) for line in self.order["lines"] for state in GONE)
        if not left:
            return 0
        shipping = self.sale.shipping if self.end.shipping is None else self.end.shipping
        return self.sale.with_tax(shipping) + self.sale.misquoted + self.end.fees

    @property
    def value_kept(self) -> int:
        """What the customer has to have paid in the end."""
        return self.units_kept + self.charges_kept

    @property
    def charged(self) -> int:
        """All that was ever charged."""
        return int(self.order["payment"]["charged_amount"]["amount"])

    @property
    def refunded(self) -> int:
        """What was given back."""
        return int(self.order["payment"]["refunded_amount"]["amount"])

    @property
    def moved(self) -> int:
        """What was charged here and pays for another order now."""
        return int(self.order["payment"]["transferred_amount"]["amount"])

    @property
    def lost(self) -> int:
        """What the bank took back."""
        return int(self.order["payment"]["disputed_amount"]["amount"])

    @property
    def left(self) -> int:
        """What of the money pays for this order and is still the shop's."""
        return self.charged - self.refunded - self.moved - self.lost


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """A sku over all places: `before + received - shipped + restocked - lost = after = available + committed`."""

    sku: str
    before: int
    received: int
    shipped: int
    restocked: int
    lost: int
    """What was on the books, and nobody found."""
    after: int
    available: int
    committed: int

    @property
    def adds_up(self) -> bool:
        """Whether both equations hold."""
        return (
            self.before + self.received - self.shipped + self.restocked - self.lost == self.after
            and self.after == self.available + self.committed
            and self.available >= 0
        )


def stock_rows(
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    received: Mapping[str, int],
    outcomes: Sequence[Outcome],
    lost: Mapping[str, int],
) -> list[StockRow]:
    """The stock of each sku, before and after."""
    shipped = sum((outcome.shipped for outcome in outcomes), Counter[str]())
    restocked = sum((Counter(outcome.end.restocked) for outcome in outcomes), Counter[str]())
    return [
        StockRow(
            sku=sku,
            before=before[sku]["on_hand"],
            received=received.get(sku, 0),
            shipped=shipped.get(sku, 0),
            restocked=restocked.get(sku, 0),
            lost=lost.get(sku, 0),
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
