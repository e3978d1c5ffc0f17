"""Stripe as a gateway: PaymentIntents that are captured as parcels leave. See `docs/payments.md` for what it supports.

An instrument is one of

    pi_…          a PaymentIntent that the shop's checkout has confirmed, with `capture_method=manual`
    pm_…          a payment method, to be charged while the customer is away
    cus_…:pm_…    the same, of a customer who saved it

Every write carries our key as `Idempotency-Key`. Stripe forgets keys after a day, so captures and refunds are labelled
with the key as well, and looked for before they are made: a message that is redriven next week charges nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import stripe
from stripe import CardError, IdempotencyError, InvalidRequestError, RateLimitError, StripeError

from oms.errors import Unavailable
from oms.money import Money
from oms.payments.gateway import (
    KEY,
    Answer,
    Authorised,
    Captured,
    Declined,
    ForeignRefund,
    Lapsed,
    PaymentRequest,
    Pending,
    Refunded,
)
from oms.payments.stripe_amounts import chargeable, from_stripe, to_stripe

Json = Mapping[str, Any]
"""An object of Stripe's as plain values."""

TIMEOUT = 4
"""Seconds for one answer: a step of routing has ten. Who gets none asks again under the same key."""

UNDECIDED = frozenset({"requires_action", "requires_confirmation", "processing"})
CONFLICT = 409

NOT_CHARGEABLE = "amount_not_chargeable"
"""Stripe has no unit for the amount; see `stripe_amounts`."""

ORDER = "oms_order"


class StripeGateway:
    """See the module. `url` is another place than Stripe's own that answers as Stripe does."""

    def __init__(self, api_key: str, *, url: str = "") -> None:
        self._stripe = stripe.StripeClient(
            api_key,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
            base_addresses={"api": url} if url else None,
            max_network_retries=0,
        )
        self._intents = self._stripe.v1.payment_intents
        self._refunds = self._stripe.v1.refunds

    def authorise(self, request: PaymentRequest) -> Answer:
        """Reserve the amount: on a PaymentIntent that the checkout has confirmed, or on a payment method."""
        if not chargeable(request.amount):
            return Declined("", NOT_CHARGEABLE)
        if not request.instrument.startswith("pi_"):
            customer, _, method = request.instrument.rpartition(":")
            return self._reserve(request, method, customer)
        try:
            intent = self._intent(request.instrument)
        except InvalidRequestError as error:
            return Declined(request.instrument, error.code or "unknown_instrument")
        if intent["status"] in {"succeeded", "canceled"}:
            # It was used up: what is needed now is reserved on the payment method behind it.
            return self._reserve(request, _id(intent.get("payment_method")), _id(intent.get("customer")))
        return self._adopt(request, intent)

    def status(self, request: PaymentRequest, reference: str) -> Answer:
        """What became of a PaymentIntent that wanted to decide later."""
        del request
        return _answer(self._intent(reference))

    def capture(self, reference: str, amount: Money, key: str) -> Captured | Lapsed:
        """Charge part of a reservation. Without multicapture the rest is let go, and the answer says so."""
        intent = self._intent(reference)
        if (done := _done(intent, amount.currency, key)) is not None:
            return done
        if intent["status"] != "requires_capture":
            return Lapsed(intent["status"])
        if not chargeable(amount):
            return Lapsed(NOT_CHARGEABLE)
        many = _multicapture(intent)
        wish: dict[str, Any] = {
            "amount_to_capture": to_stripe(amount),
            "metadata": {_label(key): str(amount.amount)},
            "expand": ["latest_charge"],
        }
        if many:
            wish["final_capture"] = to_stripe(amount) == intent["amount_capturable"]
        try:
            with _answers():
                after = _plain(self._intents.capture(reference, wish, {"idempotency_key": key}))  # type: ignore[arg-type]
        except CardError as error:
            return Lapsed(_code(error))
        except InvalidRequestError as error:
            # Somebody was faster, or the reservation is over: its state says which.
            intent = self._intent(reference)
            return _done(intent, amount.currency, key) or Lapsed(error.code or intent["status"])
        return Captured(_id(after.get("latest_charge")), amount, final=not many)

    def void(self, reference: str, amount: Money, key: str) -> str:
        """Let go what is left of a reservation. After captures in parts, what was charged stays charged."""
        del amount
        intent = self._intent(reference)
        if intent["status"] in {"canceled", "succeeded"}:
            return reference
        try:
            with _answers():
                self._intents.cancel(reference, {}, {"idempotency_key": key})
                return reference
        except InvalidRequestError as error:
            if self._intent(reference)["status"] in {"canceled", "succeeded"}:
                return reference
            raise Unavailable(f"stripe does not let go of {reference}: {error.code}") from error

    def refund(self, reference: str, amount: Money, key: str) -> Refunded | Declined:
        """Give back part or all of what was captured."""
        if not chargeable(amount):
            return Declined(reference, NOT_CHARGEABLE)
        for made in self._list(reference):
            if (made.get("metadata") or {}).get(KEY) == key:
                return _refund(made)
        try:
            with _answers():
                made = _plain(
                    self._refunds.create(
                        {"payment_intent": reference, "amount": to_stripe(amount), "metadata": {KEY: key}},
                        {"idempotency_key": key},
                    )
                )
        except (CardError, InvalidRequestError) as error:
            return Declined(reference, _code(error))
        return _refund(made)

    def foreign_refunds(self, reference: str) -> Sequence[ForeignRefund]:
        """Refunds without our label. What a capture lets go is none, since version 2025-03-31 of Stripe's API."""
        return [
            ForeignRefund(made["id"], from_stripe(made["amount"], made["currency"].upper()))
            for made in self._list(reference)
            if KEY not in (made.get("metadata") or {}) and made.get("status") not in {"failed", "canceled"}
        ]

    def _reserve(self, request: PaymentRequest, method: str, customer: str) -> Answer:
        if not method:
            return Declined(request.instrument, "no_payment_method")
        wish: dict[str, Any] = {
            "amount": to_stripe(request.amount),
            "currency": request.amount.currency.lower(),
            "payment_method": method,
            "payment_method_types": ["card"],
            "payment_method_options": {"card": {"request_multicapture": "if_available"}},
            "capture_method": "manual",
            "confirm": True,
            "off_session": True,
            "metadata": {ORDER: request.order_id, KEY: request.key},
            "expand": ["latest_charge"],
        }
        if customer:
            wish["customer"] = customer
        try:
            with _answers():
                intent = _plain(self._intents.create(wish, {"idempotency_key": request.key}))  # type: ignore[arg-type]
        except CardError as error:
            return Declined(_intent_of(error), _code(error))
        except InvalidRequestError as error:
            return Declined("", _code(error))
        return _answer(intent)

    def _adopt(self, request: PaymentRequest, intent: Json) -> Answer:
        """Take over what the checkout has reserved, unless another order has, or it is less than is asked for."""
        owner = (intent.get("metadata") or {}).get(ORDER, request.order_id)
        if owner != request.order_id:
            return Declined(intent["id"], "belongs_to_another_order")
        if intent["capture_method"] != "manual":
            return Declined(intent["id"], "not_captured_manually")
        if intent["currency"].upper() != request.amount.currency or intent["amount"] < to_stripe(request.amount):
            return Declined(intent["id"], "another_amount")
        with _answers():
            self._intents.update(
                intent["id"], {"metadata": {ORDER: request.order_id}}, {"idempotency_key": f"{request.key}-adopt"}
            )
        return _answer(intent)

    def _intent(self, reference: str) -> Json:
        with _answers():
            return _plain(self._intents.retrieve(reference, {"expand": ["latest_charge"]}))

    def _list(self, reference: str) -> list[Json]:
        with _answers():
            found = self._refunds.list({"payment_intent": reference, "limit": 100})
            return [_plain(each) for each in found.auto_paging_iter()]


