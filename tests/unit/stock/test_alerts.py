"""Low stock and oversupply: told once per crossing, with a margin before it may ring again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from oms.errors import InvalidInput
from oms.orders.log import Caller
from oms.platform import setup
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.stock_alerts import alerts, watch
from oms.platform.stock_counts import set_on_hand
from oms.setup import Product, Thresholds
from oms.stock.alerts import AlertKind, changes, judged, margin
from oms.stock.levels import Level, SkuStock
from tests.support.memory_stack import START
from tests.support.tables import fresh, started

LIMITS = Thresholds(low_stock=10, oversupply=50)
MUG = Product(
    sku="MUG",
    title="Mug",
    low_stock=10,
    oversupply=50,
    location_low_stock=4,
    thresholds={"rome": Thresholds(low_stock=None, oversupply=30)},
)


def rings(course: list[int]) -> list[tuple[int, AlertKind]]:
    """At which moments of a course of stock somebody is told."""
    standing, told = None, []
    for moment, available in enumerate(course):
        after = judged(available, LIMITS, standing)
        if after is not None and after is not standing:
            told.append((moment, after))
        standing = after
    return told


def test_going_back_and_forth_about_a_threshold_rings_once() -> None:
    assert rings([12, 11, 10, 11, 10, 9, 11, 10]) == [(2, AlertKind.LOW_STOCK)]
    assert rings([49, 50, 49, 46, 50]) == [(1, AlertKind.OVERSUPPLY)]


def test_after_recovery_it_rings_again() -> None:
    assert rings([10, 12, 10]) == [(0, AlertKind.LOW_STOCK), (2, AlertKind.LOW_STOCK)]
    assert rings([50, 44, 50]) == [(0, AlertKind.OVERSUPPLY), (2, AlertKind.OVERSUPPLY)]


def test_a_threshold_of_nothing_ends_with_the_first_unit() -> None:
    sold_out = Thresholds(low_stock=0)
    assert judged(0, sold_out, None) is AlertKind.LOW_STOCK
    assert judged(1, sold_out, AlertKind.LOW_STOCK) is None


@given(st.lists(st.integers(min_value=-5, max_value=70), max_size=40))
def test_between_two_alerts_of_a_kind_stock_has_left_the_threshold_by_the_margin(course: list[int]) -> None:
    told = rings(course)
    for (first, kind), (second, again) in pairwise(told):
        between = course[first : second + 1]
        if kind is again is AlertKind.LOW_STOCK:
            assert max(between) > 10 + margin(10)
        if kind is again is AlertKind.OVERSUPPLY:
            assert min(between) < 50 - margin(50)
    assert bool(told) == any(available <= 10 or available >= 50 for available in course)


def stock(**available: int) -> SkuStock:
    levels = (Level(sku="MUG", location_id=place, available=units) for place, units in available.items())
    return SkuStock(sku="MUG", levels=tuple(levels))


def test_each_location_is_judged_by_its_own_thresholds_and_all_of_them_together() -> None:
    found = changes(MUG, stock(berlin=4, milan=5, rome=1), {})
    assert [(each.location_id, each.kind, each.threshold) for each in found] == [
        ("", AlertKind.LOW_STOCK, 10),
        ("berlin", AlertKind.LOW_STOCK, 4),
    ]
    standing = {each.location_id: each.kind for each in found if each.kind}
    found = changes(MUG, stock(berlin=6, milan=5, rome=30), standing | {"closed": AlertKind.LOW_STOCK})
    assert [(each.location_id, each.kind) for each in found] == [
        ("", None),
        ("berlin", None),
        ("rome", AlertKind.OVERSUPPLY),
        ("closed", None),
    ]


@pytest.fixture(scope="module")
def moto() -> Iterator[mock_aws]:
    with started() as cloud:
        yield cloud


@pytest.fixture
def heard(moto: mock_aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Tables, the topic, and a function that says what a subscriber has been told since the last time."""
    fresh(moto, "stock", "setup", "views")
    topic = client("sns").create_topic(Name="test-stock-alerts")["TopicArn"]
    queue = client("sqs").create_queue(QueueName="buyer")["QueueUrl"]
    arn = "arn:aws:sqs:eu-central-1:123456789012:buyer"
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    monkeypatch.setenv("OMS_STOCK_ALERTS_TOPIC", topic)
    settings.cache_clear()
    setup.put(MUG)

    def told() -> list[dict[str, Any]]:
        messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ())
        for message in messages:
            client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    yield told
    settings.cache_clear()


def moved(units: int, cause: str, place: str = "berlin") -> int:
    set_on_hand("MUG", place, units, Caller(actor="test", cause=cause, clock=lambda: START))
    return watch("MUG", [cause], START)


def test_the_topic_is_told_once_and_the_alert_stands_until_stock_has_recovered(heard: Any) -> None:
    assert moved(40, "c1") == 0
    assert moved(10, "c2") == 1
    (alert,) = heard()
    assert alert == {
        "id": "MUG:*:low_stock:2026-03-02T09:00:00.000000Z",
        "kind": "low_stock",
        "sku": "MUG",
        "title": "Mug",
        "location_id": None,
        "available": 10,
        "threshold": 10,
        "since": "2026-03-02T09:00:00.000000Z",
    }
    assert (moved(9, "c3"), moved(11, "c4"), watch("MUG", ["c2"], START)) == (0, 0, 0)
    assert alerts().items == (alert,)
    assert moved(2, "c5") == 1
    assert [each["location_id"] for each in heard()] == ["berlin"]
    assert len(alerts("low_stock").items) == 2
    assert moved(12, "c6") == 0
    assert alerts().items == ()
    assert (moved(60, "c7"), [each["kind"] for each in heard()]) == (1, ["oversupply"])
    assert alerts("low_stock").items == ()


def test_what_was_begun_and_not_told_is_told_when_the_record_comes_again(
    heard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = settings().stock_alerts_topic
    monkeypatch.setenv("OMS_STOCK_ALERTS_TOPIC", topic + "-gone")
    settings.cache_clear()
    with pytest.raises(Exception, match="NotFound"):
        moved(10, "c1")
    monkeypatch.setenv("OMS_STOCK_ALERTS_TOPIC", topic)
    settings.cache_clear()
    assert watch("MUG", ["c0", "c1"], START) == 1
    assert watch("MUG", ["c1"], START) == 0
    assert len(heard()) == 1


def test_a_product_that_nobody_watches_costs_no_more_than_a_look_at_its_set_up(heard: Any) -> None:
    setup.put(Product(sku="MUG", title="Mug"))
    assert moved(0, "c1") == 0
    assert heard() == []


@pytest.mark.usefixtures("heard")
def test_there_are_two_kinds_of_alerts() -> None:
    with pytest.raises(InvalidInput):
        alerts("worry")
