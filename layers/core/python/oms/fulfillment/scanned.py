"""What carriers say of an order's parcels, decided: recorded once, delivered once, and told to the customer once.

Pure, as `decisions` are: scans that are known already give no events, so that whoever said them may say them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from oms.carriers.protocol import Scan
from oms.orders.events import OrderEvent, ParcelDelivered, ParcelTracked, TrackingStatus
from oms.orders.order import Order, Parcel
from oms.orders.reached import ParcelStateReached, news
from oms.orders.scans import first_delivery, is_news
from oms.orders.transitions import Way


def track(order: Order, carrier: str, scans: Iterable[Scan], *, now: datetime) -> list[OrderEvent]:
    """What was said of parcels of this order. Scans already known, and of other parcels, are passed over.

    All are recorded, in whatever order they come; the first that says "delivered" delivers the parcel, unless it had
    turned back before, and none takes that back. A parcel that was never booked out is not delivered before it is
    (see `decisions.ship`), and nobody is told of the states that it was in.
    """
    events: list[OrderEvent] = []
    heard: dict[str, dict[str, ParcelTracked]] = {}
    said: dict[str, Scan] = {}
    for scan in sorted(scans, key=lambda each: (each.at, each.scan_id)):
        parcel = parcel_of(order, carrier, scan.tracking_number)
        if parcel is None:
            continue
        known = heard.setdefault(parcel.parcel_id, {each.scan_id: each for each in parcel.scans})
        if not is_news(scan, known.values()):
            continue
        tracked = ParcelTracked(
            parcel_id=parcel.parcel_id,
            scan_id=scan.scan_id,
            status=scan.status,
            at=scan.at,
            description=scan.description,
            code=scan.code,
        )
        known[scan.scan_id] = tracked
        said[scan.scan_id] = scan
        events.append(tracked)
    for parcel_id, known in heard.items():
        parcel = order.parcels[parcel_id]
        delivered_at = first_delivery(known.values())
        if order.fulfillment_orders[parcel.packed.fulfillment_order_id].way is not Way.DELIVERY:
            continue  # it came to a store, where the customer has yet to fetch it
        if parcel.shipped_at is None or parcel.delivered_at is not None:
            continue
        if delivered_at is not None:
            events.append(ParcelDelivered(parcel_id=parcel_id, at=delivered_at))
        else:
            events += _reached(parcel, known.values(), said, now)
    return events


def _reached(
    parcel: Parcel, heard: Iterable[ParcelTracked], said: Mapping[str, Scan], now: datetime
) -> list[OrderEvent]:
    """The state that the customer is to be told of now, if there is one: what was `said` now brought the parcel there.

    A scan that was known before tells nothing now: what it had to tell was told then, or was no news already.
    """
    found = news(heard, parcel.reached, now)
    scan = said.get(found[1].scan_id) if found else None
    if found is None or scan is None or scan.guessed:
        return []
    waits = found[0] is TrackingStatus.AVAILABLE_FOR_PICKUP
    return [
        ParcelStateReached(
            parcel_id=parcel.parcel_id,
            status=found[0],
            at=scan.at,
            place=scan.place if waits else "",
            until=scan.until if waits else None,
        )
    ]


def parcel_of(order: Order, carrier: str, tracking_number: str) -> Parcel | None:
    """The parcel that the carrier knows by this number."""
    for parcel in order.parcels.values():
        if parcel.label and (parcel.label.carrier, parcel.label.tracking_number) == (carrier, tracking_number):
            return parcel
    return None
