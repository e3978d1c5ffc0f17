"""Batches: what fails comes again, what went well does not, and a stream keeps its order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from oms.errors import Unavailable
from oms.platform.batch import received, sqs_batch, stream_batch
from oms.platform.observability import logger


@dataclass
class Clock:
    """Ten seconds of a function, of which each record takes `each`."""

    left: int = 10_000
    each: int = 0

    def get_remaining_time_in_millis(self) -> int:
        return self.left

    def handle(self, *_: object) -> None:
        self.left -= self.each


IN_TIME = Clock()


def message(number: int, body: str | None = None) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "body": body if body is not None else json.dumps({"order_id": f"o{number}"}),
        "attributes": {"ApproximateReceiveCount": "2"},
    }


def record(number: int) -> dict[str, Any]:
    keys = {"order_id": {"S": f"o{number}"}, "seq": {"N": "1"}}
    return {"eventID": f"e{number}", "dynamodb": {"SequenceNumber": f"s{number}", "Keys": keys}}


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_only_the_messages_that_failed_come_again() -> None:
    def handle(body: dict[str, Any], _message_id: str) -> None:
        if body["order_id"] in {"o2", "o4"}:
            raise Unavailable("the gateway does not answer")

    answer = sqs_batch({"Records": [message(n) for n in range(1, 6)]}, IN_TIME, handle)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}, {"itemIdentifier": "m4"}]}


def test_every_message_is_handled_with_its_body_and_id_when_one_before_it_fails() -> None:
    seen = []

    def handle(body: dict[str, Any], message_id: str) -> None:
        seen.append((body["order_id"], message_id))
        raise KeyError("anything at all")

    sqs_batch({"Records": [message(1), message(2)]}, IN_TIME, handle)
    assert seen == [("o1", "m1"), ("o2", "m2")]


@pytest.mark.parametrize("body", ["", "not json", "[1]", '"text"', "null"])
def test_a_body_that_is_no_event_fails_alone(body: str) -> None:
    answer = sqs_batch({"Records": [message(1, body), message(2)]}, IN_TIME, lambda body, _: body["order_id"])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_a_body_is_read_as_the_handler_asks() -> None:
    seen = []
    plain = {"Records": [message(1, "plain words")]}
    sqs_batch(plain, IN_TIME, lambda body, _id: seen.append(body), read=lambda text: {"it": text})
    assert seen == [{"it": "plain words"}]


def test_who_handles_a_message_can_ask_how_often_it_came() -> None:
    seen = list[int]()
    first = {name: value for name, value in message(1).items() if name != "attributes"}
    sqs_batch({"Records": [message(2), first]}, IN_TIME, lambda *_: seen.append(received()))
    assert seen == [2, 1]
    assert received() == 1, "after the batch there is no message"


def test_a_batch_without_failures_says_so() -> None:
    assert sqs_batch({"Records": [message(1)]}, IN_TIME, lambda _body, _id: None) == {"batchItemFailures": []}
    assert stream_batch({"Records": [record(1)]}, IN_TIME, lambda _: None) == {"batchItemFailures": []}


def test_a_stream_stops_at_its_first_failure_and_begins_there_again() -> None:
    seen = []

    def handle(found: dict[str, Any]) -> None:
        seen.append(found["eventID"])
        if found["eventID"] == "e2":
            raise Unavailable("SNS is throttling")

    answer = stream_batch({"Records": [record(n) for n in (1, 2, 3)]}, IN_TIME, handle)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "s2"}]}
    assert seen == ["e1", "e2"]


def test_a_batch_ends_before_its_time_and_what_was_done_counts() -> None:
    clock = Clock(each=3_000)
    answer = sqs_batch({"Records": [message(n) for n in range(1, 6)]}, clock, clock.handle)
    assert answer == {"batchItemFailures": [{"itemIdentifier": f"m{n}"} for n in (3, 4, 5)]}


def test_a_stream_that_is_late_begins_again_where_it_stopped() -> None:
    clock = Clock(each=3_000)
    answer = stream_batch({"Records": [record(n) for n in range(1, 6)]}, clock, clock.handle)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "s3"}]}


@pytest.mark.parametrize("left", [10_000, 1])
def test_the_first_is_always_handled(left: int) -> None:
    clock = Clock(left=left, each=20_000)
    answer = sqs_batch({"Records": [message(1), message(2)]}, clock, clock.handle)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}]}


def test_a_process_that_dies_is_not_mistaken_for_a_failed_message() -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sqs_batch({"Records": [message(1)]}, IN_TIME, dies)


def test_the_cause_of_a_failure_is_logged_with_the_order_and_the_attempt(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "batch")  # a logger of its own, on this test's standard output
    logger.cache_clear()

    def handle(body: dict[str, Any], _message_id: str) -> None:
        if body["order_id"] == "o1":
            raise Unavailable("the carrier does not answer")
        if body["order_id"] == "o2":
            raise ValueError("unforeseen")
        logger().info("done")

    sqs_batch({"Records": [message(n) for n in (1, 2, 3)]}, IN_TIME, handle)
    expected, unforeseen, done = log_lines(capsys)
    assert (expected["order_id"], expected["message_id"], expected["attempt"]) == ("o1", "m1", "2")
    assert (expected["level"], expected["detail"]) == ("WARNING", "the carrier does not answer")
    assert (unforeseen["level"], unforeseen["exception_name"]) == ("ERROR", "ValueError")
    assert unforeseen["order_id"] == "o2"
    assert done["order_id"] == "o3"
    logger().info("after the batch")
    (after,) = log_lines(capsys)
    assert "order_id" not in after
    logger.cache_clear()
