"""Reservations under all orders of calls and all deaths: units are committed once, and given back once.

The real code, with the expressions that it sends, on tables in memory. Whenever anybody makes a call, every level
balances, and what is committed is what open reservations and orders hold, not a unit more or less.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.bench.dynamo import Dynamo
from oms.errors import ConcurrentAppend, NotAllowed, ShortStock, Unavailable
from oms.orders.events import Allocation, OrderEvent, UnitsAllocated
from oms.orders.evolve import fold
from oms.orders.log import Caller, append, load, place
from oms.orders.order import Entry, Order
from oms.orders.reserving import ReservationUsed, ReservedUnits
from oms.platform import cache, reservations
from oms.platform.event_log import entry_of, order_log
from oms.platform.stock_counts import adjust
from oms.platform.stock_items import RESERVATION_SORT, number_in
from oms.platform.stock_split import set_buckets
from oms.platform.stock_table import sku_stock
from oms.stock.levels import StockReason
from oms.stock.reservations import Reservation, ReservationStatus
from tests.support.interleaved import Actor, Stage, every_order, in_memory
from tests.support.orders import line, placed

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATE = AT + timedelta(hours=1)
FULL = bool(os.environ.get("OMS_FULL"))


@pytest.fixture
def dynamo() -> Iterator[Dynamo]:
    with in_memory() as made:
        yield made


def caller(cause: str, at: datetime = AT) -> Caller:
    return Caller(actor="test", cause=cause, clock=lambda: at)


def items(dynamo: Dynamo) -> list[dict[str, object]]:
    return [item for of_sku in dynamo.tables.get("test-stock", {}).values() for item in of_sku.values()]


_known: dict[str, list[Order]] = {}


def orders(dynamo: Dynamo) -> list[Order]:
    """The orders as they stand; a state of the log is read once."""
    log = dynamo.tables.get("test-orders", {})
    state = repr(log)
    if state not in _known:
        found = (fold(entry_of(item) for item in entries.values()) for entries in log.values())
        _known[state] = [order for order in found if order is not None]
    return _known[state]


def balance(dynamo: Dynamo) -> None:
    """What holds at every moment."""
    committed = 0
    for item in items(dynamo):
        if "on_hand" in item:
            on_hand, available, held = (number_in(item, name) for name in ("on_hand", "available", "committed"))
            assert on_hand == available + held, item
            assert min(on_hand, available, held) >= 0, item
            committed += held
    kept = [reservations._read(item) for item in items(dynamo) if item["location_id"] == {"S": RESERVATION_SORT}]
    sold = sum(
        share.counts.get("allocated", 0) for each in orders(dynamo) for share in each.fulfillment_orders.values()
    )
    assert committed == sold + sum(unit.quantity for each in kept if each.open for unit in each.units)
    for each in kept:
        used = [one.order_id for one in orders(dynamo) if _uses(one, each)]
        assert used == [each.order_id] * (each.status is ReservationStatus.USED)


def _uses(order: Order, reservation: Reservation) -> bool:
    used = order.reservation_used
    return used is not None and used.reservation_id == reservation.reservation_id


def wish(units: int, reservation_id: str = "r1", minutes: int = 30) -> Reservation:
    return Reservation(
        reservation_id=reservation_id,
        lines={"mug": units},
        units=(),
        made_at=AT,
        expires_at=AT + timedelta(minutes=minutes),
    )


def kept(units: int) -> tuple[ReservedUnits, ...]:
    """As sourcing would place them: at north as far as it goes, the rest at south."""
    free = sku_stock("mug", consistent=True).available()
    north = min(units, free.get("north", 0))
    if units - north > free.get("south", 0):
        raise ShortStock("not enough")
    found = [ReservedUnits(sku="mug", location_id="north", quantity=north)] if north else []
    if units > north:
        found.append(ReservedUnits(sku="mug", location_id="south", quantity=units - north))
    return tuple(found)


def stocked(dynamo: Dynamo, north: int, south: int = 0, *, buckets: int = 1, reserved: int = 0) -> None:
    dynamo.tables.clear()
    cache.forget_all()
    for location_id, units in (("north", north), ("south", south)):
        if units:
            adjust("mug", location_id, units, caller(f"in {location_id}"), reason=StockReason.RECEIVED)
    for order_id in ("o1", "o2"):
        sold = replace(placed(line("1", "mug", 2, 1000)), external_id=order_id, reservation_id="r1")
        place(order_log(), Entry(order_id=order_id, seq=1, at=AT, actor="test", cause=order_id, events=(sold,)))
    if reserved:
        reservations.make(wish(reserved), lambda: kept(reserved), caller("reserve"))
    if buckets > 1:
        set_buckets("mug", "north", buckets, caller("split"))
    cache.forget_all()


@dataclass
class Story:
    """What became of those who were at it."""

    made: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    """Who wanted to do something with a reservation that was closed."""

    def reserves(self, units: int, name: str) -> Actor:
        def act() -> None:
            try:
                reservations.make(wish(units, name), lambda: kept(units), caller(name))
                self.made.append(name)
            except ShortStock:
                self.short.append(name)

        return act

    def expires(self, at: datetime = LATE) -> Actor:
        return lambda: _patiently(lambda: reservations.expire("r1", caller("tick", at)))

    def releases(self) -> Actor:
        def act() -> None:
            try:
                _patiently(lambda: reservations.release("r1", caller("left")))
            except NotAllowed:
                self.late.append("release")

        return act

    def extends(self) -> Actor:
        def act() -> None:
            try:
                reservations.extend("r1", LATE + timedelta(hours=1))
            except NotAllowed:
                self.late.append("extend")

        return act

    def orders(self, order_id: str, units: int) -> Actor:
        """Source an order that names the reservation, as routing does: with it while it is open, else without."""

        def act() -> None:
            for _ in range(20):
                order = load(order_log(), order_id)
                if order.fulfillment_orders:
                    return
                try:
                    append(order_log(), order, _decided(order, units), caller(f"source {order_id}"))
                except (ConcurrentAppend, ShortStock) as error:
                    if isinstance(error, ShortStock) and "wanted" in str(error):
                        self.short.append(order_id)
                        return
                    continue
                return
            raise AssertionError(f"{order_id} did not come to rest")

        return act


def _decided(order: Order, units: int) -> list[OrderEvent]:
    reservation = reservations.find("r1")
    used = reservation if reservation is not None and reservation.open else None
    free = sku_stock("mug", consistent=True).available()
    for each in used.units if used else ():
        free[each.location_id] = free.get(each.location_id, 0) + each.quantity
    allocations = []
    for number, (location_id, there) in enumerate(sorted(free.items()), 1):
        if takes := min(there, units):
            units -= takes
            allocations.append(
                Allocation(
                    fulfillment_order_id=f"{order.order_id}-{number}",
                    location_id=location_id,
                    line_id="1",
                    sku="mug",
                    quantity=takes,
                )
            )
    if units:
        raise ShortStock(f"{units} more wanted")
    taken: list[OrderEvent] = [ReservationUsed(reservation_id="r1", units=used.units)] if used else []
    return [*taken, UnitsAllocated(allocations=tuple(allocations))]


def _patiently(act: Callable[[], object]) -> None:
    """As a queue does: a message that could not be handled comes again."""
    for _ in range(5):
        try:
            act()
        except Unavailable:
            continue
        return
    raise AssertionError("never came to rest")


def in_every_order(dynamo: Dynamo, begin: Callable[[], tuple[list[Actor], Callable[[], None]]]) -> int:
    def perform(choose: Callable[[int], int], known: set[object], given: int) -> bool:
        actors, judge = begin()
        finished = Stage(dynamo, actors, lambda: balance(dynamo)).run(choose, known, given=given)
        if finished:
            balance(dynamo)
            judge()
        return finished

    return every_order(perform)


def test_an_order_the_clock_and_its_maker_close_a_reservation_once(dynamo: Dynamo) -> None:
    def begin() -> tuple[list[Actor], Callable[[], None]]:
        stocked(dynamo, 2, reserved=2)
        story = Story()

        def judge() -> None:
            assert story.short == []
            (order,) = (each for each in orders(dynamo) if each.order_id == "o1")
            assert order.counts["allocated"] == 2
            closed = reservations.reservation("r1")
            assert not closed.open
            assert bool(story.late) <= (closed.status is ReservationStatus.USED)

        return [story.orders("o1", 2), story.expires(), story.releases()], judge

    assert in_every_order(dynamo, begin) > 10


def test_two_orders_that_name_one_reservation_sell_its_units_once(dynamo: Dynamo) -> None:
    def begin() -> tuple[list[Actor], Callable[[], None]]:
        stocked(dynamo, 2, 1, reserved=2)
        story = Story()

        def judge() -> None:
            assert len(story.short) == 1
            assert sum(each.counts.get("allocated", 0) for each in orders(dynamo)) == 2

        return [story.orders("o1", 2), story.orders("o2", 2)], judge

    assert in_every_order(dynamo, begin) > 4


def test_two_baskets_and_an_expiry_share_what_there_is(dynamo: Dynamo) -> None:
    def begin() -> tuple[list[Actor], Callable[[], None]]:
        stocked(dynamo, 3, reserved=1)
        story = Story()

        def judge() -> None:
            held = sum(unit.quantity for name in story.made for unit in reservations.reservation(name).units)
            assert held == 2 * len(story.made) <= 3
            assert story.made
            assert sku_stock("mug").available()["north"] == 3 - held

        return [story.reserves(2, "r2"), story.reserves(2, "r3"), story.expires()], judge

    assert in_every_order(dynamo, begin) > 10


def test_an_extension_is_heard_by_the_clock_or_comes_too_late(dynamo: Dynamo) -> None:
    def begin() -> tuple[list[Actor], Callable[[], None]]:
        stocked(dynamo, 2, reserved=1)
        story = Story()

        def judge() -> None:
            known = reservations.reservation("r1")
            assert known.open == (story.late == [])
            assert known.open or known.status is ReservationStatus.EXPIRED

        return [story.extends(), story.expires()], judge

    assert in_every_order(dynamo, begin) > 2


ACTS: dict[str, Callable[[Story], Actor]] = {
    "make": lambda story: story.reserves(3, "r2"),
    "expire": lambda story: story.expires(),
    "release": lambda story: story.releases(),
    "use": lambda story: story.orders("o1", 2),
    "extend": lambda story: story.extends(),
}


class Died(BaseException):
    """The process is gone. Not an `Exception`: nothing may survive it."""


@pytest.mark.parametrize("buckets", [1, 2])
@pytest.mark.parametrize("name", ACTS)
def test_who_dies_at_any_call_and_is_called_again_leaves_what_the_undisturbed_leave(
    dynamo: Dynamo, name: str, buckets: int
) -> None:
    stocked(dynamo, 4, 2, reserved=2, buckets=buckets)
    calls = _calls(dynamo, ACTS[name](Story()))
    meant = _figures()
    for number in range(calls + 1):
        stocked(dynamo, 4, 2, reserved=2, buckets=buckets)
        _dying(dynamo, ACTS[name](Story()), number)
        balance(dynamo)
        cache.forget_all()
        ACTS[name](Story())()
        balance(dynamo)
        assert _figures() == meant, f"died before call {number}"


def _calls(dynamo: Dynamo, act: Actor) -> int:
    made = []
    dynamo.before = lambda operation, *_: made.append(operation)
    act()
    dynamo.before = lambda *_: None
    return len(made)


def _dying(dynamo: Dynamo, act: Actor, number: int) -> None:
    """Carry out so many calls, and die before the next: what is in between is lost with the process."""
    left = [number]

    def before(*_: object) -> None:
        if not left[0]:
            raise Died
        left[0] -= 1

    dynamo.before = before
    try:
        act()
    except Died:
        pass
    finally:
        dynamo.before = lambda *_: None


def _figures() -> object:
    levels = {each.location_id: (each.available, each.committed) for each in sku_stock("mug", consistent=True).levels}
    found = [reservations.find(name) for name in ("r1", "r2")]
    return levels, [(each.status, each.units) for each in found if each]


@settings(max_examples=300 if FULL else 25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_in_any_order_of_anybodys_calls_no_unit_is_lost_or_sold_twice(dynamo: Dynamo, data: st.DataObject) -> None:
    stocked(
        dynamo,
        data.draw(st.integers(1, 6), "north"),
        data.draw(st.integers(0, 3), "south"),
        buckets=data.draw(st.sampled_from([1, 2]), "buckets"),
    )
    try:
        reservations.make(wish(2), lambda: kept(2), caller("reserve"))
    except ShortStock:
        return
    story = Story()
    actor = st.one_of(
        st.builds(
            lambda units, number: story.reserves(units, f"x{units}-{number}"), st.integers(1, 4), st.integers(1, 2)
        ),
        st.builds(story.orders, st.sampled_from(["o1", "o2"]), st.just(2)),
        st.builds(story.expires, st.sampled_from([AT, LATE])),
        st.builds(story.releases),
        st.builds(story.extends),
    )
    actors = data.draw(st.lists(actor, min_size=2, max_size=5), "actors")
    Stage(dynamo, actors, lambda: balance(dynamo)).run(lambda count: data.draw(st.integers(0, count - 1), "next"))
    balance(dynamo)
