"""What customers are told on an order's way to them: confirmed, shipped, delivered, and what they have to do for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oms.notifications.bill import bill, rows
from oms.notifications.counter import NO_COUNTER, Counter
from oms.notifications.fetched import store
from oms.notifications.frame import amount, items, letter, number, ship_to
from oms.notifications.letter import Block, Button, Items, Letter, Notice, Pair, Panel, Paragraph
from oms.notifications.plain import NAME, TITLE, clean, web_link
from oms.notifications.voice import Voice
from oms.orders.deadlines import pay_deadline
from oms.orders.events import HoldReason, UnitState
from oms.orders.order import Order, Parcel, expected_delivery
from oms.orders.transitions import AT_LOCATION

NOT_SHIPPED = AT_LOCATION | {UnitState.OPEN, UnitState.BACKORDERED}
"""Where units are that the customer still waits for and that no carrier has."""

CARRIERS: Mapping[str, str] = {
    "bpost": "bpost",
    "brt": "BRT",
    "correos": "Correos",
    "dhl": "DHL",
    "dpd": "DPD",
    "fedex": "FedEx",
    "gls": "GLS",
    "laposte": "La Poste",
    "mrw": "MRW",
    "postnl": "PostNL",
    "sda": "SDA",
    "seur": "SEUR",
    "tnt": "TNT",
    "ups": "UPS",
    "usps": "USPS",
}
"""Names that are not their identifiers with a capital letter."""

MAX_SMS_LINK = 300


def carrier_name(identifier: str) -> str:
    """A carrier as people know it: `dhl` is DHL, `poste_italiane` Poste Italiane."""
    words = clean(identifier, NAME).replace("_", " ").split()
    return " ".join(CARRIERS.get(word, word[:1].upper() + word[1:]) for word in words)


def confirmed(voice: Voice, counter: Counter = NO_COUNTER) -> Letter:
    """The order is accepted: what was bought, what it costs, when it comes."""
    order = voice.order
    fetched = bool(order.placed.pickup_location_id)
    parcels = not fetched and any(line.placed.requires_shipping for line in order.lines.values())
    expected = expected_delivery(order)
    sms = [voice.say("order_confirmed.sms", total=voice.money(order.due))]
    if expected:
        key = "pickup.sms_expected" if fetched else "order_confirmed.sms_expected"
        sms.append(voice.say(key, date=voice.day(expected)))
    facts = [
        number(voice),
        Pair(voice.say("common.ordered_on"), voice.day(order.placed.placed_at)),
        *_expected(voice),
    ]
    if order.shipping_service:
        facts.append(Pair(voice.say("common.shipping_method"), clean(order.shipping_service, TITLE)))
    intro = "intro" if parcels else "intro_pickup" if fetched else "intro_no_parcel"
    if order.placed.exchange_of:
        intro = "intro_exchange"
        facts.append(amount(voice, "order_confirmed.credit", order.placed.payment.amount))
    return letter(
        voice,
        "order_confirmed",
        [
            Paragraph(voice.say(f"order_confirmed.{intro}")),
            Panel(tuple(facts)),
            *items(voice, "common.out_of_stock", _units(order, {UnitState.BACKORDERED}), lead=True),
            bill(voice),
            *(ship_to(voice) if parcels else store(voice, counter.store)),
        ],
        sms=" ".join(sms),
        step=1 if parcels else 0,
    )


def shipped(voice: Voice, parcel: Parcel) -> Letter:
    """A parcel has left."""
    order, carrier, link = voice.order, carrier_of(parcel), link_of(parcel)
    tracking = clean(parcel.label.tracking_number, NAME) if parcel.label else ""
    facts = [number(voice)]
    if carrier:
        facts.append(Pair(voice.say("common.carrier"), carrier))
    if tracking:
        facts.append(Pair(voice.say("common.tracking_number"), tracking))
    expected = expected_delivery(order)
    if expected and parcel.shipped_at and expected >= parcel.shipped_at.date():
        facts += _expected(voice)
    if carrier and tracking:
        sms = voice.say("parcel_shipped.sms", carrier=carrier, tracking=tracking)
    else:
        sms = voice.say("parcel_shipped.sms_no_carrier")
    whole = all(
        parcel.shipped.get(line_id, 0) == line.live
        for line_id, line in order.lines.items()
        if line.placed.requires_shipping
    )
    return letter(
        voice,
        "parcel_shipped",
        [
            Paragraph(_by_carrier(voice, "parcel_shipped.intro", carrier)),
            Panel(tuple(facts)),
            *([Button(voice.say("parcel_shipped.track"), link)] if link else []),
            Items(voice.say("common.in_this_parcel"), rows(voice, parcel.shipped)),
            *items(voice, "common.still_to_come", _units(order, NOT_SHIPPED), lead=True),
            *ship_to(voice),
        ],
        sms=f"{sms} {link}" if link and len(link) <= MAX_SMS_LINK else sms,
        step=2,
        part=not whole,
    )


def delivered(voice: Voice, parcel: Parcel) -> Letter:
    """A parcel has arrived."""
    order, carrier, link = voice.order, carrier_of(parcel), link_of(parcel)
    facts = [number(voice)]
    if parcel.delivered_at:
        facts.append(Pair(voice.say("common.delivered_on"), voice.day(parcel.delivered_at)))
    whole = all(line.counts.get(UnitState.DELIVERED, 0) == line.live for line in order.lines.values())
    return letter(
        voice,
        "parcel_delivered",
        [
            Paragraph(_by_carrier(voice, "parcel_delivered.intro", carrier)),
            Panel(tuple(facts)),
            *([Button(voice.say("parcel_delivered.track"), link)] if link else []),
            Items(voice.say("common.in_this_parcel"), rows(voice, parcel.shipped)),
            *items(voice, "common.still_to_come", _units(order, NOT_SHIPPED), lead=True),
            Paragraph(voice.say("parcel_delivered.missing")),
        ],
        sms=voice.say("parcel_delivered.sms"),
        step=3,
        part=not whole,
    )


def action_needed(voice: Voice, reason: HoldReason) -> Letter:
    """The order waits for something that only the customer can do."""
    facts = [number(voice)]
    place: list[Block] = []
    if reason is HoldReason.BAD_ADDRESS:
        place = ship_to(voice, "common.address_given")
    else:
        facts.append(amount(voice, "common.amount_due", voice.order.due - voice.order.covered))
        deadline = pay_deadline(voice.order)
        if deadline is not None:
            facts.append(Pair(voice.say("common.pay_by"), voice.day(deadline)))
    return letter(
        voice,
        reason.value,
        [
            Paragraph(voice.say(f"{reason.value}.intro")),
            *place,
            Notice(voice.say("common.what_to_do"), voice.say(f"{reason.value}.to_do")),
            Panel(tuple(facts)),
            Items(voice.say("common.your_items"), rows(voice, _live(voice.order))),
        ],
        sms=voice.say(f"{reason.value}.sms"),
    )


def _expected(voice: Voice) -> list[Pair]:
    expected = expected_delivery(voice.order)
    key = "pickup.expected" if voice.order.placed.pickup_location_id else "common.expected_delivery"
    return [Pair(voice.say(key), voice.day(expected))] if expected else []


def _live(order: Order) -> dict[str, int]:
    return {line_id: line.live for line_id, line in order.lines.items() if line.live}


def _units(order: Order, states: Iterable[UnitState]) -> dict[str, int]:
    """Units by line id that are in one of the states."""
    counts = {line_id: sum(line.counts.get(state, 0) for state in states) for line_id, line in order.lines.items()}
    return {line_id: count for line_id, count in counts.items() if count}


def carrier_of(parcel: Parcel) -> str:
    """The parcel's carrier as people know it; empty when it has no label."""
    return carrier_name(parcel.label.carrier) if parcel.label else ""


def link_of(parcel: Parcel) -> str:
    """Where the parcel can be followed; empty when that is not known."""
    return web_link(parcel.label.tracking_url) if parcel.label else ""


def _by_carrier(voice: Voice, key: str, carrier: str) -> str:
    return voice.say(key, carrier=carrier) if carrier else voice.say(f"{key}_no_carrier")
