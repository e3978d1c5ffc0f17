"""What a carrier does for us, whoever it is: sells labels, and tells where parcels are.

An adapter maps the carrier's own codes to `TrackingStatus` and never lets a person's name into a scan's description:
scans become events, and events hold no personal data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oms.errors import NotFound
from oms.orders.contact import Address
from oms.orders.events import TrackingStatus

DEFAULT = "simulated"
"""The carrier of those who name none."""

MAX_DESCRIPTION = 200
"""Characters of a scan's description that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A parcel to be carried. Weight in grams, outer size in millimetres; 0 where it was not measured."""

    parcel_id: str
    reference: str
    """What the parties call it, printed on the label: the order's number."""
    service: str
    sender: Address
    recipient: Address
    grams: int = 0
    length: int = 0
    width: int = 0
    height: int = 0
    discreet: bool = False
    """The print does not say who sends it. The carrier is told, and whoever gets hold of the print is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A shipment that the carrier has taken on: `document` is the label as PDF, `cost` in minor units."""

    service: str
    tracking_number: str
    tracking_url: str
    document: bytes
    cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One thing that the carrier said of a parcel. `scan_id` is the carrier's, or derived from what it said."""

    tracking_number: str
    scan_id: str
    status: TrackingStatus
    at: datetime
    description: str = ""
    code: str = ""
    """The carrier's own word for it, if it has one; empty where the source does not pass it on."""


class Carrier(Protocol):
    """One carrier's API."""

    @property
    def name(self) -> str:
        """The carrier in URLs, references and secrets: `simulated`."""
        ...

    def buy_label(self, shipment: Shipment, *, idempotency_key: str) -> Label:
        """Hand a shipment to the carrier. The same key always gets the same label, and is charged once.

        Raises:
            InvalidInput: the carrier does not take it: names the field.
            Unavailable: no answer; ask again with the same key.
        """
        ...

    def verify(self, raw: bytes, headers: Mapping[str, str], secret: str, *, now: datetime) -> bool:
        """Whether these very bytes were signed with the secret, not long before `now`. `headers` have any case."""
        ...

    def parse(self, raw: bytes) -> tuple[Scan, ...]:
        """The scans that a webhook carries.

        Raises:
            InvalidInput: it is not a webhook of this carrier.
        """
        ...


def carrier(name: str) -> Carrier:
    """The carrier of this name; its module is loaded when it is first asked for.

    Raises:
        NotFound: there is none.
    """
    if name == "simulated":
        from oms.carriers.simulated import SimulatedCarrier

        return SimulatedCarrier()
    raise NotFound(f"there is no carrier {name!r}; there is: simulated")
