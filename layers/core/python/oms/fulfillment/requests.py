"""The bodies and queries that the calls of fulfillment take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from oms.carriers.names import LabelFormat
from oms.errors import InvalidInput
from oms.fulfillment.decisions import Packing
from oms.fulfillment.dispatch import Call
from oms.fulfillment.labels import Wanted
from oms.fulfillment.rejection import Rejecting
from oms.ids import MAX_SKU
from oms.orders.kits import MAX_COMPONENTS
from oms.orders.reasons import CancellationReason
from oms.orders.rejecting import RejectReason
from oms.orders.transitions import FulfillmentStatus

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Lines = Annotated[dict[str, Count], Field(min_length=1, max_length=2000)]
Millimetres = Annotated[int, Field(ge=0, le=20_000)]
Name = Annotated[str, Field(max_length=100)]

TO_DO = (
    FulfillmentStatus.OPEN,
    FulfillmentStatus.ACCEPTED,
    FulfillmentStatus.PICKED,
    FulfillmentStatus.PACKED,
    FulfillmentStatus.READY,
    FulfillmentStatus.EXPIRED,
)
"""What a location still has to do, in the order of the work: what stands ready is to be handed over."""


class Pick(BaseModel):
    """What was taken from the shelf: units by line id. Without `lines`: all that is allocated."""

    model_config = ConfigDict(extra="forbid")

    lines: Lines | None = None


class LabelWish(BaseModel):
    """What is said of a label; what is left out the set-up and the prices say."""

    model_config = ConfigDict(extra="forbid")

    carrier: Name = ""
    """Without it the one that the prices choose of those that are set up."""
    service: Name = ""
    """Without it one that keeps what the customer chose."""
    label_format: LabelFormat | None = None
    """Without it as the location's printers or the carrier's account say."""

    def label(self) -> Wanted:
        """The wish as the domain has it."""
        return Wanted(carrier=self.carrier, service=self.service, format=self.label_format)


class Pack(LabelWish):
    """What went into a parcel: units by line id, all that is picked unless told otherwise; grams and millimetres.

    `parcel` is the parcel's number within the fulfillment order, from 1: who names it may send the call again.
    """

    model_config = ConfigDict(extra="forbid")

    lines: Lines | None = None
    parcel: Annotated[int, Field(ge=1, le=10_000)] | None = None
    grams: Annotated[int, Field(ge=0, le=5_000_000)] = 0
    length: Millimetres = 0
    width: Millimetres = 0
    height: Millimetres = 0

    def packing(self) -> Packing:
        """The wish as the domain has it."""
        return Packing(
            units=self.lines,
            number=self.parcel,
            grams=self.grams,
            length=self.length,
            width=self.width,
            height=self.height,
        )


class OfParcel(BaseModel):
    """Which parcel is shipped or delivered. Without `parcel_id`: all that can be."""

    model_config = ConfigDict(extra="forbid")

    parcel_id: Name | None = None


class HandOver(BaseModel):
    """By what staff know whom they give the goods to: the code, or a document that they have seen; and who that is.

    `collected_by` is kept beside the customer's contact and goes with it.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    code: Annotated[str, Field(max_length=20)] = ""
    """Of the ready message; spaces make no difference."""
    identity_seen: bool = False
    """Staff have seen a document with the name of the order."""
    collected_by: Annotated[str, Field(max_length=200)] = ""
    """Who came, where it is not the customer."""


class PutBack(BaseModel):
    """Why the goods go back: nobody fetched them in time, or the customer does not want them any more."""

    model_config = ConfigDict(extra="forbid")

    code: CancellationReason = CancellationReason.NOT_COLLECTED
    """As the customer is told in their language."""
    reason: Annotated[str, Field(max_length=500)] = ""
    """In words, for staff."""


class AcceptCancellation(BaseModel):
    """Which request is accepted. Without `request_id`: all that are open."""

    model_config = ConfigDict(extra="forbid")

    request_id: Name | None = None


class Reject(BaseModel):
    """What the location gives back, in units by line id, and why. Without `lines`: all that has not left.

    `not_in_stock` takes the units off the location's books, `damaged` makes them unavailable there; with any other
    reason they are free stock again. Their order is sourced anew, without this location.
    """

    model_config = ConfigDict(extra="forbid")

    reason: RejectReason
    lines: Lines | None = None
    note: Annotated[str, Field(max_length=500)] = ""
    """In words, for staff."""
    components: Annotated[tuple[Annotated[str, Field(max_length=MAX_SKU)], ...], Field(max_length=MAX_COMPONENTS)] = ()
    """Of kits, the components that are missing or damaged; the others are free stock again. Without: all of them."""

    def rejecting(self) -> Rejecting:
        """The wish as the domain has it."""
        return Rejecting(reason=self.reason, units=self.lines, note=self.note, components=self.components)


class DeclineCancellation(AcceptCancellation):
    """Why the units go out all the same; staff read it."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class OfCarrier(BaseModel):
    """Whose day it is about."""

    model_config = ConfigDict(extra="forbid")

    carrier: Annotated[str, Field(min_length=1, max_length=100)]
    """The account."""
    day: date


class CallCarrier(OfCarrier):
    """When the carrier shall come for how much; times of the location itself, grams of all parcels."""

    ready: time
    close: time
    parcels: Annotated[int, Field(ge=1, le=10_000)]
    grams: Annotated[int, Field(ge=1, le=100_000_000)]
    instruction: Annotated[str, Field(max_length=60)] = ""

    def call(self) -> Call:
        """The wish as the domain has it."""
        return Call(**self.model_dump())


class Measures(BaseModel):
    """A parcel that is to be priced: grams and millimetres. Without `grams` what the goods weigh by their set-up."""

    model_config = ConfigDict(extra="ignore")

    grams: Annotated[int, Field(ge=0, le=5_000_000)] = 0
    length: Millimetres = 0
    width: Millimetres = 0
    height: Millimetres = 0


def measures(query: Mapping[str, str]) -> Packing:
    """The parcel that a query describes.

    Raises:
        InvalidInput: names the parameter that is no such number.
    """
    try:
        known = Measures.model_validate(dict(query))
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(first["msg"], path=str(first["loc"][0])) from None
    return Packing(**known.model_dump())


def statuses(text: str) -> list[str]:
    """The statuses of a work queue: those named, separated by commas, or all in which there is work to do.

    Raises:
        InvalidInput: there is no such status.
    """
    if not text:
        return [status.value for status in TO_DO]
    wanted: list[Any] = text.split(",")
    known = [status.value for status in FulfillmentStatus]
    if not set(wanted) <= set(known):
        raise InvalidInput(f"no such status; there are {', '.join(known)}", path="status")
    return [status for status in known if status in wanted]
