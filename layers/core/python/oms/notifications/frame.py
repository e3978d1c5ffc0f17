"""What all letters have in common around their blocks, and the blocks that several of them have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oms.notifications.bill import rows
from oms.notifications.language import texts
from oms.notifications.letter import Block, Items, Letter, Pair, Place
from oms.notifications.plain import NAME, clean
from oms.notifications.postal import postal_lines
from oms.notifications.voice import Voice


def letter(
    voice: Voice, section: str, blocks: Iterable[Block], *, sms: str, step: int = 0, part: bool = False
) -> Letter:
    """A letter around its blocks; `section` is where its texts stand."""
    contact = voice.order.contact
    name = clean((contact.name or (contact.shipping.name if contact.shipping else "")) if contact else "", NAME)
    steps = ("common.step_confirmed", "common.step_shipped", "common.step_delivered") if step else ()
    return Letter(
        language=voice.language.tag,
        shop=voice.shop,
        subject=voice.say(f"{section}.subject_part" if part else f"{section}.subject"),
        preheader=voice.say(f"{section}.preheader"),
        headline=voice.say(f"{section}.headline"),
        greeting=voice.say("common.greeting", name=name) if name else voice.say("common.greeting_unnamed"),
        blocks=tuple(blocks),
        closing=(voice.say("common.questions"), voice.say("common.reason")),
        # No-break spaces are not in the alphabet of an SMS; with them it would hold less than half as much.
        sms=sms.replace("\u00a0", " ").replace("\u202f", " "),
        colon=texts(voice.language.code)["common.colon"],
        steps=tuple(voice.say(key) for key in steps),
        step=step,
    )


def number(voice: Voice) -> Pair:
    """The order's number, with its label."""
    return Pair(voice.say("common.order_number"), voice.number)


def amount(voice: Voice, label: str, value: int) -> Pair:
    """An amount of money; `label` is the key of its label."""
    return Pair(voice.say(label), voice.money(value))


def items(voice: Voice, title: str, units: Mapping[str, int], *, lead: bool = False) -> list[Block]:
    """Units by line id under a title, or nothing when there are none; with `lead`, a sentence between."""
    if not any(units.values()):
        return []
    return [Items(voice.say(title), rows(voice, units), voice.say(f"{title}_lead") if lead else "")]


def ship_to(voice: Voice, title: str = "common.delivery_address") -> list[Block]:
    """Where the parcels go, if it is known."""
    contact = voice.order.contact
    if contact is None or contact.shipping is None:
        return []
    lines = postal_lines(contact.shipping, voice.language.locale)
    return [Place(voice.say(title), lines)] if lines else []
