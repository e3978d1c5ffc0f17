"""A hundred thousand counts in one file: how many calls they take, and how much memory. Only with `OMS_FULL`.

Levels stand in a table of our own here that knows the two calls a feed makes of it: moto takes a hundredth of a second
for each update. That the expressions are right is shown by `test_feed`, on moto.
"""

from __future__ import annotations

import json
import os
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from oms.orders.log import Caller
from oms.platform import feed_work, setup
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.feed_records import feed_file
from oms.platform.stock_feed import opened, started, state
from oms.setup import Location, Product
from oms.stock.feed import OpenFeed
from tests.support.memory_stack import START
from tests.support.reports import tally
from tests.support.tables import fresh
from tests.support.tables import started as moto_started

pytestmark = pytest.mark.skipif(not os.environ.get("OMS_FULL"), reason="takes two minutes: set OMS_FULL")

SKUS, PLACES = 10_000, 10
LEVELS = SKUS * PLACES
MEASURED = 25
"""Two messages in so many have their memory measured, which makes them slow: the first is the cutting."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """A shop of ten thousand articles at ten places, and the calls that are made from then on."""
    with moto_started() as moto:
        dynamodb = fresh(moto, "stock", "setup", "references")
        client("s3").create_bucket(
            Bucket="test-documents", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        monkeypatch.setenv("OMS_DOCUMENTS_BUCKET", "test-documents")
        monkeypatch.setenv("OMS_FEED_QUEUE", client("sqs").create_queue(QueueName="feed")["QueueUrl"])
        settings.cache_clear()
        for place in range(PLACES):
            setup.put(Location(location_id=f"place-{place}", name="Place", latitude=0, longitude=0))
        for first in range(0, SKUS, 25):
            values = [Product(sku=f"ARTICLE-{number:05}", title="Article") for number in range(first, first + 25)]
            items: Any = [
                {"kind": f"product#{each.sku}", "id": "product", "body": json.dumps(asdict(each)), "version": 1}
                for each in values
            ]
            puts: Any = [
                {"PutRequest": {"Item": {key: _typed(value) for key, value in each.items()}}} for each in items
            ]
            dynamodb.batch_write_item(RequestItems={"test-setup": puts})
        made: Counter[str] = Counter()
        for service in ("dynamodb", "s3", "sqs"):
            _count(service, made, monkeypatch)
        yield made
    settings.cache_clear()


def _typed(value: object) -> dict[str, str]:
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}


class Levels:
    """The stock table, as far as a feed knows it."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Any] = {}

    def batch_get_item(self, keys: list[Any]) -> Any:
        found = (self.items.get((key["sku"]["S"], key["location_id"]["S"])) for key in keys)
        return {"Responses": {"test-stock": [item for item in found if item is not None]}}

    def update_item(self, wish: Any) -> Any:
        key, values = wish["Key"], wish["ExpressionAttributeValues"]
        place = key["sku"]["S"], key["location_id"]["S"]
        before = self.items.get(place, {})
        assert wish["ConditionExpression"].startswith("version = :known" if before else "attribute_not_exists")
        assert before.get("version") == values.get(":known")
        counts = {
            name: {"N": str(int(before.get(name, {"N": "0"})["N"]) + int(values[f":{name}"]["N"]))}
            for name in ("on_hand", "available", "committed")
        }
        version = {"N": str(int(before.get("version", {"N": "0"})["N"]) + 1)}
        self.items[place] = {**key, **counts, "version": version, "feed": values[":feed"], "last": values[":last"]}
        return {"Attributes": self.items[place]}


def _count(service: Any, made: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    of: Any = client(service)
    real, levels = of._make_api_call, Levels()

    def call(name: str, arguments: dict[str, Any]) -> Any:
        table = arguments.get("TableName", "").removeprefix("test-") or ",".join(
            each.removeprefix("test-") for each in arguments.get("RequestItems", ())
        )
        made[f"{name} {table}".strip()] += 1
        if (name, table) == ("UpdateItem", "stock"):
            return levels.update_item(arguments)
        if (name, table) == ("BatchGetItem", "stock"):
            return levels.batch_get_item(arguments["RequestItems"]["test-stock"]["Keys"])
        return real(name, arguments)

    monkeypatch.setattr(of, "_make_api_call", call)


def fed(number: int, changed: int) -> tuple[float, int]:
    """Feed all levels, so many with another count than before; seconds of a processor, and bytes for a message."""
    lines = ["sku,location_id,on_hand\n"]
    for level in range(LEVELS):
        units = number if level < changed else 1
        lines.append(f"ARTICLE-{level // PLACES:05},place-{level % PLACES},{units}\n")
    caller = Caller(actor="wms", cause=f"feed-{number}", clock=lambda: START)
    feed_id = opened(OpenFeed(), caller)["feed_id"]
    client("s3").put_object(Bucket="test-documents", Key=feed_file(feed_id), Body="".join(lines).encode())
    begun, peak, done = time.process_time(), 0, 0
    started(feed_id)
    queue: Any = {"QueueUrl": settings().feed_queue}
    while waiting := client("sqs").receive_message(**queue, MaxNumberOfMessages=10).get("Messages"):
        for each in waiting:
            done += 1
            if done % MEASURED in {1, 2}:
                tracemalloc.start()
            feed_work.handle(json.loads(each["Body"]), "m")
            if tracemalloc.is_tracing():
                peak = max(peak, tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
            client("sqs").delete_message(**queue, ReceiptHandle=each["ReceiptHandle"])
    told = state(feed_id)
    assert (told["status"], told["rows"], told["refused"]) == ("done", LEVELS, 0)
    assert told["created"] + told["updated"] == (LEVELS if number == 1 else changed)
    return time.process_time() - begun, peak


def test_a_hundred_thousand_levels_take_a_write_for_each_that_changes(calls: Counter[str]) -> None:
    for number, changed, writes in ((1, 0, LEVELS), (2, 0, 0), (3, 1000, 1000)):
        calls.clear()
        seconds, peak = fed(number, changed)
        tally(f"feed {number}: {writes} of {LEVELS} levels changed, {{}} s of a processor", round(seconds))
        tally(f"feed {number}: {{}} kB at most for a message", peak // 1024)
        for name, count in sorted(calls.items()):
            tally(f"feed {number}: {{}} {name}", count)
        assert calls["UpdateItem stock"] == writes
        # The first line is the header: one more chunk has the one row that is left over.
        assert calls["BatchGetItem stock"] == LEVELS // 100 + 1
        assert peak < 16 * 1024 * 1024
