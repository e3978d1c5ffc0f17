"""What customers are told about goods that they fetch in a store: ready, still waiting, over, fetched."""

from __future__ import annotations

from collections.abc import Iterator

from oms.notifications import figures
from oms.notifications.bill import rows
from oms.notifications.counter import Counter
from oms.notifications.frame import items, letter, number
from oms.notifications.letter import Block, Items, Letter, Notice, Pair, Panel, Paragraph, Place, Row
from oms.notifications.plain import NAME, clean
from oms.notifications.postal import postal_lines
from oms.notifications.voice import Voice
from oms.orders.events import UnitState
from oms.orders.order import FulfillmentOrder
from oms.orders.transitions import AT_LOCATION
from oms.setup import WEEKDAYS, Location

WAITING = AT_LOCATION | {UnitState.OPEN, UnitState.BACKORDERED, UnitState.SHIPPED}
"""Where units are that the customer has not got."""


def ready(voice: Voice, fulfillment_order_id: str, counter: Counter, *, section: str) -> Letter:
    """The goods stand in the store (`pickup_ready`), or still do (`pickup_reminder`): where, until when, which code."""
    share = voice.order.fulfillment_orders[fulfillment_order_id]
    place = clean(counter.store.name, NAME) if counter.store else voice.shop
    last_day = voice.day(share.pickup.ready.last_day) if share.pickup and share.pickup.ready else ""
    facts = [number(voice)]
    if counter.code:
        facts.append(Pair(voice.say("pickup.code"), _spaced(counter.code)))
    facts.append(Pair(voice.say("pickup.until"), last_day))
    sms = [voice.say(f"{section}.sms", store=place, date=last_day)]
    if counter.code:
        sms.append(voice.say("pickup.sms_code", code=_spaced(counter.code)))
    return letter(
        voice,
        section,
        [
            Paragraph(voice.say(f"{section}.intro", store=place)),
            Panel(tuple(facts)),
            *store(voice, counter.store),
            Notice(
                voice.say("common.what_to_do"), voice.say("pickup.bring" if counter.code else "pickup.bring_no_code")
            ),
            Items(voice.say("pickup.items"), rows(voice, _live(share))),
            *items(voice, "pickup.later", _elsewhere(voice, share), lead=True),
        ],
        sms=" ".join(sms),
    )


def expired(voice: Voice, fulfillment_order_id: str, counter: Counter) -> Letter:
    """Nobody came in time: what happens next, and that it is not too late."""
    share = voice.order.fulfillment_orders[fulfillment_order_id]
    place = clean(counter.store.name, NAME) if counter.store else voice.shop
    return letter(
        voice,
        "pickup_expired",
        [
            Paragraph(voice.say("pickup_expired.intro", store=place)),
            Panel((number(voice),)),
            Notice(voice.say("common.what_to_do"), voice.say("pickup_expired.to_do")),
            *store(voice, counter.store),
            Items(voice.say("pickup.items"), rows(voice, _live(share))),
        ],
        sms=voice.say("pickup_expired.sms", store=place),
    )


def collected(voice: Voice, fulfillment_order_id: str) -> Letter:
    """The customer has the goods, or somebody who came for them."""
    share = voice.order.fulfillment_orders[fulfillment_order_id]
    return letter(
        voice,
        "picked_up",
        [
            Paragraph(voice.say("picked_up.intro")),
            Panel((number(voice),)),
            Items(voice.say("pickup.items"), rows(voice, _live(share))),
            *items(voice, "pickup.later", _elsewhere(voice, share), lead=True),
            Paragraph(voice.say("picked_up.not_you")),
        ],
        sms=voice.say("picked_up.sms"),
    )


def store(voice: Voice, known: Location | None) -> list[Block]:
    """Where to go, and when somebody is there."""
    if known is None:
        return []
    lines = (clean(known.name, NAME), *postal_lines(known.address, voice.language.locale))
    if known.address.phone:
        lines = (*lines, clean(known.address.phone, NAME))
    blocks: list[Block] = [Place(voice.say("pickup.place"), tuple(line for line in lines if line))]
    if known.opening_hours:
        open_ = tuple(Row(voice.say("common.colon", label=days, value=hours)) for days, hours in _hours(voice, known))
        blocks.append(Items(voice.say("pickup.opening_hours"), open_))
    return blocks


def _hours(voice: Voice, known: Location) -> Iterator[tuple[str, str]]:
    """Days that follow each other and have the same hours, as one."""
    names = figures.weekdays(voice.language.locale)
    runs: list[tuple[int, int, str]] = []
    for index, day in enumerate(WEEKDAYS):
        hours = known.opening_hours.get(day)
        if hours is None:
            continue
        if runs and runs[-1][1:] == (index - 1, hours):
            runs[-1] = (runs[-1][0], index, hours)
        else:
            runs.append((index, index, hours))
    for first, last, hours in runs:
        days = names[first] if first == last else f"{names[first]} – {names[last]}"
        yield days, hours.replace("-", "–")


def _live(share: FulfillmentOrder) -> dict[str, int]:
    counts = {
        line_id: sum(count for state, count in counts.items() if state is not UnitState.CANCELLED)
        for line_id, counts in share.lines.items()
    }
    return {line_id: count for line_id, count in counts.items() if count}


def _elsewhere(voice: Voice, share: FulfillmentOrder) -> dict[str, int]:
    """Units by line that the customer still waits for, beside those of this fulfillment order."""
    found = {}
    for line_id, line in voice.order.lines.items():
        if line.placed.requires_shipping:
            here = sum(share.lines.get(line_id, {}).get(state, 0) for state in WAITING)
            found[line_id] = sum(line.counts.get(state, 0) for state in WAITING) - here
    return {line_id: count for line_id, count in found.items() if count > 0}


def _spaced(code: str) -> str:
    """Six digits as people read them out."""
    return f"{code[:3]} {code[3:]}"
