"""The API document: valid, up to date, complete in both directions, and true of every answer that the API gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from stripe import WebhookSignature

from infra.openapi import DOCUMENT, render
from oms.channels.work import Finding, WorkKind
from oms.errors import Refused
from oms.payments.notices import Notice, Told
from oms.platform import channel_work
from oms.platform.keys import SCOPES
from tests.support import basket_day, carriers_day, feed_day, plain_shop, stockroom_day, waiting_day
from tests.support.contract import DocumentedWorld, complaints, document, documented
from tests.support.gateway_api import Answer
from tests.support.merchant import BERLIN, MILAN, SHOPIFY, WEB, WOO, Merchant
from tests.support.plain_shop import PlainShop
from tests.support.shops import Sale, canonical_order, encoded, shopify_order, woo_headers
from tests.support.told_shop import ToldShop
from tests.support.world import stack

TEE = [Sale("TEE", 1, "19.90")]


def operations() -> list[tuple[str, str, Any]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_committed_document_is_what_the_code_says() -> None:
    assert DOCUMENT.read_text() == render(), "run `oms openapi --write`"


def test_the_document_is_valid() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(document()).iter_errors()] == []


def test_the_document_has_every_route_of_the_composed_api_and_no_other() -> None:
    (api,) = stack().of_type("AWS::Serverless::Api").values()
    routes = {(method.upper(), path) for path, methods in api["DefinitionBody"]["paths"].items() for method in methods}
    assert {(method, path) for method, path, _ in operations()} == routes


def test_every_call_says_what_it_does_and_what_key_it_needs() -> None:
    for method, path, operation in operations():
        assert operation["summary"], path
        assert operation["tags"], path
        scopes = [scope for each in operation["security"] for scope in each["key"]]
        assert set(scopes) <= set(SCOPES)
        # Webhooks and customers' links are signed.
        assert scopes or path.endswith("/webhooks") or path.startswith(("/return/{token}", "/offer/{token}")), (
            f"{method} {path} is open"
        )
    ids = [operation["operationId"] for *_, operation in operations()]
    assert len(set(ids)) == len(ids)


def test_no_example_or_description_names_this_machine() -> None:
    assert "localhost" not in json.dumps(document())


@pytest.fixture(scope="module")
def world() -> Iterator[DocumentedWorld]:
    with DocumentedWorld() as made:
        yield made


@pytest.fixture(scope="module")
def merchant(world: DocumentedWorld) -> Merchant:
    return Merchant(world).open()


def test_an_answer_that_is_not_as_documented_is_noticed() -> None:
    page = {"orders": [], "cursor": None}

    def wrong(status: int = 200, media_type: str = "application/json", **changes: Any) -> bool:
        answer = Answer(status, {"content-type": media_type}, json.dumps(page | changes))
        return bool(complaints("GET", "/orders", answer))

    assert not wrong()
    assert wrong(status=202)
    assert wrong(media_type="text/html")
    assert wrong(cursor=7)
    assert wrong(surprise=1)
    assert wrong(orders=[{"order_id": "o1"}])


def path_of(template: str) -> str:
    return template.replace("{", "").replace("}", "")


def test_without_a_key_no_call_is_answered(merchant: Merchant) -> None:
    for method, path, _ in operations():
        answer = merchant.world.http(method, path_of(path), {})
        assert (answer.status, answer.problem) == (401, "unauthenticated"), path


def test_with_a_key_of_another_scope_no_call_is_answered(merchant: Merchant) -> None:
    for method, path, operation in operations():
        if operation["security"]:
            key = "setup" if operation["tags"] == ["returns"] else "returns"
            answer = merchant.world.http(method, path_of(path), {}, key=key)
            assert (answer.status, answer.problem) == (403, "forbidden"), path


def test_every_answer_is_as_documented_and_every_documented_success_is_given(
    merchant: Merchant, world: DocumentedWorld
) -> None:
    """A working day over the whole API; `DocumentedWorld` compares each answer."""
    set_up(world)
    intake(merchant, world)
    changes(merchant, world)
    money_by_hand(merchant, world)
    warehouse(merchant, world)
    store(merchant, world)
    after_sale(merchant, world)
    stock(merchant, world)
    feed_day.day(merchant)
    waiting_day.day(merchant)
    basket_day.day(merchant)
    carriers_day.day(merchant)
    stockroom_day.day(merchant)
    stockroom_day.the_books_add_up(merchant)
    reading(merchant, world)
    people(merchant, world)
    webhooks(world)
    channels(world)
    channels_told(merchant, world)
    mistakes(merchant, world)
    promised = {
        (method, path, int(status))
        for method, path, _ in operations()
        for status in documented(method, path)
        if int(status) < 400
    }
    assert promised - world.seen == set()


def set_up(world: DocumentedWorld) -> None:
    bodies: dict[str, Any] = {
        "/channels/kiosk": {
            "platform": "canonical",
            "name": "Kiosk",
            "webhook_secret": "correct horse",
            "fraud_screening": True,
        },
        "/fraud-rules/kiosk": {
            "review_from": 10,
            "rules": [{"kind": "many_units", "rule_id": "many", "points": 10, "units": 1}],
        },
        "/locations/attic": {"name": "Attic", "address": {"country": "DE"}, "latitude": 50, "longitude": 8},
        "/products/HAT": {"title": "Hat"},
        "/rate-cards/post": {"currency": "EUR", "zones": [{"name": "all", "steps": [{"grams": 1000, "price": 500}]}]},
        "/sourcing/rules/far": {"applies": {"countries": ["NZ"]}, "objective": {"shipping": 100}, "max_parcels": 2},
    }
    for path, body in bodies.items():
        assert [world.http("PUT", path, body, key="setup").status for _ in range(2)] == [201, 200]
        assert world.http("GET", path, key="setup").status == 200
    for many, one in (("/rate-cards", "/rate-cards/post"), ("/sourcing/rules", "/sourcing/rules/far")):
        assert world.http("GET", many, key="setup").status == 200
        assert world.http("DELETE", one, key="setup").status == 200


def intake(merchant: Merchant, world: DocumentedWorld) -> None:
    for _ in range(2):
        merchant.place(canonical_order("DOC-1", TEE))
        merchant.shopify(shopify_order(1, TEE))
    merchant.shopify({"id": 1}, topic="products/create")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert world.http("POST", f"/channels/{WOO}/webhooks", b"webhook_id=3", headers=form).status == 200
    world.settle()


def changes(merchant: Merchant, world: DocumentedWorld) -> None:
    order_id = merchant.sell(canonical_order("DOC-2", [Sale("TEE", 2, "19.90")]))
    held = merchant.post(f"/orders/{order_id}/holds", {"note": "wait"}, key="orders:write").json
    hold = f"/orders/{order_id}/holds/{held['holds'][0]['handle']}"
    merchant.post(f"{hold}/assign", {"owner": "anna"}, key="orders:write")
    world.settle()
    merchant.post(f"{hold}/release", key="orders:write")
    doubted = canonical_order("DOC-4", [Sale("TEE", 2, "19.90")], method="prepaid")
    assert merchant.holds(merchant.sell(doubted, channel="kiosk")) == ["fraud"]
    assert {each["queue"] for each in merchant.get("/queues")["queues"] if each["count"]} >= {"fraud"}
    assert merchant.get("/queues/fraud")["orders"]
    merchant.post(f"/orders/{order_id}/edits", {"contact": {"phone": "+491"}}, key="orders:write")
    merchant.post(f"/orders/{order_id}/cancel", {"reason": "changed my mind"}, key="orders:write")
    edits(merchant, world)
    declined = merchant.sell(canonical_order("DOC-3", TEE, instrument="sim_decline"))
    merchant.post(f"/orders/{declined}/payments", {"instrument": "sim_ok"}, key="orders:write")
    world.settle()


def edits(merchant: Merchant, world: DocumentedWorld) -> None:
    order_id = merchant.sell(canonical_order("DOC-30", [Sale("TEE", 2, "19.90")]))
    price = {"amount": 900, "currency": "EUR"}
    wish = {"add": [{"sku": "MUG", "quantity": 1, "unit_price": price}], "lines": [{"line_id": "1", "quantity": 1}]}
    place = f"/orders/{order_id}/edits"
    assert world.http("POST", place, wish, key="orders:write").status == 428
    shown = world.http("POST", f"{place}?preview=true", wish, key="orders:write")
    version = {"If-Match": shown.headers["etag"]}
    assert world.http("POST", place, wish, key="orders:write", headers=version).status == 200
    world.settle()
    merchant.work(order_id, "accept")
    share = f"/fulfillment-orders/{order_id}-1/cancellation"
    one = {"lines": [{"line_id": "1", "quantity": 1}]}
    assert world.http("POST", f"/orders/{order_id}/cancel?preview=true", one, key="orders:write").status == 200
    for answer, body in (("decline", {"reason": "packed"}), ("accept", {})):
        assert merchant.post(f"/orders/{order_id}/cancel", one, key="orders:write").status == 200
        assert merchant.post(f"{share}/{answer}", body, key="fulfillment").status == 200


def money_by_hand(merchant: Merchant, world: DocumentedWorld) -> None:
    awaited = canonical_order("DOC-20", TEE, method="bank_transfer")
    order_id = merchant.sell(awaited)
    came = {"amount": awaited["total"], "method": "bank_transfer", "reference": "statement 1"}
    assert merchant.post(f"/orders/{order_id}/payments/received", came, key="orders:write").status == 200
    world.settle()
    assert merchant.post(f"/orders/{order_id}/cancel", key="orders:write").status == 200
    world.settle()
    refund = merchant.order(order_id)["refunds"][0]["refund_id"]
    made = merchant.post(f"/orders/{order_id}/refunds/{refund}/made", {"reference": "transfer 1"}, key="orders:write")
    assert made.status == 200, made
    nothing = Notice(notice_id="n1", gateway="simulated", reference="r", told=Told.DECIDED, order_id=order_id)
    assert merchant.money_told(nothing).status == 200
    world.cloud.client("secretsmanager").create_secret(
        Name=f"{world.template.parameters['Stack']}/gateways/stripe",
        SecretString=json.dumps({"api_key": "sk_test", "webhook_secret": "whsec_test"}),
    )
    intent = {"id": "pi_unknown", "amount_received": 1, "currency": "eur"}
    event = json.dumps({"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": intent}})
    signed = {"Stripe-Signature": WebhookSignature.generate_signature_header(event, "whsec_test")}
    assert world.http("POST", "/payments/stripe/webhooks", event.encode(), headers=signed).status == 202
    world.settle()


def warehouse(merchant: Merchant, world: DocumentedWorld) -> None:
    order_id = merchant.sell(canonical_order("DOC-4", TEE))
    (share,) = merchant.order(order_id)["fulfillment_orders"]
    place = f"/fulfillment-orders/{share['fulfillment_order_id']}"
    merchant.get(f"/locations/{BERLIN}/fulfillment-orders?limit=1", key="fulfillment")
    merchant.get(place, key="fulfillment")
    merchant.ship(order_id)
    for document_name in ("packing-slip.pdf", "label.pdf"):
        assert world.http("GET", f"{place}/{document_name}", key="fulfillment").status == 303
    number = merchant.order(order_id)["parcels"][0]["tracking_number"]
    assert merchant.carrier_says([merchant.scanned(number, "DP")]).status == 200
    assert merchant.carrier_says([merchant.scanned("SIM404", "DP")]).status == 202
    merchant.work(order_id, "deliver")
    world.settle()


def store(merchant: Merchant, world: DocumentedWorld) -> None:
    """One customer comes for their goods, and another does not want them any more."""
    place = {"name": "Store", "address": {"country": "DE"}, "latitude": 50, "longitude": 8, "pickup_days": 2}
    assert world.http("PUT", f"/locations/{BERLIN}", place, key="setup").status == 200
    for number, body in (("DOC-50", {"identity_seen": True}), ("DOC-51", {"code": "customer"})):
        order_id = merchant.sell(canonical_order(number, TEE) | {"pickup": {"location_id": BERLIN}})
        for action in ("accept", "pick", "ready"):
            merchant.work(order_id, action)
        merchant.work(order_id, "hand-over" if "identity_seen" in body else "put-back", body)
    world.settle()


def after_sale(merchant: Merchant, world: DocumentedWorld) -> None:
    order_id = merchant.sell(canonical_order("DOC-8", [Sale("TEE", 5, "19.90")]))
    merchant.to_the_door(order_id)
    line_id = merchant.order(order_id)["lines"][0]["line_id"]
    one = {"line_id": line_id, "quantity": 1}
    arrived = {"location_id": BERLIN, "units": [one | {"disposition": "restock"}]}
    link = merchant.post(f"/orders/{order_id}/return-links", key="returns").json["url"].partition("/v1")[2]
    assert world.http("POST", link, {"units": [one | {"reason": "does_not_fit"}], "number": 1}).status == 200
    assert world.http("POST", link, {"units": [one], "number": 7}).status == 409
    assert world.http("POST", link, {"units": []}).status == 422
    assert world.http("GET", link).status == 200
    steps: list[tuple[str, Any]] = [
        (f"/orders/{order_id}/returns", {"units": [one]}),
        (f"/returns/{order_id}-r2/decline", {"reason": "worn"}),
        (f"/returns/{order_id}-r2/approve", {}),
        (f"/returns/{order_id}-r2/receive", arrived),
        (f"/returns/{order_id}-r2/credit", {"charges": 1}),
        (f"/returns/{order_id}-r2/close", {}),
        (f"/orders/{order_id}/receipts", arrived | {"credit": True}),
        (f"/orders/{order_id}/claims", {"units": [one | {"reason": "damaged"}]}),
    ]
    for path, body in steps:
        answer = merchant.post(path, body, key="returns")
        assert answer.status == 200, (path, answer)
    world.settle()
    assert len(merchant.get(f"/orders/{order_id}/returns", key="returns")["credits"]) == 4
    way_back(merchant, world, order_id, link)


def way_back(merchant: Merchant, world: DocumentedWorld, order_id: str, link: str) -> None:
    """A label for the return that the customer announced, and other goods for what it is to bring."""
    place = f"/returns/{order_id}-r1"
    other = {"lines": [{"sku": "TEE", "quantity": 1}], "ship": "at_once"}
    steps: list[tuple[str, Any]] = [
        ("decline", {"reason": "not so"}),
        ("approve", {"with_label": True}),
        ("exchange", {"lines": [{"sku": "TEE", "quantity": 1}]}),
        ("exchange/cancel", {"reason": "at once, please"}),
        ("exchange", other),
    ]
    for step, body in steps:
        answer = merchant.post(f"{place}/{step}", body, key="returns")
        assert answer.status == 200, (step, answer)
    world.settle()
    assert world.http("GET", f"{place}/label.pdf", key="returns").status == 303
    assert world.http("GET", f"{link}/1/label.pdf").status == 303
    assert world.http("GET", f"{link}/2/label.pdf").status == 404
    exchange = merchant.order(order_id)["exchanges"][-1]
    assert merchant.order(exchange["order_id"])["exchange_of"] == order_id


def stock(merchant: Merchant, world: DocumentedWorld) -> None:
    assert world.http("PUT", f"/stock/TEE/{MILAN}", {"on_hand": 4}, key="stock:write").status == 200
    assert world.http("PUT", f"/stock/TEE/{MILAN}/buckets", {"buckets": 1}, key="stock:write").status == 200
    merchant.receive("TEE", 1)
    merchant.get("/stock/TEE", key="stock:read")


def reading(merchant: Merchant, world: DocumentedWorld) -> None:
    assert merchant.get("/orders?status=cancelled")["orders"]
    assert merchant.get(f"/orders?channel={SHOPIFY}")["orders"]
    cursor = ""
    while cursor is not None:
        page = merchant.get(f"/orders?limit=2&cursor={cursor}")
        cursor = page["cursor"]
        for each in page["orders"]:
            for more in ("", "/events?limit=3", "/routing", f"?at={each['placed_at']}"):
                answer = world.http("GET", f"/orders/{each['order_id']}{more}", key="ops")
                assert answer.status in {200, 404}
    tried = {"rules": [], "order_ids": [each["order_id"] for each in merchant.get("/orders?limit=50")["orders"]]}
    assert world.http("POST", "/routing/simulate", tried, key="ops").status == 200


def people(merchant: Merchant, world: DocumentedWorld) -> None:
    """Customers: found, read, merged, split, noted, exported, erased."""
    orders = [canonical_order(f"WHO-{n}", TEE, method="prepaid") for n in range(2)]
    for order in orders:
        merchant.to_the_door(merchant.sell(order | {"contact": order["contact"] | {"customer_id": order["number"]}}))

    def found(number: str) -> str:
        wish = {"channel": WEB, "external_id": number}
        answer = world.http("POST", "/customers/search", wish, key="customers:read")
        return str(answer.json["customers"][0]["customer_id"])

    one, other = (found(order["number"]) for order in orders)
    theirs = [each["order_id"] for each in merchant.get(f"/customers/{other}?limit=1")["orders"]]
    steps: list[tuple[str, Any]] = [("notes", {"text": "kind"}), ("merge", {"other": other})]
    for step, body in [*steps, ("split", {"order_ids": theirs})]:
        answer = merchant.post(f"/customers/{one}/{step}", body, key="customers:write")
        assert answer.status == 200, answer
    wish = {"language": "fr", "quiet_hours": {"start": "21:00", "end": "08:00", "time_zone": "Europe/Paris"}}
    assert world.http("PUT", f"/customers/{one}/preferences", wish, key="customers:write").status == 200
    assert merchant.get(f"/customers/{one}?limit=1")["apart"]
    assert merchant.get(f"/orders?customer={one}")["orders"]
    assert world.http("GET", "/orders?customer=c404", key="ops").status == 404
    for step in ("export", "erase"):
        answer = merchant.post(f"/customers/{one}/{step}", key="privacy")
        assert answer.status == 200, answer


def webhooks(world: DocumentedWorld) -> None:
    place, body = "/subscriptions/erp", {"url": "https://erp.example/in", "active": False}
    assert [world.http("PUT", place, body, key="setup").status for _ in range(2)] == [201, 200]
    time = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
    for method, path, wish in [
        ("GET", "/subscriptions", None),
        ("GET", place, None),
        ("POST", f"{place}/secret", None),
        ("POST", f"{place}/replay", time),
        ("GET", f"{place}/deliveries", None),
        ("POST", f"{place}/test", None),
        ("DELETE", place, None),
    ]:
        assert world.http(method, path, wish, key="setup").status < 300
    world.settle()


def channels(world: DocumentedWorld) -> None:
    """What a channel that is read shows of itself."""
    with world.inside("CaptureHttp"):
        finding = Finding(channel_id=WEB, kind=WorkKind.MISSED, external_id="7")
        channel_work.file(finding, world.clock())
    work = world.http("GET", f"/channels/{WEB}/work?limit=1", key="orders:read").json["work"]
    assert [each["external_id"] for each in work] == ["7"]
    for _ in range(2):
        closed = world.http("POST", f"/channels/{WEB}/work/{work[0]['work_id']}/close", key="orders:write")
        assert closed.json["closed_by"]
    assert world.http("GET", f"/channels/{WEB}/work", key="orders:read").json == {"work": [], "cursor": None}
    assert len(world.http("GET", f"/channels/{WEB}/work?state=closed", key="orders:read").json["work"]) == 1
    body = {"platform": plain_shop.PLATFORM, "name": "Plain", "api_url": plain_shop.URL}
    assert world.http("PUT", "/channels/market", body, key="setup").status == 201
    with plain_shop.installed((plain_shop.URL, PlainShop(world.clock))):
        time = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
        run = world.http("POST", "/channels/market/reconcile", time, key="orders:write").json["run_id"]
        assert world.http("GET", f"/channels/market/reconcile/{run}", key="orders:read").status == 200
        world.settle()


def channels_told(merchant: Merchant, world: DocumentedWorld) -> None:
    """A platform that refuses what it is told, until somebody decides that it is not told."""
    place = f"/channels/{SHOPIFY}/updates"
    shop = ToldShop(trouble=[Refused("archived")] * 3, unknown={"TEE"})
    with (
        patch("oms.platform.telling.told_platform", return_value=shop),
        patch("oms.platform.channel_stock.told_platform", return_value=shop),
    ):
        merchant.rules(SHOPIFY, updates=["shipments"], api_url="https://shop.example")
        order_id = merchant.shopify(shopify_order(77, TEE)).json["order_id"]
        world.settle()
        merchant.ship(order_id)
        for step in (f"{order_id}/retry", "retry"):
            assert world.http("POST", f"{place}/{step}", key="ops").status == 202
            world.settle()
        (stuck,) = world.http("GET", place, key="ops").json["updates"]
        wish = {"key": stuck["key"], "reason": "archived"}
        assert merchant.post(f"{place}/{order_id}/skip", wish, key="ops").status == 200
        merchant.rules(SHOPIFY, updates=["stock"], api_url="https://shop.example")
        levels = f"/channels/{SHOPIFY}/stock"
        assert world.http("POST", f"{levels}/resync", {"skus": ["TEE"]}, key="ops").status == 202
        world.settle()
        assert world.http("GET", levels, key="ops").json["levels"]
    merchant.rules(SHOPIFY)


def mistakes(merchant: Merchant, world: DocumentedWorld) -> None:
    """The document must know the refusals, too."""
    order_id = merchant.sell(canonical_order("DOC-5", TEE))
    for method, path, operation in operations():
        key = next((scope for each in operation["security"] for scope in each["key"]), None)
        if key is None:
            continue
        bodies: list[object] = [b"{", {"unknown": True}, b"x" * (2**20 + 1)]
        for body in bodies if "requestBody" in operation else [None]:
            headers = {"If-Match": '"99"'}
            world.http(method, path_of(path), body, key=key, headers=headers)
            world.http(method, path_of(path).replace("order_id", order_id), body, key=key, headers=headers)
            world.http(method, f"{path_of(path)}?limit=0&cursor=x&at=x&status=x", body, key=key)
    merchant.place(canonical_order("DOC-5", [Sale("MUG", 1, "1.00")]))
    merchant.place(canonical_order("DOC-6", TEE), channel=SHOPIFY)
    merchant.shopify(shopify_order(2, TEE), secret="another secret")
    raw = encoded({"id": "?"})
    world.http("POST", f"/channels/{WOO}/webhooks", raw, headers=woo_headers(raw, "woo-test-secret"))
    gone = merchant.post(f"/orders/{order_id}/holds/hold-9/release", key="orders:write")
    assert gone.problem == "not-found"
    assert merchant.place(canonical_order("DOC-7", TEE), channel=f"{WEB}-2").problem == "not-found"
