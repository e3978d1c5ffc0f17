"""Bulk imports of channels, locations, products and stock: a result for every row, and no bad row stops the others.

A row that is there already as it stands is `unchanged`: an import that broke off is simply sent again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from oms.errors import Conflict, FieldError, NotFound, TooLarge
from oms.ids import MAX_SKU
from oms.orders.log import Caller
from oms.platform import setup, stock_counts, stock_table
from oms.platform.channel_keys import keep
from oms.platform.http import field_errors
from oms.platform.secrets import channel_secret
from oms.platform.setup import Outcome
from oms.setup import Product
from oms.setup_channel import ChannelRow
from oms.setup_fields import Form
from oms.setup_forms import ROWS, ImportKind, LocationRow, ProductRow, StockRow
from oms.setup_rows import Row, rows
from oms.views.answers import ImportReport, ImportResult

if TYPE_CHECKING:
    from oms.platform.setup_items import SetUp

MAX_ROWS = 1000
"""Rows of one import: API Gateway waits 29 seconds for an answer."""

CHUNK = 100
"""Rows that are checked, read and written together."""

IDS = ("channel_id", "sku", "location_id")
"""Fields that say what a row is about."""

SetUpRow = ChannelRow | LocationRow | ProductRow
AnyRow = SetUpRow | StockRow
Refusal = Sequence[FieldError]
OfRow = TypeVar("OfRow", bound=Form)


def import_rows(kind: ImportKind, raw: bytes, content_type: str, caller: Caller) -> ImportReport:
    """Carry out every row that can be, in their order, and say of each what became of it.

    Raises:
        TooLarge: more rows than one import may have; nothing is written then.
        InvalidInput: the body is neither CSV nor JSON lines, or its header is wrong; nothing is written then.
        Unavailable: a table is busy. The rows before are written; send the import again.
    """
    form = ROWS[kind]
    taken = list(islice(rows(raw, content_type, columns(form)), MAX_ROWS + 1))
    if len(taken) > MAX_ROWS:
        raise TooLarge(f"an import has at most {MAX_ROWS} rows: send this one in parts")
    results: list[ImportResult] = []
    for start in range(0, len(taken), CHUNK):
        results += _chunk(form, taken[start : start + CHUNK], caller)
    tally = Counter(each["result"] for each in results)
    return {
        "created": tally["created"],
        "updated": tally["updated"],
        "unchanged": tally["unchanged"],
        "refused": tally["refused"],
        "rows": results,
    }


def columns(form: type[BaseModel], prefix: str = "") -> list[str]:
    """The columns of a form's CSV, its ids first: its fields, and `address.city` for a field of a field."""
    names = []
    for name, field in form.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += columns(inner, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return sorted(names, key=lambda name: name not in IDS)


def _chunk(form: type[AnyRow], chunk: Sequence[Row], caller: Caller) -> Iterator[ImportResult]:
    checked = [check_row(form, row) for row in chunk]
    # An import has rows of one kind, so one of these two lists is empty.
    counts = [each for each in checked if isinstance(each, StockRow)]
    values = [each for each in checked if isinstance(each, ChannelRow | LocationRow | ProductRow)]
    outcomes = iter([*_set_up(values), *_count_all(counts, caller)])
    for row, each in zip(chunk, checked, strict=True):
        outcome = next(outcomes) if isinstance(each, Form) else each
        yield {
            "line": row.line,
            "id": id_of(form, row),
            "result": outcome.value if isinstance(outcome, Outcome) else "refused",
            "errors": [] if isinstance(outcome, Outcome) else [{"path": e.path, "message": e.message} for e in outcome],
        }


def check_row(form: type[OfRow], row: Row) -> OfRow | Refusal:
    """A row as a form, or what is wrong with it."""
    if row.error is not None:
        return [row.error]
    try:
        return form.model_validate(row.values)
    except ValidationError as error:
        return field_errors(error)


def _set_up(forms: Sequence[SetUpRow]) -> list[Outcome | Refusal]:
    written = setup.put_many([_value(form) for form in forms])
    return [_secrets_kept(form) or each.outcome for form, each in zip(forms, written, strict=True)]


def _secrets_kept(form: SetUpRow) -> Refusal:
    """Store the secrets of a row that has any; why they could not be."""
    try:
        if isinstance(form, ChannelRow):
            keep(channel_secret(form.channel_id), form.secrets())
    except Conflict as error:
        return [FieldError("credentials", error.detail)]
    return []


def _value(form: SetUpRow) -> SetUp:
    match form:
        case ChannelRow():
            return form.value(form.channel_id)
        case LocationRow():
            return form.value(form.location_id)
        case ProductRow():
            return form.value(form.sku)


def _count_all(forms: Sequence[StockRow], caller: Caller) -> list[Outcome | Refusal]:
    if not forms:
        return []
    known = setup.products(form.sku for form in forms)
    return [_count(form, caller, known.get(form.sku)) for form in forms]


def _count(form: StockRow, caller: Caller, product: Product | None) -> Outcome | Refusal:
    """Count one row's units; a sku or location that is not set up is a slip of the pen, and its stock would be lost."""
    if product is None:
        return [FieldError("sku", f"there is no product {form.sku!r}")]
    if product.components:
        return [FieldError("sku", f"{form.sku} is a kit and has no stock of its own: count its components")]
    try:
        setup.location(form.location_id)
        before = stock_table.level(form.sku, form.location_id)
        if before.version and before.on_hand == form.on_hand:
            return Outcome.UNCHANGED
        stock_counts.set_on_hand(form.sku, form.location_id, form.on_hand, caller, reference=form.reference)
    except NotFound as error:
        return [FieldError("location_id", error.detail)]
    except Conflict as error:
        return [FieldError("", error.detail)]
    return Outcome.UPDATED if before.version else Outcome.CREATED


def id_of(form: type[AnyRow], row: Row) -> str:
    """The row's id as it was written, with what is no character replaced."""
    names = [name for name in IDS if name in form.model_fields]
    text = "/".join(str(row.values.get(name, ""))[:MAX_SKU] for name in names)
    return text.encode(errors="replace").decode()
