"""Event filter patterns of Lambda's event source mappings, as the service applies them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def passes(record: Mapping[str, Any], patterns: Sequence[str]) -> bool:
    """Whether a record meets one of the patterns (JSON text); without patterns each does.

    An SQS body is read as JSON where the pattern looks into it.
    """
    return not patterns or any(_meets(record, json.loads(pattern)) for pattern in patterns)


def _meets(value: Any, pattern: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return False
    if not isinstance(value, Mapping):
        value = {}
    for name, rule in pattern.items():
        if name == "$or":
            if not any(_meets(value, choice) for choice in rule):
                return False
        elif isinstance(rule, Mapping):
            if not _meets(value.get(name, {}), rule):
                return False
        elif not _field(name in value, value.get(name), rule):
            return False
    return True


def _field(present: bool, value: Any, rules: Sequence[Any]) -> bool:  # noqa: FBT001 - two facts about one field
    values = value if isinstance(value, list) else [value]
    return any(_rule(present, each, rule) for each in values for rule in rules)


def _rule(present: bool, value: Any, rule: Any) -> bool:  # noqa: FBT001 - likewise
    if not isinstance(rule, Mapping):
        return present and bool(value == rule)
    ((kind, argument),) = rule.items()
    if kind == "exists":
        return present is argument
    if not present:
        return False
    if kind == "prefix":
        return isinstance(value, str) and value.startswith(argument)
    if kind == "suffix":
        return isinstance(value, str) and value.endswith(argument)
    if kind == "equals-ignore-case":
        return isinstance(value, str) and value.lower() == argument.lower()
    if kind == "anything-but":
        if isinstance(argument, Mapping):
            return not _rule(present, value, argument)
        return value not in (argument if isinstance(argument, list) else [argument])
    if kind == "numeric":
        number = float(value)
        return all(_COMPARE[argument[i]](number, argument[i + 1]) for i in range(0, len(argument), 2))
    raise ValueError(f"Lambda knows no filter {kind!r}")
