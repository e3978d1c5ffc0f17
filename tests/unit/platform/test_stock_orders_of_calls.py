"""Several at once on one level, in every order of their calls, and in random ones: not a unit too many or too few.

The real code, with the expressions that it sends, on tables in memory. After each call of anybody every item balances.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.bench.dynamo import Dynamo
from oms.errors import Conflict
from oms.orders.log import Caller
from oms.platform import cache
from oms.platform.stock_counts import adjust, set_on_hand
from oms.platform.stock_items import Item, number_in
from oms.platform.stock_moves import Note
from oms.platform.stock_split import set_buckets
from oms.platform.stock_table import level
from oms.platform.stock_transaction import Refused, transact
from oms.stock.buckets import home
from oms.stock.levels import StockReason
from oms.stock.movements import Movement
from tests.support.interleaved import Actor, Stage, every_order, in_memory

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOTE = Note(at="2026-03-02T09:00:00.000000Z", cause="test")
FULL = bool(os.environ.get("OMS_FULL"))


@pytest.fixture
def dynamo() -> Iterator[Dynamo]:
    with in_memory() as made:
        yield made


def caller(cause: str) -> Caller:
    return Caller(actor="test", cause=cause, clock=lambda: AT)


def items(dynamo: Dynamo) -> list[Item]:
    return [item for of_sku in dynamo.tables["test-stock"].values() for item in of_sku.values() if "on_hand" in item]


def total(dynamo: Dynamo, name: str) -> int:
    return sum(number_in(item, name) for item in items(dynamo))


def balance(dynamo: Dynamo) -> None:
    """What holds at every moment."""
    for item in items(dynamo):
        on_hand, available, committed = (number_in(item, name) for name in ("on_hand", "available", "committed"))
        assert on_hand == available + committed, item
        assert min(on_hand, available, committed) >= 0, item


@dataclass
class Sale:
    """What became of those who were at it."""

    reserved: int = 0
    shipped: int = 0
    released: int = 0
    refused: list[str] = field(default_factory=list)

    def _move(self, units: int, key: str, **deltas: int) -> int:
        """So many units moved, after as many tries as a message gets."""
        moved = Movement(sku="mug", location_id="north", reason=StockReason.ALLOCATED, reference=key, **deltas)
        for _ in range(5):
            try:
                transact([], [moved], NOTE, key=key)
            except Refused as refused:
                if refused.busy:
                    continue
                self.refused.append(key)
                return 0
            return units
        raise AssertionError(f"{key} got no answer")

    def buys(self, units: int, key: str) -> Actor:
        def act() -> None:
            # Not in one line: others add to the sum while this one waits for its turn.
            got = self._move(units, key, available=-units, committed=units)
            self.reserved += got

        return act

    def ships(self, units: int, key: str) -> Actor:
        def act() -> None:
            got = self._move(units, key, on_hand=-units, committed=-units)
            self.shipped += got

        return act

    def cancels(self, units: int, key: str) -> Actor:
        def act() -> None:
            got = self._move(units, key, available=units, committed=-units)
            self.released += got

        return act


def delivers(units: int, key: str) -> Actor:
    """Units that come to whoever has just looked at the level."""

    def act() -> None:
        level("mug", "north")
        Sale()._move(units, key, on_hand=units, available=units)

    return act


def splits(into: int) -> Actor:
    def act() -> None:
        try:
            set_buckets("mug", "north", into, caller(f"split {into}"))
        except Conflict:
            return  # It moved too fast.

    return act


def stocked(dynamo: Dynamo, units: int, *, buckets: int = 1, committed: int = 0) -> None:
    dynamo.tables.clear()
    cache.forget_all()
    adjust("mug", "north", units, caller("in"), reason=StockReason.RECEIVED)
    if committed:
        Sale().buys(committed, "before")()
    if buckets > 1:
        set_buckets("mug", "north", buckets, caller("split"))


def same_home(wanted: int, buckets: int) -> list[str]:
    """Names of orders that all look into the same bucket first."""
    names = (f"o{number}" for number in range(1000))
    return [name for name in names if home(name, buckets) == 1][:wanted]


def in_every_order(dynamo: Dynamo, begin: Callable[[], tuple[list[Actor], Callable[[], None]]]) -> int:
    def perform(choose: Callable[[int], int], known: set[object], given: int) -> bool:
        actors, judge = begin()
        finished = Stage(dynamo, actors, lambda: balance(dynamo)).run(choose, known, given=given)
        if finished:
            judge()
        return finished

    return every_order(perform)


def test_three_buyers_of_two_units_in_two_buckets(dynamo: Dynamo) -> None:
    def begin() -> tuple[list[Actor], Callable[[], None]]:
        stocked(dynamo, 2, buckets=2)
        sale = Sale()

        def judge() -> None:
            assert (sale.reserved, len(sale.refused)) == (2, 1)
            assert (total(dynamo, "available"), total(dynamo, "committed")) == (0, 2)

        return [sale.buys(1, name) for name in same_home(3, 2)], judge

    assert in_every_order(dynamo, begin) > 10


def test_a_buyer_a_shipment_and_a_level_that_is_put_together_meanwhile(dynamo: Dynamo) -> None:
    def begin() -> tuple[list[Actor], Callable[[], None]]:
        stocked(dynamo, 3, committed=1, buckets=2)
        sale = Sale()

        def judge() -> None:
            assert (sale.reserved, sale.shipped, sale.refused) == (2, 1, [])
            assert (total(dynamo, "on_hand"), total(dynamo, "available")) == (2, 0)

        return [sale.buys(2, same_home(1, 2)[0]), sale.ships(1, "before"), splits(1)], judge

    assert in_every_order(dynamo, begin) > 10


def test_two_buyers_and_a_cancellation_while_the_level_is_split(dynamo: Dynamo) -> None:
    def begin() -> tuple[list[Actor], Callable[[], None]]:
        stocked(dynamo, 3, committed=1)
        sale = Sale()

        def judge() -> None:
            assert sale.released == 1
            # Whoever came before the cancellation may have been told that there is not enough; nobody after it.
            assert sale.reserved + total(dynamo, "available") == 3
            assert total(dynamo, "available") == 3 - sale.reserved
            assert total(dynamo, "committed") == sale.reserved

        return [sale.buys(2, "o1"), sale.cancels(1, "before"), splits(3)], judge

    assert in_every_order(dynamo, begin) > 10


def test_a_delivery_to_a_level_that_is_put_together_meanwhile(dynamo: Dynamo) -> None:
    def begin() -> tuple[list[Actor], Callable[[], None]]:
        stocked(dynamo, 2, buckets=2)
        sale = Sale()

        def judge() -> None:
            whole = level("mug", "north")
            assert (whole.on_hand, whole.available, whole.buckets) == (5, 4, 1)

        return [delivers(3, same_home(1, 2)[0]), splits(1), sale.buys(1, "o1")], judge

    assert in_every_order(dynamo, begin) > 10


def test_a_count_a_buyer_and_a_shipment(dynamo: Dynamo) -> None:
    def begin() -> tuple[list[Actor], Callable[[], None]]:
        stocked(dynamo, 4, committed=2, buckets=2)
        sale = Sale()
        counted: list[int] = []

        def counts() -> None:
            try:
                set_on_hand("mug", "north", 6, caller("count"))
                counted.append(6)
            except Conflict:
                counted.append(0)

        def judge() -> None:
            assert (sale.reserved, sale.shipped) == (1, 2)
            # The units were counted before the parcel left, or after it.
            assert total(dynamo, "on_hand") in ({4, 6} if counted == [6] else {2})

        return [sale.buys(1, "o1"), sale.ships(2, "before"), counts], judge

    assert in_every_order(dynamo, begin) > 10


@settings(max_examples=400 if FULL else 40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_orders_of_calls_sell_what_is_there_and_not_one_unit_more(dynamo: Dynamo, data: st.DataObject) -> None:
    units = data.draw(st.integers(0, 12), "units on hand")
    committed = data.draw(st.integers(0, units), "units committed before")
    buckets = data.draw(st.sampled_from([1, 2, 3, 5]), "buckets")
    if not units:
        return
    stocked(dynamo, units, committed=committed, buckets=buckets)
    sale = Sale()
    received: list[int] = []

    deliveries = count()

    def receives(more: int) -> Actor:
        cause = f"delivery {next(deliveries)}"

        def act() -> None:
            adjust("mug", "north", more, caller(cause), reason=StockReason.RECEIVED)
            received.append(more)

        return act

    def returned(more: int, key: str) -> Actor:
        def act() -> None:
            delivers(more, key)()
            received.append(more)

        return act

    few = st.integers(1, 4)
    actor = st.one_of(
        st.builds(lambda n, key: sale.buys(n, f"o{key}"), few, st.integers(0, 30)),
        st.builds(lambda n: sale.ships(n, "before"), few),
        st.builds(lambda n: sale.cancels(n, "before"), few),
        st.builds(splits, st.sampled_from([1, 2, 4])),
        st.builds(receives, few),
        st.builds(lambda n, key: returned(n, f"o{key}"), few, st.integers(0, 30)),
    )
    actors = data.draw(st.lists(actor, min_size=2, max_size=6), "actors")
    Stage(dynamo, actors, lambda: balance(dynamo)).run(lambda ready: data.draw(st.integers(0, ready - 1), "next"))
    assert total(dynamo, "on_hand") == units + sum(received) - sale.shipped
    assert total(dynamo, "committed") == committed + sale.reserved - sale.released - sale.shipped
    assert total(dynamo, "available") == units - committed + sum(received) + sale.released - sale.reserved
    whole = level("mug", "north")
    assert (whole.on_hand, whole.available) == (total(dynamo, "on_hand"), total(dynamo, "available"))
