"""The pumps do what AWS does: a handler that would fail there fails here, and nothing is lost or done for it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from oms.platform.aws import client
from tests.support import cloud, toy
from tests.support.chaos import Chaos
from tests.support.recorder import Moment, ProcessDied
from tests.support.world import Stuck, World

Event = dict[str, Any]
Fails = Callable[[str], bool]


class Handler:
    """Remembers what it was given and fails where it is told to, the way a good handler does: by reporting it."""

    def __init__(self, fails: Fails = lambda _: False, *, raises: bool = False) -> None:
        self.batches: list[list[str]] = []
        self.done: list[str] = []
        self._fails = fails
        self._raises = raises

    def __call__(self, event: Event, _context: object) -> Event:
        bodies = {_identifier(record): _text(record) for record in event["Records"]}
        self.batches.append(list(bodies.values()))
        failed = []
        for identifier, body in bodies.items():
            if self._fails(body):
                if self._raises:
                    raise ValueError(body)
                failed.append(identifier)
                if "dynamodb" in event["Records"][0]:
                    break
            else:
                self.done.append(body)
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}


def _identifier(record: Event) -> str:
    return str(record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"])


def _text(record: Event) -> str:
    return str(record["dynamodb"]["Keys"]["number"]["N"] if "dynamodb" in record else record["body"])


def times(body: str, count: int) -> Fails:
    """Fails for one body, the first `count` times."""
    left = Counter({body: count})

    def fails(given: str) -> bool:
        left[given] -= 1
        return left[given] >= 0

    return fails


@contextmanager
def toy_world(handler: Handler, *, chaos: Chaos | None = None, **settings: Any) -> Iterator[World]:
    """A world of the toy template, with one handler for both of its functions."""
    with World(toy.template(**settings), **({"chaos": chaos} if chaos else {})) as world:
        world.runtime.use("work", handler)
        world.runtime.use("read", handler)
        yield world


def send(world: World, *bodies: str, kind: str = "Wanted", delay: int = 0) -> None:
    """Send messages to the topic, or with a delay to the queue itself."""
    for body in bodies:
        if delay:
            world.cloud.client("sqs").send_message(
                QueueUrl=world.template.ref("WorkQueue"), MessageBody=body, DelaySeconds=delay
            )
        else:
            world.cloud.client("sns").publish(
                TopicArn=world.template.ref("News"),
                Message=body,
                MessageAttributes={"type": {"DataType": "String", "StringValue": kind}},
            )


def put(world: World, *numbers: int, kind: str = "a") -> None:
    """Write items whose stream records the numbers tell apart."""
    for number in numbers:
        world.cloud.client("dynamodb").put_item(
            TableName="toy-things", Item={"kind": {"S": kind}, "number": {"N": str(number)}}
        )


def test_a_queue_hands_out_batches_of_the_templates_size() -> None:
    handler = Handler()
    with toy_world(handler) as world:
        send(world, *"abcdefghij")
        world.settle()
        assert [len(batch) for batch in handler.batches] == [4, 4, 2]
        assert world.depth("WorkQueue") == 0


def test_only_messages_that_the_filter_policy_wants_arrive() -> None:
    handler = Handler()
    with toy_world(handler) as world:
        send(world, "a")
        send(world, "b", kind="Unwanted")
        world.settle()
        assert handler.done == ["a"]


def test_a_message_reported_as_failed_comes_again_and_its_neighbours_do_not() -> None:
    handler = Handler(times("b", 1))
    with toy_world(handler) as world:
        send(world, *"abcd")
        world.settle()
        assert sorted(handler.done) == ["a", "b", "c", "d"]
        assert handler.batches == [["a", "b", "c", "d"], ["b"]]
        assert len(world.failures) == 1


def test_a_failed_message_waits_for_its_visibility_time() -> None:
    handler = Handler(times("a", 1))
    with toy_world(handler) as world:
        send(world, "a")
        before = world.clock.instant
        world.settle(wait=False)
        assert handler.done == []
        world.settle()
        assert handler.done == ["a"]
        assert (world.clock.instant - before).total_seconds() == pytest.approx(60, abs=5)


def test_without_report_batch_item_failures_a_partial_failure_counts_as_success() -> None:
    handler = Handler(times("b", 1))
    with toy_world(handler, on_queue={"FunctionResponseTypes": []}) as world:
        send(world, *"abc")
        world.settle()
        assert sorted(handler.done) == ["a", "c"]


def test_a_function_that_raises_gets_the_whole_batch_again() -> None:
    handler = Handler(times("b", 1), raises=True)
    with toy_world(handler) as world:
        send(world, *"abc")
        world.settle()
        assert handler.batches == [["a", "b", "c"], ["a", "b", "c"]]


def test_an_answer_that_names_unknown_messages_fails_the_whole_batch() -> None:
    seen = []

    def handler(event: Event, _context: object) -> Event:
        seen.append(len(event["Records"]))
        return {"batchItemFailures": [{"itemIdentifier": "nobody"}] if len(seen) == 1 else []}

    with World(toy.template()) as world:
        world.runtime.use("work", handler)
        send(world, "a", "b")
        world.settle()
    assert seen == [2, 2]


def test_a_message_that_always_fails_is_a_dead_letter_after_its_last_receive() -> None:
    handler = Handler(lambda body: body == "poison")
    with toy_world(handler) as world:
        send(world, "poison", "good")
        world.settle()
        assert handler.done == ["good"]
        assert sum("poison" in batch for batch in handler.batches) == 3
        assert (world.depth("WorkQueue"), world.depth("Dead")) == (0, 1)


def test_a_delayed_message_arrives_when_its_time_has_come() -> None:
    handler = Handler()
    with toy_world(handler) as world:
        send(world, "later", delay=600)
        before = world.clock.instant
        world.settle(wait=False)
        assert handler.done == []
        world.settle()
        assert handler.done == ["later"]
        assert (world.clock.instant - before).total_seconds() == pytest.approx(600, abs=5)


def test_what_comes_sooner_is_delivered_sooner() -> None:
    handler = Handler()
    with toy_world(handler) as world:
        send(world, "second", delay=600)
        send(world, "first", delay=5)
        world.settle()
        assert handler.done == ["first", "second"]


def test_a_stream_comes_in_order_and_in_batches() -> None:
    handler = Handler()
    with toy_world(handler) as world:
        put(world, *range(10))
        world.settle()
        assert handler.batches == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9"]]


def test_a_stream_goes_on_at_the_first_record_that_failed() -> None:
    handler = Handler(times("2", 1))
    with toy_world(handler) as world:
        put(world, *range(6))
        world.settle()
        assert handler.batches == [["0", "1", "2", "3"], ["2", "3"], ["4", "5"]]
        assert handler.done == list("012345")


def test_nothing_overtakes_a_failed_record_of_its_shard() -> None:
    handler = Handler(times("0", 2))
    with toy_world(handler, on_stream={"BatchSize": 1}) as world:
        put(world, 0, 1)
        world.settle()
        assert handler.batches == [["0"], ["0"], ["0"], ["1"]]


def test_a_batch_of_a_stream_is_given_up_after_its_tries_and_told_to_the_destination() -> None:
    handler = Handler(lambda number: number == "1")
    with toy_world(handler) as world:
        put(world, *range(6))
        world.settle()
        # Without bisecting, what stands behind the record in its batch goes with it.
        assert handler.done == ["0", "4", "5"]
        assert world.depth("GivenUp") == 1
        told = json.loads(cloud.messages("toy-given-up")[0].body)
        assert told["DDBStreamBatchInfo"]["batchSize"] == 3


def test_bisecting_leaves_only_the_bad_record_behind() -> None:
    handler = Handler(lambda number: number == "1")
    with toy_world(handler, on_stream={"BisectBatchOnFunctionError": True}) as world:
        put(world, *range(6))
        world.settle()
        assert handler.done == ["0", "2", "3", "4", "5"]
        assert json.loads(cloud.messages("toy-given-up")[0].body)["DDBStreamBatchInfo"]["batchSize"] == 1


def test_bisecting_after_an_exception_finds_the_bad_record() -> None:
    handler = Handler(lambda number: number == "1", raises=True)
    with toy_world(handler, on_stream={"BisectBatchOnFunctionError": True}) as world:
        put(world, *range(4))
        world.settle()
        assert set(handler.done) == {"0", "2", "3"}
        assert world.depth("GivenUp") == 1


def test_a_stream_passes_over_what_its_filter_does_not_want() -> None:
    handler = Handler()
    pattern = json.dumps({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["b"]}}}})
    with toy_world(handler, on_stream={"FilterCriteria": {"Filters": [{"Pattern": pattern}]}}) as world:
        put(world, 1, 2)
        put(world, 3, kind="b")
        world.settle()
        assert handler.done == ["3"]


def test_a_message_that_never_ends_is_named() -> None:
    handler = Handler(lambda _: True)
    with toy_world(handler, on_stream={"MaximumRetryAttempts": -1}) as world:
        put(world, 1)
        with pytest.raises(Stuck, match="ReadTrigger has 1"):
            world.settle()


def test_chaos_loses_nothing_and_delivers_again() -> None:
    handler = Handler()
    with toy_world(handler, chaos=Chaos(seed=4)) as world:
        send(world, *map(str, range(100, 130)))
        for kind in "abcdef":
            put(world, *range(10), kind=kind)
        world.settle()
        assert set(handler.done) == {*map(str, range(100, 130)), *map(str, range(10))}
        assert len(handler.done) > 90
        assert handler.done != sorted(handler.done)


def test_chaos_of_one_seed_is_always_the_same() -> None:
    runs = []
    for _ in range(2):
        handler = Handler()
        with toy_world(handler, chaos=Chaos(seed=7)) as world:
            send(world, *"abcdefgh")
            world.settle()
        runs.append(handler.batches)
    assert runs[0] == runs[1]


def test_chaos_keeps_the_order_of_one_partition() -> None:
    handler = Handler()
    with toy_world(handler, chaos=Chaos(seed=3, again=0.0)) as world:
        put(world, *range(12))
        world.settle()
        assert handler.done == [str(n) for n in range(12)]


@pytest.mark.parametrize("moment", list(Moment))
def test_a_process_that_dies_at_a_call_gets_its_batch_again(moment: Moment) -> None:
    written = []

    def handler(event: Event, _context: object) -> Event:
        for record in event["Records"]:
            try:
                client("dynamodb").put_item(
                    TableName="toy-things", Item={"kind": {"S": record["body"]}, "number": {"N": "1"}}
                )
                written.append(record["body"])
            except Exception as error:  # noqa: BLE001 - a handler that survives everything it can
                written.append(repr(error))
        return {"batchItemFailures": []}

    with World(toy.template()) as world:
        world.runtime.use("work", handler)
        world.runtime.use("read", Handler())
        send(world, "a", "b")
        world.recorder.die_at(1, moment)
        world.settle()
        assert written == ["a", "a", "b"]
        assert isinstance(world.failures[0].error, ProcessDied)
        calls = [(call.function, call.operation) for call in world.recorder.calls]
        assert calls == [("Work", "PutItem")] * 4
        assert [item["kind"] for item in world.items("Things")] == ["a", "b"]


def test_a_function_sees_its_own_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_LEFT_OVER", "from the shell")
    seen = {}

    def handler(event: Event, _context: object) -> Event:
        import os

        kind = "read" if "dynamodb" in event["Records"][0] else "work"
        seen[kind] = {name: value for name, value in os.environ.items() if name.startswith("OMS_")}
        return {"batchItemFailures": []}

    with World(toy.template()) as world:
        world.runtime.use("work", handler)
        world.runtime.use("read", handler)
        send(world, "a")
        put(world, 1)
        world.settle()
    assert seen == {
        "work": {"OMS_STACK": "toy", "OMS_ONLY": "work"},
        "read": {"OMS_STACK": "toy", "OMS_ONLY": "read"},
    }
