from __future__ import annotations

import importlib.util
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice

from oms.orders.log import Caller
from oms.platform import keys, setup
from oms.platform.imports import import_rows
from oms.setup import Location, LocationKind, Product
from oms.sourcing.rates import RateCard, price
from oms.sourcing.rules import SourcingRule
from tests.support.door import call

pytestmark = pytest.mark.usefixtures("world")

CALLER = Caller(actor="key:test", cause="request:1", clock=lambda: datetime(2026, 3, 2, tzinfo=UTC))

RULE: dict[str, Any] = {
    "name": "Cheapest for Germany",
    "priority": 10,
    "applies": {"countries": ["DE"], "min_value": 2000},
    "places": {"groups": ["warehouses", "stores"], "exclude": ["outlet"], "requires": ["gift-wrap"]},
    "objective": {"fewest_parcels": False, "parcel": 150, "shipping": 100, "late_day": 50},
    "currency": "EUR",
    "exchange": {"CHF": 1_050_000},
    "max_parcels": 3,
    "min_value_per_split": 1500,
    "split_lines": False,
}
CARD: dict[str, Any] = {
    "currency": "EUR",
    "zones": [
        {
            "name": "islands",
            "countries": ["DE"],
            "postal_prefixes": ["27498"],
            "steps": [{"grams": 31500, "price": 2000}],
        },
        {
            "name": "DE",
            "countries": ["DE"],
            "steps": [{"grams": 2000, "price": 450}, {"grams": 5000, "price": 600}],
            "per_kilogram": 50,
            "days": 2,
        },
    ],
}


@pytest.fixture
def app() -> Chalice:
    """An app of nothing but the routes of sourcing's set-up."""
    path = Path(__file__).parents[3] / "functions" / "capture" / "chalicelib" / "sourcing.py"
    spec = importlib.util.spec_from_file_location("oms_test_sourcing", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = Chalice("test", configure_logs=False)
    app.register_blueprint(module.sourcing)
    return app


@pytest.fixture
def key() -> str:
    return keys.issue("set-up", ["setup"])[0]


@pytest.mark.parametrize(
    ("path", "body", "listed"), [("/sourcing/rules", RULE, "rules"), ("/rate-cards", CARD, "rate_cards")]
)
def test_what_is_put_is_got_listed_and_deleted(
    app: Chalice, key: str, path: str, body: dict[str, Any], listed: str
) -> None:
    created = call(app, "PUT", f"{path}/de", body, key=key)
    assert (created.status, created.headers["etag"]) == (201, '"1"')
    assert call(app, "PUT", f"{path}/de", body, key=key).json["version"] == 1
    got = call(app, "GET", f"{path}/de", key=key)
    assert got.json == created.json
    assert call(app, "GET", path, key=key).json == {listed: [got.json]}
    refused = call(app, "DELETE", f"{path}/de", key=key, headers={"If-Match": '"7"'})
    assert refused.problem == "version-mismatch"
    assert call(app, "DELETE", f"{path}/de", key=key).json == {"deleted": "de"}
    assert call(app, "GET", f"{path}/de", key=key).problem == "not-found"
    assert call(app, "DELETE", f"{path}/de", key=key).problem == "not-found"


def test_rules_are_listed_as_they_are_asked(app: Chalice, key: str) -> None:
    for rule_id, priority in (("last", 30), ("first", 10), ("also-first", 10)):
        call(app, "PUT", f"/sourcing/rules/{rule_id}", {"priority": priority}, key=key)
    listed = call(app, "GET", "/sourcing/rules", key=key).json["rules"]
    assert [each["rule_id"] for each in listed] == ["also-first", "first", "last"]


def test_routing_knows_a_rule_with_its_version_at_once(app: Chalice, key: str) -> None:
    assert setup.sourcing_rules() == ()
    call(app, "PUT", "/sourcing/rules/de", {"priority": 1}, key=key)
    call(app, "PUT", "/sourcing/rules/de", RULE, key=key)
    (rule,) = setup.sourcing_rules()
    assert (rule.rule_id, rule.version, rule.max_parcels) == ("de", 2, 3)
    assert rule.places.groups == ("warehouses", "stores")
    call(app, "DELETE", "/sourcing/rules/de", key=key)
    assert setup.sourcing_rules() == ()


def test_a_stored_card_has_its_prices(app: Chalice, key: str) -> None:
    call(app, "PUT", "/rate-cards/dhl", CARD, key=key)
    card = setup.rate_cards()["dhl"]
    assert isinstance(card, RateCard)
    assert [price(card.zones[1], grams) for grams in (2000, 2001, 5001)] == [450, 600, 650]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"objective": {"parcells": 1}}, "objective.parcells"),
        ({"objective": {"parcel": -1}}, "objective.parcel"),
        ({"applies": {"countries": ["Germany"]}}, "applies"),
        ({"applies": {"min_value": 5, "max_value": 4}}, "applies"),
        ({"places": {"kinds": ["kiosk"]}}, "places.kinds[0]"),
        ({"max_parcels": 0}, "max_parcels"),
        ({"currency": "EURO"}, "currency"),
        ({"exchange": {"EUR": 1}}, ""),
        ({"currency": "", "exchange": {}}, ""),
    ],
)
def test_a_wrong_rule_is_refused_and_its_field_named(app: Chalice, key: str, change: dict[str, Any], path: str) -> None:
    refused = call(app, "PUT", "/sourcing/rules/x", {**RULE, **change}, key=key)
    assert (refused.status, refused.problem) == (422, "invalid-input")
    assert refused.json["errors"][0]["path"] == path
    assert setup.all_stored(SourcingRule) == ()


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [{"grams": 0, "price": 1}],
        [{"grams": 2000, "price": 500}, {"grams": 2000, "price": 600}],
        [{"grams": 2000, "price": 500}, {"grams": 5000, "price": 400}],
    ],
)
def test_weights_and_prices_of_a_zone_only_go_up(app: Chalice, key: str, steps: list[dict[str, int]]) -> None:
    body = {"currency": "EUR", "zones": [{"name": "all", "steps": steps}]}
    assert call(app, "PUT", "/rate-cards/x", body, key=key).problem == "invalid-input"


