"""Batches of queue messages and stream records, one at a time, answered with what failed and must come again.

The event source mapping must have `FunctionResponseTypes: [ReportBatchItemFailures]`; without it a partial failure
counts as success. Why not the batch processor of Powertools: see docs/decisions.md.

A batch ends before its time does: a function that is stopped in the middle has done nothing that counts, and the same
messages would come again together until they are dead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from oms.errors import OmsError
from oms.platform.observability import flush, logger

Json = dict[str, Any]
BatchAnswer = dict[str, list[dict[str, str]]]
"""`{"batchItemFailures": [{"itemIdentifier": …}]}`: what Lambda asks for; an empty list means that all went well."""

KEPT = 0.5
"""The part of a function's time that one record may take: with less of it left, no other one is begun."""


_RECEIVED: ContextVar[int] = ContextVar("received", default=1)


class Timed(Protocol):
    """What Lambda tells a function about its time."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is stopped."""
        ...


def sqs_batch(
    event: Mapping[str, Any],
    context: Timed,
    handle: Callable[[Json, str], None],
    *,
    read: Callable[[str], Json] = json.loads,
) -> BatchAnswer:
    """Handle each message of an SQS batch with its body, as `read` understands it, and its message id.

    A message whose handling raises is reported alone: the queue gives it out again, at last to its dead-letter queue.
    So are those for which there was no time.
    """
    failed: list[str] = []
    records, late = event["Records"], _late(context)
    for at, record in enumerate(records):
        if at and late():
            failed += [each["messageId"] for each in records[at:]]
            logger().warning("batch_cut_short", handled=at, left=len(records) - at)
            break
        given_out = _RECEIVED.set(int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)))
        with _reported(record["messageId"], failed, _message_keys(record)):
            handle(read(record["body"]), record["messageId"])
        _RECEIVED.reset(given_out)
    return _answer(failed)


def received() -> int:
    """How often the queue has given out the message that is handled, this time among them; 1 where there is none."""
    return _RECEIVED.get()


def stream_batch(event: Mapping[str, Any], context: Timed, handle: Callable[[Json], None]) -> BatchAnswer:
    """Handle the records of a DynamoDB stream's batch in their order, and stop at the first that fails, or comes late.

    The stream then begins again at that record, so no record is handled before one that came earlier in its shard.
    """
    failed: list[str] = []
    records, late = event["Records"], _late(context)
    for at, record in enumerate(records):
        if at and late():
            failed.append(record["dynamodb"]["SequenceNumber"])
            logger().warning("batch_cut_short", handled=at, left=len(records) - at)
            break
        with _reported(record["dynamodb"]["SequenceNumber"], failed, _stream_keys(record)):
            handle(record)
        if failed:
            break
    return _answer(failed)


def _late(context: Timed) -> Callable[[], bool]:
    """Whether too little is left of the time that is there now."""
    needed = KEPT * context.get_remaining_time_in_millis()
    return lambda: context.get_remaining_time_in_millis() < needed


@contextmanager
def _reported(identifier: str, failed: list[str], keys: Mapping[str, str]) -> Iterator[None]:
    """Log with `keys` on each line; log the cause of a failure and add `identifier` to `failed` instead of raising."""
    with logger().append_context_keys(**keys):
        try:
            yield
        except OmsError as error:
            failed.append(identifier)
            logger().warning("record_failed", problem=error.problem, detail=error.detail)
        except Exception:  # noqa: BLE001 - whatever one record does, its neighbours are handled; logged whole
            failed.append(identifier)
            logger().exception("record_failed")


def _message_keys(record: Mapping[str, Any]) -> dict[str, str]:
    keys = {
        "message_id": record["messageId"],
        "attempt": record.get("attributes", {}).get("ApproximateReceiveCount", ""),
    }
    try:
        body = json.loads(record["body"])
    except ValueError:
        return keys  # handling fails on it in a moment, and says so
    return keys | {"order_id": body["order_id"]} if isinstance(body, dict) and "order_id" in body else keys


def _stream_keys(record: Mapping[str, Any]) -> dict[str, str]:
    keys = {name: str(*value.values()) for name, value in record["dynamodb"].get("Keys", {}).items()}
    return {"record_id": record.get("eventID", ""), **keys}


def _answer(failed: list[str]) -> BatchAnswer:
    flush()
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
