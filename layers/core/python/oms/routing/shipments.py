"""What each shipment costs, and what of it is still to be charged to a gateway's authorisations.

Everything here follows from what was known when the shipment left, never from what happens after: a repetition after a
crash asks for the same amounts under the same keys. What was paid for the order as a whole (a gift card, a transfer,
money that the channel took) pays the first shipments; the authorisations pay the rest, in the order of the tenders.
What they cannot pay was promised otherwise: at the door, or through the channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from oms.orders.events import UnitState
from oms.orders.order import PROVIDED, Order, Parcel, units_value
from oms.payments.ledger import Payment


def next_charge(order: Order, payments: list[Payment]) -> tuple[Payment, str, int, int] | None:
    """The next amount to charge: to which payment, for which shipment, how much, and how much it was charged before."""
    able = next((payment for payment in payments if payment.capturable), None)
    if able is None:
        return None
    for shipment, need in owed(order):
        charged = sum(
            amount for each in order.payments.values() for name, amount in each.paid_parcels if name == shipment
        )
        if need > charged:
            return able, shipment, min(need - charged, able.capturable), charged
    return None


def owed(order: Order) -> Iterator[tuple[str, int]]:
    """What each shipment costs beyond what had been paid in advance when it left."""
    used = 0
    for shipment, value in costs(order):
        paid = min(value, max(0, order.paid_before.get(shipment, 0) - used))
        used += paid
        yield shipment, value - paid


def costs(order: Order) -> Iterator[tuple[str, int]]:
    """What each shipment costs. Shipping and other charges belong to the first."""
    sent: dict[str, int] = {}
    value = order.charges_total
    for shipment, units in _shipments(order):
        for line_id, count in units.items():
            before = sent.get(line_id, 0)
            line = order.lines[line_id].placed
            value += units_value(line, before + count) - units_value(line, before)
            sent[line_id] = before + count
        yield shipment, max(value, 0)
        value = min(value, 0)  # a rebate beyond the first shipment's value goes on to the next


def _shipments(order: Order) -> list[tuple[str, dict[str, int]]]:
    """What has left, in the order in which it left: units that need no parcel first, then parcel by parcel."""
    provided = {
        line_id: count
        for line_id, line in order.lines.items()
        if (count := line.counts.get(UnitState.DELIVERED, 0) - _delivered_in_parcels(order, line_id))
    }
    parcels = sorted((parcel for parcel in order.parcels.values() if parcel.shipped_at is not None), key=_departure)
    return ([(PROVIDED, provided)] if provided else []) + [(p.parcel_id, dict(p.shipped)) for p in parcels]


def _departure(parcel: Parcel) -> tuple[datetime | None, str]:
    return parcel.shipped_at, parcel.parcel_id


def _delivered_in_parcels(order: Order, line_id: str) -> int:
    return sum(p.shipped.get(line_id, 0) for p in order.parcels.values() if p.delivered_at is not None)
