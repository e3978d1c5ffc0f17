"""What orders of one hand have in common, written so that the same thing is the same text however it was typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from oms.fraud.protocol import ScreeningRequest
from oms.fraud.rules import Counted
from oms.orders.contact import Address, Contact
from oms.orders.reach import phone_of, shipping_phone_of

SHORTEST_PHONE = 6
"""Digits below which a text is no phone number."""

PHONE_DIGITS = 9
"""The last digits of a number, which are the same with and without the country's prefix."""

DOTLESS = frozenset({"gmail.com", "googlemail.com"})
"""Mail services for which dots before the @ make no difference."""


def traits(request: ScreeningRequest) -> Mapping[Counted, str]:
    """The things of an order by which others are found; what it does not have is left out."""
    contact = request.contact
    found = {
        Counted.MAIL: mail(contact.email),
        Counted.PHONE: _phone(
            phone_of(contact)
            or contact.phone
            or shipping_phone_of(contact)
            or (contact.shipping.phone if contact.shipping else "")
        ),
        Counted.ADDRESS: _address(contact.shipping),
        Counted.INSTRUMENT: request.instrument,
    }
    return {counted: value for counted, value in found.items() if value}


def mail(address: str) -> str:
    """A mail address without what its owner may change at will: case, a `+tag`, dots where they do not count."""
    local, at, domain = address.strip().casefold().rpartition("@")
    if not at:
        return ""
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '') if domain in DOTLESS else local}@{domain}"


def _phone(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return digits[-PHONE_DIGITS:] if len(digits) >= SHORTEST_PHONE else ""


def _address(address: Address | None) -> str:
    if address is None or not address.line1:
        return ""
    return "|".join(
        (address.country.upper(), *(squeezed(part) for part in (address.postal_code, address.line1, address.line2)))
    )


def squeezed(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    return "".join(word for word in words(text))


def words(text: str) -> list[str]:
    """The words of a text, without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def names(contact: Contact) -> tuple[str, str]:
    """Who pays and who gets the parcel."""
    billing = (contact.billing.name if contact.billing else "") or contact.name
    return billing, contact.shipping.name if contact.shipping else ""
