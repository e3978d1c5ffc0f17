"""Cancelling what a location works on: it is asked, and its answer moves exactly the units that it was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.errors import NotAllowed, NotFound
from oms.fulfillment import decisions as work
from oms.fulfillment.decisions import Packing
from oms.orders import decisions
from oms.orders.cancellation import LATE, accept, cancel_or_ask, decline, open_requests
from oms.orders.cancelling import CancellationDeclined, CancellationRequested, CancellationStatus
from oms.orders.draft import Draft
from oms.orders.events import CancelledUnits, FulfillmentAccepted, HoldReason, LineUnits, UnitsCancelled, UnitState
from oms.orders.log import append, load
from oms.orders.moving import BrokenHistory
from oms.orders.order import Order
from oms.orders.preview import preview
from oms.orders.transitions import OrderStatus
from oms.routing.process import advance
from oms.stock.movements import movements
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed

SHARE = "o1-1"
REQUEST = "o1-1-c1"


def accepted(stack: MemoryStack, *, picked: int = 0, packed: int = 0) -> Order:
    """Three mugs of 3.34, 3.33, 3.33 and a cup at a location that has accepted the work; mugs picked and packed."""
    for sku in ("mug", "cup"):
        stack.stock(sku, "north", 5)
    stack.captured(placed(line("1", "mug", 3, 1000), line("2", "cup", 1, 400), shipping=100, instrument="sim_ok"), "o1")
    draft = Draft(advance(stack.ports(), "o1", "m1"))
    draft.add(work.accept(draft.order, SHARE))
    if picked:
        draft.add(work.pick(draft.order, SHARE, {"1": picked}))
    if packed:
        draft.add(work.pack(draft.order, SHARE, Packing(units={"1": packed})))
    return append(stack, load(stack, "o1"), draft.events, stack.caller("work"))


def ask(stack: MemoryStack, wish: dict[str, int] | None = None) -> Order:
    order = load(stack, "o1")
    return append(stack, order, cancel_or_ask(order, wish, reason="too late for the feast").events, stack.caller("ask"))


def answer(stack: MemoryStack, *, yes: bool, request_id: str | None = None) -> Order:
    order = load(stack, "o1")
    events = accept(order, SHARE, request_id).events if yes else decline(order, SHARE, "it is packed", request_id)
    append(stack, order, events, stack.caller(f"answer {order.version}"))
    return advance(stack.ports(), "o1", f"answered {order.version}")


def test_a_location_that_took_the_work_is_asked_and_nothing_moves_before_it_answers() -> None:
    stack = MemoryStack()
    before = accepted(stack, picked=1)
    order = ask(stack, {"1": 2})
    assert (order.due, order.counts) == (before.due, before.counts)
    (request,) = order.cancellations.values()
    assert order.asked_for(request) == {"1": 2}
    assert order.cancellation_status(request) is CancellationStatus.REQUESTED
    assert order.actions_of(order.fulfillment_orders[SHARE]) == (
        "pick",
        "pack",
        "cancellation/accept",
        "cancellation/decline",
    )


def test_what_nobody_works_on_is_cancelled_at_once_and_the_rest_is_asked_for() -> None:
    stack = MemoryStack()
    accepted(stack)
    order = load(stack, "o1")
    stack.captured(placed(line("1", "mug", 4, 400)), "o2")
    stack.stock("mug", "south", 0)
    assert isinstance(cancel_or_ask(order).events[0], CancellationRequested)
    other = advance(stack.ports(), "o2", "m2")  # two at the location, two on backorder
    other = append(stack, other, [FulfillmentAccepted(fulfillment_order_id="o2-1")], stack.caller("a"))
    first, second = cancel_or_ask(other, {"1": 3}).events
    assert isinstance(first, UnitsCancelled)
    assert [(unit.source, unit.quantity) for unit in first.units] == [(UnitState.BACKORDERED, 2)]
    assert isinstance(second, CancellationRequested)
    assert [unit.quantity for unit in second.units] == [1]


def test_accepted_units_are_put_back_from_shelf_hand_and_parcel_and_their_stock_is_free() -> None:
    stack = MemoryStack()
    accepted(stack, picked=2, packed=1)
    ask(stack)
    order = answer(stack, yes=True)
    assert (order.status, order.due) == (OrderStatus.CANCELLED, 0)
    assert stack.levels["mug", "north"].available == stack.levels["cup", "north"].available == 5
    events = [event for entry in stack.log["o1"] for event in entry.events if isinstance(event, UnitsCancelled)]
    sources = [unit.source for event in events for unit in event.units]
    assert sources == [UnitState.ALLOCATED, UnitState.PICKED, UnitState.PACKED, UnitState.ALLOCATED]
    assert sum(stack.gateway.releases.values()) == 1500
    assert order.parcels[f"{SHARE}-p1"].contents == ()
    assert order.actions_of(order.fulfillment_orders[SHARE]) == ()
    assert work.unshipped(order, SHARE) == []


def test_a_part_that_is_accepted_lets_go_exactly_its_share() -> None:
    stack = MemoryStack()
    before = accepted(stack, picked=3, packed=3)
    ask(stack, {"1": 2})
    order = answer(stack, yes=True)
    assert before.due - order.due == 666
    (request,) = order.cancellations.values()
    assert (order.cancellation_status(request), request.cancelled) == (CancellationStatus.ACCEPTED, {"1": 2})
    parcel = order.parcels[f"{SHARE}-p1"]
    assert [(unit.line_id, unit.quantity) for unit in parcel.contents] == [("1", 1)]
    order = append(stack, order, work.ship(order, SHARE), stack.caller("ship"))
    assert order.lines["1"].counts[UnitState.SHIPPED] == 1
    order = advance(stack.ports(), "o1", "shipped")
    assert order.charged == 334 + 100
    assert work.ship(order, SHARE, f"{SHARE}-p1") == []


def test_a_declined_request_leaves_everything_as_it_is_and_may_be_made_again() -> None:
    stack = MemoryStack()
    before = accepted(stack, picked=3)
    ask(stack, {"1": 1})
    order = answer(stack, yes=False)
    assert (order.due, order.counts) == (before.due, before.counts)
    (request,) = order.cancellations.values()
    assert order.cancellation_status(request) is CancellationStatus.DECLINED
    assert "cancellation/accept" not in order.actions_of(order.fulfillment_orders[SHARE])
    assert list(ask(stack, {"1": 1}).cancellations) == [REQUEST, "o1-1-c2"]


def test_shipping_all_the_same_is_an_answer() -> None:
    stack = MemoryStack()
    accepted(stack, picked=3, packed=3)
    order = ask(stack, {"1": 2})
    *_, last = work.ship(order, SHARE)
    assert last == CancellationDeclined(request_id=REQUEST, reason=LATE, late=True)
    order = append(stack, order, work.ship(order, SHARE), stack.caller("ship"))
    assert open_requests(order, SHARE) == []
    with pytest.raises(NotAllowed, match="declined"):
        accept(order, SHARE)


def test_what_left_in_part_can_be_put_back_in_part() -> None:
    stack = MemoryStack()
    accepted(stack, picked=3, packed=2)
    order = ask(stack, {"1": 2})
    events = work.ship(order, SHARE)
    assert not any(isinstance(event, CancellationDeclined) for event in events)
    order = append(stack, order, events, stack.caller("ship"))
    (request,) = order.cancellations.values()
    assert order.asked_for(request) == {"1": 1}
    order = answer(stack, yes=True)
    assert order.cancellation_status(order.cancellations[REQUEST]) is CancellationStatus.ACCEPTED
    assert (order.lines["1"].counts[UnitState.CANCELLED], order.lines["1"].counts[UnitState.SHIPPED]) == (1, 2)


def test_nobody_is_asked_for_the_same_units_twice() -> None:
    stack = MemoryStack()
    accepted(stack)
    order = ask(stack, {"1": 2})
    assert (order.askable("1"), order.cancellable("1")) == (1, 0)
    with pytest.raises(NotAllowed) as refused:
        cancel_or_ask(order, {"1": 2})
    assert refused.value.errors[0].message == "1 of 2 units can still be cancelled"
    with pytest.raises(NotAllowed):
        decisions.cancel(order, {"1": 1})


def test_the_same_answer_twice_is_given_once_and_the_other_one_is_refused() -> None:
    stack = MemoryStack()
    accepted(stack)
    with pytest.raises(NotAllowed, match="not asked"):
        accept(load(stack, "o1"), SHARE)
    with pytest.raises(NotFound):
        decline(load(stack, "o1"), "o1-9", "no")
    ask(stack, {"1": 1})
    with pytest.raises(NotFound):
        accept(load(stack, "o1"), SHARE, "o1-1-c9")
    order = answer(stack, yes=True, request_id=REQUEST)
    assert accept(order, SHARE).events == accept(order, SHARE, REQUEST).events == ()
    for request_id in (None, REQUEST):
        with pytest.raises(NotAllowed, match="accepted"):
            decline(order, SHARE, "no", request_id)


def test_a_request_can_be_answered_while_the_order_is_held() -> None:
    stack = MemoryStack()
    accepted(stack)
    order = ask(stack)
    order = append(stack, order, decisions.hold(order, HoldReason.MANUAL), stack.caller("hold"))
    assert order.actions_of(order.fulfillment_orders[SHARE]) == ("cancellation/accept", "cancellation/decline")
    assert answer(stack, yes=True).status is OrderStatus.CANCELLED


def test_a_preview_of_a_cancellation_tells_what_is_freed_and_whom_it_would_ask() -> None:
    stack = MemoryStack()
    stack.stock("mug", "north", 5)
    stack.captured(placed(line("1", "mug", 3, 1000), instrument="sim_ok"), "o1")
    order = advance(stack.ports(), "o1", "m1")
    effect = preview(order, lambda now: cancel_or_ask(now, {"1": 2}))
    assert (effect.to_release, effect.to_refund, effect.to_collect, effect.after.due) == (666, 0, 0, 334)
    assert [(unit.location_id, unit.quantity) for unit in effect.cancelled] == [("north", 2)]
    assert [(move.available, move.committed) for move in movements(order, effect.events)] == [(2, -2)]
    assert load(stack, "o1") == order


@pytest.mark.parametrize(
    "event",
    [
        CancellationRequested(
            request_id=REQUEST, fulfillment_order_id="o1-9", units=(LineUnits(line_id="1", sku="mug", quantity=1),)
        ),
        CancellationRequested(
            request_id=REQUEST, fulfillment_order_id=SHARE, units=(LineUnits(line_id="1", sku="mug", quantity=4),)
        ),
        CancellationDeclined(request_id=REQUEST),
        UnitsCancelled(
            units=(
                CancelledUnits(
                    line_id="1",
                    sku="mug",
                    quantity=1,
                    source=UnitState.ALLOCATED,
                    fulfillment_order_id=SHARE,
                    location_id="north",
                ),
            ),
            request_id=REQUEST,
        ),
        UnitsCancelled(
            units=(
                CancelledUnits(
                    line_id="1",
                    sku="mug",
                    quantity=1,
                    source=UnitState.PACKED,
                    fulfillment_order_id=SHARE,
                    location_id="north",
                ),
            )
        ),
    ],
)
def test_a_log_that_says_what_was_never_asked_is_refused(event: UnitsCancelled) -> None:
    stack = MemoryStack()
    draft = Draft(accepted(stack, picked=1, packed=1))
    with pytest.raises(BrokenHistory):
        draft.add([event])


steps = st.lists(
    st.tuples(st.sampled_from(["ask", "yes", "no", "pick", "pack", "ship"]), st.integers(1, 3)), max_size=14
)


@settings(max_examples=80, deadline=None)
@given(steps)
def test_whatever_is_asked_answered_and_shipped_units_stock_and_money_add_up(choices: list[tuple[str, int]]) -> None:
    stack = MemoryStack()
    order = accepted(stack)
    for number, (kind, count) in enumerate(choices):
        line_id = "1" if count > 1 else "2"
        try:
            match kind:
                case "ask":
                    events = cancel_or_ask(order, {line_id: count - 1 or 1}).events
                case "yes":
                    events = accept(order, SHARE).events
                case "no":
                    events = tuple(decline(order, SHARE, "no"))
                case "pick":
                    events = tuple(work.pick(order, SHARE, {line_id: 1}))
                case "pack":
                    events = tuple(work.pack(order, SHARE, Packing()))
                case _:
                    events = tuple(work.ship(order, SHARE))
        except NotAllowed:
            continue
        stack.tick()
        append(stack, order, events, stack.caller(f"{kind} {number}"))
        order = advance(stack.ports(), "o1", f"after {number}")
        gone = order.counts.get(UnitState.SHIPPED, 0)
        back = order.counts.get(UnitState.CANCELLED, 0)
        levels = [stack.levels[sku, "north"] for sku in ("mug", "cup")]
        assert sum(level.on_hand for level in levels) == 10 - gone
        assert sum(level.available for level in levels) == 10 - 4 + back
        assert set(stack.totals()) == {0}
        assert order.charged - order.refunded <= order.due
        assert order.covered >= order.due
        for request in order.cancellations.values():
            answered = request.declined is not None or bool(request.cancelled)
            assert answered or order.asked_for(request), "a request that nobody can answer any more"
    if (
        not order.counts.get(UnitState.ALLOCATED, 0)
        + order.counts.get(UnitState.PICKED, 0)
        + order.counts.get(UnitState.PACKED, 0)
    ):
        assert order.charged - order.refunded == order.due
