"""What gateways tell us about payments unasked, in one form, whatever their own events look like.

A notice says how things stand, never by how much they changed: told twice, late or out of order, it ends in one state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from oms.clock import from_text, to_text


class Told(StrEnum):
    """What a notice is about."""

    DECIDED = "decided"
    """The gateway knows now what becomes of a request: ask it."""
    LET_GO = "let_go"
    """Nothing more can be captured: cancelled at the gateway, or lapsed."""
    CHARGED = "charged"
    """So much was captured in all."""
    GIVEN_BACK = "given_back"
    """Money went back."""
    DISPUTED = "disputed"
    """The customer contests the charge, or the bank has decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeNews:
    """How a dispute stands; `won` is None until the bank has decided."""

    dispute_id: str
    amount: int
    reason: str = ""
    evidence_by: datetime | None = None
    withdrawn: bool = True
    won: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that a gateway told: about the payment that it calls `reference`. Amounts in minor units."""

    notice_id: str
    gateway: str
    reference: str
    told: Told
    amount: int = 0
    """What was charged in all, or given back under `refund`."""
    final: bool = False
    """Whether nothing more can be captured after what was charged."""
    refund: str = ""
    """The gateway's reference of a refund; empty when it is to be asked which there are."""
    dispute: DisputeNews | None = None
    order_id: str = ""
    """For a gateway that knows it; else the reference leads to the order."""
    key: str = ""
    """The key under which we asked for the payment, if the gateway keeps it: the last way to the order."""


class Webhook(Protocol):
    """How a gateway's webhooks are read."""

    def genuine(self, raw: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Whether the very bytes carry the gateway's signature."""
        ...

    def notice(self, raw: bytes) -> Notice | None:
        """What it tells us; None when it is nothing about a payment.

        Raises:
            InvalidInput: the gateway signed what it should not have sent.
        """
        ...


def dump(notice: Notice) -> str:
    """A notice as text, for a queue or to be parked."""
    return json.dumps(asdict(notice), default=to_text)


def load(text: str) -> Notice:
    """A notice from its text."""
    body: dict[str, Any] = json.loads(text)
    news = body["dispute"]
    if news:
        due = news["evidence_by"]
        news = DisputeNews(**{**news, "evidence_by": from_text(due) if due else None})
    return Notice(**{**body, "told": Told(body["told"]), "dispute": news})


def webhook(gateway: str) -> Webhook:
    """The reader of a gateway's webhooks.

    Raises:
        KeyError: there is no such gateway.
    """
    match gateway:
        case "simulated":
            from oms.payments.simulated_notices import SimulatedWebhook

            return SimulatedWebhook()
        case "stripe":
            from oms.payments.stripe_notices import StripeWebhook

            return StripeWebhook()
        case _:
            raise KeyError(gateway)
