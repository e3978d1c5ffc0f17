"""The step that looks at an order for fraud, and holds it when a person must look too."""

from __future__ import annotations

from oms.errors import Unavailable
from oms.fraud.protocol import request_of
from oms.orders.decisions import holds
from oms.orders.events import HoldReason, OrderEvent
from oms.orders.log import Caller, append
from oms.orders.order import Order
from oms.orders.screening import MAX_SCORE, OrderScreened, ScreeningOutcome, recorded
from oms.routing.ports import Ports
from oms.routing.source import concerns

ATTEMPTS = 8
"""How often a provider that does not answer is asked, over some four minutes, before a person is."""

UNANSWERED = "nobody answered who was asked to screen the order for fraud"


def screen(ports: Ports, order: Order, caller: Caller, attempt: int) -> bool:
    """Screen the order and write down what was found; False when the order waits for another attempt.

    An order that is held for it is held for everything else that is wrong with it at once, so that whoever looks at
    it sees all there is.
    """
    try:
        screened = ports.screen(request_of(order)).event()
    except Unavailable:
        if attempt < ATTEMPTS:
            ports.look_again(order.order_id, attempt + 1)
            return False
        screened = OrderScreened(score=0, outcome=ScreeningOutcome.UNANSWERED)
    append(ports.log, order, [screened, *_held(ports, order, screened)], caller)
    return True


def _held(ports: Ports, order: Order, screened: OrderScreened) -> list[OrderEvent]:
    after = recorded(order.screening, screened, order.updated_at, amount=order.due)
    if not after.needs_a_person or any(hold.reason is HoldReason.FRAUD for hold in order.holds.values()):
        return []
    return holds(order, [(HoldReason.FRAUD, note(screened)), *concerns(order, ports)])


def note(screened: OrderScreened) -> str:
    """What a hold says of a screening: the score, the advice if it is clear, and the reasons."""
    if screened.outcome is ScreeningOutcome.UNANSWERED:
        return UNANSWERED
    advice = ", better refused" if screened.outcome is ScreeningOutcome.REJECT else ""
    reasons = "; ".join(f"{each.text} ({each.points})" for each in screened.reasons)
    return f"scored {screened.score} of {MAX_SCORE}{advice}: {reasons or 'no reasons given'}"
