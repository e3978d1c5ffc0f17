"""UPS: rates, labels, voids, pick-ups and tracking over its REST APIs, translated by Karrio.

Sources: UPS Developer Portal, "OAuth Client Credentials", "Rating" (Shop), "Shipping" (Ship, Void), "Pickup", version
2409, and "Tracking" version 1. UPS has no manifest in these APIs: it knows a label when it makes it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from oms.carriers import karrio_payload as payload
from oms.carriers.access import Access
from oms.carriers.karrio_calls import Api
from oms.carriers.karrio_library import mapper, models, part, read, translated
from oms.carriers.karrio_measures import kilograms, major_units, minor_units, pounds
from oms.carriers.karrio_states import scan, status
from oms.carriers.names import LabelFormat
from oms.carriers.protocol import Ability, InDoubt, Label, PickupWish, Quote, Scan, Shipment
from oms.errors import InvalidInput, NotAllowed
from oms.ids import derived
from oms.orders.contact import Address
from oms.orders.events import TrackingStatus
from oms.wire import Request

LIVE, TEST = "https://onlinetools.ups.com", "https://wwwcie.ups.com"
TRACK_PAGE = "https://www.ups.com/track?tracknum="
IMPERIAL = frozenset({"US"})
SATURDAY = 5


class Ups:
    """`Carrier`, `Rates`, `Voids`, `PicksUp` and `Tracks` of one account."""

    abilities = frozenset({Ability.RATE, Ability.VOID, Ability.PICKUP, Ability.TRACK, Ability.ZPL})
    most_tracked = 10
    """UPS is asked number by number."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._account = access.account
        base = access.account.url or (TEST if access.account.test else LIVE)
        self._api = Api(access=access, base=base, log_in=self._log_in, words=said)

    @property
    def name(self) -> str:
        """The account's id."""
        return self._account.carrier

    def rate(self, shipment: Shipment) -> tuple[Quote, ...]:
        """See `Rates`. The negotiated price where the account has one. Days are UPS's, dates are counted from them."""
        asked = payload.rate_request(shipment, services=(), options={}, imperial=self._imperial(shipment))
        request = translated(lambda: self._mapper.create_rate_request(asked))
        answer = self._api.call("POST", "/api/rating/v2409/Shop?additionalinfo=timeintransit", request.serialize())
        rates, errors = read(answer, self._mapper.parse_rate_response, request.ctx)
        if not rates and errors:
            raise InvalidInput(f"{self.name} does not carry this: {'; '.join(errors)}")
        today = self._access.clock().date()
        return tuple(
            Quote(
                service=rate.service,
                cost=minor_units(rate.total_charge, rate.currency),
                currency=rate.currency,
                days=rate.transit_days or None,
                date=_after(today, rate.transit_days) if rate.transit_days else None,
            )
            for rate in rates
        )

    def buy_label(self, shipment: Shipment, *, idempotency_key: str) -> Label:
        """See `Carrier`. UPS knows no keys: whoever asks twice buys twice (see `oms.fulfillment.purchases`)."""
        service = shipment.service or self._account.default_service
        options: dict[str, Any] = {"ups_return_service": "ups_print_return_label"} if shipment.returning else {}
        if shipment.declaration is not None:
            options["declared_value"] = major_units(shipment.declaration.value, shipment.declaration.currency)
        wish = payload.shipment_request(shipment, service=service, options=options, imperial=self._imperial(shipment))
        make = (
            self._mapper.create_return_shipment_request if shipment.returning else self._mapper.create_shipment_request
        )
        request = translated(lambda: make(wish))
        headers = {"transId": derived("buy", idempotency_key), "transactionSrc": "oms"}
        answer = self._api.call(
            "POST", "/api/shipments/v2409/ship", request.serialize(), purchase=True, headers=headers
        )
        details, errors = read(answer, self._mapper.parse_shipment_response, request.ctx)
        if details is None or not details.docs.label:
            raise InDoubt(f"{self.name} answered without a label: {'; '.join(errors)}")
        cost, currency = charged(answer)
        return Label(
            service=service,
            tracking_number=details.tracking_number,
            tracking_url=f"{TRACK_PAGE}{details.tracking_number}",
            document=base64.b64decode(details.docs.label),
            cost=cost,
            currency=currency,
            format=LabelFormat.ZPL if details.label_type == "ZPL" else LabelFormat.PDF,
        )

    def void(self, tracking_number: str) -> None:
        """See `Voids`."""
        try:
            answer = self._api.call("DELETE", f"/api/shipments/v2409/void/cancel/{tracking_number}")
        except InvalidInput as error:
            if "already been voided" in error.detail:
                return
            raise NotAllowed(error.detail) from None
        done, errors = read(answer, self._mapper.parse_cancel_shipment_response, {})
        if done is None:
            raise NotAllowed(f"{self.name} does not take the label back: {'; '.join(errors)}")

    def schedule_pickup(self, wish: PickupWish) -> str:
        """See `PicksUp`."""
        imperial = wish.address.country.upper() in IMPERIAL
        weight = float((pounds if imperial else kilograms)(-(-wish.grams // wish.parcels)))
        each = models().Parcel(weight=weight, weight_unit="LB" if imperial else "KG")
        asked = models().PickupRequest(
            pickup_date=wish.day.isoformat(),
            ready_time=f"{wish.ready:%H:%M}",
            closing_time=f"{wish.close:%H:%M}",
            address=payload.address(wish.address),
            parcels=[each] * wish.parcels,
            parcels_count=wish.parcels,
            instruction=wish.instruction or None,
        )
        request = translated(lambda: self._mapper.create_pickup_request(asked))
        answer = self._api.call("POST", "/api/pickupcreation/v2409/pickup", request.serialize())
        details, errors = read(answer, self._mapper.parse_pickup_response, request.ctx)
        if details is None or not details.confirmation_number:
            raise InvalidInput(f"{self.name} does not come: {'; '.join(errors)}")
        return str(details.confirmation_number)

    def cancel_pickup(self, confirmation: str, *, day: date, address: Address) -> None:
        """See `PicksUp`. UPS asks for the number alone."""
        del day, address
        answer = self._api.call("DELETE", "/api/shipments/v2409/pickup/02", headers={"Prn": confirmation})
        done, errors = read(answer, self._mapper.parse_cancel_pickup_response, {})
        if done is None:
            raise InvalidInput(f"{self.name} cannot call the pick-up off: {'; '.join(errors)}")

    def track(self, tracking_numbers: Sequence[str]) -> tuple[Scan, ...]:
        """See `Tracks`. Karrio's table of codes; its reading of the answer loses the zone of each scan's time."""
        found: list[Scan] = []
        for number in tracking_numbers:
            headers = {"transId": derived("track", number), "transactionSrc": "oms"}
            path = f"/api/track/v1/details/{number}?locale=en_US&returnSignature=false"
            try:
                found += scans(self._api.call("GET", path, headers=headers))
            except InvalidInput:
                continue  # a number that UPS does not know yet, or no longer
        return tuple(found)

    @cached_property
    def _mapper(self) -> Any:
        settings = {
            "client_id": "",
            "client_secret": "",
            "account_number": self._account.account_number,
            "account_country_code": self._account.country,
            "carrier_id": self._account.carrier,
        }
        return mapper("ups", settings)

    def _imperial(self, shipment: Shipment) -> bool:
        return shipment.sender.country.upper() in IMPERIAL

    def _log_in(self) -> Request:
        pair = f"{self._access.secret.get('client_id', '')}:{self._access.secret.get('client_secret', '')}"
        return Request(
            method="POST",
            url=f"{self._api.base}/security/v1/oauth/token",
            headers={
                "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
                "content-type": "application/x-www-form-urlencoded",
            },
            body=b"grant_type=client_credentials",
        )


def said(body: Any) -> list[str]:
    """What UPS says in an error: `CODE: message` each."""
    response = body.get("response") if isinstance(body, dict) else None
    errors = response.get("errors") if isinstance(response, dict) else None
    return [f"{each.get('code')}: {each.get('message')}" for each in errors or () if isinstance(each, dict)]


def charged(answer: Mapping[str, Any]) -> tuple[int, str]:
    """What the shipment costs the account: as negotiated, with taxes where they are told. Karrio does not read it."""
    results = answer["ShipmentResponse"]["ShipmentResults"]
    for charges in (results.get("NegotiatedRateCharges") or {}, results.get("ShipmentCharges") or {}):
        for name in ("TotalChargesWithTaxes", "TotalCharge", "TotalCharges"):
            charge = charges.get(name) or {}
            if charge.get("MonetaryValue") and charge.get("CurrencyCode"):
                return minor_units(charge["MonetaryValue"], charge["CurrencyCode"]), charge["CurrencyCode"]
    return 0, ""


def scans(answer: Mapping[str, Any]) -> tuple[Scan, ...]:
    """The scans in an answer of the Tracking API."""
    found = []
    for shipment in (answer.get("trackResponse") or {}).get("shipment") or ():
        for package in shipment.get("package") or ():
            number = package.get("trackingNumber") or shipment.get("inquiryNumber", "")
            until = _last_day(package)
            for activity in package.get("activity") or ():
                if activity.get("date"):
                    each = _scan(number, activity)
                    waits = each.status is TrackingStatus.AVAILABLE_FOR_PICKUP
                    found.append(replace(each, until=until) if waits else each)
    return tuple(found)


def _scan(number: str, activity: Mapping[str, Any]) -> Scan:
    said_status = activity.get("status") or {}
    code = str(said_status.get("code") or "")
    table = part("providers.ups.units").TrackingStatus
    known = status(table, (said_status.get("type"), code))
    if known in {TrackingStatus.IN_TRANSIT, TrackingStatus.EXCEPTION}:  # the code may say more: a delay, a return
        known = status(table, (code,)) or known
    return scan(number, code, _moment(activity), known, said_status.get("description") or "")


def _last_day(package: Mapping[str, Any]) -> date | None:
    """Until when a parcel waits at an access point, as far as it is told."""
    day = str((package.get("accessPointInformation") or {}).get("pickupByDate") or "")
    try:
        return datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _moment(activity: Mapping[str, Any]) -> datetime:
    """When it was: by UPS's own universal time where it has it, or else by the place's, taken for universal."""
    if activity.get("gmtDate") and activity.get("gmtTime"):
        time = str(activity["gmtTime"]).replace(":", "")
        return datetime.strptime(f"{activity['gmtDate']}{time:0>6}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    time = str(activity.get("time") or "")
    return datetime.strptime(f"{activity['date']}{time:0>6}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _after(day: date, working_days: int) -> date:
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < SATURDAY
    return day
