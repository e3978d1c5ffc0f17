"""The order log's outbox: each entry on the stream becomes one message per event on the topic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from oms.errors import Unavailable
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.observability import Metric, count

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

MAX_MESSAGE = 240 * 1024
"""Bytes of a message; SNS takes 256 kB with attributes. What is longer is published without `data`."""

MAX_BATCH = 10


def publish(image: dict[str, Any]) -> int:
    """Publish the events of one entry, given as the stream's new image; returns how many there were.

    A repetition publishes them again under the same ids: subscribers tell them by `id`.

    Raises:
        Unavailable: the topic did not take all of them; publish the entry again.
    """
    published = 0
    for batch in _batches(_messages(image)):
        answer = client("sns").publish_batch(TopicArn=settings().events_topic, PublishBatchRequestEntries=batch)
        if answer.get("Failed"):
            codes = ", ".join(sorted({failed.get("Code", "") for failed in answer["Failed"]}))
            raise Unavailable(f"the topic refused {len(answer['Failed'])} of {len(batch)} messages: {codes}")
        published += len(batch)
    count(Metric.EVENTS_PUBLISHED, published)
    return published


def _messages(image: dict[str, Any]) -> Iterator[PublishBatchRequestEntryTypeDef]:
    order_id, seq, channel = image["order_id"]["S"], int(image["seq"]["N"]), image["channel_id"]["S"]
    for index, event in enumerate(json.loads(image["events"]["S"])):
        body = {
            "id": f"{order_id}:{seq}:{index}",
            "order_id": order_id,
            "seq": seq,
            "index": index,
            "at": image["at"]["S"],
            "channel_id": channel,
            **event,
        }
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) > MAX_MESSAGE:
            del body["data"]
            text = json.dumps(body, separators=(",", ":"))
        yield {
            "Id": str(index),
            "Message": text,
            "MessageAttributes": {
                "type": {"DataType": "String", "StringValue": event["type"]},
                "channel": {"DataType": "String", "StringValue": channel},
            },
        }


def _batches(
    messages: Iterable[PublishBatchRequestEntryTypeDef],
) -> Iterator[list[PublishBatchRequestEntryTypeDef]]:
    """At most ten messages that together stay under the limit of one call."""
    batch: list[PublishBatchRequestEntryTypeDef] = []
    size = 0
    for message in messages:
        length = len(message["Message"].encode())
        if batch and (len(batch) == MAX_BATCH or size + length > MAX_MESSAGE):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch
