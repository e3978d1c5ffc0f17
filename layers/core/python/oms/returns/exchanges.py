"""What may be decided about exchanges: the wish, the order of the other goods, and what one log says the other lacks.

Pure, as are all decisions. How the steps follow each other over two logs stands in `oms.returns.exchanging`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound
from oms.ids import derived
from oms.orders.after_sale import Disposition, Return, ReturnStatus
from oms.orders.collecting import reusable
from oms.orders.decisions import place
from oms.orders.events import OrderEvent, OrderPlaced, PaymentMethod, PaymentTerms
from oms.orders.evolve import evolve
from oms.orders.exchanges import (
    Exchange,
    ExchangeCancelled,
    ExchangePlaced,
    ExchangeRequested,
    ShipWhen,
)
from oms.orders.order import Order
from oms.orders.sold import PlacedLine, UnitRun, short, unit_runs
from oms.orders.transfers import claim, claimed, credit_of
from oms.returns.credits import receive_and_credit
from oms.returns.quantities import find
from oms.returns.receiving import Arrived, Receipt
from oms.setup import Channel, Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What the customer gets instead. `price` is what one unit costs, with tax; `tax` what of it is tax."""

    sku: str
    quantity: int
    price: int | None = None
    tax: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeWish:
    """Other goods, when they go out, and what pays for what they cost beyond the credit.

    `number` is the exchange's place among those of the order, from 1; None is the next.
    """

    goods: tuple[Goods, ...]
    ship: ShipWhen
    number: int | None = None
    gateway: str = ""
    instrument: str = ""
    shipping_service: str = ""


def exchange_of(order: Order, return_id: str) -> Exchange | None:
    """The exchange that a return's credit is for."""
    known = order.after_sale.exchanges.values()
    return next((each for each in known if each.requested.return_id == return_id and each.live), None)


def exchangeable(order: Order, known: Return) -> bool:
    """Whether other goods can be asked for: the return is approved, and nothing of it has come or is promised."""
    return known.status is ReturnStatus.APPROVED and exchange_of(order, known.requested.return_id) is None


def request(
    order: Order,
    return_id: str,
    wish: ExchangeWish,
    *,
    products: Mapping[str, Product],
    channel: Channel,
    now: datetime,
) -> list[OrderEvent]:
    """Give other goods for what a return is to bring back.

    Goods without a price cost what is sent back cost: unit for unit, to the cent.

    Raises:
        NotFound: there is no such return.
        NotAllowed: it is not approved, something of it has come, or there is an exchange for it.
        InvalidInput: names each sku that does not exist, or whose price cannot be told.
        Conflict: the named exchange is another one, or not the next.
    """
    known = find(order, return_id)
    following = len(order.after_sale.exchanges) + 1
    number = following if wish.number is None else wish.number
    exchange_id = f"{order.order_id}-x{number}"
    lines = _lines(order, known, wish.goods, products)
    if number != following:
        before = order.after_sale.exchanges.get(exchange_id)
        asked = before.requested if before is not None else None
        if asked is not None and (asked.return_id, asked.lines, asked.ship) == (return_id, lines, wish.ship):
            return []
        raise Conflict(f"the next exchange of order {order.order_id} is number {following}, not {number}")
    if not exchangeable(order, known):
        raise NotAllowed(
            f"return {return_id} cannot be exchanged: it must be approved, nothing of it may have come,"
            " and there may be no other exchange for it"
        )
    credit = expected_credit(order, known)
    at_once = wish.ship is ShipWhen.AT_ONCE
    days = channel.exchange_return_days
    gateway, instrument = (wish.gateway, wish.instrument) if wish.instrument else _instrument(order)
    return [
        ExchangeRequested(
            exchange_id=exchange_id,
            return_id=return_id,
            lines=lines,
            ship=wish.ship,
            credit=min(credit, sum(line.net + line.tax for line in lines)),
            return_by=now + timedelta(days=days) if at_once and days else None,
            gateway=gateway,
            instrument=instrument,
            shipping_service=wish.shipping_service,
        )
    ]


def cancel(order: Order, return_id: str, reason: str = "") -> list[OrderEvent]:
    """Give up an exchange before its goods are ordered; the credit is refunded like any other.

    Raises:
        NotFound: there is no such return, or no exchange for it.
        NotAllowed: its goods are ordered: that order can be cancelled, and the credit comes back with it.
    """
    find(order, return_id)
    exchange = exchange_of(order, return_id)
    if exchange is None:
        past = [each for each in order.after_sale.exchanges.values() if each.requested.return_id == return_id]
        if past:
            return []
        raise NotFound(f"return {return_id} has no exchange")
    if exchange.placed is not None:
        raise NotAllowed(
            f"the goods are ordered: cancel order {exchange.order_id}, and what pays for it comes back by itself"
        )
    return [ExchangeCancelled(exchange_id=exchange.requested.exchange_id, reason=reason)]


def expected_credit(order: Order, known: Return) -> int:
    """What a return will give when all of it comes, beyond what is refunded anyway: nothing for what nobody paid."""
    assert known.approved is not None
    all_of_it = Receipt(
        location_id=known.approved.location_id,
        units=tuple(
            Arrived(line_id=line_id, quantity=count, disposition=Disposition.REFURBISH)
            for line_id, count in known.announced().items()
        ),
    )
    return_id = known.requested.return_id
    after = order
    for event in receive_and_credit(order, return_id, all_of_it):
        after = evolve(after, event, order_id=order.order_id, at=order.updated_at)
    paid = after.overcharged - claimed(after.after_sale, after.payments)
    return max(0, min(credit_of(after.after_sale, return_id), paid))


