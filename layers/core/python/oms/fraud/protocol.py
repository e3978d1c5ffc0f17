"""Who screens orders: what a screener is told, what it answers, and how a vendor takes part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oms.orders.contact import Contact
from oms.orders.events import PaymentMethod, UnitState
from oms.orders.order import Order
from oms.orders.screening import MAX_SCORE, Finding, OrderScreened, ScreeningOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningRequest:
    """An order as a screener sees it: `amount` in minor units of `currency`, for what is not cancelled.

    It has the customer's contact, which leaves this process only if a vendor is asked.
    """

    order_id: str
    channel_id: str
    placed_at: datetime
    currency: str
    amount: int
    units: Mapping[str, int]
    """Units by sku."""
    method: PaymentMethod
    instrument: str = ""
    """The gateway's token for card or wallet."""
    shipping_service: str = ""
    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What a screener answers: a score from 0 to 100, its advice, and reasons that name no person."""

    score: int
    outcome: ScreeningOutcome
    reasons: tuple[Finding, ...] = ()
    provider: str

    def __post_init__(self) -> None:
        """Refuse a score that says nothing.

        Raises:
            ValueError: it is not from 0 to 100.
        """
        if not 0 <= self.score <= MAX_SCORE:
            raise ValueError(f"a score is 0 to {MAX_SCORE}, not {self.score}")

    def event(self) -> OrderScreened:
        """The answer as the log keeps it."""
        return OrderScreened(score=self.score, outcome=self.outcome, reasons=self.reasons, provider=self.provider)


class Screener(Protocol):
    """Judges orders. The same request again gets the same answer, or a later one that knows more."""

    def screen(self, request: ScreeningRequest) -> Screening:
        """Look at one order.

        Raises:
            Unavailable: no answer; ask again later.
        """
        ...


def request_of(order: Order) -> ScreeningRequest:
    """What a screener is told of an order as it is now."""
    units: dict[str, int] = {}
    for line in order.lines.values():
        live = line.placed.quantity - line.counts.get(UnitState.CANCELLED, 0)
        if live:
            units[line.placed.sku] = units.get(line.placed.sku, 0) + live
    return ScreeningRequest(
        order_id=order.order_id,
        channel_id=order.placed.channel_id,
        placed_at=order.placed.placed_at,
        currency=order.placed.currency,
        amount=order.due,
        units=units,
        method=order.placed.payment.method,
        instrument=next((each.instrument for each in reversed(order.payments.values()) if each.instrument), ""),
        shipping_service=order.shipping_service,
        contact=order.contact or Contact(),
    )
