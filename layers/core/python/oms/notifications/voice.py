"""One order told in one language, in the name of one shop: words, money and days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from oms.notifications import figures
from oms.notifications.language import Language, say
from oms.notifications.plain import NAME, clean
from oms.orders.order import Order


@dataclass(frozen=True, slots=True)
class Voice:
    """Who tells what: each text comes out finished, in the customer's language."""

    order: Order
    language: Language
    shop: str
    """The shop's name, on one line."""

    @property
    def number(self) -> str:
        """The order's number as the customer knows it."""
        return clean(self.order.placed.number or self.order.placed.external_id, NAME)

    @property
    def country(self) -> str:
        """Where the parcel goes, which tells what day it is there; empty when it is not known."""
        contact = self.order.contact
        return contact.shipping.country.upper() if contact and contact.shipping else ""

    def say(self, key: str, **values: str) -> str:
        """A text of the language; `shop` and `number` may stand in any."""
        return say(self.language, key, shop=self.shop, number=self.number, **values)

    def money(self, amount: int) -> str:
        """An amount of minor units of the order's currency."""
        return figures.money(amount, self.order.placed.currency, self.language.locale)

    def count(self, value: int) -> str:
        """A number of things."""
        return figures.number(value, self.language.locale)

    def day(self, moment: date) -> str:
        """A day, as it is where the parcel goes."""
        return figures.day(moment, self.language.locale, self.country)
