"""Edits of lines, quantities, shipping and address: one decision, whose money follows to the minor unit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.errors import NotAllowed, NotFound
from oms.orders import events as ev
from oms.orders.amending import Amendment, NewLine, NewShipping, Price, amend
from oms.orders.cancellation import accept, cancel_or_ask, decline
from oms.orders.contact import Address, Contact
from oms.orders.draft import Draft
from oms.orders.events import UnitState
from oms.orders.log import append, load
from oms.orders.order import Order, units_value
from oms.orders.preview import Collection, preview
from oms.orders.several import Step, carry_out
from oms.orders.sold import Charge, ChargeKind
from oms.orders.transitions import OrderStatus
from oms.payments.ledger import PaymentRequested
from oms.routing.process import advance
from oms.routing.steps import next_step
from tests.support.memory_stack import ADDRESS, START, MemoryStack
from tests.support.orders import line, placed
from tests.unit.routing.test_routing import ship

ELSEWHERE = Address(name="Kim Berg", line1="Via Roma 1", city="Roma", postal_code="00184", country="IT")
EXPRESS = NewShipping(
    service="express", charge=Charge(kind=ChargeKind.SHIPPING, title="Express", net=900, tax=100, code="express")
)


def new(sku: str = "cup", quantity: int = 2, net: int = 1000, tax: int = 190) -> NewLine:
    return NewLine(sku=sku, title=sku.title(), quantity=quantity, net=net, tax=tax)


def sold(stack: MemoryStack, *, instrument: str = "sim_ok", shipping: int = 500) -> Order:
    """Three mugs at 3.33/3.33/3.34 and two cups, paid as `instrument` says and allocated."""
    stack.stock("mug", "north", 20)
    stack.stock("cup", "north", 20)
    stack.captured(
        placed(line("1", "mug", 3, 1000), line("2", "cup", 2, 400, 76), shipping=shipping, instrument=instrument), "o1"
    )
    return advance(stack.ports(), "o1", "m1")


def edit(stack: MemoryStack, wish: Amendment, cause: str = "") -> Order:
    """Carry an edit out and let routing follow."""
    caller = stack.caller(cause or f"edit {load(stack, 'o1').version}")

    def decide(order: Order) -> Step:
        decided = amend(order, wish)
        contact = wish.contact if decided.complete and decided.events else None
        return Step(events=decided.events, last=decided.complete, contact=contact)

    order = carry_out(stack, "o1", decide, caller)
    return advance(stack.ports(), "o1", f"after {order.version}")


def live(order: Order) -> dict[str, int]:
    return {line_id: each.live for line_id, each in order.lines.items()}


def test_an_added_line_is_sold_paid_and_allocated_with_the_rest() -> None:
    stack = MemoryStack()
    sold(stack)
    order = edit(stack, Amendment(add=(new(),)))
    assert (order.total, order.due, order.covered) == (1976 + 1190, 1976 + 1190, 1976 + 1190)
    assert [payment.authorised for payment in order.payments.values()] == [1976, 1190]
    assert order.lines["3"].counts == {UnitState.OPEN: 0, UnitState.ALLOCATED: 2}
    assert order.lines["3"].added
    ship(stack, order, "o1-1", {"1": 3, "2": 2, "3": 2})
    order = advance(stack.ports(), "o1", "shipped")
    assert (order.charged, order.due, sum(stack.gateway.charges.values())) == (3166, 3166, 3166)


def test_fewer_units_cost_less_by_what_they_were_sold_for_and_nothing_slides() -> None:
    stack = MemoryStack()
    before = sold(stack)
    order = edit(stack, Amendment(quantities={"1": 1}))
    assert before.due - order.due == before.value_between("1", 1, 2) == 666
    assert order.total == before.total
    assert order.lines["2"] == before.lines["2"]
    assert stack.levels["mug", "north"].available == 19
    ship(stack, order, "o1-1", {"1": 1, "2": 2})
    order = advance(stack.ports(), "o1", "shipped")
    assert order.charged == order.due == 1310
    assert sum(stack.gateway.releases.values()) == 666


def test_more_units_are_a_line_of_their_own_at_what_the_first_unit_was_sold_for() -> None:
    stack = MemoryStack()
    before = sold(stack)
    order = edit(stack, Amendment(quantities={"1": 5}))
    assert live(order) == {"1": 3, "2": 2, "3": 2}
    assert order.lines["1"].placed == before.lines["1"].placed
    assert (order.lines["3"].placed.sku, order.due - before.due) == ("mug", 2 * 334)
    order = edit(stack, Amendment(quantities={"3": 3}, prices={"3": Price(net=300, tax=0)}))
    assert (live(order)["4"], order.due - before.due) == (1, 2 * 334 + 300)


def test_a_line_that_was_removed_leaves_its_id_and_no_other_takes_it() -> None:
    stack = MemoryStack()
    sold(stack)
    order = edit(stack, Amendment(quantities={"2": 0}, add=(new(),)))
    assert live(order) == {"1": 3, "2": 0, "3": 2}
    assert order.due == 1000 + 500 + 1190


def test_what_is_exchanged_at_the_same_price_asks_nobody_for_money() -> None:
    stack = MemoryStack()
    sold(stack)
    order = edit(stack, Amendment(quantities={"2": 0}, add=(new(net=400, tax=76),)))
    assert (order.due, order.covered, len(order.payments)) == (1976, 1976, 1)


def test_another_shipping_service_takes_the_place_of_what_shipping_cost() -> None:
    stack = MemoryStack()
    sold(stack)
    order = edit(stack, Amendment(shipping=EXPRESS))
    assert (order.total, order.due, order.charges_total, order.shipping_service) == (2476, 2476, 1000, "express")
    assert [(each.title, each.net) for each in order.charges] == [("Express", 900)]
    order = edit(stack, Amendment(shipping=NewShipping(service="pickup", charge=replace(EXPRESS.charge, net=0, tax=0))))  # type: ignore[type-var]
    assert (order.due, order.charges_total) == (1476, 0)
    ship(stack, order, "o1-1", {"1": 3, "2": 2})
    order = advance(stack.ports(), "o1", "shipped")
    assert order.charged == order.due == 1476
    assert next_step(order, START) is None


def test_shipping_that_was_charged_with_a_parcel_keeps_its_price() -> None:
    stack = MemoryStack()
    order = sold(stack)
    ship(stack, order, "o1-1", {"1": 1})
    with pytest.raises(NotAllowed, match="charged with what has left"):
        edit(stack, Amendment(shipping=EXPRESS))
    order = edit(stack, Amendment(shipping=NewShipping(service="express")))
    assert (order.shipping_service, order.charges_total) == ("express", 500)


def test_a_raise_after_a_part_was_shipped_is_charged_with_what_ships_next() -> None:
    stack = MemoryStack()
    order = sold(stack)
    ship(stack, order, "o1-1", {"1": 3})
    order = advance(stack.ports(), "o1", "s1")
    assert order.charged == 1500
    order = edit(stack, Amendment(add=(new("mug", 1, 333, 0),)))
    assert (order.due, order.covered) == (2309, 2309)
    assert order.status is OrderStatus.PARTIALLY_SHIPPED
    for number, units in (("1", {"2": 2}), ("2", {"3": 1})):
        ship(stack, load(stack, "o1"), f"o1-{number}", units)
    order = advance(stack.ports(), "o1", "s2")
    assert order.charged == order.due == 2309
    assert next_step(order, START) is None


def test_money_that_the_channel_took_leaves_the_rest_to_the_customer() -> None:
    stack = MemoryStack()
    sold(stack, instrument="")
    wish = Amendment(add=(new(),))
    effect = preview(load(stack, "o1"), lambda order: amend(order, wish))
    assert (effect.to_collect, effect.collected_by) == (1190, Collection.CUSTOMER)
    order = edit(stack, wish)
    (hold,) = order.holds.values()
    assert (hold.reason, "pay" in order.actions) == (ev.HoldReason.PAYMENT_PENDING, True)
    assert order.lines["3"].counts == {UnitState.OPEN: 2}, "nothing is reserved before it is paid"
    order = edit(stack, Amendment(quantities={"3": 0}))
    assert (order.holds, order.due) == ({}, 1976)


def test_what_the_channel_took_too_much_waits_for_the_channel_to_give_it_back() -> None:
    stack = MemoryStack()
    sold(stack, instrument="")
    order = edit(stack, Amendment(quantities={"2": 1}))
    (refund,) = order.after_sale.refunds.values()
    assert [(part.payment_id, part.amount) for part in refund.parts] == [("channel", 238)]
    effect = preview(order, lambda now: amend(now, Amendment(quantities={"2": 2})))
    assert effect.to_collect == 238, "what is on its way back does not pay for what is added"


def test_an_instrument_that_was_refused_is_not_asked_for_more() -> None:
    stack = MemoryStack()
    order = sold(stack)
    *added, asked = amend(order, Amendment(add=(new(),))).events
    assert isinstance(asked, PaymentRequested)
    events = [*added, replace(asked, instrument="sim_decline")]
    order = append(stack, order, events, stack.caller("other"))
    order = advance(stack.ports(), "o1", "declined")
    assert [hold.reason for hold in order.holds.values()] == [ev.HoldReason.PAYMENT_DECLINED]
    assert not any(isinstance(event, PaymentRequested) for event in amend(order, Amendment(add=(new(),))).events)


def test_an_address_in_another_place_lets_routing_look_anew() -> None:
    stack = MemoryStack()
    order = sold(stack)
    stack.stock("mug", "south", 5)
    before = order.contact or Contact()
    order = edit(stack, Amendment(contact=replace(before, shipping=ELSEWHERE)))
    released = [each for entry in stack.log["o1"] for each in entry.events if type(each).__name__ == "UnitsReleased"]
    assert len(released) == 1
    assert order.contact is not None
    assert (order.contact.shipping, order.due, order.counts[UnitState.ALLOCATED]) == (ELSEWHERE, 1976, 5)
    assert order.fulfillment_orders["o1-1"].status.value == "cancelled"
    assert list(order.fulfillment_orders) == ["o1-1", "o1-2"]
    assert all(left == 0 for left in stack.totals())


@pytest.mark.parametrize("change", [{"line1": "Hauptstr. 2"}, {"name": "Kim B."}, {"city": "MÜNCHEN "}])
def test_a_change_that_leads_to_the_same_place_leaves_stock_where_it_is(change: dict[str, str]) -> None:
    stack = MemoryStack()
    order = sold(stack)
    order = edit(stack, Amendment(contact=replace(order.contact or Contact(), shipping=replace(ADDRESS, **change))))
    assert list(order.fulfillment_orders) == ["o1-1"]


def test_units_in_work_stay_where_they_are_when_the_address_changes() -> None:
    stack = MemoryStack()
    order = sold(stack)
    order = append(stack, order, [ev.FulfillmentAccepted(fulfillment_order_id="o1-1")], stack.caller("a"))
    order = edit(stack, Amendment(contact=replace(order.contact or Contact(), shipping=ELSEWHERE)))
    assert order.fulfillment_orders["o1-1"].counts[UnitState.ALLOCATED] == 5


def test_units_in_work_are_asked_for_and_a_second_edit_knows_that_they_are_going() -> None:
    stack = MemoryStack()
    order = sold(stack)
    append(stack, order, [ev.FulfillmentAccepted(fulfillment_order_id="o1-1")], stack.caller("a"))
    order = edit(stack, Amendment(quantities={"1": 1}))
    assert (order.due, [dict(order.asked_for(each)) for each in order.cancellations.values()]) == (1976, [{"1": 2}])
    assert amend(order, Amendment(quantities={"1": 1})).events == ()
    with pytest.raises(NotAllowed) as refused:
        amend(order, Amendment(quantities={"2": -1}))
    assert refused.value.errors


def test_what_is_gone_or_unknown_is_refused() -> None:
    stack = MemoryStack()
    order = sold(stack)
    with pytest.raises(NotFound):
        amend(order, Amendment(quantities={"9": 1}))
    ship(stack, order, "o1-1", {"1": 3, "2": 2})
    order = load(stack, "o1")
    with pytest.raises(NotAllowed, match="place another order"):
        amend(order, Amendment(add=(new(),)))
    assert "edit" not in order.actions


def test_an_edit_of_very_many_skus_takes_several_entries_and_is_mended_after_a_break() -> None:
    stack = MemoryStack()
    many = [line(str(n), f"sku-{n}", 1, 100) for n in range(1, 201)]
    for each in many:
        stack.stock(each.sku, "north", 1)
    stack.captured(placed(*many), "o1")
    advance(stack.ports(), "o1", "m1")
    contact = replace(load(stack, "o1").contact or Contact(), shipping=ELSEWHERE)
    wish = Amendment(quantities={str(n): 0 for n in range(1, 101)}, add=(new("sku-1", 1),), contact=contact)
    original, calls = stack.append, 0

    def dies_at_the_third(*arguments: object, **others: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        original(*arguments, **others)  # type: ignore[arg-type]

    stack.append = dies_at_the_third  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        edit(stack, wish, "once")
    assert len(load(stack, "o1").lines) == 200, "what is added comes last"
    stack.append = original  # type: ignore[method-assign]
    order = edit(stack, wish, "once")
    assert sum(live(order).values()) == 101
    assert edit(stack, wish, "once").version == order.version
    assert all(left == 0 for left in stack.totals())


wishes = st.one_of(
    st.tuples(st.just("quantity"), st.integers(0, 3), st.integers(0, 6)),
    st.tuples(st.just("add"), st.integers(1, 3), st.integers(0, 999)),
    st.tuples(st.just("shipping"), st.integers(0, 900), st.integers(0, 100)),
    st.tuples(st.just("cancel"), st.integers(0, 3), st.integers(1, 2)),
    st.tuples(st.just("accept work"), st.just(0), st.just(0)),
    st.tuples(st.just("answer"), st.integers(0, 1), st.just(0)),
)


def decided(order: Order, kind: str, a: int, b: int) -> tuple[ev.OrderEvent, ...]:
    """The events of one arbitrary wish; those of an edit without what collects its money."""
    line_id = sorted(order.lines)[a % len(order.lines)]
    shares = [each for each in order.fulfillment_orders.values() if not each.accepted]
    match kind:
        case "quantity":
            return amend(order, Amendment(quantities={line_id: b})).events
        case "add":
            return amend(order, Amendment(add=(new("mug", a, b, b // 5),))).events
        case "shipping":
            charge = Charge(kind=ChargeKind.SHIPPING, title="S", net=a, tax=b)
            return amend(order, Amendment(shipping=NewShipping(service=f"s{a}", charge=charge))).events
        case "cancel":
            return cancel_or_ask(order, {line_id: b}).events
        case "accept work":
            return tuple(ev.FulfillmentAccepted(fulfillment_order_id=each.fulfillment_order_id) for each in shares)
        case _:
            share = next(iter(order.fulfillment_orders))
            return accept(order, share).events if a else tuple(decline(order, share, "no"))


@settings(max_examples=60, deadline=None)
@given(choices=st.lists(wishes, max_size=10))
def test_whatever_is_edited_and_cancelled_the_units_amounts_add_up_to_what_is_due(
    choices: list[tuple[str, int, int]],
) -> None:
    stack = MemoryStack()
    order = sold(stack)
    for kind, a, b in choices:
        others = {line_id: each.placed for line_id, each in order.lines.items()}
        draft = Draft(order)
        try:
            draft.add(decided(order, kind, a, b))
        except NotAllowed:
            continue
        order = draft.order
        assert {line_id: order.lines[line_id].placed for line_id in others} == others
        for each in order.lines.values():
            assert sum(each.counts.values()) == each.placed.quantity
            assert min(each.counts.values()) >= 0
        kept = sum(units_value(each.placed, each.live) for each in order.lines.values())
        shipping = sum(order.shipping_charge)
        assert order.due == (0 if order.status is OrderStatus.CANCELLED else kept + shipping)
        sums = sum(each.placed.net + each.placed.tax for each in order.lines.values())
        assert order.total == sums + shipping
        asked = sum(payment.requested for payment in order.payments.values() if payment.undecided)
        assert order.covered + asked >= order.due, "an edit asks for all that it adds"
