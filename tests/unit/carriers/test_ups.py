"""UPS through Karrio's mappers: what is sent, and what is made of answers of its documented shape."""

from __future__ import annotations

import base64
import io
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from oms.carriers.account import CarrierPlatform
from oms.carriers.karrio_ups import Ups, scans
from oms.carriers.protocol import Ability, LabelFormat, Manifests, Scan
from oms.errors import InvalidInput, NotAllowed, Refused
from oms.orders.events import TrackingStatus
from tests.unit.carriers.accounts import BUYER, SHOP, Canned, access, shipment

SHARED = Path(os.environ.get("OMS_SHARED") or Path(__file__).parents[4] / "shared")
SAMPLES = SHARED / "samples"
TOKEN = {"access_token": "t", "token_type": "Bearer", "issued_at": "1772442000000", "expires_in": "14399"}
DONE = {"Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}}}


def money(value: str) -> dict[str, str]:
    return {"CurrencyCode": "EUR", "MonetaryValue": value}


RATED = {
    "Service": {"Code": "11", "Description": ""},
    "BillingWeight": {"UnitOfMeasurement": {"Code": "KGS"}, "Weight": "1.0"},
    "TransportationCharges": money("14.20"),
    "BaseServiceCharge": money("12.00"),
    "ServiceOptionsCharges": money("0.00"),
    "ItemizedCharges": [],
    "TotalCharges": money("14.20"),
    "NegotiatedRateCharges": {
        "BaseServiceCharge": money("9.00"),
        "TotalCharge": money("10.05"),
        "ItemizedCharges": [],
        "TaxCharges": [],
    },
    "TimeInTransit": {
        "ServiceSummary": {"EstimatedArrival": {"BusinessDaysInTransit": "5"}, "Service": {"Description": "Standard"}}
    },
}


def label(image: str, code: str) -> dict[str, Any]:
    return {
        "ShipmentResponse": {
            **DONE,
            "ShipmentResults": {
                "ShipmentCharges": {"TransportationCharges": money("14.20"), "TotalCharges": money("14.20")},
                "NegotiatedRateCharges": {"TotalCharge": money("10.05")},
                "ShipmentIdentificationNumber": "1Z7405617310000011",
                "PackageResults": [
                    {
                        "TrackingNumber": "1Z7405617310000011",
                        "ShippingLabel": {"ImageFormat": {"Code": code}, "GraphicImage": image},
                    }
                ],
            },
        }
    }


def ups(*answers: Any) -> tuple[Ups, Canned]:
    http = Canned(TOKEN, *answers)
    keys = {"client_id": "id", "client_secret": "secret"}
    return Ups(access(CarrierPlatform.UPS, http, secret=keys, default_service="ups_standard_eu")), http


def test_the_negotiated_price_counts_and_the_day_follows_from_working_days() -> None:
    seller, http = ups({"RateResponse": {**DONE, "RatedShipment": [RATED]}})
    (quote,) = seller.rate(shipment())
    assert (quote.service, quote.cost, quote.currency) == ("ups_standard_eu", 1005, "EUR")
    assert (quote.days, quote.date) == (5, date(2026, 3, 9))
    assert http.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"id:secret").decode()
    assert http.asked[1].url.endswith("/api/rating/v2409/Shop?additionalinfo=timeintransit")
    package = http.sent(1)["RateRequest"]["Shipment"]["Package"][0]
    assert package["PackageWeight"] == {
        "UnitOfMeasurement": {"Code": "KGS", "Description": "Weight"},
        "Weight": "0.96",
    }


def test_a_picture_becomes_a_pdf_and_the_shipment_names_the_order() -> None:
    picture = io.BytesIO()
    Image.new("L", (60, 40), 255).save(picture, "PNG")
    seller, http = ups(label(base64.b64encode(picture.getvalue()).decode(), "PNG"))
    bought = seller.buy_label(shipment(), idempotency_key="p1")
    assert bought.document.startswith(b"%PDF")
    assert (bought.tracking_number, bought.cost, bought.currency) == ("1Z7405617310000011", 1005, "EUR")
    wish = http.sent(1)["ShipmentRequest"]["Shipment"]
    assert wish["ReferenceNumber"] == {"Value": "W-1"}
    assert wish["ShipTo"]["Address"]["AddressLine"] == ["Hauptstr. 1"]
    assert wish["Service"]["Code"] == "11"


def test_thermal_labels_stay_what_they_are() -> None:
    seller, http = ups(label(base64.b64encode(b"^XA^XZ").decode(), "ZPL"))
    bought = seller.buy_label(shipment(format=LabelFormat.ZPL), idempotency_key="p1")
    assert (bought.document, bought.format) == (b"^XA^XZ", LabelFormat.ZPL)
    specification = http.sent(1)["ShipmentRequest"]["LabelSpecification"]
    assert specification["LabelImageFormat"]["Code"] == "ZPL"


