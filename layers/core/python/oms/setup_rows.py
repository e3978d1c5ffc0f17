"""Rows of an import, from CSV or JSON lines, one by one; a row that cannot be read does not stop the others."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from oms.errors import FieldError, InvalidInput

CSV_TYPES = frozenset({"text/csv", "application/csv"})
JSON_LINES_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})

DELIMITERS = ",;\t"
"""Spreadsheets write the second where the comma divides decimals."""


REPLACED = "\ufffd"
"""What stands for a byte that was no part of a character."""

_NOT_UTF8 = FieldError("", "not UTF-8: save the file in that encoding")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the body: where it begins (lines count from 1), its values, or why it has none."""

    line: int
    values: dict[str, Any]
    error: FieldError | None = None


def rows(raw: bytes, content_type: str, columns: Collection[str]) -> Iterator[Row]:
    """The rows of a body.

    A byte that is not UTF-8 refuses its row and no other. API Gateway may have replaced it before we see it.

    Raises:
        InvalidInput: the content type is neither CSV nor JSON lines, or the header is wrong.
    """
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    if kind in CSV_TYPES:
        return csv_rows(text, columns)
    if kind in JSON_LINES_TYPES:
        return json_rows(text)
    raise InvalidInput(f"{kind or 'nothing'!r} is not text/csv or application/x-ndjson", path="Content-Type")


def csv_rows(text: str, columns: Collection[str]) -> Iterator[Row]:
    """Rows of CSV with a header; a column `address.city` is the field `city` of `address`, an empty cell is no value.

    Raises:
        InvalidInput: there is no header, or it names a column that does not exist, or one twice.
    """
    lines = list(io.StringIO(text, newline=""))
    delimiter = max(DELIMITERS, key=(lines[0] if lines else "").count)
    records = _records(lines, delimiter)
    first = next(records, None)
    if first is None or first.error:
        raise InvalidInput("the first line must name the columns", path="header")
    header = [cell.strip().lower() for cell in first.cells]
    _check(header, columns)
    return (_csv_row(header, record) for record in records)


def json_rows(text: str) -> Iterator[Row]:
    """Rows of JSON objects, one a line; empty lines are passed over."""
    from pydantic_core import from_json

    for line, each in enumerate(text.split("\n"), 1):
        if not each.strip():
            continue
        if REPLACED in each:
            yield Row(line, {}, _NOT_UTF8)
            continue
        try:
            values = from_json(each, allow_inf_nan=False)
        except ValueError as error:
            yield Row(line, {}, FieldError("", f"not JSON: {error}"))
            continue
        if isinstance(values, dict):
            yield Row(line, values)
        else:
            yield Row(line, {}, FieldError("", "not a JSON object"))


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str]
    error: str = ""


def _records(lines: list[str], delimiter: str) -> Iterator[_Record]:
    """Records of CSV. After one whose quotes do not close, reading goes on in the next line."""
    position = 0

    def feed() -> Iterator[str]:
        nonlocal position
        while position < len(lines):
            position += 1
            yield lines[position - 1]

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    while True:
        start = position
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield _Record(start + 1, [], f"not CSV: {error}")
            position = start + 1
            reader = csv.reader(feed(), delimiter=delimiter, strict=True)
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield _Record(start + 1, cells)


def _check(header: list[str], columns: Collection[str]) -> None:
    wrong = [
        FieldError("header", f"there is no column {name!a}; there are {', '.join(columns)}")
        for name in header
        if name not in columns
    ]
    twice = sorted({name for name in header if header.count(name) > 1})
    wrong += [FieldError("header", f"column {name!a} stands there twice") for name in twice]
    if wrong:
        raise InvalidInput("the header is wrong; nothing was imported", errors=wrong[:50])


def _csv_row(header: list[str], record: _Record) -> Row:
    if record.error:
        return Row(record.line, {}, FieldError("", record.error))
    if any(REPLACED in cell for cell in record.cells):
        return Row(record.line, {}, _NOT_UTF8)
    if any(cell.strip() for cell in record.cells[len(header) :]):
        return Row(record.line, {}, FieldError("", f"{len(record.cells)} cells, but {len(header)} columns"))
    values: dict[str, Any] = {}
    for name, cell in zip(header, record.cells, strict=False):
        if cell.strip():
            outer, _, inner = name.partition(".")
            if inner:
                values.setdefault(outer, {})[inner] = cell
            else:
                values[outer] = cell
    return Row(record.line, values)
