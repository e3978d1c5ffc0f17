"""What may be decided about goods that are offered in place of others: offer, accept, refuse.

Each function is pure: from the state and the wish to the events, or to an error that says why not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oms.clock import to_text
from oms.errors import FieldError, InvalidInput, NotAllowed, NotFound
from oms.orders.amending import Amendment, NewLine, amend
from oms.orders.draft import Draft
from oms.orders.events import OrderEvent
from oms.orders.order import Order
from oms.orders.reasons import CancellationReason
from oms.orders.sold import PlacedLine, short
from oms.orders.substituting import (
    Offer,
    OfferEnd,
    OfferStatus,
    SubstituteAccepted,
    SubstituteOffered,
    SubstituteRefused,
    status,
    waits,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """What is offered for units of a line (None: all that wait), at `price` for all of them, or at that of the line.

    `price` is what the customer pays, tax and all, in minor units.
    """

    line_id: str
    sku: str
    title: str
    quantity: int | None = None
    price: int | None = None
    grams: int = 0


def offer(order: Order, wish: Substitute, *, expires_at: datetime) -> list[OrderEvent]:
    """Offer other goods for units that have no place, for no more than these were sold for.

    Raises:
        NotFound: the order has no such line.
        NotAllowed: so many units of it do not wait, or something else is offered for them already.
        InvalidInput: the same goods; or more money.
    """
    if wish.line_id not in order.lines:
        raise NotFound(f"order {order.order_id} has no line {wish.line_id}")
    line = order.lines[wish.line_id]
    if wish.sku == line.placed.sku:
        raise InvalidInput(f"line {wish.line_id} is of {wish.sku} already", path="sku")
    offered = sum(each.offered.quantity for each in _open(order) if each.offered.line_id == wish.line_id)
    able = waits(order, wish.line_id) - offered
    quantity = able if wish.quantity is None else wish.quantity
    if not 1 <= quantity <= able:
        already = f", {offered} of them with an open offer" if offered else ""
        raise NotAllowed(
            f"{waits(order, wish.line_id)} units of line {wish.line_id} wait for stock{already}",
            errors=[FieldError("quantity", f"something can be offered for {max(0, able)} units")],
        )
    net, tax = _value(line.placed, line.live - quantity, quantity)
    if wish.price is not None:
        if wish.price > net + tax:
            raise InvalidInput(f"a substitute costs no more than what it stands in for: {net + tax}", path="price")
        net, tax = _scaled(net, tax, wish.price)
    return [
        SubstituteOffered(
            offer_id=f"{order.order_id}-s{len(order.offers) + 1}",
            line_id=wish.line_id,
            quantity=quantity,
            sku=wish.sku,
            title=short(wish.title),
            net=net,
            tax=tax,
            grams=wish.grams,
            expires_at=expires_at,
        )
    ]


def accept(order: Order, offer_id: str, now: datetime) -> list[OrderEvent]:
    """Take the offer: the units that wait are cancelled, and those offered are a line of their own, for no more.

    An offer that was accepted already gives no events.

    Raises:
        NotFound: the order has no such offer.
        NotAllowed: it is over, was refused, or its time is up.
    """
    known = offer_of(order, offer_id)
    if known.accepted:
        return []
    offered, line = known.offered, order.lines[known.offered.line_id]
    standing = status(order, known)
    if standing is not OfferStatus.OPEN:
        raise NotAllowed(f"offer {offer_id} is {standing}")
    if now >= offered.expires_at:
        raise NotAllowed(f"offer {offer_id} ended at {to_text(offered.expires_at)}")
    net, tax = offered.net, offered.tax
    worth = sum(_value(line.placed, line.live - offered.quantity, offered.quantity))
    if net + tax > worth:  # other units of the line were cancelled since, and these cost a cent less
        net, tax = _scaled(net, tax, worth)
    wish = Amendment(
        add=(
            NewLine(
                sku=offered.sku,
                title=offered.title,
                quantity=offered.quantity,
                net=net,
                tax=tax,
                grams=offered.grams,
            ),
        ),
        quantities={offered.line_id: line.live - _going(order, offered.line_id) - offered.quantity},
        reason=f"substituted: {offer_id}",
        code=CancellationReason.UNFILLABLE,
    )
    draft = Draft(order)
    draft.add([SubstituteAccepted(offer_id=offer_id)])
    draft.add(amend(draft.order, wish).events)
    return draft.events


def refuse(order: Order, offer_id: str, why: OfferEnd) -> list[OrderEvent]:
    """Nothing comes of the offer. One that has ended already gives no events.

    Raises:
        NotFound: the order has no such offer.
        NotAllowed: it was accepted.
    """
    known = offer_of(order, offer_id)
    if known.accepted:
        raise NotAllowed(f"offer {offer_id} was accepted: edit the order")
    return [SubstituteRefused(offer_id=offer_id, why=why)] if known.ended is None else []


def offer_of(order: Order, offer_id: str) -> Offer:
    """The offer of this id.

    Raises:
        NotFound: the order has none.
    """
    if offer_id not in order.offers:
        raise NotFound(f"order {order.order_id} has no offer {offer_id!r}")
    return order.offers[offer_id]


def expiries(order: Order) -> Iterator[tuple[datetime, str]]:
    """When each offer ends that nobody has answered: moment and id."""
    yield from ((each.offered.expires_at, offer_id) for offer_id, each in order.offers.items() if each.unanswered)


def _open(order: Order) -> list[Offer]:
    return [each for each in order.offers.values() if status(order, each) is OfferStatus.OPEN]


def _going(order: Order, line_id: str) -> int:
    """Units of a line that a location was asked to put back."""
    return sum(order.asked_for(request).get(line_id, 0) for request in order.cancellations.values())


def _value(placed: PlacedLine, start: int, count: int) -> tuple[int, int]:
    """Net and tax of a line's units number `start` to `start + count`, in the order in which amounts are shared."""
    net = tax = 0
    for run in placed.units:
        skipped = min(run.count, start)
        taken = min(run.count - skipped, count)
        net, tax = net + taken * run.net, tax + taken * run.tax
        start, count = start - skipped, count - taken
    return net, tax


def _scaled(net: int, tax: int, total: int) -> tuple[int, int]:
    """A smaller total with the same share of tax, rounded down."""
    part = tax * total // (net + tax) if net + tax else 0
    return total - part, part
