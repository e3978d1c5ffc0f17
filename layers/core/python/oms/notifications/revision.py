"""What customers are told when an order becomes another one than they placed: cancelled, changed."""

from __future__ import annotations

from collections.abc import Iterable

from oms.notifications.bill import bill
from oms.notifications.frame import items, letter, number
from oms.notifications.letter import Block, Letter, Panel, Paragraph
from oms.notifications.money import effect, follows, given_back
from oms.notifications.occasion import Occasion
from oms.notifications.voice import Voice
from oms.orders.events import OrderEvent, UnitsCancelled
from oms.orders.reasons import CancellationReason
from oms.orders.transitions import OrderStatus


def cancelled(voice: Voice, found: Occasion) -> Letter:
    """Units will not come: all or some, why, and what that does to the money."""
    gone = [event for event in found.entry if isinstance(event, UnitsCancelled)]
    whole = voice.order.status is OrderStatus.CANCELLED
    section = "order_cancelled" if whole else "units_cancelled"
    codes = dict.fromkeys(event.code for event in gone if event.code is not CancellationReason.OTHER)
    why = [voice.say(f"cancelled_because.{code.value}") for code in codes]
    sms = [voice.say(f"{section}.sms")]
    if back := given_back(found):
        sms.append(voice.say("common.sms_refund", amount=voice.money(back)))
    rest: list[Block] = [] if whole else [bill(voice)]
    return letter(
        voice,
        section,
        [
            Paragraph(" ".join([voice.say(f"{section}.intro"), *why])),
            Panel((number(voice), *effect(voice, found))),
            *follows(voice, found),
            *items(voice, "common.cancelled", cancelled_units(gone)),
            *rest,
        ],
        sms=" ".join(sms),
    )


def cancelled_units(events: Iterable[OrderEvent]) -> dict[str, int]:
    """Units by line that these events cancel."""
    units: dict[str, int] = {}
    for event in events:
        for each in event.units if isinstance(event, UnitsCancelled) else ():
            units[each.line_id] = units.get(each.line_id, 0) + each.quantity
    return units
