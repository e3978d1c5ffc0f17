"""What a customer no longer owes: credits for what came back, by staff's decision, and for claims.

Amounts are those that the units were sold for. A credit takes the last units that are still owed, so that any sequence
of credits and cancellations adds up to exactly what was charged. The refund follows from the credit, in routing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from oms.errors import FieldError, InvalidInput, NotAllowed
from oms.orders.after_sale import (
    CreditedUnits,
    ReceivedUnits,
    Return,
    ReturnReason,
    ReturnStatus,
    UnitsCredited,
    UnitsReceived,
)
from oms.orders.events import OrderEvent
from oms.orders.evolve import evolve
from oms.orders.order import Order, units_value
from oms.returns.decisions import Wanted
from oms.returns.policy import FAULTS, sound
from oms.returns.quantities import CAME, creditable, find, known_lines, promised
from oms.returns.receiving import Receipt, receive, receive_unannounced


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCredit:
    """What staff credit by their own decision: units by line, and an amount of charges such as shipping."""

    units: Mapping[str, int]
    charges: int = 0
    reason: ReturnReason = ReturnReason.OTHER


def receive_and_credit(order: Order, return_id: str, receipt: Receipt) -> list[OrderEvent]:
    """Book in what came of a return, and credit it up to what was announced; see `decisions.receive`.

    What came beyond that, or was refused its credit, is credited by `credit_more`, if somebody decides so.
    """
    received = receive(order, return_id, receipt)
    if not received:
        return []
    order = _after(order, received)
    known = find(order, return_id)
    fresh = received[0]
    assert isinstance(fresh, UnitsReceived)
    came = _counted(fresh.units)
    units = {
        line_id: min(came.get(line_id, 0), announced - known.credited.get(line_id, 0))
        for line_id, announced in known.announced().items()
    }
    return [*received, *_credits(order, _by_reason(order, known, units), return_id)]


def receive_unannounced_and_credit(
    order: Order, receipt: Receipt, *, credit: bool, reason: ReturnReason = ReturnReason.OTHER
) -> list[OrderEvent]:
    """Book in what came unannounced; with `credit`, the customer no longer owes what of it is not refused its own."""
    received = receive_unannounced(order, receipt)
    if not received or not credit:
        return received
    order = _after(order, received)
    fresh = received[0]
    assert isinstance(fresh, UnitsReceived)
    units = {
        line_id: min(count, creditable(order, line_id) - promised(order, line_id))
        for line_id, count in _counted(fresh.units).items()
    }
    return [*received, *_credits(order, {reason: {k: n for k, n in units.items() if n > 0}})]


def credit_more(order: Order, return_id: str, wish: StaffCredit) -> list[OrderEvent]:
    """Credit units of a return beyond what was announced, or charges, because staff decide so. No fee is kept.

    Raises:
        NotFound: there is no such return, or a line that the order does not have.
        NotAllowed: nothing has come, or it is closed; or names each line and how many of its units can be credited.
    """
    known = find(order, return_id)
    known_lines(order, wish.units)
    if known.status is not ReturnStatus.RECEIVED:
        raise NotAllowed(f"return {return_id} is {known.status}: what came of it can be credited until it is closed")
    came = known.came(*CAME)
    allowed = {
        line_id: min(came.get(line_id, 0) - known.credited.get(line_id, 0), creditable(order, line_id))
        for line_id in wish.units
    }
    _check(wish.units, allowed)
    _check_charges(order, wish.charges)
    if not any(wish.units.values()) and not wish.charges:
        raise InvalidInput("names nothing that is to be credited", path="units")
    credited = _credited(order, wish.reason, wish.units, return_id)
    return [replace(credited, charges=max(wish.charges, credited.charges))]


def claim(order: Order, wanted: Iterable[Wanted], *, charges: int = 0) -> list[OrderEvent]:
    """Credit units that are damaged, missing, wrong or not as described, without having them back.

    `charges` is what is credited of shipping and the like beside them.

    Raises:
        NotFound: a line that the order does not have.
        InvalidInput: a reason that is not the merchant's fault: that takes a return.
        NotAllowed: names each line and how many of its units can be claimed for.
    """
    grouped: dict[ReturnReason, dict[str, int]] = {}
    total: dict[str, int] = {}
    for each in wanted:
        if each.reason not in FAULTS:
            raise InvalidInput(f"{each.reason} is no claim: request a return", path="units")
        units = grouped.setdefault(each.reason, {})
        units[each.line_id] = units.get(each.line_id, 0) + each.quantity
        total[each.line_id] = total.get(each.line_id, 0) + each.quantity
    known_lines(order, total)
    if not total:
        raise InvalidInput("names nothing that is claimed for", path="units")
    _check(total, {line_id: creditable(order, line_id) - promised(order, line_id) for line_id in total})
    _check_charges(order, charges)
    credited = _credits(order, grouped)
    last = credited[-1]
    assert isinstance(last, UnitsCredited)
    return [*credited[:-1], replace(last, charges=max(charges, last.charges))]


def _check(wish: Mapping[str, int], allowed: Mapping[str, int]) -> None:
    short = [
        FieldError(f"lines.{line_id}", f"{max(0, allowed[line_id])} of {count} units can be credited")
        for line_id, count in wish.items()
        if count > max(0, allowed[line_id])
    ]
    if short:
        raise NotAllowed("some units cannot be credited: they were not sent, or are credited already", errors=short)


def _check_charges(order: Order, charges: int) -> None:
    left = _charges_left(order)
    if charges > left:
        raise NotAllowed(
            "more charges cannot be credited than were charged",
            errors=[FieldError("charges", f"{left} of {charges} can be credited")],
        )


def _charges_left(order: Order) -> int:
    return max(0, order.charges_total - order.after_sale.credited_charges)


def _by_reason(order: Order, known: Return, units: Mapping[str, int]) -> dict[ReturnReason, dict[str, int]]:
    """Share out what came over the reasons for which it was announced, the merchant's faults first."""
    announced = sorted(known.requested.units, key=lambda each: each.reason not in FAULTS)
    passed = dict(known.credited)
    left = {line_id: min(count, creditable(order, line_id)) for line_id, count in units.items()}
    grouped: dict[ReturnReason, dict[str, int]] = {}
    for each in announced:
        done = min(each.quantity, passed.get(each.line_id, 0))
        passed[each.line_id] = passed.get(each.line_id, 0) - done
        count = min(each.quantity - done, left.get(each.line_id, 0))
        if count > 0:
            left[each.line_id] -= count
            units_of = grouped.setdefault(each.reason, {})
            units_of[each.line_id] = units_of.get(each.line_id, 0) + count
    return grouped


