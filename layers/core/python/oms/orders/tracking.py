"""Where a parcel is, in the words that all carriers are mapped to."""

from __future__ import annotations

from enum import StrEnum


class TrackingStatus(StrEnum):
    """The states of a parcel that all carriers are mapped to, in the order of a normal journey."""

    LABEL_CREATED = "label_created"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURNED = "returned"
