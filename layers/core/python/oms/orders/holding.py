"""Holds in people's hands: who takes care of one, and which a person may open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from oms.errors import NotFound

if TYPE_CHECKING:
    from oms.orders.order import Order


class OwnReason(StrEnum):
    """The reasons for which a person may open a hold; the others are found by routing and channels."""

    MANUAL = "manual"
    FRAUD = "fraud"
    BAD_ADDRESS = "bad_address"
    PAYMENT_PENDING = "payment_pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAssigned:
    """Somebody takes care of this hold: the name of a key or of a person at work, no mail address. Empty: nobody."""

    handle: str
    owner: str


def assign(order: Order, handle: str, owner: str) -> list[HoldAssigned]:
    """Put a hold into somebody's hands, or into nobody's; nothing when it is there already.

    Raises:
        NotFound: the order has no open hold of this handle.
    """
    known = order.holds.get(handle)
    if known is None:
        raise no_such_hold(order, handle)
    return [] if known.owner == owner else [HoldAssigned(handle=handle, owner=owner)]


def no_such_hold(order: Order, handle: str) -> NotFound:
    """The error that names the holds that there are."""
    return NotFound(f"order {order.order_id} has no open hold {handle!r}; open: {', '.join(order.holds) or 'none'}")
