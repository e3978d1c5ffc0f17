"""What may be decided about a return: request, approve, decline, receive, close.

Each function is pure: from the state and the wish to the events, or to an error that says why not. A wish that is
fulfilled already gives no events, so that whoever lost an answer may ask again. Money stands in `oms.returns.credits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oms.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound
from oms.orders import after_sale as back
from oms.orders.after_sale import Disposition, ReceivedUnits, Return, ReturnReason, ReturnStatus, ReturnUnits
from oms.orders.condition import ItemCondition
from oms.orders.decisions import MAX_STOCK_KEYS
from oms.orders.events import OrderEvent, UnitState
from oms.orders.kits import shelf_skus
from oms.orders.order import Order
from oms.orders.reasons import DeclineReason
from oms.returns.policy import FAULTS

CAME = (
    Disposition.RESTOCK,
    Disposition.QUARANTINE,
    Disposition.REFURBISH,
    Disposition.DAMAGED,
    Disposition.SCRAP,
)
"""What was in the parcel, as against what was announced and was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Units of a line that somebody wants to send back, or claims for."""

    line_id: str
    quantity: int
    reason: ReturnReason = ReturnReason.OTHER
    condition: ItemCondition = ItemCondition.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Units of a line that were unpacked, or missed, and what becomes of them.

    Without `credit`, the customer gets nothing for them, since it was them who spoiled it.
    """

    line_id: str
    quantity: int
    disposition: Disposition
    credit: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A parcel that came back to a location.

    `number` is the receipt's place among those of the return (or among the unannounced ones), from 1; None is the
    next. Who names it may send the receipt again without harm.
    """

    location_id: str
    units: tuple[Arrived, ...]
    number: int | None = None


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


def receive(order: Order, return_id: str, receipt: Receipt) -> list[OrderEvent]:
    """Book in what came of a return: more or less than was announced, unit by unit with a disposition.

    Raises:
        NotFound: there is no such return, or a line that the order does not have.
        NotAllowed: the return is not approved, or over; or names each line of which so many units cannot have come.
        Conflict: the named receipt was of other units, or is not the next one.
    """
    known = find(order, return_id)
    units = _arrived(order, receipt)
    fresh = back.UnitsReceived(
        receipt_id=_receipt_id(f"{return_id}-", known.received, receipt),
        location_id=receipt.location_id,
        units=units,
        return_id=return_id,
    )
    if _is_repetition(known.received, fresh, receipt):
        return []
    if known.status not in {ReturnStatus.APPROVED, ReturnStatus.RECEIVED}:
        raise NotAllowed(
            f"return {return_id} is {known.status}: approve it before goods are booked in,"
            " or book them as a receipt that nobody announced"
        )
    missed = {line_id: count - known.came().get(line_id, 0) for line_id, count in known.announced().items()}
    _check_arrived(order, units, missed)
    return [fresh]


def receive_unannounced(order: Order, receipt: Receipt) -> list[OrderEvent]:
    """Book in what came back without a word: a parcel that was refused, or could not be delivered.

    Raises:
        NotFound: a line that the order does not have.
        NotAllowed: names each line of which so many units cannot have come.
        Conflict: the named receipt was of other units, or is not the next one.
    """
    known = order.after_sale.unannounced
    units = _arrived(order, receipt)
    receipt_id = _receipt_id(f"{order.order_id}-u", known, receipt)
    fresh = back.UnitsReceived(receipt_id=receipt_id, location_id=receipt.location_id, units=units)
    if _is_repetition(known, fresh, receipt):
        return []
    _check_arrived(order, units, {})
    return [fresh]


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


def _arrived(order: Order, receipt: Receipt) -> tuple[ReceivedUnits, ...]:
    summed: dict[tuple[str, Disposition, bool], int] = {}
    for each in receipt.units:
        # What is missing or wrong is never credited: there is nothing to refuse.
        key = each.line_id, each.disposition, each.credit or each.disposition not in CAME
        summed[key] = summed.get(key, 0) + each.quantity
    known_lines(order, (line_id for line_id, _, _ in summed))
    if not summed:
        raise InvalidInput("names nothing that came", path="units")
    units = tuple(
        ReceivedUnits(
            line_id=line_id,
            sku=order.lines[line_id].placed.sku,
            quantity=count,
            disposition=disposition,
            credit=credit,
        )
        for (line_id, disposition, credit), count in summed.items()
    )
    if len({sku for each in units for sku in shelf_skus(order.kits, each.sku)}) > MAX_STOCK_KEYS:
        raise InvalidInput(f"at most {MAX_STOCK_KEYS} skus can be booked in at once", path="units")
    return units


def _receipt_id(prefix: str, known: Sequence[back.UnitsReceived], receipt: Receipt) -> str:
    number = len(known) + 1 if receipt.number is None else receipt.number
    if not 1 <= number <= len(known) + 1:
        raise Conflict(f"the next receipt is number {len(known) + 1}, not {number}")
    return f"{prefix}{number}"


def _is_repetition(known: Sequence[back.UnitsReceived], fresh: back.UnitsReceived, receipt: Receipt) -> bool:
    if receipt.number is None or receipt.number > len(known):
        return False
    if known[receipt.number - 1] == fresh:
        return True
    raise Conflict(f"receipt {fresh.receipt_id} is booked, with other units or at another location")


def _check_arrived(order: Order, units: Sequence[ReceivedUnits], missed: dict[str, int]) -> None:
    """No more can come back than was sent, and no more can be missed than was announced and has not come."""
    short = []
    for line_id in dict.fromkeys(each.line_id for each in units):
        came = sum(each.quantity for each in units if each.line_id == line_id and each.disposition in CAME)
        away = sent(order, line_id) - came_back(order, line_id)
        if came > away:
            short.append(FieldError(f"lines.{line_id}", f"{came} units cannot have come back: {away} are away"))
        gone = sum(each.quantity for each in units if each.line_id == line_id and each.disposition not in CAME)
        expected = max(0, missed.get(line_id, 0) - came)
        if gone > expected:
            short.append(
                FieldError(
                    f"lines.{line_id}", f"{gone} units cannot be missing or wrong: {expected} are still expected"
                )
            )
    if short:
        raise NotAllowed("the receipt does not fit what was sent", errors=short)
