"""How many units of a line were sent, came back, and may still come back or be credited; and where they came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oms.errors import NotAllowed, NotFound
from oms.orders.after_sale import Disposition, Return, ReturnUnits
from oms.orders.events import UnitState
from oms.orders.order import Order

CAME = (
    Disposition.RESTOCK,
    Disposition.QUARANTINE,
    Disposition.REFURBISH,
    Disposition.DAMAGED,
    Disposition.SCRAP,
)
"""What was in the parcel, as against what was announced and was not."""


def find(order: Order, return_id: str) -> Return:
    """The return of this id.

    Raises:
        NotFound: the order has none of this id.
    """
    if return_id not in order.after_sale.returns:
        raise NotFound(f"there is no return {return_id}")
    return order.after_sale.returns[return_id]


def sent(order: Order, line_id: str) -> int:
    """Units of a line that have left for the customer."""
    counts = order.lines[line_id].counts
    return counts.get(UnitState.SHIPPED, 0) + counts.get(UnitState.DELIVERED, 0)


def came_back(order: Order, line_id: str) -> int:
    """Units of a line that are in a house of ours again, announced or not."""
    known = order.after_sale
    receipts = [*known.unannounced, *(each for one in known.returns.values() for each in one.received)]
    return sum(
        each.quantity
        for receipt in receipts
        for each in receipt.units
        if each.line_id == line_id and each.disposition in CAME
    )


def returnable(order: Order, line_id: str) -> int:
    """Units of a line that the customer has, still owes, and has not announced to send back.

    Units on their way to the customer count: nobody has to wait for a parcel to say that it will go back.
    """
    if not order.lines[line_id].placed.requires_shipping:
        return 0
    returns = [each for each in order.after_sale.returns.values() if each.open]
    coming = sum(max(0, each.announced().get(line_id, 0) - each.came().get(line_id, 0)) for each in returns)
    with_customer = sent(order, line_id) - came_back(order, line_id) - coming
    return max(0, min(with_customer, creditable(order, line_id) - promised(order, line_id)))


def creditable(order: Order, line_id: str) -> int:
    """Units of a line that have left and that the customer still owes."""
    return max(0, sent(order, line_id) - order.after_sale.credited_units.get(line_id, 0))


def promised(order: Order, line_id: str) -> int:
    """Units of a line that open returns will credit once they are here."""
    returns = [each for each in order.after_sale.returns.values() if each.open]
    return sum(max(0, each.announced().get(line_id, 0) - each.credited.get(line_id, 0)) for each in returns)


def home_of(order: Order, units: Sequence[ReturnUnits]) -> str:
    """Where units go back to unless somebody names a place: to where the first of them came from."""
    for each in units:
        for share in order.fulfillment_orders.values():
            counts = share.lines.get(each.line_id, {})
            if counts.get(UnitState.SHIPPED) or counts.get(UnitState.DELIVERED):
                return share.location_id
    raise NotAllowed(f"nothing of this has left for the customer: there is nowhere it came from ({order.order_id})")


def known_lines(order: Order, line_ids: Iterable[str]) -> None:
    """Refuse lines that the order does not have.

    Raises:
        NotFound: names them.
    """
    unknown = sorted(set(line_ids) - set(order.lines))
    if unknown:
        raise NotFound(f"order {order.order_id} has no line {', '.join(unknown)}")
