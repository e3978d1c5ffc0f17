"""Carriers' accounts for tests: an adapter in front of its stand-in, and parcels to send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from oms.carriers.access import Access
from oms.carriers.account import CarrierAccount, CarrierPlatform
from oms.carriers.protocol import Shipment
from oms.orders.contact import Address
from oms.wire import Http, Reply, Request
from tests.support.platforms import Hand

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""

SHOP = Address(
    name="Mugs & More",
    company="Lager Nord",
    line1="Kai 7",
    postal_code="20457",
    city="Hamburg",
    country="DE",
    phone="+49 40 123456",
)
BUYER = Address(
    name="Kim Berg", line1="Hauptstr. 1", postal_code="80331", city="München", country="DE", phone="+49 89 123456"
)
ABROAD = Address(
    name="Lea Frei", line1="Seeweg 3", postal_code="8001", city="Zürich", country="CH", phone="+41441234567"
)


def access(
    platform: CarrierPlatform,
    http: Http,
    *,
    secret: Mapping[str, str],
    clock: Hand | None = None,
    **settings: Any,
) -> Access:
    """An account whose API is whatever `http` leads to."""
    given = {"account_number": "740561073", "country": "DE", "default_service": "fedex_regional_economy"} | settings
    account = CarrierAccount(carrier=platform.value, platform=platform, url="http://carrier.test", **given)
    return Access(account=account, secret=secret, http=http, clock=clock or Hand(AT))


def shipment(**changes: Any) -> Shipment:
    """A parcel of 957 grams."""
    given: dict[str, Any] = {
        "parcel_id": "oabcdefghij2345klmnop-1-p1",
        "reference": "W-1",
        "service": "",
        "sender": SHOP,
        "recipient": BUYER,
        "grams": 957,
        "length": 301,
        "width": 200,
        "height": 125,
    }
    return Shipment(**given | changes)


class Canned:
    """`Http` that gives the answers that it was made with, in order: JSON, text, or a status with either."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked: list[Request] = []

    def send(self, request: Request) -> Reply:
        self.asked.append(request)
        given = self._answers.pop(0)
        status, body = given if isinstance(given, tuple) else (200, given)
        text = body if isinstance(body, str) else json.dumps(body)
        return Reply(status=status, body=text.encode())

    def sent(self, number: int) -> Any:
        """The JSON of a call."""
        return json.loads(self.asked[number].body)
