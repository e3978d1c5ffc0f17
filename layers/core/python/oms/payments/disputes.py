"""Money that a customer's bank has taken back, or may: events, and the state of one dispute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened:
    """The customer contests a charge at the bank.

    Said again with other facts when an inquiry, which takes no money yet, becomes a chargeback.
    """

    payment_id: str
    dispute_id: str
    amount: int
    reason: str = ""
    """The bank's: `fraudulent`, `product_not_received`."""
    evidence_by: datetime | None = None
    """When the merchant's answer must be in; None when the gateway does not say."""
    withdrawn: bool = True
    """Whether the bank has taken the money; an inquiry has not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeClosed:
    """The bank has decided. A dispute that is won gives the money back."""

    payment_id: str
    dispute_id: str
    won: bool


class DisputeStatus(StrEnum):
    """Where a dispute stands; derived."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute and how it ended, if it has."""

    opened: DisputeOpened
    won: bool | None = None

    @property
    def status(self) -> DisputeStatus:
        """Derived, never stored."""
        if self.won is not None:
            return DisputeStatus.WON if self.won else DisputeStatus.LOST
        return DisputeStatus.OPEN if self.opened.withdrawn else DisputeStatus.INQUIRY

    @property
    def taken(self) -> int:
        """What the bank holds or has kept."""
        lost = self.won is False
        return self.opened.amount if lost or (self.opened.withdrawn and not self.won) else 0


Disputes = Mapping[str, Dispute]
"""Disputes of one payment, by the gateway's id."""


def record(disputes: Disputes, event: DisputeOpened | DisputeClosed) -> Disputes:
    """The disputes after one more event.

    Raises:
        KeyError: a dispute is closed that was never opened.
    """
    if isinstance(event, DisputeClosed):
        return {**disputes, event.dispute_id: replace(disputes[event.dispute_id], won=event.won)}
    known = disputes.get(event.dispute_id)
    return {**disputes, event.dispute_id: Dispute(event, known.won if known else None)}
