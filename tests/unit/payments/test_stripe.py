"""Stripe through its own SDK, against a stateful stand-in: each step once, whatever the network does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms.errors import InvalidInput, Unavailable
from oms.money import Money
from oms.payments.gateway import (
    Authorised,
    Captured,
    Declined,
    Gateway,
    Lapsed,
    PaymentRequest,
    Pending,
    Refunded,
)
from oms.payments.stripe import StripeGateway
from oms.payments.stripe_amounts import from_stripe, to_stripe
from tests.support.stripe_api import API_KEY, Fault, StripeApi

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DECLINED_CARD = "4000000000000341"
CARD_WITH_3DS = "4000002760003184"


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


@pytest.fixture
def gateway(stripe_api: StripeApi) -> Gateway:
    return StripeGateway(API_KEY, url=stripe_api.url)


def wish(
    instrument: str, amount: Money | None = None, key: str = "o1-authorise-1", order_id: str = "o1"
) -> PaymentRequest:
    return PaymentRequest(
        order_id=order_id, payment_id="1", instrument=instrument, amount=amount or eur(5000), requested_at=NOON, key=key
    )


def reserved(gateway: Gateway, api: StripeApi) -> str:
    answer = gateway.authorise(wish(api.card()))
    assert isinstance(answer, Authorised), answer
    return answer.reference


def test_what_is_reserved_is_not_charged(gateway: Gateway, stripe_api: StripeApi) -> None:
    intent = stripe_api.intent(reserved(gateway, stripe_api))
    assert (intent["status"], intent["amount_capturable"], intent["amount_received"]) == ("requires_capture", 5000, 0)
    assert intent["metadata"]["oms_order"] == "o1"


def test_a_refused_card_is_declined_with_the_banks_code(gateway: Gateway, stripe_api: StripeApi) -> None:
    answer = gateway.authorise(wish(stripe_api.card(DECLINED_CARD)))
    assert isinstance(answer, Declined)
    assert answer.code == "card_declined"


def test_a_card_that_asks_its_owner_first_is_pending(gateway: Gateway, stripe_api: StripeApi) -> None:
    request = wish(stripe_api.card(CARD_WITH_3DS))
    answer = gateway.authorise(request)
    assert isinstance(answer, Pending)
    assert isinstance(gateway.status(request, answer.reference), Pending)
    secret = stripe_api.intent(answer.reference)["client_secret"]
    stripe_api.call(
        "POST", f"/v1/payment_intents/{answer.reference}/_authenticate", {"client_secret": secret, "success": "true"}
    )
    assert gateway.status(request, answer.reference) == Authorised(answer.reference)


def test_without_multicapture_the_first_capture_is_the_last_and_says_so(
    gateway: Gateway, stripe_api: StripeApi
) -> None:
    reference = reserved(gateway, stripe_api)
    first = gateway.capture(reference, eur(2000), "k1")
    assert isinstance(first, Captured)
    assert (first.amount, first.final) == (eur(2000), True)
    assert isinstance(gateway.capture(reference, eur(3000), "k2"), Lapsed)
    assert stripe_api.intent(reference)["amount_received"] == 2000
    assert gateway.foreign_refunds(reference) == []


def test_with_multicapture_each_parcel_is_captured_and_the_rest_is_kept(
    gateway: Gateway, stripe_api: StripeApi
) -> None:
    stripe_api.multicapture = True
    reference = reserved(gateway, stripe_api)
    first = gateway.capture(reference, eur(2000), "k1")
    assert isinstance(first, Captured)
    assert not first.final
    second = gateway.capture(reference, eur(3000), "k2")
    assert isinstance(second, Captured)
    assert stripe_api.intent(reference)["amount_received"] == 5000


def test_what_is_not_needed_is_let_go(gateway: Gateway, stripe_api: StripeApi) -> None:
    reference = reserved(gateway, stripe_api)
    gateway.void(reference, eur(5000), "v1")
    assert stripe_api.intent(reference)["status"] == "canceled"
    assert gateway.void(reference, eur(5000), "v2") == reference
    assert gateway.capture(reference, eur(1), "k1") == Lapsed("canceled")


def test_refunds_in_parts_add_up_and_never_to_more_than_was_captured(gateway: Gateway, stripe_api: StripeApi) -> None:
    reference = reserved(gateway, stripe_api)
    gateway.capture(reference, eur(5000), "k1")
    assert isinstance(gateway.refund(reference, eur(2000), "r1"), Refunded)
    assert isinstance(gateway.refund(reference, eur(3000), "r2"), Refunded)
    assert gateway.refund(reference, eur(1), "r3") == Declined(reference, "charge_already_refunded")
    assert stripe_api.refunded(reference) == 5000


def test_a_refund_by_hand_is_told_from_ours(gateway: Gateway, stripe_api: StripeApi) -> None:
    reference = reserved(gateway, stripe_api)
    gateway.capture(reference, eur(4000), "k1")
    gateway.refund(reference, eur(1000), "r1")
    by_hand = stripe_api.call("POST", "/v1/refunds", {"payment_intent": reference, "amount": 700})
    found = gateway.foreign_refunds(reference)
    assert [(each.reference, each.amount) for each in found] == [(by_hand["id"], eur(700))]


def test_after_stripe_has_forgotten_its_keys_nothing_is_charged_or_refunded_twice(
    gateway: Gateway, stripe_api: StripeApi
) -> None:
    stripe_api.multicapture = True
    reference = reserved(gateway, stripe_api)
    charged = gateway.capture(reference, eur(2000), "k1")
    given_back = gateway.refund(reference, eur(500), "r1")
    stripe_api._answers.clear()
    assert gateway.capture(reference, eur(2000), "k1") == charged
    assert gateway.refund(reference, eur(500), "r1") == given_back
    assert (stripe_api.intent(reference)["amount_received"], stripe_api.refunded(reference)) == (2000, 500)


def test_one_key_with_two_wishes_is_no_answer(gateway: Gateway, stripe_api: StripeApi) -> None:
    gateway.authorise(wish(stripe_api.card(), key="same"))
    with pytest.raises(Unavailable):
        gateway.authorise(wish(stripe_api.card(), eur(1), key="same"))


def test_what_the_checkout_has_confirmed_is_taken_over_by_one_order(gateway: Gateway, stripe_api: StripeApi) -> None:
    confirmed = stripe_api.call(
        "POST",
        "/v1/payment_intents",
        {
            "amount": 5000,
            "currency": "eur",
            "payment_method": stripe_api.card(),
            "capture_method": "manual",
            "confirm": "true",
        },
    )["id"]
    assert gateway.authorise(wish(confirmed)) == Authorised(confirmed)
    assert gateway.authorise(wish(confirmed)) == Authorised(confirmed)
    assert gateway.authorise(wish(confirmed, order_id="o2")) == Declined(confirmed, "belongs_to_another_order")
    assert gateway.authorise(wish(confirmed, eur(5001))) == Declined(confirmed, "another_amount")
    # Captured for the first parcel, it is used up: what else is needed is reserved on the card behind it.
    gateway.capture(confirmed, eur(2000), "k1")
    renewed = gateway.authorise(wish(confirmed, eur(3000), key="renewal"))
    assert isinstance(renewed, Authorised)
    assert renewed.reference != confirmed
    assert stripe_api.intent(renewed.reference)["amount"] == 3000


def test_an_instrument_that_stripe_does_not_know_is_declined(gateway: Gateway) -> None:
    assert isinstance(gateway.authorise(wish("pi_unknown")), Declined)
    assert isinstance(gateway.authorise(wish("pm_unknown")), Declined)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(st.sampled_from(Fault), max_size=9))
def test_a_gateway_that_is_silent_late_or_double_changes_nothing_but_time(
    gateway: Gateway, stripe_api: StripeApi, faults: list[Fault]
) -> None:
    stripe_api.reset()
    card = stripe_api.card()
    stripe_api.faults = list(faults)

    def insist(call: object) -> object:
        for _ in range(len(faults) + 1):
            try:
                return call()  # type: ignore[operator]
            except Unavailable:
                # Stripe answers a 500 again under its key; what came of it is seen in the object.
                continue
        raise AssertionError("never answered")

    answer = insist(lambda: gateway.authorise(wish(card)))
    assert isinstance(answer, Authorised)
    insist(lambda: gateway.capture(answer.reference, eur(2000), "k1"))
    insist(lambda: gateway.refund(answer.reference, eur(300), "r1"))
    assert stripe_api.intent(answer.reference)["amount_received"] == 2000
    assert stripe_api.refunded(answer.reference) == 300
    assert [path.rsplit("/", 1)[-1] for path in stripe_api.writes] == [
        "payment_methods",
        "payment_intents",
        "capture",
        "refunds",
    ]


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"),
    [("EUR", 1999, 1999), ("JPY", 500, 500), ("KWD", 1230, 1230), ("UGX", 7, 700), ("ISK", 7, 700), ("MGA", 500, 5)],
)
def test_amounts_are_in_the_unit_that_stripe_counts_in(currency: str, ours: int, theirs: int) -> None:
    assert to_stripe(Money(ours, currency)) == theirs
    assert from_stripe(theirs, currency) == Money(ours, currency)


@pytest.mark.parametrize(("currency", "amount"), [("KWD", 1231), ("MGA", 501)])
def test_an_amount_that_stripe_cannot_charge_is_refused(currency: str, amount: int) -> None:
    with pytest.raises(InvalidInput):
        to_stripe(Money(amount, currency))


def test_an_amount_that_stripe_has_no_unit_for_is_declined_not_asked_for_again_and_again(gateway: Gateway) -> None:
    assert gateway.authorise(wish("pm_1", Money(1231, "KWD"))) == Declined("", "amount_not_chargeable")