def ready(order: Order, exchange: Exchange) -> list[OrderEvent]:
    """Order the goods, if their time has come, or give them up, if nothing came that pays for them."""
    if exchange.placed is not None or not exchange.live:
        return []
    asked, after = exchange.requested, order.after_sale
    known = after.returns[asked.return_id]
    if asked.ship is ShipWhen.ON_RECEIPT and not accounted_for(known):
        return []
    credit = min(claim(after, order.payments, exchange), order.overcharged)
    if accounted_for(known) and not credit and exchange.total:
        return [ExchangeCancelled(exchange_id=asked.exchange_id, reason="nothing came back that pays for it")]
    if asked.ship is ShipWhen.AT_ONCE:
        credit = asked.credit
    placed = ExchangePlaced(exchange_id=asked.exchange_id, order_id=exchange_order_id(asked.exchange_id), credit=credit)
    return [placed]


def exchange_order_id(exchange_id: str) -> str:
    """The id of the order of an exchange's goods: no channel can have one like it."""
    return "o" + derived("exchange", exchange_id)


def first_events(order: Order, exchange: Exchange, channel: Channel, at: datetime) -> list[OrderEvent]:
    """The order of an exchange's goods, as its first entry has it."""
    asked, placed = exchange.requested, order.placed
    credit = exchange.placed.credit if exchange.placed is not None else 0
    rest = exchange.total - credit
    tenders: tuple[PaymentTerms, ...] = ()
    if rest > 0 and asked.instrument:
        tenders = (
            PaymentTerms(method=PaymentMethod.GATEWAY, amount=rest, gateway=asked.gateway, instrument=asked.instrument),
        )
    hours = channel.unpaid_expiry_hours
    return place(
        OrderPlaced(
            channel_id=placed.channel_id,
            external_id=asked.exchange_id,
            number=f"{placed.number}-{asked.exchange_id.rpartition('-')[2]}",
            currency=placed.currency,
            placed_at=at,
            language=placed.language,
            lines=asked.lines,
            total=exchange.total,
            payment=PaymentTerms(method=PaymentMethod.EXCHANGE, amount=credit, reference=asked.exchange_id),
            tenders=tenders,
            prices=placed.prices,
            tax_remitter=placed.tax_remitter,
            shipping_service=asked.shipping_service or order.shipping_service,
            fingerprint=derived("exchange", asked.exchange_id),
            test=placed.test,
            pay_by=at + timedelta(hours=hours) if hours else None,
            backorder_days=channel.backorder_cancel_days,
            exchange_of=order.order_id,
        )
    )


def accounted_for(known: Return) -> bool:
    """Whether nothing more is expected: each unit came, or was missed, or the return is over."""
    came = known.came()
    return not known.open or all(came.get(line_id, 0) >= count for line_id, count in known.announced().items())


def _instrument(order: Order) -> tuple[str, str]:
    """A gateway and the instrument that it may ask again."""
    payment = reusable(order)
    return (payment.gateway, payment.instrument) if payment is not None and payment.instrument else ("", "")


def _lines(
    order: Order, known: Return, goods: Sequence[Goods], products: Mapping[str, Product]
) -> tuple[PlacedLine, ...]:
    problems = [
        FieldError(f"lines[{i}].sku", f"there is no product {each.sku}")
        for i, each in enumerate(goods)
        if each.sku not in products
    ]
    priced = [each for each in goods if each.price is not None]
    if priced and len(priced) < len(goods):
        problems.append(FieldError("lines", "price all of them, or none"))
    problems += [
        FieldError(f"lines[{i}].tax", "is more than the price")
        for i, each in enumerate(goods)
        if each.price is not None and each.tax > each.price
    ]
    values = [] if priced else _values(order, known)
    wanted = sum(each.quantity for each in goods)
    if not priced and wanted != len(values):
        problems.append(
            FieldError("lines", f"{wanted} units cannot cost what {len(values)} that come back cost: price them")
        )
    if problems:
        raise InvalidInput("these goods cannot be exchanged for what comes back", errors=problems[:50])
    lines = []
    for number, each in enumerate(goods, 1):
        if each.price is not None:
            runs = unit_runs(each.quantity, (each.price - each.tax) * each.quantity, each.tax * each.quantity)
        else:
            runs, values = _runs(values[: each.quantity]), values[each.quantity :]
        product = products[each.sku]
        lines.append(
            PlacedLine(
                line_id=str(number),
                sku=each.sku,
                title=short(product.title),
                quantity=each.quantity,
                net=sum(run.count * run.net for run in runs),
                tax=sum(run.count * run.tax for run in runs),
                units=runs,
                list_price=each.price,
                external_line_id=str(number),
                grams=product.grams,
            )
        )
    return tuple(lines)


def _values(order: Order, known: Return) -> list[tuple[int, int]]:
    """Net and tax of each unit that is to come back: the last units of its line that are still owed."""
    values = []
    for line_id, count in known.announced().items():
        units = [(run.net, run.tax) for run in order.lines[line_id].placed.units for _ in range(run.count)]
        kept = order.kept(line_id)
        values += units[max(0, kept - count) : kept]
    return values


def _runs(values: Sequence[tuple[int, int]]) -> tuple[UnitRun, ...]:
    """Units with their amounts, those that are alike together: the order among them is of no account."""
    counted: dict[tuple[int, int], int] = {}
    for value in values:
        counted[value] = counted.get(value, 0) + 1
    return tuple(UnitRun(count=count, net=net, tax=tax) for (net, tax), count in counted.items())
