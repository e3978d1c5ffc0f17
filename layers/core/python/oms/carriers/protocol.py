"""What a carrier does for us, whoever it is: sells labels, and whatever of the rest it can.

Every carrier sells labels. That it rates, takes labels back, closes the day, fetches parcels, is asked where they are
or says so itself is a protocol each: what a carrier cannot do it does not have, and `able` says so (see `Ability`).

An adapter maps the carrier's own codes to `TrackingStatus` and never lets a person's name into a scan's description:
scans become events, and events hold no personal data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from oms.carriers.customs import Declaration
from oms.carriers.names import LabelFormat
from oms.errors import NotAllowed, NotFound, Unavailable
from oms.orders.contact import Address
from oms.orders.events import TrackingStatus

MAX_DESCRIPTION = 200
"""Characters of a scan's description that are kept."""


class Ability(StrEnum):
    """What one carrier can and another cannot."""

    RATE = "rate"
    VOID = "void"
    MANIFEST = "manifest"
    PICKUP = "pickup"
    TRACK = "track"
    """It is asked where parcels are."""
    NOTIFY = "notify"
    """It says by itself where they are."""
    ZPL = "zpl"
    REPEAT = "repeat"
    """It knows a call that it had before by its key: asked twice, it answers the same and charges once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A parcel to be carried. Weight in grams, outer size in millimetres; 0 where it was not measured."""

    parcel_id: str
    reference: str
    """What the parties call it, printed on the label: the order's number."""
    service: str
    """As the carrier calls it; empty for its default."""
    sender: Address
    recipient: Address
    grams: int = 0
    length: int = 0
    width: int = 0
    height: int = 0
    discreet: bool = False
    """The print does not say who sends it. The carrier is told, and whoever gets hold of the print is not."""
    format: LabelFormat = LabelFormat.PDF
    returning: bool = False
    """It goes back to the merchant, who pays: `sender` is the customer."""
    declaration: Declaration | None = None
    """For customs; None where none is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A shipment that the carrier has taken on: `document` is the label, `cost` in minor units of `currency`.

    The currency is empty where the carrier does not say what it costs.
    """

    service: str
    tracking_number: str
    tracking_url: str
    document: bytes
    cost: int = 0
    currency: str = ""
    format: LabelFormat = LabelFormat.PDF


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a service would cost, and when it would be there: as far as the carrier says."""

    service: str
    cost: int
    currency: str
    days: int | None = None
    """Working days on the way."""
    date: date | None = None
    """The day of delivery, in the recipient's place."""


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
    guessed: bool = False
    """Its word is in no table, and taken for an exception so that staff look at it. No customer is told of a guess."""
    place: str = ""
    """The carrier's shop in which it waits for the customer: never an address of the customer's own."""
    until: date | None = None
    """The last day on which it waits there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupWish:
    """When the carrier shall fetch how much where: times of the place itself."""

    address: Address
    day: date
    ready: time
    close: time
    parcels: int
    grams: int
    instruction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The close of a day: its papers, if there are any, in the form that the carrier has them."""

    reference: str
    document: bytes = b""
    media_type: str = ""


class InDoubt(Unavailable):
    """There was no answer to a purchase: whether the carrier took the shipment on is not known."""


