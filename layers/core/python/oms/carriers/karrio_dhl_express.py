"""DHL Express: rates, labels, pick-ups and tracking over its XML services, translated by Karrio.

Sources: DHL Express XML Services, "DCT Request" 3.0, "Shipment Validation" 10.0, "Book Pickup" 3.0, "Tracking" 1.0.
All calls go to one address; errors come with status 200 as `Condition`. DHL Express takes no label back and wants no
manifest: what is not handed over is not charged.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from importlib import import_module
from typing import Any

from oms.carriers import karrio_payload as payload
from oms.carriers.access import Access
from oms.carriers.karrio_calls import raise_for
from oms.carriers.karrio_library import MAX_WORDS, mapper, models, part, read, translated
from oms.carriers.karrio_measures import kilograms, minor_units
from oms.carriers.karrio_states import scan, status
from oms.carriers.protocol import Ability, InDoubt, Label, PickupWish, Quote, Scan, Shipment
from oms.errors import InvalidInput, Refused, Unavailable
from oms.ids import derived
from oms.orders.contact import Address
from oms.orders.events import TrackingStatus
from oms.wire import Request

LIVE, TEST = "https://xmlpi-ea.dhl.com", "https://xmlpitest-ea.dhl.com"
TRACK_PAGE = "https://www.dhl.com/en/express/tracking.html?AWB="

MESSAGE = "1234567890123456789012345678901"
"""The reference that Karrio gives every message. DHL only passes it on: support finds a call by it."""

_FLOAT = re.compile(r">(\d+\.\d{9,})<")
MEANT = Decimal("0.000001")

KEYS_REFUSED = frozenset({"100", "111", "SIT0001"})
"""Conditions that say that site id and password are not known."""


class DhlExpress:
    """`Carrier`, `Rates`, `PicksUp` and `Tracks` of one account."""

    abilities = frozenset({Ability.RATE, Ability.PICKUP, Ability.TRACK, Ability.ZPL})
    most_tracked = 10

    def __init__(self, access: Access) -> None:
        self._access = access
        self._account = access.account
        base = access.account.url or (TEST if access.account.test else LIVE)
        self._url = f"{base}/XMLShippingServlet"

    @property
    def name(self) -> str:
        """The account's id."""
        return self._account.carrier

    def rate(self, shipment: Shipment) -> tuple[Quote, ...]:
        """See `Rates`. Its days are those of the calendar; the date is what counts."""
        asked = payload.rate_request(shipment, services=(), options=_options(shipment), imperial=False)
        request = translated(lambda: self._mapper.create_rate_request(asked))
        answer = self._call(request.serialize())
        rates, errors = read(answer, self._mapper.parse_rate_response, request.ctx)
        if not rates:
            raise self._refused(errors)
        days = _arrivals(answer)
        return tuple(
            Quote(
                service=rate.service,
                cost=minor_units(rate.total_charge, rate.currency),
                currency=rate.currency,
                days=rate.transit_days,
                date=days.get(_code(rate.service)),
            )
            for rate in rates
        )

    def buy_label(self, shipment: Shipment, *, idempotency_key: str) -> Label:
        """See `Carrier`. DHL knows no keys, and takes no label back: see `docs/connect/dhl-express.md`."""
        service = shipment.service or self._account.default_service
        wish = payload.shipment_request(shipment, service=service, options=_options(shipment), imperial=False)
        request = translated(lambda: self._mapper.create_shipment_request(wish))
        named = request.serialize().replace(MESSAGE, f"{derived('buy', idempotency_key):x<28}"[:32])
        answer = self._call(named, purchase=True)
        details, errors = read(answer, self._mapper.parse_shipment_response, request.ctx)
        if details is None and not errors:
            raise InDoubt(f"{self.name} answered neither with a label nor with a reason")
        if details is None:
            raise self._refused(errors)
        rate = details.selected_rate
        return Label(
            service=service,
            tracking_number=details.tracking_number,
            tracking_url=f"{TRACK_PAGE}{details.tracking_number}",
            document=base64.b64decode(details.docs.label),
            cost=minor_units(rate.total_charge, rate.currency) if rate is not None and rate.total_charge else 0,
            currency=rate.currency if rate is not None and rate.total_charge else "",
            format=shipment.format,
        )

    def schedule_pickup(self, wish: PickupWish) -> str:
        """See `PicksUp`."""
        weight = float(kilograms(-(-wish.grams // wish.parcels)))
        asked = models().PickupRequest(
            pickup_date=wish.day.isoformat(),
            ready_time=f"{wish.ready:%H:%M}",
            closing_time=f"{wish.close:%H:%M}",
            address=payload.address(wish.address),
            parcels=[models().Parcel(weight=weight, weight_unit="KG")] * wish.parcels,
            package_location="Dispatch",
            instruction=wish.instruction or None,
        )
        request = translated(lambda: self._mapper.create_pickup_request(asked))
        details, errors = read(self._call(request.serialize()), self._mapper.parse_pickup_response, {})
        if details is None:
            raise self._refused(errors)
        return str(details.confirmation_number)

    def cancel_pickup(self, confirmation: str, *, day: date, address: Address) -> None:
        """See `PicksUp`."""
        wish = models().PickupCancelRequest(
            confirmation_number=confirmation, pickup_date=day.isoformat(), address=payload.address(address)
        )
        request = translated(lambda: self._mapper.create_cancel_pickup_request(wish))
        done, errors = read(self._call(request.serialize()), self._mapper.parse_cancel_pickup_response, {})
        if done is None:
            raise self._refused(errors)

    def track(self, tracking_numbers: Sequence[str]) -> tuple[Scan, ...]:
        """See `Tracks`.

        Karrio's request and its table of codes. It puts who signed into the description: that is a person's name, and
        is not read. Times are those of the place, without its zone: they are taken for universal, up to half a day off.
        """
        asked = models().TrackingRequest(tracking_numbers=list(tracking_numbers[: self.most_tracked]))
        request = translated(lambda: self._mapper.create_tracking_request(asked))
        return scans(self._call(request.serialize()))

    @cached_property
    def _mapper(self) -> Any:
        settings = {
            "site_id": self._access.secret.get("site_id", ""),
            "password": self._access.secret.get("password", ""),
            "account_number": self._account.account_number,
            "carrier_id": self._account.carrier,
        }
        return mapper("dhl_express", settings)

    def _call(self, body: str, *, purchase: bool = False) -> Any:
        """The root of the answer's XML."""
        request = Request(
            method="POST", url=self._url, headers={"content-type": "application/xml"}, body=_rounded(body).encode()
        )
        doubt = InDoubt if purchase else Unavailable
        try:
            reply = self._access.http.send(request)
        except Unavailable as error:
            raise doubt(error.detail) from None
        raise_for(reply, self.name, lambda _: [], purchase=purchase)
        try:
            return part("lib").to_element(reply.body.decode())
        except import_module("lxml.etree").LxmlError:
            raise doubt(f"{self.name} answered something that is no XML") from None

    def _refused(self, errors: list[str]) -> InvalidInput | Refused:
        words = "; ".join(errors)[:MAX_WORDS] or "it does not say why"
        if any(each.partition(":")[0] in KEYS_REFUSED for each in errors):
            return Refused(f"{self.name} does not accept the account's keys: {words}")
        return InvalidInput(f"{self.name} does not take this: {words}")


def scans(answer: Any) -> tuple[Scan, ...]:
    """The scans in an answer of the tracking service."""
    table = part("providers.dhl_express.units").TrackingStatus
    found = []
    for parcel in answer.iter("AWBInfo"):
        number = parcel.findtext("AWBNumber") or ""
        for event in parcel.iter("ShipmentEvent"):
            code = event.findtext("ServiceEvent/EventCode") or ""
            text = " ".join((event.findtext("ServiceEvent/Description") or "").split())
            at = datetime.fromisoformat(f"{event.findtext('Date')}T{event.findtext('Time')}").replace(tzinfo=UTC)
            found.append(scan(number, code, at, status(table, (code,)) or TrackingStatus.IN_TRANSIT, text))
    return tuple(found)


def _rounded(body: str) -> str:
    """The request with the figures that are meant: it is written with 15 digits, and 30.99 is 30.989999999999998."""
    return _FLOAT.sub(lambda found: f">{Decimal(found[1]).quantize(MEANT).normalize():f}<", body)


def _options(shipment: Shipment) -> dict[str, Any]:
    return {"dhl_shipment_content": shipment.declaration.items[0].description} if shipment.declaration else {}


def _code(service: str) -> str:
    return str(part("providers.dhl_express.units").ShippingService.map(service).value_or_key)


def _arrivals(answer: Any) -> dict[str, date]:
    """The day of delivery by product: Karrio keeps only the number of days."""
    days = {}
    for quote in answer.iter("QtdShp"):
        at = quote.findtext("DeliveryDate/DlvyDateTime")
        if at:
            days[quote.findtext("GlobalProductCode") or ""] = date.fromisoformat(at[:10])
    return days
