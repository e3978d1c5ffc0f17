"""What customers are told while they wait: another day, no day any more, other goods in place of what is missing."""

from __future__ import annotations

from oms.notifications.frame import amount, items, letter, number
from oms.notifications.letter import Block, Button, Letter, Notice, Pair, Panel, Paragraph
from oms.notifications.plain import TITLE, clean
from oms.notifications.voice import Voice
from oms.notifications.way_back import WayBack
from oms.orders.deadlines import backorder_deadline
from oms.orders.events import UnitState
from oms.orders.promising import PromiseChanged
from oms.orders.substituting import SubstituteOffered


def another_day(voice: Voice, event: PromiseChanged, told: bool) -> Letter:  # noqa: FBT001 - a plain fact
    """The order comes later than they were told, nobody knows when, or now somebody does; `told` if they knew a day."""
    order, day = voice.order, event.expected_delivery
    wording = "unknown" if day is None else "later" if told else "known"
    facts = [number(voice)]
    if day is not None:
        facts.append(Pair(voice.say("common.expected_delivery"), voice.day(day)))
    waiting = {line_id: line.counts.get(UnitState.BACKORDERED, 0) for line_id, line in order.lines.items()}
    ends = [end for line in order.lines.values() if (end := backorder_deadline(order, line)) is not None]
    notice: list[Block] = []
    if ends:
        words = voice.say("delivery_changed.given_up", date=voice.day(min(ends)))
        notice.append(Notice(voice.say("delivery_changed.good_to_know"), words))
    sms = voice.say(f"delivery_changed.sms_{wording}", **({"date": voice.day(day)} if day is not None else {}))
    return letter(
        voice,
        "delivery_changed",
        [
            Paragraph(voice.say(f"delivery_changed.intro_{wording}")),
            Panel(tuple(facts)),
            *items(voice, "delivery_changed.waiting", waiting),
            *notice,
            *([Paragraph(voice.say("delivery_changed.cancel"))] if any(waiting.values()) else []),
        ],
        sms=sms,
    )


def offered(voice: Voice, event: SubstituteOffered, way: WayBack) -> Letter:
    """Other goods in place of what cannot be had, with a link to say yes or no."""
    count, line = voice.count(event.quantity), voice.order.lines[event.line_id]
    facts = [
        number(voice),
        Pair(voice.say("substitute_offered.instead_of"), f"{count} × {clean(line.placed.title, TITLE)}"),
        Pair(voice.say("substitute_offered.offer"), f"{count} × {clean(event.title, TITLE)}"),
        amount(voice, "substitute_offered.price", event.net + event.tax),
        Pair(voice.say("substitute_offered.until"), voice.day(event.expires_at)),
    ]
    return letter(
        voice,
        "substitute_offered",
        [
            Paragraph(voice.say("substitute_offered.intro")),
            Panel(tuple(facts)),
            *([Button(voice.say("substitute_offered.answer"), way.page)] if way.page else []),
            Notice(
                voice.say("common.what_to_do"), voice.say(f"substitute_offered.to_do{'' if way.page else '_reply'}")
            ),
        ],
        sms=f"{voice.say('substitute_offered.sms')} {way.page}".strip(),
    )
