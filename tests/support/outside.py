"""What the world outside is asked for: charges of the simulated gateway and labels of the simulated carrier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from oms.carriers.simulated import SimulatedCarrier
from oms.payments.simulated import SimulatedGateway
from tests.support.recorder import Moment, ProcessDied, running


class Gate:
    """The calls to the gateway, each by the function that made it, and the one at which its process dies."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._death: tuple[int, Moment] | None = None

    def clear(self) -> None:
        """Forget the calls so far, and any death that was planned."""
        self.calls.clear()
        self._death = None

    def die_at(self, number: int, moment: Moment) -> None:
        """Kill the process at its call of this number, counted from 0 since `clear`; once."""
        self._death = (number, moment)

    @property
    def death_is_due(self) -> bool:
        """Whether a planned death has not come yet."""
        return self._death is not None

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        """Around a call: die before the gateway hears of it, or after it has done it and nobody knows."""
        if not running.get():
            yield
            return
        number = len(self.calls)
        self.calls.append(f"{running.get()} {name}")
        self._die((number, Moment.BEFORE), name)
        yield
        self._die((number, Moment.AFTER), name)

    def _die(self, here: tuple[int, Moment], name: str) -> None:
        if self._death == here:
            self._death = None
            raise ProcessDied(f"{here[1]} the gateway's {name}")


@contextmanager
def observed(
    charges: dict[str, str], labels: dict[str, int], violations: list[str], gate: Gate | None = None
) -> Iterator[None]:
    """Note each wish under its idempotency key while the gateway and the carrier answer as ever.

    Two different charges under one key are a violation: a real gateway would refuse the second. What is noted, the
    gateway has done: a call before which the process died is not.
    """
    gate = gate or Gate()

    def note(key: str, wish: str) -> None:
        if charges.setdefault(key, wish) != wish:
            violations.append(f"{key} asked for {charges[key]} before, and for {wish} now")

    authorise, capture, void = SimulatedGateway.authorise, SimulatedGateway.capture, SimulatedGateway.void
    refund = SimulatedGateway.refund
    buy_label = SimulatedCarrier.buy_label

    def authorised(self: Any, request: Any) -> Any:
        with gate.call("authorise"):
            note(request.key, f"authorise {request.amount}")
            return authorise(self, request)

    def moved(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def move(self: Any, reference: str, amount: Any, key: str) -> Any:
            with gate.call(name):
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
