"""What a customer is known by: accounts, verified mail addresses and verified phone numbers, as digests.

The rule of what counts. A *sign* makes two orders one customer's:

* the customer's account in a channel: the channel's own id of the customer, which is never empty for an account;
* a mail address that the channel says it has verified to be this customer's;
* a phone number that the channel says it has verified, in E.164.

Whatever somebody only typed into a checkout is a *hint*: orders are found by it, and a person may merge what it
suggests, but it never brings two histories together. Else anybody who knows an address could join its owner's history.

A digest stands for a value that must not stand in a key. It is no secret: who knows an address can compute it, and who
can read the digests can read the orders too. An erasure deletes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oms.ids import derived
from oms.orders.contact import Contact
from oms.orders.reach import mail_address, phone_number, phone_of, shipping_phone_of, verified_phone_of


class SignKind(StrEnum):
    """What a sign is, the strongest first: when signs disagree, the stronger one counts."""

    ACCOUNT = "account"
    MAIL = "mail"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a customer is known by."""

    kind: SignKind
    digest: str

    def __str__(self) -> str:
        return f"{self.kind}#{self.digest}"

    @classmethod
    def read(cls, text: str) -> Sign:
        """Read what `str` wrote."""
        kind, _, digest = text.partition("#")
        return cls(SignKind(kind), digest)


def account(channel_id: str, customer_id: str) -> Sign | None:
    """The sign of an account in a channel; None for a guest."""
    return Sign(SignKind.ACCOUNT, _digest(SignKind.ACCOUNT, channel_id, customer_id)) if customer_id else None


def mail(text: str) -> Sign | None:
    """The sign of a mail address, however it is capitalised; None when it is none."""
    address = mail_address(text).lower()
    return Sign(SignKind.MAIL, _digest(SignKind.MAIL, address)) if address else None


def phone(text: str) -> Sign | None:
    """The sign of a phone number with its country's code, however it is punctuated; None when it is none."""
    number = phone_number(text)
    return Sign(SignKind.PHONE, _digest(SignKind.PHONE, number)) if number else None


def signs_of(channel_id: str, contact: Contact) -> tuple[Sign, ...]:
    """What makes an order this customer's, the strongest first."""
    found = (
        account(channel_id, contact.customer_id),
        mail(contact.verified_email),
        phone(verified_phone_of(contact)),
    )
    return tuple(sign for sign in found if sign is not None)


def hints_of(contact: Contact) -> tuple[Sign, ...]:
    """What the order can be found by beside its signs: what was typed in and nobody has verified."""
    verified = {mail(contact.verified_email), phone(verified_phone_of(contact))}
    found = (mail(contact.email), phone(phone_of(contact)), phone(shipping_phone_of(contact)))
    return tuple(dict.fromkeys(sign for sign in found if sign is not None and sign not in verified))


def _digest(kind: SignKind, *parts: str) -> str:
    return derived("sign", kind, *parts, length=32)
