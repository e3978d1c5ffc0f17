"""What customers are told about what they send back, and what they no longer owe for it."""

from __future__ import annotations

from collections.abc import Iterable

from oms.notifications.bill import MAX_ROWS, rows
from oms.notifications.frame import amount, items, letter, number
from oms.notifications.journey import carrier_name
from oms.notifications.letter import Block, Button, Items, Letter, Notice, Pair, Panel, Paragraph, Place, Row
from oms.notifications.money import follows
from oms.notifications.occasion import Occasion
from oms.notifications.plain import NAME, TITLE, clean, web_link
from oms.notifications.postal import postal_lines
from oms.notifications.voice import Voice
from oms.notifications.way_back import WayBack
from oms.orders.after_sale import (
    Disposition,
    ReturnDeclined,
    UnitsCredited,
    UnitsReceived,
)
from oms.orders.condition import ItemCondition
from oms.returns.quantities import CAME
from oms.returns.refusal import refusal
from oms.returns.texts import texts
from oms.setup import Location

REASON = 500
"""Characters of what staff wrote about a refusal."""


def requested(voice: Voice, return_id: str, way: WayBack) -> Letter:
    """We know that something is to come back, and somebody looks at it."""
    return letter(
        voice,
        "return_requested",
        [
            Paragraph(voice.say("return_requested.intro")),
            Panel((number(voice), _return_number(voice, return_id))),
            _announced(voice, return_id),
            *_button(voice, "return_requested.see", way.page),
        ],
        sms=voice.say("return_requested.sms"),
    )


def approved(voice: Voice, return_id: str, way: WayBack) -> Letter:
    """It may come: where to, with which label, and what is kept from the refund."""
    known = voice.order.after_sale.returns[return_id]
    facts = [number(voice), _return_number(voice, return_id)]
    if known.approved and known.approved.restocking_fee:
        facts.append(amount(voice, "return_approved.restocking_fee", known.approved.restocking_fee))
    if known.approved and known.approved.shipping_fee:
        facts.append(amount(voice, "return_approved.shipping_fee", known.approved.shipping_fee))
    if known.label is None:
        to_do = voice.say("return_approved.to_do", return_number=_short(voice, return_id))
        place = _send_to(voice, way.home)
    else:
        facts.append(Pair(voice.say("common.carrier"), carrier_name(known.label.carrier)))
        facts.append(Pair(voice.say("common.tracking_number"), clean(known.label.tracking_number, NAME)))
        to_do = voice.say("return_approved.to_do_label")
        page = f"{way.page}/{return_id.rpartition('-r')[2]}/label.pdf" if way.page else ""
        place = _button(voice, "return_approved.label", page)
    return letter(
        voice,
        "return_approved",
        [
            Paragraph(voice.say("return_approved.intro")),
            Panel(tuple(facts)),
            _announced(voice, return_id),
            *place,
            Notice(voice.say("common.what_to_do"), to_do),
            Paragraph(voice.say("return_approved.then")),
        ],
        sms=voice.say("return_approved.sms"),
    )


def declined(voice: Voice, event: ReturnDeclined) -> Letter:
    """It may not come, and why."""
    said = [clean(each, REASON) for each in refusal(voice.order, event, voice.language.code)]
    why: list[Block] = [Notice(voice.say("return_declined.why"), " ".join(said))] if said else []
    return letter(
        voice,
        "return_declined",
        [
            Paragraph(voice.say("return_declined.intro")),
            *why,
            Panel((number(voice), _return_number(voice, event.return_id))),
            _announced(voice, event.return_id),
        ],
        sms=voice.say("return_declined.sms"),
    )


def received(voice: Voice, found: Occasion, event: UnitsReceived) -> Letter:
    """A parcel has come back: what of it is taken back, what not and why, and what is credited."""
    given = _credits(found)
    came, refused = _units(event, *CAME), _units(event, *CAME, credit=False)
    open_yet = not given and (bool(came) or not refused)
    facts = [number(voice), *([_return_number(voice, event.return_id)] if event.return_id else [])]
    return letter(
        voice,
        "return_received",
        [
            Paragraph(voice.say("return_received.intro" if event.return_id else "return_received.intro_unannounced")),
            Panel((*facts, *_sums(voice, given), *_exchanged(voice, event.return_id, given))),
            *(follows(voice, found) if given else []),
            *([Paragraph(voice.say("return_received.not_yet"))] if open_yet else []),
            *items(voice, "return_received.came", came),
            *items(voice, "return_received.not_credited", refused, lead=True),
            *items(voice, "return_received.missing", _units(event, Disposition.MISSING), lead=True),
            *items(voice, "return_received.wrong_item", _units(event, Disposition.WRONG_ITEM), lead=True),
        ],
        sms=" ".join([voice.say("return_received.sms"), *_sms_credit(voice, given)]),
    )


