"""A postal address as its country writes it."""

from __future__ import annotations

from oms.notifications.figures import country_name
from oms.notifications.plain import TITLE, clean
from oms.orders.contact import Address

CITY_REGION_CODE = frozenset({"AU", "BR", "CA", "IN", "MX", "US"})
"""City, then region, then postal code on one line; elsewhere in the world the code most often stands first."""

CITY_THEN_CODE = frozenset({"GB", "IE", "GG", "IM", "JE"})
"""The postal code stands on a line of its own, below the city."""

PROVINCE_LAST = frozenset({"ES", "IT"})
"""The region, by its short code, follows the city."""

MAX_SHORT_REGION = 3


def address_lines(address: Address, locale: str) -> tuple[str, ...]:
    """The lines of an address, the country last in the reader's language; empty ones are left out."""
    lines = (
        address.name,
        address.company,
        address.line1,
        address.line2,
        *_locality(address),
        country_name(address.country.upper(), locale),
    )
    return tuple(line for line in (clean(each, TITLE) for each in lines) if line)


def _locality(address: Address) -> tuple[str, ...]:
    country, city, code, region = address.country.upper(), address.city, address.postal_code, address.region
    if country in CITY_REGION_CODE:
        return (", ".join(part for part in (city, f"{region} {code}".strip()) if part),)
    if country in CITY_THEN_CODE:
        return (city, code)
    short = region if country in PROVINCE_LAST and len(region) <= MAX_SHORT_REGION else ""
    return (f"{code} {city} {short}",)
