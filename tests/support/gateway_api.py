"""API Gateway in front of the functions: the composed API's routes, proxy events as it makes them, its own answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from tests.support.functions import Function
from tests.support.template import Template, name_in

STAGE = "v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The last part of the problem's type: `not-found`."""
        return str(self.json["type"]).rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Route:
    """A path of the API, split at its slashes, and the function behind one of its methods."""

    resource: str
    method: str
    function: Function

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """The path parameters, if the path is this route's."""
        own = self.resource.strip("/").split("/")
        if len(own) != len(parts):
            return None
        found = {}
        for mine, given in zip(own, parts, strict=True):
            if mine.startswith("{"):
                found[mine.strip("{}")] = given
            elif mine != given:
                return None
        return found


class Api:
    """The REST API of a template."""

    def __init__(self, template: Template, functions: Mapping[str, Function]) -> None:
        by_name = {function.name: function for function in functions.values()}
        self._routes: list[Route] = []
        self._binary: set[str] = set()
        for properties in template.of_type("AWS::Serverless::Api", "AWS::ApiGateway::RestApi").values():
            definition = properties.get("DefinitionBody", properties.get("Body", {}))
            self._binary |= set(definition.get("x-amazon-apigateway-binary-media-types", ()))
            for resource, methods in definition.get("paths", {}).items():
                for method, operation in methods.items():
                    uri = operation["x-amazon-apigateway-integration"]["uri"]
                    if method != "options":
                        name = name_in(uri.removesuffix("/invocations"))
                        self._routes.append(Route(resource, method.upper(), by_name[name]))
        # A literal part is preferred to a variable one.
        self._routes.sort(key=lambda route: [part.startswith("{") for part in route.resource.split("/")])

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """Method and path of each call that the API offers."""
        return tuple((route.method, route.resource) for route in self._routes)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a request, with its path parameters as the URL has them."""
        parts = path.split("?", maxsplit=1)[0].strip("/").split("/")
        for route in self._routes:
            if route.method == method and (found := route.match(parts)) is not None:
                return route, found
        return None

    def event(
        self,
        route: Route,
        parameters: Mapping[str, str],
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        request_id: str,
    ) -> dict[str, Any]:
        """The proxy event of a request. Bodies of binary media types come in base64, others as text."""
        path, _, query = path.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        media_type = next((v for k, v in headers.items() if k.lower() == "content-type"), "").split(";")[0].strip()
        binary = media_type in self._binary
        many: dict[str, list[str]] = {}
        for name, value in pairs:
            many.setdefault(name, []).append(value)
        return {
            "resource": route.resource,
            "path": unquote(path),
            "httpMethod": route.method,
            "headers": dict(headers) or None,
            "multiValueHeaders": {name: [value] for name, value in headers.items()} or None,
            "queryStringParameters": dict(pairs) or None,
            "multiValueQueryStringParameters": many or None,
            "pathParameters": {name: quote(unquote(value), safe="") for name, value in parameters.items()} or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": route.resource,
                "httpMethod": route.method,
                "path": f"/{STAGE}{path}",
                "stage": STAGE,
                "requestId": request_id,
                "identity": {"sourceIp": "203.0.113.9", "userAgent": headers.get("User-Agent")},
            },
            "body": (base64.b64encode(body).decode() if binary else body.decode()) if body else None,
            "isBase64Encoded": binary and bool(body),
        }


def answer_of(proxied: Mapping[str, Any]) -> Answer:
    """A function's answer as the caller sees it."""
    headers = {name.lower(): str(value) for name, value in (proxied.get("headers") or {}).items()}
    for name, values in (proxied.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = ", ".join(map(str, values))
    body = proxied.get("body") or ""
    if proxied.get("isBase64Encoded"):
        body = base64.b64decode(body).decode("latin-1")
    return Answer(int(proxied["statusCode"]), headers, body)


NO_ROUTE = Answer(403, {"content-type": "application/json"}, '{"message":"Missing Authentication Token"}')
CRASHED = Answer(502, {"content-type": "application/json"}, '{"message": "Internal server error"}')
