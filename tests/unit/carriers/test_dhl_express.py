"""DHL Express through Karrio's mappers: what is sent, and what is made of answers of its documented shape."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, time
from xml.etree import ElementTree as ET

import pytest

from oms.carriers.account import CarrierPlatform
from oms.carriers.customs import Declaration, Incoterm, Item
from oms.carriers.karrio_dhl_express import DhlExpress
from oms.carriers.protocol import Ability, InDoubt, PickupWish, Voids
from oms.errors import InvalidInput, Refused
from oms.orders.events import TrackingStatus
from tests.unit.carriers.accounts import ABROAD, AT, SHOP, Canned, access, shipment

MUGS = Declaration(
    items=(
        Item(
            sku="MUG",
            description="Ceramic mug",
            quantity=3,
            value=1033,
            grams=319,
            hs_code="691110",
            origin_country="PT",
        ),
    ),
    currency="EUR",
    incoterm=Incoterm.DAP,
    invoice="W-1",
)

RATES = """<?xml version="1.0"?><DCTResponse><GetQuoteResponse><BkgDetails><QtdShp>
<GlobalProductCode>P</GlobalProductCode><LocalProductCode>P</LocalProductCode>
<LocalProductName>EXPRESS WORLDWIDE</LocalProductName><CurrencyCode>EUR</CurrencyCode>
<WeightCharge>195.319999999999993</WeightCharge><PricingDate>2026-03-02</PricingDate>
<ShippingCharge>208.02000000000001</ShippingCharge>
<DeliveryDate><DeliveryType>QDDC</DeliveryType><DlvyDateTime>2026-03-04 23:59:00</DlvyDateTime></DeliveryDate>
</QtdShp></BkgDetails></GetQuoteResponse></DCTResponse>"""

LABEL = """<?xml version="1.0" encoding="UTF-8"?>
<res:ShipmentResponse xmlns:res="http://www.dhl.com"><Note><ActionNote>Success</ActionNote></Note>
<AirwayBillNumber>1234567890</AirwayBillNumber><ShippingCharge>208.020</ShippingCharge>
<LabelImage><OutputFormat>PDF</OutputFormat><OutputImage>{image}</OutputImage></LabelImage>
</res:ShipmentResponse>"""

TRACKED = """<?xml version="1.0" encoding="UTF-8"?>
<req:TrackingResponse xmlns:req="http://www.dhl.com"><AWBInfo><AWBNumber>1234567890</AWBNumber><ShipmentInfo>
<ShipmentEvent><Date>2026-03-02</Date><Time>17:05:00</Time><ServiceEvent><EventCode>PU</EventCode>
<Description>Shipment picked up</Description></ServiceEvent><Signatory/></ShipmentEvent>
<ShipmentEvent><Date>2026-03-04</Date><Time>10:12:00</Time><ServiceEvent><EventCode>OK</EventCode>
<Description>Delivered - Signed for by</Description></ServiceEvent><Signatory>A.NEIGHBOUR</Signatory></ShipmentEvent>
</ShipmentInfo></AWBInfo></req:TrackingResponse>"""

REFUSED = """<?xml version="1.0" encoding="UTF-8"?><res:ErrorResponse xmlns:res="http://www.dhl.com"><Response><Status>
<ActionStatus>Error</ActionStatus><Condition><ConditionCode>{code}</ConditionCode>
<ConditionData>{words}</ConditionData></Condition></Status></Response></res:ErrorResponse>"""


def dhl(*answers: object) -> tuple[DhlExpress, Canned]:
    http = Canned(*answers)
    keys = {"site_id": "site", "password": "secret"}
    return DhlExpress(access(CarrierPlatform.DHL_EXPRESS, http, secret=keys, default_service=WORLDWIDE)), http


WORLDWIDE = "dhl_express_worldwide"


def text(http: Canned, path: str) -> str:
    found = ET.fromstring(http.asked[-1].body).findtext(f".//{path}")  # noqa: S314 - we have made it
    assert found is not None, path
    return found


def test_a_price_has_the_minor_units_that_dhl_means_and_its_day() -> None:
    seller, http = dhl(RATES)
    (quote,) = seller.rate(shipment(recipient=ABROAD, declaration=MUGS))
    assert (quote.cost, quote.currency, quote.date) == (20802, "EUR", date(2026, 3, 4))
    assert (text(http, "SiteID"), text(http, "Piece/Weight")) == ("site", "0.96")
    assert (text(http, "DeclaredValue"), text(http, "DeclaredCurrency")) == ("30.99", "EUR")


def test_a_label_is_bought_and_the_call_has_a_name_of_its_own() -> None:
    seller, http = dhl(LABEL.format(image=base64.b64encode(b"%PDF-1.4 label").decode()))
    label = seller.buy_label(shipment(recipient=ABROAD, declaration=MUGS), idempotency_key="p1")
    assert (label.tracking_number, label.document) == ("1234567890", b"%PDF-1.4 label")
    assert (label.cost, label.currency) == (20802, "EUR")
    assert text(http, "Consignee/AddressLine1") == "Seeweg 3"
    assert text(http, "ExportLineItem/CommodityCode") == "691110"
    assert text(http, "Dutiable/TermsOfTrade") == "DAP"
    assert len(text(http, "MessageReference")) == 28


def test_what_was_delivered_is_told_without_who_signed() -> None:
    seller, _ = dhl(TRACKED)
    told = seller.track(["1234567890"])
    assert [(each.status, each.description) for each in told] == [
        (TrackingStatus.IN_TRANSIT, "Shipment picked up"),
        (TrackingStatus.DELIVERED, "Delivered - Signed for by"),
    ]
    assert told[1].at == datetime(2026, 3, 4, 10, 12, tzinfo=UTC)


def test_an_error_with_status_200_is_an_error() -> None:
    seller, _ = dhl(REFUSED.format(code="PLT006", words="Postcode not found"))
    with pytest.raises(InvalidInput, match="PLT006: Postcode not found"):
        seller.rate(shipment(recipient=ABROAD))
    seller, _ = dhl(REFUSED.format(code="111", words="Site ID or password is wrong"))
    with pytest.raises(Refused, match="does not accept the account's keys"):
        seller.buy_label(shipment(recipient=ABROAD), idempotency_key="p1")


@pytest.mark.parametrize("answer", [(503, ""), "no XML at all"])
def test_a_purchase_that_is_answered_with_nonsense_is_in_doubt(answer: object) -> None:
    seller, _ = dhl(answer)
    with pytest.raises(InDoubt):
        seller.buy_label(shipment(recipient=ABROAD), idempotency_key="p1")


def test_it_says_that_it_takes_no_label_back() -> None:
    seller, _ = dhl()
    assert Ability.VOID not in seller.abilities
    assert not isinstance(seller, Voids)


def test_the_driver_is_called() -> None:
    booked = """<?xml version="1.0"?><res:BookPUResponse xmlns:res="http://www.dhl.com">
    <ConfirmationNumber>3674</ConfirmationNumber><ReadyByTime>15:00:00</ReadyByTime>
    <NextPickupDate>2026-03-02</NextPickupDate></res:BookPUResponse>"""
    seller, http = dhl(booked)
    wish = PickupWish(address=SHOP, day=AT.date(), ready=time(15), close=time(18), parcels=3, grams=4000)
    assert seller.schedule_pickup(wish) == "3674"
    assert (text(http, "Pieces"), text(http, "Pickup/PickupDate")) == ("3", "2026-03-02")
