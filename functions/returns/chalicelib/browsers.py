"""Customers' links in browsers: a page in place of JSON, also when a wish is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from oms.errors import OmsError
from oms.platform.http import current, header, problem

if TYPE_CHECKING:
    from collections.abc import Callable


def is_browser(door: Blueprint) -> bool:
    """Whether the caller wants a page rather than JSON."""
    from oms.views.return_page import wants_page

    return wants_page(current(door).headers.get("accept", ""))


def answered(door: Blueprint, answer: Callable[[], Response], error_page: Callable[[OmsError, str], str]) -> Response:
    """The answer, or for a browser a page that says why not."""
    from oms.views.return_page import HEADERS

    try:
        return answer()
    except OmsError as error:
        if not is_browser(door):
            raise
        language = header(door, "accept-language").split(",")[0].split(";")[0]
        refused = problem(error)
        return Response(body=error_page(error, language), status_code=refused.status_code, headers=dict(HEADERS))


def back_to(token: str) -> Response:
    """Send a browser back to the page, so that loading it again does not send the form again."""
    return Response(body="", status_code=303, headers={"Location": token, "Cache-Control": "no-store"})
