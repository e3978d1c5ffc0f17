"""A parcel's journey as its carrier told it: in the order in which things happened, not in which they were heard."""

from __future__ import annotations

from oms.orders.events import ParcelTracked, TrackingStatus
from oms.orders.order import Parcel


def history(parcel: Parcel) -> list[ParcelTracked]:
    """The parcel's scans by time; those of one moment in the order of a normal journey."""
    journey = list(TrackingStatus)
    return sorted(parcel.scans, key=lambda scan: (scan.at, journey.index(scan.status), scan.scan_id))


def tracking_status(parcel: Parcel) -> TrackingStatus:
    """Where the parcel is: delivered once and for all, or what was scanned last."""
    if parcel.delivered_at is not None:
        return TrackingStatus.DELIVERED
    scans = history(parcel)
    return scans[-1].status if scans else TrackingStatus.LABEL_CREATED
