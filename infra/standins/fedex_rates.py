"""What the stand-in of FedEx asks for: by weight and service, at home or abroad."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

SERVICES = {
    "FEDEX_GROUND": ("FedEx Ground", Decimal("8.40"), Decimal("0.90"), 4),
    "FEDEX_2_DAY": ("FedEx 2Day", Decimal("17.25"), Decimal("1.60"), 2),
    "PRIORITY_OVERNIGHT": ("FedEx Priority Overnight", Decimal("36.10"), Decimal("2.35"), 1),
    "FEDEX_REGIONAL_ECONOMY": ("FedEx Regional Economy", Decimal("9.80"), Decimal("1.10"), 3),
    "FEDEX_INTERNATIONAL_PRIORITY": ("FedEx International Priority", Decimal("41.00"), Decimal("6.20"), 2),
    "INTERNATIONAL_ECONOMY": ("FedEx International Economy", Decimal("29.50"), Decimal("4.10"), 5),
}
"""Service to its name, price, price per started kilogram, and working days."""

DOMESTIC = ("FEDEX_GROUND", "FEDEX_2_DAY", "PRIORITY_OVERNIGHT", "FEDEX_REGIONAL_ECONOMY")
ABROAD = ("FEDEX_INTERNATIONAL_PRIORITY", "INTERNATIONAL_ECONOMY", "FEDEX_REGIONAL_ECONOMY")

SATURDAY = 5


def offered(wish: dict[str, Any], to: dict[str, Any]) -> tuple[str, ...]:
    """The services that go there."""
    return ABROAD if abroad(wish, to) else DOMESTIC


def abroad(wish: dict[str, Any], to: dict[str, Any]) -> bool:
    """Whether it leaves the country."""
    return bool(wish["shipper"]["address"]["countryCode"] != to["countryCode"])


def price(wish: dict[str, Any], service: str) -> Decimal:
    """What a service costs, by what the parcels weigh."""
    _, base, per_kilogram, _ = SERVICES[service]
    kilograms = sum(
        Decimal(str(each["weight"]["value"])) * (Decimal("0.45359237") if each["weight"]["units"] == "LB" else 1)
        for each in wish["requestedPackageLineItems"]
    )
    return base + per_kilogram * -(-kilograms // 1)


def priced(wish: dict[str, Any], service: str, to: dict[str, Any], currency: str) -> dict[str, Any]:
    """A service as the answer about rates has it."""
    name, base, _, days = SERVICES[service]
    charge = price(wish, service)
    arrives = _after(date.fromisoformat(wish["shipDateStamp"]), days)
    return {
        "serviceType": service,
        "serviceName": name,
        "packagingType": "YOUR_PACKAGING",
        "ratedShipmentDetails": [
            {
                "rateType": kind,
                "ratedWeightMethod": "ACTUAL",
                "totalDiscounts": 0,
                "totalBaseCharge": float(base),
                "totalNetCharge": float(charge * factor),
                "totalNetFedExCharge": float(charge * factor),
                "shipmentRateDetail": {"rateZone": to["countryCode"], "taxes": [], "surCharges": []},
                "currency": currency,
            }
            for kind, factor in (("LIST", Decimal("1.5")), ("ACCOUNT", Decimal(1)))
        ],
        "operationalDetail": {
            "commitDate": f"{arrives.isoformat()}T18:00:00",
            "ineligibleForMoneyBackGuarantee": False,
        },
    }


def _after(day: date, working_days: int) -> date:
    """The day that comes so many working days later."""
    days: Iterator[date] = (day + timedelta(days=number) for number in range(1, 60))
    return [each for each in days if each.weekday() < SATURDAY][working_days - 1]
