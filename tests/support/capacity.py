"""What a DynamoDB call costs in read and write units, from the sizes of its items; moto answers with constants."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType

from tests.support import cloud
from tests.support.moto_fixes import LOCK

Json = Mapping[str, Any]


def units(operation: str, arguments: Json, answer: Json) -> tuple[float, float]:
    """Read and write units of a DynamoDB call, from the sizes of its items.

    A read takes a unit per 4 kB of what was read (Query: all items together), half of it when eventually consistent;
    a write a unit per 1 kB of the larger of the item before and after, once more per index that holds the item; in a
    transaction both are doubled. A refused write costs what the write would have.
    """
    if operation in {"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"}:
        return _read_units(operation, arguments, answer), 0.0
    if operation == "TransactWriteItems":
        parts = [next(iter(item.values())) for item in arguments["TransactItems"]]
        return 0.0, 2 * sum(_write_units(part) for part in parts)
    if operation == "BatchWriteItem":
        writes = [
            {"TableName": table, **next(iter(write.values()))}
            for table, each in arguments["RequestItems"].items()
            for write in each
        ]
        return 0.0, sum(_write_units(part) for part in writes)
    return 0.0, _write_units(arguments)


def _read_units(operation: str, arguments: Json, answer: Json) -> float:
    if operation == "GetItem":
        units: float = max(1, _blocks(answer.get("Item", {}), 4096))
        return units if arguments.get("ConsistentRead") else units / 2
    if operation == "TransactGetItems":
        return sum(2 * max(1, _blocks(each.get("Item", {}), 4096)) for each in answer.get("Responses", ()))
    if operation == "BatchGetItem":
        total = 0.0
        for table, request in arguments["RequestItems"].items():
            found = answer.get("Responses", {}).get(table, [])
            units = sum(max(1, _blocks(item, 4096)) for item in found) + len(request["Keys"]) - len(found)
            total += units if request.get("ConsistentRead") else units / 2
        return total
    size = sum(_size(item) for item in answer.get("Items", ()))
    units = max(1, math.ceil(size / 4096))
    return units if arguments.get("ConsistentRead") else units / 2


def _write_units(part: Json) -> float:
    table = cloud.table(part["TableName"])
    if "Item" in part:
        item = part["Item"]
    else:
        keys = [part["Key"][name] for name in table.table_key_attrs]
        with LOCK:
            found = table.get_item(*(DynamoType(key) for key in keys))
        item = found.to_json()["Attributes"] if found is not None else part["Key"]
    indexes = [index for index in table.global_indexes if all(name in item for name in index.schema_key_attrs)]
    return float(max(1, _blocks(item, 1024)) * (1 + len(indexes)))


def _blocks(item: Json, size: int) -> int:
    return math.ceil(_size(item) / size)


def _size(item: Json) -> int:
    """Bytes of an item: names and values."""
    return sum(_bytes(name) + _value_size(value) for name, value in item.items())


def _value_size(typed: Json) -> int:
    ((kind, value),) = typed.items()
    if kind == "M":
        return 3 + sum(_bytes(name) + _value_size(each) + 1 for name, each in value.items())
    if kind == "L":
        return 3 + sum(_value_size(each) + 1 for each in value)
    if kind == "N":
        return len(value) // 2 + 1
    if kind in {"BOOL", "NULL"}:
        return 1
    return len(value) if isinstance(value, bytes) else _bytes(str(value))


def _bytes(text: str) -> int:
    return len(text.encode())
