from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from oms.errors import InvalidInput, TooLarge
from oms.orders.log import Caller
from oms.platform import cache, imports, secrets, setup, stock_counts, stock_table
from oms.platform.imports import columns, import_rows
from oms.setup import Channel, Location, Platform, Product
from oms.setup_forms import ROWS, ImportKind
from oms.stock.levels import StockReason

pytestmark = pytest.mark.usefixtures("world")

CALLER = Caller(actor="key:test", cause="request:1", clock=lambda: datetime(2026, 3, 2, tzinfo=UTC))


def send(kind: ImportKind, raw: str | bytes, content_type: str = "text/csv") -> Any:
    return import_rows(kind, raw.encode() if isinstance(raw, str) else raw, content_type, CALLER)


def results(report: Any) -> list[tuple[int, str, str, list[str]]]:
    return [(r["line"], r["id"], r["result"], [error["path"] for error in r["errors"]]) for r in report["rows"]]


def test_each_row_has_its_result_and_a_bad_one_stops_no_other() -> None:
    setup.put(Product(sku="OLD", title="Old"))
    setup.put(Product(sku="SAME", title="Same", grams=5))
    report = send(
        "products",
        'sku,title,grams\nNEW,"Mug, large",300\nOLD,New title,\nSAME,Same,5\n'
        ",No sku,1\nBAD,Bad,-1\nLAST,Last,heavy\nEND,End,1\n",
    )
    assert results(report) == [
        (2, "NEW", "created", []),
        (3, "OLD", "updated", []),
        (4, "SAME", "unchanged", []),
        (5, "", "refused", ["sku"]),
        (6, "BAD", "refused", ["grams"]),
        (7, "LAST", "refused", ["grams"]),
        (8, "END", "created", []),
    ]
    assert {name: report[name] for name in ("created", "updated", "unchanged", "refused")} == {
        "created": 2,
        "updated": 1,
        "unchanged": 1,
        "refused": 3,
    }
    cache.forget_all()
    assert setup.products(["NEW", "OLD", "BAD", "LAST"]) == {
        "NEW": Product(sku="NEW", title="Mug, large", grams=300),
        "OLD": Product(sku="OLD", title="New title"),
    }


def test_the_same_import_again_changes_nothing() -> None:
    raw = "sku,title\n" + "".join(f"MUG-{number},Mug\n" for number in range(250))
    assert send("products", raw)["created"] == 250
    again = send("products", raw)
    assert (again["unchanged"], again["created"]) == (250, 0)


def test_the_last_row_of_an_id_wins() -> None:
    report = send("products", "sku,title\nMUG,One\nMUG,Two\nMUG,Two\n")
    assert [row["result"] for row in report["rows"]] == ["created", "updated", "unchanged"]
    assert setup.stored(Product, "MUG").value.title == "Two"


def test_a_row_that_is_not_utf_8_is_refused_and_the_others_are_not() -> None:
    report = send("products", b"sku,title\nA,K\xf6ln\nB,K\xc3\xb6ln\n\xff,Mug\n")
    assert [row["result"] for row in report["rows"]] == ["refused", "created", "refused"]
    lines = b'{"sku": "C", "title": "K\xf6ln"}\n{"sku": "D", "title": "K\xc3\xb6ln"}'
    report = send("products", lines, "application/x-ndjson")
    assert [row["result"] for row in report["rows"]] == ["refused", "created"]


def test_locations_come_with_their_address_from_csv_and_from_json_lines() -> None:
    send("locations", "location_id;name;address.city;address.country;latitude;longitude\nwien;Wien;Wien;AT;48.2;16.4\n")
    row = {
        "location_id": "roma",
        "name": "Roma",
        "address": {"city": "Roma", "country": "IT"},
        "latitude": 41.9,
        "longitude": 12.5,
    }
    report = send("locations", json.dumps(row) + "\n", "application/x-ndjson")
    assert results(report) == [(1, "roma", "created", [])]
    found = {each.location_id: (each.address.city, each.address.country) for each in setup.locations()}
    assert found == {"roma": ("Roma", "IT"), "wien": ("Wien", "AT")}
    assert setup.stored(Location, "wien").value.latitude == 48.2


def test_fields_of_fields_are_named_where_they_are_wrong() -> None:
    report = send("locations", "location_id,name,address.country,latitude,longitude\nx,X,Austria,95,nan\n")
    assert results(report)[0][3] == ["address.country", "latitude", "longitude"]


def test_the_secrets_of_channels_are_stored_apart() -> None:
    report = send(
        "channels",
        "channel_id,platform,name,webhook_secret\nshop,shopify,Shop,correct horse\nplain,canonical,Plain,\n",
    )
    assert [row["result"] for row in report["rows"]] == ["created", "created"]
    assert setup.stored(Channel, "shop").value == Channel(channel_id="shop", platform=Platform.SHOPIFY, name="Shop")
    assert secrets.secret(secrets.channel_secret("shop"))["webhook_secret"] == "correct horse"


