"""The simulated carrier: numbers, labels, signatures, and its own words for what happens to parcels."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.carriers.protocol import MAX_DESCRIPTION, Shipment, carrier
from oms.carriers.simulated import (
    CODES,
    MAX_SCANS,
    SIGNATURE_HEADER,
    TOLERANCE,
    SimulatedCarrier,
    is_tracking_number,
    sign,
    tracking_number,
    webhook,
)
from oms.carriers.simulated_journey import plan_journey
from oms.clock import to_text
from oms.errors import InvalidInput, NotFound
from oms.orders.contact import Address
from oms.orders.events import TrackingStatus

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "sesame-open"
SIM = SimulatedCarrier()

SHIPMENT = Shipment(
    parcel_id="oabcdefghij2345klmnop-1-p1",
    reference="#1001",
    service="express",
    sender=Address(name="Bücher & Mehr", line1="Kai 7", postal_code="20457", city="Hamburg", country="DE"),
    recipient=Address(name="Kim Berg", line1="Hauptstr. 1", postal_code="80331", city="München", country="DE"),
    grams=1200,
)


def said(**scan: object) -> bytes:
    return json.dumps(
        {
            "id": "evt_1",
            "scans": [
                {"id": "s1", "tracking_number": "SIM1", "code": "DL", "time": "2026-03-02T10:00:00+01:00", **scan}
            ],
        }
    ).encode()


# Labels.


def test_the_same_key_is_the_same_label_and_another_key_another() -> None:
    first = SIM.buy_label(SHIPMENT, idempotency_key="a")
    assert SimulatedCarrier().buy_label(SHIPMENT, idempotency_key="a") == first
    assert SIM.buy_label(SHIPMENT, idempotency_key="b").tracking_number != first.tracking_number


def test_a_scanner_reads_the_tracking_number_on_the_label() -> None:
    label = SIM.buy_label(SHIPMENT, idempotency_key="a")
    (page,) = pypdfium2.PdfDocument(label.document)
    assert [round(side / 72 * 25.4) for side in page.get_size()] == [100, 150]
    (code,) = zxingcpp.read_barcodes(page.render(scale=203 / 72).to_pil())
    assert (code.text, code.format) == (label.tracking_number, zxingcpp.BarcodeFormat.Code128)
    text = page.get_textpage().get_text_bounded()
    for line in ("EXPRESS", "Kim Berg", "80331 München", "DE 80331", "Bücher & Mehr", "#1001", SHIPMENT.parcel_id):
        assert line in text


def test_weight_and_service_make_the_price() -> None:
    def cost(**change: object) -> int:
        return SIM.buy_label(replace(SHIPMENT, **change), idempotency_key="a").cost  # type: ignore[arg-type]

    assert cost(service="standard", grams=0) == 390
    assert cost(service="standard", grams=1) == cost(service="standard", grams=1000) == 450
    assert cost(service="express", grams=1001) == 890 + 280
    assert cost(service="by owl") == cost(service="standard")


def test_a_parcel_that_is_too_heavy_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as refused:
        SIM.buy_label(replace(SHIPMENT, grams=31_501), idempotency_key="a")
    assert refused.value.errors[0].path == "grams"


@given(st.text(max_size=40))
def test_tracking_numbers_carry_a_check_digit_that_finds_every_wrong_digit(key: str) -> None:
    number = tracking_number(key)
    assert is_tracking_number(number)
    for place in range(3, len(number)):
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert not is_tracking_number(wrong)


# Signatures.


def headers(raw: bytes, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    return {SIGNATURE_HEADER: sign(raw, secret, at=at)}


def test_a_genuine_signature_is_accepted_whatever_the_headers_case() -> None:
    raw = said()
    assert SIM.verify(raw, headers(raw), SECRET, now=NOW)
    assert SIM.verify(raw, {SIGNATURE_HEADER.lower(): sign(raw, SECRET, at=NOW)}, SECRET, now=NOW)


def test_the_signature_is_over_the_very_bytes() -> None:
    raw = said()
    same_json = json.dumps(json.loads(raw), indent=1).encode()
    assert not SIM.verify(same_json, headers(raw), SECRET, now=NOW)
    assert not SIM.verify(raw + b" ", headers(raw), SECRET, now=NOW)


@pytest.mark.parametrize("seconds", [-TOLERANCE - 1, TOLERANCE + 1])
def test_an_old_or_future_signature_is_refused(seconds: int) -> None:
    raw = said()
    assert not SIM.verify(raw, headers(raw, at=NOW + timedelta(seconds=seconds)), SECRET, now=NOW)
    assert SIM.verify(raw, headers(raw, at=NOW + timedelta(seconds=seconds // abs(seconds))), SECRET, now=NOW)


def test_one_of_several_signatures_is_enough_while_a_secret_changes() -> None:
    raw = said()
    time, _, digest = sign(raw, SECRET, at=NOW).partition(",v1=")
    assert SIM.verify(raw, {SIGNATURE_HEADER: f"{time}, v1={'0' * 64}, v1={digest}"}, SECRET, now=NOW)


@pytest.mark.parametrize(
    "header",
    ["", "v1=abc", "t=1", "t=,v1=abc", "t=abc,v1=abc", "t=9" + "9" * 30 + ",v1=a", "t=1,t=2,v1=a", "t=-5,v1=ü", ",=,="],
)
def test_malformed_signatures_are_refused(header: str) -> None:
    assert not SIM.verify(said(), {SIGNATURE_HEADER: header}, SECRET, now=NOW)
    assert not SIM.verify(said(), {}, SECRET, now=NOW)


def test_the_signed_time_cannot_be_exchanged() -> None:
    raw = said()
    old = sign(raw, SECRET, at=NOW - timedelta(days=1))
    digest = old.partition(",v1=")[2]
    assert not SIM.verify(raw, {SIGNATURE_HEADER: f"t={int(NOW.timestamp())},v1={digest}"}, SECRET, now=NOW)


def test_another_secret_and_an_empty_one_verify_nothing() -> None:
    raw = said()
    assert not SIM.verify(raw, headers(raw), "another", now=NOW)
    assert not SIM.verify(raw, headers(raw, secret=""), "", now=NOW)


# Words.


@pytest.mark.parametrize(("code", "status"), CODES.items())
def test_each_code_has_its_status(code: str, status: TrackingStatus) -> None:
    (scan,) = SIM.parse(said(code=code, text="Leipzig"))
    assert (scan.tracking_number, scan.scan_id, scan.status, scan.description) == ("SIM1", "s1", status, "Leipzig")
    assert scan.at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_every_status_can_be_said() -> None:
    assert set(CODES.values()) == set(TrackingStatus)


def test_a_code_that_nobody_knows_is_an_exception_that_names_it() -> None:
    (scan,) = SIM.parse(said(code="QX", text="Customs"))
    assert (scan.status, scan.description) == (TrackingStatus.EXCEPTION, "QX Customs")
    assert scan.guessed
    assert not SIM.parse(said(code="EX"))[0].guessed


def test_a_scan_without_an_id_gets_one_from_what_it_says() -> None:
    first, again = SIM.parse(said(id="")), SIM.parse(said(id=""))
    assert first == again
    assert SIM.parse(said(id="", code="OD"))[0].scan_id != first[0].scan_id


def test_halves_of_letters_do_not_reach_the_log() -> None:
    (scan,) = SIM.parse(said(text="\ud800T\udfff", id="s\udc00"))
    assert (scan.description, scan.scan_id) == ("?T?", "s?")


def test_long_descriptions_are_cut() -> None:
    assert len(SIM.parse(said(text="x" * 1999))[0].description) == MAX_DESCRIPTION


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"", ""),
        (b"\xff\xfe", ""),
        (b"[]", "scans"),
        (b"{}", "scans"),
        (b'{"scans": 7}', "scans"),
        (b'{"scans": ["x"]}', "scans[0]"),
        (said(tracking_number=""), "scans[0].tracking_number"),
        (said(tracking_number=7), "scans[0].tracking_number"),
        (said(time="yesterday"), "scans[0].time"),
        (said(time=None), "scans[0].time"),
        (said(time="0001-01-01T00:00:00+23:59"), "scans[0].time"),
        (said(time="1999-12-31T23:59:59Z"), "scans[0].time"),
        (said(text="x" * 2001), "scans[0].text"),
        (said(tracking_number="9" * 101), "scans[0].tracking_number"),
        (json.dumps({"scans": [{}] * (MAX_SCANS + 1)}).encode(), "scans"),
    ],
)
def test_what_is_no_webhook_is_refused_by_its_path(raw: bytes, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        SIM.parse(raw)
    assert [each.path for each in refused.value.errors] == ([path] if path else [])


def test_there_is_one_carrier_and_it_keeps_its_protocol() -> None:
    assert carrier("simulated").name == "simulated"
    with pytest.raises(NotFound):
        carrier("owl")


# Journeys.


@given(st.integers(0, 10**6), st.sampled_from([1.0, 60.0, 15_000.0]))
@settings(max_examples=150)
def test_every_journey_ends_with_its_delivery_and_tells_each_stop(key: int, speed: float) -> None:
    number = tracking_number(str(key))
    postings = plan_journey(number, NOW, speed=speed)
    scans = {scan.scan_id: scan for posting in postings for scan in SIM.parse(webhook(posting.scans))}
    assert sorted(scans) == sorted(f"{number}-{place}" for place in range(1, len(scans) + 1))
    in_time = sorted(scans.values(), key=lambda scan: scan.at)
    assert [scan.status for scan in in_time].count(TrackingStatus.DELIVERED) == 1
    assert in_time[-1].status is TrackingStatus.DELIVERED
    assert [posting.at for posting in postings] == sorted(posting.at for posting in postings)
    for posting in postings:
        assert all(NOW < datetime.fromisoformat(scan["time"]) <= posting.at for scan in posting.scans)
    assert in_time[-1].at - NOW < timedelta(days=5) / speed


def test_a_journey_planned_again_is_the_same_journey() -> None:
    assert plan_journey("SIM1", NOW) == plan_journey("SIM1", NOW)
    assert plan_journey("SIM1", NOW) != plan_journey("SIM1", NOW, seed="other")


def test_now_and_then_webhooks_are_late_doubled_or_shared() -> None:
    doubled = shared = disordered = shut = 0
    for number in range(200):
        postings = plan_journey(f"SIM{number}", NOW)
        told = [scan["id"] for posting in postings for scan in posting.scans]
        first_told = list(dict.fromkeys(told))
        doubled += len(told) > len(first_told)
        shared += any(len(posting.scans) > 1 for posting in postings)
        disordered += first_told != sorted(first_told, key=lambda each: int(each.rpartition("-")[2]))
        shut += any(scan["code"] == "NH" for posting in postings for scan in posting.scans)
    assert min(doubled, shared, disordered, shut) > 20
    assert max(doubled, shared, disordered, shut) < 180


def test_what_the_carrier_sends_it_can_read() -> None:
    raw = webhook([{"id": "1", "tracking_number": "SIM1", "code": "DL", "time": to_text(NOW), "text": "Tür"}])
    assert SIM.parse(raw)[0].description == "Tür"
    assert webhook([]) == webhook([])
