"""Where a parcel is, in the words that all carriers are mapped to."""

from __future__ import annotations

from enum import StrEnum


class TrackingStatus(StrEnum):
    """The states of a parcel that all carriers are mapped to, in the order of a normal journey."""

    LABEL_CREATED = "label_created"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    """The driver was at the door, in vain; another attempt or a shop where it waits follows."""
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    """It waits for the customer in a shop or a locker of the carrier."""
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURNING = "returning"
    """It is on its way back to the sender."""
    RETURNED = "returned"


TURNED_BACK = frozenset({TrackingStatus.RETURNING, TrackingStatus.RETURNED})
"""A parcel that goes back. What carriers call its delivery then is the delivery to the sender."""
