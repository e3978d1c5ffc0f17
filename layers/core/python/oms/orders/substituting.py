"""Other goods offered in place of what cannot be had: the offer, what was said to it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from oms.orders.units import UnitState

if TYPE_CHECKING:
    from oms.orders.order import Order


class OfferEnd(StrEnum):
    """Why nothing came of an offer."""

    DECLINED = "declined"
    """The customer would rather wait."""
    WITHDRAWN = "withdrawn"
    """The merchant took it back."""
    EXPIRED = "expired"
    """Nobody answered in time."""


class OfferStatus(StrEnum):
    """Where an offer stands; derived."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OVER = "over"
    """The units that it is about wait no longer: their goods came, or they were cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstituteOffered:
    """Units of `sku` in place of as many of a line that wait for stock; `net` and `tax` are for all of them.

    They never cost more than those that they stand in for. The line keeps its place in line until it is accepted.
    """

    offer_id: str
    line_id: str
    quantity: int
    sku: str
    title: str
    net: int
    tax: int
    grams: int = 0
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstituteAccepted:
    """The customer takes it: what is cancelled and added for it stands in the events beside."""

    offer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstituteRefused:
    """Nothing comes of the offer; the line waits on."""

    offer_id: str
    why: OfferEnd


OfferEvent = SubstituteOffered | SubstituteAccepted | SubstituteRefused


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer and what became of it."""

    offered: SubstituteOffered
    at: datetime
    accepted: bool = False
    ended: OfferEnd | None = None
    answered_at: datetime | None = None

    @property
    def unanswered(self) -> bool:
        """Whether nobody has said anything to it."""
        return not self.accepted and self.ended is None


def waits(order: Order, line_id: str) -> int:
    """Units of a line that have no place, and for which something else may be offered."""
    counts = order.lines[line_id].counts
    return counts.get(UnitState.OPEN, 0) + counts.get(UnitState.BACKORDERED, 0)


def status(order: Order, offer: Offer) -> OfferStatus:
    """Where an offer stands."""
    if offer.accepted:
        return OfferStatus.ACCEPTED
    if offer.ended is not None:
        return OfferStatus(offer.ended.value)
    return OfferStatus.OPEN if offer.offered.quantity <= waits(order, offer.offered.line_id) else OfferStatus.OVER


def recorded(order: Order, event: OfferEvent, at: datetime) -> Order:
    """The order after one more event of an offer: a part of the fold.

    Raises:
        ValueError: it cannot have happened.
    """
    if isinstance(event, SubstituteOffered):
        if event.offer_id in order.offers or event.line_id not in order.lines or event.quantity < 1:
            raise ValueError(f"{event.offer_id} is no new offer for a line of {order.order_id}")
        offer = Offer(event, at)
    else:
        known = order.offers.get(event.offer_id)
        if known is None or not known.unanswered:
            raise ValueError(f"there is no open offer {event.offer_id}")
        accepted = isinstance(event, SubstituteAccepted)
        offer = replace(
            known, accepted=accepted, ended=event.why if isinstance(event, SubstituteRefused) else None, answered_at=at
        )
    return replace(order, offers={**order.offers, event.offer_id: offer})
