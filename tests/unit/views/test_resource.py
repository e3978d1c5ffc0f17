from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from oms.clock import to_text
from oms.errors import InvalidInput, NotFound
from oms.orders.evolve import fold
from oms.orders.order import Order
from oms.views.answers import EventPage
from oms.views.resource import event_resources, order_resource
from oms.views.shapes import OrderResource
from oms.views.summary import summaries
from oms.views.trail import event_page, moment
from tests.support.histories import CUSTOMER, START, life


def order(until: int = 99) -> Order:
    folded = fold(life()[:until])
    assert folded is not None
    return folded


def eur(amount: int) -> dict[str, object]:
    return {"amount": amount, "currency": "EUR"}


def test_an_order_shows_where_each_of_its_units_is() -> None:
    shown = order_resource(order())
    assert {line["line_id"]: line["units"] for line in shown["lines"]} == {
        "1": {"backordered": 1, "delivered": 2},
        "2": {"allocated": 1, "cancelled": 1},
    }
    assert all(sum(line["units"].values()) == line["quantity"] for line in shown["lines"])
    assert shown["status"] == "partially_shipped"
    assert shown["version"] == len(life())


def test_money_is_minor_units_with_their_currency() -> None:
    shown = order_resource(order())
    assert shown["total"] == eur(5290)
    assert shown["due"] == eur(5290 - 600)
    assert shown["lines"][0]["net"] == eur(3000)
    assert shown["charges"][0]["net"] == eur(490)


def test_the_states_of_the_payment_are_derived_from_its_ledger() -> None:
    before, after = order_resource(order(5))["payment"], order_resource(order())["payment"]
    assert (before["authorised"], before["charged"]) == ("full", "full")
    assert (after["authorised"], after["charged"]) == ("over", "over"), "a cancelled unit was paid for"
    assert after["payments"][0]["captured"] == eur(5290)
    assert after["payments"][0]["status"] == "captured"


def test_fulfillment_orders_show_what_can_be_done_with_them_now() -> None:
    shown = {each["location_id"]: each for each in order_resource(order(8))["fulfillment_orders"]}
    assert (shown["wien"]["status"], shown["wien"]["actions"]) == ("accepted", ["pick", "reject"])
    assert (shown["graz"]["status"], shown["graz"]["actions"]) == ("open", ["accept", "reject"])


def test_scans_are_told_in_the_order_of_the_journey_not_of_their_coming() -> None:
    (parcel,) = order_resource(order())["parcels"]
    assert [scan["status"] for scan in parcel["scans"]] == ["in_transit", "out_for_delivery"]
    assert (parcel["tracking_number"], parcel["lines"]) == ("SIM-o1-1-p1", {"1": 2})
    assert parcel["delivered_at"] == to_text(START + timedelta(hours=6))


def test_a_held_order_says_why_and_how_it_is_released() -> None:
    shown = order_resource(order(2))
    assert shown["status"] == "held"
    assert [(hold["handle"], hold["reason"]) for hold in shown["holds"]] == [("hold-1", "manual")]
    assert "release:hold-1" in shown["actions"]


def personal() -> list[str]:
    return [CUSTOMER.email, CUSTOMER.phone, "Lovelace", "Graben"]


def test_personal_data_is_shown_only_where_it_is_asked_for() -> None:
    assert order_resource(order(), contact=True)["contact"] is not None
    without = json.dumps(order_resource(order()))
    assert not [each for each in personal() if each in without]


def test_lists_and_the_audit_trail_have_no_personal_data() -> None:
    listed = json.dumps([[each.body, dict(each.index)] for each in summaries(order())])
    told = json.dumps([event for entry in life() for event in event_resources(entry)])
    assert not [each for each in personal() if each in listed + told]
    assert "please call" not in json.dumps([[each.body] for each in summaries(order(2))]), "notes may name people"


@pytest.mark.parametrize("until", range(1, len(life()) + 1))
def test_what_is_rendered_has_the_shape_that_the_documentation_shows(until: int) -> None:
    shown = json.dumps(order_resource(order(until), contact=True))
    assert TypeAdapter(OrderResource).validate_json(shown, strict=True) == json.loads(shown)


def pages(limit: int) -> list[Any]:
    found, cursor = [], ""
    while True:
        page = event_page("o1", life(), limit=limit, cursor=cursor)
        TypeAdapter(EventPage).validate_json(json.dumps(page), strict=True)
        found.append(page["events"])
        if page["cursor"] is None:
            return found
        cursor = page["cursor"]


@pytest.mark.parametrize("limit", [1, 2, 5, 16, 17, 18, 100])
def test_the_trail_is_the_same_whatever_the_size_of_its_pages(limit: int) -> None:
    whole = [event for entry in life() for event in event_resources(entry)]
    read = pages(limit)
    assert [event for page in read for event in page] == whole
    assert all(len(page) == limit for page in read[:-1])
    assert read[-1], "the last page is not empty"


def test_an_event_of_the_trail_says_what_when_who_and_why() -> None:
    held = event_resources(life()[1])[0]
    assert {name: held[name] for name in ("id", "seq", "index", "actor", "cause", "type", "v")} == {
        "id": "o1:2:0",
        "seq": 2,
        "index": 0,
        "actor": "test",
        "cause": "cause-2",
        "type": "OrderHeld",
        "v": 1,
    }
    assert held["at"] == to_text(START + timedelta(minutes=2))
    assert held["data"]["reason"] == "manual"


@pytest.mark.parametrize(("limit", "cursor"), [(0, ""), (101, ""), (5, "o1:99:0"), (5, "nonsense")])
def test_a_page_that_cannot_be_is_refused(limit: int, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        event_page("o1", life(), limit=limit, cursor=cursor)


def test_the_trail_of_no_order_is_not_found() -> None:
    with pytest.raises(NotFound):
        event_page("o2", [], limit=5, cursor="")


def test_a_moment_may_have_any_offset() -> None:
    assert moment("2026-03-02T10:00:00+01:00") == START
    assert moment("2026-03-02T09:00:00Z") == START
    assert moment("") is None


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01T00:00:00Z", "2026-03-02T10:00:00 01:00", "9" * 400])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        moment(text)
