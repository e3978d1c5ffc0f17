"""Returns from the wish to the credit: each use case loads, decides and appends.

The refund is nobody's task here: routing sees what was charged beyond what is due, whatever led to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from oms.errors import InvalidInput, NotFound
from oms.orders.after_sale import ReturnApproved, ReturnDeclined, ReturnReason, ReturnRequested
from oms.orders.events import OrderEvent
from oms.orders.log import Caller, Decide, OrderLog, execute
from oms.orders.order import Order
from oms.orders.reasons import DeclineReason
from oms.returns import credits as crediting
from oms.returns import decisions, quantities
from oms.returns.decisions import Wanted
from oms.returns.policy import Decision, fees, judge
from oms.returns.receiving import Receipt
from oms.setup import Channel, Location, Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The order log, and functions that read set-up: channel and location raise `NotFound`, products are left out."""

    log: OrderLog
    channel: Callable[[str], Channel]
    location: Callable[[str], Location]
    products: Callable[[Iterable[str]], Mapping[str, Product]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whose wish it is, about which order, and the version for which it is meant."""

    order_id: str
    caller: Caller
    expected_version: int | None = None


def request(ports: Ports, wish: Wish, wanted: Iterable[Wanted], *, note: str = "", number: int | None = None) -> Order:
    """Staff note that units come back; see `decisions.request`."""
    return _execute(ports, wish, lambda order: decisions.request(order, wanted, note=note, number=number))


def request_by_customer(ports: Ports, wish: Wish, wanted: Iterable[Wanted], *, number: int | None = None) -> Order:
    """A customer asks, and policy answers in the same entry; what it leaves open waits for a person."""

    def decide(order: Order) -> list[OrderEvent]:
        events = decisions.request(order, wanted, by_customer=True, number=number)
        return [*events, *(each for event in events for each in _ruled(ports, order, event, wish.caller))]

    return _execute(ports, wish, decide)


def _ruled(ports: Ports, order: Order, event: OrderEvent, caller: Caller) -> list[OrderEvent]:
    assert isinstance(event, ReturnRequested)
    products = ports.products(each.sku for each in event.units)
    channel = ports.channel(order.placed.channel_id)
    ruling = judge(order, event.units, channel, products, caller.clock())
    match ruling.decision:
        case Decision.APPROVE:
            return [
                ReturnApproved(
                    return_id=event.return_id,
                    location_id=quantities.home_of(order, event.units),
                    restocking_fee=ruling.restocking_fee,
                    shipping_fee=ruling.shipping_fee,
                    with_label=channel.return_labels,
                )
            ]
        case Decision.DECLINE:
            return [
                ReturnDeclined(return_id=event.return_id, code=ruling.code, line_id=ruling.line_id, days=ruling.days)
            ]
        case Decision.REFER:
            return []


def approve(
    ports: Ports,
    wish: Wish,
    return_id: str,
    *,
    location_id: str | None = None,
    restocking_fee: int | None = None,
    shipping_fee: int | None = None,
    with_label: bool | None = None,
) -> Order:
    """Let a return come; what is not said follows policy. See `decisions.approve`.

    Raises:
        InvalidInput: there is no such location.
    """
    if location_id is not None:
        _check_location(ports, location_id)

    def decide(order: Order) -> list[OrderEvent]:
        known = quantities.find(order, return_id)
        units = known.requested.units
        if known.approved is not None and known.declined is None:
            terms = known.approved.restocking_fee, known.approved.shipping_fee
            home, labelled = known.approved.location_id, known.approved.with_label
        else:
            channel = ports.channel(order.placed.channel_id)
            terms = fees(order, units, channel)
            home, labelled = quantities.home_of(order, units), channel.return_labels
        return decisions.approve(
            order,
            return_id,
            location_id=location_id or home,
            restocking_fee=terms[0] if restocking_fee is None else restocking_fee,
            shipping_fee=terms[1] if shipping_fee is None else shipping_fee,
            with_label=labelled if with_label is None else with_label,
        )

    return _execute(ports, wish, decide)


def decline(
    ports: Ports, wish: Wish, return_id: str, *, reason: str = "", code: DeclineReason = DeclineReason.OTHER
) -> Order:
    """Refuse a return; see `decisions.decline`."""
    return _execute(ports, wish, lambda order: decisions.decline(order, return_id, reason, code))


def receive(ports: Ports, wish: Wish, return_id: str, *, receipt: Receipt) -> Order:
    """Book in what came, put back on the shelf what can be sold, and credit it: all in one transaction.

    Raises:
        InvalidInput: there is no such location.
    """
    _check_location(ports, receipt.location_id)
    return _execute(ports, wish, lambda order: crediting.receive_and_credit(order, return_id, receipt))


def receive_unannounced(ports: Ports, wish: Wish, *, receipt: Receipt, credit: bool, reason: ReturnReason) -> Order:
    """Book in what came without a word; see `credits.receive_unannounced_and_credit`.

    Raises:
        InvalidInput: there is no such location.
    """
    _check_location(ports, receipt.location_id)
    return _execute(
        ports,
        wish,
        lambda order: crediting.receive_unannounced_and_credit(order, receipt, credit=credit, reason=reason),
    )


def credit(ports: Ports, wish: Wish, return_id: str, *, more: crediting.StaffCredit) -> Order:
    """Credit what staff decide; see `credits.credit_more`."""
    return _execute(ports, wish, lambda order: crediting.credit_more(order, return_id, more))


def close(ports: Ports, wish: Wish, return_id: str) -> Order:
    """Expect nothing more; see `decisions.close`."""
    return _execute(ports, wish, lambda order: decisions.close(order, return_id))


def claim(ports: Ports, wish: Wish, wanted: Iterable[Wanted], *, charges: int = 0) -> Order:
    """Give money back without having the goods back; see `credits.claim`."""
    return _execute(ports, wish, lambda order: crediting.claim(order, wanted, charges=charges))


def _execute(ports: Ports, wish: Wish, decide: Decide) -> Order:
    return execute(ports.log, wish.order_id, decide, wish.caller, expected_version=wish.expected_version)


def _check_location(ports: Ports, location_id: str) -> None:
    try:
        ports.location(location_id)
    except NotFound as error:
        raise InvalidInput(error.detail, path="location_id") from None
