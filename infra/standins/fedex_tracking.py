"""What the stand-in of FedEx tells of parcels on their way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from infra.standins.fedex_labels import Sent

CODES = {
    "OC": ("Shipment information sent to FedEx", "IN"),
    "PU": ("Picked up", "PU"),
    "AR": ("Arrived at FedEx location", "IT"),
    "DP": ("Left FedEx origin facility", "IT"),
    "OD": ("On FedEx vehicle for delivery", "IT"),
    "DE": ("Delivery exception", "DE"),
    "HP": ("Ready for recipient pickup", "HP"),
    "DL": ("Delivered", "DL"),
}
"""Event to what it says, and the state of the parcel that it stands for."""


def scanned(code: str, at: datetime, city: str) -> dict[str, Any]:
    """One scan."""
    text, state = CODES[code]
    return {
        "date": at.isoformat(timespec="seconds"),
        "eventType": code,
        "eventDescription": text,
        "exceptionCode": "",
        "exceptionDescription": "",
        "derivedStatusCode": state,
        "derivedStatus": text,
        "scanLocation": {"city": city, "countryCode": "DE", "residential": False},
        "locationType": "FEDEX_FACILITY",
    }


def tracked(number: str, sent: Sent | None) -> dict[str, Any]:
    """What is answered about a number; cancelled shipments are as unknown as those that never were."""
    if sent is None or sent.cancelled:
        error = {"code": "TRACKING.TRACKINGNUMBER.NOTFOUND", "message": "Tracking number cannot be found."}
        return {
            "trackingNumber": number,
            "trackResults": [{"trackingNumberInfo": {"trackingNumber": number}, "error": error}],
        }
    latest = sent.events[0]
    return {
        "trackingNumber": number,
        "trackResults": [
            {
                "trackingNumberInfo": {"trackingNumber": number, "carrierCode": "FDXE"},
                "latestStatusDetail": {
                    "code": latest["derivedStatusCode"],
                    "derivedCode": latest["derivedStatusCode"],
                    "statusByLocale": latest["derivedStatus"],
                    "description": latest["eventDescription"],
                },
                "scanEvents": list(sent.events),
                "deliveryDetails": {"receivedByName": "A.NEIGHBOUR"},
            }
        ],
    }
