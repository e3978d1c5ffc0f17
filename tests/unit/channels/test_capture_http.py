from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from oms.channels.intake import DELETED, Captured, Outcome, capture
from oms.clock import now
from oms.ids import order_id
from oms.orders.evolve import fold
from oms.orders.log import Caller
from oms.platform.event_log import MAX_ITEM, order_log
from tests.support import shops
from tests.support.gateway_api import Answer
from tests.support.shops import Sale, canonical_order, encoded, shopify_headers, shopify_order, woo_headers, woo_order
from tests.support.world import World
from tests.unit.channels.payloads import shopify_document, shopify_line
from tests.unit.channels.payloads import shopify_order as full_order

ONE_WRITE = "dynamodb:PutItem on table/oms-test-orders"
SECRET = "correct horse battery staple"
SALES = [Sale("MUG", 2, "9.99"), Sale("POT", 1, "40.00")]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def stack() -> Iterator[World]:
    with World() as world:
        for channel_id, platform in (("shop", "shopify"), ("woo", "woocommerce"), ("store", "canonical")):
            body = {"platform": platform, "name": channel_id, "currency": "EUR", "gateway": "simulated"}
            secret = {} if platform == "canonical" else {"webhook_secret": SECRET}
            assert world.http("PUT", f"/channels/{channel_id}", body | secret, key="setup").status == 201
        yield world


@pytest.fixture
def world(stack: World) -> World:
    """Warm, with keys, channels and secrets in its memory, and nothing recorded yet."""
    stack.http("POST", "/channels/store/orders", {}, key="orders:write")
    for channel_id, headers in (("shop", shopify_headers), ("woo", woo_headers)):
        stack.http("POST", f"/channels/{channel_id}/webhooks", b"{}", headers=headers(b"{}", SECRET, topic="ping"))
    stack.recorder.clear()
    return stack


def shopify(world: World, number: int, topic: str = "orders/create", **changes: Any) -> Answer:
    raw = encoded(shopify_order(number, SALES, **changes))
    return world.http("POST", "/channels/shop/webhooks", raw, headers=shopify_headers(raw, SECRET, topic=topic))


def woo(world: World, number: int, **changes: Any) -> Answer:
    raw = encoded(woo_order(number, SALES, **changes))
    return world.http("POST", "/channels/woo/webhooks", raw, headers=woo_headers(raw, SECRET))


def canonical(world: World, external_id: str, **changes: Any) -> Answer:
    body = canonical_order(external_id, SALES, **changes)
    return world.http("POST", "/channels/store/orders", body, key="orders:write")


def calls(world: World) -> list[str]:
    return [call.name for call in world.recorder.calls]


def metrics(output: str) -> Counter[str]:
    """What was counted, from the EMF lines."""
    counted: Counter[str] = Counter()
    for line in output.splitlines():
        body = json.loads(line)
        for emitted in body.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in emitted["Metrics"]:
                counted[metric["Name"]] += sum(body[metric["Name"]])
    return counted


def logged(output: str, message: str) -> list[Json]:
    return [body for line in output.splitlines() if (body := json.loads(line)).get("message") == message]


def orders(world: World, channel_id: str, external_id: str) -> list[Json]:
    wanted = order_id(channel_id, external_id)
    return [item for item in world.items("OrdersTable") if item["order_id"] == wanted]


@pytest.mark.parametrize("send", [shopify, woo, canonical], ids=["shopify", "woocommerce", "canonical"])
def test_a_new_order_is_one_write_and_no_other_call(world: World, send: Any) -> None:
    answer = send(world, "one-write" if send is canonical else 501)
    assert answer.status == 201
    assert calls(world) == [ONE_WRITE]


@pytest.mark.parametrize("send", [shopify, woo, canonical], ids=["shopify", "woocommerce", "canonical"])
def test_the_same_order_again_gets_the_same_answer(world: World, send: Any) -> None:
    number = "again" if send is canonical else 502
    first, second = send(world, number), send(world, number)
    assert (first.status, second.status) == (201, 200)
    assert first.json == second.json
    assert first.headers["etag"] == second.headers["etag"] == '"1"'
    assert calls(world) == [ONE_WRITE] * 2


def test_the_answer_leads_to_the_order(world: World) -> None:
    body = canonical(world, "links").json
    assert body == {
        "order_id": order_id("store", "links"),
        "version": 1,
        "status": "placed",
        "links": {
            "self": f"https://orders.shop.example/v1/orders/{body['order_id']}",
            "events": f"https://orders.shop.example/v1/orders/{body['order_id']}/events",
        },
    }


