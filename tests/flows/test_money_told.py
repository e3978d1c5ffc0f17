"""What gateways tell over their webhooks: signed, parked until their payment is known, twice and in any order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from oms.ids import order_id as derive_order_id
from oms.payments.notices import DisputeNews, Notice, Told
from tests.support.gateway_api import Answer
from tests.support.merchant import WEB, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.stripe_api import API_KEY, Fault, StripeApi
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]
TEES = [Sale("TEE", 2, "19.90"), Sale("MUG", 1, "10.00")]
SECRET = "whsec_of_a_test"


@pytest.fixture(scope="module")
def running() -> Iterator[StripeApi]:
    with StripeApi() as api:
        yield api


@pytest.fixture
def bank(running: StripeApi, merchant: Merchant) -> StripeApi:
    """Stripe, with an account of this merchant's."""
    running.reset()
    merchant.world.cloud.client("secretsmanager").create_secret(
        Name=f"{merchant.world.template.parameters['Stack']}/gateways/stripe",
        SecretString=json.dumps({"api_key": API_KEY, "webhook_secret": SECRET, "url": running.url}),
    )
    return running


class Stripe:
    """Stripe's webhooks as they reach the stack."""

    def __init__(self, merchant: Merchant, bank: StripeApi) -> None:
        self.merchant, self.bank = merchant, bank

    def says(self, kind: str, thing: dict[str, Any], *, event: str = "evt_1", secret: str = SECRET) -> Answer:
        body = json.dumps({"id": event, "object": "event", "type": kind, "data": {"object": thing}})
        signature = stripe.WebhookSignature.generate_signature_header(body, secret)
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        return self.merchant.world.http("POST", "/payments/stripe/webhooks", body.encode(), headers=headers)

    def sell(self, external_id: str, sales: list[Sale], card: str = "") -> str:
        order = canonical_order(external_id, sales)
        order["payment"] = {"method": "gateway", "gateway": "stripe", "instrument": card or self.bank.card()}
        return self.merchant.sell(order)

    def reference(self, order_id: str) -> str:
        return str(self.merchant.order(order_id)["payment"]["payments"][0]["reference"])


@pytest.fixture
def by_stripe(merchant: Merchant, bank: StripeApi) -> Stripe:
    return Stripe(merchant, bank)


def test_an_order_is_paid_through_stripe_refunded_by_hand_and_never_twice(
    by_stripe: Stripe, merchant: Merchant, world: World
) -> None:
    order_id = by_stripe.sell("S-1", TEES)
    reference = by_stripe.reference(order_id)
    merchant.to_the_door(order_id)
    assert by_stripe.bank.intent(reference)["amount_received"] == 5470
    assert merchant.order(order_id)["payment"]["charged"] == "full"

    # Our own charge comes back as an event, twice; somebody refunds five euro at the dashboard.
    for event in ("evt_1", "evt_1", "evt_2"):
        assert by_stripe.says("payment_intent.succeeded", by_stripe.bank.intent(reference), event=event).status == 200
    by_stripe.bank.call("POST", "/v1/refunds", {"payment_intent": reference, "amount": 500})
    charge = by_stripe.bank.call("GET", f"/v1/payment_intents/{reference}?expand[0]=latest_charge")["latest_charge"]
    for event in ("evt_3", "evt_3"):
        assert by_stripe.says("charge.refunded", charge, event=event).status == 200
    world.settle()
    money = merchant.order(order_id)["payment"]
    assert (money["charged_amount"]["amount"], money["refunded_amount"]["amount"]) == (5470, 500)
    assert money["refunded"] == "partial"
    assert merchant.order(order_id)["due"]["amount"] == 4970
    assert by_stripe.bank.refunded(reference) == 500


def test_events_about_a_payment_that_nobody_knows_yet_wait_for_it(
    by_stripe: Stripe, merchant: Merchant, world: World
) -> None:
    confirmed = by_stripe.bank.call(
        "POST",
        "/v1/payment_intents",
        {
            "amount": 2480,
            "currency": "eur",
            "payment_method": by_stripe.bank.card(),
            "capture_method": "manual",
            "confirm": "true",
        },
    )
    dispute = {
        "id": "dp_1",
        "payment_intent": confirmed["id"],
        "amount": 2480,
        "currency": "eur",
        "status": "needs_response",
        "reason": "fraudulent",
        "evidence_details": {"due_by": 1773000000},
    }
    answers = [
        by_stripe.says("payment_intent.amount_capturable_updated", confirmed, event="evt_1"),
        by_stripe.says("charge.dispute.created", dispute, event="evt_2"),
        by_stripe.says("charge.dispute.created", dispute, event="evt_2"),
    ]
    assert [(each.status, each.json["status"]) for each in answers] == [(202, "parked")] * 3
    order_id = by_stripe.sell("S-2", TEE, confirmed["id"])
    order = merchant.order(order_id)
    assert [hold["reason"] for hold in order["holds"]] == ["dispute"]
    assert [each["status"] for each in order["payment"]["payments"][0]["disputes"]] == ["open"]
    # Nothing waits any more.
    assert not [each for each in world.items("ReferencesTable") if each["entry"].startswith("parked#")]

    assert by_stripe.says("charge.dispute.closed", dispute | {"status": "won"}, event="evt_3").status == 200
    world.settle()
    assert merchant.holds(order_id) == []


