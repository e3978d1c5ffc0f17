from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from chalice.app import Chalice
from pydantic import TypeAdapter

from oms.clock import to_text
from oms.orders.evolve import fold
from oms.platform import keys, views
from oms.platform.event_log import _to_item
from oms.views.answers import EventPage, OrderPage
from oms.views.shapes import OrderResource
from oms.views.summary import order_summary, summaries
from tests.support.door import call
from tests.support.functions import load_app_module
from tests.support.histories import CUSTOMER, START, life


@pytest.fixture
def app(world: Any) -> Chalice:
    """The stage's app; order o1 is in the log and in the views."""
    for entry in life():
        world.put_item(TableName="test-orders", Item=_to_item(entry, "shop"))
    order = fold(life())
    assert order is not None
    views.note_day(order_summary(order).index["day"])
    for summary in summaries(order):
        views.put(summary, order.version)
    app: Chalice = load_app_module("insight").app
    return app


@pytest.fixture
def key(app: Chalice) -> str:  # noqa: ARG001 - the world that it stands in
    return keys.issue("desk", ["orders:read"])[0]


def test_an_order_is_shown_with_its_version_as_etag_and_its_contact(app: Chalice, key: str) -> None:
    answer = call(app, "GET", "/orders/o1", key=key)
    assert (answer.status, answer.headers["etag"]) == (200, f'"{len(life())}"')
    assert TypeAdapter(OrderResource).validate_json(answer.body, strict=True) == answer.json
    assert answer.json["contact"]["email"] == CUSTOMER.email


@pytest.mark.parametrize(
    ("minutes", "version", "status"), [(1, 1, "placed"), (2, 2, "held"), (3, 3, "placed"), (11.5, 11, "in_fulfillment")]
)
def test_an_order_is_shown_as_it_stood_at_any_moment(
    app: Chalice, key: str, minutes: float, version: int, status: str
) -> None:
    at = to_text(START + timedelta(minutes=minutes))
    answer = call(app, "GET", f"/orders/o1?at={at}", key=key)
    assert (answer.json["version"], answer.json["status"]) == (version, status)


def test_before_it_was_placed_there_was_no_order(app: Chalice, key: str) -> None:
    assert call(app, "GET", f"/orders/o1?at={to_text(START)}", key=key).problem == "not-found"
    assert call(app, "GET", "/orders/o2", key=key).problem == "not-found"
    assert call(app, "GET", "/orders/o2/events", key=key).problem == "not-found"


def test_a_moment_that_is_none_is_a_problem_that_names_it(app: Chalice, key: str) -> None:
    answer = call(app, "GET", "/orders/o1?at=yesterday", key=key)
    assert (answer.status, answer.json["errors"][0]["path"]) == (422, "at")


def test_orders_are_listed_by_status_and_channel(app: Chalice, key: str) -> None:
    for query, found in {
        "": 1,
        "?status=partially_shipped": 1,
        "?status=held": 0,
        "?channel=shop": 1,
        "?channel=market": 0,
        "?status=partially_shipped&channel=shop&limit=1": 1,
        "?status=partially_shipped&channel=market": 0,
    }.items():
        answer = call(app, "GET", f"/orders{query}", key=key)
        assert TypeAdapter(OrderPage).validate_json(answer.body, strict=True) == answer.json
        assert len(answer.json["orders"]) == found, query
        assert answer.json["cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=-1", "limit=9999999999", "cursor=x"])
def test_a_wrong_page_is_a_problem_that_names_it(app: Chalice, key: str, query: str) -> None:
    for path in ("/orders", "/orders/o1/events"):
        answer = call(app, "GET", f"{path}?{query}", key=key)
        assert (answer.status, answer.json["errors"][0]["path"]) == (422, query.partition("=")[0])


def test_a_status_that_does_not_exist_is_refused_and_the_others_are_named(app: Chalice, key: str) -> None:
    answer = call(app, "GET", "/orders?status=lost", key=key)
    assert (answer.status, answer.json["errors"][0]["path"]) == (422, "status")
    assert "partially_shipped" in answer.json["detail"]


def test_the_audit_trail_is_read_page_by_page(app: Chalice, key: str) -> None:
    seen, cursor = [], ""
    while True:
        answer = call(app, "GET", f"/orders/o1/events?limit=4&cursor={cursor}", key=key)
        assert TypeAdapter(EventPage).validate_json(answer.body, strict=True) == answer.json
        seen += [event["id"] for event in answer.json["events"]]
        cursor = answer.json["cursor"]
        if cursor is None:
            break
    assert seen == [f"o1:{entry.seq}:{index}" for entry in life() for index in range(len(entry.events))]


@pytest.mark.parametrize("path", ["/orders", "/orders/o1", "/orders/o1/events"])
def test_nothing_is_read_without_the_scope(app: Chalice, path: str) -> None:
    writer, _ = keys.issue("shop", ["orders:write"])
    assert call(app, "GET", path).problem == "unauthenticated"
    assert call(app, "GET", path, key=writer).problem == "forbidden"
