"""An exchange over two logs: the order whose goods come back, and the order of the goods that go out instead.

No write spans both, so each step is one append to one of them, and which step is next follows from what stands on both.
Whoever dies leaves what the next message, or the next repetition of the same one, takes further:

    original                                   exchange order
    ExchangeRequested
    ExchangePlaced (id derived)
                                               OrderPlaced, PaymentPromised: the credit that is counted on
    UnitsCredited (by a receipt)
    RefundRequested, PaymentTransferred
                                               TransferReceived
                                               (less is needed there:) RefundRequested
                                               PaymentTransferred
    TransferReturned

What was sent and what was recorded are sums that only grow, so a step that is looked at twice is taken once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.errors import ConcurrentAppend
from oms.orders.after_sale import RefundRequested
from oms.orders.deadlines import paid_holds
from oms.orders.events import HoldReleased, OrderEvent
from oms.orders.evolve import evolve, fold
from oms.orders.exchanges import Exchange, ExchangeCancelled
from oms.orders.log import Caller, append, execute, load
from oms.orders.order import Entry, Order
from oms.orders.settlement import open_parts, refund_parts
from oms.orders.transfers import EXCHANGE_PAYMENT, claim, claim_ahead, returned_from, sent_to
from oms.orders.transitions import OrderStatus
from oms.payments.ledger import PaymentPromised, PaymentTransferred, TransferReceived, TransferReturned
from oms.returns import exchanges
from oms.returns.exchanges import ExchangeWish
from oms.returns.work import Ports, Wish

MAX_ROUNDS = 100
"""Rounds before something must be wrong: more than an order of many exchanges takes under contention."""


def request(ports: Ports, wish: Wish, return_id: str, *, exchange: ExchangeWish) -> Order:
    """Give other goods for what a return is to bring back; see `exchanges.request`."""
    products = ports.products({each.sku for each in exchange.goods})

    def decide(order: Order) -> list[OrderEvent]:
        channel = ports.channel(order.placed.channel_id)
        now = wish.caller.clock()
        return exchanges.request(order, return_id, exchange, products=products, channel=channel, now=now)

    return execute(ports.log, wish.order_id, decide, wish.caller, expected_version=wish.expected_version)


def cancel(ports: Ports, wish: Wish, return_id: str, *, reason: str = "") -> Order:
    """Give up an exchange whose goods are not ordered yet; see `exchanges.cancel`."""
    return execute(
        ports.log,
        wish.order_id,
        lambda order: exchanges.cancel(order, return_id, reason),
        wish.caller,
        expected_version=wish.expected_version,
    )


def follow(ports: Ports, order_id: str, caller: Caller) -> None:
    """Do what the exchanges of an order need next, and of the one that it is itself the exchange of.

    Safe to call at any time, as often as anybody likes.

    Raises:
        ConcurrentAppend: others keep changing the orders; call again.
    """
    order = load(ports.log, order_id)
    if order.placed.exchange_of:
        _settle(ports, order.placed.exchange_of, caller)
    if order.after_sale.exchanges:
        _settle(ports, order_id, caller)


def _settle(ports: Ports, order_id: str, caller: Caller) -> None:
    for _ in range(MAX_ROUNDS):
        order = load(ports.log, order_id)
        try:
            if not any(_step(ports, order, each, caller) for each in order.after_sale.exchanges.values()):
                return
        except ConcurrentAppend:
            continue
    raise ConcurrentAppend(f"the exchanges of order {order_id} did not come to rest: try again")


def _step(ports: Ports, order: Order, exchange: Exchange, caller: Caller) -> bool:
    """Take one step of an exchange; False when it waits."""
    if not exchange.placed:
        events = exchanges.ready(order, exchange)
        append(ports.log, order, events, caller)
        return bool(events)
    other = fold(ports.log.entries(exchange.order_id))
    if other is None:
        _place(ports, order, exchange, caller)
        return True
    step = next_transfer(order, other, exchange)
    append(ports.log, order, step.here, caller)
    append(ports.log, other, step.there, caller)
    return bool(step.here or step.there)


def _place(ports: Ports, order: Order, exchange: Exchange, caller: Caller) -> None:
    """Write the first entry of the exchange order; whoever finds one there has lost nothing."""
    at = max(caller.clock(), order.updated_at)
    ports.log.place(
        Entry(
            order_id=exchange.order_id,
            seq=1,
            at=at,
            actor=caller.actor,
            cause=f"exchange:{exchange.requested.exchange_id}",
            events=tuple(exchanges.first_events(order, exchange, ports.channel(order.placed.channel_id), at)),
            contact=order.contact,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What is to be recorded next: here, on the original order, or there, on the exchange order."""

    here: Sequence[OrderEvent] = ()
    there: Sequence[OrderEvent] = ()