def test_a_return_is_a_label_to_print_from_the_customer() -> None:
    seller, http = ups(label(base64.b64encode(b"^XA^XZ").decode(), "ZPL"))
    seller.buy_label(
        shipment(sender=BUYER, recipient=SHOP, returning=True, format=LabelFormat.ZPL), idempotency_key="r"
    )
    wish = http.sent(1)["ShipmentRequest"]["Shipment"]
    assert wish["ReturnService"]["Code"] == "9"
    assert wish["ShipFrom"]["Name"] == "Kim Berg"


def test_a_label_is_taken_back_and_a_refusal_has_upss_words() -> None:
    seller, http = ups({"VoidShipmentResponse": {**DONE, "SummaryResult": {"Status": {"Code": "1"}}}})
    seller.void("1Z7405617310000011")
    assert (http.asked[1].method, http.asked[1].url.rsplit("/", 1)[-1]) == ("DELETE", "1Z7405617310000011")
    refusal = {"response": {"errors": [{"code": "190102", "message": "No shipment found within the allowed period"}]}}
    seller, _ = ups((400, refusal))
    with pytest.raises(NotAllowed, match="190102: No shipment found"):
        seller.void("1Z7405617310000011")


def test_wrong_keys_and_wrong_addresses_are_told_apart() -> None:
    wrong = {"response": {"errors": [{"code": "10401", "message": "ClientId is Invalid"}]}}
    keys = {"client_id": "id", "client_secret": "other"}
    seller = Ups(access(CarrierPlatform.UPS, Canned((401, wrong)), secret=keys))
    with pytest.raises(Refused, match="10401: ClientId is Invalid"):
        seller.rate(shipment())
    nowhere = {"response": {"errors": [{"code": "111285", "message": "The postal code is invalid"}]}}
    seller, _ = ups((400, nowhere))
    with pytest.raises(InvalidInput, match="111285: The postal code"):
        seller.rate(shipment())


def test_it_says_that_it_has_no_manifest() -> None:
    seller, _ = ups()
    assert Ability.MANIFEST not in seller.abilities
    assert not isinstance(seller, Manifests)


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"no samples at {SAMPLES}: set OMS_SHARED")
def test_upss_own_sample_is_read() -> None:
    (told,) = scans(json.loads((SAMPLES / "ups_track_TrackingResponseJSON.json").read_text()))
    assert (told.status, told.code) == (TrackingStatus.EXCEPTION, "SR")
    assert told.at == datetime(2021, 2, 10, 7, 13, 56, tzinfo=UTC)
    assert told.description == "Your package was released by the customs agency."


def test_what_waits_at_an_access_point_says_until_when_and_a_word_that_nobody_knows_is_a_guess() -> None:
    def told(kind: str, code: str, last_day: str) -> Scan:
        activity = {"date": "20260303", "time": "091500", "status": {"type": kind, "code": code}}
        point = {"pickupByDate": last_day}
        package = {"trackingNumber": "1Z2", "activity": [activity], "accessPointInformation": point}
        (scan,) = scans({"trackResponse": {"shipment": [{"package": [package]}]}})
        return scan

    waits = told("", "RP", "20260310")
    assert (waits.status, waits.until, waits.guessed) == (TrackingStatus.AVAILABLE_FOR_PICKUP, date(2026, 3, 10), False)
    assert told("", "RP", "soon").until is None
    assert told("I", "DP", "20260310").until is None
    assert told("X", "RS", "").status is TrackingStatus.RETURNING, "the code says more than that something is odd"
    strange = told("?", "??", "")
    assert (strange.status, strange.guessed) == (TrackingStatus.EXCEPTION, True)


def test_a_number_that_is_not_known_yet_does_not_hide_the_others() -> None:
    activity = {
        "date": "20260303",
        "time": "091500",
        "gmtDate": "20260303",
        "gmtTime": "08:15:00",
        "status": {"type": "D", "code": "FS", "description": "DELIVERED"},
    }
    package = {"trackingNumber": "1Z2", "activity": [activity]}
    unknown = {"response": {"errors": [{"code": "TV1002", "message": "Invalid inquiry number"}]}}
    seller, _ = ups((404, unknown), {"trackResponse": {"shipment": [{"package": [package]}]}})
    (told,) = seller.track(["1Z1", "1Z2"])
    assert (told.status, told.at) == (TrackingStatus.DELIVERED, datetime(2026, 3, 3, 8, 15, tzinfo=UTC))
