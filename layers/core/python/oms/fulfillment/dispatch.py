"""The end of a location's day: the carrier is called, and told what it gets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time

from oms.carriers.protocol import Ability, Carrier, Manifests, PicksUp, PickupWish, able
from oms.clock import to_text
from oms.errors import InvalidInput, NotFound, OmsError, Unavailable
from oms.fulfillment.ports import Ports
from oms.fulfillment.purchases import Bought, Purchase, State
from oms.orders.log import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """When whom to call for how much; times of the location itself, weight in grams."""

    carrier: str
    day: date
    ready: time
    close: time
    parcels: int
    grams: int
    instruction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What a carrier said of a closed day; `link` opens its paper, and is empty where there is none."""

    reference: str
    link: str


def call_carrier(ports: Ports, location_id: str, caller: Caller, call: Call) -> str:
    """Have a carrier come; returns its confirmation. The same cause calls once.

    Carriers know no keys: the call is written down before it is made, and one that was not answered is not made again
    under its cause.

    Raises:
        NotFound: there is no such location.
        NotAllowed: the carrier does not come when it is called.
        InvalidInput, Refused: it does not come then; has its words.
        Unavailable: it did not answer, now or when the same cause called before.
    """
    location = ports.location(location_id)
    seller: PicksUp = able(_carrier(ports, call.carrier), Ability.PICKUP, PicksUp)
    wanted = Purchase(
        owner=f"pickup#{location_id}#{call.day.isoformat()}",
        entry=caller.cause,
        carrier=call.carrier,
        service="",
        state=State.WANTED,
        at=caller.clock(),
    )
    known = next((each for each in ports.purchases.of(wanted.owner) if each.entry == wanted.entry), None)
    if known is not None and known.label is not None:
        return known.label.tracking_number
    fresh = ports.purchases.begin(wanted) if known is None else ports.purchases.change(wanted, before=State.REFUSED)
    if not fresh:
        raise Unavailable(f"whether {call.carrier} comes is not known: ask it, and call again with another key")
    wish = PickupWish(
        address=replace(location.address, company=location.name),
        day=call.day,
        ready=call.ready,
        close=call.close,
        parcels=call.parcels,
        grams=call.grams,
        instruction=call.instruction,
    )
    try:
        confirmation = seller.schedule_pickup(wish)
    except Unavailable:
        raise
    except OmsError:
        ports.purchases.change(replace(wanted, state=State.REFUSED), before=State.WANTED)
        raise
    label = Bought(carrier=call.carrier, service="", tracking_number=confirmation, tracking_url="", document="")
    ports.purchases.change(replace(wanted, state=State.BOUGHT, label=label), before=State.WANTED)
    return confirmation


def call_off(ports: Ports, location_id: str, *, carrier: str, confirmation: str, day: date) -> None:
    """Call a carrier off.

    Raises:
        NotFound, NotAllowed, InvalidInput, Refused, Unavailable: see `call_carrier`.
    """
    location = ports.location(location_id)
    seller: PicksUp = able(_carrier(ports, carrier), Ability.PICKUP, PicksUp)
    seller.cancel_pickup(confirmation, day=day, address=replace(location.address, company=location.name))


def close_day(ports: Ports, location_id: str, caller: Caller, *, carrier: str, day: date) -> Closed:
    """Close what was shipped with a carrier's account up to a day, and keep the paper.

    Raises:
        NotFound: there is no such location.
        NotAllowed: the carrier wants no manifest.
        InvalidInput: there is nothing to close: also when it was closed before.
        Refused, Unavailable: see `call_carrier`.
    """
    ports.location(location_id)
    seller: Manifests = able(_carrier(ports, carrier), Ability.MANIFEST, Manifests)
    manifest = seller.manifest(day)
    if not manifest.document:
        return Closed(reference=manifest.reference, link="")
    ending = "txt" if manifest.media_type.startswith("text/") else "pdf"
    key = f"manifests/{location_id}/{manifest.reference}-{to_text(caller.clock())}.{ending}"
    ports.documents.put(key, manifest.document)
    return Closed(reference=manifest.reference, link=ports.documents.link(key))


def _carrier(ports: Ports, name: str) -> Carrier:
    try:
        return ports.carrier(name)
    except NotFound as error:
        raise InvalidInput(error.detail, path="carrier") from None
