"""Reading the JSON of platforms leniently in form and exactly in figures: numbers become decimals, never floats."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from oms.errors import FieldError, InvalidInput

Item = TypeVar("Item")
Model = TypeVar("Model", bound="Payload")

MOST = 10**12
"""No amount in a document is as large, in major units."""


class Payload(BaseModel):
    """A part of a platform's document: what is not known is passed over, ids may be numbers or text."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


def _none_to_zero(value: Any) -> Any:
    return 0 if value is None or value == "" else value


def _blank_to_none(value: Any) -> Any:
    return None if value == "" else value


def _none_to_text(value: Any) -> Any:
    return "" if value is None or value is False else value


def _none_to_nothing(value: Any) -> Any:
    return () if value is None or value == "" else value


Amount = Annotated[Decimal, BeforeValidator(_none_to_zero), Field(gt=-MOST, lt=MOST)]
"""An amount in major units; null and blank are zero."""

Perhaps = Annotated[Annotated[Decimal, Field(gt=-MOST, lt=MOST)] | None, BeforeValidator(_blank_to_none)]
"""An amount in major units that may be missing, which is not the same as zero."""

Count = Annotated[int, BeforeValidator(_none_to_zero)]
"""A number of whole things; null and blank are none."""

Text = Annotated[str, BeforeValidator(_none_to_text)]
"""Text that may be null or missing."""

Many = Annotated[tuple[Item, ...], BeforeValidator(_none_to_nothing)]
"""Parts that may be null or missing."""


def read(model: type[Model], raw: bytes) -> Model:
    """A document as its model.

    Raises:
        InvalidInput: it is not JSON, or names each field that cannot be read.
    """
    try:
        return model.model_validate(_json(raw))
    except ValidationError as error:
        raise InvalidInput("the document cannot be read as an order; see errors", errors=_errors(error)) from None


def document_id(raw: bytes) -> str:
    """The order's id in a document that could not be read otherwise; empty when even that is not there."""
    try:
        body = _json(raw)
    except InvalidInput:
        return ""
    value = body.get("id") if isinstance(body, dict) else None
    return str(value)[:64] if isinstance(value, int | str) else ""


def document_number(text: str) -> str:
    """An id that a document names, which becomes part of an address: digits, or nothing."""
    return text if text.isascii() and text.isdigit() else ""


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidInput("the body is not JSON") from None


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _errors(error: ValidationError) -> list[FieldError]:
    """Paths as `line_items[0].price`, and never the values, which may be somebody's name."""
    found = []
    for each in error.errors(include_input=False, include_url=False)[:50]:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in each["loc"])
        found.append(FieldError(path.removeprefix("."), each["msg"]))
    return found