def test_a_forged_or_foreign_event_is_refused_without_a_word(by_stripe: Stripe, merchant: Merchant) -> None:
    intent = {"id": "pi_1", "amount_received": 1, "currency": "eur"}
    refused = [
        by_stripe.says("payment_intent.succeeded", intent, secret="whsec_of_somebody_else"),
        merchant.world.http("POST", "/payments/stripe/webhooks", b"{}"),
        merchant.world.http("POST", "/payments/paypal/webhooks", b"{}"),
        merchant.money_told(
            Notice(notice_id="1", gateway="simulated", reference="r", told=Told.DECIDED, order_id="o"), secret="wrong"
        ),
    ]
    assert [(each.status, each.problem, "detail" in each.json) for each in refused] == [
        (401, "unauthenticated", False)
    ] * 4


def test_events_that_are_about_no_payment_are_acknowledged(by_stripe: Stripe) -> None:
    assert by_stripe.says("customer.created", {"id": "cus_1"}).json == {"status": "ignored"}


def test_a_gateway_that_loses_questions_and_answers_charges_once(
    by_stripe: Stripe, merchant: Merchant, world: World
) -> None:
    world.failures_expected = True
    by_stripe.bank.card()
    card = by_stripe.bank.card()
    by_stripe.bank.faults = [Fault.ANSWER_LOST, Fault.QUESTION_LOST, Fault.TWICE]
    order_id = by_stripe.sell("S-3", TEE, card)
    by_stripe.bank.faults = [Fault.ANSWER_LOST, Fault.SERVER_ERROR]
    merchant.to_the_door(order_id)
    reference = by_stripe.reference(order_id)
    assert by_stripe.bank.intent(reference)["amount_received"] == 2480
    assert merchant.order(order_id)["payment"]["charged_amount"]["amount"] == 2480
    assert [path for path in by_stripe.bank.writes if path.endswith("payment_intents")] == ["/v1/payment_intents"]


def test_what_was_reserved_for_an_order_that_is_cancelled_before_the_answer_was_written_down_is_let_go(
    by_stripe: Stripe, merchant: Merchant, world: World
) -> None:
    world.failures_expected = True
    order = canonical_order("S-4", TEE)
    order["payment"] = {"method": "gateway", "gateway": "stripe", "instrument": by_stripe.bank.card()}
    # Two messages lead to the question: that the order is placed, and that its payment is asked for.
    by_stripe.bank.faults = [Fault.ANSWER_LOST, Fault.QUESTION_LOST]
    merchant.place(order)
    world.settle(wait=False)
    order_id = derive_order_id(WEB, "S-4")
    assert merchant.post(f"/orders/{order_id}/cancel", key="ops").status == 200
    world.settle()
    payment = merchant.order(order_id)["payment"]["payments"][0]
    assert (payment["status"], payment["reference"]) == ("requested", "")
    (intent,) = by_stripe.bank.call("GET", "/v1/payment_intents")["data"]
    assert intent["status"] == "requires_capture"

    for event in ("evt_1", "evt_1", "evt_2"):
        assert by_stripe.says("payment_intent.amount_capturable_updated", intent, event=event).status == 200
        world.settle()
    assert by_stripe.bank.intent(intent["id"])["status"] == "canceled"
    payment = merchant.order(order_id)["payment"]["payments"][0]
    assert (payment["status"], payment["reference"]) == ("voided", intent["id"])


def test_a_dispute_at_the_simulated_gateway_is_a_call(merchant: Merchant, world: World) -> None:
    order_id = merchant.sell(canonical_order("S-4", TEE))
    payment = merchant.order(order_id)["payment"]["payments"][0]
    opened = Notice(
        notice_id="n1",
        gateway="simulated",
        reference=payment["reference"],
        order_id=order_id,
        told=Told.DISPUTED,
        dispute=DisputeNews(dispute_id="dp1", amount=2480, reason="fraudulent"),
    )
    assert merchant.money_told(opened).json == {"status": "taken"}
    world.settle()
    assert merchant.holds(order_id) == ["dispute"]


def test_an_order_with_several_tenders_waits_for_the_transfer_and_takes_the_card_last(
    merchant: Merchant, world: World
) -> None:
    order = canonical_order("S-5", TEES)
    del order["payment"]
    order["payments"] = [
        {"method": "gift_card", "amount": {"amount": 1000, "currency": "EUR"}, "reference": "GC-1"},
        {"method": "bank_transfer", "amount": {"amount": 2000, "currency": "EUR"}},
        {"method": "gateway", "instrument": "sim_ok"},
    ]
    order_id = merchant.sell(order)
    assert merchant.holds(order_id) == ["payment_pending"]
    came = {"amount": {"amount": 2000, "currency": "EUR"}, "method": "bank_transfer", "reference": "statement 7"}
    for _ in range(2):
        answer = merchant.post(f"/orders/{order_id}/payments/received", came, key="orders:write")
        assert answer.status == 200, answer
    world.settle()
    merchant.to_the_door(order_id)
    payments = merchant.order(order_id)["payment"]["payments"]
    assert [(each["method"], each["captured"]["amount"]) for each in payments] == [
        ("gift_card", 1000),
        ("bank_transfer", 2000),
        ("", 2470),
    ]
    assert derive_order_id(WEB, "S-5") == order_id
