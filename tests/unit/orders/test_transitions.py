from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.orders.events import UnitState
from oms.orders.transitions import (
    ACTIONS,
    AT_LOCATION,
    AT_THE_COUNTER,
    CANCELLABLE,
    CANCELLATION_ANSWERS,
    FULFILLMENT_ACTIONS,
    IN_FULFILLMENT,
    MOVES,
    REJECT,
    FulfillmentStatus,
    OrderStatus,
    Way,
    fulfillment_actions,
    fulfillment_status,
    order_status,
)

S = UnitState
JOURNEY = [S.OPEN, S.BACKORDERED, S.ALLOCATED, S.PICKED, S.PACKED, S.SHIPPED, S.DELIVERED]
some_counts = st.dictionaries(st.sampled_from(list(S)), st.integers(0, 3))


def _counts(*states: S) -> dict[S, int]:
    return dict.fromkeys(states, 2)


def test_every_state_stands_in_the_table_and_only_a_new_address_or_a_rejection_leads_back() -> None:
    assert set(MOVES) == set(S)
    for source, targets in MOVES.items():
        for target in targets - {S.CANCELLED}:
            back = source in AT_LOCATION and target is S.OPEN
            assert back or JOURNEY.index(target) > JOURNEY.index(source)


def test_what_is_delivered_or_cancelled_moves_no_more_and_everything_else_can_get_there() -> None:
    assert MOVES[S.DELIVERED] == MOVES[S.CANCELLED] == frozenset()
    for state in JOURNEY[:-1]:
        reached, todo = set(), {state}
        while todo:
            reached |= todo
            todo = {target for each in todo for target in MOVES[each]} - reached
        assert S.DELIVERED in reached


def test_units_that_have_left_cannot_be_cancelled_unless_a_store_puts_back_what_was_sent_to_it() -> None:
    assert all(S.CANCELLED in MOVES[state] for state in CANCELLABLE)
    assert all(S.CANCELLED in MOVES[state] for state in AT_LOCATION)
    assert not any(
        S.CANCELLED in MOVES[state] for state in MOVES if state not in CANCELLABLE | AT_LOCATION | {S.SHIPPED}
    )
    cancels = {(way, each.name) for way in Way for each in ACTIONS[way] if each.target is S.CANCELLED}
    assert cancels == {(Way.PICKUP, "put-back"), (Way.TO_STORE, "put-back")}


@pytest.mark.parametrize("way", [Way.PICKUP, Way.TO_STORE])
@given(some_counts, st.booleans(), st.booleans())
def test_goods_are_handed_over_only_while_they_stand_ready_and_told_ready_only_when_all_are_there(
    way: Way,
    counts: dict[S, int],
    held: bool,  # noqa: FBT001 - drawn
    ready: bool,  # noqa: FBT001 - drawn
) -> None:
    allowed = set(fulfillment_actions(counts, accepted=True, held=held, way=way, ready=ready))
    names = {each.name for each in ACTIONS[way]}
    assert allowed <= {*names, REJECT}
    assert not (ready and REJECT in allowed), "what waits for its customer is handed over or put back"
    assert "deliver" not in names, "a parcel that arrives in a store has not reached the customer"
    assert not (held and allowed)
    assert not (AT_THE_COUNTER & allowed and not ready)
    if "ready" in allowed:
        stands = {state for state, count in counts.items() if count} & (AT_LOCATION | {S.SHIPPED})
        source = next(each.source for each in ACTIONS[way] if each.name == "ready")
        assert source in stands
        assert stands <= {source, S.SHIPPED}


@given(some_counts, st.booleans(), st.booleans())
def test_who_is_asked_to_put_units_back_can_answer_in_any_case(
    counts: dict[S, int],
    accepted: bool,  # noqa: FBT001 - drawn
    held: bool,  # noqa: FBT001 - drawn
) -> None:
    asked, not_asked = (
        fulfillment_actions(counts | {S.PICKED: 1}, accepted=True, held=held, asked=asked) for asked in (True, False)
    )
    # Whether the units are there is said first: until then nothing is rejected.
    assert asked == (*(each for each in not_asked if each != REJECT), *CANCELLATION_ANSWERS)
    assert not set(CANCELLATION_ANSWERS) & set(fulfillment_actions(counts, accepted=accepted, held=held))


