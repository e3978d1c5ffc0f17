"""What a merchandiser hears of the stack: alerts about stock, by a queue that subscribes to their topic."""

from __future__ import annotations

import json
import threading
from typing import Any
from uuid import uuid4

from infra.demo.api import Json
from infra.local import Cloud


class Alarms:
    """A subscriber of its own for each run; the queue goes with `close`."""

    def __init__(self, cloud: Cloud) -> None:
        self._sqs: Any = cloud.client("sqs")
        self._sns: Any = cloud.client("sns")
        self._queue = self._sqs.create_queue(QueueName=f"{cloud.stack}-demo-{uuid4().hex[:8]}")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        queue, topic = attributes["QueueArn"], cloud.names["StockAlertsTopic"]
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": _policy(queue, topic)})
        self._subscription = self._sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=queue,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        self._lock = threading.Lock()
        self._heard: dict[str, Json] = {}

    def about(self, sku: str) -> list[Json]:
        """The alerts about a sku that came so far; one that came twice has one id."""
        with self._lock:
            answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            for message in answer.get("Messages", ()):
                alert = json.loads(message["Body"])
                self._heard[alert["id"]] = alert
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            return [each for each in self._heard.values() if each["sku"] == sku]

    def close(self) -> None:
        """Listen no longer."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._sqs.delete_queue(QueueUrl=self._queue)


def _policy(queue: str, topic: str) -> str:
    """The topic, and nobody else, may send to the queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
