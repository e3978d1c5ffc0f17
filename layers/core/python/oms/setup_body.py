"""Values of set-up out of the JSON in which they are kept, by the types of their fields.

What newer code wrote is passed over, so that it can be rolled back: fields and members of enums that are not known.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Value = TypeVar("Value")

_UNKNOWN = object()


def from_body(of: type[Value], body: Mapping[str, Any]) -> Value:
    """The dataclass `of` made of what was kept of it: nested dataclasses, tuples, mappings, enums and dates."""
    hints = _hints(of)  # type: ignore[arg-type]  # a type of whatever kind has a hash
    given = {name: _typed(hints[name], value) for name, value in body.items() if name in hints}
    return of(**{name: value for name, value in given.items() if value is not _UNKNOWN})


@cache
def _hints(of: Any) -> Mapping[str, Any]:
    return get_type_hints(of)


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    of, inner = get_origin(hint), get_args(hint)
    if of in {Union, types.UnionType}:
        return _typed(next(each for each in inner if each is not type(None)), value)
    if of is tuple:
        each_of = (inner[0] for _ in value) if inner[1:] == (...,) else iter(inner)
        every = [_typed(of_each, each) for of_each, each in zip(each_of, value, strict=False)]
        return tuple(each for each in every if each is not _UNKNOWN)
    if of is not None and issubclass(of, Mapping):
        return {key: _typed(inner[1], each) for key, each in value.items()}
    if is_dataclass(hint):
        return from_body(hint, value)  # type: ignore[arg-type]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value) if value in {each.value for each in hint} else _UNKNOWN
    return date.fromisoformat(value) if hint is date else value
