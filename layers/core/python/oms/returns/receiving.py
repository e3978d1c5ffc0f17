"""Booking in what came back: against a return or without a word, unit by unit with a disposition.

Pure, as all decisions: from the state and the receipt to the events. A receipt that is booked already gives none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.errors import Conflict, FieldError, InvalidInput, NotAllowed
from oms.orders import after_sale as back
from oms.orders.after_sale import Disposition, ReceivedUnits, ReturnStatus
from oms.orders.decisions import MAX_STOCK_KEYS
from oms.orders.events import OrderEvent
from oms.orders.kits import shelf_skus
from oms.orders.order import Order
from oms.returns.quantities import CAME, came_back, find, known_lines, sent


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
