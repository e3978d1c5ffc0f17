"""Real webhooks of aggregators, which lie beside the project: each is read, and AfterShip's bears its signature."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oms.carriers.aftership import SIGNATURE_HEADER
from oms.carriers.aggregator import Call, Report, aggregator
from oms.orders.events import TrackingStatus as Is
from oms.orders.scans import merged, state

SHARED = Path(os.environ.get("OMS_SHARED") or Path(__file__).parents[4] / "shared")
SAMPLES = SHARED / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}: set OMS_SHARED to the folder that has `samples`"
)


def read(name: str, file: str) -> Report:
    report = aggregator(name).parse((SAMPLES / file).read_bytes())
    assert report is not None
    return report


def test_easyposts_tracker_is_delivered_although_its_scans_are_not_in_order() -> None:
    report = read("easypost", "easypost_tracker_updated_delivered.json")
    assert (report.carrier, {each.tracking_number for each in report.scans}) == ("ups", {"EZ4000000004"})
    assert [each.status for each in report.scans] == [
        Is.LABEL_CREATED,
        Is.IN_TRANSIT,
        Is.IN_TRANSIT,
        Is.IN_TRANSIT,
        Is.OUT_FOR_DELIVERY,
        Is.DELIVERED,
    ]
    assert report.scans[-1].at == datetime(2014, 11, 19, 10, 51, 54, tzinfo=UTC)
    assert report.scans[1].description == "In transit, SOUTH SAN FRANCISCO, US"
    assert state(merged(report.scans)) is Is.DELIVERED
    assert "Tester" not in repr(report)


def test_afterships_update_without_checkpoints_tells_its_tag() -> None:
    report = read("aftership", "aftership_tracking_update_webhook.json")
    (scan,) = report.scans
    assert (report.carrier, scan.tracking_number, scan.status) == ("tnt", "123456789", Is.DELIVERED)
    assert scan.at == datetime(2021, 8, 24, 10, 40, 8, tzinfo=UTC)


def test_aftership_signs_the_very_bytes() -> None:
    raw = (SAMPLES / "aftership_tracking_update_webhook.raw.txt").read_bytes()
    call = Call(
        raw=raw,
        headers={SIGNATURE_HEADER: "FceTeaOp8Nvp9CVTnfoda0RQiRjq8VZQErBg+Gn88/s="},
        query={},
        now=datetime(2021, 8, 25, tzinfo=UTC),
    )
    secret = {"webhook_secret": "95f35e6b3dbc26527029cbd9cfa51b87"}
    assert aggregator("aftership").verify(call, secret)
    assert not aggregator("aftership").verify(call, {"webhook_secret": "95f35e6b3dbc26527029cbd9cfa51b88"})


def test_shippos_track_is_read() -> None:
    report = read("shippo", "shippo_track_updated.json")
    (scan,) = report.scans
    assert (report.carrier, scan.tracking_number, scan.status) == ("usps", "9205590164917312751089", Is.DELIVERED)
    assert scan.at == datetime(2016, 7, 23, tzinfo=UTC)
