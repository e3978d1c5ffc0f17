from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.money import allocate
from oms.orders import events as ev
from oms.orders.events import HoldReason, OrderEvent, TrackingStatus, UnitRun, UnitState
from oms.orders.evolve import evolve, fold
from oms.orders.moving import BrokenHistory
from oms.orders.order import Entry, Order, expected_delivery, units_value
from oms.orders.outward import Outward, refund_decided
from oms.orders.transitions import OrderStatus
from tests.support.histories import life
from tests.support.orders import line, placed

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIFE = life()


def _after(count: int) -> Order:
    order = fold(LIFE[:count])
    assert order is not None
    return order


def _units(line_id: str, quantity: int, sku: str = "mug") -> tuple[ev.LineUnits, ...]:
    return (ev.LineUnits(line_id=line_id, sku=sku, quantity=quantity),)


def _allocated(line_id: str, quantity: int, fulfillment: str = "o1-1", location: str = "wien") -> ev.UnitsAllocated:
    allocation = ev.Allocation(
        fulfillment_order_id=fulfillment, location_id=location, line_id=line_id, sku="mug", quantity=quantity
    )
    return ev.UnitsAllocated(allocations=(allocation,))


def _cancelled(line_id: str, quantity: int, source: UnitState, fulfillment: str = "") -> ev.UnitsCancelled:
    gone = ev.CancelledUnits(
        line_id=line_id, sku="mug", quantity=quantity, source=source, fulfillment_order_id=fulfillment
    )
    return ev.UnitsCancelled(units=(gone,))


def _shipped(units: int, *, parcel: str = "o1-1-p1", location: str = "wien", complete: bool = True) -> ev.UnitsShipped:
    return ev.UnitsShipped(
        fulfillment_order_id="o1-1",
        parcel_id=parcel,
        location_id=location,
        units=_units("1", units),
        complete=complete,
    )


PLACED, ALLOCATED, ACCEPTED, PICKED, PACKED, SHIPPED = 3, 4, 8, 9, 11, 12
"""How many entries of the life lead to each of these."""

IMPOSSIBLE: list[tuple[str, int, OrderEvent]] = [
    ("more units than the line has", PLACED, _allocated("1", 4)),
    ("no unit at all", PLACED, _allocated("1", 0)),
    ("less than no unit", PLACED, _allocated("1", -1)),
    ("an unknown line", PLACED, _allocated("9", 1)),
    ("another location of the same fulfillment order", ALLOCATED, _allocated("1", 1, location="graz")),
    ("units that are shipped already", SHIPPED, ev.UnitsBackordered(units=_units("1", 3))),
    ("a hold that is open already", PLACED - 1, ev.OrderHeld(handle="hold-1", reason=HoldReason.MANUAL)),
    ("a hold that is not open", PLACED, ev.HoldReleased(handle="hold-1")),
    ("an unknown fulfillment order", PLACED, ev.FulfillmentAccepted(fulfillment_order_id="o1-1")),
    ("picking what is not allocated", ALLOCATED, ev.UnitsPicked(fulfillment_order_id="o1-1", units=_units("1", 3))),
    ("picking at the wrong place", ALLOCATED, ev.UnitsPicked(fulfillment_order_id="o1-2", units=_units("1", 1))),
    (
        "packing what is not picked",
        ACCEPTED,
        ev.UnitsPacked(fulfillment_order_id="o1-1", parcel_id="o1-1-p1", units=_units("1", 1)),
    ),
    (
        "a parcel of another fulfillment order",
        PICKED,
        ev.UnitsPacked(fulfillment_order_id="o1-1", parcel_id="o1-2-p1", units=_units("1", 1)),
    ),
    (
        "a parcel that is closed already",
        PACKED,
        ev.UnitsPacked(fulfillment_order_id="o1-1", parcel_id="o1-1-p1", units=_units("1", 1)),
    ),
    ("shipping what is not packed", PICKED, _shipped(2)),
    ("shipping from elsewhere", PACKED, _shipped(2, location="graz")),
    ("shipping a part and calling it complete", PACKED, _shipped(1)),
    ("shipping all and calling it a part", PACKED, _shipped(2, complete=False)),
    ("shipping twice", SHIPPED, _shipped(2)),
    ("shipping an unknown parcel", PACKED, _shipped(2, parcel="o1-1-p2")),
    ("delivering what has not left", PACKED, ev.ParcelDelivered(parcel_id="o1-1-p1", at=AT)),
    ("delivering twice", len(LIFE), ev.ParcelDelivered(parcel_id="o1-1-p1", at=AT)),
    ("delivering an unknown parcel", SHIPPED, ev.ParcelDelivered(parcel_id="o1-1-p2", at=AT)),
    (
        "a scan of an unknown parcel",
        PICKED,
        ev.ParcelTracked(parcel_id="o1-1-p1", scan_id="a", status=TrackingStatus.IN_TRANSIT, at=AT),
    ),
    (
        "a label for an unknown parcel",
        PICKED,
        ev.LabelBought(
            parcel_id="o1-1-p1", carrier="c", service="s", tracking_number="t", tracking_url="u", document="d"
        ),
    ),
    ("cancelling what is shipped", SHIPPED, _cancelled("1", 1, UnitState.SHIPPED, "o1-1")),
    ("cancelling more than there is", PLACED, _cancelled("1", 4, UnitState.OPEN)),
    ("cancelling at a location without saying where", ALLOCATED, _cancelled("1", 1, UnitState.ALLOCATED)),
    ("cancelling open units of a fulfillment order", ALLOCATED, _cancelled("1", 1, UnitState.OPEN, "o1-1")),
    ("providing what is on its way", SHIPPED, ev.UnitsProvided(units=_units("1", 3))),
    ("being placed again", PLACED, placed(line("1", "mug", 1, 100))),
]


