"""Mail addresses and phone numbers in the one form in which they can be reached and compared."""

from __future__ import annotations

import re

from oms.addresses.international import plain
from oms.orders.contact import Contact

_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)


def mail_address(text: str) -> str:
    """A single address that SES can deliver to, its domain in ASCII; empty when it is none.

    Quoted and non-ASCII local parts are refused: SES does not send to them.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        return ""
    return f"{local}@{domain}" if _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain) else ""


def phone_number(text: str) -> str:
    """A number in E.164 (`+390471123456`), punctuation taken out; empty without its country's code.

    A number as it is dialled at home is not guessed at: a wrong guess tells a stranger.
    """
    return plain(text)


def phone_of(contact: Contact) -> str:
    """The customer's own number in E.164; empty when they gave none that can be dialled from everywhere."""
    return (contact.normal.phone if contact.normal else "") or plain(contact.phone)


def shipping_phone_of(contact: Contact) -> str:
    """The number that stands in the address that the parcel goes to."""
    given = contact.shipping.phone if contact.shipping else ""
    return (contact.normal.shipping_phone if contact.normal else "") or plain(given)


def verified_phone_of(contact: Contact) -> str:
    """The number that the channel has verified."""
    return (contact.normal.verified_phone if contact.normal else "") or plain(contact.verified_phone)
