"""FedEx: rates, labels, voids, Ground close, pick-ups and tracking over its REST APIs, translated by Karrio.

Sources: FedEx Developer Portal, "API Authorization", "Rates and Transit Times", "Ship", "Track", "Pickup Request",
"Ground End of Day Close", each version 1. A parcel is a shipment of its own; its id goes along as purchase order
number, so that people find it at FedEx.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from oms.carriers import karrio_payload as payload
from oms.carriers.access import Access
from oms.carriers.karrio_calls import Api
from oms.carriers.karrio_library import mapper, models, part, read, translated
from oms.carriers.karrio_measures import major_units, minor_units, pounds
from oms.carriers.karrio_states import scan, status
from oms.carriers.names import LabelFormat
from oms.carriers.protocol import Ability, InDoubt, Label, Manifest, PickupWish, Quote, Scan, Shipment
from oms.errors import InvalidInput, NotAllowed, Unavailable
from oms.orders.contact import Address
from oms.orders.events import TrackingStatus
from oms.wire import Request

LIVE, TEST = "https://apis.fedex.com", "https://apis-sandbox.fedex.com"
TRACK_PAGE = "https://www.fedex.com/fedextrack/?trknbr="
IMPERIAL = frozenset({"US"})
"""Countries in which it works in pounds and inches."""

MAX_REFERENCE = 30
GONE = frozenset({"TRACKINGNUMBER.NOTFOUND.ERROR", "SHIPMENT.ALREADYCANCELED.ERROR", "SHIPMENT.NOTFOUND.ERROR"})
"""Codes of a void that mean: there is no such label any more."""


class FedEx:
    """`Carrier`, `Rates`, `Voids`, `Finds`, `Manifests`, `PicksUp` and `Tracks` of one account."""

    abilities = frozenset({Ability.RATE, Ability.VOID, Ability.MANIFEST, Ability.PICKUP, Ability.TRACK, Ability.ZPL})
    most_tracked = 30

    def __init__(self, access: Access) -> None:
        self._access = access
        self._account = access.account
        base = access.account.url or (TEST if access.account.test else LIVE)
        self._api = Api(access=access, base=base, log_in=self._log_in, words=said, headers={"x-locale": "en_US"})

    @property
    def name(self) -> str:
        """The account's id."""
        return self._account.carrier

    def rate(self, shipment: Shipment) -> tuple[Quote, ...]:
        """See `Rates`. What it says to be the account's own price, with duties and taxes where it tells them."""
        asked = payload.rate_request(
            shipment, services=(), options=self._options(shipment), imperial=self._imperial(shipment)
        )
        request = translated(lambda: self._mapper.create_rate_request(asked))
        answer = self._api.call("POST", "/rate/v1/rates/quotes", _exact(request.serialize(), shipment))
        rates, errors = read(answer, self._mapper.parse_rate_response, request.ctx)
        if not rates and errors:
            raise InvalidInput(f"{self.name} does not carry this: {'; '.join(errors)}")
        return tuple(
            Quote(
                service=rate.service,
                cost=minor_units(rate.total_charge, rate.currency),
                currency=rate.currency,
                days=rate.transit_days,
                date=date.fromisoformat(rate.estimated_delivery) if rate.estimated_delivery else None,
            )
            for rate in rates
        )

    def buy_label(self, shipment: Shipment, *, idempotency_key: str) -> Label:
        """See `Carrier`. FedEx knows no keys: whoever asks twice buys twice (see `oms.fulfillment.purchases`)."""
        del idempotency_key
        service = shipment.service or self._account.default_service
        options = {**self._options(shipment), "fedex_po_number": shipment.parcel_id[:MAX_REFERENCE]}
        wish = payload.shipment_request(shipment, service=service, options=options, imperial=self._imperial(shipment))
        make = (
            self._mapper.create_return_shipment_request if shipment.returning else self._mapper.create_shipment_request
        )
        request = translated(lambda: make(wish))
        answer = self._api.call("POST", "/ship/v1/shipments", _exact(request.serialize(), shipment), purchase=True)
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
            format=LabelFormat.ZPL if "ZPL" in (details.label_type or "") else LabelFormat.PDF,
        )

    def void(self, tracking_number: str) -> None:
        """See `Voids`."""
        wish = models().ShipmentCancelRequest(shipment_identifier=tracking_number)
        request = translated(lambda: self._mapper.create_cancel_shipment_request(wish))
        try:
            answer = self._api.call("PUT", "/ship/v1/shipments/cancel", request.serialize())
        except InvalidInput as error:
            if any(code in error.detail for code in GONE):
                return
            raise NotAllowed(error.detail) from None
        done, errors = read(answer, self._mapper.parse_cancel_shipment_response, {})
        if done is None:
            raise NotAllowed(f"{self.name} does not take the label back: {'; '.join(errors)}")

    def manifest(self, day: date) -> Manifest:
        """See `Manifests`. Ground only: Express needs no close. The manifest is a text for the driver."""
        body = {
            "closeReqType": "GCDR",
            "closeDate": day.isoformat(),
            "groundServiceCategory": "GROUND",
            "accountNumber": {"value": self._account.account_number},
            "closeDocumentSpecification": {"closeDocumentTypes": ["MANIFEST"]},
        }
        output = self._api.call("PUT", "/ship/v1/endofday/", body).get("output", {})
        documents = [part for each in output.get("closeDocuments", ()) for part in each.get("parts", ())]
        image = next((each["documentPartImage"] for each in documents if "documentPartImage" in each), "")
        return Manifest(
            reference=f"{self.name}-{day.isoformat()}",
            document=base64.b64decode(image),
            media_type="text/plain" if image else "",
        )

    def schedule_pickup(self, wish: PickupWish) -> str:
        """See `PicksUp`."""
        asked = models().PickupRequest(
            pickup_date=wish.day.isoformat(),
            ready_time=f"{wish.ready:%H:%M}",
            closing_time=f"{wish.close:%H:%M}",
            address=payload.address(wish.address),
            parcels=[models().Parcel(weight=float(pounds(wish.grams)), weight_unit="LB")],
            parcels_count=wish.parcels,
            instruction=wish.instruction or None,
            options={"fedex_carrier_code": self._fleet},
        )
        request = translated(lambda: self._mapper.create_pickup_request(asked))
        body = request.serialize() | {"packageCount": wish.parcels}
        answer = self._api.call("POST", "/pickup/v1/pickups", body)
        details, errors = read(answer, self._mapper.parse_pickup_response, request.ctx)
        if details is None:
            raise InvalidInput(f"{self.name} does not come: {'; '.join(errors)}")
        return str(details.confirmation_number)

    def cancel_pickup(self, confirmation: str, *, day: date, address: Address) -> None:
        """See `PicksUp`."""
        wish = models().PickupCancelRequest(
            confirmation_number=confirmation,
            pickup_date=day.isoformat(),
            address=payload.address(address),
            options={"fedex_carrier_code": self._fleet},
        )
        request = translated(lambda: self._mapper.create_cancel_pickup_request(wish))
        answer = self._api.call("PUT", "/pickup/v1/pickups/cancel", request.serialize())
        done, errors = read(answer, self._mapper.parse_cancel_pickup_response, {})
        if done is None:
            raise InvalidInput(f"{self.name} cannot call the pick-up off: {'; '.join(errors)}")

    def track(self, tracking_numbers: Sequence[str]) -> tuple[Scan, ...]:
        """See `Tracks`.

        Karrio's request, and its table of codes; its reading of the answer loses the offset of each scan's time, and
        asks for the picture of a signature for each parcel that is delivered.
        """
        asked = models().TrackingRequest(tracking_numbers=list(tracking_numbers[: self.most_tracked]))
        request = translated(lambda: self._mapper.create_tracking_request(asked))
        answer = self._api.call("POST", "/track/v1/trackingnumbers", request.serialize(), **self._tracking())
        return scans(answer)

    def find(self, parcel_id: str, *, day: date) -> tuple[str, ...]:
        """See `Finds`: by the purchase order number, from the day before to the day after.

        FedEx lists a shipment some time after it was made: what is not found may still be there.
        """
        reference = {
            "type": "PURCHASE_ORDER",
            "value": parcel_id[:MAX_REFERENCE],
            "accountNumber": self._account.account_number,
            "shipDateBegin": (day - timedelta(days=1)).isoformat(),
            "shipDateEnd": (day + timedelta(days=1)).isoformat(),
        }
        body = {"referencesInformation": reference, "includeDetailedScans": False}
        try:
            answer = self._api.call("POST", "/track/v1/referencenumbers", body, **self._tracking())
        except InvalidInput:
            return ()
        found = [
            (track.get("trackingNumberInfo") or {}).get("trackingNumber")
            for result in (answer.get("output") or {}).get("completeTrackResults") or ()
            for track in result.get("trackResults") or ()
            if "error" not in track
        ]
        return tuple(dict.fromkeys(each for each in found if each))

    def _tracking(self) -> dict[str, Any]:
        """The token of calls that follow parcels: the account may have keys of their own for them."""
        own = "track_api_key" in self._access.secret
        return {"key": "track", "log_in": self._log_in_to_track} if own else {}

    @property
    def _fleet(self) -> str:
        """Which of its two fleets comes: Ground's or Express's."""
        return "FDXG" if "ground" in self._account.default_service else "FDXE"

    @cached_property
    def _mapper(self) -> Any:
        settings = {
            "account_number": self._account.account_number,
            "account_country_code": self._account.country,
            "carrier_id": self._account.carrier,
        }
        return mapper("fedex", settings)

    def _options(self, shipment: Shipment) -> dict[str, Any]:
        hand_over = "DROPOFF_AT_FEDEX_LOCATION" if shipment.returning else "USE_SCHEDULED_PICKUP"
        return {"shipment_date": self._access.clock().date().isoformat(), "fedex_pickup_type": hand_over}

    def _imperial(self, shipment: Shipment) -> bool:
        return shipment.sender.country.upper() in IMPERIAL

    def _log_in(self) -> Request:
        return self._token_request("api_key", "secret_key")

    def _log_in_to_track(self) -> Request:
        return self._token_request("track_api_key", "track_secret_key")

    def _token_request(self, name: str, secret: str) -> Request:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._access.secret.get(name, ""),
            "client_secret": self._access.secret.get(secret, ""),
        }
        return Request(
            method="POST",
            url=f"{self._api.base}/oauth/token",
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )


