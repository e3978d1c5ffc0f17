"""Many items of a table by their keys, in as few calls as it takes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from oms.errors import Unavailable
from oms.platform.aws import client

MAX_KEYS = 100
"""Keys of one call."""

ATTEMPTS = 8

Item = Mapping[str, Any]


def read_items(table: str, keys: Iterable[Mapping[str, Any]], *, consistent: bool = True) -> list[Item]:
    """The items of these keys that exist, in no order; a key that is given twice is read once.

    Raises:
        Unavailable: the table leaves some out, again and again.
    """
    asked = list({str(key): dict(key) for key in keys}.values())
    found: list[Item] = []
    for start in range(0, len(asked), MAX_KEYS):
        found += _read(table, asked[start : start + MAX_KEYS], consistent=consistent)
    return found


def _read(table: str, keys: list[dict[str, Any]], *, consistent: bool) -> list[Item]:
    """What the table leaves out under load is asked for again, a little later."""
    found: list[Item] = []
    for attempt in range(ATTEMPTS):
        answer = client("dynamodb").batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": consistent}})
        found += answer["Responses"].get(table, ())
        left = answer.get("UnprocessedKeys", {}).get(table)
        if not left:
            return found
        keys = [dict(key) for key in left["Keys"]]
        time.sleep(0.05 * 2**attempt)
    raise Unavailable(f"the table {table} is busy: try again")
