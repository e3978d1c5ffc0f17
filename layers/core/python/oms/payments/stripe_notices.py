"""Stripe's webhooks: verified by its own SDK, and read as notices.

Both older events, which carry `charges`, and newer ones with `latest_charge` are read: the totals stand on the objects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import stripe

from oms.errors import InvalidInput
from oms.payments.gateway import KEY, STRIPE
from oms.payments.notices import DisputeNews, Notice, Told
from oms.payments.stripe_amounts import from_stripe

Json = dict[str, Any]

SIGNATURE = "stripe-signature"

INTENT = {
    "payment_intent.amount_capturable_updated": Told.DECIDED,
    "payment_intent.payment_failed": Told.DECIDED,
    "payment_intent.canceled": Told.LET_GO,
    "payment_intent.succeeded": Told.CHARGED,
}
CHARGE = {"charge.captured": Told.CHARGED, "charge.refunded": Told.GIVEN_BACK}
REFUND = frozenset({"refund.created", "refund.updated", "charge.refund.updated"})
WON = {"won": True, "warning_closed": True, "lost": False}
"""What the bank decided, by the dispute's status; an inquiry that is closed took nothing."""


class StripeWebhook:
    """See the module."""

    def genuine(self, raw: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """As Stripe's SDK checks it: HMAC over time and body, no older than five minutes."""
        try:
            stripe.Webhook.construct_event(raw, headers.get(SIGNATURE, ""), secret)
        except (stripe.SignatureVerificationError, ValueError):
            return False
        return True

    def notice(self, raw: bytes) -> Notice | None:
        """Events about payments; all others are nothing to us.

        Raises:
            InvalidInput: not an event of Stripe's.
        """
        try:
            event: Json = json.loads(raw)
            return _notice(str(event["id"]), str(event["type"]), event["data"]["object"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInput("this is not an event of Stripe's") from None


def _notice(event_id: str, kind: str, thing: Json) -> Notice | None:
    if kind in INTENT:
        told = _about(event_id, thing["id"], INTENT[kind], _amount(thing, "amount_received"), final=True)
        return replace(told, key=(thing.get("metadata") or {}).get(KEY, ""))
    reference = _id(thing.get("payment_intent"))
    if not reference:
        return None  # a charge of the times before PaymentIntents: none of ours
    if kind in CHARGE:
        return _about(event_id, reference, CHARGE[kind], _captured(thing))
    if kind in REFUND:
        return _about(event_id, reference, Told.GIVEN_BACK)
    if kind.startswith("charge.dispute."):
        return Notice(
            notice_id=event_id,
            gateway=STRIPE,
            reference=reference,
            told=Told.DISPUTED,
            dispute=_dispute(kind.rpartition(".")[2], thing),
        )
    return None


def _about(event_id: str, reference: str, told: Told, amount: int = 0, *, final: bool = False) -> Notice:
    return Notice(notice_id=event_id, gateway=STRIPE, reference=reference, told=told, amount=amount, final=final)


def _dispute(what: str, thing: Json) -> DisputeNews:
    due = (thing.get("evidence_details") or {}).get("due_by")
    won = True if what == "funds_reinstated" else WON.get(thing["status"])
    return DisputeNews(
        dispute_id=thing["id"],
        amount=_amount(thing, "amount"),
        reason=thing.get("reason") or "",
        evidence_by=datetime.fromtimestamp(due, UTC) if due else None,
        withdrawn=what.startswith("funds_") or not thing["status"].startswith("warning"),
        won=won,
    )


def _captured(charge: Json) -> int:
    """What was captured of a charge; events of old versions have no field for it."""
    if "amount_captured" in charge:
        return _amount(charge, "amount_captured")
    return _amount(charge, "amount") if charge.get("captured") else 0


def _amount(thing: Json, name: str) -> int:
    return from_stripe(int(thing.get(name) or 0), str(thing["currency"]).upper()).amount


def _id(thing: Any) -> str:
    return thing if isinstance(thing, str) else str(thing["id"]) if thing else ""
