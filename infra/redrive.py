"""Returns dead letters to their queue, and batches that a stream's reader gave up on to the reader.

A message is deleted from the dead letters only after its queue has it; a batch only after its reader has handled it.
So a redrive may be stopped and started again: at worst something is handled twice, which changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from infra.deploy import resources

ClientOf = Callable[[str], Any]
"""Makes a boto3 client of a service."""

DEAD_LETTERS = "DeadLetters"
FAILURES = "Failures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redriven:
    """What became of one queue of unhandled things."""

    queue: str
    """Its name in the template without its ending: `Route`, `Relay`."""
    returned: int
    failed: int
    """Batches whose reader failed on them again, or that the stream no longer has; they stay."""


def waiting(client: ClientOf, stack: str) -> dict[str, int]:
    """How much lies in each queue of dead letters or failed batches, by its name in the template."""
    sqs = client("sqs")
    return {name: _count(sqs, url) for name, url in sorted(_queues(client, stack).items())}


def redrive(client: ClientOf, stack: str, names: list[str]) -> list[Redriven]:
    """Return what lies in the queues named, or in all of them.

    Raises:
        KeyError: there is no such queue.
    """
    queues = _queues(client, stack)
    wanted = {_full(name, queues) for name in names} or set(queues)
    return [
        _return_batches(client, name, queues[name])
        if name.endswith(FAILURES)
        else _return_messages(client, stack, name, queues[name])
        for name in sorted(wanted)
    ]


def _queues(client: ClientOf, stack: str) -> dict[str, str]:
    known = resources(client("cloudformation"), stack)
    return {name: url for name, url in known.items() if name.endswith((DEAD_LETTERS, FAILURES))}


def _full(name: str, queues: dict[str, str]) -> str:
    plain = name.replace("-", "").lower()
    for full in queues:
        if plain in {full.lower(), full.removesuffix(DEAD_LETTERS).removesuffix(FAILURES).lower()}:
            return full
    raise KeyError(f"there is no queue {name!r}; there are {', '.join(sorted(queues))}")


def _count(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(told[name]) for name in names)


def _messages(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """What lies in a queue now; what arrives meanwhile is for the next time."""
    for _ in range(_count(sqs, url)):
        received = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=1, MessageAttributeNames=["All"], VisibilityTimeout=30
        ).get("Messages", [])
        if not received:
            return
        yield received[0]


def _return_messages(client: ClientOf, stack: str, name: str, url: str) -> Redriven:
    sqs, queue = client("sqs"), name.removesuffix(DEAD_LETTERS)
    home = resources(client("cloudformation"), stack)[f"{queue}Queue"]
    returned = 0
    for message in _messages(sqs, url):
        attributes = {
            key: {field: value[field] for field in ("DataType", "StringValue", "BinaryValue") if field in value}
            for key, value in message.get("MessageAttributes", {}).items()
        }
        sqs.send_message(QueueUrl=home, MessageBody=message["Body"], MessageAttributes=attributes)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        returned += 1
    return Redriven(queue=queue, returned=returned, failed=0)


def _return_batches(client: ClientOf, name: str, url: str) -> Redriven:
    sqs = client("sqs")
    returned, failed = 0, []
    for message in _messages(sqs, url):
        told = json.loads(message["Body"])
        records = _records(client("dynamodbstreams"), told["DDBStreamBatchInfo"])
        if records and _handled(client("lambda"), told["requestContext"]["functionArn"], records):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            returned += 1
        else:
            failed.append(message["ReceiptHandle"])
    for receipt in failed:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
    return Redriven(queue=name.removesuffix(FAILURES), returned=returned, failed=len(failed))


def _records(streams: Any, batch: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a failed batch, read again from the stream, which keeps them for a day."""
    try:
        iterator = streams.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )["ShardIterator"]
    except streams.exceptions.TrimmedDataAccessException:
        return []
    last, found = int(batch["endSequenceNumber"]), []
    while iterator:
        answer = streams.get_records(ShardIterator=iterator)
        found += [r for r in answer["Records"] if int(r["dynamodb"]["SequenceNumber"]) <= last]
        if not answer["Records"] or len(found) < len(answer["Records"]):
            break
        iterator = answer.get("NextShardIterator")
    return [record | {"eventSourceARN": batch["streamArn"]} for record in found]


def _handled(functions: Any, arn: str, records: list[dict[str, Any]]) -> bool:
    answer = functions.invoke(FunctionName=arn, Payload=json.dumps({"Records": records}, default=_plain).encode())
    if "FunctionError" in answer:
        return False
    return not json.loads(answer["Payload"].read() or b"{}").get("batchItemFailures")


def _plain(value: Any) -> Any:
    """Times and bytes of boto3 as a stream's event has them."""
    if isinstance(value, bytes):
        from base64 import b64encode

        return b64encode(value).decode()
    return value.timestamp()
