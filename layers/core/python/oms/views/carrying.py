"""Carriers and labels as the API shows them."""

from __future__ import annotations

import sys

from oms.carriers.account import CarrierAccount
from oms.carriers.shopping import Candidate, Choice, Verdict
from oms.channels.keys import KnownSecret
from oms.views.basic_shapes import MoneyResource

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict


class CarrierAccounts(TypedDict):
    """All accounts with carriers, by id."""

    carriers: list[CarrierAccount]


class CarrierSecrets(TypedDict):
    """Which secrets of a carrier or an aggregator are set, never what they are."""

    carrier: str
    secrets: dict[str, KnownSecret]


class PickupResource(TypedDict):
    """A carrier that comes, or was called off."""

    carrier: str
    confirmation: str
    """By which it can be called off."""


class ClosedResource(TypedDict):
    """A closed day of a carrier's account."""

    reference: str
    link: str
    """Opens the paper for five minutes; empty where there is none."""


class CandidateResource(TypedDict):
    """A carrier's service that was looked at, and what became of it."""

    carrier: str
    service: str
    """Empty for a carrier that said no price."""
    verdict: Verdict
    cost: MoneyResource | None
    days: int | None
    """On the way, as the carrier counts them."""
    date: str | None
    """The day of delivery."""
    note: str
    """The carrier's words, where it said no price."""


class ChoiceResource(TypedDict):
    """What would be bought, and all that were looked at, the chosen one first."""

    carrier: str
    service: str
    promised: str | None
    """The day that the customer was promised."""
    candidates: list[CandidateResource]


def choice_resource(choice: Choice) -> ChoiceResource:
    """A comparison of prices."""
    return {
        "carrier": choice.carrier,
        "service": choice.service,
        "promised": choice.promised.isoformat() if choice.promised else None,
        "candidates": [_candidate(each) for each in choice.candidates],
    }


def _candidate(candidate: Candidate) -> CandidateResource:
    cost = candidate.cost
    return {
        "carrier": candidate.carrier,
        "service": candidate.service,
        "verdict": candidate.verdict,
        "cost": {"amount": cost, "currency": candidate.currency} if cost is not None else None,
        "days": candidate.days,
        "date": candidate.date.isoformat() if candidate.date else None,
        "note": candidate.note,
    }