def test_other_content_under_the_same_id_is_a_conflict(world: World) -> None:
    canonical(world, "conflict")
    refused = canonical(world, "conflict", language="en")
    assert (refused.status, refused.problem) == (409, "conflict")
    assert len(orders(world, "store", "conflict")) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Shopify-Hmac-Sha256": "AAAA"},
        {"X-Shopify-Hmac-Sha256": None},
        {"X-Shopify-Hmac-Sha256": shopify_headers(b"{}", SECRET)["X-Shopify-Hmac-Sha256"]},
    ],
    ids=["wrong", "missing", "of another body"],
)
def test_a_webhook_without_its_signature_writes_nothing_and_learns_nothing(
    world: World, headers: Json, capsys: pytest.CaptureFixture[str]
) -> None:
    world.runtime.forget()
    raw = encoded(shopify_order(503, SALES))
    sent = {k: v for k, v in (shopify_headers(raw, SECRET) | headers).items() if v is not None}
    refused = world.http("POST", "/channels/shop/webhooks", raw, headers=sent)
    unknown = world.http("POST", "/channels/nobody/webhooks", raw, headers=shopify_headers(raw, SECRET))
    assert refused.status == unknown.status == 401
    assert refused.body == unknown.body
    assert set(refused.json) == {"type", "title", "status"}
    assert not orders(world, "shop", "5100000503")
    assert not [call for call in calls(world) if call.startswith("dynamodb:PutItem")]
    output = capsys.readouterr().out
    assert metrics(output)["SignaturesRefused"] == 2
    assert "Musterfrau" not in output


def test_a_channel_without_webhooks_answers_as_one_that_does_not_exist(world: World) -> None:
    assert world.http("POST", "/channels/store/webhooks", b"{}", headers=shopify_headers(b"{}", SECRET)).status == 401


def test_the_secret_of_another_channel_does_not_sign(world: World) -> None:
    raw = encoded(shopify_order(504, SALES))
    headers = shopify_headers(raw, "another secret altogether")
    assert world.http("POST", "/channels/shop/webhooks", raw, headers=headers).status == 401


def test_a_secret_that_was_changed_a_moment_ago_is_read_again(world: World) -> None:
    raw = encoded(woo_order(505, SALES))
    with world.inside(next(iter(world.functions))):
        from oms.platform import secrets

        name = secrets.channel_secret("woo")
        world.cloud.client("secretsmanager").put_secret_value(
            SecretId=f"oms-test/{name}", SecretString=json.dumps({"webhook_secret": "a new secret for woo"})
        )
    answer = world.http("POST", "/channels/woo/webhooks", raw, headers=woo_headers(raw, "a new secret for woo"))
    assert answer.status == 201
    world.cloud.client("secretsmanager").put_secret_value(
        SecretId=f"oms-test/{name}", SecretString=json.dumps({"webhook_secret": SECRET})
    )
    world.runtime.forget()


def test_after_a_new_secret_that_of_before_counts_for_a_day_and_no_longer(world: World) -> None:
    def set_up(secret: str) -> None:
        body = {"platform": "woocommerce", "name": "woo", "webhook_secret": secret}
        assert world.http("PUT", "/channels/woo", body, key="setup").status == 200

    set_up("a new secret for woo")
    world.runtime.forget()
    raw = encoded(woo_order(507, SALES))
    assert world.http("POST", "/channels/woo/webhooks", raw, headers=woo_headers(raw, SECRET)).status == 201
    kept = world.cloud.client("secretsmanager").get_secret_value(SecretId="oms-test/channels/woo")
    over = json.loads(kept["SecretString"]) | {"previous_until": "2026-01-01T00:00:00.000000Z"}
    world.cloud.client("secretsmanager").put_secret_value(
        SecretId="oms-test/channels/woo", SecretString=json.dumps(over)
    )
    world.runtime.forget()
    assert world.http("POST", "/channels/woo/webhooks", raw, headers=woo_headers(raw, SECRET)).status == 401
    new = woo_headers(raw, "a new secret for woo")
    assert world.http("POST", "/channels/woo/webhooks", raw, headers=new).status == 200
    set_up(SECRET)
    world.runtime.forget()


