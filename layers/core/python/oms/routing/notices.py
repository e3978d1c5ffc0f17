"""What a gateway told about a payment, carried out: first what the order wants by itself, then what is left as news."""

from __future__ import annotations

from oms.orders.log import Caller, execute
from oms.orders.order import Order
from oms.orders.told import news, payment_told_of
from oms.payments.notices import Notice, Told
from oms.routing import money
from oms.routing.ports import Ports
from oms.routing.process import ACTOR, advance


def settle(ports: Ports, order_id: str, notice: Notice) -> Order:
    """Bring an order in line with what its gateway told.

    The order is taken as far as it goes first: a charge or a refund of our own, whose answer was lost or is still on
    its way, is asked for again under its key and recorded. What the gateway counts beyond that, somebody did by hand.

    Raises:
        Unavailable: the gateway did not answer; call again.
        ConcurrentAppend: others keep changing the order; call again.
    """
    cause = f"notice:{notice.gateway}:{notice.notice_id}"
    order = advance(ports, order_id, cause, check_pending=True)
    asked = money.adopt(ports, order, notice, Caller(actor=ACTOR, cause=f"{cause}:lost", clock=ports.clock))
    if asked.version != order.version:
        order = advance(ports, order_id, cause)
    if payment_told_of(order, notice) is None:
        return order
    refunds = _refunds(ports, notice)
    caller = Caller(actor=f"gateway:{notice.gateway}", cause=f"{cause}:news", clock=ports.clock)
    told = execute(ports.log, order_id, lambda now: news(now, notice, refunds), caller)
    return order if told.version == order.version else advance(ports, order_id, cause)


def _refunds(ports: Ports, notice: Notice) -> list[tuple[str, int]]:
    if notice.told is not Told.GIVEN_BACK:
        return []
    if notice.refund:
        return [(notice.refund, notice.amount)]
    found = ports.gateway(notice.gateway).foreign_refunds(notice.reference)
    return [(each.reference, each.amount.amount) for each in found]
