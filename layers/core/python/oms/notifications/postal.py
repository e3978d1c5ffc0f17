"""A postal address in a message: one clean line after the other, the country in the reader's language."""

from __future__ import annotations

from oms.notifications.figures import country_name
from oms.notifications.plain import TITLE, clean
from oms.orders.contact import Address, address_lines


def postal_lines(address: Address, locale: str) -> tuple[str, ...]:
    """The lines of an address as its country writes them; empty ones are left out."""
    lines = (*address_lines(address, country=False), country_name(address.country.upper(), locale))
    return tuple(line for line in (clean(each, TITLE) for each in lines) if line)