def test_without_a_key_of_set_up_nothing_is_open(app: Chalice) -> None:
    other = keys.issue("other", ["orders:write", "ops"])[0]
    every = [
        call(app, method, path.replace("{", "").replace("}", ""), {}, key=other)
        for path, methods in app.routes.items()
        for method in methods
    ]
    assert [answer.problem for answer in every] == ["forbidden"] * 8


def test_what_sourcing_knows_of_locations_and_products_comes_in_tables() -> None:
    head = "location_id,name,address.country,latitude,longitude,kind,groups,markets,abilities,working_days,closed_days"
    row = "milan,Milan,IT,45.5,9.2,store,stores|south,IT|CH,cold|hazmat,2|3|4|5|6,2026-08-14|2026-08-17"
    more = "daily_capacity,cut_off,time_zone,rate_card,handling_parcel,unsold_percent"
    report = import_rows(
        "locations", f"{head},{more}\n{row},40,14:30,Europe/Rome,poste,80,25\n".encode(), "text/csv", CALLER
    )
    assert report["rows"][0]["result"] == "created"
    again = import_rows(
        "locations", f"{head},{more}\n{row},40,14:30,Europe/Rome,poste,80,25\n".encode(), "text/csv", CALLER
    )
    assert again["rows"][0]["result"] == "unchanged"
    milan = setup.stored(Location, "milan").value
    assert milan.kind is LocationKind.STORE
    assert milan.groups == ("stores", "south")
    assert milan.abilities == ("cold", "hazmat")
    assert milan.working_days == (2, 3, 4, 5, 6)
    assert milan.closed_days == (date(2026, 8, 14), date(2026, 8, 17))
    assert (milan.daily_capacity, milan.cut_off, milan.time_zone) == (40, "14:30", "Europe/Rome")
    import_rows("products", b"sku,title,requires,markdown_percent\nFISH,Fish,cold,60\n", "text/csv", CALLER)
    assert setup.stored(Product, "FISH").value.requires == ("cold",)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("time_zone", "Europe/Rom"),
        ("time_zone", "../../etc/passwd"),
        ("cut_off", "2pm"),
        ("cut_off", "14:30:00"),
        ("working_days", "0|1"),
        ("closed_days", "14.8.2026"),
        ("kind", "kiosk"),
        ("markets", "Italy"),
        ("unsold_percent", "101"),
    ],
)
def test_a_wrong_cell_refuses_its_row_and_is_named(column: str, cell: str) -> None:
    table = f"location_id,name,address.country,latitude,longitude,{column}\nx,X,IT,45,9,{cell}\n"
    report = import_rows("locations", table.encode(), "text/csv", CALLER)
    assert report["rows"][0]["result"] == "refused"
    assert report["rows"][0]["errors"][0]["path"].startswith(column)