@contextmanager
def _answers() -> Iterator[None]:
    """Let through what Stripe decided, and call everything else by its name: no answer."""
    try:
        yield
    except (CardError, InvalidRequestError) as error:
        if (error.http_status or 0) == CONFLICT:
            raise Unavailable("stripe is busy with the same call") from error
        raise
    except (IdempotencyError, RateLimitError) as error:
        raise Unavailable(f"stripe: {type(error).__name__}") from error
    except StripeError as error:
        # A connection that broke, a 5xx, a key that was withdrawn: nobody knows more until it is asked again.
        raise Unavailable(f"stripe did not answer: {type(error).__name__} {error.http_status or ''}") from error


def _plain(thing: Any) -> Json:
    values: Json = thing.to_dict()
    return values


def _answer(intent: Json) -> Answer:
    if intent["status"] == "requires_capture":
        return Authorised(intent["id"], _expiry(intent))
    if intent["status"] in UNDECIDED:
        return Pending(intent["id"])
    error = intent.get("last_payment_error") or {}
    return Declined(intent["id"], error.get("decline_code") or error.get("code") or intent["status"])


def _label(key: str) -> str:
    """A key as the name of a piece of metadata, which has at most 40 characters."""
    return f"oms_{sha256(key.encode()).hexdigest()[:32]}"


def _done(intent: Json, currency: str, key: str) -> Captured | None:
    """What was captured under this key, if anything was."""
    amount = (intent.get("metadata") or {}).get(_label(key))
    if amount is None:
        return None
    return Captured(
        _id(intent.get("latest_charge")), Money(int(amount), currency), final=intent["status"] != "requires_capture"
    )


def _multicapture(intent: Json) -> bool:
    card = _card(intent)
    return bool(card) and (card.get("multicapture") or {}).get("status") == "available"


def _expiry(intent: Json) -> datetime | None:
    """When the bank lets the reservation go, if Stripe says so."""
    before = _card(intent).get("capture_before")
    return datetime.fromtimestamp(before, UTC) if before else None


def _card(intent: Json) -> Mapping[str, Any]:
    charge = intent.get("latest_charge")
    details = {} if charge is None or isinstance(charge, str) else charge.get("payment_method_details") or {}
    card: Mapping[str, Any] = details.get("card") or {}
    return card


def _refund(made: Json) -> Refunded | Declined:
    if made.get("status") in {"failed", "canceled"}:
        return Declined(made["id"], made.get("failure_reason") or made["status"])
    return Refunded(made["id"])


def _id(thing: Any) -> str:
    """The id of what Stripe shows as an id, whole, or not at all."""
    return thing if isinstance(thing, str) else "" if thing is None else str(thing["id"])


def _code(error: StripeError) -> str:
    shown: Any = error.error
    return (getattr(shown, "decline_code", None) if shown else None) or error.code or "refused"


def _intent_of(error: StripeError) -> str:
    shown: Any = error.error
    return _id(getattr(shown, "payment_intent", None)) if shown else ""
