"""What may be decided about an order that is to be edited: lines, quantities, address and shipping, as one decision.

Pure: from the state and the wish to the events, or to an error that says why not. An edit never changes what other
lines cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oms.errors import FieldError, NotAllowed, NotFound
from oms.orders import decisions
from oms.orders.cancellation import Cancelled, cancel_or_ask
from oms.orders.collecting import collect
from oms.orders.contact import Address, Contact
from oms.orders.draft import Draft
from oms.orders.editing import LinesAdded, ReleasedUnits, ShippingServiceChanged, UnitsReleased
from oms.orders.events import OrderEvent, UnitsCancelled, UnitState
from oms.orders.kits import fitting
from oms.orders.order import Order
from oms.orders.reasons import CancellationReason
from oms.orders.sold import Charge, PlacedLine, short, unit_runs
from oms.orders.transitions import OrderStatus

NEW_ADDRESS = "another address"
"""Why stock is given back when a parcel is to go elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """Units to sell on top. `net` and `tax` are for all of them, in minor units of the order's currency."""

    sku: str
    title: str
    quantity: int
    net: int
    tax: int
    list_price: int | None = None
    grams: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What units cost together, in minor units of the order's currency."""

    net: int
    tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShipping:
    """Another service; without a `charge` at what was agreed."""

    service: str
    charge: Charge | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """All that one edit changes. `quantities` are the units that a line is to have that are not cancelled."""

    add: tuple[NewLine, ...] = ()
    quantities: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    """By line, what the units that a quantity adds cost together. Without: each as the line's first unit was sold."""
    shipping: NewShipping | None = None
    contact: Contact | None = None
    reason: str = ""
    code: CancellationReason = CancellationReason.CUSTOMER


def amend(order: Order, wish: Amendment) -> Cancelled:
    """The events of an edit; of a very large one those that come first, which give stock back.

    Fewer units are cancelled, or their location is asked (see `cancel_or_ask`). More units are a line of their own:
    what was sold stays as it was sold. An address in another place lets routing look anew for units that nobody works
    on. What there is more to pay is asked of the means of payment that can be used again.

    Raises:
        NotAllowed: nothing of the order is left to be shipped; a parcel is on its way; shipping was paid with it; or
            names each line and how many units it can lose.
        NotFound: a line that the order does not have.
    """
    unknown = sorted(wish.quantities.keys() - order.lines.keys())
    if unknown:
        raise NotFound(f"order {order.order_id} has no line {', '.join(unknown)}")
    if (wish.add or wish.quantities or wish.shipping) and "edit" not in order.actions:
        raise NotAllowed(f"order {order.order_id} is {order.status}: place another order")
    draft = Draft(order)
    if fewer := {line_id: -count for line_id, count in _differences(order, wish).items() if count < 0}:
        _check_all_at_once(order, fewer)
        cancelled = cancel_or_ask(order, fewer, reason=wish.reason, code=wish.code)
        draft.add(cancelled.events)
        if not cancelled.complete:
            return _first_part(draft)
    if released := _released(draft.order, wish.contact):
        first = fitting(order.kits, released, decisions.MAX_STOCK_KEYS)
        many = len(released) > len(first)
        if many and not draft.events:
            draft.add([_as_event(list(first))])
        if many or any(isinstance(event, UnitsCancelled) for event in draft.events):
            return _first_part(draft)
        draft.add([_as_event(released)])
    if wish.contact is not None:
        draft.add(decisions.change_contact(draft.order, wish.contact))
    if lines := _lines(order, wish):
        draft.add([LinesAdded(lines=lines)])
    if wish.shipping is not None:
        draft.add(_shipping(draft.order, wish.shipping))
    draft.add(collect(order, draft.order))
    return Cancelled(tuple(draft.events))


def _first_part(draft: Draft) -> Cancelled:
    """What one transaction can carry; the rest is decided on what is left then."""
    if draft.order.status is OrderStatus.CANCELLED:
        raise NotAllowed("too many lines at once: add what is to come first, then take away what is to go")
    return Cancelled(tuple(draft.events), complete=False)


