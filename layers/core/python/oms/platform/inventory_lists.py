"""Lists of the warehouse's documents, a page at a time."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from oms.errors import InvalidInput
from oms.platform.aws import client
from oms.platform.config import settings

INDEX = "by_list"

MAX_LIMIT = 100
"""Items on a page."""

MAX_QUERIES = 20
"""Queries for one page. A page that needs more, because few documents are of its location, ends early with a cursor."""


def listed(
    kind: str, status: str, *, location_id: str = "", newest_first: bool, limit: int = 50, cursor: str = ""
) -> tuple[list[dict[str, Any]], str | None]:
    """The documents of a kind that are in a status, as lists show them, and the cursor of the page after.

    Raises:
        InvalidInput: the limit is out of bounds, or the cursor is not one of this list.
    """
    checked_limit(limit)
    partition = f"{kind}#{status}"
    found: list[dict[str, Any]] = []
    place = _start(cursor, partition)
    for _ in range(MAX_QUERIES):
        query: dict[str, Any] = {
            "TableName": settings().inventory_table,
            "IndexName": INDEX,
            "KeyConditionExpression": "listed = :listed",
            "ExpressionAttributeValues": {":listed": {"S": partition}},
            "ScanIndexForward": not newest_first,
            "Limit": limit - len(found),
        }
        if location_id:
            query["FilterExpression"] = "contains(places, :place)"
            query["ExpressionAttributeValues"][":place"] = {"S": location_id}
            query["Limit"] = MAX_LIMIT
        if place:
            query["ExclusiveStartKey"] = place
        answer = client("dynamodb").query(**query)
        for item in answer["Items"]:
            found.append(json.loads(item["summary"]["S"]))
            if len(found) == limit:
                return found, _cursor(partition, item) if item != answer["Items"][-1] or _more(answer) else None
        place = answer.get("LastEvaluatedKey")
        if not place:
            return found, None
    return found, _cursor(partition, place)


def checked_limit(limit: int) -> None:
    """Refuse a page of nothing or of too much.

    Raises:
        InvalidInput: the limit is out of bounds.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"a page has 1 to {MAX_LIMIT} items", path="limit")


def encoded(parts: list[str]) -> str:
    """A cursor of these parts. It is not signed: all that a forged one can do is begin elsewhere in the same list."""
    return base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False).encode()).decode().rstrip("=")


def decoded(cursor: str) -> list[str]:
    """The parts of a cursor.

    Raises:
        InvalidInput: it is none.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error):
        raise bad_cursor() from None
    if not isinstance(parts, list) or not all(isinstance(part, str) and part for part in parts):
        raise bad_cursor()
    return parts


def bad_cursor() -> InvalidInput:
    """What a cursor of another list gets."""
    return InvalidInput("the cursor is not one of this list: begin again without it", path="cursor")


def _more(answer: Any) -> bool:
    return bool(answer.get("LastEvaluatedKey"))


def _cursor(partition: str, item: Any) -> str:
    return encoded([partition, item["due"]["S"], item["document"]["S"]])


def _start(cursor: str, partition: str) -> Any:
    if not cursor:
        return None
    parts = decoded(cursor)
    if len(parts) != 3 or parts[0] != partition:  # noqa: PLR2004 - list, day, document
        raise bad_cursor()
    listed_in, due, document = parts
    return {"listed": {"S": listed_in}, "due": {"S": due}, "document": {"S": document}}
