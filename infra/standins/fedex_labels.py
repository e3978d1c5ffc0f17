"""Shipments that the stand-in of FedEx has taken on, and their labels."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from infra.standins.fedex_rates import SERVICES
from oms.carriers.protocol import Shipment
from oms.carriers.simulated_label import draw_label
from oms.orders.contact import Address


@dataclass
class Sent:
    """A shipment that FedEx has taken on."""

    number: str
    service: str
    reference: str
    purchase_order: str
    request: dict[str, Any]
    price: Decimal
    currency: str
    cancelled: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)


def labelled(sent: Sent) -> dict[str, Any]:
    """The shipment as the answer to its purchase has it, with its label."""
    kind = sent.request["labelSpecification"]["imageType"]
    document = _zpl(sent) if kind == "ZPLII" else _pdf(sent)
    label = {
        "contentKey": "",
        "copiesToPrint": 1,
        "contentType": "LABEL",
        "trackingNumber": sent.number,
        "docType": kind,
        "encodedLabel": base64.b64encode(document).decode(),
    }
    rating = {"rateType": "PAYOR_ACCOUNT_SHIPMENT", "totalNetCharge": float(sent.price), "currency": sent.currency}
    return {
        "serviceType": sent.service,
        "serviceName": SERVICES[sent.service][0],
        "shipDatestamp": sent.request["shipDatestamp"],
        "serviceCategory": "GROUND" if sent.service == "FEDEX_GROUND" else "EXPRESS",
        "masterTrackingNumber": sent.number,
        "pieceResponses": [
            {
                "packageSequenceNumber": 1,
                "trackingNumber": sent.number,
                "masterTrackingNumber": sent.number,
                "trackingIdType": "FEDEX",
                "serviceCategory": "EXPRESS",
                "netChargeAmount": float(sent.price),
                "packageDocuments": [label],
                "customerReferences": [],
            }
        ],
        "completedShipmentDetail": {
            "carrierCode": "FDXE",
            "shipmentRating": {
                "actualRateType": "PAYOR_ACCOUNT_SHIPMENT",
                "shipmentRateDetails": [
                    {**rating, "rateType": "PAYOR_LIST_SHIPMENT", "totalNetCharge": float(sent.price * 2)},
                    rating,
                ],
            },
        },
    }


def _address(party: dict[str, Any]) -> Address:
    place, who = party["address"], party.get("contact", {})
    lines = [*place.get("streetLines", ()), "", ""]
    return Address(
        name=who.get("personName", ""),
        company=who.get("companyName", ""),
        line1=lines[0],
        line2=lines[1],
        city=place.get("city", ""),
        postal_code=place.get("postalCode", ""),
        country=place["countryCode"],
    )


def _pdf(sent: Sent) -> bytes:
    shipment = Shipment(
        parcel_id=sent.number,
        reference=sent.reference,
        service=sent.service,
        sender=_address(sent.request["shipper"]),
        recipient=_address(sent.request["recipients"][0]),
    )
    return draw_label(shipment, service=SERVICES[sent.service][0], tracking_number=sent.number)


def _zpl(sent: Sent) -> bytes:
    to = _address(sent.request["recipients"][0])
    lines = (to.name, to.line1, f"{to.postal_code} {to.city} {to.country}", SERVICES[sent.service][0])
    fields = [f"^FO40,{60 + 50 * row}^A0N,36,36^FD{text}^FS" for row, text in enumerate(lines)]
    code = f"^FO40,320^BY3^BCN,160,Y,N,N^FD{sent.number}^FS"
    return "\n".join(("^XA^CI28", *fields, code, "^XZ")).encode()
