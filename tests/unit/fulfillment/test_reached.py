"""States of a parcel on its way: told once each, while they are true and news, whatever comes in whatever order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.carriers.protocol import Scan
from oms.fulfillment import scanned, work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.tracking import claim, receive
from oms.orders.events import OrderEvent
from oms.orders.evolve import evolve
from oms.orders.order import Order
from oms.orders.reached import NEWS_FOR, ParcelStateReached, standing
from oms.orders.tracking import TrackingStatus as Is
from tests.support.memory_stack import START
from tests.unit.fulfillment.warehouse import NUMBER, ORDER, PARCEL, SHARE, Died, Warehouse, mugs

TOLD = sorted(NEWS_FOR)


def scan(status: Is, hours: float, source: str = "", **more: object) -> Scan:
    at = START + timedelta(hours=hours)
    said = Scan(tracking_number=NUMBER, scan_id=f"{source}{status}{hours}", status=status, at=at)
    return replace(said, **more)  # type: ignore[arg-type]


def left() -> Warehouse:
    house = Warehouse()
    house.sold(mugs(1))
    work.accept(house.desk(), SHARE, house.caller("accept"))
    work.pick(house.desk(), SHARE, house.caller("pick"))
    work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing())
    work.ship(house.desk(), SHARE, house.caller("ship"))
    return house


def hear(house: Warehouse, *scans: Scan, at: float | None = None) -> None:
    """Take scans in, some hours after the start; at the time of the last one, if none is named."""
    now = START + timedelta(hours=at) if at is not None else max(each.at for each in scans)
    receive(house.desk(), "simulated", scans, lambda: now)


def told(house: Warehouse) -> list[ParcelStateReached]:
    return [each for entry in house.log[ORDER] for each in entry.events if isinstance(each, ParcelStateReached)]


def states(house: Warehouse) -> list[Is]:
    return [each.status for each in told(house)]


@pytest.mark.parametrize("status", TOLD)
def test_a_state_is_told_once_whoever_says_it_and_however_often(status: Is) -> None:
    house = left()
    for source in ("webhook", "polled", "webhook"):
        hear(house, scan(status, 20, source))
    hear(house, scan(status, 44, "again"))
    assert states(house) == [status]


@pytest.mark.parametrize("status", TOLD)
@pytest.mark.parametrize("late", [False, True])
def test_what_is_heard_after_the_delivery_or_days_later_tells_nobody(status: Is, late: bool) -> None:  # noqa: FBT001
    house = left()
    if late:
        hear(house, scan(status, 1), at=1 + 49)
    else:
        hear(house, scan(Is.DELIVERED, 25))
        hear(house, scan(status, 20), scan(status, 30), at=31)
    assert states(house) == []


def test_of_many_scans_at_once_the_one_that_counts_is_told() -> None:
    house = left()
    hear(
        house, scan(Is.OUT_FOR_DELIVERY, 8), scan(Is.ATTEMPT_FAILED, 12), scan(Is.IN_TRANSIT, 18), scan(Is.EXCEPTION, 2)
    )
    assert states(house) == [Is.ATTEMPT_FAILED], "that it lies in the depot by night changes nothing"
    hear(house, scan(Is.OUT_FOR_DELIVERY, 32))
    assert states(house) == [Is.ATTEMPT_FAILED, Is.OUT_FOR_DELIVERY]
    hear(house, scan(Is.OUT_FOR_DELIVERY, 8, "late"), at=33)
    assert states(house) == [Is.ATTEMPT_FAILED, Is.OUT_FOR_DELIVERY]


def test_on_the_way_back_nobody_is_told_of_a_delivery_to_the_sender() -> None:
    house = left()
    hear(house, scan(Is.RETURNING, 20), scan(Is.IN_TRANSIT, 22))
    for status, hours in ((Is.OUT_FOR_DELIVERY, 30), (Is.RETURNED, 34), (Is.DELIVERED, 34)):
        hear(house, scan(status, hours))
    assert states(house) == [Is.RETURNING]


def test_that_a_parcel_came_back_is_told_when_nobody_said_that_it_turned() -> None:
    house = left()
    hear(house, scan(Is.RETURNED, 34))
    assert states(house) == [Is.RETURNING]


def test_a_word_that_nobody_knows_is_work_for_staff_and_no_news_for_the_customer() -> None:
    house = left()
    hear(house, scan(Is.EXCEPTION, 20, guessed=True))
    assert states(house) == []
    hear(house, scan(Is.EXCEPTION, 21))
    assert states(house) == [Is.EXCEPTION]


def test_a_parcel_that_was_not_booked_out_tells_nobody() -> None:
    house = Warehouse()
    order = house.sold(mugs(1))
    assert scanned.track(order, "simulated", [scan(Is.OUT_FOR_DELIVERY, 1)], now=START) == []


def test_where_and_until_when_a_parcel_waits_is_kept_also_while_its_label_is_not_known_yet() -> None:
    house = Warehouse()
    house.sold(mugs(1))
    waits = scan(Is.AVAILABLE_FOR_PICKUP, 20, place="Kiosk am Dom", until=date(2026, 3, 20))
    hear(house, waits)
    assert told(house) == []
    work.accept(house.desk(), SHARE, house.caller("accept"))
    work.pick(house.desk(), SHARE, house.caller("pick"))
    work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing())
    work.ship(house.desk(), SHARE, house.caller("ship"))
    claim(house.desk(), "simulated", NUMBER, lambda: START + timedelta(hours=21))
    assert [(each.place, each.until) for each in told(house)] == [("Kiosk am Dom", date(2026, 3, 20))]


def test_whoever_dies_between_any_two_calls_has_told_once_when_the_scan_comes_again() -> None:
    scans = (scan(Is.IN_TRANSIT, 10), scan(Is.ATTEMPT_FAILED, 20))
    whole = left()
    begun = len(whole.calls)
    hear(whole, *scans)
    for number in range(begun, len(whole.calls)):
        for moment in ("before", "after"):
            house = left()
            house.die_at = (number, moment)
            with pytest.raises(Died):
                hear(house, *scans)
            house.die_at = None
            for source in ("polled", "webhook"):
                hear(house, *(replace(each, scan_id=f"{source}{each.scan_id}") for each in scans), at=24)
            assert states(house) == [Is.ATTEMPT_FAILED], (number, moment)


batches = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.sampled_from(list(Is)), st.integers(0, 60), st.sampled_from("ab")), min_size=1, max_size=4
        ),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=6,
)


@given(batches)
@settings(max_examples=60, deadline=None)
def test_whatever_is_said_in_whatever_order_each_state_is_told_once_while_it_is_so(
    said: list[tuple[list[tuple[Is, int, str]], int]],
) -> None:
    state = LEFT
    seen: Counter[Is] = Counter()
    for scans, after in said:
        now = START + timedelta(hours=max(hours for _, hours, _ in scans) + after)
        events = scanned.track(state, "simulated", [scan(*each) for each in scans], now=now)
        had_arrived = state.parcels[PARCEL].delivered_at is not None
        state = _after(state, events)
        for each in (each for each in events if isinstance(each, ParcelStateReached)):
            stands = standing(state.parcels[PARCEL].scans)
            assert stands is not None
            assert stands[0] is each.status
            assert now - each.at <= NEWS_FOR[each.status]
            assert not had_arrived
            assert state.parcels[PARCEL].delivered_at is None
            seen[each.status] += 1
    assert set(seen.values()) <= {1}
    assert seen.keys() == state.parcels[PARCEL].reached
    assert scanned.track(state, "simulated", [scan(*each) for scans, _ in said for each in scans], now=START) == []


def _after(order: Order, events: list[OrderEvent]) -> Order:
    for event in events:
        order = evolve(order, event, order_id=ORDER, at=START)
    return order


LEFT = left().order()
