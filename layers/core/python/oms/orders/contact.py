"""The customer's personal data: the one place in an order's log where it stands (see `Entry.contact`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address as the customer wrote it; `country` is ISO 3166-1 alpha-2, `region` the platform's own code."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who ordered and where the parcel goes; `customer_id` is the channel's own id of the customer."""

    name: str = ""
    email: str = ""
    phone: str = ""
    customer_id: str = ""
    shipping: Address | None = None
    billing: Address | None = None


def address_lines(address: Address, *, country: bool = True) -> list[str]:
    """An address as it is written line by line, without empty lines; the country as its code, at the end."""
    place = " ".join(part for part in (address.postal_code, address.city) if part)
    place = ", ".join(part for part in (place, address.region) if part)
    lines = [address.name, address.company, address.line1, address.line2, place, address.country if country else ""]
    return [line for line in lines if line]
