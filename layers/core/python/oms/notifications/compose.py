"""What each message says about an order: from the order and the event to a letter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oms.notifications.bill import bill, rows
from oms.notifications.catalogue import Kind
from oms.notifications.language import Language, texts
from oms.notifications.letter import Block, Button, Items, Letter, Notice, Pair, Panel, Paragraph, Place
from oms.notifications.plain import NAME, TITLE, clean, web_link
from oms.notifications.postal import postal_lines
from oms.notifications.voice import Voice
from oms.orders.events import HoldReason, OrderEvent, OrderHeld, ParcelDelivered, UnitsShipped, UnitState
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


def compose(kind: Kind, order: Order, event: OrderEvent, language: Language, shop: str) -> Letter:
    """The letter of this kind about this event.

    `order` is the order after the event, with the contact of today.

    Raises:
        ValueError: the event does not lead to a message of this kind.
    """
    voice = Voice(order, language, clean(shop, NAME))
    match kind, event:
        case Kind.ORDER_CONFIRMED, _:
            return _confirmed(voice)
        case Kind.PARCEL_SHIPPED, UnitsShipped():
            return _shipped(voice, order.parcels[event.parcel_id])
        case Kind.PARCEL_DELIVERED, ParcelDelivered():
            return _delivered(voice, order.parcels[event.parcel_id])
        case Kind.ACTION_NEEDED, OrderHeld():
            return _action_needed(voice, event.reason)
        case _:
            raise ValueError(f"{type(event).__name__} is not told by a message of kind {kind}")


def carrier_name(identifier: str) -> str:
    """A carrier as people know it: `dhl` is DHL, `poste_italiane` Poste Italiane."""
    words = clean(identifier, NAME).replace("_", " ").split()
    return " ".join(CARRIERS.get(word, word[:1].upper() + word[1:]) for word in words)


def _confirmed(voice: Voice) -> Letter:
    order = voice.order
    parcels = any(line.placed.requires_shipping for line in order.lines.values())
    expected = expected_delivery(order)
    sms = [voice.say("order_confirmed.sms", total=voice.money(order.due))]
    if expected:
        sms.append(voice.say("order_confirmed.sms_expected", date=voice.day(expected)))
    facts = [
        Pair(voice.say("common.order_number"), voice.number),
        Pair(voice.say("common.ordered_on"), voice.day(order.placed.placed_at)),
        *_expected(voice),
    ]
    if order.placed.shipping_service:
        facts.append(Pair(voice.say("common.shipping_method"), clean(order.placed.shipping_service, TITLE)))
    return _letter(
        voice,
        "order_confirmed",
        [
            Paragraph(voice.say("order_confirmed.intro" if parcels else "order_confirmed.intro_no_parcel")),
            Panel(tuple(facts)),
            *_list(voice, "common.out_of_stock", _units(order, {UnitState.BACKORDERED})),
            bill(voice),
            *(_ship_to(voice) if parcels else ()),
        ],
        sms=" ".join(sms),
        step=1 if parcels else 0,
    )


def _shipped(voice: Voice, parcel: Parcel) -> Letter:
    order, carrier, link = voice.order, _carrier(parcel), _link(parcel)
    tracking = clean(parcel.label.tracking_number, NAME) if parcel.label else ""
    facts = [Pair(voice.say("common.order_number"), voice.number)]
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
    return _letter(
        voice,
        "parcel_shipped",
        [
            Paragraph(_by_carrier(voice, "parcel_shipped.intro", carrier)),
            Panel(tuple(facts)),
            *([Button(voice.say("parcel_shipped.track"), link)] if link else []),
            Items(voice.say("common.in_this_parcel"), rows(voice, parcel.shipped)),
            *_list(voice, "common.still_to_come", _units(order, NOT_SHIPPED)),
            *_ship_to(voice),
        ],
        sms=f"{sms} {link}" if link and len(link) <= MAX_SMS_LINK else sms,
        step=2,
        part=not whole,
    )


def _delivered(voice: Voice, parcel: Parcel) -> Letter:
    order, carrier, link = voice.order, _carrier(parcel), _link(parcel)
    facts = [Pair(voice.say("common.order_number"), voice.number)]
    if parcel.delivered_at:
        facts.append(Pair(voice.say("common.delivered_on"), voice.day(parcel.delivered_at)))
    whole = all(line.counts.get(UnitState.DELIVERED, 0) == line.live for line in order.lines.values())
    return _letter(
        voice,
        "parcel_delivered",
        [
            Paragraph(_by_carrier(voice, "parcel_delivered.intro", carrier)),
            Panel(tuple(facts)),
            *([Button(voice.say("parcel_delivered.track"), link)] if link else []),
            Items(voice.say("common.in_this_parcel"), rows(voice, parcel.shipped)),
            *_list(voice, "common.still_to_come", _units(order, NOT_SHIPPED)),
            Paragraph(voice.say("parcel_delivered.missing")),
        ],
        sms=voice.say("parcel_delivered.sms"),
        step=3,
        part=not whole,
    )


def _action_needed(voice: Voice, reason: HoldReason) -> Letter:
    facts = [Pair(voice.say("common.order_number"), voice.number)]
    place: list[Block] = []
    if reason is HoldReason.BAD_ADDRESS:
        place = _ship_to(voice, "common.address_given")
    else:
        missing = voice.order.due - voice.order.covered
        facts.append(Pair(voice.say("common.amount_due"), voice.money(missing)))
    return _letter(
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


def _letter(
    voice: Voice, section: str, blocks: Iterable[Block], *, sms: str, step: int = 0, part: bool = False
) -> Letter:
    """What all letters have in common, around the blocks of one; `section` is where its texts stand."""
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


def _expected(voice: Voice) -> list[Pair]:
    expected = expected_delivery(voice.order)
    return [Pair(voice.say("common.expected_delivery"), voice.day(expected))] if expected else []


def _ship_to(voice: Voice, title: str = "common.delivery_address") -> list[Block]:
    contact = voice.order.contact
    if contact is None or contact.shipping is None:
        return []
    lines = postal_lines(contact.shipping, voice.language.locale)
    return [Place(voice.say(title), lines)] if lines else []


def _list(voice: Voice, title: str, units: Mapping[str, int]) -> list[Block]:
    return [Items(voice.say(title), rows(voice, units), voice.say(f"{title}_lead"))] if units else []


def _live(order: Order) -> dict[str, int]:
    return {line_id: line.live for line_id, line in order.lines.items() if line.live}


def _units(order: Order, states: Iterable[UnitState]) -> dict[str, int]:
    """Units by line id that are in one of the states."""
    counts = {line_id: sum(line.counts.get(state, 0) for state in states) for line_id, line in order.lines.items()}
    return {line_id: count for line_id, count in counts.items() if count}


def _carrier(parcel: Parcel) -> str:
    return carrier_name(parcel.label.carrier) if parcel.label else ""


def _link(parcel: Parcel) -> str:
    return web_link(parcel.label.tracking_url) if parcel.label else ""


def _by_carrier(voice: Voice, key: str, carrier: str) -> str:
    return voice.say(key, carrier=carrier) if carrier else voice.say(f"{key}_no_carrier")
