"""What a channel is owed: what happened to an order here that its channel should know and has not been told.

It follows from the order's log alone, so nothing has to be remembered beside it: whoever stops in the middle of telling
computes the rest again. What the channel did itself, and what it knows nothing of (lines that were added here, orders
of exchanges), it is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never, cast

from oms.channels.changes import REASON
from oms.channels.connection import Connection
from oms.channels.outbound import (
    Cancelled,
    Handed,
    InSteps,
    MoneyBack,
    Sale,
    Shipped,
    Told,
    ToldPlatform,
    UnitsOf,
)
from oms.clock import from_text
from oms.orders.events import OrderEvent
from oms.orders.order import Order, Parcel, units_value
from oms.orders.outward import Cancellation, ChannelTold, ToldKind
from oms.orders.reasons import CancellationReason
from oms.orders.settlement import open_parts
from oms.orders.transitions import Way
from oms.payments.ledger import PaymentRefunded
from oms.setup import Channel, ChannelUpdate

UPDATES: Mapping[ToldKind, ChannelUpdate] = {
    ToldKind.SHIPMENT: ChannelUpdate.SHIPMENTS,
    ToldKind.CANCELLATION: ChannelUpdate.CANCELLATIONS,
    ToldKind.REFUND: ChannelUpdate.REFUNDS,
}
"""The setting that lets a channel be told of each kind."""

EVENTS = ("UnitsShipped", "PickupCollected", "UnitsCancelled", "RefundRequested")
"""Types of events after which a channel may be owed something; its queue hears of no others."""


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that a channel is to be told."""

    kind: ToldKind
    what: Shipped | Cancelled | MoneyBack

    @property
    def key(self) -> str:
        """The same whenever it is told."""
        return self.what.key

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.what.at


def owed(order: Order, channel: Channel, takes: frozenset[ChannelUpdate]) -> tuple[Update, ...]:
    """What the channel is still to be told of an order, in the order in which it happened.

    Only of the kinds that it is set up for and its platform `takes`, and only what happened since it was set up so:
    whoever switches a kind on does not want last year told.
    """
    wanted = takes.intersection(channel.updates)
    if order.placed.exchange_of or not wanted:
        return ()
    found = [
        update
        for update in (*_shipments(order), *_cancellations(order), *_refunds(order))
        if UPDATES[update.kind] in wanted
        and update.key not in order.outward.told
        and update.at >= _since(channel, UPDATES[update.kind], update.at)
    ]
    return tuple(sorted(found, key=lambda update: (update.at, list(ToldKind).index(update.kind), update.key)))


def sale_of(order: Order) -> Sale:
    """The order as its channel knows it."""
    placed = order.placed
    return Sale(
        order_id=order.order_id,
        external_id=placed.external_id,
        number=placed.number,
        currency=placed.currency,
        total=placed.total,
        given_back=sum(payment.refunded for payment in order.payments.values() if payment.by_channel),
    )


def tell(
    platform: ToldPlatform, connection: Connection, order: Order, update: Update, handed: Handed | None = None
) -> Told:
    """Tell one thing, or go on with it from where it stands; the platform's own reference of it, or how far it is.

    Raises:
        Unavailable: the same call may be made again.
        Refused: a person has to look.
    """
    sale = sale_of(order)
    if handed is not None and not isinstance(update.what, Shipped):
        return cast("InSteps", platform).proceed(connection, sale, update.what, handed)
    match update.what:
        case Shipped():
            return platform.confirm_shipment(connection, sale, update.what)
        case Cancelled():
            return platform.cancel(connection, sale, update.what)
        case MoneyBack():
            return platform.refund(connection, sale, update.what)
    assert_never(update.what)


def was_told(order: Order, update: Update, reference: str) -> list[OrderEvent]:
    """The events that follow when the channel was told; none when the log has them.

    Money that a platform gave back because we asked for it is noted as given back in the same decision, as far as the
    channel's own documents have not said so meanwhile: they tell of all refunds in sum, so what is noted is not news.
    """
    if update.key in order.outward.told:
        return []
    events: list[OrderEvent] = [ChannelTold(kind=update.kind, key=update.key, reference=reference)]
    if isinstance(update.what, MoneyBack):
        left = update.what.amount
        room = {payment_id: payment.refundable for payment_id, payment in order.payments.items()}
        for refund_id, payment_id, amount in _open(order):
            share = min(left, amount, room[payment_id])
            if refund_key(order, refund_id) == update.key and share > 0:
                left -= share
                room[payment_id] -= share
                events.append(
                    PaymentRefunded(
                        payment_id=payment_id, refund_id=refund_id, reference=reference, amount=share, by_channel=True
                    )
                )
    return events


def refund_key(order: Order, refund_id: str) -> str:
    """The key under which a channel is told of a refund."""
    return f"{order.order_id}-{refund_id}"


def _since(channel: Channel, kind: ChannelUpdate, otherwise: datetime) -> datetime:
    text = channel.updates_since.get(kind.value, "")
    return from_text(text) if text else otherwise


