"""What DynamoDB refuses and moto lets pass: reserved words, values and names that no expression uses, types of keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from infra import fragments

_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)

_GRAMMAR = frozenset(
    "AND OR NOT BETWEEN IN SET ADD REMOVE DELETE ATTRIBUTE_EXISTS ATTRIBUTE_NOT_EXISTS ATTRIBUTE_TYPE BEGINS_WITH"
    " CONTAINS SIZE IF_NOT_EXISTS LIST_APPEND".split()
)


def violations(operation: str, arguments: Mapping[str, Any]) -> list[str]:
    """Why DynamoDB would answer this call with a ValidationException; empty when it would not."""
    return [f"{operation} on {part.get('TableName')}: {why}" for part in _parts(arguments) for why in _of_part(part)]


def _parts(arguments: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """A call, or each part of a transaction, with expressions of its own."""
    for item in arguments.get("TransactItems", ()):
        yield from item.values()
    if "TableName" in arguments:
        yield arguments
    for table, request in arguments.get("RequestItems", {}).items():
        if isinstance(request, Mapping):
            yield {"TableName": table, **request}


def _of_part(part: Mapping[str, Any]) -> Iterable[str]:
    text = " ".join(str(part[name]) for name in _EXPRESSIONS if name in part)
    for sign, given in ((":", "ExpressionAttributeValues"), ("#", "ExpressionAttributeNames")):
        used = set(re.findall(rf"{sign}\w+", text))
        offered = set(part.get(given, {}))
        for name in sorted(offered - used):
            yield f"{given} has {name}, which no expression uses"
        for name in sorted(used - offered):
            yield f"{name} is not in {given}"
        if given in part and not offered:
            yield f"{given} is empty"
    reserved = set(ReservedKeywords.get_reserved_keywords())
    for word in re.findall(r"(?<![\w#:.])[A-Za-z_]\w*", text):
        if word.upper() in reserved and word.upper() not in _GRAMMAR:
            yield f"{word} is a reserved word: name it with #"
    yield from _of_types(part)
    keys = [str(sorted(key.items())) for key in part.get("Keys", ())]
    if len(keys) != len(set(keys)):
        yield "a key is asked for twice"


def _of_types(part: Mapping[str, Any]) -> Iterator[str]:
    """Attributes of which an index or the table itself is made, with values of another type."""
    types = _types().get(str(part.get("TableName", "")).rpartition("-")[2], {})
    values = part.get("ExpressionAttributeValues", {})
    written = dict(part.get("Item", {}))
    for name, value in re.findall(r"([#\w]+)(?: =)? (:\w+)", str(part.get("UpdateExpression", ""))):
        written[part.get("ExpressionAttributeNames", {}).get(name, name)] = values.get(value, {})
    for name, value in written.items():
        if name in types and value and types[name] not in value:
            yield f"{name} is a key of type {types[name]}, not {next(iter(value))}"


@cache
def _types() -> dict[str, dict[str, str]]:
    """By the last word of a table's name, the types of the attributes that are keys."""
    found = {}
    for resource in fragments.load()["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            name = properties["TableName"]["Fn::Sub"].rpartition("-")[2]
            found[name] = {each["AttributeName"]: each["AttributeType"] for each in properties["AttributeDefinitions"]}
    return found
