"""What a channel's document says, in our words: the order as it stands there, and what is to be noticed about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from pydantic_core import to_json

from oms.ids import derived
from oms.orders.contact import Contact
from oms.orders.events import OrderPlaced, PaymentMethod, PaymentTerms, PlacedLine

_NO_TERMS = PaymentTerms(method=PaymentMethod.UNPAID)
_SENT = "sent:"


class DocumentKind(StrEnum):
    """What the channel says has happened. The document itself is whole each time, so this is only a hint."""

    PLACED = "placed"
    UPDATED = "updated"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Remark:
    """A reason to hold the order that stands in the document; `at_placing` when it matters for a new order only."""

    note: str
    at_placing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDocument:
    """One state of an order in its channel; `placed` carries its revision, its language and how it is paid."""

    kind: DocumentKind
    placed: OrderPlaced
    contact: Contact
    cancelled: Mapping[str, int] = field(default_factory=dict)
    """Units that the channel no longer wants, by external line id, out of the quantity of the line."""
    sent: Mapping[str, int] = field(default_factory=dict)
    """Units that the channel says have been sent, by external line id: by us, as we told it, or by others."""
    remarks: tuple[Remark, ...] = ()
    given_back: int = 0
    """What the channel has refunded of the money that it took, in all and in minor units."""
    original: bytes = b""
    """The document as it came, packed (see `oms.orders.original`): what is not read of it is kept."""

    @property
    def gone(self) -> bool:
        """Whether the channel wants nothing of the order any more."""
        return _gone(self.placed.lines, self.cancelled)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a document says as hashes, one for each matter, so that a change in one matter is told from the others.

    The text form stands on the events. The hashes are salted with the order's own id: equal addresses of two orders
    do not look alike.
    """

    sale: str
    contact: str
    payment: str
    gone: bool = False
    sent: str = ""

    def __str__(self) -> str:
        more = (*(("gone",) if self.gone else ()), *((f"{_SENT}{self.sent}",) if self.sent else ()))
        return ".".join((self.sale, self.contact, self.payment, *more))

    @classmethod
    def read(cls, text: str) -> Fingerprint:
        """The fingerprint in an event; of a text that is none, one that differs in every matter."""
        sale, contact, payment, *rest = [*text.split("."), "", "", ""]
        sent = next((part.removeprefix(_SENT) for part in rest if part.startswith(_SENT)), "")
        return cls(sale, contact, payment, "gone" in rest, sent)


def document(
    kind: DocumentKind,
    placed: OrderPlaced,
    contact: Contact,
    *,
    cancelled: Mapping[str, int] | None = None,
    sent: Mapping[str, int] | None = None,
    remarks: Sequence[Remark] = (),
    given_back: int = 0,
) -> ChannelDocument:
    """A document with its fingerprint, which depends on what it means and not on how it was written down."""
    unwanted = {line: units for line, units in sorted((cancelled or {}).items()) if units}
    left = {line: units for line, units in sorted((sent or {}).items()) if units > 0}
    gone = _gone(placed.lines, unwanted)
    lasting = [] if gone else [remark.note for remark in remarks if not remark.at_placing]
    sale = replace(placed, payment=_NO_TERMS, revision="", fingerprint="", reservation_id="", tags=())

    def matter(value: object) -> str:
        # What a channel has verified about a customer is nothing that it changes in the order.
        text = to_json(value, exclude={"verified_email", "verified_phone", "collectors", "normal"}).decode()
        return derived(placed.channel_id, placed.external_id, text, length=16)

    fingerprint = Fingerprint(
        sale=matter([_as_ever(sale), unwanted, lasting]),
        contact=matter(contact),
        payment=matter([placed.payment, given_back] if given_back else placed.payment),
        gone=gone,
        sent=matter(left) if left else "",
    )
    return ChannelDocument(
        kind=kind,
        placed=replace(placed, fingerprint=str(fingerprint)),
        contact=contact,
        cancelled=unwanted,
        sent=left,
        remarks=() if gone else tuple(remarks),
        given_back=given_back,
    )


LATER = frozenset({"reservation_id", "pickup_location_id", "tags"})
"""What a sale can say only since orders have been on the log."""


def _as_ever(sale: OrderPlaced) -> dict[str, object]:
    """A sale without what it does not say of `LATER`: the fingerprints of orders that are on the log stay the same."""
    told = {each.name: getattr(sale, each.name) for each in fields(sale)}
    return {name: value for name, value in told.items() if value or name not in LATER}


def _gone(lines: Sequence[PlacedLine], cancelled: Mapping[str, int]) -> bool:
    return bool(lines) and all(cancelled.get(line.external_line_id, 0) >= line.quantity for line in lines)
