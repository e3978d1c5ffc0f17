"""What follows from a channel's document: the events of a new order, and of one that the channel has changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from oms.channels.document import ChannelDocument, Fingerprint
from oms.channels.figures import sum_of
from oms.channels.given_back import given_back
from oms.errors import NotAllowed
from oms.money import Money
from oms.orders import decisions
from oms.orders import events as ev
from oms.orders.cancellation import ask
from oms.orders.contact import Contact
from oms.orders.draft import Draft
from oms.orders.events import HoldReason, OrderEvent, PaymentMethod, PlacedLine, UnitState
from oms.orders.evolve import evolve
from oms.orders.order import Order, units_value
from oms.orders.tenders import CHANNEL_PAYMENT
from oms.orders.transitions import OrderStatus
from oms.payments.ledger import PaymentAuthorised, PaymentCaptured, PaymentVoided

Reason = tuple[HoldReason, str]

REASON = "cancelled in the channel"
REVIVED = "the channel took the order up again after it was cancelled: place it anew, or refund it"
PAID_TOO_LATE = "the channel has money for it since it was cancelled: place it anew, or refund it"
NAMED = 10
"""Changes that a hold's note names; more are counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """Events to append at once, with the contact that goes with them; `complete` when nothing is left to follow."""

    events: tuple[OrderEvent, ...]
    contact: Contact | None = None
    original: bytes = b""
    complete: bool = True
    missed: tuple[str, ...] = ()
    """What the channel wants and what comes too late even for a hold."""


def first_events(document: ChannelDocument, order_id: str, at: datetime) -> tuple[OrderEvent, ...]:
    """The events of an order that is new here, in whatever state the channel has it already."""
    placed, *rest = decisions.place(document.placed)
    draft = Draft(evolve(None, placed, order_id=order_id, at=at), [placed])
    # Nothing waits in an order of which nothing is wanted any more.
    draft.add([event for event in rest if not (document.gone and isinstance(event, ev.OrderHeld))])
    while wish := _unwanted(draft.order, document):
        draft.add(decisions.cancel(draft.order, wish, reason=REASON))
    draft.add(_given_back(draft.order, document))
    if document.remarks and not document.gone and draft.order.status is not OrderStatus.CANCELLED:
        reasons = [(HoldReason.CHANNEL_DOCUMENT, remark.note) for remark in document.remarks]
        draft.add(decisions.holds(draft.order, reasons))
    return tuple(draft.events)


def is_news(order: Order, document: ChannelDocument) -> bool:
    """Whether the document is newer than all that the order knows of, and says something else."""
    placed = document.placed
    if placed.fingerprint == order.fingerprint:
        return False
    if (placed.revision, placed.fingerprint) <= (order.revision, order.fingerprint):
        return False
    return not _is_echo(order, document)


def _is_echo(order: Order, document: ChannelDocument) -> bool:
    """Whether all that the document has to say is that parcels have left which left from here.

    Each confirmation of ours has the channel send the order again: that alone is nothing to write down.
    """
    before, now = Fingerprint.read(order.fingerprint), Fingerprint.read(document.placed.fingerprint)
    only_sent = replace(now, sent=before.sent) == before and bool(now.sent)
    return only_sent and order.has_left and not _twice(order, document)


def follow(order: Order, document: ChannelDocument) -> Step:
    """What the newer document changes. Only matters in which it differs from the channel's last one are looked at.

    So an address that staff corrected here is not undone by the channel's next word about something else. Units are
    cancelled in several steps when they are very many; the last one carries `OrderRevised`, so that a break between
    them is mended by the same document.
    """
    before, now = Fingerprint.read(order.fingerprint), Fingerprint.read(document.placed.fingerprint)
    draft = Draft(order)
    reasons: list[Reason] = []
    contact = None
    if now.sale != before.sale:
        if wish := _unwanted(order, document):
            draft.add(decisions.cancel(order, wish, reason=REASON))
        if _unwanted(draft.order, document):
            return Step(tuple(draft.events), complete=False)
        draft.add(ask(draft.order, _to_ask(draft.order, document), reason=REASON))
        reasons += _sale_reasons(order, draft.order, document)
    if now.sent != before.sent and (double := _twice(draft.order, document)):
        reasons.append((HoldReason.CHANNEL_CHANGE, "; ".join(double)))
    if now.contact != before.contact:
        contact, late = _contact(draft, document)
        reasons += late
    again = REVIVED if before.gone and not now.gone else ""
    if now.payment != before.payment:
        paid = _payment(draft.order, document)
        if order.status is OrderStatus.CANCELLED and not now.gone and _brings_money(paid):
            again = again or PAID_TOO_LATE
        draft.add(paid)
        draft.add(_given_back(draft.order, document))
    missed = _hold(draft, reasons, again=again)
    draft.add([ev.OrderRevised(revision=document.placed.revision, fingerprint=document.placed.fingerprint)])
    # Of somebody who was erased the channel still knows the name: its documents are not taken in again.
    original = document.original if order.contact is not None else b""
    return Step(tuple(draft.events), contact=contact, original=original, missed=missed)


