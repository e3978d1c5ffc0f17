"""When the goods come that an order waits for: the line is served, first in, first out, by what is on its way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile

from oms.orders.events import OrderEvent, UnitState
from oms.orders.kits import Recipes, parts
from oms.orders.order import Order
from oms.orders.promising import GRACE, changed
from oms.orders.rejecting import barred
from oms.routing.ports import Ports
from oms.routing.question import destination_of
from oms.sourcing.distance import kilometres, metres
from oms.sourcing.promise import journey
from oms.sourcing.sites import site_of
from oms.stock.supply import Supply, last_of, supplies

ACTOR = "route"


@dataclass(frozen=True, slots=True)
class Outlook:
    """When the last goods that an order waits for should reach a location, and their customer; None if unknown."""

    arrives: date | None
    delivery: date | None


def outlook(order: Order, waiting: Mapping[str, int], ports: Ports) -> Outlook:
    """When these units, by sku on the shelf, come: all of them, or nobody knows."""
    last = [_supply_of(order, sku, units, ports) for sku, units in waiting.items()]
    found = [each for each in last if each is not None]
    if not found or len(found) < len(last):
        return Outlook(None, None)
    released = [
        product.release_date for product in ports.products(waiting).values() if product.release_date is not None
    ]
    arrives = max([*(each.day for each in found), *released])
    deliveries = [_delivery(order, each, max([each.day, *released]), ports) for each in found]
    known = [each for each in deliveries if each is not None]
    return Outlook(arrives, max(known) if len(known) == len(deliveries) else None)


def waiting_of(order: Order, recipes: Recipes | None = None) -> dict[str, int]:
    """Units on backorder by sku on the shelf."""
    return _by_shelf(
        ((line.placed.sku, line.counts.get(UnitState.BACKORDERED, 0)) for line in order.lines.values()),
        order.kits if recipes is None else recipes,
    )


def _by_shelf(units: Iterable[tuple[str, int]], recipes: Recipes) -> dict[str, int]:
    waiting: dict[str, int] = {}
    for sold, count in units:
        for sku, needed in parts(recipes, sold, count):
            if needed:
                waiting[sku] = waiting.get(sku, 0) + needed
    return waiting


def _supply_of(order: Order, sku: str, units: int, ports: Ports) -> Supply | None:
    """What brings the last of the units: what is there comes first, then what is on its way, day by day.

    What is on its way is read before what is there: goods that are booked in meanwhile are seen twice, never missed.
    """
    today = ports.clock().date()
    coming = [each for each in ports.expected(sku) if each.expected + GRACE >= today]
    stock = ports.sku_stock(sku)
    shut = {location_id for location_id, what in barred(order.rejections) if what in {"", sku}}
    busy = {location_id for location_id, what in barred(order.rejections) if not what}
    there = {level.location_id: level.available for level in stock.levels if level.location_id not in shut}
    mine = order.captured_at, order.order_id
    before = takewhile(lambda each: (each.since, each.order_id) < mine, ports.waiters(sku))
    ahead = sum(each.quantity for each in before)
    return last_of(supplies(there, (each for each in coming if each.location_id not in busy), today), ahead + units)


def _delivery(order: Order, supply: Supply, day: date, ports: Ports) -> date | None:
    location = next((each for each in ports.locations() if each.location_id == supply.location_id), None)
    if location is None:
        return None
    site, destination = site_of(location), destination_of(order)
    there, here = ports.locate(destination), site.coordinates
    away = kilometres(metres(here, there)) if here and there else None
    # Goods are booked in in the course of their day, and worked on from the next.
    begins = max(ports.clock(), datetime.combine(day, time(), UTC) + timedelta(hours=12))
    return journey(begins, site, away, destination.country).arrives


def renewed(order: Order, ports: Ports, *, placed: date | None = None) -> list[OrderEvent]:
    """What is to be written down of a confirmed order as things stand; nothing when it is known.

    `placed` is the day for units that have just got a place. It never makes the day of the others sooner.
    """
    if order.confirmed is None:
        return []
    waiting = waiting_of(order)
    placed = max((each for each in (placed, order.promise.placed) if each is not None), default=None)
    if not waiting and placed is None and order.promise.arrives is None:
        return []
    seen = outlook(order, waiting, ports) if waiting else Outlook(None, None)
    return [
        *changed(order, arrives=seen.arrives, delivery=seen.delivery, placed=placed, waits=bool(waiting)),
    ]
