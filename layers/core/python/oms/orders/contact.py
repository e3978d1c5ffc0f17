"""The customer's personal data: the one place in an order's log where it stands (see `Entry.contact`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


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
class Collector:
    """Who fetched the goods of a fulfillment order in a store, as staff wrote it down."""

    fulfillment_order_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """What libraries made of a contact, beside what the customer wrote: see `oms.orders.checking`.

    Phone numbers are in E.164, empty where none can be told; `notes` say what the rules do not know of the address.
    """

    shipping: Address | None = None
    phone: str = ""
    shipping_phone: str = ""
    verified_phone: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who ordered and where the parcel goes; `customer_id` is the channel's own id of the customer.

    `verified_email` and `verified_phone` are those that the channel says it has verified to be this customer's. They
    stay what they are when the address to write to is changed.
    """

    name: str = ""
    email: str = ""
    phone: str = ""
    customer_id: str = ""
    shipping: Address | None = None
    billing: Address | None = None
    verified_email: str = ""
    verified_phone: str = ""
    collectors: tuple[Collector, ...] = ()
    """Written by the store's staff; no change of the contact takes them away."""
    normal: Normal | None = field(default=None, compare=False)
    """Made of the rest when it was written down, so it tells no two contacts apart; None for what came before that."""

    @property
    def destination(self) -> Address | None:
        """Where the parcel goes, as the address's country writes it."""
        return (self.normal.shipping if self.normal else None) or self.shipping


def newest(before: Contact | None, now: Contact | None) -> Contact | None:
    """The contact after an entry that may bring another one."""
    if before is None or now is None:
        return now or before
    return replace(now, collectors=tuple(dict.fromkeys((*before.collectors, *now.collectors))))


CITY_REGION_CODE = frozenset({"AU", "BR", "CA", "IN", "MX", "US"})
"""Countries that write city, region and postal code on one line; most others write the code first."""

CODE_BELOW = frozenset({"GB", "GG", "IE", "IM", "JE"})
"""Countries whose postal code stands on a line of its own, below the city."""

PROVINCE_BEHIND = frozenset({"ES", "IT"})
"""Countries whose province, by its short code, follows the city; elsewhere the postal code says enough."""

MAX_SHORT_REGION = 3


def locality(address: Address) -> tuple[str, ...]:
    """City, region and postal code as the address's country writes them, on one line or two; empty without any."""
    country, city, code, region = address.country.upper(), address.city, address.postal_code, address.region
    if country in CITY_REGION_CODE:
        lines = [", ".join(part for part in (city, f"{region} {code}".strip()) if part)]
    elif country in CODE_BELOW:
        lines = [city, code]
    else:
        short = region if country in PROVINCE_BEHIND and len(region) <= MAX_SHORT_REGION else ""
        lines = [" ".join(part for part in (code, city, short) if part)]
    return tuple(line for line in lines if line)


def address_lines(address: Address, *, country: bool = True) -> list[str]:
    """An address as it is written line by line, without empty lines; the country as its code, at the end."""
    lines = (address.name, address.company, address.line1, address.line2, *locality(address))
    return [line for line in (*lines, address.country if country else "") if line]