def test_the_ping_of_a_new_webhook_is_answered_and_writes_nothing(world: World) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert world.http("POST", "/channels/woo/webhooks", b"webhook_id=12", headers=form).status == 200
    assert world.http("POST", "/channels/shop/webhooks", b"webhook_id=12", headers=form).status == 401
    assert calls(world) == []


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "text/plain", "application/octet-stream", "x"]
)
def test_the_signed_bytes_reach_the_check_whatever_the_content_type(world: World, content_type: str) -> None:
    raw = json.dumps(shopify_order(506, SALES), ensure_ascii=False, indent=3).encode() + b"\n \r\n"
    headers = shopify_headers(raw, SECRET) | {"Content-Type": content_type}
    assert world.http("POST", "/channels/shop/webhooks", raw, headers=headers).status in {200, 201}


def test_what_is_not_about_orders_is_acknowledged(world: World) -> None:
    raw = b'{"id": 1}'
    headers = shopify_headers(raw, SECRET, topic="products/update")
    answer = world.http("POST", "/channels/shop/webhooks", raw, headers=headers)
    assert (answer.status, answer.json, calls(world)) == (200, {"status": "ignored"}, [])


def test_a_signed_order_that_cannot_be_read_is_told_to_the_platform_and_logged_without_its_data(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.runtime.forget()  # a logger writes to where the output went when it was made
    answer = shopify(world, 507, total_price="many")
    assert (answer.status, answer.problem) == (422, "invalid-input")
    assert [error["path"] for error in answer.json["errors"]] == ["total_price"]
    output = capsys.readouterr().out
    (line,) = logged(output, "webhook_unreadable")
    assert (line["channel_id"], line["external_id"]) == ("shop", "5100000507")
    assert "Musterfrau" not in output
    assert "erika" not in output


def test_an_invalid_canonical_order_names_each_field_and_writes_nothing(world: World) -> None:
    body = canonical_order("bad", SALES, currency="EUR")
    body["lines"][1]["quantity"] = 0
    body["colour"] = "red"
    answer = world.http("POST", "/channels/store/orders", body, key="orders:write")
    assert answer.status == 422
    assert {error["path"] for error in answer.json["errors"]} == {"lines[1].quantity", "colour"}
    assert calls(world) == []


def test_a_canonical_order_needs_a_key_with_the_scope(world: World) -> None:
    body = canonical_order("keyless", SALES)
    assert world.http("POST", "/channels/store/orders", body).status == 401
    assert world.http("POST", "/channels/store/orders", body, key="orders:read").status == 403
    assert world.http("POST", "/channels/nobody/orders", body, key="orders:write").status == 404
    assert world.http("POST", "/channels/shop/orders", body, key="orders:write").status == 409


def test_an_inactive_channel_takes_nothing(world: World) -> None:
    closed = {"platform": "shopify", "name": "shop", "webhook_secret": SECRET, "active": False}
    assert world.http("PUT", "/channels/closed", closed, key="setup").status == 201
    raw = encoded(shopify_order(508, SALES))
    assert world.http("POST", "/channels/closed/webhooks", raw, headers=shopify_headers(raw, SECRET)).status == 409
    assert not orders(world, "closed", "5100000508")


def test_a_body_of_two_megabytes_is_refused_clearly(world: World) -> None:
    raw = encoded(shopify_order(509, SALES, note="x" * 2_000_000))
    answer = world.http("POST", "/channels/shop/webhooks", raw, headers=shopify_headers(raw, SECRET))
    assert (answer.status, answer.problem) == (413, "too-large")


def test_orders_are_counted_and_the_order_is_named_in_the_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.runtime.forget()
    shopify(world, 510)
    shopify(world, 510)
    shopify(world, 511, total_price="1.00")
    shopify(world, 512, test=True)
    output = capsys.readouterr().out
    counted = metrics(output)
    assert (counted["OrdersCaptured"], counted["OrdersRepeated"]) == (3, 1)
    assert not {"OrdersHeld", "RevenueMinorUnits"} & counted.keys(), "the projection counts these"
    lines = logged(output, "order_captured")
    assert [line["outcome"] for line in lines] == ["new", "repeated", "new", "new"]
    assert lines[0]["order_id"] == order_id("shop", "5100000510")
    for secret in ("Musterfrau", "erika", "Invalidenstra", SECRET):
        assert secret not in output


CURRENCIES = {"EUR": 520, "JPY": 521, "KWD": 522, "USD": 523}
"""An order number for each."""


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_what_the_platforms_compute_adds_up_in_every_currency(world: World, platform: str, currency: str) -> None:
    sales = [Sale("MUG", 3, "1234"), Sale("POT", 7, "77")]
    make = shopify_order if platform == "shopify" else woo_order
    raw = encoded(make(CURRENCIES[currency], sales, currency=currency, shipping="490"))
    headers = (shopify_headers if platform == "shopify" else woo_headers)(raw, SECRET)
    path = f"/channels/{'shop' if platform == 'shopify' else 'woo'}/webhooks"
    assert world.http("POST", path, raw, headers=headers).json["status"] == "placed"


def long_title(number: int) -> str:
    """A title of a realistic length, in a script that takes three bytes for each character."""
    return f"手作り陶器マグカップ 大容量 青 {number:03} 電子レンジ対応 食洗機対応 日本製 ギフト包装可能"


def test_an_order_of_500_lines_passes_in_any_script(world: World) -> None:
    lines = [
        shopify_line(15514960888000 + n, "19.90", 2, sku=f"MUG-BLUE-{n:04}-XL", name=long_title(n)) for n in range(500)
    ]
    raw = encoded(full_order(lines, "19900.00"))
    answer = world.http("POST", "/channels/shop/webhooks", raw, headers=shopify_headers(raw, SECRET))
    assert (answer.status, answer.json["status"]) == (201, "placed")
    (item,) = orders(world, "shop", str(full_order([], "0")["id"]))
    size = sum(len(str(value).encode()) for value in item.values())
    assert size < MAX_ITEM * 0.75, f"{size} bytes"


def test_canonical_orders_of_500_lines_pass_with_the_longest_titles(world: World) -> None:
    lines = [
        {"sku": f"SKU-{n:05}", "title": "長" * 300, "quantity": 3, "unit_price": {"amount": 1999, "currency": "EUR"}}
        for n in range(500)
    ]
    answer = canonical(world, "500 lines", lines=lines, total=None)
    assert answer.status == 201


def test_an_order_that_the_log_cannot_hold_is_refused_clearly(world: World) -> None:
    lines = [
        {
            "sku": f"{n:05}" + "😀" * 60,
            "title": "😀" * 150,
            "quantity": 3,
            "unit_price": {"amount": 1, "currency": "EUR"},
        }
        for n in range(500)
    ]
    answer = canonical(world, "too long", lines=lines, total=None)
    assert (answer.status, answer.problem) == (413, "too-large")
    assert not orders(world, "store", "too long")


def test_the_contact_stands_in_its_own_attribute_and_nowhere_else(world: World) -> None:
    canonical(world, "private")
    (item,) = orders(world, "store", "private")
    assert shops.GERMAN.email in item["contact"]
    for fact in (shops.GERMAN.email, shops.GERMAN.last, shops.GERMAN.street, shops.GERMAN.phone):
        assert fact not in item["events"]


def test_eight_clients_that_post_the_same_webhook_at_once_make_one_order(world: World) -> None:
    document = shopify_document(full_order([shopify_line(1, "1.00")], "1.00", id=8888))
    barrier = threading.Barrier(8)

    def post(client: int) -> Captured | None:
        barrier.wait()
        return capture(order_log(), document, Caller(actor="channel:shop", cause=f"client {client}", clock=now))

    with world.inside(next(iter(world.functions))), ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(post, range(8)))
        entries = order_log().entries(order_id("shop", "8888"))
    assert Counter(answer.outcome for answer in answers if answer) == {Outcome.NEW: 1, Outcome.REPEATED: 7}
    assert len(entries) == 1
    assert all(answer is not None and answer.order == fold(entries) for answer in answers)


def test_an_order_that_was_deleted_in_the_channel_is_held_and_one_that_is_unknown_waited_for(world: World) -> None:
    assert shopify(world, 71).status == 201
    known = str(shopify_order(71, SALES)["id"])
    for raw, status in ((encoded({"id": int(known)}), "held"), (encoded({"id": 5}), "accepted")):
        headers = shopify_headers(raw, SECRET, topic="orders/delete")
        answers = [world.http("POST", "/channels/shop/webhooks", raw, headers=headers) for _ in range(2)]
        assert [each.status for each in answers] == [200, 200]
        assert [each.json["status"] for each in answers] == [status] * 2
    with world.inside(next(iter(world.functions))):
        order = fold(order_log().entries(order_id("shop", known)))
    assert order is not None
    assert [hold.note for hold in order.holds.values()] == [DELETED]


def test_what_only_names_an_order_is_passed_over_where_there_is_nowhere_to_ask(world: World) -> None:
    raw = encoded({"id": 1, "order_id": 820982911946154508, "transactions": []})
    headers = shopify_headers(raw, SECRET, topic="refunds/create")
    answer = world.http("POST", "/channels/shop/webhooks", raw, headers=headers)
    assert (answer.status, answer.json) == (200, {"status": "ignored"})
