"""A customer's history: what is kept of each order, and the figures that are derived from all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from oms.clock import from_text, to_text
from oms.customers.signs import Sign
from oms.orders.events import UnitState
from oms.orders.order import Order
from oms.orders.transitions import OrderStatus
from oms.returns.quantities import came_back


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What a customer's value is made of; amounts in minor units of the order's currency."""

    order_id: str
    number: str
    channel_id: str
    placed_at: datetime
    currency: str
    total: int
    charged: int
    refunded: int
    sold: int
    """Units that were not cancelled."""
    returned: int
    cancelled: bool
    test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One order of a customer: the facts, made from version `as_of` of the order, and what it was matched by."""

    facts: OrderFacts
    customer_id: str
    as_of: int
    signs: tuple[Sign, ...] = ()
    hints: tuple[Sign, ...] = ()


class Spent(TypedDict):
    """What a customer has paid and got back in one currency, in minor units."""

    currency: str
    orders: int
    charged: int
    refunded: int
    kept: int


class Figures(TypedDict):
    """A customer's history in figures.

    Test orders are left out. Orders that were cancelled whole count as `cancelled`, and with what was
    paid for them.
    """

    orders: int
    cancelled: int
    first_order_at: str | None
    last_order_at: str | None
    units: int
    units_returned: int
    return_rate: float
    value: list[Spent]


def facts(order: Order) -> OrderFacts:
    """The facts of an order as it stands."""
    return OrderFacts(
        order_id=order.order_id,
        number=order.placed.number,
        channel_id=order.placed.channel_id,
        placed_at=order.placed.placed_at,
        currency=order.placed.currency,
        total=order.total,
        charged=order.charged - order.transferred,  # what pays for an exchange counts there
        refunded=order.refunded,
        sold=sum(count for state, count in order.counts.items() if state is not UnitState.CANCELLED),
        returned=sum(came_back(order, line_id) for line_id in order.lines),
        cancelled=order.status is OrderStatus.CANCELLED,
        test=order.placed.test,
    )


def figures(rows: Iterable[Row]) -> Figures:
    """A customer's figures over all orders, per currency where they are money."""
    real = [row.facts for row in rows if not row.facts.test]
    kept = [each for each in real if not each.cancelled]
    times = sorted(each.placed_at for each in kept)
    sold, returned = sum(each.sold for each in kept), sum(each.returned for each in kept)
    return {
        "orders": len(kept),
        "cancelled": len(real) - len(kept),
        "first_order_at": to_text(times[0]) if times else None,
        "last_order_at": to_text(times[-1]) if times else None,
        "units": sold,
        "units_returned": returned,
        "return_rate": round(returned / sold, 4) if sold else 0.0,
        "value": [_spent(currency, real) for currency in sorted({each.currency for each in real})],
    }


def _spent(currency: str, orders: Sequence[OrderFacts]) -> Spent:
    own = [each for each in orders if each.currency == currency]
    charged, refunded = sum(each.charged for each in own), sum(each.refunded for each in own)
    return {
        "currency": currency,
        "orders": sum(not each.cancelled for each in own),
        "charged": charged,
        "refunded": refunded,
        "kept": charged - refunded,
    }


def to_body(known: OrderFacts) -> dict[str, Any]:
    """The facts as JSON values."""
    return {**asdict(known), "placed_at": to_text(known.placed_at)}


def from_body(body: dict[str, Any]) -> OrderFacts:
    """Read what `to_body` made."""
    return OrderFacts(**{**body, "placed_at": from_text(body["placed_at"])})
