"""Who may take what of a sku: pools of channels, units that stay where they are, and the line of those who wait.

Sourcing and what is told of availability read the same figures here, so that one does not promise what the other
will not give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from oms.setup import Channel, Location, Product
from oms.stock.levels import SkuStock

EVERYWHERE = None
"""The pool of a channel that has none of its own."""

Pool = frozenset[str] | None
"""Location ids, or everywhere."""


def pool_of(channel: Channel | None, locations: Iterable[Location]) -> Pool:
    """The locations that a channel's orders may be sent from: those that its pool names by id or by group."""
    if channel is None or not channel.pool:
        return EVERYWHERE
    named = set(channel.pool)
    return frozenset(each.location_id for each in locations if named & {each.location_id, *each.groups})


def outside(pool: Pool, locations: Iterable[Location], channel_id: str) -> dict[tuple[str, str], str]:
    """The locations beyond a pool with the reason, as sourcing wants to be told who may give nothing."""
    if pool is EVERYWHERE:
        return {}
    why = f"is not in the pool of channel {channel_id}"
    return {(each.location_id, ""): why for each in locations if each.location_id not in pool}


def kept_back(location: Location | None, product: Product | None) -> int:
    """Units of a product that stay at a location: the product's own figure, else the location's."""
    if product is not None and product.buffer is not None:
        return product.buffer
    return location.buffer if location is not None else 0


def waiting_limit(product: Product | None, today: date) -> int | None:
    """How many units may wait for stock at a time; None is any number. Until its release, as many as preorders may."""
    if product is None:
        return None
    if product.release_date is not None and today < product.release_date and product.preorder_limit is not None:
        return product.preorder_limit
    return product.backorder_limit


def room(product: Product | None, waiting: int, today: date) -> int | None:
    """How many more units may begin to wait; None is any number."""
    limit = waiting_limit(product, today)
    return None if limit is None else max(0, limit - waiting)


Pools = Mapping[str, Pool]
"""Pools of the channels whose orders wait for a sku; a channel that is not among them is served everywhere."""

ONE_POOL: Pools = MappingProxyType({})


def beyond_buffers(stock: SkuStock, kept: Callable[[str], int]) -> SkuStock:
    """The same levels as if what stays at each location were not available: below zero where that is not there."""
    levels = tuple(replace(each, available=each.available - kept(each.location_id)) for each in stock.levels)
    return replace(stock, levels=levels)


def sellable(stock: SkuStock, pools: Pools = ONE_POOL) -> dict[str, int]:
    """Units by location that a new order may take: what is available beyond what others wait for."""
    free = stock.available()
    serve(free, owed(stock, pools))
    return free


def owed(stock: SkuStock, pools: Pools = ONE_POOL) -> dict[Pool, int]:
    """Units that wait, by the pool from which they may be served: everywhere, when it is not known whose they are."""
    waiting: dict[Pool, int] = {}
    for channel_id, units in stock.waiting_by.items():
        pool = pools.get(channel_id, EVERYWHERE)
        waiting[pool] = waiting.get(pool, 0) + units
    rest = stock.waiting - sum(waiting.values())
    waiting[EVERYWHERE] = waiting.get(EVERYWHERE, 0) + rest
    return {pool: units for pool, units in waiting.items() if units > 0}


def serve(free: dict[str, int], waiting: dict[Pool, int], *, first: Pool = EVERYWHERE) -> None:
    """Give those who wait what they may take of `free`; what they still wait for stays in `waiting`.

    Who may be served from few places goes before others. Everybody is served from the fullest of their places, which
    leaves the most to choose from; but from places in `first` before all others.
    """
    for pool in sorted(waiting, key=_breadth):
        places = [each for each in free if _in(pool, each)]
        for place in sorted(places, key=lambda each: (not _in(first, each), -free[each], each)):
            taken = min(free[place], waiting[pool])
            free[place] -= taken
            waiting[pool] -= taken


def _breadth(pool: Pool) -> tuple[float, list[str]]:
    return (float("inf"), []) if pool is EVERYWHERE else (len(pool), sorted(pool))


def _in(pool: Pool, place: str) -> bool:
    return pool is EVERYWHERE or place in pool
