"""A stand-in of FedEx's REST APIs: token, rates, labels, voids, Ground close, pick-ups, tracking.

Shapes, codes and limits as the FedEx Developer Portal and Karrio's tests have them: errors are `{"transactionId",
"errors": [{"code", "message"}]}`, a token lives an hour, 30 numbers are tracked at a time. It charges by weight and
distance of countries, moves parcels when it is told to (`move`), and keeps all in memory.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import RLock
from typing import Any

from werkzeug.wrappers import Request, Response

from infra.standins.wsgi import Limit, StandIn, answer
from oms.carriers.protocol import Shipment
from oms.carriers.simulated_label import draw_label
from oms.clock import Clock, now
from oms.orders.contact import Address

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

CODES = {
    "OC": ("Shipment information sent to FedEx", "IN"),
    "PU": ("Picked up", "PU"),
    "AR": ("Arrived at FedEx location", "IT"),
    "DP": ("Left FedEx origin facility", "IT"),
    "OD": ("On FedEx vehicle for delivery", "IT"),
    "DE": ("Delivery exception", "DE"),
    "DL": ("Delivered", "DL"),
}
"""Event to what it says, and the state of the parcel that it stands for."""

MOST_TRACKED = 30
TOKEN_LIFE = 3600
SATURDAY = 5


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


class FedEx(StandIn):
    """See the module. `sent` has all shipments by tracking number, cancelled ones included."""

    ROUTES = (
        ("POST", "/oauth/token", "log_in"),
        ("POST", "/rate/v1/rates/quotes", "rate"),
        ("POST", "/ship/v1/shipments", "ship"),
        ("PUT", "/ship/v1/shipments/cancel", "cancel"),
        ("PUT", "/ship/v1/endofday/", "close"),
        ("POST", "/track/v1/trackingnumbers", "track"),
        ("POST", "/track/v1/referencenumbers", "look_up"),
        ("POST", "/pickup/v1/pickups", "pick_up"),
        ("PUT", "/pickup/v1/pickups/cancel", "call_off"),
    )

    def __init__(
        self,
        *,
        api_key: str = "key",
        secret_key: str = "secret",  # noqa: S107 - of a stand-in
        account_number: str = "740561073",
        currency: str = "EUR",
        clock: Clock = now,
        limit: Limit | None = None,
    ) -> None:
        super().__init__(clock=clock, limit=limit)
        self.api_key, self.secret_key, self.account_number = api_key, secret_key, account_number
        self.currency = currency
        self.sent: dict[str, Sent] = {}
        self.pickups: dict[str, dict[str, Any]] = {}
        self.closed: list[str] = []
        self.tokens: dict[str, datetime] = {}
        self._lock = RLock()

    def move(self, number: str, code: str, *, at: datetime | None = None, city: str = "Leipzig") -> None:
        """Let a parcel be scanned."""
        with self._lock:
            text, state = CODES[code]
            self.sent[number].events.insert(
                0,
                {
                    "date": (at or self.clock()).isoformat(timespec="seconds"),
                    "eventType": code,
                    "eventDescription": text,
                    "exceptionCode": "",
                    "exceptionDescription": "",
                    "derivedStatusCode": state,
                    "derivedStatus": text,
                    "scanLocation": {"city": city, "countryCode": "DE", "residential": False},
                    "locationType": "FEDEX_FACILITY",
                },
            )

    def used(self) -> list[Sent]:
        """Shipments that were not taken back."""
        return [each for each in self.sent.values() if not each.cancelled]

    def log_in(self, request: Request) -> Response:
        form = request.form
        if (form.get("client_id"), form.get("client_secret")) != (self.api_key, self.secret_key):
            return self._error(401, "NOT.AUTHORIZED.ERROR", "The given client credentials were not valid.")
        with self._lock:
            token = f"token-{len(self.tokens) + 1}"
            self.tokens[token] = self.clock() + timedelta(seconds=TOKEN_LIFE)
        return answer({"access_token": token, "token_type": "bearer", "expires_in": TOKEN_LIFE, "scope": "CXS"})

    def rate(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        wish = body["requestedShipment"]
        if problem := self._problem(wish, wish["recipient"]["address"]):
            return problem
        details = [self._priced(wish, service, wish["recipient"]["address"]) for service in self._offered(wish)]
        return self._ok({"rateReplyDetails": details, "quoteDate": self.clock().date().isoformat(), "encoded": False})

    def ship(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        wish = body["requestedShipment"]
        to = wish["recipients"][0]["address"]
        if problem := self._problem(wish, to):
            return problem
        if wish["serviceType"] not in self._offered(wish | {"recipient": {"address": to}}):
            return self._error(400, "SERVICE.PACKAGECOMBINATION.INVALID", "Invalid service and packaging combination.")
        if self._abroad(wish, to) and "customsClearanceDetail" not in wish:
            return self._error(400, "CUSTOMSVALUE.REQUIRED.ERROR", "Customs value is required for this shipment.")
        with self._lock:
            sent = self._take(wish, to)
        return self._ok({"transactionShipments": [self._labelled(sent)]})

    def cancel(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        with self._lock:
            sent = self.sent.get(body.get("trackingNumber", ""))
            if sent is None:
                return self._error(404, "TRACKINGNUMBER.NOTFOUND.ERROR", "Tracking number was not found.")
            if any(event["eventType"] != "OC" for event in sent.events):
                return self._error(400, "SHIPMENT.DELETED.NOTALLOWED", "The shipment has been tendered to FedEx.")
            sent.cancelled = True
        return self._ok({"cancelledShipment": True, "cancelledHistory": True, "successMessage": "Success"})

    def close(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        open_ones = [
            each
            for each in self.used()
            if each.service == "FEDEX_GROUND"
            and each.number not in self.closed
            and each.request["shipDatestamp"] <= body["closeDate"]
        ]
        if not open_ones:
            return self._error(400, "CLOSE.NOSHIPMENTS.FOUND", "There are no shipments to close.")
        with self._lock:
            self.closed += [each.number for each in open_ones]
        text = "FedEx Ground manifest\n" + "\n".join(each.number for each in open_ones)
        part = {"documentPartSequenceNumber": "1", "documentPartImage": base64.b64encode(text.encode()).decode()}
        return self._ok({"closeDocuments": [{"type": "MANIFEST", "parts": [part]}]})

    def track(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        numbers = [each["trackingNumberInfo"]["trackingNumber"] for each in body.get("trackingInfo", ())]
        if not numbers:
            return self._error(400, "TRACKING.TRACKINGNUMBER.EMPTY", "Please provide tracking number.")
        if len(numbers) > MOST_TRACKED:
            return self._error(400, "TRACKING.TRACKINGNUMBER.EXCEEDS", "Please limit your inquiry to 30 numbers.")
        return self._ok({"completeTrackResults": [self._tracked(number) for number in numbers]})

    def look_up(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        asked = body["referencesInformation"]
        if asked["accountNumber"] != self.account_number:
            return self._error(400, "TRACKING.ACCOUNTNUMBER.INVALID", "Please provide a valid account number.")
        found = [each.number for each in self.used() if each.purchase_order == asked["value"]]
        if not found:
            return self._error(404, "TRACKING.REFERENCENUMBER.NOTFOUND", "Reference number cannot be found.")
        return self._ok({"completeTrackResults": [self._tracked(number) for number in found]})

    def pick_up(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        ready = body["originDetail"]["readyDateTimestamp"]
        if date.fromisoformat(ready[:10]) < self.clock().date():
            return self._error(400, "PICKUP.READYDATE.INVALID", "The ready date is in the past.")
        with self._lock:
            confirmation = f"LEJA{len(self.pickups) + 1}"
            self.pickups[confirmation] = body
        return self._ok({"pickupConfirmationCode": confirmation, "location": "LEJA", "message": ""})

    def call_off(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        with self._lock:
            if self.pickups.pop(body.get("pickupConfirmationCode", ""), None) is None:
                return self._error(400, "CONFIRMATION.NUMBER.INVALID", "Invalid confirmation number.")
        return self._ok(
            {"pickupConfirmationCode": body["pickupConfirmationCode"], "cancelConfirmationMessage": "Cancelled."}
        )

    def too_many(self, wait: float) -> Response:
        refused = self._error(429, "TOO.MANY.REQUESTS", "We have received too many requests in a short duration.")
        refused.headers["Retry-After"] = str(max(1, round(wait)))
        return refused

    def broken(self) -> Response:
        return self._error(503, "SERVICE.UNAVAILABLE.ERROR", "The service is currently unavailable.")

    def _body(self, request: Request) -> dict[str, Any] | Response:
        """The body of a call that is let in and is about this account."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        ends = self.tokens.get(token)
        if scheme.lower() != "bearer" or ends is None or ends <= self.clock():
            return self._error(401, "NOT.AUTHORIZED.ERROR", "Access token expired. Please modify your request.")
        try:
            body: dict[str, Any] = json.loads(request.get_data())
        except ValueError:
            return self._error(400, "INVALID.INPUT.EXCEPTION", "Invalid field value in the input.")
        number = (body.get("accountNumber") or body.get("associatedAccountNumber") or {}).get("value")
        if number is not None and number != self.account_number:
            return self._error(400, "ACCOUNT.NUMBER.MISMATCH", "Account number does not belong to the project.")
        return body

    def _problem(self, wish: dict[str, Any], to: dict[str, Any]) -> Response | None:
        if not to.get("postalCode"):
            return self._error(400, "RECIPIENT.POSTALCODE.INVALID", "Recipient postal code or routing code is invalid.")
        if any(float(each["weight"]["value"]) > 68 for each in wish["requestedPackageLineItems"]):  # noqa: PLR2004 - its limit
            return self._error(400, "PACKAGE.WEIGHT.INVALID", "Package weight exceeds the maximum of 68 kg.")
        return None

    def _offered(self, wish: dict[str, Any]) -> tuple[str, ...]:
        return ABROAD if self._abroad(wish, wish["recipient"]["address"]) else DOMESTIC

    def _abroad(self, wish: dict[str, Any], to: dict[str, Any]) -> bool:
        return bool(wish["shipper"]["address"]["countryCode"] != to["countryCode"])

    def _price(self, wish: dict[str, Any], service: str) -> Decimal:
        _, base, per_kilogram, _ = SERVICES[service]
        kilograms = sum(
            Decimal(str(each["weight"]["value"])) * (Decimal("0.45359237") if each["weight"]["units"] == "LB" else 1)
            for each in wish["requestedPackageLineItems"]
        )
        return base + per_kilogram * -(-kilograms // 1)

    def _priced(self, wish: dict[str, Any], service: str, to: dict[str, Any]) -> dict[str, Any]:
        name, base, _, days = SERVICES[service]
        price = self._price(wish, service)
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
                    "totalNetCharge": float(price * factor),
                    "totalNetFedExCharge": float(price * factor),
                    "shipmentRateDetail": {"rateZone": to["countryCode"], "taxes": [], "surCharges": []},
                    "currency": self.currency,
                }
                for kind, factor in (("LIST", Decimal("1.5")), ("ACCOUNT", Decimal(1)))
            ],
            "operationalDetail": {
                "commitDate": f"{arrives.isoformat()}T18:00:00",
                "ineligibleForMoneyBackGuarantee": False,
            },
        }

    def _take(self, wish: dict[str, Any], to: dict[str, Any]) -> Sent:
        number = f"{794_600_000_000 + 17 * (len(self.sent) + 1)}"
        references = {
            each["customerReferenceType"]: each["value"]
            for each in wish["requestedPackageLineItems"][0].get("customerReferences", ())
        }
        sent = Sent(
            number=number,
            service=wish["serviceType"],
            reference=references.get("CUSTOMER_REFERENCE", ""),
            purchase_order=references.get("P_O_NUMBER", ""),
            request=wish,
            price=self._price(wish, wish["serviceType"]),
            currency=self.currency,
        )
        self.sent[number] = sent
        self.move(number, "OC", city=to.get("city", ""))
        return sent

    def _labelled(self, sent: Sent) -> dict[str, Any]:
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

    def _tracked(self, number: str) -> dict[str, Any]:
        sent = self.sent.get(number)
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

    def _ok(self, output: dict[str, Any]) -> Response:
        return answer({"transactionId": f"t-{len(self.calls)}", "output": output})

    def _error(self, status: int, code: str, message: str) -> Response:
        body = {"transactionId": f"t-{len(self.calls)}", "errors": [{"code": code, "message": message}]}
        return answer(body, status=status)


def _after(day: date, working_days: int) -> date:
    """The day that comes so many working days later."""
    days: Iterator[date] = (day + timedelta(days=number) for number in range(1, 60))
    return [each for each in days if each.weekday() < SATURDAY][working_days - 1]


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
