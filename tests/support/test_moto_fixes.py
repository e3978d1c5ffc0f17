"""Moto, put right: rollbacks leave nothing behind, and the streams say what DynamoDB's would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import cloud, toy
from tests.support.world import World


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with World(toy.template()) as world:
        yield world.cloud.client("dynamodb")


def key(number: int) -> dict[str, Any]:
    return {"kind": {"S": "a"}, "number": {"N": str(number)}}


def put(number: int, **attributes: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "toy-things", "Item": {**key(number), **attributes}}}


def add(number: int, name: str, count: int, condition: str = "") -> dict[str, Any]:
    update = {
        "TableName": "toy-things",
        "Key": key(number),
        "UpdateExpression": f"ADD {name} :n",
        "ExpressionAttributeValues": {":n": {"N": str(count)}},
    }
    return {"Update": {**update, **({"ConditionExpression": condition} if condition else {})}}


NEW = {"ConditionExpression": "attribute_not_exists(kind)"}


def records() -> list[Any]:
    shard = cloud.table("toy-things").stream_shard
    assert shard is not None
    return [each.record for each in shard.items]


def test_a_cancelled_transaction_leaves_items_and_stream_as_they_were(dynamodb: Any) -> None:
    dynamodb.put_item(TableName="toy-things", Item={**key(1), "amount": {"N": "5"}})
    before = list(cloud.items("toy-things")), len(records())
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        dynamodb.transact_write_items(
            TransactItems=[
                add(1, "amount", 1),
                put(2),
                {"Delete": {"TableName": "toy-things", "Key": key(3)}},
                add(4, "amount", 1, "attribute_exists(amount)"),
            ]
        )
    assert (list(cloud.items("toy-things")), len(records())) == before
    dynamodb.transact_write_items(TransactItems=[add(1, "amount", 1), put(2)])
    assert [item.get("amount") for item in cloud.items("toy-things")] == [6, None]
    assert [record["eventName"] for record in records()] == ["INSERT", "MODIFY", "INSERT"]


def test_a_transaction_that_comes_again_is_done_once_and_answered_alike(dynamodb: Any) -> None:
    once = {"TransactItems": [add(1, "amount", 1), {"Put": put(2)["Put"] | NEW}], "ClientRequestToken": "again"}
    for _ in range(2):
        assert dynamodb.transact_write_items(**once)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [item.get("amount") for item in cloud.items("toy-things")] == [1, None]
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        dynamodb.transact_write_items(**once | {"ClientRequestToken": "another"})


def test_a_deleted_item_comes_back_with_the_rollback(dynamodb: Any) -> None:
    dynamodb.put_item(TableName="toy-things", Item={**key(1), "amount": {"N": "5"}})
    with pytest.raises(ClientError):
        dynamodb.transact_write_items(
            TransactItems=[
                {"Delete": {"TableName": "toy-things", "Key": key(1)}},
                add(2, "amount", 1, "attribute_exists(amount)"),
            ]
        )
    assert [item["amount"] for item in cloud.items("toy-things")] == [5]


def test_a_write_that_changes_nothing_makes_no_record(dynamodb: Any) -> None:
    for _ in range(2):
        dynamodb.put_item(TableName="toy-things", Item={**key(1), "amount": {"N": "5"}})
    assert [record["eventName"] for record in records()] == ["INSERT"]


def test_an_upsert_makes_one_record_with_its_attributes(dynamodb: Any) -> None:
    dynamodb.update_item(**add(1, "amount", 7)["Update"])
    dynamodb.update_item(**add(1, "amount", 1)["Update"])
    images = [(record["eventName"], record["dynamodb"]["NewImage"]["amount"]) for record in records()]
    assert images == [("INSERT", {"N": "7"}), ("MODIFY", {"N": "8"})]
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records()]
    assert numbers == sorted(set(numbers))


def test_a_query_finds_its_partition_only_and_in_order(dynamodb: Any) -> None:
    for kind, number in (("b", 1), ("a", 2), ("a", 10), ("a", 1)):
        dynamodb.put_item(TableName="toy-things", Item={"kind": {"S": kind}, "number": {"N": str(number)}})

    def numbers(kind: str, **limits: Any) -> list[str]:
        answer = dynamodb.query(
            TableName="toy-things",
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
            **limits,
        )
        return [item["number"]["N"] for item in answer["Items"]]

    assert numbers("a") == ["1", "2", "10"]
    assert numbers("a", ScanIndexForward=False, Limit=2) == ["10", "2"]
    assert numbers("b") == ["1"]
    assert numbers("c") == []