def said(body: Any) -> list[str]:
    """What FedEx says in an error: `CODE: message` each."""
    errors = body.get("errors") if isinstance(body, dict) else None
    return [f"{each.get('code')}: {each.get('message')}" for each in errors or () if isinstance(each, dict)]


def charged(answer: Mapping[str, Any]) -> tuple[int, str]:
    """What the shipment costs the account, and in which currency; 0 and no currency where it is not told.

    Karrio does not read it.
    """
    shipment = answer["output"]["transactionShipments"][0]
    rating = (shipment.get("completedShipmentDetail") or {}).get("shipmentRating") or {}
    details = rating.get("shipmentRateDetails") or []
    actual = rating.get("actualRateType")
    for each in sorted(details, key=lambda detail: detail.get("rateType") != actual):
        if each.get("totalNetCharge") is not None and each.get("currency"):
            return minor_units(each["totalNetCharge"], each["currency"]), each["currency"]
    return 0, ""


def scans(answer: Mapping[str, Any]) -> tuple[Scan, ...]:
    """The scans in an answer of the Track API; errors about single numbers are passed over.

    Raises:
        Unavailable: this is no such answer.
    """
    results = (answer.get("output") or {}).get("completeTrackResults")
    if results is None:
        raise Unavailable(f"FedEx did not answer about the parcels: {'; '.join(said(answer))}")
    found = []
    for result in results:
        for track in result.get("trackResults") or ():
            number = (track.get("trackingNumberInfo") or {}).get("trackingNumber") or result.get("trackingNumber", "")
            place = _held_at(track)
            for event in track.get("scanEvents") or ():
                if event.get("date"):
                    each = _scan(number, event)
                    waits = each.status is TrackingStatus.AVAILABLE_FOR_PICKUP
                    found.append(replace(each, place=place) if waits else each)
    return tuple(found)


