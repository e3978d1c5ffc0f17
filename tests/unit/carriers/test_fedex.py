"""FedEx through Karrio's mappers, against the stand-in that answers as FedEx documents it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from infra.standins.fedex import FedEx as StandIn
from infra.standins.wsgi import Fault, Limit
from oms.carriers.account import CarrierPlatform
from oms.carriers.customs import Declaration, Incoterm, Item
from oms.carriers.karrio_fedex import FedEx, scans
from oms.carriers.names import LabelFormat
from oms.carriers.protocol import InDoubt, PickupWish
from oms.errors import InvalidInput, NotAllowed, Refused, Throttled, Unavailable
from oms.orders.events import TrackingStatus
from tests.support.platforms import Hand, WsgiHttp
from tests.unit.carriers.accounts import ABROAD, AT, BUYER, SHOP, access, shipment

SHARED = Path(os.environ.get("OMS_SHARED") or Path(__file__).parents[4] / "shared")
SAMPLES = SHARED / "samples"
KEYS = {"api_key": "key", "secret_key": "secret"}
PARCEL = shipment().parcel_id


@pytest.fixture
def clock() -> Hand:
    return Hand(AT)


@pytest.fixture
def there(clock: Hand) -> StandIn:
    return StandIn(clock=clock)


@pytest.fixture
def fedex(there: StandIn, clock: Hand) -> FedEx:
    return FedEx(access(CarrierPlatform.FEDEX, WsgiHttp(there), secret=KEYS, clock=clock))


def test_prices_are_the_accounts_own_in_minor_units_with_the_day_of_delivery(fedex: FedEx) -> None:
    quotes = {each.service: each for each in fedex.rate(shipment())}
    overnight = quotes["fedex_priority_overnight"]
    assert (overnight.cost, overnight.currency, overnight.days, overnight.date) == (3610, "EUR", 1, date(2026, 3, 3))
    assert quotes["fedex_ground"].date == date(2026, 3, 6)


def test_a_label_is_bought_for_what_it_costs_and_can_be_printed(fedex: FedEx, there: StandIn) -> None:
    label = fedex.buy_label(shipment(), idempotency_key=PARCEL)
    assert label.document.startswith(b"%PDF")
    assert (label.cost, label.currency, label.format) == (980, "EUR", LabelFormat.PDF)
    sent = there.sent[label.tracking_number]
    assert (sent.service, sent.reference, sent.purchase_order) == ("FEDEX_REGIONAL_ECONOMY", "W-1", PARCEL)


def test_a_printer_of_thermal_labels_gets_its_own_language(fedex: FedEx) -> None:
    label = fedex.buy_label(shipment(format=LabelFormat.ZPL), idempotency_key=PARCEL)
    assert label.document.startswith(b"^XA")
    assert label.format is LabelFormat.ZPL


def test_addresses_stay_as_they_are_written_and_weights_are_never_too_small(fedex: FedEx, there: StandIn) -> None:
    number = fedex.buy_label(shipment(), idempotency_key=PARCEL).tracking_number
    wish = there.sent[number].request
    assert wish["recipients"][0]["address"]["streetLines"] == ["Hauptstr. 1"], "Karrio writes the number first"
    package = wish["requestedPackageLineItems"][0]
    assert package["weight"] == {"units": "KG", "value": 0.96}, "of 957 grams"
    assert package["dimensions"] == {"length": 30.1, "width": 20.0, "height": 12.5, "units": "CM"}
    assert wish["totalWeight"] == 2.11, "pounds of 453.59237 grams"


def test_it_is_american_from_america(fedex: FedEx, there: StandIn) -> None:
    home = replace(SHOP, country="US", postal_code="98101", region="WA")
    buyer = replace(BUYER, country="US", postal_code="10001", region="NY")
    number = fedex.buy_label(shipment(sender=home, recipient=buyer), idempotency_key=PARCEL).tracking_number
    package = there.sent[number].request["requestedPackageLineItems"][0]
    assert package["weight"] == {"units": "LB", "value": 2.11}
    assert package["dimensions"] == {"length": 11.86, "width": 7.88, "height": 4.93, "units": "IN"}


def test_what_was_not_weighed_is_not_sent(fedex: FedEx, there: StandIn) -> None:
    with pytest.raises(InvalidInput) as refused:
        fedex.rate(shipment(grams=0))
    assert refused.value.errors[0].path == "grams"
    assert there.calls == []


def test_customs_are_told_what_is_in_it_to_the_minor_unit(fedex: FedEx, there: StandIn) -> None:
    item = Item(sku="MUG", description="Ceramic mug", quantity=3, value=1033, grams=319, hs_code="691110",
                origin_country="PT")  # fmt: skip
    declared = Declaration(items=(item,), currency="EUR", incoterm=Incoterm.DDP, invoice="W-1")
    with pytest.raises(InvalidInput, match="Customs value is required"):
        fedex.buy_label(shipment(recipient=ABROAD, service="fedex_international_priority"), idempotency_key="a")
    wish = shipment(recipient=ABROAD, service="fedex_international_priority", declaration=declared)
    number = fedex.buy_label(wish, idempotency_key=PARCEL).tracking_number
    clearance = there.sent[number].request["customsClearanceDetail"]
    commodity = clearance["commodities"][0]
    assert commodity["unitPrice"] == {"amount": 10.33, "currency": "EUR"}
    assert commodity["customsValue"] == {"amount": 30.99, "currency": "EUR"}
    assert (commodity["harmonizedCode"], commodity["countryOfManufacture"]) == ("691110", "PT")
    assert commodity["weight"] == {"units": "KG", "value": 0.32}
    assert clearance["totalCustomsValue"] == {"amount": 30.99, "currency": "EUR"}
    package = there.sent[number].request["requestedPackageLineItems"][0]
    assert package["declaredValue"]["amount"] == 0, "what is insured is another matter, and costs"
    assert clearance["dutiesPayment"]["paymentType"] == "SENDER"
    assert clearance["commercialInvoice"]["termsOfSale"] == "DDP"


def test_a_return_goes_from_the_customer_and_is_paid_by_the_merchant(fedex: FedEx, there: StandIn) -> None:
    back = shipment(sender=BUYER, recipient=SHOP, returning=True)
    wish = there.sent[fedex.buy_label(back, idempotency_key="r").tracking_number].request
    assert wish["shipmentSpecialServices"]["returnShipmentDetail"] == {"returnType": "PRINT_RETURN_LABEL"}
    assert wish["shipper"]["contact"]["personName"] == "Kim Berg"
    payor = wish["shippingChargesPayment"]["payor"]["responsibleParty"]
    assert payor["accountNumber"]["value"] == "740561073"
    assert wish["pickupType"] == "DROPOFF_AT_FEDEX_LOCATION"


def test_a_label_is_taken_back_once_and_not_after_the_parcel_has_left(fedex: FedEx, there: StandIn) -> None:
    unused, used = (fedex.buy_label(shipment(), idempotency_key=key).tracking_number for key in "ab")
    fedex.void(unused)
    fedex.void(unused)
    there.move(used, "PU")
    with pytest.raises(NotAllowed, match="tendered to FedEx"):
        fedex.void(used)
    fedex.void("794600999999")
    assert [each.number for each in there.used()] == [used]


def test_a_parcel_is_followed_to_the_door_and_nobody_is_named(fedex: FedEx, there: StandIn, clock: Hand) -> None:
    number = fedex.buy_label(shipment(), idempotency_key=PARCEL).tracking_number
    for code in ("PU", "DP", "OD", "DL"):
        clock.at += timedelta(hours=5)
        there.move(number, code)
    told = fedex.track([number, "794600999999"])
    assert [(each.status, each.description) for each in reversed(told)] == [
        (TrackingStatus.LABEL_CREATED, "Shipment information sent to FedEx"),
        (TrackingStatus.IN_TRANSIT, "Picked up"),
        (TrackingStatus.IN_TRANSIT, "Left FedEx origin facility"),
        (TrackingStatus.OUT_FOR_DELIVERY, "On FedEx vehicle for delivery"),
        (TrackingStatus.DELIVERED, "Delivered"),
    ]
    assert told == fedex.track([number]), "the same scans have the same ids"
    assert told[0].at == AT + timedelta(hours=20)
    assert "POST /track/v1/trackingdocuments" not in there.calls


def test_the_day_is_closed_and_the_driver_called(fedex: FedEx, there: StandIn) -> None:
    ground = shipment(service="fedex_ground")
    number = fedex.buy_label(ground, idempotency_key=PARCEL).tracking_number
    assert number.encode() in fedex.manifest(AT.date()).document
    with pytest.raises(InvalidInput, match="no shipments to close"):
        fedex.manifest(AT.date())
    wish = PickupWish(address=SHOP, day=AT.date(), ready=time(15), close=time(18), parcels=3, grams=4000)
    confirmation = fedex.schedule_pickup(wish)
    assert there.pickups[confirmation]["packageCount"] == 3
    assert there.pickups[confirmation]["totalWeight"] == {"units": "LB", "value": 8.82}
    fedex.cancel_pickup(confirmation, day=AT.date(), address=SHOP)
    with pytest.raises(InvalidInput, match="Invalid confirmation number"):
        fedex.cancel_pickup(confirmation, day=AT.date(), address=SHOP)


def test_one_token_serves_an_hour_and_a_withdrawn_one_is_replaced(fedex: FedEx, there: StandIn, clock: Hand) -> None:
    fedex.rate(shipment())
    fedex.rate(shipment())
    assert there.calls.count("POST /oauth/token") == 1
    there.tokens.clear()
    fedex.rate(shipment())
    clock.at += timedelta(hours=1)
    fedex.rate(shipment())
    assert there.calls.count("POST /oauth/token") == 3


def test_keys_that_were_changed_meanwhile_are_read_anew_once(there: StandIn, clock: Hand) -> None:
    known = dict(KEYS)
    renewed: list[bool] = []

    def renew() -> bool:
        renewed.append(known["secret_key"] != there.secret_key)
        known.update({"secret_key": there.secret_key})
        return renewed[-1]

    one = replace(access(CarrierPlatform.FEDEX, WsgiHttp(there), secret=known, clock=clock), renew=renew)
    there.secret_key = "changed"
    assert FedEx(one).rate(shipment())
    there.secret_key = known["secret_key"] = "no longer"
    there.tokens.clear()
    one.tokens.clear()
    there.api_key = "another"
    with pytest.raises(Refused, match="does not accept the account's keys"):
        FedEx(one).rate(shipment())
    assert renewed == [True, False]


def test_tracking_may_have_keys_of_its_own(there: StandIn, clock: Hand) -> None:
    keys = {"api_key": "other", "secret_key": "other", "track_api_key": "key", "track_secret_key": "secret"}
    fedex = FedEx(access(CarrierPlatform.FEDEX, WsgiHttp(there), secret=keys, clock=clock))
    assert fedex.track(["794600999999"]) == ()
    with pytest.raises(Refused, match=r"does not accept the account's keys: NOT\.AUTHORIZED\.ERROR"):
        fedex.rate(shipment())


def test_what_fedex_says_is_passed_on(fedex: FedEx) -> None:
    with pytest.raises(InvalidInput, match=r"RECIPIENT\.POSTALCODE\.INVALID: Recipient postal code"):
        fedex.rate(shipment(recipient=replace(BUYER, postal_code="")))


def test_asked_too_often_it_says_when_to_come_again(clock: Hand) -> None:
    there = StandIn(clock=clock, limit=Limit(calls=2, seconds=10))
    fedex = FedEx(access(CarrierPlatform.FEDEX, WsgiHttp(there), secret=KEYS, clock=clock))
    fedex.rate(shipment())
    with pytest.raises(Throttled) as busy:
        fedex.buy_label(shipment(), idempotency_key=PARCEL)
    assert busy.value.seconds == 10
    assert not isinstance(busy.value, InDoubt)
    assert there.sent == {}


@pytest.mark.parametrize("fault", [Fault.QUESTION_LOST, Fault.ANSWER_LOST, Fault.SERVER_ERROR])
def test_a_purchase_without_an_answer_is_in_doubt_and_a_question_is_not(
    fedex: FedEx, there: StandIn, fault: Fault
) -> None:
    fedex.rate(shipment())
    there.faults.extend([fault, fault])
    with pytest.raises(InDoubt):
        fedex.buy_label(shipment(), idempotency_key=PARCEL)
    with pytest.raises(Unavailable) as silent:
        fedex.rate(shipment())
    assert not isinstance(silent.value, InDoubt)


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"no samples at {SAMPLES}: set OMS_SHARED")
def test_fedexs_own_sample_is_read_with_its_times_in_their_zones() -> None:
    told = scans(json.loads((SAMPLES / "fedex_track_TrackingResponse.json").read_text()))
    assert [(each.tracking_number, each.status) for each in told] == [("128667043726", TrackingStatus.IN_TRANSIT)]
    assert told[0].at == datetime(2018, 2, 2, 19, 1, tzinfo=UTC)
    assert told[0].description == "Package available for clearance"


def test_a_parcel_that_is_held_says_at_which_shop_and_never_at_whose_home() -> None:
    def told(code: str, *, residential: bool) -> str:
        address = {"streetLines": ["Domplatz 3"], "city": "Köln", "residential": residential}
        contact = {"companyName": "Kiosk am Dom", "personName": "Max Muster"}
        track = {
            "trackingNumberInfo": {"trackingNumber": "1"},
            "scanEvents": [{"date": "2026-03-03T09:00:00+01:00", "eventType": code}],
            "holdAtLocation": {"locationContactAndAddress": {"contact": contact, "address": address}},
        }
        (scan,) = scans({"output": {"completeTrackResults": [{"trackResults": [track]}]}})
        return scan.place

    assert told("HL", residential=False) == "Kiosk am Dom, Domplatz 3, Köln"
    assert told("HL", residential=True) == ""
    assert told("IT", residential=False) == ""


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"no samples at {SAMPLES}: set OMS_SHARED")
def test_an_answer_that_is_an_error_is_no_news() -> None:
    with pytest.raises(Unavailable, match=r"TRACKING\.TRACKINGNUMBER\.EMPTY"):
        scans(json.loads((SAMPLES / "fedex_track_ErrorResponse.json").read_text()))
