"""What a payment gateway must be able to do. Every call carries a key; the same key again gives the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oms.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """What is to be authorised; `key` is made of order and step, and makes a repetition harmless."""

    order_id: str
    payment_id: str
    instrument: str
    amount: Money
    requested_at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Authorised:
    """The amount is reserved, until `expires_at` if the gateway says so."""

    reference: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """The gateway refused, and will refuse the same instrument again."""

    reference: str
    code: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The gateway will decide later; ask `status` again."""

    reference: str


Answer = Authorised | Declined | Pending


@dataclass(frozen=True, slots=True)
class Captured:
    """So much was charged under this key, now or when it was first asked.

    `final` when the gateway has let go whatever else was reserved: what is still needed must be authorised anew.
    """

    reference: str
    amount: Money
    final: bool = False


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Nothing can be charged on this authorisation any more; `code` is the gateway's reason."""

    code: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """The money is on its way back."""

    reference: str


@dataclass(frozen=True, slots=True)
class ForeignRefund:
    """Money that went back without our asking: somebody refunded it by hand at the gateway."""

    reference: str
    amount: Money


class Gateway(Protocol):
    """A payment gateway. Each call raises `oms.errors.Unavailable` when it gets no answer: it is made again."""

    def authorise(self, request: PaymentRequest) -> Answer:
        """Reserve the amount on the instrument."""
        ...

    def status(self, request: PaymentRequest, reference: str) -> Answer:
        """What became of a request that was answered `Pending`."""
        ...

    def capture(self, reference: str, amount: Money, key: str) -> Captured | Lapsed:
        """Charge part or all of an authorisation."""
        ...

    def void(self, reference: str, amount: Money, key: str) -> str:
        """Let go what is left of an authorisation; returns the gateway's reference."""
        ...

    def refund(self, reference: str, amount: Money, key: str) -> Refunded | Declined:
        """Give back part or all of what was captured on an authorisation."""
        ...

    def foreign_refunds(self, reference: str) -> Sequence[ForeignRefund]:
        """Refunds of a payment that were not made through `refund`."""
        ...


KEY = "oms_key"
"""The name under which a gateway keeps the key of a request, where it has room for notes."""

SIMULATED = "simulated"
STRIPE = "stripe"

NAMES = frozenset({SIMULATED, STRIPE})
"""The gateways that there are; `oms.platform.gateways` makes one of its name."""


def gateway(name: str) -> Gateway:
    """The gateway of this name, if it needs no account.

    Raises:
        KeyError: there is none.
    """
    if name == SIMULATED:
        from oms.clock import now
        from oms.payments.simulated import SimulatedGateway

        return SimulatedGateway(now)
    raise KeyError(name)
