from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms.errors import InvalidInput
from oms.orders.evolve import fold
from oms.orders.order import Entry
from oms.platform import cache, projection, views
from oms.platform.event_log import _from_item, _to_item
from oms.platform.observability import Metric
from oms.views.summary import order_summary, summaries
from tests.support.functions import Context
from tests.support.histories import START, life

pytestmark = pytest.mark.usefixtures("world")

LIFE = life()
CALL = Context("project", "call")


class Log:
    """A log as far as it has come; `project` reads nothing else of it."""

    def __init__(self, *entries: Entry) -> None:
        self.known = entries

    def entries(self, order_id: str) -> list[Entry]:
        return [entry for entry in self.known if entry.order_id == order_id]

    def place(self, entry: Entry) -> Entry:
        raise AssertionError(entry)

    def append(self, before: Any, entry: Entry, *, references: Any = ()) -> None:
        raise AssertionError((before, entry, references))


def batch(*entries: Entry) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventID": f"{entry.order_id}-{entry.seq}",
                "dynamodb": {"SequenceNumber": f"{number}", "NewImage": _to_item(entry, "shop")},
            }
            for number, entry in enumerate(entries, 1)
        ]
    }


def deliver(log: Log, *entries: Entry) -> None:
    assert projection.project(log, batch(*entries), CALL) == {"batchItemFailures": []}


def state(world: Any) -> dict[tuple[str, str], Any]:
    """The views but for `as_of`, which says only how new the order was when an item was written."""
    items = world.scan(TableName="test-views")["Items"]
    return {
        (item["pk"]["S"], item["sk"]["S"]): {name: value for name, value in item.items() if name != "as_of"}
        for item in items
    }


def expected(entries: list[Entry]) -> dict[tuple[str, str], Any]:
    return {(each.pk, each.sk): dict(each.index) for each in summaries(fold(entries))}


def empty(world: Any) -> None:
    cache.forget_all()
    for item in world.scan(TableName="test-views")["Items"]:
        world.delete_item(TableName="test-views", Key={"pk": item["pk"], "sk": item["sk"]})


def test_an_entry_as_the_stream_hands_it_over_is_read_back() -> None:
    assert [_from_item(_to_item(entry, "shop")) for entry in LIFE] == LIFE


def test_an_order_read_along_its_life_is_always_shown_as_it_is(world: Any) -> None:
    for seq in range(1, len(LIFE) + 1):
        deliver(Log(*LIFE[:seq]), LIFE[seq - 1])
        # What an order is not in any more stays as an item that no index has.
        shown = {key: item for key, item in state(world).items() if key[0] != "days" and item["body"] != {"S": "{}"}}
        assert {
            key: {name: value["S"] for name, value in item.items() if name not in {"pk", "sk", "body"}}
            for key, item in shown.items()
        } == expected(LIFE[:seq])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_records_twice_late_and_in_any_order_end_in_one_state(world: Any, data: st.DataObject) -> None:
    """Each record is delivered at least once, in batches of any size, while the log has come any way beyond it."""
    empty(world)
    deliver(Log(*LIFE), *LIFE)
    wanted = state(world)
    empty(world)
    records = data.draw(st.permutations([*LIFE, *data.draw(st.lists(st.sampled_from(LIFE), max_size=8))]))
    while records:
        size = data.draw(st.integers(1, 5))
        now, records = records[:size], records[size:]
        known = data.draw(st.integers(max(entry.seq for entry in now), len(LIFE)))
        # When nothing comes any more, the log has come to its end: the last to be handled sees all of it.
        deliver(Log(*LIFE[: known if records else len(LIFE)]), *now)
    assert state(world) == wanted


def test_a_slow_process_never_puts_back_an_older_state(world: Any) -> None:
    """It read the order when it was held, and writes after another has handled the same entry and the next."""
    deliver(Log(*LIFE), *LIFE)
    wanted = state(world)
    for seq in range(1, len(LIFE)):
        stale = fold(LIFE[:seq])
        for summary in summaries(stale):
            views.put(summary, seq)
    assert state(world) == wanted


def test_an_item_that_did_not_change_is_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(Log(*LIFE[:8]), *LIFE[:8])
    written = []
    monkeypatch.setattr(views, "put", lambda summary, as_of, **_: written.append((summary.sk, as_of)))
    deliver(Log(*LIFE[:9]), LIFE[8])
    assert written == [("order", 9), ("fulfillment#o1-1", 9)]


def test_one_order_is_read_once_for_all_its_records_in_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    other = life("o2")
    log = Log(*LIFE, *other)
    reads: list[str] = []
    monkeypatch.setattr(log, "entries", lambda order_id: reads.append(order_id) or Log(*LIFE, *other).entries(order_id))
    deliver(log, *(entry for pair in zip(LIFE, other, strict=True) for entry in pair))
    assert reads == ["o1", "o2"]


def test_a_record_that_fails_is_reported_and_the_next_time_done(world: Any) -> None:
    assert projection.project(Log(*LIFE[:2]), batch(LIFE[0]), CALL)["batchItemFailures"] == []
    impossible = Log(LIFE[0], replace(LIFE[8], seq=2))
    answer = projection.project(impossible, batch(replace(LIFE[8], seq=2)), CALL)
    assert answer["batchItemFailures"] == [{"itemIdentifier": "1"}]
    deliver(Log(*LIFE), *LIFE[1:])
    assert state(world)["order#o1", "order"]["status"] == {"S": "partially_shipped"}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    monkeypatch.setattr(projection, "count", lambda metric, value=1: found.setdefault(metric, []).append(value))
    monkeypatch.setattr(
        projection,
        "count_money",
        lambda metric, amount, currency: found.setdefault(f"{metric} {currency}", []).append(amount),
    )
    return found


