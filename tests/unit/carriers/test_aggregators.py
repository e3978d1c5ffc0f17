"""What aggregators tell of other carriers' parcels: whose word counts, and what it becomes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oms.carriers import aftership, easypost, shippo
from oms.carriers.aggregator import Call, aggregator, carrier_called
from oms.carriers.names import AGGREGATORS
from oms.errors import InvalidInput, NotFound
from oms.orders.events import TrackingStatus
from tests.support.aggregators import (
    aftership_headers,
    aftership_update,
    easypost_headers,
    easypost_tracker,
    shippo_headers,
    shippo_update,
)

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
NUMBER = "1Z999AA10123456784"
MOVED, ARRIVED = NOW - timedelta(hours=30), NOW - timedelta(hours=1)

BODIES: Mapping[str, bytes] = {
    "easypost": easypost_tracker(NUMBER, [("in_transit", MOVED), ("delivered", ARRIVED)], at=NOW),
    "aftership": aftership_update(NUMBER, [("InTransit", MOVED), ("Delivered", ARRIVED)], at=NOW),
    "shippo": shippo_update(NUMBER, [("TRANSIT", MOVED), ("DELIVERED", ARRIVED)]),
}
SECRET = {"webhook_secret": "wh-sécret-ﬁ"}


def headers(name: str, raw: bytes, secret: str = SECRET["webhook_secret"]) -> dict[str, str]:
    if name == "easypost":
        return easypost_headers(raw, secret)
    return aftership_headers(raw, secret) if name == "aftership" else shippo_headers(raw, secret, NOW)


def call(name: str, **more: Any) -> Call:
    raw = BODIES[name]
    return replace(Call(raw=raw, headers=headers(name, raw), query={}, now=NOW), **more)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_the_aggregators_signature_counts_and_no_other(name: str) -> None:
    verify = aggregator(name).verify
    assert verify(call(name), SECRET)
    assert verify(call(name, headers={key.upper(): value for key, value in call(name).headers.items()}), SECRET)
    assert not verify(call(name, raw=BODIES[name] + b" "), SECRET)
    assert not verify(call(name, headers=headers(name, BODIES[name], "another")), SECRET)
    for wrong in ("", "=", "t=1,v1=", "hmac-sha256-hex=", "é", "hmac-sha256-hex=ü"):
        assert not verify(call(name, headers=dict.fromkeys(call(name).headers, wrong)), SECRET)
    assert not verify(call(name, headers={}), SECRET)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_without_a_secret_nobody_is_believed(name: str) -> None:
    raw = BODIES[name]
    assert not aggregator(name).verify(call(name), {})
    assert not aggregator(name).verify(call(name, headers=headers(name, raw, "")), {"webhook_secret": ""})


@pytest.mark.parametrize("name", AGGREGATORS)
def test_what_was_signed_long_ago_does_not_count_again(name: str) -> None:
    assert not aggregator(name).verify(call(name, now=NOW + timedelta(days=15)), SECRET)
    assert not aggregator(name).verify(call(name, now=NOW - timedelta(days=15)), SECRET)


@pytest.mark.parametrize("name", ["easypost", "aftership"])
def test_a_signed_body_without_a_time_is_refused(name: str) -> None:
    for raw in (b"{}", b"[]", b"no json", b'{"ts": "soon", "updated_at": 7}', b'{"ts": 1e400}', b'{"ts": true}'):
        assert not aggregator(name).verify(call(name, raw=raw, headers=headers(name, raw)), SECRET)


def test_easyposts_secret_may_be_typed_in_either_form_of_unicode() -> None:
    composed, decomposed = "clé", "cle\u0301"
    assert composed != decomposed
    raw = BODIES["easypost"]
    signed = call("easypost", headers=easypost_headers(raw, decomposed))
    assert easypost.EasyPost().verify(signed, {"webhook_secret": composed})


def test_shippo_is_believed_by_a_token_only_where_it_does_not_sign() -> None:
    token = "3fKq9mWz7TtYb2XcLr5N"
    unsigned = call("shippo", headers={}, query={"token": token})
    assert shippo.Shippo().verify(unsigned, {"webhook_token": token})
    assert not shippo.Shippo().verify(unsigned, {"webhook_token": token, **SECRET})
    assert not shippo.Shippo().verify(unsigned, {"webhook_token": token[:-1] + "M"})
    assert not shippo.Shippo().verify(call("shippo", headers={}), {"webhook_token": token})
    assert not shippo.Shippo().verify(call("shippo", headers={}, query={"token": "guess"}), {"webhook_token": "guess"})
    assert not shippo.Shippo().verify(call("shippo", headers={}, query={"token": ""}), {"webhook_token": ""})


@pytest.mark.parametrize("name", AGGREGATORS)
def test_whoever_tells_it_the_scans_are_the_same(name: str) -> None:
    report = aggregator(name).parse(BODIES[name])
    assert report is not None
    assert report.carrier == "ups"
    assert [(each.tracking_number, each.status, each.at) for each in report.scans] == [
        (NUMBER, TrackingStatus.IN_TRANSIT, MOVED),
        (NUMBER, TrackingStatus.DELIVERED, ARRIVED),
    ]
    first = easypost.EasyPost().parse(BODIES["easypost"])
    assert first is not None
    assert [each.scan_id for each in report.scans] == [each.scan_id for each in first.scans]


@pytest.mark.parametrize("name", AGGREGATORS)
def test_no_word_that_a_driver_typed_is_kept(name: str) -> None:
    report = aggregator(name).parse(BODIES[name])
    assert report is not None
    assert "MUSTERFRAU" not in repr(report)
    assert "VERONA" not in report.scans[-1].description, "where a parcel is delivered is the customer's address"


@pytest.mark.parametrize("name", AGGREGATORS)
def test_other_events_are_passed_over_and_what_names_no_parcel_is_refused(name: str) -> None:
    assert (
        aggregator(name).parse(b'{"event": "transaction_created", "result": {"object": "Batch"}, "data": {}}') is None
    )
    nameless = BODIES[name].replace(NUMBER.encode(), b" ")
    with pytest.raises(InvalidInput, match="not named"):
        aggregator(name).parse(nameless)
    for raw in (b"", b"[1]", b"\xff"):
        with pytest.raises(InvalidInput):
            aggregator(name).parse(raw)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_a_state_that_no_scan_tells_is_told_by_the_parcel_as_a_whole(name: str) -> None:
    body = json.loads(BODIES[name])
    inner = body.get("result") or body.get("msg") or body["data"]
    for key in ("tracking_details", "checkpoints", "tracking_history"):
        if key in inner:
            inner[key] = inner[key][:1]
    report = aggregator(name).parse(json.dumps(body).encode())
    assert report is not None
    assert [each.status for each in report.scans] == [TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED]


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("UPS", "ups"),
        ("UPSDAP", "ups"),
        ("FedEx", "fedex"),
        ("DHLExpress", "dhl_express"),
        ("dhl_express", "dhl_express"),
        ("dhl", "dhl_express"),
        ("royal-mail", "royal_mail"),
        ("USPS", "usps"),
        ("simulated", "simulated"),
        ("..", ""),
    ],
)
def test_carriers_are_called_by_our_names(word: str, ours: str) -> None:
    assert carrier_called(word) == ours


@pytest.mark.parametrize(
    ("status", "detail", "ours"),
    [
        ("pre_transit", "label_created", "label_created"),
        ("in_transit", "arrived_at_pickup_location", "available_for_pickup"),
        ("available_for_pickup", "", "available_for_pickup"),
        ("return_to_sender", "return", "returning"),
        ("delivered", "return", "delivered"),
        ("failure", "refused", "exception"),
        ("something_new", "", "exception"),
    ],
)
def test_easyposts_words(status: str, detail: str, ours: str) -> None:
    raw = easypost_tracker(NUMBER, [], at=NOW, status=status, status_detail=detail)
    report = easypost.EasyPost().parse(raw)
    assert report is not None
    assert [each.status for each in report.scans] == [TrackingStatus(ours)]


@pytest.mark.parametrize(
    ("tag", "subtag", "ours"),
    [
        ("InfoReceived", "InfoReceived_001", "label_created"),
        ("AttemptFail", "AttemptFail_001", "attempt_failed"),
        ("AvailableForPickup", "AvailableForPickup_001", "available_for_pickup"),
        ("Exception", "Exception_010", "returning"),
        ("Exception", "Exception_011", "returned"),
        ("Exception", "Exception_004", "in_transit"),
        ("Exception", "Exception_013", "exception"),
        ("Expired", "Expired_001", "exception"),
    ],
)
def test_afterships_words(tag: str, subtag: str, ours: str) -> None:
    body = json.loads(aftership_update(NUMBER, [(tag, ARRIVED)], at=NOW))
    body["msg"]["checkpoints"][0]["subtag"] = body["msg"]["subtag"] = subtag
    report = aftership.AfterShip().parse(json.dumps(body).encode())
    assert report is not None
    assert [each.status for each in report.scans] == [TrackingStatus(ours)]


@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [
        ("PRE_TRANSIT", "information_received", "label_created"),
        ("TRANSIT", "out_for_delivery", "out_for_delivery"),
        ("TRANSIT", "delivery_attempted", "attempt_failed"),
        ("TRANSIT", "pickup_available", "available_for_pickup"),
        ("RETURNED", "return_to_sender", "returning"),
        ("FAILURE", "package_lost", "exception"),
        ("DELIVERED", "information_received", "delivered"),
    ],
)
def test_shippos_words(status: str, code: str, ours: str) -> None:
    body = json.loads(shippo_update(NUMBER, [(status, ARRIVED)]))
    for substatus in ({"code": code, "action_required": False}, code):
        body["data"]["tracking_history"][0]["substatus"] = substatus
        report = shippo.Shippo().parse(json.dumps(body).encode())
        assert report is not None
        assert report.scans[0].status is TrackingStatus(ours)


@pytest.mark.parametrize("name", BODIES)
def test_a_word_that_nobody_knows_is_a_guess(name: str) -> None:
    for word, guessed in (("of_tomorrow", True), ("", False)):
        raw = BODIES[name].decode()
        for known in ("in_transit", "InTransit", "TRANSIT"):
            raw = raw.replace(f'"{known}"', f'"{word or known}"')
        report = aggregator(name).parse(raw.encode())
        assert report is not None
        exceptions = [each for each in report.scans if each.status is TrackingStatus.EXCEPTION]
        assert [each for each in report.scans if each.guessed] == exceptions
        assert bool(exceptions) is guessed


def test_what_says_nothing_is_no_scan() -> None:
    for name, word in (("easypost", "unknown"), ("aftership", "Pending"), ("shippo", "UNKNOWN")):
        raw = json.dumps(json.loads(BODIES[name])).replace("in_transit", word).replace("delivered", word)
        for told in ("InTransit", "Delivered", "TRANSIT", "DELIVERED"):
            raw = raw.replace(f'"{told}"', f'"{word}"')
        report = aggregator(name).parse(raw.encode())
        assert report is not None
        assert report.scans == ()


def test_a_name_that_is_none_is_no_aggregator() -> None:
    with pytest.raises(NotFound):
        aggregator("owl")
