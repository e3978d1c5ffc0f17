"""How likely an order is a fraud: what a screening found, and what an order remembers of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

MAX_SCORE = 100
"""The score of an order that nobody should ship; 0 is one that nothing speaks against."""


class ScreeningOutcome(StrEnum):
    """What whoever screened an order advises. All but `accept` hold it for a person to decide."""

    ACCEPT = "accept"
    REVIEW = "review"
    REJECT = "reject"
    UNANSWERED = "unanswered"
    """The provider was asked again and again and did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that speaks against an order: the id of its rule, its points, and the reason without personal data."""

    rule: str
    points: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderScreened:
    """The order was looked at for fraud, with a score from 0 to 100; a hold stands beside it if a person must look."""

    score: int
    outcome: ScreeningOutcome
    reasons: tuple[Finding, ...] = ()
    provider: str = ""
    """Who screened: `rules`, or the name of a vendor."""


CONTACT_THAT_MATTERS = frozenset({"name", "email", "phone", "shipping", "billing"})
"""Parts of the contact that a screening looks at: after a change the order is screened once more."""


@dataclass(frozen=True, slots=True)
class Screened:
    """What an order remembers of its screenings."""

    last: OrderScreened | None = None
    at: datetime | None = None
    stale: bool = False
    """Something that was looked at has changed since."""
    amount: int = 0
    """What the order cost when it was looked at, in minor units."""
    passed: int = -1
    """The highest score that a person has seen and let pass; -1 when nobody had to."""

    def due(self, amount: int) -> bool:
        """Whether an order that costs `amount` has yet to be looked at, or once more: it changed, or costs more."""
        return self.last is None or self.stale or amount > self.amount

    @property
    def needs_a_person(self) -> bool:
        """Whether what was found last is for a person to decide, and worse than what one has let pass already."""
        if self.last is None or self.last.outcome is ScreeningOutcome.ACCEPT:
            return False
        return self.last.outcome is ScreeningOutcome.UNANSWERED or self.last.score > self.passed


def recorded(state: Screened, event: OrderScreened, at: datetime, *, amount: int) -> Screened:
    """The state after another screening of the order, which cost `amount` then."""
    return replace(state, last=event, at=at, stale=False, amount=amount)


def let_pass(state: Screened) -> Screened:
    """The state after a person released the hold: what they have seen does not hold the order again."""
    return replace(state, passed=max(state.passed, state.last.score)) if state.last else state
