"""The carrier of the local cloud: it hears of parcels, tells their journeys, and survives what it meets on the way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra import carrier as stand_in
from infra.carrier import StandIn, World
from oms.carriers.protocol import Scan
from oms.carriers.simulated import SimulatedCarrier, tracking_number
from oms.carriers.simulated_journey import plan_journey
from oms.clock import to_text
from oms.orders.events import TrackingStatus

SECRET = "sesame-open"
SHARE = "oabc-1"
FAST = 200_000.0
"""A journey takes a second at most."""


class Outside:
    """The topic, and an address that takes webhooks as ours does: it checks the signature and keeps what was said."""

    def __init__(self) -> None:
        self.sns, self.sqs = boto3.client("sns"), boto3.client("sqs")
        self.topic = self.sns.create_topic(Name="order-events")["TopicArn"]
        self.heard: list[Scan] = []
        self.refuse: Callable[[], int] = lambda: 200
        self.tries = 0

    def post(self, raw: bytes, headers: dict[str, str]) -> int:
        self.tries += 1
        carrier = SimulatedCarrier()
        assert carrier.verify(raw, headers, SECRET, now=datetime.now(UTC))
        status = self.refuse()
        if status == 200:
            self.heard += carrier.parse(raw)
        return status

    def world(self) -> World:
        return World(
            sqs=self.sqs, sns=self.sns, topic=self.topic, queue_name="oms-carrier", secret=SECRET, post=self.post
        )

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        body = {"id": "x", "type": kind, "at": to_text(datetime.now(UTC)), "data": data}
        self.sns.publish(
            TopicArn=self.topic,
            Message=json.dumps(body),
            MessageAttributes={"type": {"DataType": "String", "StringValue": kind}},
        )

    def ship(self, number: int, *, complete: bool = True) -> str:
        parcel = f"{SHARE}-p{number}"
        self.publish("UnitsShipped", {"parcel_id": parcel} | ({} if complete else {"complete": False}))
        return tracking_number(parcel)

    def statuses(self, number: str) -> list[TrackingStatus]:
        """What was said of a parcel, each scan once, by its own time."""
        scans = {scan.scan_id: scan for scan in list(self.heard) if scan.tracking_number == number}
        return [scan.status for scan in sorted(scans.values(), key=lambda scan: scan.at)]

    def left(self) -> int:
        """Messages that the carrier has not done with."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.sqs.get_queue_url(QueueName="oms-carrier")["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield Outside()


class Working:
    """A carrier at work in a thread of its own, until the block ends."""

    def __init__(self, outside: Outside, speed: float = FAST) -> None:
        self.carrier = StandIn(outside.world(), speed=speed)
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self.carrier.run, args=(self.stop,))

    def __enter__(self) -> StandIn:
        self.carrier.open()
        self._thread.start()
        return self.carrier

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()


def wait_for(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def whole(number: str) -> int:
    """How many scans the parcel's journey has."""
    return len({scan["id"] for posting in plan_journey(number, datetime.now(UTC)) for scan in posting.scans})


def test_every_shipped_parcel_is_delivered_and_its_message_is_done_with(outside: Outside) -> None:
    with Working(outside) as carrier:
        numbers = [outside.ship(number) for number in range(1, 6)]
        outside.publish("OrderPlaced", {"channel_id": "shop"})
        wait_for(lambda: all(outside.statuses(each)[-1:] == [TrackingStatus.DELIVERED] for each in numbers))
        wait_for(lambda: outside.left() == 0)
    assert [len(outside.statuses(each)) for each in numbers] == [whole(each) for each in numbers]
    assert carrier.posted == outside.tries


def test_a_parcel_with_a_label_for_the_way_back_travels_too(outside: Outside) -> None:
    number = tracking_number("o1-r1-to-north")
    with Working(outside):
        outside.publish("ReturnLabelIssued", {"return_id": "o1-r1", "tracking_number": number})
        wait_for(lambda: TrackingStatus.DELIVERED in outside.statuses(number))


def test_a_parcel_leaves_with_its_last_event(outside: Outside) -> None:
    with Working(outside):
        outside.ship(1, complete=False)
        other = outside.ship(2)
        wait_for(lambda: outside.statuses(other)[-1:] == [TrackingStatus.DELIVERED])
        wait_for(lambda: outside.left() == 0)
    assert {scan.tracking_number for scan in outside.heard} == {other}


def test_a_webhook_that_is_not_taken_is_posted_again(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in, "LONGEST_PAUSE", 0.05)
    answers = iter([503, 401, 500])
    outside.refuse = lambda: next(answers, 200)
    with Working(outside):
        number = outside.ship(1)
        wait_for(lambda: len(outside.statuses(number)) == whole(number))
        wait_for(lambda: outside.left() == 0)
    assert next(answers, None) is None


def test_no_answer_at_all_is_asked_again_too(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in, "LONGEST_PAUSE", 0.05)
    troubles = iter([ConnectionError("refused"), TimeoutError("slow")])

    def refuse() -> int:
        trouble = next(troubles, None)
        if trouble:
            raise trouble
        return 200

    outside.refuse = refuse
    with Working(outside):
        number = outside.ship(1)
        wait_for(lambda: len(outside.statuses(number)) == whole(number))


def test_a_carrier_that_was_ended_goes_on_where_it_was(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in, "VISIBILITY", 1)
    with Working(outside, speed=20_000):
        number = outside.ship(1)
        wait_for(lambda: len(outside.heard) > 0)
    assert TrackingStatus.DELIVERED not in outside.statuses(number)
    assert outside.left() == 1
    with Working(outside, speed=20_000):
        wait_for(lambda: len(outside.statuses(number)) == whole(number))
        wait_for(lambda: outside.left() == 0)
    assert outside.statuses(number).count(TrackingStatus.DELIVERED) == 1


def test_a_long_journey_keeps_its_message_from_others(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in, "VISIBILITY", 2)
    with Working(outside, speed=20_000) as carrier:
        number = outside.ship(1)
        wait_for(lambda: outside.left() == 0)
    planned = plan_journey(number, datetime.now(UTC))
    assert carrier.posted == len(planned), "no posting was planned a second time"