def _sale_reasons(order: Order, after: Order, document: ChannelDocument) -> list[Reason]:
    """Why the order has to be held after the units that could be cancelled are."""
    changes = [] if document.gone else _differences(order, document)
    changes += _too_late(after, document)
    shown = [*changes[:NAMED], *([f"and {len(changes) - NAMED} more changes"] if len(changes) > NAMED else [])]
    lasting = [(HoldReason.CHANNEL_DOCUMENT, each.note) for each in document.remarks if not each.at_placing]
    return [*([(HoldReason.CHANNEL_CHANGE, "; ".join(shown))] if shown else []), *lasting]


def _brings_money(events: Iterable[OrderEvent]) -> bool:
    return any(isinstance(event, PaymentAuthorised | PaymentCaptured) for event in events)


def _hold(draft: Draft, reasons: list[Reason], *, again: str) -> tuple[str, ...]:
    """Hold for what could not be followed; returns what comes too late even for that.

    `again` says in what way a cancelled order is wanted after all.
    """
    if again:
        reasons = [(HoldReason.CHANNEL_CHANGE, again), *reasons]
    if draft.order.status is OrderStatus.CANCELLED:
        # Nothing waits in a cancelled order, but somebody has to see that it was sold again.
        draft.add([ev.HoldReleased(handle=handle, note=REASON) for handle in draft.order.holds])
        if again:
            handle = f"hold-{draft.order.holds_opened + 1}"
            draft.add([ev.OrderHeld(handle=handle, reason=HoldReason.CHANNEL_CHANGE, note=again)])
            return ()
    try:
        draft.add(decisions.holds(draft.order, reasons) if reasons else [])
    except NotAllowed:
        return tuple(note for _, note in reasons)
    return ()


def _unwanted(order: Order, document: ChannelDocument) -> dict[str, int]:
    """Units by line that the channel no longer wants, that are not cancelled yet, and that nobody works on."""
    surplus = _surplus(order, document)
    wish = {line_id: min(count, order.cancellable(line_id)) for line_id, count in surplus.items()}
    return {line_id: count for line_id, count in wish.items() if count}


def _to_ask(order: Order, document: ChannelDocument) -> dict[str, int]:
    """Units by line that the channel no longer wants and a location works on, which has not been asked for them."""
    surplus = _surplus(order, document)
    wish = {line_id: min(count - _asked(order, line_id), order.askable(line_id)) for line_id, count in surplus.items()}
    return {line_id: count for line_id, count in wish.items() if count > 0}


def _asked(order: Order, line_id: str) -> int:
    """Units of a line that locations are asked to put back."""
    return sum(order.asked_for(request).get(line_id, 0) for request in order.cancellations.values())


def _surplus(order: Order, document: ChannelDocument) -> dict[str, int]:
    """Units by line that the channel does not want and that are not cancelled."""
    wanted = {
        line.external_line_id: max(line.quantity - document.cancelled.get(line.external_line_id, 0), 0)
        for line in document.placed.lines
    }
    surplus = {
        line_id: line.live - wanted.get(line.placed.external_line_id, 0)
        for line_id, line in order.lines.items()
        if not line.added or document.gone
    }
    return {line_id: count for line_id, count in surplus.items() if count > 0}


def _too_late(order: Order, document: ChannelDocument) -> list[str]:
    """What the channel cancelled and nobody can stop from here. What was delivered may have been returned there."""
    late = []
    for line_id, surplus in _surplus(order, document).items():
        line = order.lines[line_id]
        count = surplus - line.counts.get(UnitState.DELIVERED, 0) - _asked(order, line_id)
        if count > 0:
            late.append(f"line {line_id} ({line.placed.sku}): the channel cancelled {count} units that have left")
    return late


