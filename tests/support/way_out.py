"""The way out of any state: from what an order says can be done now, to the door or to nothing, in few steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

from oms.errors import OmsError
from oms.fulfillment import counter, work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.rejection import Rejecting
from oms.orders import commands, edit_commands, money_commands
from oms.orders.events import HoldReason, UnitState
from oms.orders.hold_commands import ReleaseHold, release_hold
from oms.orders.order import Order
from oms.orders.reasons import CancellationReason
from oms.orders.rejecting import RejectReason, barred
from oms.orders.settlement import open_parts
from oms.orders.tenders import MONEY_HOLDS
from oms.orders.transitions import OrderStatus
from oms.returns import work as desk
from oms.returns.decisions import ACTIONS
from oms.routing.steps import next_step
from oms.setup import Product
from tests.support.memory_stack import ADDRESS
from tests.support.trade import Trade

ROUNDS = 25
"""Rounds of actions from any state to its end. A round does whatever is offered, once."""

ENDS = (OrderStatus.DELIVERED, OrderStatus.CANCELLED)


class NoWayOut(AssertionError):
    """An order from whose state nobody comes to an end; says where it stands."""


def lead_out(trade: Trade, order_id: str, *, give_up: bool) -> Order:
    """Lead an order to its end by the actions that it offers. `give_up`: cancel what can be, instead of shipping it.

    Raises:
        NoWayOut: it is not at its end after `ROUNDS` rounds, or an action that is offered is refused.
    """
    trade.books.silences.clear()
    for _ in range(ROUNDS):
        trade.now += timedelta(hours=1)
        trade.settle(order_id)
        order = trade.order(order_id)
        if _is_over(trade, order):
            return order
        for step in _steps(trade, order, give_up=give_up):
            try:
                step()
            except OmsError as error:
                raise NoWayOut(f"{order.order_id} offers what is refused: {error!r}; {_standing(order)}") from error
    raise NoWayOut(_standing(trade.order(order_id)))


def _standing(order: Order) -> str:
    shares = [f"{each.status} offers {order.actions_of(each)}" for each in order.fulfillment_orders.values()]
    returns = [each.status.value for each in order.after_sale.returns.values()]
    holds = [f"{each.reason}: {each.note}" for each in order.holds.values()]
    money = f"due {order.due}, covered {order.covered}, charged {order.charged}, refunded {order.refunded}"
    return f"{order.status}, offers {order.actions}, {shares}, returns {returns}, holds {holds}, {money}"


def _is_over(trade: Trade, order: Order) -> bool:
    return (
        order.status in ENDS
        and not order.holds
        and not any(each.open for each in order.after_sale.returns.values())
        and next_step(order, trade.now) is None
        and not _by_hand(trade, order)
        and not _is_to_be_paid(order)
        and not _waits_for_the_channel(order)
        and not _to_be_charged_by_the_channel(order)
    )


Step = Callable[[], object]


def _steps(trade: Trade, order: Order, *, give_up: bool) -> list[Step]:
    """One round: each thing that is offered now and leads on."""
    if give_up and "cancel" in order.actions:
        return [lambda: commands.cancel_order(trade, order.order_id, commands.CancelOrder(), trade.caller())]
    steps = _mends(trade, order)
    steps += _goods(trade, order)
    steps += _hands(trade, order, give_up=give_up)
    steps += _returns(trade, order)
    if _to_be_charged_by_the_channel(order):
        steps.append(lambda: trade.channel_says(order.order_id, "paid"))
    steps += _by_hand(trade, order)
    if waiting := _waits_for_the_channel(order):
        steps.append(partial(trade.channel_says, order.order_id, "given back", waiting))
    return steps


def _is_to_be_paid(order: Order) -> bool:
    """Whether somebody owes money who can still pay it. Who has the goods and contests the charge is not asked."""
    return "pay" in order.actions and not (order.disputed and order.status in ENDS)


def _by_hand(trade: Trade, order: Order) -> list[Step]:
    """Money that comes and goes past any gateway: at the door, on the account, out of the till."""
    steps: list[Step] = []
    for payment in order.payments.values():
        owed = min(payment.outstanding, order.due - order.charged + order.refunded)
        if payment.method in {"cash_on_delivery", "bank_transfer"} and owed > 0:
            steps.append(partial(receive, trade, order.order_id, payment.payment_id, owed))
    waiting = {
        refund_id
        for refund_id, part in open_parts(order.after_sale.refunds, order.payments)
        if not order.payments[part.payment_id].by_channel and not order.payments[part.payment_id].ours
    }
    for refund_id in sorted(waiting):
        made = money_commands.RefundMade(reference="till")
        steps.append(partial(money_commands.record_refund, trade, order.order_id, refund_id, made, trade.caller()))
    return steps


def receive(trade: Trade, order_id: str, payment_id: str, amount: int) -> None:
    """Money of a promised payment has come."""
    order = trade.order(order_id)
    got = money_commands.ReceivePayment(
        amount=money_commands.ReceivedAmount(amount=amount, currency=order.placed.currency),
        method=cast("Any", order.payments[payment_id].method),
        reference=f"statement {trade.messages}",
        payment_id=payment_id,
    )
    money_commands.receive_payment(trade, order_id, got, trade.caller())


def _mends(trade: Trade, order: Order) -> list[Step]:
    """What mends the reason of each hold; then it is released, if it was not by that."""
    steps: list[Step] = []
    reasons = {hold.reason for hold in order.holds.values()}
    if HoldReason.UNKNOWN_SKU in reasons:
        steps += [partial(_know, trade, line.placed.sku) for line in order.lines.values()]
    if (store := order.placed.pickup_location_id) and HoldReason.CHANNEL_DOCUMENT in reasons:
        steps.append(partial(open_store, trade, store))
    if HoldReason.BAD_ADDRESS in reasons and "edit_contact" in order.actions:
        steps.append(lambda: _correct(trade, order.order_id))
    if _is_to_be_paid(order) and (not order.holds or reasons & MONEY_HOLDS):
        paid = commands.PayOrder(instrument="sim_ok", gateway="simulated")
        return [*steps, partial(commands.pay_order, trade, order.order_id, paid, trade.caller())]
    return [*steps, *(partial(_release, trade, order.order_id, handle) for handle in order.holds)]


def open_store(trade: Trade, location_id: str, *, ship_to_store: bool = False) -> None:
    """From now on customers can fetch their goods there."""
    if location_id not in trade.sites:
        trade.location(location_id)
    trade.sites[location_id] = replace(trade.sites[location_id], pickup_days=2, ship_to_store=ship_to_store)


def _know(trade: Trade, sku: str) -> None:
    trade.products.setdefault(sku, Product(sku=sku, title=sku))


def _correct(trade: Trade, order_id: str) -> None:
    address = edit_commands.AddressEdit(
        name=ADDRESS.name,
        line1=ADDRESS.line1,
        city=ADDRESS.city,
        postal_code=ADDRESS.postal_code,
        country=ADDRESS.country,
    )
    edit = edit_commands.EditOrder(contact=edit_commands.ContactEdit(shipping=address))
    edit_commands.edit_order(trade, order_id, edit, trade.caller())


def _release(trade: Trade, order_id: str, handle: str) -> None:
    order = trade.order(order_id)
    if handle in order.holds:
        assert f"release:{handle}" in order.actions, order.actions
        release_hold(trade, order_id, handle, ReleaseHold(), trade.caller())


def _goods(trade: Trade, order: Order) -> list[Step]:
    """Those who wait get what they wait for."""
    waiting = {
        line.placed.sku: count
        for line in order.lines.values()
        if (count := line.counts.get(UnitState.BACKORDERED, 0)) and trade.sites
    }
    store = trade.sites.get(order.placed.pickup_location_id)
    places = trade.sites if store is None or store.ship_to_store else (store.location_id,)
    place = next((each for each in places if (each, "") not in barred(order.rejections)), "")
    if waiting and not place:  # nobody sends it: it stands in the queue of the unfillable, where somebody gives it up
        return [lambda: commands.cancel_order(trade, order.order_id, commands.CancelOrder(), trade.caller())]
    return [partial(trade.arrive, sku, place, count + 20) for sku, count in waiting.items()]


def _hands(trade: Trade, order: Order, *, give_up: bool) -> list[Step]:
    """Each location does what is offered to it first; what stands at a counter is put back by who gives up."""
    return [partial(_work_on, trade, order.order_id, name, give_up=give_up) for name in order.fulfillment_orders]


def _work_on(trade: Trade, order_id: str, fulfillment_order_id: str, *, give_up: bool) -> None:
    order = trade.order(order_id)
    actions = order.actions_of(order.fulfillment_orders[fulfillment_order_id])
    for action in ("put-back",) if give_up and "put-back" in actions else actions[:1]:
        hands(trade, fulfillment_order_id, action)


def hands(trade: Trade, fulfillment_order_id: str, action: str, units: dict[str, int] | None = None) -> None:
    """A location does one thing, to all of the units that it can be done to or to some of them."""
    ports, caller = trade.warehouse(), trade.caller()
    match action:
        case "accept":
            work.accept(ports, fulfillment_order_id, caller)
        case "pick":
            work.pick(ports, fulfillment_order_id, caller, units=units)
        case "pack":
            work.pack(ports, fulfillment_order_id, caller, packing=Packing(units=units, grams=500))
        case "ship":
            work.ship(ports, fulfillment_order_id, caller)
        case "deliver":
            work.deliver(ports, fulfillment_order_id, caller)
        case "ready":
            counter.make_ready(ports, fulfillment_order_id, caller)
        case "hand-over":
            counter.hand_over(ports, fulfillment_order_id, caller, matches=lambda _, code: code == "1", code="1")
        case "put-back":
            counter.put_back(ports, fulfillment_order_id, caller, code=CancellationReason.CUSTOMER)
        case "reject":
            reasons = list(RejectReason)
            rejecting = Rejecting(reason=reasons[trade.messages % len(reasons)], units=units)
            work.reject(ports, fulfillment_order_id, caller, rejecting=rejecting)
        case "cancellation/accept":
            work.accept_cancellation(ports, fulfillment_order_id, caller)
        case "cancellation/decline":
            work.decline_cancellation(ports, fulfillment_order_id, caller, reason="packed")
        case _:
            raise AssertionError(f"nobody knows how to {action}")


def _returns(trade: Trade, order: Order) -> list[Step]:
    """Each open return is decided, and then nothing more is expected of it."""
    steps: list[Step] = []
    for return_id, each in order.after_sale.returns.items():
        offered = ACTIONS[each.status]
        if not each.open:
            continue
        wish = desk.Wish(order_id=order.order_id, caller=trade.caller())
        if "close" in offered:
            steps.append(partial(desk.close, trade.returns_desk(), wish, return_id))
        elif "decline" in offered:
            steps.append(partial(desk.decline, trade.returns_desk(), wish, return_id, reason="no"))
        else:
            raise NoWayOut(f"return {return_id} is {each.status} and offers {offered}")
    return steps


def _waits_for_the_channel(order: Order) -> int:
    """What only the channel can give back, which took the money."""
    parts = open_parts(order.after_sale.refunds, order.payments)
    return sum(part.amount for _, part in parts if order.payments[part.payment_id].by_channel)


def _to_be_charged_by_the_channel(order: Order) -> bool:
    """Whether the channel, which reserved the money, has not taken it yet though the goods have left."""
    gone = order.status in {OrderStatus.SHIPPED, OrderStatus.DELIVERED}
    return gone and any(payment.by_channel and payment.capturable for payment in order.payments.values())
