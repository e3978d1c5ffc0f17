"""The demonstration ends well, and so it does when processes are killed meanwhile."""

from __future__ import annotations

import pytest

from infra.demo.people import HOMES
from infra.demo.platforms import PLATFORM
from infra.demo.report import Report, report_of
from infra.demo.run import Plan, Run
from infra.demo.sale import Form
from infra.local import Cloud

ORDERS = 51
"""All episodes, and two plain orders."""


def performed(cloud: Cloud, plan: Plan) -> Report:
    """The report of a run."""
    run = Run(cloud, plan, lambda _: None)
    return report_of(run.run(), run.post.messages())


@pytest.fixture(scope="module")
def report(cloud: Cloud) -> Report:
    """A small run in which worker processes die: everything must end as it would without that."""
    return performed(cloud, Plan(orders=ORDERS, seed=3, kills=2, patience=400))


def test_every_order_ends_where_it_should_though_workers_are_killed(report: Report) -> None:
    assert report.wrong == []
    assert report.workers_killed > 0
    assert report.orders == ORDERS


def test_orders_come_from_nine_channels_and_in_at_least_four_currencies(report: Report) -> None:
    assert set(report.by_form) == set(Form)
    assert set(report.by_currency) <= {home.currency for home in HOMES}
    assert len(report.by_currency) >= 4


def test_the_report_shows_what_the_demonstration_is_for(report: Report) -> None:
    shown = {episode["name"] for episode in report.episodes}
    assert {"split over two places", "backorder filled by a delivery", "unknown sku", "payment declined"} <= shown
    assert all(row["adds_up"] for row in report.stock)
    assert all(row["charged"] - row["refunded"] == row["units"] + row["charges"] for row in report.money)
    assert set(report.messages) == {"mail", "sms"}
    assert {language for kinds in report.messages["mail"].values() for language in kinds} == {
        "en",
        "de",
        "it",
        "fr",
        "es",
    }
    assert set(report.dead_letters.values()) == {0}
    assert report.as_json()["ok"] is True


def test_the_second_act_shows_what_happens_after_the_sale(report: Report) -> None:
    shown = [row["episode"] for row in report.after_sale]
    second = ["cancelled in part", "edited", "held for fraud", "sent back", "exchanged", "exchanged", "disputed"]
    assert shown == second
    assert all(row["as_declared"] for row in report.after_sale)
    for row in report.after_sale:
        assert row["left"] == row["charged"] - row["refunded"] - row["moved"] - row["lost"]
    by_name = {row["episode"]: row for row in report.after_sale}
    assert by_name["sent back"]["refunded"] > 0
    assert by_name["disputed"]["left"] == 0
    assert sum(row["restocked"] for row in report.stock) == 2
    assert {"order_changed", "refund_made", "return_approved", "return_received"} <= set(report.messages["mail"])


def test_the_third_act_shows_where_orders_are_sent_from_and_why(report: Report) -> None:
    sent = {}
    for row in report.third_act:
        assert row["as_declared"], row
        sent.setdefault(row["episode"], []).append(row["sent_from"])
    assert sent["split over two places"][0] == ["hamburg", "osaka"]
    assert sent["fetched in the store"] == [["lyon"]]
    assert sent["preorder filled by a purchase order"] == [["hamburg"], ["hamburg"]]
    assert sent["stock runs low"] == [["leeds"], ["leeds"]]
    (second,) = sent["rejected, and sourced again"]
    first, decided = report.explanation["decisions"]
    (refused,) = [each["location_id"] for each in first["candidates"] if each["chosen"]]
    assert [each["location_id"] for each in decided["candidates"] if each["chosen"]] == second != [refused]
    (why,) = [each["verdict"] for each in decided["candidates"] if each["location_id"] == refused]
    assert "did not find these goods" in why
    assert sum(row["lost"] for row in report.stock) == 1
    assert {"pickup_ready", "picked_up"} <= set(report.messages["mail"])


def test_the_fourth_act_shows_that_platforms_are_told_and_that_a_listener_misses_nothing(report: Report) -> None:
    assert all(row["as_declared"] for row in report.fourth_act), report.fourth_act
    told = {row["channel"]: row["told"] for row in report.fourth_act if row["ended"] == "delivered"}
    assert set(told) == set(PLATFORM)
    assert set(told.values()) == {1}
    assert [row["carriers"] for row in report.fourth_act if row["channel"] == Form.BIGCOMMERCE] == [["fedex"]]
    cancelled = {row["channel"]: row["told"] for row in report.fourth_act if row["ended"] == "cancelled"}
    assert cancelled == {Form.SHOPIFY_STORE: 2, Form.AMAZON: 2}
    assert report.heard["orders"] >= ORDERS
    assert report.heard["refused while it was down"] > 0