@pytest.mark.parametrize(("version", "event"), [case[1:] for case in IMPOSSIBLE], ids=[case[0] for case in IMPOSSIBLE])
def test_what_cannot_have_happened_is_not_folded(version: int, event: OrderEvent) -> None:
    order = _after(version)
    with pytest.raises(BrokenHistory):
        evolve(order, event, order_id="o1", at=AT)
    assert order == _after(version), "a state is never changed, only followed by another"


MUGS = line("1", "mug", 2, 100, 20)


@pytest.mark.parametrize(
    "broken",
    [
        placed(MUGS, MUGS),
        placed(replace(MUGS, quantity=3)),
        placed(replace(MUGS, quantity=0, units=())),
        placed(replace(MUGS, net=101)),
        placed(replace(MUGS, tax=19)),
        placed(replace(MUGS, units=(UnitRun(count=3, net=50, tax=10), UnitRun(count=-1, net=50, tax=10)))),
    ],
    ids=["a line twice", "too few units", "no units", "net", "tax", "less than no units"],
)
def test_an_order_whose_lines_contradict_themselves_is_not_folded(broken: ev.OrderPlaced) -> None:
    with pytest.raises(BrokenHistory):
        evolve(None, broken, order_id="o1", at=AT)


def test_an_order_begins_with_being_placed() -> None:
    with pytest.raises(BrokenHistory, match="begins with OrderConfirmed"):
        evolve(None, ev.OrderConfirmed(), order_id="o1", at=AT)


@given(st.integers(0, len(LIFE)))
def test_a_log_read_in_two_parts_gives_the_same_order(cut: int) -> None:
    assert fold(LIFE[cut:], fold(LIFE[:cut])) == fold(LIFE)


def test_the_state_of_each_moment_is_the_fold_up_to_it() -> None:
    statuses = [_after(version).status.value for version in range(1, len(LIFE) + 1)]
    assert statuses == [
        "placed",
        "held",
        "placed",
        *["in_fulfillment"] * 8,
        *["partially_shipped"] * 5,
    ]
    assert _after(1).contact == LIFE[0].contact == _after(len(LIFE)).contact
    assert _after(5).updated_at == LIFE[4].at
    assert _after(5).version == 5
    assert expected_delivery(_after(6)) is None
    assert expected_delivery(_after(7)) == (LIFE[0].at + timedelta(days=3)).date()
    assert _after(3).causes == {"cause-1", "cause-2", "cause-3"}
    assert fold([]) is None


def test_the_contact_is_that_of_the_last_entry_that_had_one() -> None:
    contact = LIFE[0].contact
    assert contact is not None
    moved = replace(contact, phone="+43 1 5550199")
    change = Entry(
        order_id="o1",
        seq=2,
        at=LIFE[0].at,
        actor="test",
        cause="c",
        events=(ev.ContactChanged(fields=("phone",)),),
        contact=moved,
    )
    order = fold([LIFE[0], change, replace(LIFE[1], seq=3)])
    assert order is not None
    assert order.contact == moved


def test_a_parcel_of_many_skus_leaves_in_several_events_and_has_left_with_the_last() -> None:
    order = _after(PACKED)
    order = evolve(order, _shipped(1, complete=False), order_id="o1", at=AT)
    assert order.parcels["o1-1-p1"].shipped_at is None
    order = evolve(order, _shipped(1), order_id="o1", at=AT)
    assert order.parcels["o1-1-p1"].shipped_at == AT


