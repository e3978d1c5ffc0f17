"""The shapes of what the API answers when a plan fails: what locations gave back, and what is offered instead."""

from __future__ import annotations

import sys

from oms.orders.rejecting import RejectReason
from oms.orders.substituting import OfferStatus
from oms.views.basic_shapes import MoneyResource, Time

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the API document of these, asks for the newer one
    from typing_extensions import TypedDict


class RejectionResource(TypedDict):
    """Units that a location gave back, and why."""

    reason: RejectReason
    units: dict[str, int]
    """Units by line."""
    note: str
    at: Time
    asked_again_at: Time | None
    """When the location may be asked again for what has no place by then; null if it never is, or may be already."""


class OfferResource(TypedDict):
    """Other goods that were offered in place of units of a line that wait for stock."""

    offer_id: str
    status: OfferStatus
    line_id: str
    quantity: int
    sku: str
    title: str
    price: MoneyResource
    """What the customer pays for all of them, with tax: no more than for what they stand in for."""
    offered_at: Time
    expires_at: Time
    answered_at: Time | None
    actions: list[str]
