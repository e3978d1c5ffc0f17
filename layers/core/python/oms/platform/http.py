"""The HTTP edge: authentication, size limit, parsing, and domain errors as RFC 9457 problems."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote
from uuid import uuid4

from chalice.app import Blueprint, Chalice, Request, Response

from oms.clock import now
from oms.errors import FieldError, InvalidInput, OmsError, TooLarge, Unauthenticated
from oms.ids import derived
from oms.platform.observability import Metric, count, flush, logger

if TYPE_CHECKING:
    from pydantic import BaseModel

    from oms.orders.log import Caller

MAX_BODY = 1536 * 1024
"""Bytes that a request body may have. 500 lines take about 250 kB, or 1.1 MB as a Shopify webhook full of taxes."""

PROBLEM_TYPES = "https://oms.example/problems/"
"""Prefix of problem types; each is documented under its last part in `docs/reference/problems.md`."""

Model = TypeVar("Model", bound="BaseModel")
View = Callable[..., Response]
App = Chalice | Blueprint
"""An app, or a part of one in a module of its own."""
Headers = dict[str, str | list[str]]


_actor: ContextVar[str] = ContextVar("actor", default="")


def endpoint(app: App, *, scope: str | None) -> Callable[[View], View]:
    """Wrap a view: check the bearer key for `scope` (None: the view checks a signature itself), answer errors.

    The view's path parameters arrive decoded. Whatever it raises becomes a problem document; what nobody foresaw is
    logged whole and answered with a bare 500.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def answer(**path: str) -> Response:
            request = current(app)
            logger().append_keys(route=f"{request.method} {request.path}")
            try:
                if len(raw_body(app)) > MAX_BODY:
                    raise TooLarge(f"the body has {len(raw_body(app))} bytes; the limit is {MAX_BODY}")
                if scope is not None:
                    from oms.platform.keys import authenticate

                    _actor.set(authenticate(request.headers.get("authorization", ""), scope).actor)
                return view(**{name: unquote(value) for name, value in path.items()})
            except OmsError as error:
                return problem(error)
            except Exception:  # noqa: BLE001 - the last line of defence, logged whole
                logger().exception("request_failed")
                return problem(OmsError("something went wrong on our side; it has been logged"))
            finally:
                flush()
                logger().remove_keys(["route", "order_id"])

        # For the API document, which says of each call what key it needs.
        answer.scope = scope  # type: ignore[attr-defined]
        return answer

    return wrap


def current(app: App) -> Request:
    """The request being answered."""
    request = app.current_request
    if request is None:
        raise RuntimeError("there is no request outside a view")
    return request


def parse(model: type[Model], app: App) -> Model:
    """The request body as a model.

    Raises:
        InvalidInput: names each field that is wrong, by its path: `lines[0].quantity`.
    """
    return read(model, raw_body(app))


def raw_body(app: App) -> bytes:
    """The request body byte for byte, as it was signed."""
    raw = current(app).raw_body
    return raw if isinstance(raw, bytes) else raw.encode()


def read(model: type[Model], raw: bytes) -> Model:
    """JSON bytes as a model; see `parse`."""
    from pydantic import ValidationError

    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise InvalidInput("the body is not valid; see errors", errors=field_errors(error)) from None


def field_errors(error: Any) -> list[FieldError]:
    """What pydantic found, with paths as `lines[0].quantity`; at most 50, and never the offending values."""
    return [
        FieldError(_path(found["loc"]), found["msg"])
        for found in error.errors(include_input=False, include_url=False)[:50]
    ]


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def query(app: App) -> Mapping[str, str]:
    """The query parameters, the last value of each."""
    return current(app).query_params or {}


def is_preview(app: App) -> bool:
    """Whether the caller only wants to see what would change: `?preview=true`.

    Raises:
        InvalidInput: the word is neither `true` nor `false`; guessing could write what was only to be looked at.
    """
    wish = query(app).get("preview", "false")
    if wish not in {"true", "false"}:
        raise InvalidInput(f"{wish!r} is neither true nor false", path="preview")
    return wish == "true"


def paging(app: App) -> tuple[int, str]:
    """How many items a page is to have (50 unless the caller says), and the cursor where it begins.

    Raises:
        InvalidInput: the limit is not a number; its bounds are checked where the page is made.
    """
    wish = query(app)
    limit = wish.get("limit", "50")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 6):  # noqa: PLR2004 - no number that long is meant
        raise InvalidInput(f"{limit!r} is not a number of items", path="limit")
    return int(limit), wish.get("cursor", "")


def header(app: App, name: str) -> str:
    """A request header, whatever its case; empty when absent."""
    return str(current(app).headers.get(name, ""))


def caller(app: App, *, actor: str = "", cause: str = "") -> Caller:
    """Who asks and why, for the log: the bearer key's name, and the `Idempotency-Key` within this path.

    Without that header every request is a wish of its own. A webhook names its own `actor` and `cause`.
    """
    from oms.orders.log import Caller

    request = current(app)
    if not cause:
        wished = header(app, "idempotency-key")
        made = derived(actor or _actor.get(), request.method, request.path, wished)
        cause = f"idempotency:{made}" if wished else f"request:{(request.context or {}).get('requestId', uuid4())}"
    return Caller(actor=actor or _actor.get(), cause=cause, clock=now)


def expected_version(app: App) -> int | None:
    """The version that `If-Match` names, with or without quotes; None without the header.

    Raises:
        InvalidInput: it is not a version.
    """
    text = header(app, "if-match").strip().removeprefix("W/").strip('"')
    if not text:
        return None
    if not text.isdigit():
        raise InvalidInput(f"{text!r} is not a version", path="If-Match")
    return int(text)


def ok(body: object, *, status: int = 200, version: int | None = None) -> Response:
    """A JSON answer; `version` becomes the ETag."""
    headers: Headers = {"Content-Type": "application/json"}
    if version is not None:
        headers["ETag"] = f'"{version}"'
    return Response(body=json.dumps(body, ensure_ascii=False, default=str), status_code=status, headers=headers)


def see_other(url: str) -> Response:
    """Send the caller to a document's presigned URL."""
    return Response(body="", status_code=303, headers={"Location": url, "Cache-Control": "no-store"})


def problem(error: OmsError) -> Response:
    """An error as `application/problem+json`; refused calls are counted."""
    count(Metric.REQUESTS_REFUSED)
    body: dict[str, object] = {
        "type": PROBLEM_TYPES + error.problem,
        "title": error.title,
        "status": error.status,
    }
    if not isinstance(error, Unauthenticated):
        body["detail"] = error.detail
    if error.errors:
        body["errors"] = [{"path": e.path, "message": e.message} for e in error.errors]
    headers: Headers = {"Content-Type": "application/problem+json"}
    if error.status == 503:  # noqa: PLR2004 - the status is its own name
        headers["Retry-After"] = "1"
    if error.status == 401:  # noqa: PLR2004 - the status is its own name
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body=json.dumps(body), status_code=error.status, headers=headers)
