"""Any history of a trade: random commands to the real use cases, and after each of them all that must be true.

Several orders share one stock and one gateway, which is silent now and then. At the end each order is led out by the
actions that it offers: no state is without a way to the door or to nothing, and then the money is right to the cent.

`OMS_FULL=1` plays thousands of histories; without it the same few hundred are played each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant

from tests.support import reports, truths
from tests.support.way_out import lead_out
from tests.unit.whole.changes_rules import Changes

FULL = bool(os.environ.get("OMS_FULL"))


class AnyHistory(Changes):
    """All rules together, and what is true after each."""

    @invariant()
    def everything_adds_up(self) -> None:
        truths.always(self.trade, [self.trade.order(each) for each in self.trade.log])

    def teardown(self) -> None:
        """In the end every order is led out."""
        if not self.trade.log:
            return
        reports.tally("histories of random commands to all use cases: {} played")
        for number, order_id in enumerate(list(self.trade.log)):
            order = lead_out(self.trade, order_id, give_up=(self.trade.messages + number) % 3 == 0)
            truths.always(self.trade, [self.trade.order(each) for each in self.trade.log])
            truths.at_rest(self.trade, order)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=4000 if FULL else 100,
    stateful_step_count=50 if FULL else 35,
    derandomize=not FULL,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    # What fails is made small only in the full form: it takes minutes.
    phases=[*Phase] if FULL else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)
