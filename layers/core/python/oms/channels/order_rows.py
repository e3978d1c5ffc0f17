"""Orders in a table: one row for each line of an order, with what belongs to the order on its first row.

Amounts are in major units (`19.90`), as tables have them, and become whole minor units; a fraction of one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oms.errors import FieldError, InvalidInput
from oms.money import minor_units

MOST_ROWS = 1000
"""Rows of one order, as the canonical order has lines."""

CONTACT = ("name", "email", "phone", "customer_id")
ADDRESS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")

ORDER_COLUMNS = frozenset(
    {
        "number",
        "currency",
        "placed_at",
        "language",
        "prices",
        "discount",
        "shipping",
        "shipping_tax",
        "shipping_title",
        "shipping_service",
        "payment",
        "payment_reference",
        "total",
        "tags",
        "pickup_location_id",
        *CONTACT,
        *ADDRESS,
    }
)
LINE_COLUMNS = frozenset(
    {"sku", "title", "quantity", "unit_price", "line_discount", "line_tax", "grams", "requires_shipping"}
)
NEEDED = ("external_id", "placed_at", "sku", "quantity", "unit_price")
COLUMNS = ORDER_COLUMNS | LINE_COLUMNS | {"external_id"}


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row with the line of the file that it begins on; `offset` is the byte where it begins."""

    line: int
    offset: int
    values: Mapping[str, str]

    @property
    def external_id(self) -> str:
        """The order that it belongs to."""
        return self.values.get("external_id", "")


def check_header(names: Sequence[str]) -> None:
    """See that a table can be read.

    Raises:
        InvalidInput: names the columns that are missing, unknown or there twice.
    """
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems = [
        *(f"the column {name} is missing" for name in missing),
        *(f"the column {name[:40]!r} is not known" for name in unknown),
        *(f"the column {name} is there twice" for name in twice),
    ]
    if problems:
        raise InvalidInput("; ".join(problems[:10]))


def grouped(rows: Iterable[TableRow]) -> Iterator[list[TableRow]]:
    """The rows of one order after another: those that stand together. One too many is kept, to be refused for."""
    group: list[TableRow] = []
    for row in rows:
        if group and (row.external_id != group[0].external_id or not row.external_id):
            yield group
            group = []
        if len(group) <= MOST_ROWS:
            group.append(row)
    if group:
        yield group


def order_of(rows: Sequence[TableRow], currency: str) -> dict[str, Any]:
    """The canonical order of some rows, as JSON has it; `currency` is the channel's, for orders that name none.

    Raises:
        InvalidInput: names each cell that cannot be read, by its line and column.
    """
    first = rows[0].values
    problems: list[FieldError] = []
    if not first.get("external_id"):
        problems.append(FieldError(f"line {rows[0].line}", "external_id is empty"))
    if len(rows) > MOST_ROWS:
        problems.append(FieldError(f"line {rows[0].line}", f"the order has more than {MOST_ROWS} rows"))
    for row in rows[1:]:
        differing = [
            name for name in sorted(ORDER_COLUMNS) if row.values.get(name) and row.values[name] != first.get(name, "")
        ]
        problems += [FieldError(f"line {row.line}.{name}", "differs from the order's first row") for name in differing]
    of = first.get("currency") or currency

    def cell(row: TableRow, name: str, read: Callable[[str], Any]) -> Any:
        text = row.values.get(name, "")
        if not text:
            return None
        try:
            return read(text)
        except InvalidInput as error:
            problems.append(FieldError(f"line {row.line}.{name}", error.detail))
            return None

    def amount(text: str) -> dict[str, Any]:
        if not of:
            raise InvalidInput("the order names no currency, and the channel has none set up")
        return {"amount": minor_units(text, of), "currency": of}

    def line_of(row: TableRow) -> dict[str, Any]:
        told = {
            "sku": row.values.get("sku") or None,
            "title": row.values.get("title") or None,
            "quantity": cell(row, "quantity", _whole),
            "unit_price": cell(row, "unit_price", amount),
            "discount": cell(row, "line_discount", amount),
            "tax": cell(row, "line_tax", amount),
            "grams": cell(row, "grams", _whole),
            "requires_shipping": cell(row, "requires_shipping", _truth),
        }
        return {name: value for name, value in told.items() if value is not None}

    head = rows[0]
    shipping, discount = cell(head, "shipping", amount), cell(head, "discount", amount)
    tax = cell(head, "shipping_tax", amount)
    charge = {
        "kind": "shipping",
        "title": first.get("shipping_title", ""),
        "code": first.get("shipping_service", ""),
        "amount": shipping,
        **({"tax": tax} if tax else {}),
    }
    address = {name: first[name] for name in ADDRESS if first.get(name)}
    contact = {name: first[name] for name in CONTACT if first.get(name)}
    payment = {"method": first.get("payment") or "prepaid", "reference": first.get("payment_reference", "")}
    body: dict[str, Any] = {
        **{
            name: first[name]
            for name in ("external_id", "number", "currency", "placed_at", "language", "prices", "shipping_service")
            if first.get(name)
        },
        "lines": [line_of(row) for row in rows],
        "charges": [charge] if shipping else [],
        "discounts": [{"amount": discount}] if discount else [],
        "contact": {**contact, **({"shipping": address} if any(name != "name" for name in address) else {})},
        "payment": payment,
    }
    if (total := cell(head, "total", amount)) is not None:
        body["total"] = total
    if first.get("tags"):
        body["tags"] = [tag.strip() for tag in first["tags"].split(",") if tag.strip()]
    if first.get("pickup_location_id"):
        body["pickup"] = {"location_id": first["pickup_location_id"]}
    if problems:
        raise InvalidInput("some cells cannot be read; see errors", errors=problems[:50])
    return body


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - no count that long is meant
        raise InvalidInput("not a whole number")
    return int(text)


def _truth(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise InvalidInput("neither true nor false")
    return words[text.lower()]
