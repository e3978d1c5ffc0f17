"""Purchase orders: what a supplier is to bring, by when, and what has come of it.

A purchase order is a value; what it does to stock is the difference between two of its states (`footprint`). Units that
are still to come are `incoming` at its location and promised by their line's day.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from oms.errors import Conflict, InvalidInput
from oms.inventory.arrivals import Arrival, Receipt, add, noted
from oms.inventory.effects import Figures, Footprint, summed
from oms.stock.expected import Expected

__all__ = [
    "Change",
    "Expected",
    "PurchaseLine",
    "PurchaseOrder",
    "PurchaseOrderStatus",
    "change",
    "close",
    "footprint",
    "receive",
    "repeated",
]

Key = TypeVar("Key", bound=Hashable)


class PurchaseOrderStatus(StrEnum):
    """Where a purchase order is; derived."""

    OPEN = "open"
    RECEIVED = "received"
    """All that was ordered came."""
    CLOSED = "closed"
    """The rest was given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine:
    """Units of a sku that are to come on a day; `received` counts all that came, `unavailable` is a part of it."""

    number: int
    sku: str
    ordered: int
    expected: date
    received: int = 0
    unavailable: Mapping[str, int] = field(default_factory=dict)
    given_up: int = 0

    @property
    def outstanding(self) -> int:
        """Units that are still to come."""
        return max(0, self.ordered - self.received - self.given_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """An order at a supplier, for one location."""

    purchase_order_id: str
    location_id: str
    supplier: str
    reference: str
    placed_at: datetime
    placed_by: str
    announced: int
    """Lines that it is to have; fewer stand on it only when the call that placed it broke off."""
    fingerprint: str
    """Of the request that placed it: the same request again goes on with it, another one is refused."""
    lines: tuple[PurchaseLine, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    version: int = 0

    @property
    def status(self) -> PurchaseOrderStatus:
        """Derived, never stored."""
        if len(self.lines) < self.announced or any(line.outstanding for line in self.lines):
            return PurchaseOrderStatus.OPEN
        if any(line.given_up for line in self.lines):
            return PurchaseOrderStatus.CLOSED
        return PurchaseOrderStatus.RECEIVED

    @property
    def next_expected(self) -> date:
        """The day on which goods are expected next; when all came, the last of all days."""
        due = [line.expected for line in self.lines if line.outstanding]
        return min(due) if due else max(line.expected for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A new quantity or a new day for a line; None leaves it as it is."""

    line: int
    quantity: int | None = None
    expected: date | None = None


def footprint(order: PurchaseOrder) -> Footprint:
    """What the purchase order adds to the levels of its location, and promises to them."""
    promises: dict[tuple[str, str, date], int] = {}
    for line in order.lines:
        if line.outstanding:
            due = line.sku, order.location_id, line.expected
            promises[due] = promises.get(due, 0) + line.outstanding
    levels = summed(
        [
            (
                (line.sku, order.location_id),
                Figures(
                    on_hand=line.received,
                    available=line.received - sum(line.unavailable.values()),
                    incoming=line.outstanding,
                    unavailable=line.unavailable,
                ),
            )
            for line in order.lines
        ]
    )
    return Footprint(levels=levels, promises=promises)


def receive(order: PurchaseOrder, receipt: Receipt, *, accept_over: bool = False) -> PurchaseOrder:
    """Book in what came: the lines of a sku that are due first get it first, what is too much goes to the last one.

    Raises:
        InvalidInput: a sku is not on the purchase order.
        Conflict: more came than is outstanding, and the caller did not say that this is no slip of the pen.
    """
    lines = {line.number: line for line in order.lines}
    for index, arrival in enumerate(receipt.arrivals):
        mine = sorted(
            (line for line in lines.values() if line.sku == arrival.sku), key=lambda line: (line.expected, line.number)
        )
        if not mine:
            raise InvalidInput(
                f"{arrival.sku} is not on purchase order {order.purchase_order_id}", path=f"lines[{index}].sku"
            )
        outstanding = sum(line.outstanding for line in mine)
        if arrival.quantity > outstanding and not accept_over:
            raise Conflict(
                f"{arrival.quantity} of {arrival.sku} came, and {outstanding} are outstanding:"
                " count again, or send accept_over to book in all that came"
            )
        for line in _spread(mine, arrival):
            lines[line.number] = line
    return replace(order, lines=tuple(lines.values()), receipts=noted(order.receipts, receipt))


def _spread(lines: Sequence[PurchaseLine], arrival: Arrival) -> list[PurchaseLine]:
    """Give what came to the lines: first what is outstanding, then what was given up, and the rest to the last one.

    What is not for sale goes to the first lines that take anything.
    """
    left, units = arrival.quantity, dict.fromkeys((line.number for line in lines), 0)
    for room in (_outstanding, _given_up):
        for line in lines:
            taken = min(left, room(line))
            units[line.number] += taken
            left -= taken
    units[lines[-1].number] += left
    unsold = dict(arrival.unavailable)
    return [_filled(line, units[line.number], _take(unsold, units[line.number])) for line in lines]


def _outstanding(line: PurchaseLine) -> int:
    return line.outstanding


def _given_up(line: PurchaseLine) -> int:
    return min(line.given_up, max(0, line.ordered - line.received))


def _filled(line: PurchaseLine, units: int, unavailable: Mapping[str, int]) -> PurchaseLine:
    """The line with units that came; what comes after it was given up is not given up any more."""
    received = line.received + units
    return replace(
        line,
        received=received,
        unavailable=add(line.unavailable, unavailable),
        given_up=min(line.given_up, max(0, line.ordered - received)),
    )


def _take(stock: dict[str, int], at_most: int) -> dict[str, int]:
    """Take up to so many units out of `stock`, reason by reason."""
    taken = {}
    for why in list(stock):
        units = min(stock[why], at_most)
        at_most -= units
        stock[why] -= units
        taken[why] = units
    return taken


def change(order: PurchaseOrder, changes: Sequence[Change]) -> PurchaseOrder:
    """Other quantities or days, as the supplier confirms them.

    Raises:
        InvalidInput: there is no such line, or two lines of a sku would be due on the same day.
        Conflict: a line would be for fewer units than came already.
    """
    lines = {line.number: line for line in order.lines}
    for index, wish in enumerate(changes):
        line = lines.get(wish.line)
        if line is None:
            raise InvalidInput(f"there is no line {wish.line}", path=f"lines[{index}].line")
        if wish.quantity is not None:
            if wish.quantity < line.received:
                raise Conflict(f"{line.received} units of line {line.number} came already")
            line = replace(line, ordered=wish.quantity, given_up=0)
        if wish.expected is not None:
            line = replace(line, expected=wish.expected)
        lines[line.number] = line
    twice = repeated((line.sku, line.expected) for line in lines.values())
    if twice:
        raise InvalidInput(
            f"{twice[0]} would be due twice on {twice[1]}: change the quantity of one line", path="lines"
        )
    return replace(order, lines=tuple(lines.values()))


def repeated(keys: Iterable[Key]) -> Key | None:
    """The first key that stands there twice."""
    seen: set[Key] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None


def close(order: PurchaseOrder) -> PurchaseOrder:
    """Give up what did not come; a late delivery can still be booked in, with `accept_over`."""
    return replace(
        order,
        announced=len(order.lines),
        lines=tuple(replace(line, given_up=line.given_up + line.outstanding) for line in order.lines),
    )
