"""What stands between AWS's queues and streams and the functions, acting as AWS does by the template's settings.

A pump moves one batch per `step`. The rules are those of Lambda's event source mappings:

* A queue's messages come in batches of at most `BatchSize`; what the function reports as failed, or all of it when the
  function raises, becomes visible again after the visibility time; moto moves a message to the dead-letter queue at its
  `maxReceiveCount`. Without `ReportBatchItemFailures` a partial failure counts as success.
* A stream's records come in their order, a batch at a time per shard; records of one key are in one shard. A batch that
  failed is tried again from its first failed record and nothing behind it moves. With `BisectBatchOnFunctionError` a
  batch whose first record failed is halved. After `MaximumRetryAttempts` the batch goes, by its sequence numbers only,
  to the on-failure destination.
* A filter passes over records silently.
* Everything may come twice.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.support import cloud
from tests.support.chaos import Chaos
from tests.support.filters import passes
from tests.support.functions import Function
from tests.support.moto_fixes import LOCK
from tests.support.recorder import ProcessDied
from tests.support.template import REGION, Template, name_in

Record = dict[str, Any]
Invoke = Callable[[Function, Mapping[str, Any]], Any]

CALM = Chaos(seed=None)


@dataclass(frozen=True, slots=True)
class Settings:
    """An event source mapping of the template."""

    logical_id: str
    function: Function
    source: str
    """ARN of the queue or stream."""
    batch_size: int
    patterns: tuple[str, ...] = ()
    partial: bool = False
    bisect: bool = False
    retries: int | None = None
    """Tries after the first; None is for ever."""
    on_failure: str = ""
    """ARN of the queue that is told of a batch that was given up."""

    @property
    def of_stream(self) -> bool:
        """Whether the source is a table's stream."""
        return "/stream/" in self.source


@dataclass(slots=True)
class Failure:
    """An invocation that did not go well, for the test to look at."""

    function: str
    identifiers: tuple[str, ...]
    error: BaseException | None = None
    """None when the function reported the identifiers itself."""


class Pump(Protocol):
    """A mapping at work."""

    settings: Settings
    failures: list[Failure]

    def step(self) -> bool:
        """Move one batch, if there is one."""
        ...

    def waiting(self) -> int:
        """Messages or records that are not done yet, whether or not they can move now."""
        ...

    def position(self) -> int:
        """How far a stream was read, when nothing of it is in hand; a queue keeps its own."""
        ...

    def go_to(self, position: int) -> None:
        """Go on from a position."""
        ...


def mappings(template: Template, functions: Mapping[str, Function]) -> list[Settings]:
    """The template's enabled event source mappings."""
    by_name = {function.name: function for function in functions.values()}
    found = []
    for logical_id, properties in template.of_type("AWS::Lambda::EventSourceMapping").items():
        if properties.get("Enabled", True) is False:
            continue
        retries = int(properties.get("MaximumRetryAttempts", -1))
        found.append(
            Settings(
                logical_id=logical_id,
                function=by_name[name_in(properties["FunctionName"])],
                source=properties["EventSourceArn"],
                batch_size=int(properties.get("BatchSize", 10 if ":sqs:" in properties["EventSourceArn"] else 100)),
                patterns=tuple(each["Pattern"] for each in properties.get("FilterCriteria", {}).get("Filters", ())),
                partial="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
                bisect=bool(properties.get("BisectBatchOnFunctionError", False)),
                retries=None if retries < 0 else retries,
                on_failure=properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", ""),
            )
        )
    return found


def pump(settings: Settings, invoke: Invoke, sqs: Any, chaos: Chaos = CALM) -> Pump:
    """The pump that a mapping asks for."""
    kind = StreamPump if settings.of_stream else QueuePump
    return kind(settings, invoke, sqs, chaos)


