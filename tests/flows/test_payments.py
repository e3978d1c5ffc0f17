"""Money: declined, late, silent, taken elsewhere; never charged twice, never shipped unpaid."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from oms.ids import order_id as derive_order_id
from oms.orders.commands import CancelOrder, cancel_order
from oms.orders.log import Caller
from oms.payments.gateway import Answer, PaymentRequest
from oms.payments.simulated import SimulatedGateway
from oms.platform.event_log import order_log
from tests.support.merchant import SHOPIFY, WEB, Merchant
from tests.support.recorder import not_a_function
from tests.support.shops import GERMAN, Sale, canonical_order, shopify_order
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]


def test_a_declined_payment_holds_the_order_until_it_is_paid_with_another_instrument(
    merchant: Merchant, world: World
) -> None:
    order_id = merchant.sell(canonical_order("P-1", TEE, instrument="sim_decline"))
    held = merchant.order(order_id)
    assert held["status"] == "held"
    assert [hold["reason"] for hold in held["holds"]] == ["payment_declined"]
    assert "pay" in held["actions"]
    assert held["fulfillment_orders"] == []
    # The customer is asked to act.
    assert len(merchant.mails(GERMAN.email)) == 1

    answer = merchant.post(
        f"/orders/{order_id}/payments", {"gateway": "simulated", "instrument": "sim_ok"}, key="orders:write"
    )
    assert answer.status == 200, answer
    world.settle()
    merchant.to_the_door(order_id)
    done = merchant.order(order_id)
    assert done["status"] == "delivered"
    assert done["payment"]["charged_amount"] == done["total"]
    assert [payment["status"] for payment in done["payment"]["payments"]] == ["declined", "captured"]


def test_a_late_gateway_is_asked_again_until_it_answers(merchant: Merchant, world: World) -> None:
    assert merchant.place(canonical_order("P-2", TEE, instrument="sim_late:40")).status < 300
    world.settle(wait=False)
    order_id = derive_order_id(WEB, "P-2")
    assert merchant.order(order_id)["payment"]["payments"][0]["status"] == "pending"
    world.settle()
    assert merchant.order(order_id)["status"] == "in_fulfillment"
    assert sorted(world.charges.values()) == ["authorise 24.80 EUR"]


def test_a_late_refusal_holds_the_order(merchant: Merchant) -> None:
    order_id = merchant.sell(canonical_order("P-3", TEE, instrument="sim_late_decline:40"))
    assert merchant.holds(order_id) == ["payment_declined"]


def test_a_gateway_that_does_not_answer_is_asked_again_under_the_same_key(merchant: Merchant, world: World) -> None:
    world.failures_expected = True
    order_id = merchant.sell(canonical_order("P-4", TEE, instrument="sim_timeout:30"))
    assert world.failures
    assert merchant.order(order_id)["status"] == "in_fulfillment"
    assert sorted(world.charges.values()) == ["authorise 24.80 EUR"]


def test_an_order_that_the_channel_has_no_money_for_waits_until_it_has(merchant: Merchant, world: World) -> None:
    from datetime import timedelta

    assert merchant.shopify(shopify_order(2001, TEE, status="pending")).status in {200, 201}
    world.settle()
    order_id = derive_order_id(SHOPIFY, str(shopify_order(2001, TEE)["id"]))
    assert merchant.holds(order_id) == ["payment_pending"]
    paid = shopify_order(2001, TEE, status="paid", updated=timedelta(minutes=5))
    assert merchant.shopify(paid, topic="orders/updated").status in {200, 201}
    world.settle()
    done = merchant.order(order_id)
    assert done["holds"] == []
    assert done["status"] == "in_fulfillment"
    assert done["payment"]["charged"] == "full"


def test_cancelling_before_the_pick_gives_stock_back_and_lets_the_authorisation_go(
    merchant: Merchant, world: World
) -> None:
    order_id = merchant.sell(canonical_order("P-5", [Sale("TEE", 2, "19.90")]))
    assert merchant.stock("TEE")["berlin"] == (10, 8, 2)
    answer = merchant.post(f"/orders/{order_id}/cancel", {"reason": "changed her mind"}, key="ops")
    assert answer.status == 200, answer
    world.settle()
    done = merchant.order(order_id)
    assert done["status"] == "cancelled"
    assert merchant.stock("TEE")["berlin"] == (10, 10, 0)
    assert [payment["status"] for payment in done["payment"]["payments"]] == ["voided"]
    assert sorted(wish.split()[0] for wish in world.charges.values()) == ["authorise", "void"]


def test_an_order_cancelled_while_the_gateway_is_asked_lets_the_money_go(merchant: Merchant, world: World) -> None:
    merchant.place(canonical_order("P-8", TEE))
    order_id = derive_order_id(WEB, "P-8")
    ask = SimulatedGateway.authorise

    def slow(self: SimulatedGateway, request: PaymentRequest) -> Answer:
        answer = ask(self, request)
        # While the gateway reserved the money, the customer has changed her mind.
        customer = Caller(actor="customer", cause="once", clock=world.clock)
        with not_a_function():
            cancel_order(order_log(), order_id, CancelOrder(), customer)
        return answer

    with patch.object(SimulatedGateway, "authorise", slow):
        world.settle()
    assert merchant.order(order_id)["status"] == "cancelled"
    assert [payment["status"] for payment in merchant.order(order_id)["payment"]["payments"]] == ["voided"]
    assert sorted(wish.split()[0] for wish in world.charges.values()) == ["authorise", "void"]


def test_a_part_that_is_cancelled_is_not_charged(merchant: Merchant, world: World) -> None:
    order_id = merchant.sell(
        canonical_order("P-6", [Sale("TEE", 2, "20.00"), Sale("MUG", 1, "10.00")], shipping="5.00")
    )
    line = merchant.order(order_id)["lines"][0]["line_id"]
    answer = merchant.post(f"/orders/{order_id}/cancel", {"lines": [{"line_id": line, "quantity": 1}]}, key="ops")
    assert answer.status == 200, answer
    merchant.to_the_door(order_id)
    done = merchant.order(order_id)
    assert done["status"] == "delivered"
    assert done["payment"]["charged_amount"] == {"amount": 3500, "currency": "EUR"}
    assert [wish for wish in world.charges.values() if wish.startswith("capture")] == ["capture 35.00 EUR"]


@pytest.mark.parametrize("instrument", ["sim_decline:stolen_card", "nonsense"])
def test_nothing_is_shipped_that_nobody_pays(merchant: Merchant, instrument: str) -> None:
    order_id = merchant.sell(canonical_order("P-7", TEE, instrument=instrument))
    merchant.ship(order_id)
    assert merchant.order(order_id)["status"] == "held"
    assert merchant.stock("TEE")["berlin"] == (10, 10, 0)
