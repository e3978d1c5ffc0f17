from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice

from oms.platform import keys, secrets, setup
from tests.support.door import call
from tests.support.gateway_api import Answer

pytestmark = pytest.mark.usefixtures("world")

SHOP = {"platform": "shopify", "name": "Shop", "default_language": "de", "currency": "EUR", "gateway": "simulated"}
WIEN = {
    "name": "Wien",
    "address": {"line1": "Graben 1", "city": "Wien", "postal_code": "1010", "country": "AT"},
    "latitude": 48.2,
    "longitude": 16.4,
}
MUG = {"title": "Mug", "grams": 300}


@pytest.fixture
def app() -> Chalice:
    """An app of nothing but the set-up routes."""
    path = Path(__file__).parents[3] / "functions" / "capture" / "chalicelib" / "set_up.py"
    spec = importlib.util.spec_from_file_location("oms_test_set_up", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = Chalice("test", configure_logs=False)
    app.register_blueprint(module.set_up)
    return app


@pytest.fixture
def key() -> str:
    return keys.issue("set-up", ["setup", "stock:write"])[0]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/channels/shop", SHOP),
        ("/locations/wien", WIEN),
        ("/products/MUG%2F1%20%C3%BC", MUG),
        ("/fraud-rules/default", {"review_from": 30, "rules": [{"kind": "post_box", "rule_id": "box", "points": 9}]}),
    ],
)
def test_what_is_put_is_got_with_its_version(app: Chalice, key: str, path: str, body: dict[str, Any]) -> None:
    created = call(app, "PUT", path, body, key=key)
    assert (created.status, created.headers["etag"]) == (201, '"1"')
    got = call(app, "GET", path, key=key)
    assert got.status == 200
    assert got.json == created.json
    assert got.json["version"] == 1
    assert {name: got.json[name] for name in body if name != "address"} == {
        name: value for name, value in body.items() if name != "address"
    }


def test_the_sku_of_the_path_is_taken_as_it_is_written(app: Chalice, key: str) -> None:
    call(app, "PUT", "/products/MUG%2F1%20%C3%BC", MUG, key=key)
    assert call(app, "GET", "/products/MUG%2F1%20%C3%BC", key=key).json["sku"] == "MUG/1 ü"


@pytest.mark.parametrize(("path", "body"), [("/channels/shop", SHOP), ("/locations/x", WIEN), ("/products/x", MUG)])
def test_a_put_under_an_old_version_changes_nothing(app: Chalice, key: str, path: str, body: dict[str, Any]) -> None:
    changed = {**body, ("title" if "title" in body else "name"): "New"}
    other = {**body, ("title" if "title" in body else "name"): "Other"}
    call(app, "PUT", path, body, key=key)
    assert call(app, "PUT", path, changed, key=key, headers={"If-Match": '"1"'}).headers["etag"] == '"2"'
    refused = call(app, "PUT", path, other, key=key, headers={"If-Match": '"1"'})
    assert (refused.status, refused.problem) == (412, "version-mismatch")
    assert "Other" not in call(app, "GET", path, key=key).body


def test_the_webhook_secret_is_stored_and_never_shown(app: Chalice, key: str, world: Any) -> None:
    put = call(app, "PUT", "/channels/shop", {**SHOP, "webhook_secret": "correct horse"}, key=key)
    got = call(app, "GET", "/channels/shop", key=key)
    stored = str(world.scan(TableName="test-setup")["Items"])
    assert "correct horse" not in put.body + got.body + stored
    assert secrets.secret(secrets.channel_secret("shop"))["webhook_secret"] == "correct horse"


def test_a_put_without_a_secret_leaves_that_of_before(app: Chalice, key: str) -> None:
    call(app, "PUT", "/channels/shop", {**SHOP, "webhook_secret": "correct horse"}, key=key)
    call(app, "PUT", "/channels/shop", {**SHOP, "name": "New"}, key=key)
    assert secrets.secret(secrets.channel_secret("shop"))["webhook_secret"] == "correct horse"


def test_the_keys_of_the_api_are_stored_one_by_one_and_shown_by_name(app: Chalice, key: str) -> None:
    woo = {**SHOP, "platform": "woocommerce"}
    both = {"consumer_key": "ck_0815", "consumer_secret": "cs_4711"}
    put = call(app, "PUT", "/channels/shop", {**woo, "webhook_secret": "correct horse", "credentials": both}, key=key)
    assert put.json["secrets"].keys() == {"consumer_key", "consumer_secret", "webhook_secret"}
    call(app, "PUT", "/channels/shop", {**woo, "credentials": {"consumer_key": "ck_new"}}, key=key)
    got = call(app, "GET", "/channels/shop", key=key)
    assert got.json["secrets"]["consumer_secret"] == put.json["secrets"]["consumer_secret"]
    kept = secrets.secret(secrets.channel_secret("shop"))
    assert (kept["consumer_key"], kept["consumer_secret"]) == ("ck_new", "cs_4711")
    assert not any(value in put.body + got.body for value in ("ck_0815", "ck_new", "cs_4711", "correct horse"))
    call(app, "PUT", "/channels/shop", {**woo, "credentials": {"consumer_key": None}}, key=key)
    assert "consumer_key" not in call(app, "GET", "/channels/shop", key=key).json["secrets"]
    wrong = call(app, "PUT", "/channels/shop", {**woo, "credentials": {"access_token": "x"}}, key=key)
    assert (wrong.status, wrong.json["errors"][0]["path"]) == (422, "credentials")


