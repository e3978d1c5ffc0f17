"""Room in the days of locations: counted exactly, looked for elsewhere when there is none, given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oms.orders import decisions
from oms.orders.log import execute
from oms.orders.order import Order
from oms.routing import room
from oms.routing.process import advance
from oms.sourcing.capacity import HORIZON, MOST_SLOTS, SLOT, find_room, quotas
from oms.sourcing.decide import Decision, Question, decide
from oms.sourcing.rules import Objective, SourcingRule
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed

TUESDAY, WEDNESDAY, THURSDAY = date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)
"""An order of Monday leaves on Tuesday."""

numbers = count(1)


@pytest.fixture
def stack() -> MemoryStack:
    stack = MemoryStack()
    stack.location("near", latitude=48.1, longitude=11.6)
    stack.location("far", latitude=52.5, longitude=13.4)
    stack.sites["near"] = replace(stack.sites["near"], daily_capacity=5)
    stack.stock("mug", "near", 100)
    stack.stock("mug", "far", 100)
    return stack


def order(stack: MemoryStack, units: int) -> Order:
    order_id = f"o{next(numbers)}"
    stack.captured(placed(line("1", "mug", units, 1000 * units, 190 * units)), order_id)
    return advance(stack.ports(), order_id, f"m{order_id}")


def places(of: Order) -> list[tuple[str, int]]:
    return [(each.location_id, sum(each.counts.values())) for each in of.fulfillment_orders.values()]


def test_units_are_counted_on_the_day_on_which_they_leave(stack: MemoryStack) -> None:
    order(stack, 2)
    assert stack.rooms.taken == {("near", TUESDAY, 0): 2}


def test_when_the_nearest_is_full_the_next_one_ships_and_the_explanation_says_why(stack: MemoryStack) -> None:
    order(stack, 4)
    second = order(stack, 2)
    assert places(second) == [("far", 2)]
    near = next(each for each in second.explanations[0].candidates if each.location_id == "near")
    assert near.verdict == "has no room before 2026-03-04, and others have what is needed"
    assert stack.rooms.taken == {("near", TUESDAY, 0): 4}


@pytest.mark.parametrize("proof", [True, False])
def test_plans_are_proved_unless_there_is_no_time_for_it(
    stack: MemoryStack, monkeypatch: pytest.MonkeyPatch, *, proof: bool
) -> None:
    asked = list[bool]()

    def decided(question: Question, *, proof: bool) -> Decision:
        asked.append(proof)
        return decide(question, proof=proof)

    monkeypatch.setattr(room, "decide", decided)
    order(stack, 4)
    stack.captured(placed(line("1", "mug", 2, 2000, 380)), "hurried")
    asked.clear()
    assert places(advance(stack.ports(proof=proof), "hurried", "m")) == [("far", 2)]
    assert asked == [proof, proof], "the nearest had no room, so it was decided twice"


def test_what_still_fits_goes_to_the_nearest(stack: MemoryStack) -> None:
    order(stack, 4)
    assert places(order(stack, 1)) == [("near", 1)]
    assert stack.rooms.full == {}
    assert places(order(stack, 1)) == [("far", 1)]
    assert stack.rooms.full == {"near": WEDNESDAY}


def test_what_only_a_full_location_has_goes_out_from_there_on_the_first_day_with_room(stack: MemoryStack) -> None:
    del stack.levels["mug", "far"]
    first, second, third = order(stack, 5), order(stack, 3), order(stack, 3)
    assert [places(each)[0] for each in (first, second, third)] == [("near", 5), ("near", 3), ("near", 3)]
    assert stack.rooms.taken == {("near", TUESDAY, 0): 5, ("near", WEDNESDAY, 0): 3, ("near", THURSDAY, 0): 3}
    promised = [each.confirmed.expected_delivery for each in (first, second, third) if each.confirmed]
    assert promised == sorted(set(promised)), "who leaves later is told a later day"


def test_an_order_larger_than_a_day_is_spread_over_days(stack: MemoryStack) -> None:
    del stack.levels["mug", "far"]
    order(stack, 12)
    assert stack.rooms.taken == {("near", TUESDAY, 0): 5, ("near", WEDNESDAY, 0): 5, ("near", THURSDAY, 0): 2}


def test_cancelled_units_give_their_room_back_and_the_last_days_first(stack: MemoryStack) -> None:
    del stack.levels["mug", "far"]
    large = order(stack, 12)
    execute(stack, large.order_id, lambda of: decisions.cancel(of, {"1": 4}), stack.caller("some"))
    assert stack.rooms.taken == {("near", TUESDAY, 0): 5, ("near", WEDNESDAY, 0): 3, ("near", THURSDAY, 0): 0}
    execute(stack, large.order_id, decisions.cancel, stack.caller("all"))
    assert set(stack.rooms.taken.values()) == {0}


def test_another_order_that_took_the_room_meanwhile_makes_the_plan_anew(
    stack: MemoryStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = stack.rooms.used

    def late(location_id: str, first: date, last: date) -> dict[tuple[date, int], int]:
        found = dict(seen(location_id, first, last))
        if not stack.rooms.taken:
            stack.rooms.taken = {("near", TUESDAY, 0): 5}
        return found

    monkeypatch.setattr(stack.rooms, "used", late)
    assert places(order(stack, 1)) == [("far", 1)]
    assert stack.rooms.taken == {("near", TUESDAY, 0): 5}


def test_a_full_location_is_asked_last_whatever_the_rule(stack: MemoryStack) -> None:
    stack.sites["near"] = replace(stack.sites["near"], daily_capacity=1)
    stack.stock("mug", "far", -99)
    stack.rules = (SourcingRule(rule_id="near", objective=Objective(fewest_parcels=False, kilometre=100)),)
    assert places(order(stack, 1)) == [("near", 1)]
    assert places(order(stack, 1)) == [("far", 1)]
    assert places(order(stack, 1)) == [("near", 1)]


def test_slots_together_count_what_a_location_can_do() -> None:
    for capacity in (1, SLOT, SLOT + 1, 2 * SLOT, SLOT * MOST_SLOTS * 3 + 7):
        assert sum(quotas(capacity)) == capacity
        assert max(quotas(capacity)) - min(quotas(capacity)) <= 1
    assert len(quotas(SLOT)) == 1
    assert len(quotas(10**6)) == MOST_SLOTS


days = [date(2026, 3, day) for day in range(2, 2 + HORIZON)]


@given(
    st.integers(1, 900),
    st.integers(1, 1200),
    st.dictionaries(st.tuples(st.sampled_from(days), st.integers(0, 6)), st.integers(0, 300)),
    st.text(max_size=3),
)
@example(73, SLOT + 1, {(days[0], 0): 179}, "")
def test_no_slot_is_booked_beyond_its_quota_and_no_day_beyond_its_capacity(
    units: int, capacity: int, used: dict[tuple[date, int], int], seed: str
) -> None:
    room = find_room(units, days, used, capacity, seed)
    limits = quotas(capacity)
    for (day, slot), booked in room.taken.items():
        assert booked > 0
        assert used.get((day, slot), 0) + booked <= limits[slot]
        assert day <= room.last
    for day in days:
        taken = sum(each for (when, _), each in room.taken.items() if when == day)
        assert not taken or taken + sum(each for (when, _), each in used.items() if when == day) <= capacity
    assert sum(room.taken.values()) == units or room.last == days[-1]
