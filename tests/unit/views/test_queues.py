"""Work queues: whoever needs a person stands in one, since when they need them, and nobody stands there for nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from oms.errors import InvalidInput, NotFound
from oms.orders import decisions
from oms.orders import events as ev
from oms.orders.events import HoldReason, OrderEvent, TrackingStatus
from oms.orders.evolve import fold
from oms.orders.holding import HoldAssigned
from oms.orders.order import Entry, Order
from oms.payments.disputes import DisputeClosed, DisputeOpened
from oms.platform import views, work_queues
from oms.platform.aws import client
from oms.platform.observability import Metric
from oms.views.queue_shapes import QueueList, QueuePage
from oms.views.queues import HOLDS, Matter, Queue, queues_of
from oms.views.summary import Summary, changed
from tests.support.histories import START, life
from tests.support.orders import line, placed

HOUR = timedelta(hours=1)


def later(entries: list[Entry], *events: OrderEvent, hours: int = 1, actor: str = "route") -> list[Entry]:
    """The same life with one more entry."""
    last = entries[-1]
    fresh = Entry(
        order_id=last.order_id,
        seq=last.seq + 1,
        at=last.at + hours * HOUR,
        actor=actor,
        cause=f"later-{last.seq + 1}",
        events=events,
    )
    return [*entries, fresh]


def begun(order_id: str = "o1", at: datetime = START) -> list[Entry]:
    sold = replace(placed(line("1", "mug", 2, 2000)), external_id=order_id)
    return [Entry(order_id=order_id, seq=1, at=at, actor="test", cause="placed", events=tuple(decisions.place(sold)))]


def queued(entries: list[Entry]) -> dict[Queue, list[Matter]]:
    order = fold(entries)
    assert order is not None
    return queues_of(order)


def held(handle: str, reason: HoldReason, note: str = "") -> ev.OrderHeld:
    return ev.OrderHeld(handle=handle, reason=reason, note=note)


def test_every_reason_for_a_hold_has_its_queue() -> None:
    assert set(HOLDS) == set(HoldReason)


def test_an_order_that_goes_by_itself_stands_in_no_queue() -> None:
    assert queued(begun()) == {}


def test_an_order_stands_in_each_queue_that_it_needs_since_the_first_of_its_reasons() -> None:
    story = later(begun(), held("hold-1", HoldReason.FRAUD), held("hold-2", HoldReason.BAD_ADDRESS))
    story = later(story, held("hold-3", HoldReason.FRAUD))
    found = queued(story)
    assert set(found) == {Queue.FRAUD, Queue.BAD_ADDRESS}
    assert [(each.subject, each.since) for each in found[Queue.FRAUD]] == [
        ("hold-1", START + HOUR),
        ("hold-3", START + 2 * HOUR),
    ]
    story = later(story, ev.HoldReleased(handle="hold-1"), HoldAssigned(handle="hold-3", owner="anna"))
    (left,) = queued(story)[Queue.FRAUD]
    assert (left.since, left.owner, left.actions) == (START + 2 * HOUR, "anna", ("release:hold-3", "assign:hold-3"))


def test_what_ends_a_hold_besides_releasing_it_is_among_its_actions() -> None:
    (wrong,) = queued(later(begun(), held("hold-1", HoldReason.BAD_ADDRESS)))[Queue.BAD_ADDRESS]
    assert "edit_contact" in wrong.actions


@pytest.mark.parametrize(
    ("reason", "actor", "shown"),
    [
        (HoldReason.FRAUD, "route", "said"),
        (HoldReason.FRAUD, "key:anna", ""),
        (HoldReason.MANUAL, "route", ""),
        (HoldReason.UNKNOWN_SKU, "route", "said"),
    ],
)
def test_what_people_write_stays_in_the_log(reason: HoldReason, actor: str, shown: str) -> None:
    ((matter,),) = queued(later(begun(), held("hold-1", reason, "said"), actor=actor)).values()
    assert matter.note == shown


def test_a_cancelled_order_leaves_its_queues_unless_the_channel_took_it_up_again() -> None:
    story = later(begun(), held("hold-1", HoldReason.FRAUD), held("hold-2", HoldReason.CHANNEL_CHANGE))
    gone = ev.CancelledUnits(line_id="1", sku="mug", quantity=2, source=ev.UnitState.OPEN)
    assert set(queued(later(story, ev.UnitsCancelled(units=(gone,))))) == {Queue.EXCEPTIONS}


def test_backordered_units_wait_since_they_were_backordered() -> None:
    (waits,) = queued(life()[:5])[Queue.BACKORDER]
    assert (waits.since, waits.note) == (START + timedelta(minutes=5), "mug")


def test_a_parcel_in_trouble_is_an_exception_until_it_moves_again() -> None:
    def scan(hours: int, status: TrackingStatus) -> ev.ParcelTracked:
        at = START + hours * HOUR
        return ev.ParcelTracked(parcel_id="o1-1-p1", scan_id=f"{hours}", status=status, at=at)

    trouble = later(life()[:14], scan(20, TrackingStatus.EXCEPTION))
    (lost,) = queued(trouble)[Queue.EXCEPTIONS]
    assert (lost.reason, lost.subject, lost.since) == ("parcel_exception", "o1-1-p1", START + 20 * HOUR)
    assert Queue.EXCEPTIONS not in queued(later(trouble, scan(30, TrackingStatus.IN_TRANSIT)))


def test_a_dispute_is_an_exception_until_the_bank_has_decided() -> None:
    payment_id = "channel"
    opened = DisputeOpened(payment_id=payment_id, dispute_id="dp-1", amount=2000, reason="fraudulent")
    story = later(begun(), opened)
    (matter,) = queued(story)[Queue.EXCEPTIONS]
    assert (matter.reason, matter.since, matter.note) == ("dispute", START + HOUR, "fraudulent")
    assert queued(later(story, DisputeClosed(payment_id=payment_id, dispute_id="dp-1", won=True))) == {}


# Orders that are held, released, assigned, backordered and cancelled in any order.

STEPS = st.lists(st.tuples(st.sampled_from(["hold", "release", "assign", "cancel"]), st.integers(0, 9)), max_size=12)


def history(steps: list[tuple[str, int]], order_id: str = "o1", at: datetime = START) -> list[Entry]:
    story = begun(order_id, at)
    for kind, choice in steps:
        order = fold(story)
        assert order is not None
        events = list(_step(order, kind, choice))
        if events:
            story = later(story, *events)
    return story


def _step(order: Order, kind: str, choice: int) -> Iterator[OrderEvent]:
    handles = list(order.holds)
    if kind == "hold" and "hold" in order.actions:
        yield from decisions.hold(order, list(HoldReason)[choice % len(HoldReason)], f"note {choice}")
    elif kind == "release" and handles:
        yield ev.HoldReleased(handle=handles[choice % len(handles)])
    elif kind == "assign" and handles:
        yield HoldAssigned(handle=handles[choice % len(handles)], owner=f"p{choice}")
    elif kind == "cancel" and "cancel" in order.actions:
        yield from decisions.cancel(order, {"1": 1})


def written(story: list[Entry], cuts: list[int]) -> dict[str, Summary]:
    """What is in the views after the projection has followed a history in steps that end at `cuts`."""
    items: dict[str, Summary] = {}
    before: Order | None = None
    done = 0
    for cut in sorted({min(each, len(story)) for each in cuts} | {len(story)}):
        before, summaries = changed(before, story[done:cut])
        items |= {each.sk: each for each in summaries}
        done = cut
    return {sk: item for sk, item in items.items() if sk.startswith("queue#")}


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, cuts=st.lists(st.integers(1, 12), max_size=4))
def test_queues_made_anew_from_the_log_are_those_that_were_kept_up_to_date(
    steps: list[tuple[str, int]], cuts: list[int]
) -> None:
    story = history(steps)
    rebuilt, kept = written(story, []), written(story, cuts)
    assert kept == rebuilt
    listed = {item.index["queue"]: item.index["since"] for item in kept.values() if item.index}
    assert set(listed) == {queue.value for queue in queued(story)}


def shop(count: int) -> dict[str, list[Entry]]:
    """Orders somewhere in a random history, each followed by the projection entry by entry."""
    chance = random.Random(4)  # noqa: S311 - the same orders each time
    found = {}
    for number in range(count):
        kinds = ["hold", "hold", "release", "assign", "cancel"]
        steps = [(chance.choice(kinds), chance.randrange(10)) for _ in range(chance.randrange(8))]
        story = history(steps, f"o{number:02}", START + chance.randrange(40) * HOUR)
        order = None
        for entry in story:
            order, summaries = changed(order, [entry])
            for each in summaries:
                views.put(each, entry.seq)
        found[f"o{number:02}"] = story
    return found


def pages(queue: str, limit: int) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page = views.queued_orders(queue, limit=limit, cursor=cursor)
        TypeAdapter(QueuePage).validate_json(json.dumps({"orders": page.items, "cursor": page.cursor}), strict=True)
        found += page.items
        if page.cursor is None:
            return found
        cursor = page.cursor


@pytest.mark.usefixtures("world")
def test_counts_lists_and_orders_say_the_same() -> None:
    needs = {order_id: queued(story) for order_id, story in shop(30).items()}
    listed = work_queues.states()
    TypeAdapter(QueueList).validate_json(json.dumps({"queues": listed}), strict=True)
    assert sum(each["count"] for each in listed) > 20
    for each in listed:
        wanted = sorted(
            (matters[Queue(each["queue"])][0].since, order_id)
            for order_id, matters in needs.items()
            if each["queue"] in matters
        )
        read = pages(each["queue"], 3)
        assert sorted((datetime.fromisoformat(item["since"]), item["order_id"]) for item in read) == wanted
        assert [item["since"] for item in read] == sorted(item["since"] for item in read)
        assert (each["count"], each["more"]) == (len(wanted), False)
        assert (each["oldest"] and datetime.fromisoformat(each["oldest"])) == (wanted[0][0] if wanted else None)


@pytest.mark.usefixtures("world")
def test_a_count_that_would_read_too_much_says_that_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    shop(30)
    whole = max(work_queues.states(), key=lambda each: each["count"])
    query = client("dynamodb").query
    monkeypatch.setattr(client("dynamodb"), "query", lambda **asked: query(**asked, Limit=1))
    (bounded,) = [each for each in work_queues.states() if each["queue"] == whole["queue"]]
    assert (bounded["count"], bounded["more"]) == (work_queues.MAX_PAGES, True)


@pytest.mark.usefixtures("world")
def test_cloudwatch_is_told_of_every_queue_and_of_the_oldest_work(monkeypatch: pytest.MonkeyPatch) -> None:
    shop(10)
    told: dict[tuple[str, str], float] = {}
    monkeypatch.setattr(
        work_queues, "gauge", lambda metric, value, queue="": told.update({(metric.value, queue): value})
    )
    monkeypatch.setattr(work_queues, "now", lambda: START + 100 * HOUR)
    work_queues.report()
    assert {queue for metric, queue in told if metric == Metric.QUEUE_DEPTH} == {*Queue, work_queues.CHANNEL_WORK}
    assert told[Metric.QUEUE_DEPTH, work_queues.CHANNEL_WORK] == 0
    ages = [told[Metric.QUEUE_AGE, queue] for queue in Queue if queue is not Queue.BACKORDER]
    assert told[Metric.OLDEST_WORK, ""] == max(ages) > 0


@pytest.mark.usefixtures("world")
def test_a_queue_that_there_is_not_and_a_cursor_of_another_are_refused() -> None:
    shop(30)
    with pytest.raises(NotFound):
        views.queued_orders("lunch")
    cursor = views.queued_orders("exceptions", limit=1).cursor
    assert cursor
    with pytest.raises(InvalidInput):
        views.queued_orders("fraud", cursor=cursor)
