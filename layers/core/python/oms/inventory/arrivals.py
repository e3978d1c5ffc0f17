"""Goods as they arrive: how many came, and how many of them cannot be sold, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Units of a sku that came, all of them; `unavailable` says how many of these are not for sale, by reason."""

    sku: str
    quantity: int
    unavailable: Mapping[str, int] = field(default_factory=dict)

    @property
    def sellable(self) -> int:
        """Units that may be sold at once."""
        return self.quantity - sum(self.unavailable.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was booked in by one call; `cause` is how a repetition of the call is known."""

    cause: str
    at: datetime
    actor: str
    arrivals: tuple[Arrival, ...]
    reference: str = ""


def add(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Units by reason, added up; reasons without units are left out."""
    summed = {why: one.get(why, 0) + other.get(why, 0) for why in dict.fromkeys((*one, *other))}
    return {why: units for why, units in summed.items() if units}


def subtract(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Units by reason that `one` has more than `other`."""
    return add(one, {why: -units for why, units in other.items()})


def still_to_book(wanted: tuple[Arrival, ...], receipts: tuple[Receipt, ...], cause: str) -> tuple[Arrival, ...]:
    """What of a call is not booked yet: all of it at first, and the rest when the call broke off and comes again."""
    booked = {each.sku for receipt in receipts if receipt.cause == cause for each in receipt.arrivals}
    return tuple(each for each in wanted if each.sku not in booked)


def noted(receipts: tuple[Receipt, ...], more: Receipt) -> tuple[Receipt, ...]:
    """The receipts with one more; what one call books in several steps is one receipt."""
    known = [receipt for receipt in receipts if receipt.cause == more.cause]
    if not known:
        return (*receipts, more)
    whole = Receipt(
        cause=more.cause,
        at=known[0].at,
        actor=more.actor,
        arrivals=(*known[0].arrivals, *more.arrivals),
        reference=more.reference,
    )
    return tuple(whole if receipt.cause == more.cause else receipt for receipt in receipts)
