"""Webhooks as platforms really send them: twice, at once, in any order, forged, too large."""

from __future__ import annotations

import itertools
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from oms.ids import order_id as derive_order_id
from oms.platform.http import MAX_BODY
from tests.support import state
from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, SHOPIFY, WEB, WOO, Merchant
from tests.support.shops import GERMAN, Sale, canonical_order, encoded, shopify_headers, shopify_order, woo_order
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]


def order_id_of(order: dict[str, Any], channel: str = SHOPIFY) -> str:
    return derive_order_id(channel, str(order["id"]))


def at_once(count: int, call: Callable[[], Answer]) -> list[Answer]:
    """The answers to the same call made by so many threads at the same moment, changing hands very often."""
    ready = threading.Barrier(count)
    answers: list[Answer] = []

    def run() -> None:
        ready.wait()
        answers.append(call())

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    return answers


def test_the_same_webhook_twice_gives_one_order(merchant: Merchant, world: World) -> None:
    order = shopify_order(1, TEE)
    answers = [merchant.shopify(order) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 200]
    assert answers[0].json["order_id"] == answers[1].json["order_id"]
    world.settle()
    assert merchant.shopify(order).status == 200
    world.settle()
    (entries,) = state.logs(world).values()
    assert Counter(type(event).__name__ for entry in entries for event in entry.events)["OrderPlaced"] == 1
    assert merchant.stock("TEE")[BERLIN] == (10, 9, 1)
    assert len(merchant.mails(GERMAN.email)) == 1


def test_the_same_webhook_from_eight_clients_at_once_gives_one_order(merchant: Merchant, world: World) -> None:
    order = shopify_order(2, TEE)
    answers = at_once(8, lambda: merchant.shopify(order))
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 7}
    world.settle()
    assert len(state.logs(world)) == 1
    assert merchant.stock("TEE")[BERLIN] == (10, 9, 1)
    assert len(merchant.mails(GERMAN.email)) == 1


def test_the_same_canonical_order_at_once_gives_one_order(merchant: Merchant, world: World) -> None:
    order = canonical_order("W-1", TEE)
    merchant.world.bearer("orders:write")
    answers = at_once(8, lambda: merchant.place(order))
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 7}
    world.settle()
    assert len(state.logs(world)) == 1
    assert list(world.charges.values()) == ["authorise 24.80 EUR"]


def test_other_content_under_the_same_id_is_a_conflict_and_changes_nothing(merchant: Merchant, world: World) -> None:
    order_id = merchant.sell(canonical_order("W-2", TEE))
    before = state.state(world)["orders"]
    answer = merchant.place(canonical_order("W-2", [Sale("TEE", 5, "19.90")]))
    assert (answer.status, answer.problem) == (409, "conflict")
    assert state.state(world)["orders"] == before
    assert order_id in before


@pytest.mark.parametrize(
    "secret", ["another-secret", "shopify-test-secre", "shopify-test-secret "], ids=["other", "shorter", "longer"]
)
def test_a_wrong_signature_writes_nothing_and_says_nothing(merchant: Merchant, world: World, secret: str) -> None:
    before = state.state(world)
    answer = merchant.shopify(shopify_order(3, TEE), secret=secret)
    assert answer.status == 401
    assert set(answer.json) == {"type", "title", "status"}
    world.settle()
    assert state.differences(before, state.state(world)) == []


@pytest.mark.usefixtures("merchant")
def test_a_signed_body_that_was_changed_on_its_way_is_refused(world: World) -> None:
    raw = encoded(shopify_order(4, TEE))
    headers = shopify_headers(raw, "shopify-test-secret")
    changed = raw.replace(b"Musterfrau", b"Mustermann")
    assert world.http("POST", f"/channels/{SHOPIFY}/webhooks", changed, headers=headers).status == 401
    assert state.logs(world) == {}


@pytest.mark.parametrize("channel", [SHOPIFY, WOO, WEB, "nobody"])
def test_no_signature_is_no_better(merchant: Merchant, channel: str) -> None:
    answer = merchant.world.http("POST", f"/channels/{channel}/webhooks", shopify_order(5, TEE))
    assert answer.status == 401
    assert "detail" not in answer.json


@pytest.mark.usefixtures("merchant")
def test_woocommerces_ping_is_answered(world: World) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert world.http("POST", f"/channels/{WOO}/webhooks", b"webhook_id=7", headers=headers).status == 200
    assert state.logs(world) == {}


