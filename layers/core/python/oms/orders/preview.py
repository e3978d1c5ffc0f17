"""What a decision would change, told without writing anything: money, stock, and whom it would ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from oms.errors import ConcurrentAppend
from oms.orders.cancellation import Cancelled
from oms.orders.cancelling import CancellationRequested
from oms.orders.collecting import to_collect
from oms.orders.draft import Draft
from oms.orders.editing import ReleasedUnits, UnitsReleased
from oms.orders.events import CancelledUnits, OrderEvent, UnitsCancelled
from oms.orders.order import Order
from oms.payments.ledger import PaymentPromised, PaymentRequested

MAX_PARTS = 100
"""Decisions that one wish may take."""


class Collection(StrEnum):
    """How what there is more to pay would be collected."""

    INSTRUMENT = "instrument"
    """The customer's instrument is asked for it."""
    AT_THE_DOOR = "at_the_door"
    """With the cash on delivery."""
    CUSTOMER = "customer"
    """The order waits until somebody pays: see its action `pay`."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An order before and after a decision that is not made yet."""

    before: Order
    after: Order
    events: tuple[OrderEvent, ...]

    @property
    def to_collect(self) -> int:
        """What the customer would have to pay on top."""
        return to_collect(self.before, self.after)

    @property
    def collected_by(self) -> Collection | None:
        """How; None when there is nothing to collect."""
        if not self.to_collect:
            return None
        if any(isinstance(event, PaymentRequested) for event in self.events):
            return Collection.INSTRUMENT
        promised = any(isinstance(event, PaymentPromised) for event in self.events)
        return Collection.AT_THE_DOOR if promised else Collection.CUSTOMER

    @property
    def to_refund(self) -> int:
        """What was charged and would go back."""
        return max(0, self.after.overcharged - self.before.overcharged)

    @property
    def to_release(self) -> int:
        """What is reserved or promised, and would not be charged any more."""
        surplus = [max(0, order.covered - order.due) for order in (self.before, self.after)]
        return max(0, surplus[1] - surplus[0] - self.to_refund - self.to_collect)

    @property
    def cancelled(self) -> list[CancelledUnits]:
        """Units that would be cancelled at once; those with a location free their stock there."""
        return [unit for event in self.events if isinstance(event, UnitsCancelled) for unit in event.units]

    @property
    def resourced(self) -> list[ReleasedUnits]:
        """Units that would be taken from their location, so that a place is looked for anew."""
        return [unit for event in self.events if isinstance(event, UnitsReleased) for unit in event.units]

    @property
    def requests(self) -> list[CancellationRequested]:
        """What locations would be asked to put back; until they answer, nothing of it is cancelled."""
        return [event for event in self.events if isinstance(event, CancellationRequested)]


def preview(order: Order, decide: Callable[[Order], Cancelled]) -> Effect:
    """The effect of a wish that is decided in one part or several.

    Raises:
        OmsError: whatever the decision would be refused with.
    """
    draft = Draft(order)
    for _ in range(MAX_PARTS):
        decided = decide(draft.order)
        draft.add(decided.events)
        if decided.complete:
            return Effect(order, draft.order, tuple(draft.events))
    raise ConcurrentAppend(f"order {order.order_id} does not come to rest")
