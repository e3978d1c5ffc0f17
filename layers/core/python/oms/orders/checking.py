"""Checks a contact when it is written down: address and phone numbers as libraries write them, kept beside.

What the customer wrote stays what it is. Whatever changes a contact has it checked anew, so the two belong together.
"""

from __future__ import annotations

from dataclasses import replace

from oms.addresses.phones import e164
from oms.addresses.places import Place, normalised
from oms.orders.contact import Address, Contact, Normal


def checked(contact: Contact) -> Contact:
    """The contact with its normal form beside it. Never fails: what nobody knows is kept as it is."""
    shipping, notes = _address(contact.shipping)
    addresses = [each for each in (contact.shipping, contact.billing) if each is not None]
    countries = {each.country.strip().upper() for each in addresses if each.country.strip()}
    local = e164(contact.shipping.phone, [contact.shipping.country]) if contact.shipping else ""
    phone = e164(contact.phone, countries)
    normal = Normal(
        shipping=replace(shipping, phone=local or shipping.phone) if shipping else None,
        phone=phone,
        shipping_phone=local,
        verified_phone=e164(contact.verified_phone, countries),
        notes=notes,
    )
    return replace(contact, normal=None if normal == Normal() else normal)


def _address(address: Address | None) -> tuple[Address | None, tuple[str, ...]]:
    if address is None or not address.country.strip():
        return None, ()
    written = Place(country=address.country, region=address.region, city=address.city, postal_code=address.postal_code)
    place, notes = normalised(written)
    return (
        replace(address, country=place.country, region=place.region, city=place.city, postal_code=place.postal_code),
        notes,
    )