def _reported(answer: Any, known: Sequence[str]) -> set[str]:
    """The identifiers that a function reports as failed; an answer that cannot be understood means all of them."""
    if not answer:
        return set()
    try:
        named = [each["itemIdentifier"] for each in answer.get("batchItemFailures") or []]
    except (KeyError, TypeError, AttributeError):
        return set(known)
    understood = all(name in known for name in named)
    return set(named) if understood else set(known)


class QueuePump:
    """Hands a queue's messages to a function."""

    def __init__(self, settings: Settings, invoke: Invoke, sqs: Any, chaos: Chaos) -> None:
        self.settings = settings
        self.failures: list[Failure] = []
        self._invoke = invoke
        self._sqs = sqs
        self._chaos = chaos
        self._url = cloud.queue(settings.source).physical_resource_id

    def waiting(self) -> int:
        """Messages in the queue, in flight and delayed ones too."""
        return len(cloud.messages(self.settings.source))

    def position(self) -> int:
        """See `Pump`."""
        return 0

    def go_to(self, position: int) -> None:
        """See `Pump`."""

    def step(self) -> bool:
        """Receive one batch, invoke, delete what went well."""
        queue = cloud.queue(self.settings.source)
        with LOCK:
            if not queue.messages:
                return False
            self._chaos.shuffle(queue._messages)
        received = self._receive()
        batch = [message for message in received if passes(_sqs_record(message, self.settings), self.settings.patterns)]
        self._delete([message for message in received if message not in batch])
        if not batch:
            return bool(received)
        failed = self._deliver(batch)
        done = [message for message in batch if message["MessageId"] not in failed]
        for message in self._chaos.twice(done, key=lambda each: str(each["MessageId"])):
            done.remove(message)
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        self._delete(done)
        return True

    def _receive(self) -> list[Record]:
        received: list[Record] = []
        wanted = self._chaos.fewer(self.settings.batch_size)
        while len(received) < wanted:
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(10, wanted - len(received)),
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
                WaitTimeSeconds=0,
            ).get("Messages", [])
            received += answer
            if not answer:
                break
        return received

    def _deliver(self, batch: list[Record]) -> set[str]:
        identifiers = [message["MessageId"] for message in batch]
        event = {"Records": [_sqs_record(message, self.settings) for message in batch]}
        try:
            answer = self._invoke(self.settings.function, event)
        except (Exception, ProcessDied) as error:  # noqa: BLE001 - whatever a function raises, AWS tries again
            self.failures.append(Failure(self.settings.function.name, tuple(identifiers), error))
            return set(identifiers)
        failed = _reported(answer, identifiers) if self.settings.partial else set()
        if failed:
            self.failures.append(Failure(self.settings.function.name, tuple(sorted(failed))))
        return failed

    def _delete(self, messages: Sequence[Record]) -> None:
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


def _sqs_record(message: Record, settings: Settings) -> Record:
    """A received message as Lambda hands it over."""
    attributes = {
        name: {
            "stringValue": value.get("StringValue"),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value["DataType"],
        }
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": settings.source,
        "awsRegion": REGION,
    }


@dataclass(slots=True)
class _Batch:
    records: list[Record]
    tries: int = 0
    """How often it was tried already."""


@dataclass(slots=True)
class _Shard:
    pending: deque[Record] = field(default_factory=deque)
    again: list[_Batch] = field(default_factory=list)
    """Batches that come before anything pending, the next one last."""


