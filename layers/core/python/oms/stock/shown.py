"""How many units of a sku a channel may sell now: the figure that is written to its platform.

It is `available` of `GET /availability` for the same channel (see docs/availability.md): from stock alone, after those
who wait, beyond what stays at each place, of the channel's pool, less what it is not shown; of a kit, as many as could
be put together at each place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from oms.orders.kits import Component
from oms.setup import Channel, Location, Product
from oms.stock.availability import outlook
from oms.stock.levels import SkuStock
from oms.stock.shares import kept_back, pool_of

ChannelOf = Callable[[str], Channel | None]


def shown(
    needs: Iterable[Component],
    stock: Mapping[str, SkuStock],
    channel: Channel,
    *,
    places: Mapping[str, Location],
    products: Mapping[str, Product],
    channels: ChannelOf,
    today: date,
) -> int:
    """Units that can be made of `needs`, which is the sku itself for what is no kit; never below zero.

    `stock` has the levels of each sku in `needs`, `channels` those whose orders may wait for them.
    """
    pool = pool_of(channel, places.values())
    free: list[Mapping[str, int]] = []
    for each in needs:
        of_sku = stock[each.sku]
        waiting = {name: pool_of(channels(name), places.values()) for name in of_sku.waiting_by}
        seen = outlook(
            of_sku,
            (),
            today,
            kept=lambda place, sku=each.sku: kept_back(places.get(place), products.get(sku)),  # type: ignore[misc]
            pools=waiting,
            pool=pool,
            hidden=channel.stock_buffer,
        )
        free.append({place: units // each.quantity for place, units in seen.moments[0].free.items()})
    if not free:
        return 0
    common = set.intersection(*(set(row) for row in free))
    return max(0, sum(min(row[place] for row in free) for place in common))
