"""Every answer of the API against the document: its status is documented for the call, and its body has the shape."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from infra.openapi import DOCUMENT
from tests.support.gateway_api import NO_ROUTE, Answer
from tests.support.world import World

ROOT = "urn:openapi"


class DocumentedWorld(World):
    """A world in which an answer that is not as documented is an error; `seen` keeps each call with its statuses."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, str, int]] = set()

    def http(self, method: str, path: str, *rest: Any, **named: Any) -> Answer:
        answer = super().http(method, path, *rest, **named)
        found = self.api.find(method, path)
        if found is None:
            assert answer == NO_ROUTE
            return answer
        resource = found[0].resource
        assert not (wrong := complaints(method, resource, answer)), (method, path, answer, wrong)
        self.seen.add((method, resource, answer.status))
        return answer


@cache
def document() -> Any:
    """The committed document."""
    return json.loads(DOCUMENT.read_text())


def documented(method: str, resource: str) -> Any:
    """The responses of a call, by status."""
    return document()["paths"][resource][method.lower()]["responses"]


def complaints(method: str, resource: str, answer: Answer) -> list[str]:
    """What about an answer is not as documented. Fields that the document does not name are, too."""
    responses = documented(method, resource)
    if str(answer.status) not in responses:
        return [f"status {answer.status} is not documented"]
    response = responses[str(answer.status)]
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rsplit("/", 1)[-1]]
    wrong = [f"header {name} is missing" for name in response.get("headers", {}) if name.lower() not in answer.headers]
    for media_type, content in response.get("content", {}).items():
        if answer.headers.get("content-type") != media_type:
            wrong.append(f"{answer.headers.get('content-type')} is not {media_type}")
        else:
            errors = _validator(json.dumps(content["schema"])).iter_errors(answer.json)
            wrong += [f"{error.json_path}: {error.message}" for error in errors]
    return wrong


@cache
def _validator(schema: str) -> Draft202012Validator:
    """What checks answers against a schema, which is given as text; it keeps the references that it has followed."""
    rooted = _rooted(json.loads(schema))
    closed = {"unevaluatedProperties": False} if "allOf" in rooted else {}
    return Draft202012Validator(rooted | closed, registry=_registry())


def _rooted(value: Any) -> Any:
    """References within the document, as seen from outside."""
    if isinstance(value, dict):
        return {k: ROOT + v if k == "$ref" else _rooted(v) for k, v in value.items()}
    return [_rooted(each) for each in value] if isinstance(value, list) else value


@cache
def _registry() -> Registry[Any]:
    closed = deepcopy(document())
    joined = json.dumps(
        [content["schema"]["allOf"] for content in _contents(closed) if "allOf" in content.get("schema", {})]
    )
    for name, schema in closed["components"]["schemas"].items():
        if "properties" in schema and f'/{name}"' not in joined:
            schema.setdefault("additionalProperties", False)
    return Registry().with_resource(ROOT, Resource(contents=closed, specification=DRAFT202012))


def _contents(whole: Any) -> list[Any]:
    return [
        content
        for methods in whole["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
    ]
