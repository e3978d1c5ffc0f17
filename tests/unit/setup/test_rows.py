from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.errors import InvalidInput
from oms.setup_rows import Row, rows

COLUMNS = ["sku", "title", "grams", "address.city"]


def read(raw: bytes | str, content_type: str = "text/csv") -> list[Row]:
    return list(rows(raw.encode() if isinstance(raw, str) else raw, content_type, COLUMNS))


def values(raw: bytes | str, content_type: str = "text/csv") -> list[dict[str, Any]]:
    return [row.values for row in read(raw, content_type)]


def test_cells_may_have_commas_quotes_and_line_breaks() -> None:
    assert values('sku,title\nA,"Mug, ""large""\nand blue"\nB,Cup\n') == [
        {"sku": "A", "title": 'Mug, "large"\nand blue'},
        {"sku": "B", "title": "Cup"},
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system_and_the_last_may_lack_its_end(end: str) -> None:
    assert values(f"sku,title{end}A,Mug{end}{end}B,Cup") == [{"sku": "A", "title": "Mug"}, {"sku": "B", "title": "Cup"}]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert values(b"\xef\xbb\xbfsku,title\nA,Mug\n") == [{"sku": "A", "title": "Mug"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_what_divides_the_cells(delimiter: str) -> None:
    assert values(f"sku{delimiter}grams\nA{delimiter}3\n") == [{"sku": "A", "grams": "3"}]


def test_columns_may_be_in_any_order_and_case_and_some_may_be_missing() -> None:
    assert values("Grams, SKU\n3,A\n") == [{"grams": "3", "sku": "A"}]


def test_a_column_with_a_dot_is_a_field_of_a_field_and_an_empty_cell_is_no_value() -> None:
    assert values("sku,title,address.city\nA,,Wien\nB, ,\n") == [
        {"sku": "A", "address": {"city": "Wien"}},
        {"sku": "B"},
    ]


@pytest.mark.parametrize("raw", ["", "\n\n", '"sku', "sku,colour\nA,blue\n", "sku,sku\nA,A\n", "\xff\xfes\x00"])
def test_a_wrong_header_is_refused_as_a_whole(raw: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(raw.encode("latin-1"))
    assert {error.path for error in refused.value.errors} == {"header"}


def test_too_many_cells_are_refused_and_missing_ones_at_the_end_are_empty() -> None:
    found = read("sku,title\nA,Mug,blue\nB\nC,Cup,,\n")
    assert [row.error is not None for row in found] == [True, False, False]
    assert [row.values for row in found[1:]] == [{"sku": "B"}, {"sku": "C", "title": "Cup"}]


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    found = read('sku,title\nA,"Mug\nB,Cup\nC,"Pot" x\nD,"Jug"\n')
    assert [(row.line, row.values.get("sku"), row.error is not None) for row in found] == [
        (2, None, True),
        (3, "B", False),
        (4, None, True),
        (5, "D", False),
    ]


def test_rows_are_named_by_the_line_where_they_begin() -> None:
    assert [row.line for row in read('sku,title\nA,"one\ntwo"\n\nB,Cup\n')] == [2, 5]


def test_json_lines_are_read_one_by_one_and_a_broken_one_stops_no_other() -> None:
    raw = '{"sku": "A"}\n\nnonsense\n[1]\n{"sku": NaN}\n' + "[" * 100_000 + '\n{"sku": "B", "grams": 3}\r\n'
    found = read(raw, "application/x-ndjson; charset=utf-8")
    assert [(row.line, row.error is not None) for row in found] == [
        (1, False),
        (3, True),
        (4, True),
        (5, True),
        (6, True),
        (7, False),
    ]
    assert found[-1].values == {"sku": "B", "grams": 3}


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_what_is_neither_csv_nor_json_lines_is_refused(content_type: str) -> None:
    with pytest.raises(InvalidInput, match="text/csv"):
        read("sku\nA\n", content_type)


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1, max_size=20))
def test_what_a_csv_writer_writes_is_read_back(pairs: list[tuple[str, str]]) -> None:
    # A cell of nothing but space counts as empty.
    pairs = [(f"x{sku}", title) for sku, title in pairs]
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("sku", "title"), *pairs])
    expected = [{"sku": sku} | ({"title": title} if title.strip() else {}) for sku, title in pairs]
    assert values(out.getvalue()) == expected


@given(st.binary(max_size=300))
def test_after_its_header_no_body_makes_reading_fail(raw: bytes) -> None:
    for content_type in ("text/csv", "application/x-ndjson"):
        lines = [row.line for row in read(b"sku,title\n" + raw, content_type)]
        assert lines == sorted(set(lines))
