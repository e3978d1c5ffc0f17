"""What customers are told when an order becomes another one than they placed: cancelled, changed."""

from __future__ import annotations

from collections.abc import Iterable

from oms.notifications.bill import bill
from oms.notifications.frame import amount, items, letter, number
from oms.notifications.letter import Block, Letter, Notice, Pair, Panel, Paragraph
from oms.notifications.money import effect, follows, given_back
from oms.notifications.occasion import Occasion
from oms.notifications.plain import TITLE, clean
from oms.notifications.voice import Voice
from oms.orders.cancelling import CancellationDeclined
from oms.orders.editing import LinesAdded, ShippingServiceChanged
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


def changed(voice: Voice, found: Occasion) -> Letter:
    """An edit added lines or changed the shipping, and may have taken something away."""
    order = voice.order
    added = {
        line.line_id: line.quantity for event in found.entry if isinstance(event, LinesAdded) for line in event.lines
    }
    before = found.before.due if found.before is not None else 0
    facts = [number(voice), amount(voice, "order_changed.before", before)]
    if order.due > before:
        facts.append(amount(voice, "order_changed.more", order.due - before))
    if found.has(ShippingServiceChanged):
        facts.append(Pair(voice.say("common.shipping_method"), clean(order.shipping_service, TITLE)))
    return letter(
        voice,
        "order_changed",
        [
            Paragraph(voice.say("order_changed.intro")),
            Panel((*facts, *effect(voice, found))),
            *follows(voice, found),
            *items(voice, "order_changed.added", added),
            *items(voice, "common.cancelled", cancelled_units(found.entry)),
            bill(voice),
        ],
        sms=voice.say("order_changed.sms", total=voice.money(order.due)),
    )


def not_cancelled(voice: Voice, event: CancellationDeclined) -> Letter:
    """What was to be stopped comes all the same."""
    request = voice.order.cancellations[event.request_id]
    units: dict[str, int] = {}
    for each in request.requested.units:
        units[each.line_id] = units.get(each.line_id, 0) + each.quantity
    coming = {line_id: count - request.cancelled.get(line_id, 0) for line_id, count in units.items()}
    return letter(
        voice,
        "cancellation_declined",
        [
            Paragraph(voice.say("cancellation_declined.intro_late" if event.late else "cancellation_declined.intro")),
            Panel((number(voice),)),
            *items(voice, "cancellation_declined.still_coming", coming),
            Notice(voice.say("common.what_to_do"), voice.say("cancellation_declined.to_do")),
        ],
        sms=voice.say("cancellation_declined.sms"),
    )


def cancelled_units(events: Iterable[OrderEvent]) -> dict[str, int]:
    """Units by line that these events cancel."""
    units: dict[str, int] = {}
    for event in events:
        for each in event.units if isinstance(event, UnitsCancelled) else ():
            units[each.line_id] = units.get(each.line_id, 0) + each.quantity
    return units
