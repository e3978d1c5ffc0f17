"""The HTTP interface: every route is known, belongs to one stage, and asks for a key or checks a signature itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from infra import doors
from infra.compose import _Api, compose
from infra.fragments import ComposeError

Json = dict[str, Any]

KNOWN = Path(__file__).with_name("routes.txt")


def routes(template: Json) -> list[str]:
    """`METHOD /path stage` of each route, sorted by path."""
    paths = template["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]
    found = []
    for path, methods in paths.items():
        for method, operation in methods.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            function = re.search(r"\$\{(\w+)Http\.Arn\}", uri)
            assert function, uri
            found.append(f"{method.upper():<7}{path} {function[1].lower()}")
    return sorted(found, key=lambda line: (line[7:], line))


def test_every_route_is_known(template: Json) -> None:
    known = KNOWN.read_text().splitlines()
    assert routes(template) == known, f"if the interface was meant to change, change {KNOWN.name} with it"


def test_every_route_reaches_the_function_of_its_stage(template: Json) -> None:
    for stage in doors.stages():
        own = set(doors.load_app_module(stage).app.routes)
        assert {line.split()[1] for line in routes(template) if line.endswith(f" {stage}")} == own


def test_two_stages_cannot_have_the_same_call() -> None:
    api = _Api()
    definition = compose(["insight"])["Resources"]["Api"]["Properties"]["DefinitionBody"]
    api.add_stage("insight", definition)
    with pytest.raises(ComposeError, match="is in both insight and capture"):
        api.add_stage("capture", definition)


def test_two_stages_cannot_name_the_variable_at_one_place_differently() -> None:
    api = _Api()
    operation = {"get": {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": "${APIHandler.Arn}"}}}}
    api.add_stage("insight", {"paths": {"/orders/{order_id}": operation}})
    with pytest.raises(ComposeError, match=r"insight says /orders/\{order_id\} where capture says /orders/\{id\}"):
        api.add_stage("capture", {"paths": {"/orders/{id}/cancel": operation}})
