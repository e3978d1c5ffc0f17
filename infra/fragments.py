"""The hand-written fragments of the template: YAML with CloudFormation's short tags, merged without overwriting."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FRAGMENTS = Path(__file__).parent / "fragments"

Template = dict[str, Any]


class ComposeError(Exception):
    """The parts do not make one template; the message says which parts and why."""


class _Loader(yaml.SafeLoader):
    """Safe YAML that knows `!Ref`, `!GetAtt` and the other short tags."""


def _short_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Template:
    value: object
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)


def load() -> Template:
    """All fragments as one mapping of section to entries.

    Raises:
        ComposeError: two fragments claim the same name.
    """
    merged: Template = {}
    for path in sorted(FRAGMENTS.glob("*.yaml")):
        for section, entries in (_parse(path.read_text()) or {}).items():
            add(merged.setdefault(section, {}), entries, source=path.name)
    return merged


@cache
def _parsed(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with tags that make plain values


def _parse(text: str) -> Any:
    return deepcopy(_parsed(text))


def add(target: Template, entries: Template, *, source: str) -> None:
    """Put entries into a section; nothing is ever overwritten.

    Raises:
        ComposeError: a name is taken already.
    """
    for name, entry in entries.items():
        if name in target:
            raise ComposeError(f"{source}: {name} exists already")
        target[name] = entry


def single_intrinsics(value: object, path: str = "") -> None:
    """Refuse a mapping that is an intrinsic and something else at once: the mark of a bad merge.

    Raises:
        ComposeError: names the path of the mapping.
    """
    if isinstance(value, dict):
        functions = [key for key in value if key == "Ref" or str(key).startswith("Fn::")]
        if functions and len(value) > 1:
            raise ComposeError(f"{path} mixes {', '.join(map(str, value))}")
        for key, inner in value.items():
            single_intrinsics(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            single_intrinsics(inner, f"{path}/{index}")
