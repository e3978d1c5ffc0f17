"""Transfers: goods that move from one location to another, in transit meanwhile, and not always all of them arrive.

planned      set aside at the origin (`unavailable: transfer`), so that nobody sells what is being packed
dispatched   gone from the origin, `incoming` at the destination and promised by its day
received     on hand at the destination, for sale or not
lost         dispatched, and given up
kept         planned, and for sale at the origin again
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from oms.errors import Conflict, InvalidInput
from oms.inventory.arrivals import Receipt, add, noted
from oms.inventory.effects import Figures, Footprint, summed
from oms.stock.levels import UnavailableReason


class TransferStatus(StrEnum):
    """Where a transfer is; derived."""

    PLANNED = "planned"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    """All that was dispatched arrived, and nothing is left to dispatch."""
    CLOSED = "closed"
    """Something was lost on the way, or nothing was ever dispatched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLine:
    """Units of a sku on their way; `received` counts all that arrived, `unavailable` is a part of it."""

    sku: str
    quantity: int
    dispatched: int = 0
    received: int = 0
    unavailable: Mapping[str, int] = field(default_factory=dict)
    lost: int = 0
    kept: int = 0

    @property
    def set_aside(self) -> int:
        """Units that wait at the origin."""
        return self.quantity - self.dispatched - self.kept

    @property
    def in_transit(self) -> int:
        """Units that left and have not arrived."""
        return self.dispatched - self.received - self.lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What left by one call; `cause` is how a repetition of the call is known."""

    cause: str
    at: datetime
    actor: str
    units: Mapping[str, int]
    """By sku."""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer between two locations."""

    transfer_id: str
    origin: str
    destination: str
    expected: date
    reference: str
    planned_at: datetime
    planned_by: str
    announced: int
    """Lines that it is to have; fewer stand on it only when the call that planned it broke off."""
    fingerprint: str
    lines: tuple[TransferLine, ...] = ()
    dispatches: tuple[Dispatch, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    version: int = 0

    @property
    def status(self) -> TransferStatus:
        """Derived, never stored."""
        if len(self.lines) < self.announced or any(line.set_aside or line.in_transit for line in self.lines):
            left = any(line.dispatched for line in self.lines)
            return TransferStatus.IN_TRANSIT if left else TransferStatus.PLANNED
        whole = any(line.dispatched for line in self.lines) and not any(line.lost for line in self.lines)
        return TransferStatus.RECEIVED if whole else TransferStatus.CLOSED


def footprint(transfer: Transfer) -> Footprint:
    """What the transfer adds to, or takes from, the levels of both of its locations, and promises to the second."""
    figures = []
    promises = {}
    for line in transfer.lines:
        waiting = {UnavailableReason.TRANSFER.value: line.set_aside} if line.set_aside else {}
        figures.append(
            (
                (line.sku, transfer.origin),
                Figures(on_hand=-line.dispatched, available=line.kept - line.quantity, unavailable=waiting),
            )
        )
        figures.append(
            (
                (line.sku, transfer.destination),
                Figures(
                    on_hand=line.received,
                    available=line.received - sum(line.unavailable.values()),
                    incoming=line.in_transit,
                    unavailable=line.unavailable,
                ),
            )
        )
        if line.in_transit:
            promises[line.sku, transfer.destination, transfer.expected] = line.in_transit
    return Footprint(levels=summed(figures), promises=promises)


def dispatch(transfer: Transfer, left: Dispatch) -> Transfer:
    """Units leave the origin.

    Raises:
        InvalidInput: a sku is not on the transfer.
        Conflict: more would leave than is set aside.
    """
    lines = _by_sku(transfer, left.units)
    for sku, units in left.units.items():
        line = lines[sku]
        if units > line.set_aside:
            raise Conflict(f"{line.set_aside} of {sku} are set aside for transfer {transfer.transfer_id}, not {units}")
        lines[sku] = replace(line, dispatched=line.dispatched + units)
    known = [each for each in transfer.dispatches if each.cause == left.cause]
    whole = replace(left, at=known[0].at, units={**known[0].units, **left.units}) if known else left
    others = tuple(each for each in transfer.dispatches if each.cause != left.cause)
    return replace(transfer, lines=tuple(lines.values()), dispatches=(*others, whole))


def receive(transfer: Transfer, receipt: Receipt) -> Transfer:
    """Units arrive at the destination; what was given up as lost may turn up after all.

    Raises:
        InvalidInput: a sku is not on the transfer.
        Conflict: more arrives than was ever dispatched; a count at the origin puts the books right.
    """
    lines = _by_sku(transfer, [arrival.sku for arrival in receipt.arrivals])
    for arrival in receipt.arrivals:
        line = lines[arrival.sku]
        if arrival.quantity > line.in_transit + line.lost:
            raise Conflict(
                f"{line.in_transit} of {arrival.sku} are in transit, not {arrival.quantity}: book in what was"
                f" dispatched, then count what else is there here and at {transfer.origin}"
            )
        turned_up = max(0, arrival.quantity - line.in_transit)
        lines[arrival.sku] = replace(
            line,
            received=line.received + arrival.quantity,
            unavailable=add(line.unavailable, arrival.unavailable),
            lost=line.lost - turned_up,
        )
    return replace(transfer, lines=tuple(lines.values()), receipts=noted(transfer.receipts, receipt))


def close(transfer: Transfer) -> Transfer:
    """Give up what is in transit as lost, and sell at the origin what was not dispatched."""
    return replace(
        transfer,
        announced=len(transfer.lines),
        lines=tuple(
            replace(line, lost=line.lost + line.in_transit, kept=line.kept + line.set_aside) for line in transfer.lines
        ),
    )


def _by_sku(transfer: Transfer, skus: Sequence[str] | Mapping[str, int]) -> dict[str, TransferLine]:
    lines = {line.sku: line for line in transfer.lines}
    for index, sku in enumerate(skus):
        if sku not in lines:
            raise InvalidInput(f"{sku} is not on transfer {transfer.transfer_id}", path=f"lines[{index}].sku")
    return lines
