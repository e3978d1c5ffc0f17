"""Other goods in place of those that come back: events, and the state of one exchange.

The goods go out as an order of their own. The two orders are two logs, and no write spans both: what is to be done on
the one follows from what stands on the other, whoever dies in between. See `oms.returns.exchanging`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oms.orders.sold import PlacedLine


class ShipWhen(StrEnum):
    """When the other goods go out."""

    AT_ONCE = "at_once"
    """Before anything came back, on the credit that the return will give."""
    ON_RECEIPT = "on_receipt"
    """When what was announced is in, with the credit that it gave."""


class ExchangeStatus(StrEnum):
    """Where an exchange is; derived."""

    REQUESTED = "requested"
    PLACED = "placed"
    LAPSED = "lapsed"
    """The goods went out and nothing came back in time: what they cost is owed."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRequested:
    """The customer gets other goods for what a return brings back.

    `credit` is what the return will give, as far as it can be told: what is sent at once counts on it. `gateway` and
    `instrument` pay what the goods cost beyond it; without them the exchange order waits for its payment.
    """

    exchange_id: str
    return_id: str
    lines: tuple[PlacedLine, ...]
    ship: ShipWhen
    credit: int
    return_by: datetime | None = None
    """Until when the goods must be back that others were sent for at once; None waits for ever."""
    gateway: str = ""
    instrument: str = ""
    shipping_service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePlaced:
    """The goods are ordered under this id, which follows from the exchange's; `credit` is what covers them at first."""

    exchange_id: str
    order_id: str
    credit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLapsed:
    """What others were sent for at once did not come back in time: its credit is not counted on any more."""

    exchange_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeCancelled:
    """The other goods are not wanted, or nothing came that pays for them: a credit is refunded like any other."""

    exchange_id: str
    reason: str = ""


ExchangeEvent = ExchangeRequested | ExchangePlaced | ExchangeLapsed | ExchangeCancelled


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange and what became of it."""

    requested: ExchangeRequested
    requested_at: datetime
    placed: ExchangePlaced | None = None
    lapsed: bool = False
    cancelled: str | None = None

    @property
    def status(self) -> ExchangeStatus:
        """Derived, never stored."""
        if self.cancelled is not None:
            return ExchangeStatus.CANCELLED
        if self.lapsed:
            return ExchangeStatus.LAPSED
        return ExchangeStatus.PLACED if self.placed else ExchangeStatus.REQUESTED

    @property
    def live(self) -> bool:
        """Whether the return's credit is for this exchange, as far as the goods cost so much."""
        return self.cancelled is None

    @property
    def order_id(self) -> str:
        """The exchange order's id; empty before it is placed."""
        return self.placed.order_id if self.placed else ""

    @property
    def total(self) -> int:
        """What the other goods cost, with tax."""
        return sum(line.net + line.tax for line in self.requested.lines)
