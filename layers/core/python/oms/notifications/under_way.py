"""What customers are told of a parcel between its departure and its arrival: where it is, and what they can do."""

from __future__ import annotations

from oms.notifications.bill import rows
from oms.notifications.catalogue import Kind
from oms.notifications.frame import letter, number, ship_to
from oms.notifications.journey import MAX_SMS_LINK, carrier_of, link_of
from oms.notifications.letter import Block, Button, Items, Letter, Notice, Pair, Panel, Paragraph
from oms.notifications.plain import NAME, TITLE, clean
from oms.notifications.voice import Voice
from oms.orders.order import Parcel
from oms.orders.reached import ParcelStateReached

ON_ITS_WAY = 2
"""How many steps are behind a parcel that has left."""

AT_THE_DOOR = frozenset({Kind.OUT_FOR_DELIVERY, Kind.DELIVERY_FAILED})
"""What is about the customer's own door, which the message names: it may be the wrong one."""


def told(voice: Voice, parcel: Parcel, kind: Kind, event: ParcelStateReached) -> Letter:
    """The parcel is in this state: what that means, what can be done, where it can be followed."""
    carrier, link = carrier_of(parcel), link_of(parcel)
    tracking = clean(parcel.label.tracking_number, NAME) if parcel.label else ""
    facts = [
        number(voice),
        Pair(voice.say("common.carrier"), carrier),
        Pair(voice.say("common.tracking_number"), tracking),
        *_waits(voice, event),
    ]
    if event.until:
        sms = voice.say("parcel_waits.sms_until", carrier=carrier, date=voice.day(event.until))
    else:
        sms = voice.say(f"{kind}.sms", carrier=carrier)
    return letter(
        voice,
        kind.value,
        [
            Paragraph(voice.say(f"{kind}.intro", carrier=carrier)),
            Panel(tuple(facts)),
            Notice(voice.say(_heading(kind)), voice.say(f"{kind}.to_do")),
            *([Button(voice.say(f"{kind}.track"), link)] if link else []),
            Items(voice.say("common.in_this_parcel"), rows(voice, parcel.shipped)),
            *_door(voice, kind),
        ],
        sms=f"{sms} {link}" if link and len(link) <= MAX_SMS_LINK else sms,
        step=0 if kind is Kind.PARCEL_RETURNING else ON_ITS_WAY,
    )


def _waits(voice: Voice, event: ParcelStateReached) -> list[Pair]:
    """Where the parcel can be fetched and until when, as far as the carrier says so."""
    facts = []
    if event.place:
        facts.append(Pair(voice.say("parcel_waits.place"), clean(event.place, TITLE)))
    if event.until:
        facts.append(Pair(voice.say("parcel_waits.until"), voice.day(event.until)))
    return facts


def _heading(kind: Kind) -> str:
    """What the customer can do, or, where that is nothing, what happens now."""
    return "common.what_happens" if kind is Kind.PARCEL_HELD_UP else "common.what_to_do"


def _door(voice: Voice, kind: Kind) -> list[Block]:
    return ship_to(voice) if kind in AT_THE_DOOR else []
