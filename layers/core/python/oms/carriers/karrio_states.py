"""Karrio's states of a parcel in ours, and scans made of what carriers say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from oms.carriers.protocol import MAX_DESCRIPTION, Scan
from oms.clock import to_text
from oms.ids import derived
from oms.orders.events import TrackingStatus

STATES: Mapping[str, TrackingStatus] = {
    "pending": TrackingStatus.LABEL_CREATED,
    "picked_up": TrackingStatus.IN_TRANSIT,
    "in_transit": TrackingStatus.IN_TRANSIT,
    "out_for_delivery": TrackingStatus.OUT_FOR_DELIVERY,
    "delivered": TrackingStatus.DELIVERED,
    "ready_for_pickup": TrackingStatus.AVAILABLE_FOR_PICKUP,
    "on_hold": TrackingStatus.EXCEPTION,
    "delivery_failed": TrackingStatus.ATTEMPT_FAILED,
    "delivery_delayed": TrackingStatus.EXCEPTION,
    "cancelled": TrackingStatus.EXCEPTION,
    "return_to_sender": TrackingStatus.RETURNING,
}
"""`unknown` is no state. That a parcel has come back, Karrio does not tell from its being on the way back."""


def status(table: Any, codes: Iterable[str | None]) -> TrackingStatus | None:
    """The state that a carrier's codes stand for, the first that its table in Karrio knows; None when it knows none."""
    for code in codes:
        found = table.find(code).name if code else None
        if found is not None:
            return STATES.get(found)
    return None


def scan(number: str, code: str, at: datetime, status: TrackingStatus | None, description: str) -> Scan:
    """A scan of a carrier that gives its scans no ids: the same said twice is the same scan.

    One whose words nobody knows (no status) is taken for an exception.
    """
    return Scan(
        tracking_number=number,
        scan_id=derived("scan", number, code, to_text(at)),
        status=status or TrackingStatus.EXCEPTION,
        at=at,
        description=description.strip()[:MAX_DESCRIPTION],
        code=code,
        guessed=status is None,
    )
