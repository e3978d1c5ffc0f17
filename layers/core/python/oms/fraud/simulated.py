"""A screening vendor that exists nowhere: for tests and demonstrations, steered by the customer's mail address.

`score-70@…` scores 70 and advises review, `refuse@…` advises to refuse, `silent@…` never answers; others are fine.
"""

from __future__ import annotations

import re

from oms.errors import Unavailable
from oms.fraud.protocol import Screening, ScreeningRequest
from oms.fraud.rules import SIMULATED
from oms.orders.screening import MAX_SCORE, Finding, ScreeningOutcome

REVIEW_FROM = 60


class SimulatedVendor:
    """See the module."""

    def screen(self, request: ScreeningRequest) -> Screening:
        """See `Screener`."""
        local = request.contact.email.partition("@")[0]
        if local == "silent":
            raise Unavailable("the screening vendor does not answer")
        if local == "refuse":
            return _answer(MAX_SCORE, ScreeningOutcome.REJECT)
        steered = re.fullmatch(r"score-(\d{1,3})", local)
        score = min(MAX_SCORE, int(steered[1])) if steered else 0
        return _answer(score, ScreeningOutcome.REVIEW if score >= REVIEW_FROM else ScreeningOutcome.ACCEPT)


def _answer(score: int, outcome: ScreeningOutcome) -> Screening:
    reasons = (Finding(rule="model", points=score, text="the vendor's model"),) if score else ()
    return Screening(score=score, outcome=outcome, reasons=reasons, provider=SIMULATED)
