"""DynamoDB's condition and update expressions, as far as our code uses them, made into functions once each."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Item = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]
Condition = Callable[[Item, Names, Values], bool]
Change = Callable[[Item, Names, Values], Item]
Operand = Callable[[Item, Names, Values], Any]

_TOKEN = re.compile(r"\s*(<=|>=|<>|[(),=<>+-]|[#:]?\w+)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _Reader:
    """Reads an expression token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r"\s+", "", text):
            raise ValueError(f"not understood: {text}")

    def peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def take(self, *wanted: str) -> str:
        token = self.peek()
        if not token or (wanted and token not in wanted):
            raise ValueError(f"not understood: {self._text} at {token!r}")
        return str(self._tokens.pop(0))

    def takes(self, token: str) -> bool:
        """Take a token if it is the next one."""
        if self.peek() == token:
            self.take()
            return True
        return False


@cache
def condition(text: str) -> Condition:
    """A condition or key condition. An attribute that is missing fails every comparison, as it does in DynamoDB."""
    reader = _Reader(text)
    found = _either(reader)
    if reader.peek():
        raise ValueError(f"not understood: {text}")
    return found


def _either(reader: _Reader) -> Condition:
    terms = [_both(reader)]
    while reader.takes("OR"):
        terms.append(_both(reader))
    return lambda item, names, values: any(term(item, names, values) for term in terms)


def _both(reader: _Reader) -> Condition:
    terms = [_single(reader)]
    while reader.takes("AND"):
        terms.append(_single(reader))
    return lambda item, names, values: all(term(item, names, values) for term in terms)


def _single(reader: _Reader) -> Condition:
    if reader.takes("NOT"):
        inner = _single(reader)
        return lambda item, names, values: not inner(item, names, values)
    if reader.takes("("):
        inner = _either(reader)
        reader.take(")")
        return inner
    if reader.peek() in {"attribute_exists", "attribute_not_exists"}:
        wanted = reader.take() == "attribute_exists"
        reader.take("(")
        name = reader.take()
        reader.take(")")
        return lambda item, names, _: (names.get(name, name) in item) is wanted
    if reader.takes("begins_with"):
        reader.take("(")
        name = reader.take()
        reader.take(",")
        start = _operand(reader)
        reader.take(")")
        return lambda item, names, values: item[names.get(name, name)]["S"].startswith(start(item, names, values))
    left, compare, right = _operand(reader), _COMPARE[reader.take(*_COMPARE)], _operand(reader)

    def holds(item: Item, names: Names, values: Values) -> bool:
        one, other = left(item, names, values), right(item, names, values)
        return one is not None and other is not None and type(one) is type(other) and compare(one, other)

    return holds


def _operand(reader: _Reader) -> Operand:
    """What a name or a placeholder stands for, in Python's terms; None when the attribute is missing."""
    token = reader.take()
    if token.startswith(":"):
        return lambda _item, _names, values: _plain(values[token])
    return lambda item, names, _: _plain(item.get(names.get(token, token)))


def _plain(typed: Mapping[str, Any] | None) -> Any:
    if typed is None:
        return None
    ((kind, value),) = typed.items()
    return int(value) if kind == "N" else value


@cache
def change(text: str) -> Change:
    """An update expression: SET with sums and `if_not_exists`, REMOVE, and ADD of numbers."""
    reader = _Reader(text)
    steps: list[Callable[[Item, Item, Names, Values], None]] = []
    while reader.peek():
        kind = reader.take("SET", "REMOVE", "ADD")
        steps.append(_STEPS[kind](reader))
        while reader.takes(","):
            steps.append(_STEPS[kind](reader))

    def changed(item: Item, names: Names, values: Values) -> Item:
        # All see the item as it was before.
        after = dict(item)
        for step in steps:
            step(item, after, names, values)
        return after

    return changed


def _set(reader: _Reader) -> Callable[[Item, Item, Names, Values], None]:
    name = reader.take()
    reader.take("=")
    terms = [(1, _value(reader))]
    while reader.peek() in {"+", "-"}:
        sign = 1 if reader.take() == "+" else -1
        terms.append((sign, _value(reader)))

    def apply(item: Item, after: Item, names: Names, values: Values) -> None:
        found = [(sign, term(item, names, values)) for sign, term in terms]
        if len(found) == 1:
            after[names.get(name, name)] = found[0][1]
        else:
            after[names.get(name, name)] = {"N": str(sum(sign * int(value["N"]) for sign, value in found))}

    return apply


def _value(reader: _Reader) -> Operand:
    if reader.takes("if_not_exists"):
        reader.take("(")
        name = reader.take()
        reader.take(",")
        other = _value(reader)
        reader.take(")")
        return lambda item, names, values: item.get(names.get(name, name)) or other(item, names, values)
    token = reader.take()
    if token.startswith(":"):
        return lambda _item, _names, values: values[token]
    return lambda item, names, _: item[names.get(token, token)]


def _remove(reader: _Reader) -> Callable[[Item, Item, Names, Values], None]:
    name = reader.take()
    return lambda _item, after, names, _: after.pop(names.get(name, name), None)


def _add(reader: _Reader) -> Callable[[Item, Item, Names, Values], None]:
    name, token = reader.take(), reader.take()

    def apply(item: Item, after: Item, names: Names, values: Values) -> None:
        known = item.get(names.get(name, name), {"N": "0"})
        after[names.get(name, name)] = {"N": str(int(known["N"]) + int(values[token]["N"]))}

    return apply


_STEPS = {"SET": _set, "REMOVE": _remove, "ADD": _add}
