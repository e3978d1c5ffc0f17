"""A sale as the demonstration's shops make it, before any of the three forms: what, to whom, for how much, paid how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from infra.demo.people import Customer
from oms.money import exponent


class Form(StrEnum):
    """The form in which an order is posted; the value is the channel that takes it."""

    CANONICAL = "shop"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woo"
    SHOPIFY_STORE = "alder-shopify"
    """From here on the platforms themselves are there, in memory: see `infra.demo.platforms`."""
    WOO_STORE = "alder-woo"
    BIGCOMMERCE = "alder-bigcommerce"
    AMAZON = "alder-amazon"
    EBAY = "alder-ebay"
    ADOBE_COMMERCE = "alder-adobe"


class Paid(StrEnum):
    """How the shop says that an order is paid."""

    IN_FULL = "in_full"
    RESERVED = "reserved"
    NOT_YET = "not_yet"
    BY_US = "by_us"
    """With an instrument, at our own gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line: price of a unit and discount on the whole line in minor units, quoted as the sale's prices are."""

    sku: str
    title: str
    quantity: int
    price: int
    discount: int = 0
    grams: int = 0
    ships: bool = True

    @property
    def amount(self) -> int:
        """What the line costs as quoted, discount taken off."""
        return self.price * self.quantity - self.discount


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One order. `tax` is in hundredths of a percent; with `gross`, prices have it in them."""

    form: Form
    number: int
    """The shop's number of the order; the ids in its document are made of it."""
    placed_at: datetime
    customer: Customer
    currency: str
    tax: int
    gross: bool
    items: tuple[Item, ...]
    shipping: int
    paid: Paid = Paid.IN_FULL
    instrument: str = ""
    misquoted: int = 0
    """Minor units by which the shop's total is not what its lines say."""
    tags: tuple[str, ...] = ()
    """By which rules of sourcing know it."""
    fetched: bool = False
    """Whether the customer fetches it in the store."""
    exchange_of: Sale | None = None
    """The sale of which this one is the first exchange: nobody posts it, it is made of what comes back."""

    def tax_on(self, amount: int) -> int:
        """The tax in (gross) or on (net) an amount, rounded to the minor unit, half of one up."""
        base = 10_000 + self.tax if self.gross else 10_000
        return (2 * amount * self.tax + base) // (2 * base)

    def with_tax(self, amount: int) -> int:
        """What the customer pays for an amount as quoted."""
        return amount if self.gross else amount + self.tax_on(amount)

    def without_tax(self, amount: int) -> int:
        """The net of an amount as quoted."""
        return amount - self.tax_on(amount) if self.gross else amount

    @property
    def total(self) -> int:
        """What the shop says that the customer pays."""
        return sum(map(self.with_tax, self.amounts)) + self.misquoted

    @property
    def amounts(self) -> tuple[int, ...]:
        """Every amount as quoted: the lines, then shipping."""
        return (*(item.amount for item in self.items), self.shipping)

    @property
    def total_tax(self) -> int:
        """Tax of the lines and of shipping."""
        return sum(map(self.tax_on, self.amounts))

    def text(self, amount: int) -> str:
        """Minor units as the platforms write money: `19.99`, `1200`, `12.500`."""
        digits = exponent(self.currency)
        sign, whole = "-" if amount < 0 else "", abs(amount)
        return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}d}" if digits else f"{sign}{whole}"
