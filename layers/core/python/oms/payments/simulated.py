"""A gateway without money, for laptops and tests: the instrument says how it behaves.

It keeps no state: answers and references follow from the request alone, so each process gives the same ones.

    sim_ok                  authorises
    sim_decline[:code]      declines with the code (card_declined)
    sim_timeout[:seconds]   does not answer until so many seconds (2) after the request, then authorises
    sim_expires[:seconds]   authorises, but the reservation lapses after so many seconds (60)
    sim_late[:seconds]      answers `Pending`, and authorises so many seconds (3) after the request
    sim_late_decline[:s]    answers `Pending`, and declines then
    sim_once                authorises, and can be captured once: the rest is let go, as Stripe does by default
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from oms.clock import Clock
from oms.errors import Unavailable
from oms.ids import derived
from oms.money import Money
from oms.payments.gateway import (
    Answer,
    Authorised,
    Captured,
    Declined,
    ForeignRefund,
    Lapsed,
    PaymentRequest,
    Pending,
    Refunded,
)

ONCE = "sim1_"
"""How references of authorisations begin that can be captured once."""


class SimulatedGateway:
    """See the module; `clock` decides when late answers are due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def authorise(self, request: PaymentRequest) -> Answer:
        """Answer as the instrument says; an unknown instrument is declined."""
        kind, _, argument = request.instrument.partition(":")
        reference = f"{ONCE if kind == 'sim_once' else 'sim_'}{derived('authorise', request.key)}"
        match kind:
            case "sim_ok" | "sim_once":
                return Authorised(reference)
            case "sim_expires":
                # Reservations lapse so many seconds after they were asked for; a fresh one may be had.
                return Authorised(reference, request.requested_at + timedelta(seconds=float(argument or "60")))
            case "sim_decline":
                return Declined(reference, argument or "card_declined")
            case "sim_timeout" if self._waits(request, argument or "2"):
                raise Unavailable("the simulated gateway did not answer")
            case "sim_timeout":
                return Authorised(reference)
            case "sim_late" | "sim_late_decline":
                return Pending(reference)
            case _:
                return Declined(reference, "unknown_instrument")

    def status(self, request: PaymentRequest, reference: str) -> Answer:
        """`Pending` until the instrument's time has come."""
        kind, _, argument = request.instrument.partition(":")
        if self._waits(request, argument or "3"):
            return Pending(reference)
        return Declined(reference, "card_declined") if kind == "sim_late_decline" else Authorised(reference)

    def capture(self, reference: str, amount: Money, key: str) -> Captured | Lapsed:
        """A charge that nobody pays; as many on one authorisation as there are parcels, unless it is `sim_once`."""
        charge = f"sim_{derived('capture', reference, str(amount), key)}"
        return Captured(charge, amount, final=reference.startswith(ONCE))

    def void(self, reference: str, amount: Money, key: str) -> str:
        """The reference of a release."""
        return f"sim_{derived('void', reference, str(amount), key)}"

    def refund(self, reference: str, amount: Money, key: str) -> Refunded | Declined:
        """Gives back what nobody paid."""
        return Refunded(f"sim_{derived('refund', reference, str(amount), key)}")

    def foreign_refunds(self, reference: str) -> Sequence[ForeignRefund]:
        """None: it keeps no books. A refund by hand is told over its webhook."""
        del reference
        return ()

    def _waits(self, request: PaymentRequest, seconds: str) -> bool:
        return self._clock() < request.requested_at + timedelta(seconds=float(seconds))