def _held_at(track: Mapping[str, Any]) -> str:
    """The shop that holds the parcel, as far as it is told: its name, street and town; never somebody's home."""
    known = (track.get("holdAtLocation") or {}).get("locationContactAndAddress") or {}
    address = known.get("address") or {}
    if address.get("residential") is not False:
        return ""
    name = (known.get("contact") or {}).get("companyName")
    return ", ".join(str(each) for each in (name, *(address.get("streetLines") or ()), address.get("city")) if each)


def _scan(number: str, event: Mapping[str, Any]) -> Scan:
    at = datetime.fromisoformat(event["date"])
    code = str(event.get("eventType") or event.get("derivedStatusCode") or "")
    known = status(_table(), (code, event.get("derivedStatusCode")))
    text = event.get("exceptionDescription") or event.get("eventDescription") or ""
    return scan(number, code, at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC), known, text)


def _table() -> Any:
    return part("providers.fedex.units").TrackingStatus


def _exact(request: dict[str, Any], shipment: Shipment) -> dict[str, Any]:
    """The request with sums of our own.

    FedEx takes the shipment's weight in pounds whatever the parcels have, and Karrio takes 2.205 to the kilogram. What
    all is worth Karrio adds up from the parcels' insured values, of which there are none.
    """
    wish = request["requestedShipment"]
    wish["totalWeight"] = float(pounds(shipment.grams))
    declared = shipment.declaration
    if declared is not None and "customsClearanceDetail" in wish:
        wish["customsClearanceDetail"]["totalCustomsValue"] = {
            "amount": major_units(declared.value, declared.currency),
            "currency": declared.currency,
        }
    return request
