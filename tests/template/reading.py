"""Ways to read a template: resources of a type, what refers to what, the metrics of alarms and dashboards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def of_type(resources: Json, kind: str) -> dict[str, Json]:
    """Properties of all resources of a type, by logical id."""
    return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind}


def references(value: object) -> Iterator[str]:
    """Logical ids that a value refers to."""
    if isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        elif "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        elif "Fn::Sub" in value:
            text = value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
            yield from (found.split(".")[0] for found in re.findall(r"\$\{([A-Za-z0-9:.]+)\}", text))
        else:
            for inner in value.values():
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def statements(role: Json) -> Iterator[Json]:
    """The statements of a role's policies."""
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def as_list(value: object) -> list[Any]:
    """A value that may stand alone where a list is meant."""
    return value if isinstance(value, list) else [value]


def dashboards(resources: Json) -> dict[str, Json]:
    """The bodies of the dashboards, with `${...}` left as it stands."""
    return {
        name: json.loads(each["DashboardBody"]["Fn::Sub"])
        for name, each in of_type(resources, "AWS::CloudWatch::Dashboard").items()
    }


def plotted(resources: Json) -> Iterator[tuple[str, str, str]]:
    """Namespace, metric and last dimension value of each line on a dashboard, the `...` of its rows filled in."""
    for body in dashboards(resources).values():
        for widget in body["widgets"]:
            previous: list[Any] = []
            for row in widget["properties"].get("metrics", []):
                if isinstance(row[0], dict):
                    yield from _searched(row[0]["expression"])
                    continue
                plain = [each for each in row if isinstance(each, str)]
                if plain[0] == "...":
                    plain = previous[: -len(plain) + 1] + plain[1:]
                previous = plain
                yield plain[0], plain[1], plain[-1]


def alarmed(resources: Json) -> Iterator[tuple[str, str, str]]:
    """Namespace, metric and first dimension value of each alarm."""
    for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values():
        yield alarm["Namespace"], alarm["MetricName"], str(alarm["Dimensions"][0]["Value"])


def _searched(expression: str) -> Iterator[tuple[str, str, str]]:
    found = re.fullmatch(r"""SEARCH\('\{(\w+),[^}]*\} MetricName="(\w+)".*""", expression)
    assert found, expression
    yield found[1], found[2], ""