class Carrier(Protocol):
    """One carrier's API."""

    @property
    def name(self) -> str:
        """The carrier in URLs, references and secrets: `simulated`."""
        ...

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do beside selling labels."""
        ...

    def buy_label(self, shipment: Shipment, *, idempotency_key: str) -> Label:
        """Hand a shipment to the carrier. With `Ability.REPEAT` the same key always gets the same label, charged once.

        Raises:
            InvalidInput: the carrier does not take it: names the field, or has its words.
            Refused: the account may not do it.
            InDoubt: no answer; the shipment may or may not have been taken on.
            Unavailable: it was not taken on; ask again with the same key.
        """
        ...


@runtime_checkable
class Rates(Protocol):
    """A carrier that says beforehand what it costs."""

    def rate(self, shipment: Shipment) -> tuple[Quote, ...]:
        """What each service would cost for this parcel; its `service` makes no difference.

        Raises:
            InvalidInput: the carrier does not carry it.
            Refused, Unavailable: see `Carrier.buy_label`.
        """
        ...


@runtime_checkable
class Voids(Protocol):
    """A carrier that takes labels back which were not used."""

    def void(self, tracking_number: str) -> None:
        """Take a label back. One that was taken back already is not an error.

        Raises:
            NotAllowed: it is too late: the parcel has been handed over, or the time for it is over.
            Refused, Unavailable: see `Carrier.buy_label`.
        """
        ...


@runtime_checkable
class Finds(Protocol):
    """A carrier that can be asked for shipments by what we call them."""

    def find(self, parcel_id: str, *, day: date) -> tuple[str, ...]:
        """Tracking numbers of the shipments that carry this parcel's id, as far as the carrier knows them yet.

        Raises:
            Refused, Unavailable: see `Carrier.buy_label`.
        """
        ...


@runtime_checkable
class Manifests(Protocol):
    """A carrier that has to be told which parcels a day had."""

    def manifest(self, day: date) -> Manifest:
        """Close what was shipped on the account up to and on this day.

        Raises:
            InvalidInput: there is nothing to close.
            Refused, Unavailable: see `Carrier.buy_label`.
        """
        ...


@runtime_checkable
class PicksUp(Protocol):
    """A carrier that comes when it is called."""

    def schedule_pickup(self, wish: PickupWish) -> str:
        """Call it; returns the confirmation under which it can be called off.

        Raises:
            InvalidInput: not then, or not there.
            Refused, Unavailable: see `Carrier.buy_label`.
        """
        ...

    def cancel_pickup(self, confirmation: str, *, day: date, address: Address) -> None:
        """Call it off.

        Raises:
            InvalidInput: there is no such pick-up, or it is too late.
            Refused, Unavailable: see `Carrier.buy_label`.
        """
        ...


@runtime_checkable
class Tracks(Protocol):
    """A carrier that is asked where parcels are."""

    @property
    def most_tracked(self) -> int:
        """Numbers that one call takes."""
        ...

    def track(self, tracking_numbers: Sequence[str]) -> tuple[Scan, ...]:
        """All that it knows of these parcels; nothing of those that it does not know.

        Raises:
            Refused, Unavailable: see `Carrier.buy_label`.
        """
        ...


@runtime_checkable
class Notifies(Protocol):
    """A carrier that says by itself where parcels are."""

    def verify(self, raw: bytes, headers: Mapping[str, str], secret: str, *, now: datetime) -> bool:
        """Whether these very bytes were signed with the secret, not long before `now`. `headers` have any case."""
        ...

    def parse(self, raw: bytes) -> tuple[Scan, ...]:
        """The scans that a webhook carries.

        Raises:
            InvalidInput: it is not a webhook of this carrier.
        """
        ...


class Notifying(Carrier, Notifies, Protocol):
    """A carrier whose webhooks come to us by themselves, without an account that would have to be read first."""


def able(carrier: Carrier, ability: Ability, protocol: type[Any]) -> Any:
    """The carrier as one that can do this.

    Raises:
        NotAllowed: it cannot.
    """
    if ability not in carrier.abilities or not isinstance(carrier, protocol):
        raise NotAllowed(f"{carrier.name} cannot do this ({ability}); it can: {', '.join(sorted(carrier.abilities))}")
    return carrier


def carrier(name: str) -> Notifying:
    """The carrier of this name that needs no account; its module is loaded when it is first asked for.

    Raises:
        NotFound: there is none.
    """
    if name == "simulated":
        from oms.carriers.simulated import SimulatedCarrier

        return SimulatedCarrier()
    raise NotFound(f"there is no carrier {name!r}; there is: simulated")
