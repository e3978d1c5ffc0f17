"""What the world outside is asked for: charges of the simulated gateway and labels of the simulated carrier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from oms.carriers.simulated import SimulatedCarrier
from oms.payments.simulated import SimulatedGateway


@contextmanager
def observed(charges: dict[str, str], labels: dict[str, int], violations: list[str]) -> Iterator[None]:
    """Note each wish under its idempotency key while the gateway and the carrier answer as ever.

    Two different charges under one key are a violation: a real gateway would refuse the second.
    """

    def note(key: str, wish: str) -> None:
        if charges.setdefault(key, wish) != wish:
            violations.append(f"{key} asked for {charges[key]} before, and for {wish} now")

    authorise, capture, void = SimulatedGateway.authorise, SimulatedGateway.capture, SimulatedGateway.void
    refund = SimulatedGateway.refund
    buy_label = SimulatedCarrier.buy_label

    def authorised(self: Any, request: Any) -> Any:
        note(request.key, f"authorise {request.amount}")
        return authorise(self, request)

    def moved(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def move(self: Any, reference: str, amount: Any, key: str) -> Any:
            note(key, f"{name} {amount}")
            return original(self, reference, amount, key)

        return move

    def bought(self: Any, shipment: Any, *, idempotency_key: str) -> Any:
        labels[idempotency_key] = shipment.grams
        return buy_label(self, shipment, idempotency_key=idempotency_key)

    with (
        patch.object(SimulatedGateway, "authorise", authorised),
        patch.object(SimulatedGateway, "capture", moved("capture", capture)),
        patch.object(SimulatedGateway, "void", moved("void", void)),
        patch.object(SimulatedGateway, "refund", moved("refund", refund)),
        patch.object(SimulatedCarrier, "buy_label", bought),
    ):
        yield
