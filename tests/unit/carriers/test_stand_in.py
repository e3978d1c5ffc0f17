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
START = datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()
FAST = 20_000.0
"""A journey takes seventeen seconds at most."""

STEP = 0.2
"""Seconds that pass between two rounds."""


class Outside:
    """The topic, and an address that takes webhooks as ours does: it checks the signature and keeps what was said."""

    def __init__(self) -> None:
        self.sns, self.sqs = boto3.client("sns"), boto3.client("sqs")
        self.topic = self.sns.create_topic(Name="order-events")["TopicArn"]
        self.heard: list[Scan] = []
        self.refuse: Callable[[], int] = lambda: 200
        self.tries = 0
        self.time = START

    def clock(self) -> float:
        return self.time

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def post(self, raw: bytes, headers: dict[str, str]) -> int:
        self.tries += 1
        carrier = SimulatedCarrier()
        assert carrier.verify(raw, headers, SECRET, now=self.moment())
        status = self.refuse()
        if status == 200:
            self.heard += carrier.parse(raw)
        return status

    def world(self) -> World:
        return World(
            sqs=self.sqs, sns=self.sns, topic=self.topic, queue_name="oms-carrier", secret=SECRET, post=self.post
        )

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        body = {"id": "x", "type": kind, "at": to_text(self.moment()), "data": data}
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
    monkeypatch.setattr(stand_in, "POLL", 0)
    with mock_aws():
        there = Outside()
        monkeypatch.setattr("moto.sqs.models.unix_time", there.clock)
        monkeypatch.setattr("moto.sqs.models.unix_time_millis", lambda: there.time * 1000)
        yield there


def travel(carrier: StandIn, outside: Outside, true: Callable[[], bool], *, most: float = 120) -> None:
    """Let the carrier work until something is true, in a time of the test's own."""
    begun = outside.time
    carrier.turn()
    while not true():
        assert outside.time < begun + most, "it never came true"
        outside.time += STEP
        carrier.turn()


@pytest.fixture
def carrier(outside: Outside) -> StandIn:
    """A carrier that is open, and works whenever it is let travel."""
    return another(outside)


def another(outside: Outside) -> StandIn:
    carrier = StandIn(outside.world(), speed=FAST, clock=outside.clock)
    carrier.open()
    return carrier


def whole(number: str) -> int:
    """How many scans the parcel's journey has."""
    return len({scan["id"] for posting in plan_journey(number, datetime.now(UTC)) for scan in posting.scans})


def test_every_shipped_parcel_is_delivered_and_its_message_is_done_with(outside: Outside, carrier: StandIn) -> None:
    numbers = [outside.ship(number) for number in range(1, 6)]
    outside.publish("OrderPlaced", {"channel_id": "shop"})
    travel(carrier, outside, lambda: all(outside.statuses(each)[-1:] == [TrackingStatus.DELIVERED] for each in numbers))
    travel(carrier, outside, lambda: outside.left() == 0)
    assert [len(outside.statuses(each)) for each in numbers] == [whole(each) for each in numbers]
    assert carrier.posted == outside.tries


def test_it_carries_by_itself_until_it_is_told_to_stop(outside: Outside) -> None:
    """With its threads and the machine's own time: a journey of a tenth of a second, on the way back."""
    number, done, stop = tracking_number("o1-r1-to-north"), threading.Event(), threading.Event()
    heard = outside.post

    def post(raw: bytes, headers: dict[str, str]) -> int:
        outside.time = time.time()
        status = heard(raw, headers)
        if TrackingStatus.DELIVERED in outside.statuses(number):
            done.set()
        return status

    outside.post = post  # type: ignore[method-assign]
    outside.time = time.time()
    carrier = StandIn(outside.world(), speed=4_000_000)
    carrier.open()
    outside.publish("ReturnLabelIssued", {"return_id": "o1-r1", "tracking_number": number})
    working = threading.Thread(target=carrier.run, args=(stop,))
    working.start()
    assert done.wait(20)
    stop.set()
    working.join(timeout=20)
    assert not working.is_alive()


def test_a_parcel_leaves_with_its_last_event(outside: Outside, carrier: StandIn) -> None:
    outside.ship(1, complete=False)
    other = outside.ship(2)
    travel(carrier, outside, lambda: outside.statuses(other)[-1:] == [TrackingStatus.DELIVERED])
    travel(carrier, outside, lambda: outside.left() == 0)
    assert {scan.tracking_number for scan in outside.heard} == {other}


def test_a_webhook_that_is_not_taken_is_posted_again(outside: Outside, carrier: StandIn) -> None:
    answers = iter([503, 401, 500])
    outside.refuse = lambda: next(answers, 200)
    number = outside.ship(1)
    travel(carrier, outside, lambda: len(outside.statuses(number)) == whole(number))
    travel(carrier, outside, lambda: outside.left() == 0)
    assert next(answers, None) is None


def test_no_answer_at_all_is_asked_again_too(outside: Outside, carrier: StandIn) -> None:
    troubles = iter([ConnectionError("refused"), TimeoutError("slow")])

    def refuse() -> int:
        trouble = next(troubles, None)
        if trouble:
            raise trouble
        return 200

    outside.refuse = refuse
    number = outside.ship(1)
    travel(carrier, outside, lambda: len(outside.statuses(number)) == whole(number))


def test_a_carrier_that_was_ended_goes_on_where_it_was(outside: Outside, carrier: StandIn) -> None:
    number = outside.ship(1)
    travel(carrier, outside, lambda: len(outside.heard) > 0)
    assert TrackingStatus.DELIVERED not in outside.statuses(number)
    assert outside.left() == 1
    after = another(outside)
    travel(after, outside, lambda: len(outside.statuses(number)) == whole(number))
    travel(after, outside, lambda: outside.left() == 0)
    assert outside.statuses(number).count(TrackingStatus.DELIVERED) == 1


def test_a_long_journey_keeps_its_message_from_others(
    outside: Outside, carrier: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand_in, "VISIBILITY", 2)
    number = outside.ship(1)
    travel(carrier, outside, lambda: outside.left() == 0)
    planned = plan_journey(number, datetime.now(UTC))
    assert carrier.posted == len(planned), "no posting was planned a second time"
