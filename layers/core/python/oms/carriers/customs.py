"""What customs are told of a parcel: pure, from what was sold and what is set up for its products.

A declaration is needed where goods leave one customs territory for another. The member states of the European Union
are one (Regulation (EU) 952/2013, article 4), and Monaco belongs to France's. Parts of member states that are outside
it are told by their postal codes, as far as they share their state's country code. Northern Ireland counts as inside
for goods (Windsor Framework); Great Britain and the Channel Islands do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from oms.errors import FieldError, InvalidInput
from oms.orders.contact import Address
from oms.orders.events import LineUnits, PlacedLine
from oms.setup import Product

UNION = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())

_OUTSIDE: Mapping[str, tuple[str, ...]] = {
    "ES": (r"35\d{3}", r"38\d{3}", r"51\d{3}", r"52\d{3}"),
    "IT": (r"23041", r"23030"),
    "DE": (r"27498", r"78266"),
}
"""Postal codes outside the customs territory: Canaries, Ceuta, Melilla; Livigno; Helgoland, Büsingen.

23030 is Livigno's former code, which customers still write. Åland is inside it, though not for value added tax."""

_NORTHERN_IRELAND = re.compile(r"BT\d", re.IGNORECASE)

MAX_DESCRIPTION = 35
"""Characters that every carrier takes."""


class Incoterm(StrEnum):
    """Who pays duties and taxes: the sender (DDP) or the recipient (the others); ICC's terms of 2020."""

    DAP = "DAP"
    DDP = "DDP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Units of one product: `value` and `grams` are those of one of them, the value in minor units of the currency."""

    sku: str
    description: str
    quantity: int
    value: int
    grams: int
    hs_code: str
    origin_country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What is in the parcel, for customs."""

    items: tuple[Item, ...]
    currency: str
    incoterm: Incoterm
    invoice: str
    """The number that stands on the commercial invoice: the order's."""
    returned: bool = False
    """Goods that come back to who sold them."""

    @property
    def value(self) -> int:
        """What all of it is worth, in minor units."""
        return sum(item.value * item.quantity for item in self.items)


def territory(address: Address) -> str:
    """The customs territory of an address: `EU`, or the country's code."""
    country, code = address.country.upper(), address.postal_code.replace(" ", "")
    if country == "GB" and _NORTHERN_IRELAND.match(code):
        return "EU"
    if any(re.fullmatch(pattern, code) for pattern in _OUTSIDE.get(country, ())):
        return f"{country}-outside"
    if country in UNION or country == "MC":
        return "EU"
    return country


def needed(sender: Address, recipient: Address) -> bool:
    """Whether a parcel crosses the border of a customs territory."""
    return territory(sender) != territory(recipient)


def declare(
    lines: Mapping[str, PlacedLine],
    units: Iterable[LineUnits],
    products: Mapping[str, Product],
    *,
    currency: str,
    incoterm: Incoterm,
    invoice: str,
    returned: bool = False,
) -> Declaration:
    """The declaration of units of an order.

    Each unit is worth what was paid for it without tax. Where a line's units were not sold for the same, they are
    declared in groups of equal ones: figures of customs are per unit, and none may be rounded.

    Raises:
        InvalidInput: names each sku that lacks its tariff number, its origin or its weight.
    """
    items: list[Item] = []
    problems: list[FieldError] = []
    for unit in units:
        placed, product = lines[unit.line_id], products.get(unit.sku)
        lacking = [name for name, value in _facts(placed, product) if not value]
        if product is None or lacking:
            what = ", ".join(lacking) or "its set-up"
            problems.append(FieldError(f"products[{unit.sku}]", f"customs need to know {what}"))
            continue
        for value, quantity in _worth(placed, unit.quantity):
            items.append(
                Item(
                    sku=unit.sku,
                    description=(product.customs_description or product.title)[:MAX_DESCRIPTION],
                    quantity=quantity,
                    value=value,
                    grams=product.grams or placed.grams,
                    hs_code=product.hs_code,
                    origin_country=product.origin_country,
                )
            )
    if problems:
        raise InvalidInput("the parcel cannot be declared to customs: set its products up", errors=problems)
    return Declaration(items=tuple(items), currency=currency, incoterm=incoterm, invoice=invoice, returned=returned)


def _facts(placed: PlacedLine, product: Product | None) -> list[tuple[str, object]]:
    if product is None:
        return []
    return [
        ("hs_code", product.hs_code),
        ("origin_country", product.origin_country),
        ("grams", product.grams or placed.grams),
    ]


def _worth(placed: PlacedLine, quantity: int) -> list[tuple[int, int]]:
    """Net values of a line's units with how many have it. Which of a line's units go is not said: the dearest."""
    runs = sorted(((run.net, run.count) for run in placed.units), reverse=True)
    worth: list[tuple[int, int]] = []
    left = quantity
    for net, count in runs:
        taken = min(left, count)
        if taken:
            worth.append((net, taken))
        left -= taken
    return worth