def credited(voice: Voice, found: Occasion, event: UnitsCredited) -> Letter:
    """The customer no longer owes something, without a parcel that has come just now."""
    given = _credits(found)
    units: dict[str, int] = {}
    for each in (one for credit in given for one in credit.units):
        units[each.line_id] = units.get(each.line_id, 0) + each.quantity
    return letter(
        voice,
        "credited",
        [
            Paragraph(voice.say("credited.intro_return" if event.return_id else "credited.intro")),
            Panel((number(voice), *_sums(voice, given))),
            *follows(voice, found),
            *items(voice, "credited.for", units),
        ],
        sms=" ".join([voice.say("credited.sms"), *_sms_credit(voice, given)]),
    )


def _announced(voice: Voice, return_id: str) -> Items:
    """What is to come back, each with the customer's own reason, and the condition that was told."""
    units = voice.order.after_sale.returns[return_id].requested.units
    _, words = texts(voice.language.code)
    shown: list[Row] = []
    for each in units[:MAX_ROWS]:
        (row,) = rows(voice, {each.line_id: each.quantity})
        notes = [words[each.reason.value]] if each.reason.value in words else []
        if each.condition is not ItemCondition.UNKNOWN:
            notes.append(words[f"condition_{each.condition.value}"])
        shown.append(Row(row.title, notes=tuple(notes)))
    if len(units) > MAX_ROWS:
        shown.append(Row(voice.say("common.more_items", count=voice.count(len(units) - MAX_ROWS))))
    return Items(voice.say("common.return_items"), tuple(shown))


def _credits(found: Occasion) -> list[UnitsCredited]:
    return [event for event in found.entry if isinstance(event, UnitsCredited)]


def _sums(voice: Voice, given: Iterable[UnitsCredited]) -> list[Pair]:
    """What is credited, part by part and in all; nothing when nothing is."""
    given = list(given)
    goods = sum(each.amount for credit in given for each in credit.units)
    charges, fee = sum(each.charges for each in given), sum(each.fee for each in given)
    if not given:
        return []
    pairs = [amount(voice, "credited.goods", goods)] if goods else []
    if charges:
        pairs.append(amount(voice, "credited.charges", charges))
    if fee:
        pairs.append(amount(voice, "credited.fee", -fee))
    return [*pairs, amount(voice, "credited.total", goods + charges - fee)]


def _exchanged(voice: Voice, return_id: str, given: Iterable[UnitsCredited]) -> list[Pair]:
    """What of the credit pays for the exchange of the return; nothing without one."""
    after = voice.order.after_sale
    known = [each for each in after.exchanges.values() if each.requested.return_id == return_id and each.live]
    used = min(_total(given), sum(each.total for each in known))
    return [amount(voice, "return_received.exchange", used)] if used > 0 else []


def _total(given: Iterable[UnitsCredited]) -> int:
    return sum(sum(each.amount for each in credit.units) + credit.charges - credit.fee for credit in given)


def _sms_credit(voice: Voice, given: Iterable[UnitsCredited]) -> list[str]:
    total = _total(given)
    return [voice.say("credited.sms_total", amount=voice.money(total))] if total else []


def _units(event: UnitsReceived, *dispositions: Disposition, credit: bool = True) -> dict[str, int]:
    units: dict[str, int] = {}
    for each in event.units:
        if each.disposition in dispositions and each.credit is credit:
            units[each.line_id] = units.get(each.line_id, 0) + each.quantity
    return units


def _button(voice: Voice, label: str, link: str) -> list[Block]:
    url = web_link(link)
    return [Button(voice.say(label), url)] if url else []


def _send_to(voice: Voice, home: Location | None) -> list[Block]:
    if home is None:
        return []
    lines = (clean(home.name, TITLE), *postal_lines(home.address, voice.language.locale))
    return [Place(voice.say("return_approved.send_to"), tuple(line for line in lines if line))]


def _return_number(voice: Voice, return_id: str) -> Pair:
    return Pair(voice.say("common.return_number"), _short(voice, return_id))


def _short(voice: Voice, return_id: str) -> str:
    """A return as the customer may call it: the order's number and the return's own."""
    return f"{voice.number}-{return_id.rpartition('-')[2].upper()}"
