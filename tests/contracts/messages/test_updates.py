"""The messages of the queue of updates: what is sent lies on disk, and its reader does what lies there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oms.errors import NotFound
from oms.platform import channel_stock, outbox_table, telling
from oms.platform.outbox_table import Waiting
from oms.setup import Channel, Platform

SHOP = Channel(channel_id="shop", platform=Platform.SHOPIFY, name="Shop")


def example(name: str) -> Any:
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))


class Queue:
    """The queue, which keeps what is sent, and nothing else of AWS."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> None:  # noqa: N803 - as boto3 names them
        assert QueueUrl
        self.sent += [json.loads(each["MessageBody"]) for each in Entries]

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - as boto3 names them
        assert QueueUrl
        self.sent.append(json.loads(MessageBody))


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()

    class Settings:
        updates_queue = "updates"

    for module in (telling, channel_stock):
        monkeypatch.setattr(module, "client", lambda _: made)
        monkeypatch.setattr(module, "settings", Settings)
    return made


def test_an_order_that_is_due_is_sent_and_taken_in_hand_by_the_moment_it_names(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = example("UpdateDue")
    one = Waiting(channel_id=due["channel_id"], order_id=due["order_id"], since=due["seen"], next_at=due["seen"])
    telling.ask([one], probe=True)
    assert queue.sent == [due]
    taken: list[tuple[str, ...]] = []
    monkeypatch.setattr(telling, "channel", lambda _: SHOP)
    monkeypatch.setattr(outbox_table, "take", lambda *named: taken.append(named[:3]))
    telling.handle(due, "from-the-queue")
    assert taken == [(due["channel_id"], due["order_id"], due["seen"])]


def test_stock_that_moved_is_worked_out_by_its_shard(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    shards: list[int] = []
    monkeypatch.setattr(channel_stock, "spread", lambda shard: shards.append(shard) or ["shop"])
    telling.handle(example("StockMoved"), "from-the-queue")
    assert shards == [example("StockMoved")["shard"]]
    assert queue.sent == [{key: value for key, value in example("LevelsDue").items() if key != "probe"}]


def test_levels_that_are_due_are_told_to_the_channel_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Channel, bool]] = []
    monkeypatch.setattr(channel_stock.setup, "channel", lambda _: SHOP)
    monkeypatch.setattr(channel_stock, "tell_levels", lambda known, *, probe: told.append((known, probe)))
    telling.handle(example("LevelsDue"), "from-the-queue")
    assert told == [(SHOP, True)]


def test_a_resync_goes_on_where_its_message_says(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[Any] = []
    monkeypatch.setattr(channel_stock.setup, "channel", lambda _: SHOP)
    monkeypatch.setattr(channel_stock, "_page", lambda after: pages.append(after) or ([], None))
    telling.handle(example("StockResync"), "from-the-queue")
    assert pages == [example("StockResync")["after"]]
    assert [each["type"] for each in queue.sent] == ["LevelsDue"]


def test_a_channel_that_is_gone_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(channel_id: str) -> Channel:
        raise NotFound(channel_id)

    monkeypatch.setattr(telling, "channel", gone)
    telling.handle(example("UpdateDue"), "from-the-queue")
