"""DynamoDB in memory: enough of it to run the real log and stock code against, call by call, as fast as plain Python.

Expressions are read, not guessed: an expression that is not understood is refused. What it costs is counted as DynamoDB
does, by item sizes; the hooks let a model of its limits refuse a call before it is carried out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.bench.expressions import change, condition

Item = dict[str, Any]
Key = tuple[str, str, str]
"""Table, partition, sort."""

KEYS = {
    "orders": ("order_id", "seq"),
    "stock": ("sku", "location_id"),
    "references": ("ref", "entry"),
}


class Dynamo:
    """Tables by the last part of their names (`any-stock`), and the calls of boto3's client that our code makes."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, dict[str, Item]]] = {}
        self.read_units = 0.0
        self.write_units = 0.0
        self.before: Callable[[str, Mapping[Key, float], Mapping[Key, float]], None] = lambda *_: None
        """Told of each call before it is carried out: its operation, and the units that it reads and writes, by item;
        what it raises is what the caller gets. A query's units stand under the sort key `` ``."""

    # Reading.

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Item:  # noqa: N803 - boto3's
        """See boto3."""
        place = _place(TableName, Key)
        self._use("GetItem", reads={place: _read_units(self._at(place)) * (1 if ConsistentRead else 0.5)})
        found = self._at(place)
        return {"Item": dict(found)} if found else {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Item:  # noqa: N803 - boto3's
        """See boto3."""
        places = [_place(table, key) for table, asked in RequestItems.items() for key in asked["Keys"]]
        self._use("BatchGetItem", reads={place: _read_units(self._at(place)) for place in places})
        answer: Item = {table: [] for table in RequestItems}
        for table, asked in RequestItems.items():
            answer[table] = [dict(found) for key in asked["Keys"] if (found := self._at(_place(table, key)))]
        return {"Responses": answer}

    def transact_get_items(self, *, TransactItems: list[Item]) -> Item:  # noqa: N803 - boto3's
        """See boto3."""
        places = [_place(each["Get"]["TableName"], each["Get"]["Key"]) for each in TransactItems]
        self._use("TransactGetItems", reads={place: 2 * _read_units(self._at(place)) for place in places})
        return {"Responses": [{"Item": dict(found)} if (found := self._at(place)) else {} for place in places]}

    def query(self, **asked: Any) -> Item:
        """See boto3; all in one page."""
        table = asked["TableName"]
        values = asked["ExpressionAttributeValues"]
        partition_name, _ = KEYS[_kind(table)]
        own = asked["KeyConditionExpression"].split(" AND ")[0]
        own_name, _, value = own.split()
        assert asked.get("ExpressionAttributeNames", {}).get(own_name, own_name) == partition_name
        fits = condition(asked["KeyConditionExpression"])
        partition = self.tables.get(table, {}).get(values[value]["S"], {})
        names = asked.get("ExpressionAttributeNames", {})
        found = [partition[sort] for sort in sorted(partition) if fits(partition[sort], names, values)]
        found = found[: asked.get("Limit")]
        units = max(1, math.ceil(sum(map(_size, found)) / 4096)) * (1 if asked.get("ConsistentRead") else 0.5)
        self._use("Query", reads={(table, values[value]["S"], ""): units})
        return {"Items": [dict(each) for each in found]}

    def scan(self, *, TableName: str) -> Item:  # noqa: N803 - boto3's
        """See boto3; costs nothing here."""
        partitions = self.tables.get(TableName, {}).values()
        return {"Items": [dict(item) for partition in partitions for item in partition.values()]}

    def get_paginator(self, operation: str) -> _Pages:
        """See boto3; of queries only."""
        assert operation == "query"
        return _Pages(self)

    # Writing.

    def put_item(self, **part: Any) -> Item:
        """See boto3."""
        self._one("Put", part)
        return {}

    def update_item(self, **part: Any) -> Item:
        """See boto3; answers the new item."""
        self._one("Update", part)
        return {"Attributes": dict(self._at(_place(part["TableName"], part["Key"])) or {})}

    def delete_item(self, **part: Any) -> Item:
        """See boto3."""
        self._one("Delete", part)
        return {}

    def transact_write_items(self, *, TransactItems: list[Item]) -> Item:  # noqa: N803 - boto3's
        """See boto3."""
        parts = [next(iter(each.items())) for each in TransactItems]
        places = [_target(part) for _, part in parts]
        if not 0 < len(places) <= 100 or len(set(places)) < len(places):  # noqa: PLR2004 - DynamoDB's limit
            raise refusal("ValidationException", "TransactWriteItems")
        units = {place: 2 * self._write_units(kind, part) for place, (kind, part) in zip(places, parts, strict=True)}
        self._use("TransactWriteItems", writes=units)
        reasons = [self._reason(part) for _, part in parts]
        if any(reasons):
            raise cancelled([reason or {"Code": "None"} for reason in reasons])
        for kind, part in parts:
            self._apply(kind, part)
        return {}

    def _one(self, kind: str, part: Item) -> None:
        self._use(f"{kind}Item", writes={_target(part): self._write_units(kind, part)})
        if reason := self._reason(part):
            raise refusal("ConditionalCheckFailedException", f"{kind}Item", Item=reason.get("Item"))
        self._apply(kind, part)

    def _reason(self, part: Item) -> Item | None:
        """Why a part's condition fails; None when it holds."""
        standing = self._at(_target(part))
        if "ConditionExpression" not in part:
            return None
        names, values = part.get("ExpressionAttributeNames", {}), part.get("ExpressionAttributeValues", {})
        if condition(part["ConditionExpression"])(standing or {}, names, values):
            return None
        shown = part.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and standing
        return {"Code": "ConditionalCheckFailed", **({"Item": dict(standing or {})} if shown else {})}

    def _apply(self, kind: str, part: Item) -> None:
        table, partition, sort = _target(part)
        items = self.tables.setdefault(table, {}).setdefault(partition, {})
        if kind == "Put":
            items[sort] = dict(part["Item"])
        elif kind == "Delete":
            items.pop(sort, None)
        elif kind == "Update":
            items[sort] = self._changed(part)

    def _changed(self, part: Item) -> Item:
        standing = dict(self._at(_target(part)) or part["Key"])
        names, values = part.get("ExpressionAttributeNames", {}), part.get("ExpressionAttributeValues", {})
        return change(part["UpdateExpression"])(standing, names, values)

    def _write_units(self, kind: str, part: Item) -> float:
        before = _size(self._at(_target(part)) or {})
        after = _size(part["Item"]) if kind == "Put" else _size(self._changed(part)) if kind == "Update" else 0
        return max(1, math.ceil(max(before, after) / 1024))

    def _at(self, place: Key) -> Item | None:
        table, partition, sort = place
        return self.tables.get(table, {}).get(partition, {}).get(sort)

    def _use(
        self, operation: str, *, reads: Mapping[Key, float] | None = None, writes: Mapping[Key, float] | None = None
    ) -> None:
        self.before(operation, reads or {}, writes or {})
        self.read_units += sum((reads or {}).values())
        self.write_units += sum((writes or {}).values())


class _Pages:
    def __init__(self, dynamo: Dynamo) -> None:
        self._dynamo = dynamo

    def paginate(self, **asked: Any) -> Iterator[Item]:
        """See boto3."""
        yield self._dynamo.query(**asked)


def cancelled(reasons: list[Item]) -> ClientError:
    """The refusal of a transaction, with a reason for each of its parts."""
    return refusal("TransactionCanceledException", "TransactWriteItems", CancellationReasons=reasons)


def refusal(code: str, operation: str, **more: Any) -> ClientError:
    """What boto3 raises."""
    response: Any = {"Error": {"Code": code, "Message": code}, **more}
    return ClientError(response, operation)


def _kind(table: str) -> str:
    return table.rsplit("-", 1)[-1]


def _place(table: str, key: Item) -> Key:
    partition, sort = KEYS[_kind(table)]
    ((kind, value),) = key[sort].items()
    return table, key[partition]["S"], value.zfill(10) if kind == "N" else value


def _target(part: Item) -> Key:
    return _place(part["TableName"], part["Item"] if "Item" in part else part["Key"])


def _read_units(item: Item | None) -> float:
    return max(1, math.ceil(_size(item or {}) / 4096))


def _size(item: Mapping[str, Any]) -> int:
    return sum(len(name) + _value_size(value) for name, value in item.items())


def _value_size(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    if kind == "M":
        return 3 + sum(len(name) + _value_size(each) + 1 for name, each in value.items())
    if kind == "L":
        return 3 + sum(_value_size(each) + 1 for each in value)
    if kind == "N":
        return len(value) // 2 + 1
    return len(value) if isinstance(value, str) else 1
