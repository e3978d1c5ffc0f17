"""A parcel's journey as its carrier told it: in the order in which things happened, not in which they were heard."""

from __future__ import annotations

from oms.orders import scans
from oms.orders.events import ParcelTracked, TrackingStatus
from oms.orders.order import Parcel


def history(parcel: Parcel) -> list[ParcelTracked]:
    """The parcel's scans by time, each once; those of one moment in the order of a normal journey."""
    return scans.merged(parcel.scans)


def tracking_status(parcel: Parcel) -> TrackingStatus:
    """Where the parcel is: delivered once and for all, or what was scanned last."""
    return TrackingStatus.DELIVERED if parcel.delivered_at is not None else scans.state(history(parcel))
