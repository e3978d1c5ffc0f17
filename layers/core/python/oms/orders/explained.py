"""Why units go out from where they go out, as the log keeps it: the choice, who lost and why, and the next best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One location that sourcing considered: how far it is, what it could cover, and why it won or lost."""

    location_id: str
    kilometres: int | None
    coverable: int
    """Units of the demand that the location could cover by itself."""
    chosen: bool
    verdict: str
    cost: int | None = None
    """By the rule, in minor units of its currency: of the chosen their share, of the others what they would cost more.

    Empty where the rule weighs no money, or where there is no plan with the location to compare with.
    """
    arrives: date | None = None
    """When a parcel from there should be there; empty in entries from before it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """The best plan that does without one location of the choice at least."""

    location_ids: tuple[str, ...]
    parcels: int
    kilometres: int | None
    verdict: str
    """What speaks against it."""
    cost: int | None = None
    """Of all of it, by the rule, in minor units of its currency; empty where the rule weighs no money."""
    arrives: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why the units go out from where they go out. At most 25 candidates are kept; `considered` counts them all."""

    considered: int
    parcels: int
    kilometres: int | None
    candidates: tuple[Candidate, ...]
    rule_id: str = ""
    """The rule by which it was decided; empty in entries from before there were rules."""
    rule_version: int = 0
    """Of the rule's set-up; 0 for the rule of the house."""
    currency: str = ""
    """ISO 4217, of the costs; empty where the rule weighs no money."""
    cost: int | None = None
    """Of the choice by the rule, in minor units of `currency`; empty where the rule weighs no money."""
    arrives: date | None = None
    """When the last of the parcels should be there."""
    gap: int = 0
    """What another plan could cost less at most, in minor units (kilometres where the rule weighs no money)."""
    parcels_gap: int = 0
    """How many parcels less another plan could take at most; with `gap` 0, it is proved that this is the best."""
    limited: str = ""
    """Which limit of the rule leaves units waiting that are in stock; empty when none does."""
    next_best: Alternative | None = None
    """Empty when there is no other way, or nobody looked for it."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """What the decision rested on, so that it can be made again: see `oms.sourcing.record`."""
