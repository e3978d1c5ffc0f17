"""One customer across channels: matched by what channels have verified, merged and split by hand, told as they wish."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from oms.ids import order_id as derive_order_id
from oms.orders.evolve import fold
from oms.platform.customers import note_order
from tests.support import cloud
from tests.support.clock import MONDAY_MORNING
from tests.support.merchant import SHOPIFY, WEB, WOO, Merchant
from tests.support.shops import GERMAN, ITALIAN, Sale, canonical_order, shopify_order, woo_order
from tests.support.state import logs
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]
VERIFIED = {"id": 7001, "first_name": "Erika", "last_name": "Musterfrau", "email": GERMAN.email, "verified_email": True}


def prepaid(external_id: str, **contact: Any) -> dict[str, Any]:
    order = canonical_order(external_id, TEE, method="prepaid")
    return order | {"contact": order["contact"] | contact}


def search(merchant: Merchant, **wish: str) -> list[dict[str, Any]]:
    answer = merchant.world.http("POST", "/customers/search", wish, key="ops")
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.json["customers"]
    return found


def owner(merchant: Merchant, order_id: str) -> str:
    """The customer whose an order is."""
    rows = {item["pk"]: item for item in merchant.world.items("CustomersTable")}
    return str(merchant.get(f"/customers/{rows[f'order#{order_id}']['customer']}")["customer_id"])


def did(answer: Any) -> Any:
    assert answer.status == 200, answer
    return answer.json


def test_a_person_who_buys_in_two_channels_with_a_verified_mail_address_is_one_customer(merchant: Merchant) -> None:
    first = merchant.sell(prepaid("C-1", email_verified=True, customer_id="k-1"))
    merchant.shopify(shopify_order(1, TEE, customer=VERIFIED, placed_at=MONDAY_MORNING + timedelta(hours=1)))
    merchant.world.settle()
    (found,) = search(merchant, email=GERMAN.email.upper())
    assert found["verified"]
    customer = merchant.get(f"/customers/{found['customer_id']}")
    second = derive_order_id(SHOPIFY, "5100000001")
    assert [each["order_id"] for each in customer["orders"]] == [second, first]
    assert customer["contact"]["email"] == GERMAN.email
    assert customer["figures"]["orders"] == 2
    assert customer["figures"]["value"] == [
        {"currency": "EUR", "orders": 2, "charged": 4960, "refunded": 0, "kept": 4960}
    ]
    for wish in ({"channel": SHOPIFY, "external_id": "7001"}, {"channel": WEB, "external_id": "k-1"}):
        assert search(merchant, **wish) == [found]
    listed = merchant.get(f"/orders?customer={found['customer_id']}&limit=1")
    assert [each["order_id"] for each in listed["orders"]] == [second]
    rest = merchant.get(f"/orders?customer={found['customer_id']}&limit=1&cursor={listed['cursor']}")
    assert ([each["order_id"] for each in rest["orders"]], rest["cursor"]) == ([first], None)


def test_an_address_that_was_only_typed_in_joins_nobody_but_is_found_and_suggested(merchant: Merchant) -> None:
    real = merchant.sell(prepaid("C-2", email_verified=True))
    guest = merchant.sell(prepaid("C-3"))
    assert owner(merchant, real) != owner(merchant, guest)
    assert [each["verified"] for each in search(merchant, email=GERMAN.email)] == [True, False]
    assert search(merchant, phone="+49 151 12345678")
    for one, other in ((real, guest), (guest, real)):
        shown = merchant.get(f"/customers/{owner(merchant, one)}")
        assert shown["possibly_the_same"] == [owner(merchant, other)]
    assert search(merchant, email="nobody@customer.example") == []
    assert merchant.world.http("POST", "/customers/search", {"phone": "0151 1"}, key="ops").status == 422


def test_two_records_that_turn_out_to_be_one_person_are_joined_and_both_ids_lead_there(merchant: Merchant) -> None:
    web = merchant.sell(prepaid("C-4", customer_id="k-4"))
    merchant.woo(woo_order(5, TEE, buyer=ITALIAN))
    merchant.world.settle()
    woo = derive_order_id(WOO, "5")
    before = {owner(merchant, web), owner(merchant, woo)}
    assert len(before) == 2
    merchant.sell(prepaid("C-5", customer_id="k-4", email_verified=True))
    merchant.shopify(shopify_order(5, TEE, customer=VERIFIED))
    merchant.world.settle()
    third = derive_order_id(SHOPIFY, "5100000005")
    assert owner(merchant, third) == owner(merchant, web)
    merchant.post(f"/customers/{owner(merchant, web)}/merge", {"other": owner(merchant, woo)}, key="customers:write")
    after = {owner(merchant, each) for each in (web, woo, third)}
    assert len(after) == 1
    shown = merchant.get(f"/customers/{after.pop()}")
    assert {shown["customer_id"], *shown["merged"]} == before
    (decision,) = shown["decisions"]
    assert (decision["kind"], decision["actor"]) == ("merged", "key:test customers:write")


def test_what_was_split_by_hand_stays_apart_whatever_later_orders_say(merchant: Merchant) -> None:
    orders = [merchant.sell(prepaid(f"C-6{n}", customer_id=f"k-{n}", email_verified=True)) for n in range(2)]
    one = owner(merchant, orders[0])
    assert owner(merchant, orders[1]) == one
    path, body = f"/customers/{one}/split", {"order_ids": [orders[1]]}
    new = did(merchant.post(path, body, key="customers:write", wish="split"))["customer_id"]
    assert did(merchant.post(path, body, key="customers:write", wish="split"))["customer_id"] == new
    assert [owner(merchant, each) for each in orders] == [one, new]
    # The account went along, the mail address that both have stayed.
    later = merchant.sell(prepaid("C-62", customer_id="k-1", email_verified=True))
    assert owner(merchant, later) == new
    assert owner(merchant, merchant.sell(prepaid("C-63", email_verified=True))) == one
    assert merchant.get(f"/customers/{one}")["apart"] == [new]
    assert merchant.get(f"/customers/{one}")["possibly_the_same"] == []
    everything = {"order_ids": [orders[1], later]}
    refused = merchant.post(f"/customers/{new}/split", everything, key="customers:write")
    assert (refused.status, refused.problem) == (422, "invalid-input")
    assert merchant.post(f"/customers/{one}/split", everything, key="customers:write").status == 422
    # Staff may think better of it.
    merged = did(merchant.post(f"/customers/{one}/merge", {"other": new}, key="customers:write"))
    assert merged == {"customer_id": one, "merged": [new]}
    assert did(merchant.post(f"/customers/{one}/merge", {"other": new}, key="customers:write")) == merged
    assert owner(merchant, merchant.sell(prepaid("C-64", customer_id="k-1", email_verified=True))) == one
    assert [each["kind"] for each in merchant.get(f"/customers/{new}")["decisions"]] == ["merged", "split", "split"]


def test_notes_and_wishes_are_kept_and_a_repeated_call_keeps_them_once(merchant: Merchant, world: World) -> None:
    one = owner(merchant, merchant.sell(prepaid("C-7")))
    for _ in range(2):
        merchant.post(f"/customers/{one}/notes", {"text": "rings twice"}, key="customers:write", wish="note")
    (note,) = merchant.get(f"/customers/{one}")["notes"]
    assert (note["text"], note["actor"]) == ("rings twice", "key:test customers:write")
    path, wish = f"/customers/{one}/preferences", {"language": "it", "sms": {"parcel_shipped": False}}
    version = merchant.get(f"/customers/{one}")["version"]
    headers = {"If-Match": f'"{version}"'}
    shown = did(world.http("PUT", path, wish, headers=headers, key="customers:write"))
    assert (shown["preferences"], shown["version"]) == (wish, version + 1)
    assert world.http("PUT", path, wish, headers=headers, key="customers:write").status == 412
    refused = world.http("PUT", path, {"mail": {"order_confirmed": False}}, key="customers:write")
    assert (refused.status, refused.json["errors"][0]["path"]) == (422, "mail")
    assert merchant.get(f"/customers/{one}")["preferences"] == wish
    assert world.http("GET", "/customers/c404", key="ops").status == 404


def test_figures_follow_refunds_and_returns(merchant: Merchant) -> None:
    order_id = merchant.sell(canonical_order("C-8", [Sale("TEE", 2, "20.00")]))
    merchant.to_the_door(order_id)
    merchant.sell(prepaid("C-9") | {"test": True})
    line_id = merchant.order(order_id)["lines"][0]["line_id"]
    unit = {"line_id": line_id, "quantity": 1}
    body = {"location_id": "berlin", "units": [unit | {"disposition": "restock"}], "credit": True}
    assert merchant.post(f"/orders/{order_id}/receipts", body, key="returns").status == 200
    merchant.world.settle()
    figures = merchant.get(f"/customers/{owner(merchant, order_id)}")["figures"]
    assert (figures["units"], figures["units_returned"], figures["return_rate"]) == (2, 1, 0.5)
    (value,) = figures["value"]
    assert value["charged"] - value["refunded"] == value["kept"] == merchant.order(order_id)["due"]["amount"]


@pytest.mark.parametrize("seed", range(3))
def test_notices_twice_and_in_any_order_lead_to_the_same_customers(merchant: Merchant, world: World, seed: int) -> None:
    merchant.sell(prepaid("C-10", customer_id="k-1"))
    merchant.sell(prepaid("C-11", customer_id="k-2", email_verified=True))
    merchant.sell(prepaid("C-12", customer_id="k-1", email_verified=True))
    before = _partition(world)
    assert sorted(map(len, before)) == [3]
    for item in world.items("CustomersTable"):
        world.cloud.client("dynamodb").delete_item(
            TableName=world.name("CustomersTable"), Key={name: {"S": item[name]} for name in ("pk", "sk")}
        )
    states = [fold(entries[:count]) for entries in logs(world).values() for count in range(1, len(entries) + 1)] * 2
    random.Random(seed).shuffle(states)  # noqa: S311 - a shuffle that is the same each time
    with world.inside("InsightProject"):
        for order in states:
            assert order is not None
            note_order(order)
    assert _partition(world) == before


def _partition(world: World) -> set[frozenset[str]]:
    """Which orders are one customer's."""
    items = {(item["pk"], item["sk"]): item for item in world.items("CustomersTable")}
    found: dict[str, set[str]] = {}
    for (pk, sk), item in items.items():
        if sk == "order":
            root = item["customer"]
            while into := items[f"customer#{root}", "record"].get("merged_into"):
                root = into
            found.setdefault(root, set()).add(pk)
    return {frozenset(each) for each in found.values()}


def test_messages_follow_the_customers_wishes_and_wait_for_the_end_of_quiet_hours(
    merchant: Merchant, world: World
) -> None:
    known = prepaid("C-13", customer_id="k-13", email_verified=True)
    first = merchant.sell(known)
    assert "Bestellung" in merchant.mails()[0]
    wish = {
        "language": "it",
        "mail": {"parcel_shipped": False},
        "quiet_hours": {"start": "09:00", "end": "11:00", "time_zone": "UTC"},
    }
    answer = world.http("PUT", f"/customers/{owner(merchant, first)}/preferences", wish, key="customers:write")
    assert answer.status == 200, answer
    began = world.clock.instant
    second = merchant.sell(prepaid("C-14", customer_id="k-13"))
    # A confirmation is urgent, and in the customer's language.
    assert len(merchant.mails()) == 2
    assert "ordine" in merchant.mails()[-1]
    for each in (first, second):
        merchant.ship(each)
    assert len(merchant.mails()) == 2
    assert [text for _, text in cloud.texts()]
    assert world.clock.instant.hour >= 11
    assert (world.clock.instant - began) < timedelta(hours=3)
    assert all("ordine" in text or "pacco" in text.lower() for _, text in cloud.texts())
