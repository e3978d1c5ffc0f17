"""What staff and carriers may do to a fulfillment order, and what every order of doing it ends in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.carriers.protocol import Scan
from oms.carriers.simulated import tracking_number
from oms.errors import Conflict, InvalidInput, NotAllowed, NotFound
from oms.fulfillment import decisions, scanned
from oms.fulfillment.decisions import Packing
from oms.orders import events as ev
from oms.orders.decisions import cancel, hold, release
from oms.orders.events import HoldReason, OrderEvent, TrackingStatus, UnitState
from oms.orders.evolve import fold
from oms.orders.journey import history, tracking_status
from oms.orders.order import Entry, Order
from oms.orders.transitions import FULFILLMENT_ACTIONS, FulfillmentStatus
from tests.unit.fulfillment.warehouse import NUMBER, PARCEL, SHARE, Warehouse, many, mugs, plates, scan

T0 = datetime(2026, 3, 2, 12, tzinfo=UTC)
DELIVERED = TrackingStatus.DELIVERED


@pytest.fixture
def order() -> Order:
    return Warehouse().sold(mugs(3), plates(2))


def after(order: Order, *steps: list[OrderEvent] | list[ev.UnitsPacked]) -> Order:
    """The order after decisions that were made on the order before each of them."""
    for events in steps:
        if events:
            entry = Entry(
                order_id=order.order_id,
                seq=order.version + 1,
                at=T0 + timedelta(seconds=order.version),
                actor="test",
                cause=f"c{order.version}",
                events=tuple(events),
            )
            order = fold([entry], order) or order
    return order


def label(parcel_id: str = PARCEL) -> list[OrderEvent]:
    number = tracking_number(parcel_id)
    return [
        ev.LabelBought(
            parcel_id=parcel_id,
            carrier="simulated",
            service="standard",
            tracking_number=number,
            tracking_url="",
            document="",
        )
    ]


def accepted(order: Order) -> Order:
    return after(order, decisions.accept(order, SHARE))


def picked(order: Order) -> Order:
    order = accepted(order)
    return after(order, decisions.pick(order, SHARE))


def packed(order: Order) -> Order:
    order = picked(order)
    return after(order, decisions.pack(order, SHARE, Packing(grams=900)), label())


def shipped(order: Order) -> Order:
    order = packed(order)
    return after(order, decisions.ship(order, SHARE))


def status(order: Order) -> FulfillmentStatus:
    return order.fulfillment_orders[SHARE].status


def test_the_work_goes_from_open_to_delivered_in_one_line(order: Order) -> None:
    seen = [status(each) for each in (order, accepted(order), picked(order), packed(order), shipped(order))]
    final = after(shipped(order), decisions.deliver(shipped(order), SHARE, at=T0))
    assert [*seen, status(final)] == ["open", "accepted", "picked", "packed", "shipped", "delivered"]
    assert final.parcels[PARCEL].delivered_at == T0


def test_each_action_done_again_does_nothing(order: Order) -> None:
    assert decisions.accept(accepted(order), SHARE) == []
    assert decisions.pick(picked(order), SHARE) == []
    assert decisions.pack(packed(order), SHARE, Packing(grams=900)) == []
    assert decisions.ship(shipped(order), SHARE) == []
    final = after(shipped(order), decisions.deliver(shipped(order), SHARE, at=T0))
    assert decisions.deliver(final, SHARE, at=T0 + timedelta(days=1)) == []
    assert decisions.deliver(final, SHARE, at=T0, parcel_id=PARCEL) == []


def test_a_refused_action_names_itself_the_status_and_what_is_allowed(order: Order) -> None:
    with pytest.raises(NotAllowed, match=f"cannot ship fulfillment order {SHARE}: it is open; allowed now: accept"):
        decisions.ship(order, SHARE)
    with pytest.raises(NotAllowed, match="it is accepted; allowed now: pick"):
        decisions.pack(accepted(order), SHARE, Packing())
    with pytest.raises(NotAllowed, match="it is packed; allowed now: ship"):
        decisions.deliver(packed(order), SHARE, at=T0)


def test_units_are_picked_and_packed_in_parts(order: Order) -> None:
    order = accepted(order)
    order = after(order, decisions.pick(order, SHARE, {"1": 2}))
    assert status(order) is FulfillmentStatus.ACCEPTED
    order = after(order, decisions.pack(order, SHARE, Packing(units={"1": 1})), decisions.pick(order, SHARE))
    assert order.actions_of(order.fulfillment_orders[SHARE]) == ("pack", "ship", "reject")
    order = after(order, decisions.pack(order, SHARE, Packing()))
    assert [dict(units_in(order, each)) for each in order.fulfillment_orders[SHARE].parcel_ids] == [
        {"1": 1},
        {"1": 2, "2": 2},
    ]


def units_in(order: Order, parcel_id: str) -> list[tuple[str, int]]:
    return [(unit.line_id, unit.quantity) for unit in order.parcels[parcel_id].packed.units]


def test_more_units_than_there_are_are_refused_line_by_line(order: Order) -> None:
    with pytest.raises(NotAllowed) as refused:
        decisions.pick(accepted(order), SHARE, {"1": 4, "2": 2})
    assert [(each.path, each.message) for each in refused.value.errors] == [("lines.1", "3 units are allocated, not 4")]


def test_unknown_lines_and_empty_wishes_are_refused(order: Order) -> None:
    with pytest.raises(NotFound, match="no line 7"):
        decisions.pick(accepted(order), SHARE, {"7": 1})
    for nothing in ({}, {"1": 0}, {"1": -1}):
        with pytest.raises(InvalidInput):
            decisions.pick(accepted(order), SHARE, nothing)
    with pytest.raises(NotFound):
        decisions.accept(order, "oabcdefghij2345klmnop-9")


def test_a_parcel_named_again_is_the_same_parcel_or_a_conflict(order: Order) -> None:
    order = picked(order)
    first = Packing(number=1, units={"1": 2}, grams=400)
    order = after(order, decisions.pack(order, SHARE, first))
    assert decisions.pack(order, SHARE, first) == []
    for other in (Packing(number=1, units={"1": 1}, grams=400), Packing(number=1, units={"1": 2}, grams=401)):
        with pytest.raises(Conflict, match=r"parcel 1 .* is closed"):
            decisions.pack(order, SHARE, other)
    with pytest.raises(Conflict, match=r"next parcel .* is number 2, not 3"):
        decisions.pack(order, SHARE, Packing(number=3))
    assert decisions.pack(order, SHARE, Packing(number=2))[0].parcel_id == f"{SHARE}-p2"


def test_one_parcel_leaves_while_another_is_packed(order: Order) -> None:
    order = picked(order)
    order = after(order, decisions.pack(order, SHARE, Packing(units={"1": 3})))
    order = after(order, decisions.ship(order, SHARE, PARCEL))
    assert decisions.ship(order, SHARE, PARCEL) == []
    with pytest.raises(NotAllowed, match="allowed now: pack, deliver"):
        decisions.ship(order, SHARE)
    with pytest.raises(NotFound, match="it has oabcdefghij2345klmnop-1-p1"):
        decisions.ship(order, SHARE, f"{SHARE}-p2")


@pytest.mark.parametrize("held", [HoldReason.MANUAL, HoldReason.BAD_ADDRESS])
def test_nothing_leaves_the_house_while_the_order_is_held(order: Order, held: HoldReason) -> None:
    def on_hold(state: Order) -> Order:
        return after(state, hold(state, held))

    for act in (
        lambda: decisions.accept(on_hold(order), SHARE),
        lambda: decisions.pick(on_hold(accepted(order)), SHARE),
        lambda: decisions.pack(on_hold(picked(order)), SHARE, Packing()),
        lambda: decisions.ship(on_hold(packed(order)), SHARE),
    ):
        with pytest.raises(NotAllowed, match=rf"its order is held \({held}\); allowed now: nothing"):
            act()


def test_what_has_left_arrives_even_while_the_order_is_held(order: Order) -> None:
    order = picked(order)
    order = after(order, decisions.pack(order, SHARE, Packing(units={"1": 3})), label())
    order = after(order, decisions.ship(order, SHARE))
    order = after(order, hold(order, HoldReason.MANUAL))
    assert decisions.deliver(order, SHARE, at=T0) == [ev.ParcelDelivered(parcel_id=PARCEL, at=T0)]
    assert len(scanned.track(order, "simulated", [scan(DELIVERED, T0)], now=T0)) == 2


def test_a_cancelled_fulfillment_order_allows_nothing(order: Order) -> None:
    order = after(order, cancel(order))
    for act in (decisions.accept, decisions.pick, decisions.ship):
        with pytest.raises(NotAllowed, match="it is cancelled; allowed now: nothing"):
            act(order, SHARE)


def test_a_parcel_of_very_many_skus_leaves_in_several_events_that_add_up() -> None:
    order = packed(Warehouse().sold(*many(200)))
    sizes, complete = [], []
    while decisions.unshipped(order, SHARE):
        (event,) = decisions.ship(order, SHARE)
        assert isinstance(event, ev.UnitsShipped)
        sizes.append(len({unit.sku for unit in event.units}))
        complete.append(event.complete)
        assert order.parcels[PARCEL].shipped_at is None
        order = after(order, [event])
    assert sizes == [90, 90, 20]
    assert complete == [False, False, True]
    assert status(order) is FulfillmentStatus.SHIPPED


def test_several_parcels_leave_in_one_entry_as_long_as_its_transaction_has_room() -> None:
    order = picked(Warehouse().sold(*many(100)))
    for start in (1, 61, 81):
        units = {str(number): 1 for number in range(start, min(start + (60 if start == 1 else 20), 101))}
        order = after(order, decisions.pack(order, SHARE, Packing(units=units)))
    first = decisions.ship(order, SHARE)
    assert [(len(each.units), each.complete) for each in first if isinstance(each, ev.UnitsShipped)] == [
        (60, True),
        (20, True),
        (10, False),
    ]
    second = decisions.ship(after(order, first), SHARE)
    assert [(len(each.units), each.complete) for each in second if isinstance(each, ev.UnitsShipped)] == [(10, True)]


# What carriers say.


def journey() -> list[Scan]:
    return [
        scan(TrackingStatus.IN_TRANSIT, T0 + timedelta(hours=1)),
        scan(TrackingStatus.OUT_FOR_DELIVERY, T0 + timedelta(hours=20)),
        scan(TrackingStatus.EXCEPTION, T0 + timedelta(hours=22)),
        scan(DELIVERED, T0 + timedelta(hours=30)),
    ]


def told(order: Order, scans: list[Scan]) -> Order:
    return after(order, scanned.track(order, "simulated", scans, now=T0))


def test_scans_in_every_order_and_twice_end_in_one_state(order: Order) -> None:
    order = shipped(order)
    expected = told(order, journey())
    for some in permutations(journey()):
        state = order
        for each in some:
            state = told(told(state, [each]), [each])
        parcel = state.parcels[PARCEL]
        assert history(parcel) == history(expected.parcels[PARCEL])
        assert tracking_status(parcel) is DELIVERED
        assert parcel.delivered_at == T0 + timedelta(hours=30)
        assert state.counts == expected.counts


@given(st.permutations(range(4)), st.integers(0, 4), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_scans_and_the_booking_out_may_come_in_any_order(turns: list[int], when: int, together: int) -> None:
    """The carrier may know of the parcel before staff has said that it left."""
    state = packed(Warehouse().sold(mugs(3), plates(2)))
    scans = journey()
    said: list[list[Scan]] = [[scans[turn] for turn in turns[: together + 1]]]
    said += [[scans[turn]] for turn in turns[together + 1 :]]
    for number, group in enumerate(said):
        if number == min(when, len(said) - 1):
            state = after(state, decisions.ship(state, SHARE))
        state = told(state, group)
        assert not state.parcels[PARCEL].delivered_at or state.parcels[PARCEL].shipped_at
    assert status(state) is FulfillmentStatus.DELIVERED
    assert state.parcels[PARCEL].delivered_at == T0 + timedelta(hours=30)
    assert len(state.parcels[PARCEL].scans) == 4


def test_a_late_scan_after_delivery_is_recorded_and_changes_nothing(order: Order) -> None:
    order = told(shipped(order), [scan(DELIVERED, T0 + timedelta(hours=5))])
    late = scanned.track(order, "simulated", [scan(TrackingStatus.IN_TRANSIT, T0 + timedelta(hours=9))], now=T0)
    assert [type(event) for event in late] == [ev.ParcelTracked]
    assert tracking_status(after(order, late).parcels[PARCEL]) is DELIVERED


def test_a_second_delivery_scan_delivers_nothing_twice(order: Order) -> None:
    order = told(shipped(order), [scan(DELIVERED, T0, scan_id="a")])
    again = scanned.track(order, "simulated", [scan(DELIVERED, T0 + timedelta(hours=1), scan_id="b")], now=T0)
    assert [type(event) for event in again] == [ev.ParcelTracked]


def test_staff_and_carrier_may_both_say_delivered(order: Order) -> None:
    order = shipped(order)
    by_hand = after(order, decisions.deliver(order, SHARE, at=T0))
    events = scanned.track(by_hand, "simulated", [scan(DELIVERED, T0)], now=T0)
    assert [type(event) for event in events] == [ev.ParcelTracked]


def test_scans_of_other_parcels_and_other_carriers_are_passed_over(order: Order) -> None:
    order = shipped(order)
    assert scanned.track(order, "simulated", [scan(DELIVERED, T0, number="SIM1")], now=T0) == []
    assert scanned.track(order, "other", [scan(DELIVERED, T0, number=NUMBER)], now=T0) == []


def test_before_any_scan_a_label_is_all_there_is(order: Order) -> None:
    assert tracking_status(packed(order).parcels[PARCEL]) is TrackingStatus.LABEL_CREATED


# Everything at once.

Wish = tuple[str, int, int]

wishes = st.lists(
    st.tuples(
        st.sampled_from(
            [*["work"] * 9, "accept", "pick", "pack", "ship", "deliver", "track", "track", "hold", "release", "cancel"]
        ),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    min_size=8,
    max_size=30,
)


def decide(order: Order, wish: Wish) -> list[OrderEvent]:
    action, first, second = wish
    if action == "work":  # something that is possible now, so that histories become long
        allowed = order.actions_of(order.fulfillment_orders[SHARE]) or ("release",)
        action = allowed[second % len(allowed)]
    units = {line_id: count for line_id, count in (("1", first), ("2", second)) if count} or None
    parcels = order.fulfillment_orders[SHARE].parcel_ids
    parcel_id = parcels[first % len(parcels)] if parcels and second else None
    match action:
        case "accept":
            return decisions.accept(order, SHARE)
        case "pick":
            return decisions.pick(order, SHARE, units)
        case "pack":
            packing = Packing(units=units, grams=first)
            return [event for each in decisions.pack(order, SHARE, packing) for event in (each, *label(each.parcel_id))]
        case "ship":
            return decisions.ship(order, SHARE, parcel_id)
        case "deliver":
            return decisions.deliver(order, SHARE, at=T0, parcel_id=parcel_id)
        case "track":
            said = list(TrackingStatus)[(first + 4 * second) % 6]
            number = tracking_number(parcel_id or PARCEL)
            return scanned.track(order, "simulated", [scan(said, T0 + timedelta(hours=first), number=number)], now=T0)
        case "hold":
            return hold(order, HoldReason.MANUAL)
        case "release":
            return release(order, next(iter(order.holds), "none"))
        case _:
            return cancel(order, units or {})


@given(wishes)
@settings(max_examples=250, deadline=None)
def test_every_unit_has_exactly_one_fate_and_actions_say_what_is_possible(script: list[Wish]) -> None:
    order = START
    for wish in script:
        try:
            events = decide(order, wish)
        except (NotAllowed, NotFound, Conflict):
            continue
        order = after(order, events)
        share = order.fulfillment_orders[SHARE]
        for line_id, line in order.lines.items():
            assert sum(line.counts.values()) == line.placed.quantity
            assert {s: n for s, n in line.counts.items() if n} == {s: n for s, n in share.lines[line_id].items() if n}
        in_parcels = sum(count for parcel in order.parcels.values() for _, count in units_in(order, parcel.parcel_id))
        beyond = {UnitState.PACKED, UnitState.SHIPPED, UnitState.DELIVERED}
        assert in_parcels == sum(count for state, count in share.counts.items() if state in beyond)
        for parcel in order.parcels.values():
            assert parcel.delivered_at is None or parcel.shipped_at is not None
        allowed = order.actions_of(share)
        for action in ("accept", *(each.name for each in FULFILLMENT_ACTIONS)):
            assert possible(order, action) is (action in allowed), (action, allowed, share.counts)


def possible(order: Order, action: str) -> bool:
    """Whether the action in its plainest form does anything now."""
    try:
        return bool(decide(order, (action, 0, 0)))
    except NotAllowed:
        return False


START = Warehouse().sold(mugs(3), plates(2))
