"""Files of orders in the bucket: read piece by piece, a result for each row beside them, harmless when repeated."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest

from oms.ids import order_id as derive_order_id
from oms.platform import order_files
from oms.platform.order_file_rows import BLOCK, LONGEST_LINE
from tests.support import cloud
from tests.support.state import logs
from tests.support.world import World

KEY = "orders/till/monday.csv"
HEADER = (
    "external_id,placed_at,sku,title,quantity,unit_price,line_tax,name,line1,city,postal_code,country,shipping,prices"
)
FIRST = 'A-1,2026-03-02T09:00:00+01:00,TEE,"A tee, ""blue""",2,19.90,6.35,Erika,Kai 1,Berlin,10115,DE,4.90,gross'
SECOND = "A-1,,MUG,Mug,1,10.00,1.60,,,,,,,"


def row(number: str, quantity: str = "1") -> str:
    return f"{number},2026-03-02T09:00:00+01:00,TEE,Tee,{quantity},19.90,3.18,Erika,Kai 1,Berlin,10115,DE,,gross"


@pytest.fixture(autouse=True)
def till(world: World) -> None:
    """A point of sale that hands its orders in as files."""
    world.pumps = [each for each in world.pumps if each.settings.function.stage == "capture"]
    body = {"platform": "canonical", "name": "Till", "currency": "EUR"}
    assert world.http("PUT", "/channels/till", body, key="setup").status == 201


def put(world: World, *rows: str, key: str = KEY) -> None:
    content = "\r\n".join([HEADER, *rows]).encode()
    world.cloud.client("s3").put_object(Bucket=world.name("DocumentsBucket"), Key=key, Body=content)
    world.settle()


def results(world: World, key: str = KEY) -> list[dict[str, Any]]:
    files = cloud.documents(world.name("DocumentsBucket"))
    texts = [content.decode() for name, content in files.items() if name.startswith(f"{key}.results-")]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def left(world: World) -> list[str]:
    """Files of orders that are still in the bucket."""
    return [name for name in cloud.documents(world.name("DocumentsBucket")) if name.endswith(".csv")]


def work(world: World) -> list[tuple[str, str]]:
    answer = world.http("GET", "/channels/till/work", key="orders:read")
    return [(each["external_id"], each["problem"]) for each in answer.json["work"]]


def test_rows_of_one_order_become_one_order_with_exact_figures(world: World) -> None:
    put(world, FIRST, SECOND)
    assert [(each["line"], each["result"]) for each in results(world)] == [(2, "new"), (3, "new")]
    order = world.http("GET", f"/orders/{derive_order_id('till', 'A-1')}", key="orders:read").json
    assert order["total"] == {"amount": 5470, "currency": "EUR"}
    assert [(line["sku"], line["title"], line["quantity"]) for line in order["lines"]] == [
        ("TEE", 'A tee, "blue"', 2),
        ("MUG", "Mug", 1),
    ]
    assert work(world) == []


def test_one_bad_row_stops_nothing_and_is_named_by_line_and_column(world: World) -> None:
    put(world, row("B-1"), row("B-2", "two"), row("B-3"), f"{row('B-4')},too,many", row(""))
    told = {each["line"]: (each["result"], [error["path"] for error in each["errors"]]) for each in results(world)}
    assert told == {
        2: ("new", []),
        3: ("refused", ["line 3.quantity"]),
        4: ("new", []),
        5: ("refused", ["line 5"]),
        6: ("refused", ["line 6"]),
    }
    assert len(logs(world)) == 2
    assert [name for name, _ in work(world)] == ["monday.csv"]
    assert "Erika" not in json.dumps([results(world), work(world)])


def test_a_row_that_cannot_be_read_is_no_end_of_the_file(world: World) -> None:
    long, quoted = f"F-2,{'x' * (LONGEST_LINE + BLOCK)}", f'F-4,"{"y" * 140_000}"'
    put(world, row("F-1"), long, row("F-3"), quoted, row("F-5"))
    told = {each["line"]: (each["result"], [error["message"] for error in each["errors"]]) for each in results(world)}
    assert told == {
        2: ("new", []),
        3: ("refused", ["line 3 has more than 1048576 bytes"]),
        4: ("new", []),
        5: ("refused", ["field larger than field limit (131072)"]),
        6: ("new", []),
    }
    assert len(logs(world)) == 3


def test_a_file_is_gone_when_it_was_read_to_its_end(world: World) -> None:
    with patch.object(order_files, "ORDERS_AT_ONCE", 2):
        put(world, row("G-1"), row("G-2", "two"), row("G-3"))
        put(world, key="orders/till/nothing.csv")
    assert len(results(world)) == 3
    assert left(world) == []


def test_the_same_file_twice_is_harmless(world: World) -> None:
    for key in (KEY, again := "orders/till/again.csv"):
        put(world, FIRST, SECOND, row("C-2"), key=key)
    assert [each["result"] for each in results(world)] == ["new"] * 3
    assert [each["result"] for each in results(world, again)] == ["repeated"] * 3
    assert {len(entries) for entries in logs(world).values()} == {1}


def test_a_long_file_is_taken_in_pieces_that_end_between_orders(world: World) -> None:
    rows = [text for number in range(7) for text in (row(f"D-{number}"), f"D-{number},,MUG,Mug ü,1,1.00,0.16,,,,,,,")]
    with patch.object(order_files, "ORDERS_AT_ONCE", 2):
        put(world, *rows)
    assert [each["line"] for each in results(world)] == list(range(2, 16))
    assert {each["result"] for each in results(world)} == {"new"}
    assert len(logs(world)) == 7


def test_a_file_that_is_no_table_of_orders_is_filed(world: World) -> None:
    bucket = world.name("DocumentsBucket")
    for name, content in {"a.csv": b"", "b.csv": b"x,y\n1,2\n", "c.csv": b"\x00" * 2_000_000}.items():
        world.cloud.client("s3").put_object(Bucket=bucket, Key=f"orders/till/{name}", Body=content)
    world.cloud.client("s3").put_object(Bucket=bucket, Key="orders/till/d.txt", Body=b"not looked at")
    world.settle()
    assert sorted(name for name, _ in work(world)) == ["a.csv", "b.csv", "c.csv"]
    assert len(left(world)) == 3
    assert logs(world) == {}


def test_a_file_that_is_gone_again_is_nothing(world: World) -> None:
    bucket = world.name("DocumentsBucket")
    world.cloud.client("s3").put_object(Bucket=bucket, Key=KEY, Body=f"{HEADER}\n{row('E-1')}".encode())
    world.cloud.client("s3").delete_object(Bucket=bucket, Key=KEY)
    world.settle()
    assert (work(world), logs(world)) == ([], {})