def _twice(order: Order, document: ChannelDocument) -> list[str]:
    """What would be sent twice: units that are still to leave from here, and that the channel says have been sent.

    What left from here and was confirmed is among those that the channel counts. Gift cards and the like are handed
    over by the channel itself.
    """
    sold = {line.external_line_id: line for line in document.placed.lines}
    found = []
    for line_id, line in order.lines.items():
        told = sold.get(line.placed.external_line_id)
        if told is None or line.added or not line.placed.requires_shipping:
            continue
        wanted = told.quantity - document.cancelled.get(told.external_line_id, 0)
        there = max(wanted - document.sent.get(told.external_line_id, 0), 0)
        left = line.counts.get(UnitState.SHIPPED, 0) + line.counts.get(UnitState.DELIVERED, 0)
        count = line.live - left - _asked(order, line_id) - there
        if count > 0 and document.sent.get(told.external_line_id, 0):
            found.append(f"line {line_id} ({line.placed.sku}): the channel says that others have sent {count} units")
    return found


def _differences(order: Order, document: ChannelDocument) -> list[str]:
    """What the channel sells now and did not when the order was placed."""
    placed, now = order.placed, document.placed
    if placed.currency != now.currency:
        return [f"the currency was {placed.currency} and is {now.currency}"]
    lines = {line.placed.external_line_id: line.placed for line in order.lines.values() if not line.added}
    found = [text for line in now.lines for text in _line_differences(lines.get(line.external_line_id), line, now)]
    charged, charges = (sum(each.net + each.tax for each in one.charges) for one in (placed, now))
    if charged != charges:
        found.append(f"shipping and charges were {_money(placed, charged)} and are {_money(now, charges)}")
    missing, lacking = (one.total - sum_of(one.lines, one.charges) for one in (placed, now))
    if missing != lacking:
        found.append(f"the total differed from its parts by {_money(placed, missing)}, now by {_money(now, lacking)}")
    return found


def _line_differences(before: PlacedLine | None, line: PlacedLine, now: ev.OrderPlaced) -> list[str]:
    if before is None:
        return [f"a line was added: {line.quantity} of {line.sku}"]
    if before.sku != line.sku:
        return [f"line {before.line_id} was {before.sku} and is {line.sku}"]
    if line.quantity > before.quantity:
        return [f"line {before.line_id} ({line.sku}): {line.quantity - before.quantity} units were added"]
    was, price = units_value(before, line.quantity), line.net + line.tax
    if was != price:
        return [f"line {before.line_id} ({line.sku}) cost {_money(now, was)} and costs {_money(now, price)}"]
    return []


def _contact(draft: Draft, document: ChannelDocument) -> tuple[Contact | None, list[Reason]]:
    """The new contact as far as it may still change. What is refused is named without saying where the parcel goes."""
    if draft.order.contact is None:
        # It was erased: what the channel still knows is not taken in again.
        return None, []
    contact = document.contact
    late: list[Reason] = []
    try:
        events = decisions.change_contact(draft.order, contact)
    except NotAllowed:
        late = [(HoldReason.CHANNEL_CHANGE, "the address was changed in the channel after a parcel had left")]
        contact = replace(contact, shipping=(draft.order.contact or Contact()).shipping)
        events = decisions.change_contact(draft.order, contact)
    draft.add(events)
    return (contact if events else None), late


def _payment(order: Order, document: ChannelDocument) -> list[OrderEvent]:
    terms = document.placed.payment
    known = order.payments.get(CHANNEL_PAYMENT)
    if terms.method is not PaymentMethod.UNPAID:
        return decisions.paid_in_channel(order, terms)
    if known is None or not known.capturable:
        return []
    voided = PaymentVoided(payment_id=known.payment_id, reference=known.reference, amount=known.capturable)
    try:
        return [voided, *decisions.hold(order, HoldReason.PAYMENT_PENDING)]
    except NotAllowed:
        return [voided]


def _given_back(order: Order, document: ChannelDocument) -> list[OrderEvent]:
    return given_back(order, document.given_back, reference=document.placed.payment.reference)


def _money(placed: ev.OrderPlaced, amount: int) -> str:
    return str(Money(amount, placed.currency))
