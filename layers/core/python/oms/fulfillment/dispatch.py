"""The end of a location's day: the carrier is called, and told what it gets."""

from __future__ import annotations

from collections.abc import Callable
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
    wish = PickupWish(
        address=replace(location.address, company=location.name),
        day=call.day,
        ready=call.ready,
        close=call.close,
        parcels=call.parcels,
        grams=call.grams,
        instruction=call.instruction,
    )

    def call_it() -> Bought:
        return _answer(call.carrier, seller.schedule_pickup(wish))

    unclear = f"whether {call.carrier} comes is not known: ask it, and call again with another key"
    return _once(ports, wanted, call_it, unclear).tracking_number


def call_off(ports: Ports, location_id: str, *, carrier: str, confirmation: str, day: date) -> None:
    """Call a carrier off.

    Raises:
        NotFound, NotAllowed, InvalidInput, Refused, Unavailable: see `call_carrier`.
    """
    location = ports.location(location_id)
    seller: PicksUp = able(_carrier(ports, carrier), Ability.PICKUP, PicksUp)
    seller.cancel_pickup(confirmation, day=day, address=replace(location.address, company=location.name))


def close_day(ports: Ports, location_id: str, caller: Caller, *, carrier: str, day: date) -> Closed:
    """Close what was shipped with a carrier's account up to a day, and keep the paper. The same cause closes once.

    It is written down before, as a call is: a day that was closed without our having its paper would look like one on
    which nothing was shipped.

    Raises:
        NotFound: there is no such location.
        NotAllowed: the carrier wants no manifest.
        InvalidInput: there is nothing to close: also when another cause closed it before.
        Refused, Unavailable: see `call_carrier`.
    """
    ports.location(location_id)
    seller: Manifests = able(_carrier(ports, carrier), Ability.MANIFEST, Manifests)
    wanted = Purchase(
        owner=f"manifest#{location_id}#{day.isoformat()}",
        entry=caller.cause,
        carrier=carrier,
        service="",
        state=State.WANTED,
        at=caller.clock(),
    )

    def close() -> Bought:
        manifest = seller.manifest(day)
        if not manifest.document:
            return _answer(carrier, manifest.reference)
        ending = "txt" if manifest.media_type.startswith("text/") else "pdf"
        key = f"manifests/{location_id}/{manifest.reference}-{to_text(caller.clock())}.{ending}"
        ports.documents.put(key, manifest.document)
        return _answer(carrier, manifest.reference, document=key)

    unclear = f"whether {carrier} closed the day is not known: ask it for the paper, or close with another key"
    closed = _once(ports, wanted, close, unclear)
    return Closed(
        reference=closed.tracking_number, link=ports.documents.link(closed.document) if closed.document else ""
    )


def _once(ports: Ports, wanted: Purchase, ask: Callable[[], Bought], unclear: str) -> Bought:
    """What the same cause got before, or what the carrier says now, which is written down before and after.

    Raises:
        Unavailable: the same cause asked before, and nobody knows what came of it (`unclear`).
    """
    known = next((each for each in ports.purchases.of(wanted.owner) if each.entry == wanted.entry), None)
    if known is not None and known.label is not None:
        return known.label
    fresh = ports.purchases.begin(wanted) if known is None else ports.purchases.change(wanted, before=State.REFUSED)
    if not fresh:
        raise Unavailable(unclear)
    try:
        got = ask()
    except Unavailable:
        raise
    except OmsError:
        ports.purchases.change(replace(wanted, state=State.REFUSED), before=State.WANTED)
        raise
    ports.purchases.change(replace(wanted, state=State.BOUGHT, label=got), before=State.WANTED)
    return got


def _answer(carrier: str, reference: str, *, document: str = "") -> Bought:
    return Bought(carrier=carrier, service="", tracking_number=reference, tracking_url="", document=document)


def _carrier(ports: Ports, name: str) -> Carrier:
    try:
        return ports.carrier(name)
    except NotFound as error:
        raise InvalidInput(error.detail, path="carrier") from None
