"""The smallest shapes of what the API answers, of which the others are made: times, amounts, addresses."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from oms.orders.events import TrackingStatus, UnitState

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the OpenAPI document of these, asks for the newer one
    from typing_extensions import TypedDict


class Format:
    """Says in the API document what a text is: `date-time`, `date`, `uri`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Asked for by whoever makes the document, so that nothing of pydantic is needed here."""
        return {**handler(schema), "format": self.name}


Time = Annotated[str, Format("date-time")]
"""RFC 3339, in UTC."""

Day = Annotated[str, Format("date")]
"""A calendar date."""

Units = dict[UnitState, int]
"""How many units are in which state; states without any are left out."""


class MoneyResource(TypedDict):
    """An amount in minor units of an ISO 4217 currency: 1999 EUR are 19.99 euro."""

    amount: int
    currency: str


class AddressResource(TypedDict):
    """A postal address as the customer wrote it; `country` is ISO 3166-1 alpha-2."""

    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str


class ContactResource(TypedDict):
    """Who ordered, and where the parcel goes. Only shown to callers that may read orders."""

    name: str
    email: str
    phone: str
    customer_id: str
    shipping: AddressResource | None
    billing: AddressResource | None
    collectors: dict[str, str]
    """Who fetched the goods in a store, by fulfillment order, where staff wrote it down."""


class ScanResource(TypedDict):
    """What the carrier said of a parcel."""

    status: TrackingStatus
    at: Time
    description: str
