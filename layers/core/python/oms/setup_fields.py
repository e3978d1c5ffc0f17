"""What forms of set-up are made of: ids, skus, names and figures, each checked the same way wherever it stands."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from oms.errors import InvalidInput
from oms.ids import MAX_SKU
from oms.setup import ID_PATTERN


def _not_reserved(value: str) -> str:
    if value == "import":
        raise ValueError("'import' is a call of its own, so nothing can have this id")
    return value


def _sku(value: str) -> str:
    if value != value.strip() or not value.isprintable():
        raise ValueError("a sku has no space around it, and nothing in it that cannot be printed")
    return value


Id = Annotated[str, Field(pattern=ID_PATTERN), AfterValidator(_not_reserved)]
Sku = Annotated[str, Field(min_length=1, max_length=MAX_SKU), AfterValidator(_sku)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Part = Annotated[str, Field(max_length=200)]
Category = Annotated[str, Field(max_length=100, pattern=r"^[^|=]*$")]
Window = Annotated[int, Field(ge=0, le=3650)]
Units = Annotated[int, Field(ge=0, le=1_000_000_000)]


def checked(form: Any, value: str, path: str) -> str:
    """An id that stands in the path of a request, in the form that it must have.

    Raises:
        InvalidInput: it has not.
    """
    try:
        text: str = TypeAdapter(form).validate_python(value)
    except ValidationError as error:
        raise InvalidInput(error.errors()[0]["msg"], path=path) from None
    return text


class Form(BaseModel):
    """What all forms share: unknown fields are refused, so that a misspelt one is not taken for a default."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)