class StreamPump:
    """Hands a table's changes to a function, from the beginning of the stream."""

    def __init__(self, settings: Settings, invoke: Invoke, sqs: Any, chaos: Chaos) -> None:
        self.settings = settings
        self.failures: list[Failure] = []
        self._invoke = invoke
        self._sqs = sqs
        self._chaos = chaos
        self._read = 0
        self._shards = [_Shard() for _ in range(chaos.shards)]

    def waiting(self) -> int:
        """Records that are not done, among them those not read yet."""
        self._take_in()
        return sum(len(shard.pending) + sum(len(batch.records) for batch in shard.again) for shard in self._shards)

    def position(self) -> int:
        """See `Pump`."""
        assert not any(shard.pending or shard.again for shard in self._shards), "records are in hand"
        return self._read

    def go_to(self, position: int) -> None:
        """See `Pump`."""
        self._read = position

    def step(self) -> bool:
        """One batch of one shard."""
        self._take_in()
        for shard in self._chaos.any_order(self._shards):
            batch = self._next(shard)
            if batch is not None:
                self._handle(shard, batch)
                return True
        return False

    def _take_in(self) -> None:
        """Read new records of the table, pass over those that no filter wants, sort the rest to their shards."""
        with LOCK:
            stream = cloud.table(name_in(self.settings.source)).stream_shard
            assert stream is not None, f"{self.settings.source} has no stream"
            fresh = [json.loads(json.dumps(each.record, default=_as_json)) for each in stream.items[self._read :]]
            self._read = len(stream.items)
        for record in fresh:
            record["eventSourceARN"] = self.settings.source
            if passes(record, self.settings.patterns):
                partition = json.dumps(next(iter(record["dynamodb"]["Keys"].values()))).encode()
                self._shards[zlib.crc32(partition) % len(self._shards)].pending.append(record)

    def _next(self, shard: _Shard) -> _Batch | None:
        if shard.again:
            return shard.again.pop()
        size = self._chaos.fewer(self.settings.batch_size)
        records = [shard.pending.popleft() for _ in range(min(size, len(shard.pending)))]
        return _Batch(records) if records else None

    def _handle(self, shard: _Shard, batch: _Batch) -> None:
        failed = self._deliver(batch.records)
        if failed is None:
            if self._chaos.again("".join(map(_number, batch.records))):
                shard.again.append(_Batch(batch.records))
            return
        rest = batch.records[failed:]
        if failed:
            # What stands before the first failure is done; the failed record has had one try.
            shard.again.append(_Batch(rest, 1))
        elif self.settings.bisect and len(rest) > 1:
            # Splitting does not count as a try.
            half = len(rest) // 2
            shard.again += [_Batch(rest[half:]), _Batch(rest[:half], batch.tries)]
        elif self.settings.retries is not None and batch.tries >= self.settings.retries:
            self._give_up(rest)
        else:
            shard.again.append(_Batch(rest, batch.tries + 1))

    def _deliver(self, records: Sequence[Record]) -> int | None:
        """Invoke; the index of the first record that failed, or None."""
        numbers = [_number(record) for record in records]
        try:
            answer = self._invoke(self.settings.function, {"Records": list(records)})
        except (Exception, ProcessDied) as error:  # noqa: BLE001 - whatever a function raises, AWS tries again
            self.failures.append(Failure(self.settings.function.name, tuple(numbers), error))
            return 0
        failed = _reported(answer, numbers) if self.settings.partial else set()
        if not failed:
            return None
        self.failures.append(Failure(self.settings.function.name, tuple(sorted(failed))))
        return min(numbers.index(number) for number in failed)

    def _give_up(self, records: Sequence[Record]) -> None:
        if not self.settings.on_failure:
            return
        table = cloud.table(name_in(self.settings.source))
        assert table.stream_shard is not None
        message = {
            "version": "1.0",
            "requestContext": {
                "functionArn": self.settings.function.arn,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": (self.settings.retries or 0) + 1,
            },
            "DDBStreamBatchInfo": {
                "shardId": table.stream_shard.id,
                "startSequenceNumber": _number(records[0]),
                "endSequenceNumber": _number(records[-1]),
                "batchSize": len(records),
                "streamArn": f"{table.table_arn}/stream/{table.latest_stream_label}",
            },
        }
        url = cloud.queue(self.settings.on_failure).physical_resource_id
        self._sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message))


def _number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _as_json(value: Any) -> float | str:
    """Times in stream records are seconds since 1970, binary values are base64."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    seconds: float = value.timestamp()
    return seconds