def test_what_is_cancelled_is_not_owed_and_of_a_cancelled_order_nothing_is() -> None:
    order = _after(1)
    assert (order.total, order.due) == (5290, 5290)
    assert _after(6).due == 5290 - 600
    everything = [
        _cancelled("1", 3, UnitState.OPEN),
        _cancelled("2", 2, UnitState.OPEN),
    ]
    for event in everything:
        order = evolve(order, event, order_id="o1", at=AT)
    assert (order.status, order.due) == (OrderStatus.CANCELLED, 0)


def test_a_total_below_the_sum_of_the_lines_never_makes_us_owe_the_customer() -> None:
    order = evolve(None, placed(line("1", "mug", 3, 3000), total=1000), order_id="o1", at=AT)
    order = evolve(order, _cancelled("1", 2, UnitState.OPEN), order_id="o1", at=AT)
    assert order.due == 0


def test_units_that_need_no_parcel_do_not_make_an_order_look_shipped() -> None:
    sold = placed(line("1", "mug", 1, 100), line("2", "gift-card", 1, 100, ships=False))
    order = evolve(None, sold, order_id="o1", at=AT)
    order = evolve(order, ev.UnitsProvided(units=_units("2", 1, "gift-card")), order_id="o1", at=AT)
    assert order.status is OrderStatus.PLACED
    order = evolve(order, ev.UnitsBackordered(units=_units("1", 1)), order_id="o1", at=AT)
    assert order.status is OrderStatus.BACKORDERED
    order = evolve(order, _cancelled("1", 1, UnitState.BACKORDERED), order_id="o1", at=AT)
    assert order.status is OrderStatus.DELIVERED


amounts = st.integers(-(10**6), 10**6)


@given(st.integers(1, 40), amounts, amounts, st.data())
def test_the_values_of_units_sum_up_to_the_lines_in_whatever_portions(
    quantity: int, net: int, tax: int, data: st.DataObject
) -> None:
    """What is charged parcel by parcel, or refunded unit by unit, is exactly what was sold."""
    nets, taxes = allocate(net, [1] * quantity), allocate(tax, [1] * quantity)
    runs = tuple(UnitRun(count=1, net=n, tax=t) for n, t in zip(nets, taxes, strict=True))
    sold = replace(line("1", "mug", 1, 0), quantity=quantity, net=net, tax=tax, units=runs)
    order = evolve(None, placed(sold), order_id="o1", at=AT)
    values = [units_value(sold, count) for count in range(quantity + 1)]
    assert values[0] == 0
    assert values[-1] == net + tax
    assert [b - a for a, b in pairwise(values)] == [run.net + run.tax for run in runs]
    start = data.draw(st.integers(0, quantity))
    count = data.draw(st.integers(0, quantity - start))
    assert order.value_between("1", start, count) == values[start + count] - values[start]


def _steps(count: int) -> int:
    """Calls, of Python and of what it is made of, that fold the log of a delivered order of so many lines."""
    lines = [line(str(n), f"sku-{n}", 2, 200, 40) for n in range(count)]
    units = tuple(ev.LineUnits(line_id=each.line_id, sku=each.sku, quantity=2) for each in lines)
    allocations = tuple(
        ev.Allocation(fulfillment_order_id="o1-1", location_id="wien", line_id=each.line_id, sku=each.sku, quantity=2)
        for each in lines
    )
    events: list[OrderEvent] = [
        placed(*lines),
        ev.UnitsAllocated(allocations=allocations),
        ev.FulfillmentAccepted(fulfillment_order_id="o1-1"),
        ev.UnitsPicked(fulfillment_order_id="o1-1", units=units),
        ev.UnitsPacked(fulfillment_order_id="o1-1", parcel_id="o1-1-p1", units=units),
        ev.UnitsShipped(fulfillment_order_id="o1-1", parcel_id="o1-1-p1", location_id="wien", units=units),
        ev.ParcelDelivered(parcel_id="o1-1-p1", at=AT),
    ]
    entry = Entry(order_id="o1", seq=1, at=AT, actor="t", cause="c", events=tuple(events))
    steps = 0

    def step(_frame: object, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        order = fold([entry])
    finally:
        sys.setprofile(before)
    assert order is not None
    assert order.status is OrderStatus.DELIVERED
    return steps


def test_the_steps_that_fold_a_long_order_grow_with_its_lines_and_not_with_their_square() -> None:
    few, many = _steps(50), _steps(250)
    assert many < 6 * few


def test_refunds_stand_in_the_order_in_which_they_were_decided() -> None:
    known = Outward()
    for number in (1, 2, 3):
        known = refund_decided(known, f"refund-{number}", AT, credits_so_far=number)
    assert [each.credits for each in known.refunds.values()] == [1, 2, 3], "each has the credits since the one before"