def _credits(order: Order, grouped: Mapping[ReturnReason, Mapping[str, int]], return_id: str = "") -> list[OrderEvent]:
    """One credit for each reason, each seen by the one after it."""
    events: list[OrderEvent] = []
    for reason, units in grouped.items():
        if units:
            events.append(_credited(order, reason, units, return_id, with_fee=bool(return_id)))
            order = _after(order, events[-1:])
    return events


def _credited(
    order: Order, reason: ReturnReason, units: Mapping[str, int], return_id: str = "", *, with_fee: bool = False
) -> UnitsCredited:
    credited = UnitsCredited(
        credit_id=f"{order.order_id}-c{len(order.after_sale.credits) + 1}",
        reason=reason,
        units=tuple(
            CreditedUnits(
                line_id=line_id,
                quantity=count,
                amount=order.value_between(line_id, order.kept(line_id) - count, count),
            )
            for line_id, count in units.items()
            if count
        ),
        return_id=return_id,
    )
    after = _after(order, [credited])
    faults = all(each.reason in FAULTS for each in after.after_sale.credits)
    if faults and not any(after.kept(line_id) for line_id in after.lines):
        # The customer got nothing of worth, by no fault of theirs: shipping, with its tax, is not owed either.
        credited = replace(credited, charges=_charges_left(order))
    if with_fee and reason not in FAULTS:
        credited = replace(credited, fee=min(_fee(after, return_id), _value(credited)))
    return credited


def _fee(after: Order, return_id: str) -> int:
    """What is still to be kept of a return's fees, once the credit that is being made is counted.

    Restocking follows the value of what came; the way back is paid with the first credit.
    """
    known = find(after, return_id)
    if known.approved is None:
        return 0
    announced = sound(known.requested.units)
    faulty = {line_id: count - announced.get(line_id, 0) for line_id, count in known.announced().items()}
    whole = part = 0
    for line_id, count in announced.items():
        placed = after.lines[line_id].placed
        came = min(count, max(0, known.credited.get(line_id, 0) - faulty[line_id]))
        whole += units_value(placed, count)
        part += units_value(placed, came)
    restocking = known.approved.restocking_fee * part // whole if whole > 0 else 0
    kept = sum(each.fee for each in after.after_sale.credits if each.return_id == return_id)
    return max(0, restocking + known.approved.shipping_fee - kept)


def _value(credited: UnitsCredited) -> int:
    return max(0, sum(each.amount for each in credited.units) + credited.charges)


def _counted(units: Iterable[ReceivedUnits]) -> dict[str, int]:
    """Units by line that came and may be credited."""
    counted: dict[str, int] = {}
    for each in units:
        if each.disposition in CAME and each.credit:
            counted[each.line_id] = counted.get(each.line_id, 0) + each.quantity
    return counted


def _after(order: Order, events: Iterable[OrderEvent]) -> Order:
    for event in events:
        order = evolve(order, event, order_id=order.order_id, at=order.updated_at)
    return order
