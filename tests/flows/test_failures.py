"""What cannot be handled is not lost: tried again, then kept apart with an alarm, then brought back by one command."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from infra.redrive import redrive, waiting
from oms.ids import order_id as derive_order_id
from oms.payments.simulated import SimulatedGateway
from tests.support import cloud, state
from tests.support.merchant import WEB, Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.template import STACK
from tests.support.world import World

TEE = [Sale("TEE", 1, "19.90")]


class Lambda:
    """`lambda:Invoke` on the world's own functions."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_arn = {function.arn: function for function in world.functions.values()}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        answer = self._world.runtime.invoke(self._by_arn[FunctionName], json.loads(Payload))
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


class CloudFormation:
    """What the stack consists of: moto did not make it from the template."""

    def __init__(self, world: World) -> None:
        self._queues = {name: world.template.ref(name) for name in world.template.of_type("AWS::SQS::Queue")}

    def get_paginator(self, _operation: str) -> CloudFormation:
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's name
        assert StackName == STACK
        known = [{"LogicalResourceId": name, "PhysicalResourceId": url} for name, url in self._queues.items()]
        return [{"StackResourceSummaries": known}]


def client(world: World) -> Any:
    """What `oms redrive` gets its clients from."""
    own = {"lambda": Lambda(world), "cloudformation": CloudFormation(world)}
    return lambda service: own.get(service) or world.cloud.client(service)


@contextmanager
def broken(target: Any, name: str) -> Iterator[None]:
    """Something does not work for a while."""

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of order")

    with patch.object(target, name, fails):
        yield


def alarms_on(world: World, queue: str) -> list[str]:
    """Names of the alarms that count a queue's visible messages."""
    return [
        alarm["AlarmName"]
        for alarm in world.template.of_type("AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and {"Name": "QueueName", "Value": world.name(queue)} in alarm["Dimensions"]
    ]


def test_a_message_that_always_fails_becomes_a_dead_letter_and_comes_back(merchant: Merchant, world: World) -> None:
    world.failures_expected = True
    order_id = derive_order_id(WEB, "F-1")
    with broken(SimulatedGateway, "authorise"):
        merchant.place(canonical_order("F-1", TEE))
        world.settle()
    assert merchant.order(order_id)["status"] == "placed"
    # `OrderPlaced` and `PaymentRequested` both led to the gateway; each was tried as often as the queue allows.
    assert (world.depth("RouteDeadLetters"), world.depth("RouteQueue")) == (2, 0)
    assert sum(len(failure.identifiers) for failure in world.failures) == 2 * 5
    assert alarms_on(world, "RouteDeadLetters")
    assert waiting(client(world), STACK)["RouteDeadLetters"] == 2

    (done,) = redrive(client(world), STACK, ["route"])
    assert (done.returned, done.failed) == (2, 0)
    world.settle()
    assert world.depth("RouteDeadLetters") == 0
    assert merchant.order(order_id)["status"] == "in_fulfillment"
    assert list(world.charges.values()) == ["authorise 24.80 EUR"]


def test_other_orders_pass_a_message_that_fails(merchant: Merchant, world: World) -> None:
    world.failures_expected = True
    url = world.template.ref("RouteQueue")
    for body in ("not json", "{}", '{"order_id": "o-nobody", "type": "OrderPlaced"}'):
        world.cloud.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    order_id = merchant.sell(canonical_order("F-2", TEE))
    assert merchant.order(order_id)["status"] == "in_fulfillment"
    assert world.depth("RouteDeadLetters") == 3


@pytest.mark.parametrize(
    ("queue", "body"), [("Notify", "?"), ("Fulfill", "?"), ("MailFeedback", '{"eventType": "Bounce", "mail": {}}')]
)
def test_each_queue_keeps_what_it_cannot_read(world: World, queue: str, body: str) -> None:
    world.failures_expected = True
    world.cloud.client("sqs").send_message(QueueUrl=world.template.ref(f"{queue}Queue"), MessageBody=body)
    world.settle()
    assert world.depth(f"{queue}DeadLetters") == 1
    assert alarms_on(world, f"{queue}DeadLetters")


def test_a_relay_that_fails_loses_no_event(merchant: Merchant, world: World) -> None:
    from oms.platform import relay

    world.failures_expected = True
    with broken(relay, "publish"):
        merchant.place(canonical_order("F-3", TEE))
        world.settle()
    order_id = derive_order_id(WEB, "F-3")
    assert world.depth("RelayFailures") == 1
    assert alarms_on(world, "RelayFailures")
    # The order is safe, and shown; only its journey stands still.
    assert merchant.order(order_id)["status"] == "placed"

    (done,) = redrive(client(world), STACK, ["relay"])
    assert (done.returned, done.failed) == (1, 0)
    world.settle()
    merchant.to_the_door(order_id)
    assert merchant.order(order_id)["status"] == "delivered"


def test_views_that_were_not_made_are_made_by_a_redrive(merchant: Merchant, world: World) -> None:
    from oms.platform import views

    world.failures_expected = True
    with broken(views, "put"):
        merchant.place(canonical_order("F-4", TEE))
        world.settle()
    assert merchant.get("/orders?status=in_fulfillment")["orders"] == []
    assert world.depth("ProjectFailures") > 0
    redrive(client(world), STACK, ["project"])
    assert world.depth("ProjectFailures") == 0
    (shown,) = merchant.get("/orders?status=in_fulfillment")["orders"]
    assert shown["order_id"] == derive_order_id(WEB, "F-4")


def test_a_table_that_cannot_be_reached_answers_503_or_500_and_writes_nothing(merchant: Merchant, world: World) -> None:
    from oms.platform.event_log import DynamoOrderLog

    with broken(DynamoOrderLog, "place"):
        answer = world.http("POST", f"/channels/{WEB}/orders", canonical_order("F-5", TEE), key="orders:write")
    assert answer.status == 500
    assert "out of order" not in answer.body
    assert state.logs(world) == {}
    assert merchant.place(canonical_order("F-5", TEE)).status == 201


def test_nothing_is_left_in_any_queue_after_an_ordinary_day(merchant: Merchant, world: World) -> None:
    for number in range(3):
        merchant.to_the_door(merchant.sell(canonical_order(f"F-1{number}", TEE)))
    assert [name for name in world.template.of_type("AWS::SQS::Queue") if cloud.messages(world.name(name))] == []
