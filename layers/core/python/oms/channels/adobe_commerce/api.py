"""Adobe Commerce's REST interface: where a shop answers, its key, and how it is searched.

Source: AdobeDocs/commerce-webapi: "Construct a request", "Token-based authentication", "Search using REST endpoints".
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from oms.channels import rest
from oms.channels.adobe_commerce.signing import authorization
from oms.channels.connection import Connection, Reply
from oms.errors import Unavailable

OK, NOT_FOUND, BROKEN = 200, 404, 500

Filter = tuple[str, str, str]
"""Field, condition (`eq`, `gteq`, …) and value; all filters of a search must hold."""


def call(
    connection: Connection,
    method: str,
    path: str,
    *,
    query: rest.Query = (),
    body: object = None,
    wanted: Container[int] = (),
) -> Reply:
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
        wanted=wanted,
    )


def search(connection: Connection, path: str, filters: Iterable[Filter], *, size: int) -> list[Any]:
    """The first documents that fit.

    Raises:
        Unavailable, Refused: as `call`.
    """
    return found(call(connection, "GET", path, query=criteria(filters, size=size)))[0]


def criteria(filters: Iterable[Filter], *, size: int, page: int = 1, sort: Iterable[str] = ()) -> rest.Query:
    """A search as a query. Beyond the last page the last one comes again."""
    return [
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


def found(reply: Reply) -> tuple[list[Any], int]:
    """The documents of a search, and how many fit in all.

    Raises:
        Refused: the shop does not search for this.
        Unavailable: the answer is none.
    """
    if reply.status != OK:
        raise rest.refused(reply, "a search")
    told = rest.content(reply)
    if not isinstance(told, dict):
        raise Unavailable("adobe_commerce answered a search with something else")
    return [each for each in told.get("items") or [] if isinstance(each, dict)], int(told.get("total_count") or 0)
