"""What may be decided about a return: request, approve, decline, close. `oms.returns.receiving` books goods in.

Each function is pure: from the state and the wish to the events, or to an error that says why not. A wish that is
fulfilled already gives no events, so that whoever lost an answer may ask again. Money stands in `oms.returns.credits`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oms.errors import Conflict, FieldError, InvalidInput, NotAllowed
from oms.orders import after_sale as back
from oms.orders.after_sale import ReturnReason, ReturnStatus, ReturnUnits
from oms.orders.condition import ItemCondition
from oms.orders.events import OrderEvent
from oms.orders.order import Order
from oms.orders.reasons import DeclineReason
from oms.returns.policy import FAULTS
from oms.returns.quantities import creditable, find, known_lines, promised, returnable


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Units of a line that somebody wants to send back, or claims for."""

    line_id: str
    quantity: int
    reason: ReturnReason = ReturnReason.OTHER
    condition: ItemCondition = ItemCondition.UNKNOWN


def request(
    order: Order,
    wanted: Iterable[Wanted],
    *,
    by_customer: bool = False,
    note: str = "",
    number: int | None = None,
) -> list[OrderEvent]:
    """Announce that units come back. `number` names the return, from 1; None is the next.

    Raises:
        NotFound: a line that the order does not have.
        NotAllowed: names each line and how many of its units can be returned.
        Conflict: the named return is about other units, or is not the next one.
    """
    units = _wanted(order, wanted)
    following = len(order.after_sale.returns) + 1
    number = following if number is None else number
    return_id = f"{order.order_id}-r{number}"
    if number != following:
        known = order.after_sale.returns.get(return_id)
        if known is not None and known.requested.units == units:
            return []
        raise Conflict(f"the next return of order {order.order_id} is number {following}, not {number}")
    _check_returnable(order, units)
    return [back.ReturnRequested(return_id=return_id, units=units, by_customer=by_customer, note=note)]


def approve(
    order: Order,
    return_id: str,
    *,
    location_id: str,
    restocking_fee: int = 0,
    shipping_fee: int = 0,
    with_label: bool = False,
) -> list[OrderEvent]:
    """Let a return come, also one that policy had declined.

    Raises:
        NotFound: there is no such return.
        NotAllowed: it is approved on other terms, or over; its units are on another return by now; or fees are to be
            kept for what is the merchant's fault.
    """
    known = find(order, return_id)
    approved = back.ReturnApproved(
        return_id=return_id,
        location_id=location_id,
        restocking_fee=restocking_fee,
        shipping_fee=shipping_fee,
        with_label=with_label,
    )
    if known.status is ReturnStatus.APPROVED and known.approved == approved:
        return []
    if known.status not in {ReturnStatus.REQUESTED, ReturnStatus.DECLINED}:
        raise NotAllowed(f"return {return_id} is {known.status}: its terms can no longer change")
    if restocking_fee + shipping_fee and all(each.reason in FAULTS for each in known.requested.units):
        raise NotAllowed(f"return {return_id} is the merchant's fault: no fee can be kept")
    if known.status is ReturnStatus.DECLINED:
        _check_returnable(order, known.requested.units)
    return [approved]


def decline(order: Order, return_id: str, reason: str, code: DeclineReason = DeclineReason.OTHER) -> list[OrderEvent]:
    """Refuse a return; the customer is told what the code says and the reason as it is written.

    Raises:
        NotFound: there is no such return.
        NotAllowed: goods have come already, or it is over.
    """
    known = find(order, return_id)
    declined = back.ReturnDeclined(return_id=return_id, reason=reason, code=code)
    if known.declined == declined:
        return []
    if known.status not in {ReturnStatus.REQUESTED, ReturnStatus.APPROVED}:
        raise NotAllowed(f"return {return_id} is {known.status}: it can no longer be declined")
    return [declined]


def close(order: Order, return_id: str) -> list[OrderEvent]:
    """Expect nothing more of a return, whether all, a part or nothing of it came.

    Raises:
        NotFound: there is no such return.
        NotAllowed: nobody has decided it yet.
    """
    known = find(order, return_id)
    if known.status is ReturnStatus.REQUESTED:
        raise NotAllowed(f"return {return_id} is requested: approve or decline it")
    return [back.ReturnClosed(return_id=return_id)] if known.open else []


ACTIONS: dict[ReturnStatus, tuple[str, ...]] = {
    ReturnStatus.REQUESTED: ("approve", "decline"),
    ReturnStatus.APPROVED: ("receive", "decline", "close"),
    ReturnStatus.DECLINED: ("approve",),
    ReturnStatus.RECEIVED: ("receive", "credit", "close"),
    ReturnStatus.CLOSED: (),
}
"""What can be done with a return of each status, as the API names it."""


def order_actions(order: Order) -> tuple[str, ...]:
    """What can be done about the goods of an order after the sale."""
    possible = []
    if any(returnable(order, line_id) for line_id in order.lines):
        possible.append("return")
    if any(creditable(order, line_id) > promised(order, line_id) for line_id in order.lines):
        possible.append("claim")
    return tuple(possible)


def _wanted(order: Order, wanted: Iterable[Wanted]) -> tuple[ReturnUnits, ...]:
    """One for each line, reason and condition, in the order in which they were named."""
    summed: dict[tuple[str, ReturnReason, ItemCondition], int] = {}
    for each in wanted:
        key = each.line_id, each.reason, each.condition
        summed[key] = summed.get(key, 0) + each.quantity
    known_lines(order, (line_id for line_id, _, _ in summed))
    if not summed:
        raise InvalidInput("names nothing that is to come back", path="units")
    return tuple(
        ReturnUnits(
            line_id=line_id,
            sku=order.lines[line_id].placed.sku,
            quantity=count,
            reason=reason,
            condition=condition,
        )
        for (line_id, reason, condition), count in summed.items()
    )


def _check_returnable(order: Order, units: Iterable[ReturnUnits]) -> None:
    wish: dict[str, int] = {}
    for each in units:
        wish[each.line_id] = wish.get(each.line_id, 0) + each.quantity
    short = [
        FieldError(f"lines.{line_id}", f"{returnable(order, line_id)} of {count} units can be returned")
        for line_id, count in wish.items()
        if count > returnable(order, line_id)
    ]
    if short:
        raise NotAllowed("some units cannot be returned: they were not sent, or are back already", errors=short)
