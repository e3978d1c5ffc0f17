"""Adobe Commerce's REST interface: where a shop answers, its key, and how it is searched.

Source: AdobeDocs/commerce-webapi: "Construct a request", "Token-based authentication", "Search using REST endpoints".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oms.channels import rest
from oms.channels.adobe_commerce.signing import authorization
from oms.channels.connection import Connection, Reply
from oms.errors import Unavailable

OK, NOT_FOUND = 200, 404

Filter = tuple[str, str, str]
"""Field, condition (`eq`, `gteq`, …) and value; all filters of a search must hold."""


def call(connection: Connection, method: str, path: str, *, query: rest.Query = (), body: object = None) -> Reply:
    """Call the shop's interface at `/orders/5` and the like; see `rest.call`.

    Raises:
        Unavailable: no answer; ask again (`Throttled`: and not before so many seconds).
        Refused: the token is not good, or its integration lacks the resource.
    """
    channel, at = connection.channel, connection.clock()
    view = f"/{channel.account}" if channel.account else ""
    return rest.call(
        connection,
        method,
        f"{channel.api_url}/rest{view}/V1{path}",
        headers=lambda sent: {"Authorization": authorization(connection.secret, sent.method, sent.url, sent.body, at)},
        query=query,
        body=body,
    )


def search(
    connection: Connection, path: str, filters: Iterable[Filter], *, sort: Iterable[str] = (), size: int, page: int = 1
) -> tuple[list[Any], int]:
    """A page of what was searched for, and how many there are in all. Beyond the last page the last one comes again.

    Raises:
        Unavailable, Refused: as `call`.
    """
    query = [
        *(
            (f"searchCriteria[filter_groups][{number}][filters][0][{name}]", text)
            for number, (field, condition, value) in enumerate(filters)
            for name, text in (("field", field), ("condition_type", condition), ("value", value))
        ),
        *(
            (f"searchCriteria[sortOrders][{number}][{name}]", text)
            for number, field in enumerate(sort)
            for name, text in (("field", field), ("direction", "ASC"))
        ),
        ("searchCriteria[pageSize]", str(size)),
        ("searchCriteria[currentPage]", str(page)),
    ]
    reply = call(connection, "GET", path, query=query)
    if reply.status != OK:
        raise rest.refused(reply, f"searching {path}")
    found = rest.content(reply)
    if not isinstance(found, dict):
        raise Unavailable("adobe_commerce answered a search with something else")
    return [each for each in found.get("items") or [] if isinstance(each, dict)], int(found.get("total_count") or 0)
