"""The contract of each event as it lies on disk: an example of what the log keeps for ever, and its schema.

One file per type and version: `OrderPlaced.v1.json` with `type`, `v`, `data` (every field filled) and `schema`.
`python -m tests.contracts.events.contract` writes today's schema into the files of the present versions, and makes
those that are missing; their examples are filled in by hand.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from oms.orders.codec import EVENT_TYPES, version_of

HERE = Path(__file__).parent

WHAT_TO_DO = """\
The shape of {name} is not the one that is committed in {file}, and the log is full of events of that shape.
If the change can be done without, take it back. If it only adds a field with a default, or a value to a list, so that
whatever was ever written still reads and means the same: run `python -m tests.contracts.events.contract` and fill the
field in the example. Otherwise it is a new version: raise {name} in codec.VERSIONS, write a lift from version {version}
in codec.LIFTS, leave {file} as it is, run the command, and fill in the example of the new file.
"""


def path_of(name: str, version: int) -> Path:
    """The file of one type and version."""
    return HERE / f"{name}.v{version}.json"


def contracts() -> list[tuple[str, int]]:
    """The types and versions of all files."""
    stems = (file.stem.rsplit(".v", 1) for file in HERE.glob("*.json"))
    return sorted((name, int(version)) for name, version in stems)


@cache
def contract(name: str, version: int) -> dict[str, Any]:
    """The content of one file."""
    content: dict[str, Any] = json.loads(path_of(name, version).read_text(encoding="utf-8"))
    return content


@cache
def schema_of(name: str) -> dict[str, Any]:
    """The JSON schema of what today's code reads and writes for a type, without its prose."""
    schema: dict[str, Any] = _without_prose(TypeAdapter(EVENT_TYPES[name]).json_schema())
    return schema


def _without_prose(value: Any) -> Any:
    """Titles and docstrings may change without anybody's reading another meaning into the log."""
    if isinstance(value, dict):
        prose = {key for key in ("title", "description") if isinstance(value.get(key), str)}
        return {key: _without_prose(each) for key, each in value.items() if key not in prose}
    return [_without_prose(each) for each in value] if isinstance(value, list) else value


def write() -> None:
    """Bring the schemas of the present versions up to date."""
    for name in EVENT_TYPES:
        version = version_of(name)
        file = path_of(name, version)
        content = (
            json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"type": name, "v": version, "data": {}}
        )
        content["schema"] = schema_of(name)
        file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
