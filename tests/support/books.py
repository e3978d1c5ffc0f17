"""A gateway that keeps books of its own, by which the order's ledger is checked, and that now and then is silent.

It answers as the simulated one does, so the instrument says how it behaves. What it reserved, charged, let go and gave
back it counts by itself, per reservation and once per key; what no gateway would do (charge more than is reserved, give
back more than was charged, do two things under one key) is an error at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from oms.errors import Unavailable
from oms.money import Money
from oms.payments.gateway import Authorised, Captured, Lapsed, PaymentRequest
from oms.payments.simulated import SimulatedGateway


class Silence(StrEnum):
    """How a call gets no answer: it never came to the gateway, or the gateway's word never came back."""

    QUESTION = "question"
    ANSWER = "answer"


@dataclass(slots=True)
class Reservation:
    """One reservation as the gateway sees it, in minor units."""

    order_id: str
    amount: int
    expires_at: datetime | None
    charged: int = 0
    let_go: int = 0
    given_back: int = 0
    refunds: list[int] = field(default_factory=list)

    def left(self, now: datetime) -> int:
        """What can still be charged."""
        if self.expires_at is not None and self.expires_at <= now:
            return 0
        return self.amount - self.charged - self.let_go


class BookGateway(SimulatedGateway):
    """See the module. `silences` are used up one per call."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self._now = clock
        self.reservations: dict[str, Reservation] = {}
        self.done: dict[str, tuple[str, Any]] = {}
        """What was asked under each key, and the answer: a repetition gets the same."""
        self.silences: list[Silence] = []

    def authorise(self, request: PaymentRequest) -> Any:
        def reserve() -> Any:
            answer = SimulatedGateway.authorise(self, request)
            self._reserved(request, answer)
            return answer

        return self._once(request.key, f"authorise {request.amount}", reserve)

    def status(self, request: PaymentRequest, reference: str) -> Any:
        answer = super().status(request, reference)
        self._reserved(request, answer)
        return answer

    def capture(self, reference: str, amount: Money, key: str) -> Any:
        def charge() -> Any:
            known = self.reservations[reference]
            if known.expires_at is not None and known.expires_at <= self._now():
                return Lapsed("expired")
            assert 0 < amount.amount <= known.left(self._now()), f"{key}: {amount} charged of {known}"
            known.charged += amount.amount
            answer = SimulatedGateway.capture(self, reference, amount, key)
            if isinstance(answer, Captured) and answer.final:
                known.let_go += known.left(self._now())
            return answer

        return self._once(key, f"capture {amount}", charge)

    def void(self, reference: str, amount: Money, key: str) -> Any:
        def let_go() -> Any:
            known = self.reservations[reference]
            # What has lapsed may be let go too: nobody is sure of the gateway's clock.
            assert amount.amount <= known.amount - known.charged - known.let_go, f"{key}: {amount} let go of {known}"
            known.let_go += amount.amount
            return SimulatedGateway.void(self, reference, amount, key)

        return self._once(key, f"void {amount}", let_go)

    def refund(self, reference: str, amount: Money, key: str) -> Any:
        def give_back() -> Any:
            known = self.reservations[reference]
            assert 0 < amount.amount <= known.charged - known.given_back, f"{key}: {amount} given back of {known}"
            known.given_back += amount.amount
            known.refunds.append(amount.amount)
            return SimulatedGateway.refund(self, reference, amount, key)

        return self._once(key, f"refund {amount}", give_back)

    def charged(self, order_id: str) -> int:
        """What the order's customer was charged, less what was given back."""
        return sum(each.charged - each.given_back for each in self.reservations.values() if each.order_id == order_id)

    def reserved(self, order_id: str) -> int:
        """What is still kept from the order's customer without being charged."""
        return sum(each.left(self._now()) for each in self.reservations.values() if each.order_id == order_id)

    def _reserved(self, request: PaymentRequest, answer: Any) -> None:
        if isinstance(answer, Authorised):
            self.reservations.setdefault(
                answer.reference, Reservation(request.order_id, request.amount.amount, answer.expires_at)
            )

    def _once(self, key: str, wish: str, act: Callable[[], Any]) -> Any:
        silence = self.silences.pop(0) if self.silences else None
        if silence is Silence.QUESTION:
            raise Unavailable("the gateway was not reached")
        if key not in self.done:
            answer = act()
            self.done[key] = wish, answer
        asked, answer = self.done[key]
        assert asked == wish, f"{key}: {asked} and then {wish}"
        if silence is Silence.ANSWER:
            raise Unavailable("the gateway's answer was lost")
        return answer