def test_keys_of_the_api_stand_in_one_cell() -> None:
    send("channels", "channel_id,platform,name,credentials\nwoo,woocommerce,Woo,consumer_key=ck|consumer_secret=cs=1\n")
    kept = secrets.secret(secrets.channel_secret("woo"))
    assert (kept["consumer_key"], kept["consumer_secret"]) == ("ck", "cs=1")


def test_a_secret_is_changed_although_the_channel_is_not() -> None:
    head = "channel_id,platform,name,webhook_secret\n"
    send("channels", head + "shop,shopify,Shop,correct horse\n")
    assert send("channels", head + "shop,shopify,Shop,battery staple\n")["unchanged"] == 1
    assert secrets.secret(secrets.channel_secret("shop"))["webhook_secret"] == "battery staple"


def test_counts_are_recorded_for_what_is_set_up() -> None:
    send("products", "sku,title\nMUG,Mug\nCUP,Cup\n")
    send("locations", "location_id,name,address.country,latitude,longitude\nwien,Wien,AT,48,16\n")
    stock_counts.adjust("CUP", "wien", 3, CALLER, reason=StockReason.RECEIVED)
    raw = "sku,location_id,on_hand,reference\nMUG,wien,5,count-1\nCUP,wien,4,\nPOT,wien,1,\nMUG,graz,1,\nMUG,wien,-1,\n"
    report = send("stock", raw)
    assert results(report) == [
        (2, "MUG/wien", "created", []),
        (3, "CUP/wien", "updated", []),
        (4, "POT/wien", "refused", ["sku"]),
        (5, "MUG/graz", "refused", ["location_id"]),
        (6, "MUG/wien", "refused", ["on_hand"]),
    ]
    assert stock_table.level("MUG", "wien").available == 5
    assert stock_table.level("CUP", "wien").on_hand == 4
    assert [row["result"] for row in send("stock", raw)["rows"][:2]] == ["unchanged", "unchanged"]


def test_an_import_of_too_many_rows_writes_nothing() -> None:
    raw = "sku,title\n" + "".join(f"MUG-{number},Mug\n" for number in range(imports.MAX_ROWS + 1))
    with pytest.raises(TooLarge):
        send("products", raw)
    assert setup.products(["MUG-0"]) == {}


def test_a_wrong_header_writes_nothing_and_names_the_columns() -> None:
    with pytest.raises(InvalidInput) as refused:
        send("products", "sku,name\nMUG,Mug\n")
    assert "'name'" in refused.value.errors[0].message
    assert "title" in refused.value.errors[0].message


@pytest.mark.parametrize("kind", ROWS)
def test_every_field_of_a_row_has_a_column(kind: ImportKind) -> None:
    named = columns(ROWS[kind])
    assert len(named) == len(set(named))
    assert {name.partition(".")[0] for name in named} == set(ROWS[kind].model_fields)


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"channel_id": "import"}, "channel_id"),
        ({"channel_id": "a/b"}, "channel_id"),
        ({"channel_id": "a\n"}, ""),
        ({"channel_id": "-a"}, "channel_id"),
        ({"channel_id": "a" * 65}, "channel_id"),
        ({"platform": "etsy"}, "platform"),
        ({"currency": "EURO"}, "currency"),
        ({"gateway": "visa"}, "gateway"),
        ({"default_language": "German"}, "default_language"),
        ({"webhook_secret": "short"}, "webhook_secret"),
        ({"credentials": "consumer_key=ck_1"}, "credentials"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_channel_with_a_wrong_field_is_refused_by_its_name(row: dict[str, str], path: str) -> None:
    whole = {"channel_id": "shop", "platform": "shopify", "name": "Shop", **row}
    report = send("channels", json.dumps(whole), "application/x-ndjson")
    assert results(report)[0][3] == ([path] if path else [])


@pytest.mark.parametrize("sku", ["", "a" * 129, "a\u0000b", "tab\tbed", "\u202eevil", "\ud800"])
def test_a_sku_is_printable_and_of_bounded_length(sku: str) -> None:
    report = send("products", json.dumps({"sku": sku, "title": "Mug"}), "application/x-ndjson")
    assert report["refused"] == 1


@pytest.mark.parametrize("sku", ["A/B C", "ß-7", "100%", "a?b#c&d=e", "商品-1", "x" * 128])
def test_a_sku_may_have_any_printable_character(sku: str) -> None:
    report = send("products", json.dumps({"sku": sku, "title": "Mug"}), "application/x-ndjson")
    assert report["created"] == 1
    assert setup.stored(Product, sku).value.sku == sku
