"""The relay: one message per event, within the limits of the topic, and nothing lost when it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from oms.errors import Unavailable
from oms.orders import decisions
from oms.orders.order import Entry
from oms.platform import aws, relay
from oms.platform.event_log import order_log
from tests.support.orders import line, placed

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def image(tables: Any, lines: int, title: str = "Mug") -> dict[str, Any]:
    sold = [replace(line(str(n), f"sku-{n}", 1, 100), title=title) for n in range(lines)]
    events = decisions.place(placed(*sold, total=1))
    order_log().place(Entry(order_id="o1", seq=1, at=AT, actor="a", cause="c", events=tuple(events)))
    item: dict[str, Any] = tables.get_item(TableName="test-orders", Key={"order_id": {"S": "o1"}, "seq": {"N": "1"}})[
        "Item"
    ]
    return item


@pytest.fixture
def inbox(tables: Any) -> Any:  # noqa: ARG001 - the world that it stands in
    """A queue that hears everything on the topic; yields a function that takes what it heard."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="test-events")["TopicArn"]
    assert topic == "arn:aws:sns:eu-central-1:123456789012:test-events"
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

    def heard() -> list[dict[str, Any]]:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return [
            {**json.loads(m["Body"]), "attributes": {k: v["StringValue"] for k, v in m["MessageAttributes"].items()}}
            for m in answer.get("Messages", [])
        ]

    return heard


def test_each_event_is_published_with_its_place_in_the_log(tables: Any, inbox: Any) -> None:
    assert relay.publish(image(tables, 1)) == 3
    heard = sorted(inbox(), key=lambda message: message["index"])
    assert [(message["id"], message["type"]) for message in heard] == [
        ("o1:1:0", "OrderPlaced"),
        ("o1:1:1", "PaymentCaptured"),
        ("o1:1:2", "OrderHeld"),
    ]
    assert heard[0]["attributes"] == {"type": "OrderPlaced", "channel": "shop"}
    assert heard[2]["data"]["reason"] == "total_mismatch"
    assert heard[0]["v"] == 1


def test_an_event_too_large_for_the_topic_goes_out_without_its_data(tables: Any, inbox: Any) -> None:
    relay.publish(image(tables, 500, title="x" * 550))
    heard = {message["type"]: message for message in inbox()}
    assert "data" not in heard["OrderPlaced"]
    assert "data" in heard["OrderHeld"]


def test_a_refusal_of_the_topic_is_raised_so_that_the_entry_comes_again(
    tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_image = image(tables, 1)

    class Refusing:
        def publish_batch(self, **_: Any) -> dict[str, Any]:
            return {"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}

    monkeypatch.setattr(relay, "client", lambda _: Refusing())
    with pytest.raises(Unavailable, match="InternalError"):
        relay.publish(new_image)
