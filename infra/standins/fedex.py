"""A stand-in of FedEx's REST APIs: token, rates, labels, voids, Ground close, pick-ups, tracking.

Shapes, codes and limits as the FedEx Developer Portal and Karrio's tests have them: errors are `{"transactionId",
"errors": [{"code", "message"}]}`, a token lives an hour, 30 numbers are tracked at a time. It charges by weight and
distance of countries, moves parcels when it is told to (`move`), and keeps all in memory.
"""

from __future__ import annotations

import base64
import json
from datetime import date, datetime, timedelta
from threading import RLock
from typing import Any

from werkzeug.wrappers import Request, Response

from infra.standins.fedex_labels import Sent, labelled
from infra.standins.fedex_rates import abroad, offered, price, priced
from infra.standins.fedex_tracking import scanned, tracked
from infra.standins.wsgi import Limit, StandIn, answer
from oms.clock import Clock, now

MOST_TRACKED = 30
TOKEN_LIFE = 3600


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
        self.listed_after = timedelta()
        """How long after it was made a shipment is found by its reference: at FedEx that takes a while."""
        self.tokens: dict[str, datetime] = {}
        self._lock = RLock()

    def move(self, number: str, code: str, *, at: datetime | None = None, city: str = "Leipzig") -> None:
        """Let a parcel be scanned."""
        with self._lock:
            self.sent[number].events.insert(0, scanned(code, at or self.clock(), city))

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
        to = wish["recipient"]["address"]
        if problem := self._problem(wish, to):
            return problem
        details = [priced(wish, service, to, self.currency) for service in offered(wish, to)]
        return self._ok({"rateReplyDetails": details, "quoteDate": self.clock().date().isoformat(), "encoded": False})

    def ship(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        wish = body["requestedShipment"]
        to = wish["recipients"][0]["address"]
        if problem := self._problem(wish, to):
            return problem
        if wish["serviceType"] not in offered(wish, to):
            return self._error(400, "SERVICE.PACKAGECOMBINATION.INVALID", "Invalid service and packaging combination.")
        if abroad(wish, to) and "customsClearanceDetail" not in wish:
            return self._error(400, "CUSTOMSVALUE.REQUIRED.ERROR", "Customs value is required for this shipment.")
        with self._lock:
            sent = self._take(wish, to)
        return self._ok({"transactionShipments": [labelled(sent)]})

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
        return self._ok({"completeTrackResults": [tracked(number, self.sent.get(number)) for number in numbers]})

    def look_up(self, request: Request) -> Response:
        body = self._body(request)
        if isinstance(body, Response):
            return body
        asked = body["referencesInformation"]
        if asked["accountNumber"] != self.account_number:
            return self._error(400, "TRACKING.ACCOUNTNUMBER.INVALID", "Please provide a valid account number.")
        since = self.clock() - self.listed_after
        made = [each for each in self.used() if datetime.fromisoformat(each.events[-1]["date"]) <= since]
        found = [each for each in made if each.purchase_order == asked["value"]]
        if not found:
            return self._error(404, "TRACKING.REFERENCENUMBER.NOTFOUND", "Reference number cannot be found.")
        return self._ok({"completeTrackResults": [tracked(each.number, each) for each in found]})

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
            price=price(wish, wish["serviceType"]),
            currency=self.currency,
        )
        self.sent[number] = sent
        self.move(number, "OC", city=to.get("city", ""))
        return sent

    def _ok(self, output: dict[str, Any]) -> Response:
        return answer({"transactionId": f"t-{len(self.calls)}", "output": output})

    def _error(self, status: int, code: str, message: str) -> Response:
        body = {"transactionId": f"t-{len(self.calls)}", "errors": [{"code": code, "message": message}]}
        return answer(body, status=status)