def test_a_cancellation_that_comes_before_its_order_is_not_lost(merchant: Merchant, world: World) -> None:
    order = shopify_order(6, TEE)
    gone = shopify_order(6, TEE, cancelled_at="2026-03-02T09:05:00Z", updated=timedelta(minutes=5))
    assert merchant.shopify(gone, topic="orders/cancelled").status in {200, 201}
    world.settle()
    assert merchant.shopify(order).status in {200, 201}
    world.settle()
    assert merchant.order(order_id_of(order))["status"] == "cancelled"
    assert merchant.stock("TEE")[BERLIN] == (10, 10, 0)


def test_webhooks_in_any_order_and_twice_end_in_the_same_order() -> None:
    """Created unpaid, then paid, then cancelled: every order of arrival ends the same."""
    created = shopify_order(7, TEE, status="pending")
    paid = shopify_order(7, TEE, status="paid", updated=timedelta(minutes=2))
    gone = shopify_order(7, TEE, status="paid", cancelled_at="2026-03-02T09:05:00Z", updated=timedelta(minutes=5))
    sent = {"orders/create": created, "orders/updated": paid, "orders/cancelled": gone}
    ends = set()
    for topics in itertools.permutations(sent):
        with World() as world:
            merchant = Merchant(world).open()
            for topic in [*topics, topics[0]]:
                assert merchant.shopify(sent[topic], topic=topic).status in {200, 201}
                world.settle()
            order = merchant.order(order_id_of(created))
            assert not world.failures
            ends.add((order["status"], str(order["lines"][0]["units"]), str(merchant.stock("TEE"))))
    assert ends == {("cancelled", "{'cancelled': 1}", "{'berlin': (10, 10, 0)}")}


def test_an_update_of_the_address_reaches_the_order(merchant: Merchant, world: World) -> None:
    from tests.support.shops import ITALIAN

    merchant.shopify(shopify_order(8, TEE))
    world.settle()
    moved = shopify_order(8, TEE, buyer=ITALIAN, updated=timedelta(minutes=3))
    assert merchant.shopify(moved, topic="orders/updated").status == 200
    world.settle()
    assert merchant.order(order_id_of(moved))["contact"]["shipping"]["city"] == "Milano"


def test_a_woocommerce_order_paid_later_goes_on(merchant: Merchant, world: World) -> None:
    assert merchant.woo(woo_order(9, TEE, status="pending")).status == 201
    world.settle()
    order_id = derive_order_id(WOO, "9")
    assert merchant.holds(order_id) == ["payment_pending"]
    paid = woo_order(9, TEE, status="processing", updated=timedelta(minutes=9))
    assert merchant.woo(paid, topic="order.updated").status == 200
    world.settle()
    assert merchant.order(order_id)["status"] == "in_fulfillment"


def test_a_body_of_two_megabytes_is_refused_with_a_clear_problem(merchant: Merchant, world: World) -> None:
    huge = shopify_order(10, TEE, note="x" * 2_000_000)
    answer = merchant.shopify(huge)
    assert (answer.status, answer.problem) == (413, "too-large")
    assert f"the limit is {MAX_BODY}" in answer.json["detail"]
    assert state.logs(world) == {}


def test_accepting_an_order_makes_one_write_and_no_other_data_call_once_warm(merchant: Merchant, world: World) -> None:
    merchant.place(canonical_order("W-3", TEE))
    merchant.shopify(shopify_order(11, TEE))
    for deliver in (
        lambda: merchant.place(canonical_order("W-4", TEE)),
        lambda: merchant.shopify(shopify_order(12, TEE)),
    ):
        world.recorder.clear()
        assert deliver().status == 201
        assert [(call.operation, call.function) for call in world.recorder.calls] == [("PutItem", "CaptureHttp")]


def test_malformed_orders_are_refused_field_by_field(merchant: Merchant, world: World) -> None:
    order = canonical_order("W-5", TEE)
    order["lines"][0]["quantity"] = 0
    order["currency"] = "EURO"
    answer = merchant.place(order)
    assert (answer.status, answer.problem) == (422, "invalid-input")
    assert {error["path"] for error in answer.json["errors"]} >= {"lines[0].quantity", "currency"}
    assert state.logs(world) == {}


def test_nothing_is_open_without_a_key_or_with_the_wrong_scope(world: World) -> None:
    with_proofs_of_their_own = {
        "/channels/{channel_id}/webhooks",
        "/carriers/{carrier}/webhooks",
        "/payments/{gateway}/webhooks",
        "/offer/{token}",
        "/return/{token}",
        "/return/{token}/{number}/label.pdf",
    }
    for method, resource in world.api.routes:
        path = resource.replace("{", "").replace("}", "")
        assert world.http(method, path).status == 401, (method, resource)
        if resource not in with_proofs_of_their_own:
            wrong = "stock:write" if resource == "/routing/simulate" else "reports"
            assert world.http(method, path, key=wrong).status == 403, (method, resource)
