"""One Chalice app called as API Gateway calls it, without a template: for tests of a stage's own routes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from chalice.app import Chalice

from tests.support.gateway_api import Answer, answer_of


def call(
    app: Chalice,
    method: str,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    key: str = "",
) -> Answer:
    """The app's answer; `body` is sent as it is when it is text or bytes, as JSON otherwise."""
    path, _, query = path.partition("?")
    resource, parameters = _match(app, path)
    raw = body.decode() if isinstance(body, bytes) else body if isinstance(body, str) else json.dumps(body)
    sent = {"Content-Type": "application/json", **(headers or {})}
    if key:
        sent["Authorization"] = f"Bearer {key}"
    event = {
        "path": unquote(path),
        "httpMethod": method,
        "headers": sent,
        "multiValueQueryStringParameters": {name: [value] for name, value in parse_qsl(query)} or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {"resourcePath": resource, "httpMethod": method, "requestId": "call-1", "identity": {}},
        "body": None if body is None else raw,
        "isBase64Encoded": False,
    }
    proxied: dict[str, Any] = json.loads(json.dumps(app(event, None)))
    return answer_of(proxied)


def _match(app: Chalice, path: str) -> tuple[str, dict[str, str]]:
    """The route of a path, literal parts before variable ones, and its parameters encoded as API Gateway has them."""
    for route in sorted(app.routes, key=lambda each: [part.startswith("{") for part in each.split("/")]):
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route), path)
        if found:
            return route, {name: quote(unquote(value), safe="") for name, value in found.groupdict().items()}
    raise LookupError(path)
