"""Filters, intrinsics, prices and refusals as AWS documents them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import capacity, strict, toy
from tests.support.filters import passes
from tests.support.template import Template
from tests.support.world import World

RECORD = {"eventName": "INSERT", "dynamodb": {"NewImage": {"seq": {"N": "3"}, "kind": {"S": "order"}}}}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["REMOVE"]}, False),
        ({"eventName": [{"anything-but": ["REMOVE"]}]}, True),
        ({"dynamodb": {"NewImage": {"kind": {"S": [{"prefix": "ord"}]}}}}, True),
        ({"dynamodb": {"NewImage": {"kind": {"S": [{"prefix": "x"}]}}}}, False),
        ({"dynamodb": {"NewImage": {"seq": {"N": [{"numeric": [">", 2, "<=", 3]}]}}}}, True),
        ({"dynamodb": {"NewImage": {"on_hand": {"N": [{"exists": True}]}}}}, False),
        ({"dynamodb": {"OldImage": {"seq": {"N": [{"exists": False}]}}}}, True),
        ({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["other"]}}}}, False),
        ({"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"NewImage": {"seq": {"N": ["3"]}}}}]}, True),
    ],
)
def test_filter_patterns(pattern: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert passes(RECORD, [json.dumps(pattern)]) is expected


def test_a_filter_looks_into_the_json_body_of_a_message() -> None:
    assert passes({"body": '{"type": "a"}'}, ['{"body": {"type": ["a"]}}'])
    assert not passes({"body": "not json"}, ['{"body": {"type": ["a"]}}'])


def test_intrinsics_and_conditions() -> None:
    template = Template(
        {
            "Parameters": {"Stack": {"Default": "s"}, "Url": {"Default": ""}},
            "Conditions": {"HasUrl": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Url"}, ""]}]}},
            "Resources": {
                "Q": toy.queue("q"),
                "T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "${Stack}-t"}}},
                "Gone": {"Type": "AWS::SNS::Topic", "Condition": "HasUrl"},
                "User": {
                    "Type": "Own",
                    "Properties": {
                        "url": {"Ref": "Q"},
                        "arn": {"Fn::GetAtt": "Q.Arn"},
                        "text": {"Fn::Sub": ["${Q.Arn}/${x} ${!Literal}", {"x": {"Ref": "T"}}]},
                        "if": {"Fn::If": ["HasUrl", "yes", {"Ref": "AWS::NoValue"}]},
                        "join": {"Fn::Join": [":", ["a", {"Ref": "AWS::Region"}]]},
                    },
                },
            },
        }
    )
    assert template.of_type("Own")["User"] == {
        "url": "https://sqs.us-east-1.amazonaws.com/123456789012/s-q",
        "arn": "arn:aws:sqs:us-east-1:123456789012:s-q",
        "text": "arn:aws:sqs:us-east-1:123456789012:s-q/arn:aws:sns:us-east-1:123456789012:s-t ${Literal}",
        "join": "a:us-east-1",
    }
    assert list(template.of_type("AWS::SNS::Topic")) == ["T"]


def test_calls_that_dynamodb_would_refuse_are_named() -> None:
    update = {
        "TableName": "t",
        "UpdateExpression": "SET last = :a, #n = :b",
        "ExpressionAttributeValues": {":a": {"N": "1"}, ":c": {"N": "1"}},
        "ExpressionAttributeNames": {"#n": "name"},
    }
    assert strict.violations("UpdateItem", update) == [
        "UpdateItem on t: ExpressionAttributeValues has :c, which no expression uses",
        "UpdateItem on t: :b is not in ExpressionAttributeValues",
        "UpdateItem on t: last is a reserved word: name it with #",
    ]
    twice = {"RequestItems": {"t": {"Keys": [{"id": {"S": "1"}}, {"id": {"S": "1"}}]}}}
    assert strict.violations("BatchGetItem", twice) == ["BatchGetItem on t: a key is asked for twice"]
    good = {
        "TableName": "t",
        "KeyConditionExpression": "sku = :sku AND begins_with(location_id, :line)",
        "ExpressionAttributeValues": {":sku": {"S": ""}, ":line": {"S": ""}},
    }
    assert strict.violations("Query", good) == []


def test_units_are_counted_from_sizes() -> None:
    item = {"kind": {"S": "a"}, "number": {"N": "1"}, "text": {"S": "x" * 5000}}
    with World(toy.template()) as world:
        world.cloud.client("dynamodb").put_item(TableName="toy-things", Item=item)
        on = {"TableName": "toy-things"}
        assert capacity.units("PutItem", {**on, "Item": item}, {}) == (0, 5)
        assert capacity.units("TransactWriteItems", {"TransactItems": [{"Put": {**on, "Item": item}}]}, {}) == (0, 10)
        assert capacity.units("GetItem", on, {"Item": item}) == (1, 0)
        assert capacity.units("GetItem", {**on, "ConsistentRead": True}, {"Item": item}) == (2, 0)
        assert capacity.units("Query", {**on, "ConsistentRead": True}, {"Items": [item, item]}) == (3, 0)
        key = {"kind": {"S": "a"}, "number": {"N": "1"}}
        assert capacity.units("UpdateItem", {**on, "Key": key}, {}) == (0, 5)


def test_what_an_index_is_made_of_has_the_type_of_its_key() -> None:
    key = {"pk": {"S": "c"}, "sk": {"S": "run"}}
    put = {"TableName": "t-intake", "Item": {**key, "listed": {"N": "0"}}}
    assert strict.violations("PutItem", put) == ["PutItem on t-intake: listed is a key of type S, not N"]
    update = {
        "TableName": "t-intake",
        "Key": key,
        "UpdateExpression": "SET #at = :at ADD listed :more",
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": {":at": {"S": "now"}, ":more": {"N": "1"}},
    }
    assert strict.violations("UpdateItem", update) == ["UpdateItem on t-intake: listed is a key of type S, not N"]