def test_the_life_of_an_order_is_counted_for_the_dashboards(counted: dict[str, list[float]]) -> None:
    deliver(Log(*LIFE), *LIFE)
    assert counted == {
        Metric.PAYMENTS_CAPTURED: [1],
        Metric.ORDERS_HELD: [1],
        Metric.UNITS_ALLOCATED: [3],
        Metric.UNITS_BACKORDERED: [1],
        Metric.ORDERS_CONFIRMED: [1],
        f"{Metric.REVENUE} EUR": [5290],
        Metric.TIME_TO_CONFIRM: [6 * 60],
        Metric.PARCELS_SHIPPED: [1],
        Metric.TIME_TO_SHIP: [11 * 60],
        Metric.PARCELS_DELIVERED: [1],
        Metric.TIME_TO_DELIVER: [6 * 3600 - 60],
    }


def test_test_orders_are_no_business(counted: dict[str, list[float]]) -> None:
    first = LIFE[0].events[0]
    trial = [replace(LIFE[0], events=(replace(first, test=True), *LIFE[0].events[1:])), *LIFE[1:]]
    deliver(Log(*trial), *trial)
    assert counted == {}


def shop(count: int) -> None:
    """Orders of two channels over some days, some at the same instant, each somewhere in its life."""
    chance = random.Random(1)  # noqa: S311 - the same orders each time
    for number in range(count):
        order = fold(
            life(
                f"o{number:03}",
                channel_id=chance.choice(["shop", "market"]),
                placed_at=START + timedelta(hours=6 * chance.randrange(40)),
            )[: chance.choice([1, 2, 4, 8])]
        )
        assert order is not None
        views.note_day(order_summary(order).index["day"])
        for summary in summaries(order):
            views.put(summary, order.version)


def walk(limit: int, **filters: Any) -> list[list[dict[str, Any]]]:
    found, cursor = [], ""
    while True:
        page = views.orders(limit=limit, cursor=cursor, **filters)
        found.append(list(page.items))
        if page.cursor is None:
            return found
        cursor = page.cursor


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"status": "held"},
        {"status": "placed"},
        {"channel_id": "market"},
        {"status": "held", "channel_id": "market"},
        {"status": "cancelled"},
    ],
)
def test_every_order_is_listed_once_and_the_newest_first(world: Any, filters: dict[str, str]) -> None:
    shop(60)
    for limit in (3, 30, 59, 60, 61):
        read = walk(limit, **filters)
        listed = [item for page in read for item in page]
        wanted = [
            body["order_id"]
            for body in (json.loads(item["body"]["S"]) for key, item in state(world).items() if key[1] == "order")
            if all(body[name] == value for name, value in filters.items())
        ]
        assert sorted(item["order_id"] for item in listed) == sorted(wanted)
        assert [item["placed_at"] for item in listed] == sorted((i["placed_at"] for i in listed), reverse=True)
        assert all(len(page) == limit for page in read[:-1])
        assert read[-1] or len(read) == 1


def test_a_location_sees_its_work_oldest_first_status_by_status() -> None:
    shop(40)
    read, cursor = [], ""
    while True:
        page = views.fulfillment_orders("wien", ["open", "accepted"], limit=3, cursor=cursor)
        read += page.items
        if page.cursor is None:
            break
        cursor = page.cursor
    assert [item["location_id"] for item in read] == ["wien"] * len(read)
    assert [item["status"] for item in read] == sorted((item["status"] for item in read), reverse=True)
    for status in ("open", "accepted"):
        times = [item["allocated_at"] for item in read if item["status"] == status]
        assert times
        assert times == sorted(times)


def test_a_list_that_few_pass_ends_its_page_early_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    shop(60)
    whole = [item["order_id"] for page in walk(100, status="held", channel_id="market") for item in page]
    monkeypatch.setattr(views, "MAX_QUERIES", 1)
    monkeypatch.setattr(views, "MAX_LIMIT", 2)
    read = walk(2, status="held", channel_id="market")
    assert [item["order_id"] for page in read for item in page] == whole
    assert any(len(page) < 2 for page in read[:-1])


def test_the_cursor_of_another_list_is_refused() -> None:
    shop(20)
    by_day = views.orders(limit=1).cursor
    by_status = views.orders(limit=1, status="held").cursor
    assert by_day
    assert by_status
    for cursor, filters in ((by_day, {"status": "held"}), (by_status, {}), (by_status, {"status": "placed"})):
        with pytest.raises(InvalidInput):
            views.orders(limit=1, cursor=cursor, **filters)


@pytest.mark.parametrize(
    "cursor", ["x", "e30", "W10", "Ww==", "WyJieV9kYXkiLDEsMiwzLDRd", "W1tdLDEsMiwzLDRd", "é", "ÿ" * 9]
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        views.orders(cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_page_has_one_to_a_hundred_items(limit: int) -> None:
    with pytest.raises(InvalidInput):
        views.orders(limit=limit)