def _shipments(order: Order) -> Iterator[Update]:
    for parcel in order.parcels.values():
        at, label = _reached_customer(order, parcel), parcel.label
        units = {
            line_id: count - parcel.put_back.get(line_id, 0)
            for line_id, count in parcel.shipped.items()
            if count > parcel.put_back.get(line_id, 0)
        }
        lines = _lines(order, units)
        if at is not None and lines:
            yield Update(
                ToldKind.SHIPMENT,
                Shipped(
                    key=parcel.parcel_id,
                    at=at,
                    lines=lines,
                    carrier=label.carrier if label else "",
                    service=label.service if label else "",
                    tracking_number=label.tracking_number if label else "",
                    tracking_url=label.tracking_url if label else "",
                ),
            )


def _reached_customer(order: Order, parcel: Parcel) -> datetime | None:
    """When a parcel went to the customer: when all of it left; of what came to a store first, when it was fetched."""
    share = order.fulfillment_orders[parcel.packed.fulfillment_order_id]
    if share.way is Way.TO_STORE:
        return share.pickup.collected_at if share.pickup else None
    return parcel.shipped_at


def _cancellations(order: Order) -> Iterator[Update]:
    """Units that were cancelled here. A cancellation that ended the whole order says it all: those before go with it.

    So a platform that can cancel only whole orders is not asked for a part a moment before.
    """
    last = next((each for each in reversed(order.outward.cancellations) if each.everything), None)
    before: dict[str, int] = {}
    for one in order.outward.cancellations:
        key = f"{order.order_id}-cancelled-{one.number}"
        if not _by_us(one) or key in order.outward.told:
            continue
        if last is not None and one.number <= last.number:
            for line_id, count in one.units.items():
                before[line_id] = before.get(line_id, 0) + count
            if one is not last:
                continue
        lines = _lines(order, before if one is last else one.units)
        if lines:
            yield Update(ToldKind.CANCELLATION, _cancelled(one, key, lines))


def _cancelled(one: Cancellation, key: str, lines: tuple[UnitsOf, ...]) -> Cancelled:
    return Cancelled(key=key, at=one.at, lines=lines, everything=one.everything, code=one.code)


def _refunds(order: Order) -> Iterator[Update]:
    """Refunds of what the channel took, each as one, however many of its payments it goes back to."""
    amounts: dict[str, int] = {}
    for refund_id, _, amount in _open(order):
        amounts[refund_id] = amounts.get(refund_id, 0) + amount
    credited = cancelled = 0
    for refund_id, decided in order.outward.refunds.items():
        own = order.after_sale.credits[credited : decided.credits]
        before = order.outward.cancellations[:cancelled]
        off = [each for each in order.outward.cancellations[cancelled : decided.cancellations] if _by_us(each)]
        credited, cancelled = decided.credits, decided.cancellations
        if refund_id not in amounts:
            continue
        units: dict[str, int] = {}
        worth: dict[str, int] = {}
        for each in (unit for credit in own for unit in credit.units):
            units[each.line_id] = units.get(each.line_id, 0) + each.quantity
            worth[each.line_id] = worth.get(each.line_id, 0) + each.amount
        everything = any(each.everything for each in off)
        yield Update(
            ToldKind.REFUND,
            MoneyBack(
                key=refund_key(order, refund_id),
                at=decided.at,
                amount=amounts[refund_id],
                lines=_lines(order, units, worth),
                shipping=sum(credit.charges for credit in own) + (_charges(order) if everything else 0),
                note=order.after_sale.refunds[refund_id].reason,
                cancelled=_lines(order, _sums(off), _cost(order, _sums(before), _sums(off))),
                code=off[-1].code if off else CancellationReason.OTHER,
                everything=everything,
            ),
        )


def _by_us(one: Cancellation) -> bool:
    """Whether it was cancelled here. What the channel cancelled, it settles with its customer by itself."""
    return one.reason != REASON


def _charges(order: Order) -> int:
    """Shipping and the like that nobody credited."""
    return max(0, order.charges_total - order.after_sale.credited_charges)


def _sums(cancellations: Iterable[Cancellation]) -> dict[str, int]:
    units: dict[str, int] = {}
    for one in cancellations:
        for line_id, count in one.units.items():
            units[line_id] = units.get(line_id, 0) + count
    return units


def _cost(order: Order, before: Mapping[str, int], units: Mapping[str, int]) -> dict[str, int]:
    """What cancelled units cost, by line: the last ones of the line that were not cancelled before."""
    found = {}
    for line_id, count in units.items():
        placed = order.lines[line_id].placed
        left = max(0, placed.quantity - before.get(line_id, 0))
        found[line_id] = units_value(placed, left) - units_value(placed, max(0, left - count))
    return found


def _open(order: Order) -> Iterator[tuple[str, str, int]]:
    """What is to go back through the channel: refund, payment and amount, in the order in which it was decided."""
    for refund_id, part in open_parts(order.after_sale.refunds, order.payments):
        if order.payments[part.payment_id].by_channel and not part.order_id:
            yield refund_id, part.payment_id, part.amount


def _lines(order: Order, units: Mapping[str, int], worth: Mapping[str, int] | None = None) -> tuple[UnitsOf, ...]:
    """Units by line as the channel names its lines; what was added here is none of them."""
    return tuple(
        UnitsOf(
            external_line_id=line.placed.external_line_id,
            sku=line.placed.sku,
            quantity=units[line_id],
            amount=(worth or {}).get(line_id, 0),
        )
        for line_id, line in order.lines.items()
        if units.get(line_id) and not line.added
    )
