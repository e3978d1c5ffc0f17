"""The parcel in which a return comes: the label that the merchant buys for it, and its journey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.orders.tracking import TrackingStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabelIssued:
    """The carrier sold a label for the way back, kept in the documents bucket under `document`."""

    return_id: str
    carrier: str
    service: str
    tracking_number: str
    tracking_url: str
    document: str
    cost: int = 0
    currency: str = ""
    """Of `cost`; empty where the carrier did not say, and before there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTracked:
    """The carrier said where the parcel of a return is: when to expect it. Only a receipt says that it came."""

    return_id: str
    scan_id: str
    status: TrackingStatus
    at: datetime
    description: str = ""
    code: str = ""