def _differences(order: Order, wish: Amendment) -> dict[str, int]:
    """Units by line that are to come or to go. Those that a location is asked to put back are on their way out."""
    going: dict[str, int] = {}
    for request in order.cancellations.values():
        for line_id, count in order.asked_for(request).items():
            going[line_id] = going.get(line_id, 0) + count
    return {
        line_id: quantity - (order.lines[line_id].live - going.get(line_id, 0))
        for line_id, quantity in wish.quantities.items()
    }


def _check_all_at_once(order: Order, fewer: Mapping[str, int]) -> None:
    short_of = [
        FieldError(f"lines.{line_id}", f"it can lose {possible} units, not {count}")
        for line_id, count in fewer.items()
        if count > (possible := order.cancellable(line_id) + order.askable(line_id))
    ]
    if short_of:
        raise NotAllowed("some units have left, and stay as they were sold", errors=short_of)


def _lines(order: Order, wish: Amendment) -> tuple[PlacedLine, ...]:
    more = [_more_of(order, line_id, count, wish) for line_id, count in _differences(order, wish).items() if count > 0]
    lines = []
    number = len(order.lines)
    for new in (*more, *wish.add):
        number += 1
        while str(number) in order.lines:
            number += 1
        lines.append(
            PlacedLine(
                line_id=str(number),
                sku=new.sku,
                title=short(new.title),
                quantity=new.quantity,
                net=new.net,
                tax=new.tax,
                units=unit_runs(new.quantity, new.net, new.tax),
                list_price=new.list_price,
                grams=new.grams,
            )
        )
    return tuple(lines)


def _more_of(order: Order, line_id: str, count: int, wish: Amendment) -> NewLine:
    placed = order.lines[line_id].placed
    if not placed.requires_shipping:
        raise NotAllowed(f"line {line_id} needs no parcel: its units are handed over by the channel that sells them")
    first = placed.units[0]
    price = wish.prices.get(line_id) or Price(net=count * first.net, tax=count * first.tax)
    return NewLine(
        sku=placed.sku,
        title=placed.title,
        quantity=count,
        net=price.net,
        tax=price.tax,
        list_price=None if line_id in wish.prices else placed.list_price,
        grams=placed.grams,
    )


def _released(order: Order, contact: Contact | None) -> list[ReleasedUnits]:
    """Reserved units that nobody works on, if the parcel is to go to another place; one entry per line and location."""
    before, after = (each.shipping if each else None for each in (order.contact, contact))
    if contact is None or after is None or _place(before) == _place(after) or order.placed.pickup_location_id:
        return []
    return [
        ReleasedUnits(
            line_id=line_id,
            sku=order.lines[line_id].placed.sku,
            quantity=count,
            fulfillment_order_id=share.fulfillment_order_id,
            location_id=share.location_id,
        )
        for share in order.fulfillment_orders.values()
        if not share.accepted
        for line_id, counts in share.lines.items()
        if (count := counts.get(UnitState.ALLOCATED, 0))
    ]


def _place(address: Address | None) -> tuple[str, ...]:
    """What of an address matters for where a parcel should come from."""
    if address is None:
        return ()
    return tuple(each.strip().casefold() for each in (address.country, address.postal_code, address.city))


def _as_event(released: list[ReleasedUnits]) -> OrderEvent:
    return UnitsReleased(units=tuple(released), reason=NEW_ADDRESS)


def _shipping(order: Order, wish: NewShipping) -> list[OrderEvent]:
    net, tax = order.shipping_charge
    charge = wish.charge
    difference = (charge.net - net, charge.tax - tax) if charge else (0, 0)
    if wish.service == order.shipping_service and not any(difference):
        return []
    if any(difference) and order.has_left:
        raise NotAllowed(
            "shipping was charged with what has left: what is still here can change its service, at no charge"
        )
    changed = ShippingServiceChanged(service=wish.service, charge=charge, net=difference[0], tax=difference[1])
    if order.charges_total + sum(difference) < order.after_sale.credited_charges:
        raise NotAllowed("more of the shipping was credited than would be left of it")
    return [changed]
