"""Whom events are told to, how an endpoint's health is judged, and when a delivery is tried again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.circuit import FAILING_AFTER, LONGEST_PROBE
from oms.errors import InvalidInput
from oms.webhooks.delivery import RETRIES, Answer, Delivery, body, next_try
from oms.webhooks.subscription import DISABLED_AFTER, Health, Subscription
from oms.webhooks.target import allowed, target

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DELIVERY = Delivery(
    subscription_id="erp", delivery_id="2026-03-02T12:00:00.000000Z#o1:1:0", event_id="o1:1:0", type="X", body="{}"
)
SILENT = Answer(status=0, text="no connection")


def test_a_subscription_is_told_of_the_events_and_channels_that_it_names_and_of_all_when_it_names_none() -> None:
    everything = Subscription(subscription_id="erp", url="https://erp.example/in")
    some = replace(everything, events=("UnitsShipped",), channels=("web",))
    assert everything.wants("OrderPlaced", "shop")
    assert some.wants("UnitsShipped", "web")
    assert not some.wants("OrderPlaced", "web")
    assert not some.wants("UnitsShipped", "shop")
    assert not replace(everything, active=False).wants("OrderPlaced", "shop")


def test_an_endpoint_is_down_after_failures_in_a_row_then_probed_less_and_less_often_and_given_up_after_days() -> None:
    health, moment, waits = Health(), NOON, []
    while not health.disabled_at:
        health = health.failed(moment)
        assert health.down == (health.failures >= FAILING_AFTER)
        if health.probe_at:
            waits.append(health.probe_at - moment)
            moment = health.probe_at
        else:
            moment += timedelta(seconds=10)
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == LONGEST_PROBE
    assert timedelta() <= health.disabled_at - NOON - DISABLED_AFTER <= LONGEST_PROBE
    assert "3 days" in health.reason


def test_an_endpoint_that_says_gone_is_called_no_more_at_once() -> None:
    assert Health().failed(NOON, gone=True).disabled_at == NOON


def test_a_delivery_is_tried_for_a_day_ever_less_often_and_then_given_up() -> None:
    moment, tries = NOON, 0
    while True:
        tries += 1
        again = next_try(replace(DELIVERY, attempts=tries), SILENT, moment)
        if again is None:
            break
        wait = again - moment
        assert RETRIES[tries - 1] <= wait <= RETRIES[tries - 1] * 1.2
        moment = again
    assert tries == len(RETRIES) + 1
    assert timedelta(days=1) <= moment - NOON <= timedelta(days=1.5)


@pytest.mark.parametrize(("asked", "least"), [(600, 600), (10, 30), (90_000, 3600)])
def test_who_asks_for_patience_gets_it_within_bounds(asked: int, least: int) -> None:
    again = next_try(replace(DELIVERY, attempts=1), Answer(status=429, retry_after=asked), NOON)
    assert again is not None
    assert timedelta(seconds=least) <= again - NOON <= timedelta(seconds=least * 1.2)


def test_what_is_posted_names_the_event_its_place_in_the_order_and_its_number_for_the_receiver() -> None:
    message = {
        "id": "o1:2:0", "type": "UnitsShipped", "v": 1, "at": "2026-03-02T12:00:00.000000Z",
        "order_id": "o1", "seq": 2, "index": 0, "channel_id": "web", "data": {"parcel_id": "p1"},
    }  # fmt: skip
    told = json.loads(body(message, 7))
    assert told == {
        "type": "UnitsShipped",
        "timestamp": "2026-03-02T12:00:00.000000Z",
        "data": {
            "event_id": "o1:2:0", "number": 7, "order_id": "o1", "seq": 2, "index": 0, "channel_id": "web",
            "v": 1, "event": {"parcel_id": "p1"},
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://erp.example/in", "https"),
        ("ftp://erp.example/in", "https"),
        ("https:///in", "host"),
        ("https://user:secret@erp.example/in", "user name"),
        ("https://erp.example/in#part", "fragment"),
        ("https://erp.example:22/in", "port"),
        ("https://erp.example:99999/in", "no URL"),
        ("https://erp.example/a b", "spaces"),
        ("https://erp.example/a\nHost: other", "spaces"),
        ("https://127.0.0.1/in", "open internet"),
        ("https://[::1]/in", "open internet"),
        ("https://169.254.169.254/latest/meta-data", "open internet"),
        ("https://" + "a" * 2000 + ".example", "characters"),
    ],
)
def test_addresses_that_nothing_is_posted_to_are_refused_with_the_reason(url: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        target(url)


def test_an_address_keeps_its_query_and_its_port() -> None:
    found = target("https://erp.example:8443/in?shop=1")
    assert (found.host, found.port, found.path) == ("erp.example", 8443, "/in?shop=1")
    assert target("http://127.0.0.1:9000/x", private=True).port == 9000


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.5.4", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104 - an address that is refused
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_no_address_of_an_inner_network_is_posted_to(address: str) -> None:
    assert allowed([address]) == []


def test_open_addresses_are_posted_to() -> None:
    assert allowed(["93.184.215.14", "10.0.0.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]) == [
        "93.184.215.14",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    ]


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_the_same_when_it_is_wrapped_into_a_longer_one(address: object) -> None:
    assert bool(allowed([str(address)])) >= bool(allowed([f"::ffff:{address}"]))