def test_a_new_webhook_secret_says_until_when_the_old_one_counts(app: Chalice, key: str) -> None:
    first = call(app, "PUT", "/channels/shop", {**SHOP, "webhook_secret": "correct horse"}, key=key)
    assert first.json["secrets"]["webhook_secret"]["previous_until"] is None
    again = call(app, "PUT", "/channels/shop", {**SHOP, "webhook_secret": "correct horse"}, key=key)
    assert again.json == first.json
    second = call(app, "PUT", "/channels/shop", {**SHOP, "webhook_secret": "battery staple"}, key=key)
    assert (
        second.json["secrets"]["webhook_secret"]["previous_until"] > second.json["secrets"]["webhook_secret"]["since"]
    )


def test_a_refused_put_leaves_the_secret_as_it_was(app: Chalice, key: str) -> None:
    call(app, "PUT", "/channels/shop", {**SHOP, "webhook_secret": "correct horse"}, key=key)
    body = {**SHOP, "name": "New", "webhook_secret": "battery staple"}
    assert call(app, "PUT", "/channels/shop", body, key=key, headers={"If-Match": "7"}).status == 412
    assert secrets.secret(secrets.channel_secret("shop"))["webhook_secret"] == "correct horse"


def test_every_wrong_field_is_named(app: Chalice, key: str) -> None:
    refused = call(app, "PUT", "/locations/x", {"name": "", "address": {"country": "Wien"}, "latitude": 91}, key=key)
    assert (refused.status, refused.problem) == (422, "invalid-input")
    paths = {error["path"] for error in refused.json["errors"]}
    assert paths == {"name", "address.country", "latitude", "longitude"}


@pytest.mark.parametrize("path", ["/channels/a%2Fb", "/locations/-x", "/products/%20x", "/products/" + "x" * 129])
def test_an_id_of_the_wrong_form_is_refused(app: Chalice, key: str, path: str) -> None:
    body = {"c": SHOP, "l": WIEN, "p": MUG}[path[1]]
    refused = call(app, "PUT", path, body, key=key)
    assert refused.status == 422
    assert refused.json["errors"][0]["path"] in {"channel_id", "location_id", "sku"}


@pytest.mark.parametrize("path", ["/channels/x", "/locations/x", "/products/x"])
def test_what_does_not_exist_is_not_found(app: Chalice, key: str, path: str) -> None:
    assert call(app, "GET", path, key=key).problem == "not-found"


def test_a_bulk_import_answers_row_by_row(app: Chalice, key: str) -> None:
    answer = call(
        app, "POST", "/products/import", b"sku,title\nMUG,Mug\n,Cup\n", key=key, headers={"Content-Type": "text/csv"}
    )
    assert answer.status == 200
    assert [row["result"] for row in answer.json["rows"]] == ["created", "refused"]
    assert setup.products(["MUG"])["MUG"].title == "Mug"


@pytest.mark.parametrize("kind", ["channels", "locations", "products", "stock"])
def test_an_import_of_another_kind_of_file_is_a_problem_document(app: Chalice, key: str, kind: str) -> None:
    answer = call(app, "POST", f"/{kind}/import", b"%PDF-1.7", key=key, headers={"Content-Type": "application/pdf"})
    assert (answer.status, answer.problem) == (422, "invalid-input")
    assert answer.headers["content-type"] == "application/problem+json"


def routes(app: Chalice) -> list[tuple[str, str]]:
    return [(method, route) for route, methods in app.routes.items() for method in methods]


def every_route(app: Chalice, *, key: str) -> list[Answer]:
    return [call(app, method, path.replace("{", "").replace("}", ""), {}, key=key) for method, path in routes(app)]


def test_without_a_key_nothing_is_open(app: Chalice) -> None:
    assert {(answer.status, answer.problem) for answer in every_route(app, key="")} == {(401, "unauthenticated")}
    assert len(routes(app)) == 12


def test_with_a_key_of_another_scope_nothing_is_open(app: Chalice) -> None:
    other, _ = keys.issue("other", ["orders:read", "orders:write", "fulfillment", "ops"])
    assert {(answer.status, answer.problem) for answer in every_route(app, key=other)} == {(403, "forbidden")}


def test_a_refusal_for_want_of_a_key_says_nothing_more(app: Chalice) -> None:
    answer = call(app, "GET", "/channels/shop")
    assert set(answer.json) == {"type", "title", "status"}
    assert answer.headers["www-authenticate"] == "Bearer"
