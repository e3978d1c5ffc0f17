"""Where moto 5.2 differs from AWS in ways that these tests would notice, or is too slow for them: put right here.

* A transaction copies each touched table once per item. Here the touched items are kept, and put back on failure;
  this also leaves the table and its stream the same objects, so that readers of the stream go on after a rollback.
* A transaction that comes again with its `ClientRequestToken`, since its answer came too late for whoever sent it, was
  carried out, or refused, a second time. DynamoDB does it once and answers alike.
* A write that changes nothing still made a stream record; an upsert by `UpdateItem` made two. DynamoDB makes none,
  and one.
* A query looked at each item of its table. Here it looks at those of its partition.
* A secret whose stage AWSCURRENT was moved to another version still answered with the one of before.
* Answers are made by looking for each attribute under many names; DynamoDB's are there as they go out.
* The backends are not safe for threads. Each request is answered under one lock, as a server with one thread would.
"""

from __future__ import annotations

import copy
import inspect
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import moto.dynamodb.models as dynamodb_models
from moto.core.models import botocore_stubber
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import StreamShard, Table
from moto.dynamodb.responses import DynamoHandler
from moto.secretsmanager.models import SecretsManagerBackend

LOCK = threading.RLock()
"""Held while moto answers a request, and by whoever looks into its state beside."""


def install() -> None:
    """Put the corrections in place, once per process."""
    if getattr(DynamoDBBackend, "_oms_fixed", False):
        return
    DynamoDBBackend._oms_fixed = True
    dynamodb_models.copy = SimpleNamespace(copy=copy.copy, deepcopy=_deepcopy)
    DynamoDBBackend.transact_write_items = _transactions(DynamoDBBackend.transact_write_items)
    DynamoHandler.transact_write_items = _once(DynamoHandler.transact_write_items)
    DynamoDBBackend.update_item = _updates(DynamoDBBackend.update_item)
    Table.query = _queries(Table.query)
    StreamShard.add = _changes_only(StreamShard.add)
    BaseJSONSerializer._serialize_type_structure = _as_they_are(BaseJSONSerializer._serialize_type_structure)
    SecretsManagerBackend.update_secret_version_stage = _current(SecretsManagerBackend.update_secret_version_stage)
    botocore_stubber.process_request = _locked(botocore_stubber.process_request, LOCK)


def _deepcopy(value: Any, *rest: Any) -> Any:
    """The copies that moto takes of tables are made superfluous by `_transactions`."""
    return value if isinstance(value, Table) else copy.deepcopy(value, *rest)


def _transactions(original: Callable[..., None]) -> Callable[..., None]:
    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        undo = [_keep(self, *next(iter(item.items()))) for item in transact_items]
        lengths = {table: len(table.stream_shard.items) for table in self.tables.values() if table.stream_shard}
        try:
            original(self, transact_items)
        except BaseException:
            for put_back in undo:
                put_back()
            for table, length in lengths.items():
                del table.stream_shard.items[length:]
            raise

    return transact_write_items


def _once(original: Callable[[DynamoHandler], Any]) -> Callable[[DynamoHandler], Any]:
    def transact_write_items(self: DynamoHandler) -> Any:
        done: dict[str, Any] = self.dynamodb_backend.__dict__.setdefault("_oms_done", {})
        token = self.body.get("ClientRequestToken")
        if token not in done:
            answer = original(self)
            if not token:
                return answer
            done[token] = answer
        return done[token]

    return transact_write_items


def _keep(backend: DynamoDBBackend, operation: str, arguments: Mapping[str, Any]) -> Callable[[], None]:
    """Remember the item that a part of a transaction is about; the answer puts it back."""
    table = backend.tables.get(arguments["TableName"])
    if table is None:
        return lambda: None
    attributes = arguments["Item"] if operation == "Put" else arguments["Key"]
    hash_value, range_value = backend.get_keys_value(
        table, {name: attributes[name] for name in table.table_key_attrs if name in attributes}
    )
    before = copy.deepcopy(table.get_item(hash_value, range_value))

    def put_back() -> None:
        if range_value is None:
            table.items.pop(hash_value, None) if before is None else table.items.__setitem__(hash_value, before)
        elif before is None:
            table.items[hash_value].pop(range_value, None)
        else:
            table.items[hash_value][range_value] = before

    return put_back


def _updates(original: Callable[..., Any]) -> Callable[..., Any]:
    def update_item(self: DynamoDBBackend, table_name: str, *arguments: Any, **named: Any) -> Any:
        shard = self.get_table(table_name).stream_shard
        length = len(shard.items) if shard else 0
        item = original(self, table_name, *arguments, **named)
        if shard and len(shard.items) > length + 1:
            # The first of the two showed the item before its attributes were set.
            del shard.items[length : len(shard.items) - 1]
            shard.items[-1].record["dynamodb"]["SequenceNumber"] = str(length + shard.starting_sequence_number)
        return item

    return update_item


def _queries(original: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(original)

    def query(self: Table, *arguments: Any, **named: Any) -> Any:
        given = signature.bind(self, *arguments, **named).arguments
        if given.get("index_name") is not None or not self.has_range_key:
            return original(self, *arguments, **named)
        partition = list(self.items.get(given["hash_key"], {}).values())
        self.all_items = lambda: iter(partition)
        try:
            return original(self, *arguments, **named)
        finally:
            del self.all_items

    return query


def _changes_only(original: Callable[..., None]) -> Callable[..., None]:
    def add(self: StreamShard, old: Any, new: Any) -> None:
        if old is not None and new is not None and old.to_json() == new.to_json():
            return
        original(self, old, new)

    return add


def _current(original: Callable[..., tuple[str, str]]) -> Callable[..., tuple[str, str]]:
    def update_secret_version_stage(
        self: SecretsManagerBackend,
        secret_id: str,
        version_stage: str,
        remove_from_version_id: str,
        move_to_version_id: str,
    ) -> tuple[str, str]:
        named = original(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
        if version_stage == "AWSCURRENT":
            self.secrets[secret_id].set_default_version_id(move_to_version_id)
        return named

    return update_secret_version_stage


def _as_they_are(original: Callable[..., None]) -> Callable[..., None]:
    def serialize(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if key and shape.name == "AttributeValue" and isinstance(value, dict) and not value.keys() & {"B", "BS"}:
            serialized[self.get_serialized_name(shape, key)] = value
        else:
            original(self, serialized, value, shape, key)

    return serialize


def _locked(original: Callable[..., Any], lock: AbstractContextManager[Any]) -> Callable[..., Any]:
    def process_request(*arguments: Any, **named: Any) -> Any:
        with lock:
            return original(*arguments, **named)

    return process_request