def next_transfer(order: Order, other: Order, exchange: Exchange) -> Transfer:
    """The next thing that one of two orders has to say because of what the other says."""
    if other.status is OrderStatus.CANCELLED and exchange.live:
        gone = ExchangeCancelled(exchange_id=exchange.requested.exchange_id, reason="the exchange order was cancelled")
        return Transfer(here=[gone])
    if credit := _credit(order, exchange):
        return Transfer(here=credit)
    if received := _received(order, other):
        return Transfer(there=received)
    if spare := _spare(order, other):
        return Transfer(there=spare)
    if back := _back(order, other):
        return Transfer(here=back)
    return Transfer(there=_hope_given_up(order, other, exchange))


def _credit(order: Order, exchange: Exchange) -> list[OrderEvent]:
    """What the return was credited pays for the exchange order in place of going back."""
    after = order.after_sale
    amount = min(claim(after, order.payments, exchange), order.overcharged)
    parts = refund_parts(after.refunds, order.payments, amount, exchange.order_id)
    if not parts:
        return []
    refund_id = f"refund-{len(after.refunds) + 1}"
    return [
        RefundRequested(refund_id=refund_id, parts=parts, reason=f"exchange {exchange.requested.exchange_id}"),
        *(
            PaymentTransferred(
                payment_id=part.payment_id, refund_id=refund_id, order_id=exchange.order_id, amount=part.amount
            )
            for part in parts
        ),
    ]


def _received(order: Order, other: Order) -> list[OrderEvent]:
    """What was sent and has not been recorded where it went; holds that waited for it are let go."""
    tender = other.payments.get(EXCHANGE_PAYMENT)
    amount = sent_to(order.payments, other.order_id) - (tender.captured if tender else 0)
    if amount <= 0:
        return []
    received = TransferReceived(payment_id=EXCHANGE_PAYMENT, order_id=order.order_id, amount=amount)
    after = evolve(other, received, order_id=other.order_id, at=other.updated_at)
    return [received, *(HoldReleased(handle=handle, note="paid by exchange") for handle in paid_holds(after))]


def _spare(order: Order, other: Order) -> list[OrderEvent]:
    """What the exchange order was to refund of what it got is on its way back to where it came from."""
    return [
        PaymentTransferred(payment_id=part.payment_id, refund_id=refund_id, order_id=order.order_id, amount=part.amount)
        for refund_id, part in open_parts(other.after_sale.refunds, other.payments)
        if part.payment_id == EXCHANGE_PAYMENT and part.amount <= other.payments[EXCHANGE_PAYMENT].refundable
    ]


def _back(order: Order, other: Order) -> list[OrderEvent]:
    """What came back and has not been recorded: it is the payments' again that had sent it, the last first."""
    amount = sent_to(other.payments, order.order_id) - returned_from(order.payments, other.order_id)
    events: list[OrderEvent] = []
    for payment in reversed(order.payments.values()):
        one = {payment.payment_id: payment}
        share = min(amount, sent_to(one, other.order_id) - returned_from(one, other.order_id))
        if share > 0:
            events.append(TransferReturned(payment_id=payment.payment_id, order_id=other.order_id, amount=share))
            amount -= share
    return events


def _hope_given_up(order: Order, other: Order, exchange: Exchange) -> list[OrderEvent]:
    """What was counted on and will not come: the rest of the exchange order's price is owed."""
    tender = other.payments.get(EXCHANGE_PAYMENT)
    over = exchanges.accounted_for(order.after_sale.returns[exchange.requested.return_id])
    waits = exchange.live and not exchange.lapsed and not over and claim_ahead(order.after_sale, exchange)
    if waits or tender is None or not tender.outstanding:
        return []
    return [PaymentPromised(payment_id=EXCHANGE_PAYMENT, method=tender.method, amount=tender.captured, covers=True)]
