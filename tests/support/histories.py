"""The whole life of an order as entries of its log: two lines, two locations, a hold, two parcels, one delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from oms.orders import decisions
from oms.orders import events as ev
from oms.orders.contact import Address, Contact
from oms.orders.events import HoldReason, OrderEvent, TrackingStatus
from oms.orders.order import Entry
from tests.support.orders import line, placed

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

CUSTOMER = Contact(
    name="Ada Lovelace",
    email="ada@customer.example",
    phone="+43 1 5550100",
    shipping=Address(name="Ada Lovelace", line1="Graben 1", city="Wien", postal_code="1010", country="AT"),
)


def life(
    order_id: str = "o1", *, channel_id: str = "shop", placed_at: datetime = START, number: str = "1001"
) -> list[Entry]:
    """Entries a minute apart, from the first to the delivery of the first of two parcels."""
    mug, cup = "mug", "cup"
    one, two = f"{order_id}-1", f"{order_id}-2"
    sold = replace(
        placed(line("1", mug, 3, 3000, 600), line("2", cup, 2, 1000, 200), shipping=490),
        channel_id=channel_id,
        number=number,
        external_id=number,
        placed_at=placed_at,
    )

    def units(line_id: str, sku: str, quantity: int) -> tuple[ev.LineUnits, ...]:
        return (ev.LineUnits(line_id=line_id, sku=sku, quantity=quantity),)

    def allocated(line_id: str, sku: str, quantity: int, fulfillment: str, location: str) -> ev.Allocation:
        return ev.Allocation(
            fulfillment_order_id=fulfillment, location_id=location, line_id=line_id, sku=sku, quantity=quantity
        )

    def label(parcel: str) -> ev.LabelBought:
        return ev.LabelBought(
            parcel_id=parcel,
            carrier="simulated",
            service="standard",
            tracking_number=f"SIM-{parcel}",
            tracking_url=f"https://carrier.example/{parcel}",
            document=f"{order_id}/{parcel}-label.pdf",
        )

    def scanned(parcel: str, scan: str, status: TrackingStatus, minutes: int) -> ev.ParcelTracked:
        at = placed_at + timedelta(minutes=minutes)
        return ev.ParcelTracked(parcel_id=parcel, scan_id=scan, status=status, at=at)

    decided: list[Sequence[OrderEvent]] = [
        decisions.place(sold),
        [ev.OrderHeld(handle="hold-1", reason=HoldReason.MANUAL, note="please call ada")],
        [ev.HoldReleased(handle="hold-1")],
        [ev.UnitsAllocated(allocations=(allocated("1", mug, 2, one, "wien"), allocated("2", cup, 1, two, "graz")))],
        [ev.UnitsBackordered(units=units("1", mug, 1))],
        [ev.UnitsCancelled(units=(ev.CancelledUnits(line_id="2", sku=cup, quantity=1, source=ev.UnitState.OPEN),))],
        [ev.OrderConfirmed(expected_delivery=(placed_at + timedelta(days=3)).date())],
        [ev.FulfillmentAccepted(fulfillment_order_id=one)],
        [ev.UnitsPicked(fulfillment_order_id=one, units=units("1", mug, 2))],
        [ev.UnitsPacked(fulfillment_order_id=one, parcel_id=f"{one}-p1", units=units("1", mug, 2), grams=650)],
        [label(f"{one}-p1")],
        [
            ev.UnitsShipped(
                fulfillment_order_id=one, parcel_id=f"{one}-p1", location_id="wien", units=units("1", mug, 2)
            )
        ],
        [scanned(f"{one}-p1", "b", TrackingStatus.OUT_FOR_DELIVERY, 300)],
        [scanned(f"{one}-p1", "a", TrackingStatus.IN_TRANSIT, 200)],
        [ev.FulfillmentAccepted(fulfillment_order_id=two)],
        [ev.ParcelDelivered(parcel_id=f"{one}-p1", at=placed_at + timedelta(hours=6))],
    ]
    return [
        Entry(
            order_id=order_id,
            seq=seq,
            at=placed_at + timedelta(minutes=seq),
            actor="test",
            cause=f"cause-{seq}",
            events=tuple(events),
            contact=CUSTOMER if seq == 1 else None,
        )
        for seq, events in enumerate(decided, 1)
    ]
