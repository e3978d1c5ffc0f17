"""Read and write units of an order, as the number of orders, skus and locations grows tenfold, and tenfold again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from infra.bench.dynamo import Key
from infra.bench.shop import AT, entry, ports_of, tables
from oms.orders.log import Caller, place
from oms.platform import cache
from oms.platform.event_log import order_log
from oms.platform.stock_counts import set_on_hand
from oms.routing.process import advance

GROWTH = (1, 10, 100)
ORDERS, SKUS, PLACES = 10, 10, 3
"""What a shop begins with."""

LINES = 2
MEASURED = 5
"""Orders over which the units are averaged."""

ENOUGH = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A shop of a size, and what an order costs there: units to place it, and to source and reserve it."""

    grown: str
    """What of it is larger than at the beginning."""
    orders: int
    skus: int
    places: int
    """Locations, each of which has all of the skus."""
    calls: float
    read_units: float
    write_units: float


def steps() -> list[Step]:
    """Each dimension by itself, in each size; and a sku that every location has, beside one that three have."""
    found = [_step("orders", orders=ORDERS * size) for size in GROWTH]
    found += [_step("skus", skus=SKUS * size) for size in GROWTH]
    found += [_step("locations", places=PLACES * size) for size in GROWTH]
    found += [_step("locations, sku at 3", places=PLACES * size, having=PLACES) for size in GROWTH[1:]]
    return found


def _step(
    grown: str, *, orders: int = ORDERS, skus: int = SKUS, places: int = PLACES, having: int | None = None
) -> Step:
    names = [f"sku-{number}" for number in range(skus)]
    where = [f"place-{number}" for number in range(places)]
    with tables() as dynamo:
        who = Caller(actor="bench", cause="stocked", clock=lambda: AT)
        for sku in names:
            for location_id in where[:having]:
                set_on_hand(sku, location_id, ENOUGH, who)
        cache.forget_all()
        ports = ports_of(names, where)
        for number in range(orders):
            # Others that stand in the table: what they cost is not told.
            place(order_log(), entry(f"other-{number}", names[:LINES]))
        calls = Counter[str]()

        def counted(operation: str, _reads: Mapping[Key, float], _writes: Mapping[Key, float]) -> None:
            calls[operation] += 1

        dynamo.before = counted
        read, written = dynamo.read_units, dynamo.write_units
        for number in range(MEASURED):
            wanted = [names[(number + line) % skus] for line in range(LINES)]
            place(order_log(), entry(f"order-{number}", wanted))
            advance(ports, f"order-{number}", "bench")
        return Step(
            grown=grown,
            orders=orders,
            skus=skus,
            places=places,
            calls=sum(calls.values()) / MEASURED,
            read_units=(dynamo.read_units - read) / MEASURED,
            write_units=(dynamo.write_units - written) / MEASURED,
        )