def test_actions_are_moves_of_units_of_a_fulfillment_order_in_the_order_of_the_work() -> None:
    for before, after in pairwise(FULFILLMENT_ACTIONS):
        assert before.target is after.source
    for action in FULFILLMENT_ACTIONS:
        assert action.target in MOVES[action.source]
        assert {action.source, action.target} <= IN_FULFILLMENT
    assert {action.source for action in FULFILLMENT_ACTIONS} == AT_LOCATION | {S.SHIPPED}


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ([], OrderStatus.CANCELLED),
        ([S.CANCELLED], OrderStatus.CANCELLED),
        ([S.OPEN], OrderStatus.PLACED),
        ([S.OPEN, S.BACKORDERED], OrderStatus.BACKORDERED),
        ([S.BACKORDERED], OrderStatus.BACKORDERED),
        ([S.BACKORDERED, S.ALLOCATED], OrderStatus.IN_FULFILLMENT),
        ([S.OPEN, S.ALLOCATED], OrderStatus.IN_FULFILLMENT),
        ([S.PICKED], OrderStatus.IN_FULFILLMENT),
        ([S.PACKED, S.ALLOCATED], OrderStatus.IN_FULFILLMENT),
        ([S.SHIPPED, S.PACKED], OrderStatus.PARTIALLY_SHIPPED),
        ([S.SHIPPED, S.BACKORDERED], OrderStatus.PARTIALLY_SHIPPED),
        ([S.DELIVERED, S.OPEN], OrderStatus.PARTIALLY_SHIPPED),
        ([S.SHIPPED], OrderStatus.SHIPPED),
        ([S.SHIPPED, S.DELIVERED], OrderStatus.SHIPPED),
        ([S.DELIVERED], OrderStatus.DELIVERED),
    ],
)
def test_the_status_of_an_order_is_told_by_its_units(states: list[S], status: OrderStatus) -> None:
    assert order_status(_counts(*states), held=False) is status
    assert order_status(_counts(*states, S.CANCELLED), held=False) is status, "what is cancelled says nothing"
    assert order_status({**_counts(*states), S.PICKED: _counts(*states).get(S.PICKED, 0)}, held=False) is status
    held = OrderStatus.CANCELLED if status is OrderStatus.CANCELLED else OrderStatus.HELD
    assert order_status(_counts(*states), held=True) is held


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ([], FulfillmentStatus.CANCELLED),
        ([S.ALLOCATED], FulfillmentStatus.ACCEPTED),
        ([S.ALLOCATED, S.PACKED], FulfillmentStatus.ACCEPTED),
        ([S.PICKED], FulfillmentStatus.PICKED),
        ([S.PICKED, S.SHIPPED], FulfillmentStatus.PICKED),
        ([S.PACKED], FulfillmentStatus.PACKED),
        ([S.PACKED, S.DELIVERED], FulfillmentStatus.PACKED),
        ([S.SHIPPED, S.DELIVERED], FulfillmentStatus.SHIPPED),
        ([S.DELIVERED], FulfillmentStatus.DELIVERED),
    ],
)
def test_the_status_of_a_fulfillment_order_is_that_of_its_least_advanced_unit(
    states: list[S], status: FulfillmentStatus
) -> None:
    assert fulfillment_status(_counts(*states), accepted=True) is status
    assert fulfillment_status(_counts(*states, S.CANCELLED), accepted=True) is status


def test_before_it_is_accepted_a_fulfillment_order_is_open() -> None:
    assert fulfillment_status(_counts(S.ALLOCATED), accepted=False) is FulfillmentStatus.OPEN


@given(counts=some_counts, accepted=st.booleans())
def test_an_action_is_allowed_exactly_while_units_stand_at_its_source(*, counts: dict[S, int], accepted: bool) -> None:
    allowed = fulfillment_actions(counts, accepted=accepted, held=False)
    if not any(count for state, count in counts.items() if state is not S.CANCELLED):
        assert allowed == ()
    elif not accepted:
        assert allowed == ("accept", REJECT)
    else:
        work = tuple(action.name for action in FULFILLMENT_ACTIONS if counts.get(action.source))
        there = any(counts.get(state) for state in AT_LOCATION)
        assert allowed == (*work, *((REJECT,) if there else ()))


@given(counts=some_counts, accepted=st.booleans())
def test_a_held_order_lets_nothing_happen_but_the_arrival_of_what_has_left(
    *, counts: dict[S, int], accepted: bool
) -> None:
    assert fulfillment_actions(counts, accepted=accepted, held=True) == (("deliver",) if counts.get(S.SHIPPED) else ())


def test_every_mixture_of_states_has_a_status() -> None:
    for size in range(len(S) + 1):
        for states in combinations(S, size):
            assert order_status(_counts(*states), held=False) in OrderStatus
            assert fulfillment_status(_counts(*states), accepted=True) in FulfillmentStatus
