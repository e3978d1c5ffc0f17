"""On what terms an order may take stock: its channel's pool, what was reserved for it, what others wait for."""

from __future__ import annotations

from oms.orders.order import Order
from oms.orders.reserving import ReservationUsed
from oms.routing.ports import Ports
from oms.sourcing.sites import Barred
from oms.stock.levels import SkuStock
from oms.stock.reservations import Reservation
from oms.stock.shares import Pool, outside, pool_of, sellable


def free_units(stock: SkuStock, ports: Ports) -> dict[str, int]:
    """Units by location that a new order may take: beyond what those wait for who may be served there."""
    return sellable(stock, pools(stock, ports))


def pools(stock: SkuStock, ports: Ports) -> dict[str, Pool]:
    """The pools of the channels whose orders wait for a sku."""
    waiting = {channel_id: ports.channel(channel_id) for channel_id in stock.waiting_by}
    if not any(channel and channel.pool for channel in waiting.values()):
        return {}
    places = tuple(ports.locations())
    return {channel_id: pool_of(channel, places) for channel_id, channel in waiting.items()}


def out_of_pool(channel_id: str, ports: Ports) -> Barred:
    """The locations that may give nothing to orders of this channel."""
    channel = ports.channel(channel_id) if channel_id else None
    if channel is None or not channel.pool:
        return {}
    places = tuple(ports.locations())
    return outside(pool_of(channel, places), places, channel_id)


def reserved_for(order: Order, ports: Ports) -> Reservation | None:
    """What was reserved for the order's basket, while it still is and no order has it."""
    named = order.placed.reservation_id
    if not named or order.reservation_used is not None:
        return None
    reservation = ports.reservation(named)
    return reservation if reservation is not None and reservation.serves(order.placed.channel_id) else None


def taking_over(reservation: Reservation | None) -> list[ReservationUsed]:
    """The event that makes the reserved units the order's own."""
    if reservation is None:
        return []
    return [ReservationUsed(reservation_id=reservation.reservation_id, units=reservation.units)]
