from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oms.errors import InvalidInput, NotAllowed, NotFound
from oms.orders import decisions
from oms.orders import events as ev
from oms.orders.cancellation import cancel_or_ask
from oms.orders.cancelling import CancellationRequested
from oms.orders.contact import Address, Contact
from oms.orders.events import HoldReason, OrderEvent, PaymentMethod, PaymentTerms, PlacedLine, UnitState
from oms.orders.evolve import fold
from oms.orders.order import Entry, Order
from oms.payments.ledger import PaymentAuthorised, PaymentCaptured, PaymentDeclined, PaymentRequested
from tests.support.orders import line, placed

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MUGS, CUPS = line("1", "mug", 3, 3000, 600), line("2", "cup", 2, 1000, 200)


def after(order: Order | None, events: Sequence[OrderEvent], contact: Contact | None = None) -> Order:
    seq = order.version + 1 if order else 1
    entry = Entry(
        order_id="o1",
        seq=seq,
        at=START + timedelta(minutes=seq),
        actor="test",
        cause=f"cause-{seq}",
        events=tuple(events),
        contact=contact,
    )
    result = fold([entry], order)
    assert result is not None
    return result


def new(*lines: PlacedLine, terms: PaymentTerms | None = None, total: int | None = None) -> Order:
    sold = placed(*(lines or (MUGS, CUPS)), shipping=490, total=total)
    return after(None, decisions.place(replace(sold, payment=terms) if terms else sold), CONTACT)


HOME = Address(name="Ada", line1="Graben 1", city="Wien", postal_code="1010", country="AT")
CONTACT = Contact(name="Ada", email="ada@customer.example", shipping=HOME)


def allocated(order: Order, line_id: str, units: int, number: int = 1, location: str = "wien") -> Order:
    sku = order.lines[line_id].placed.sku
    allocation = ev.Allocation(
        fulfillment_order_id=f"o1-{number}", location_id=location, line_id=line_id, sku=sku, quantity=units
    )
    return after(order, [ev.UnitsAllocated(allocations=(allocation,))])


def backordered(order: Order, line_id: str, units: int) -> Order:
    return after(order, [ev.UnitsBackordered(units=(_units(order, line_id, units),))])


def _units(order: Order, line_id: str, units: int) -> ev.LineUnits:
    return ev.LineUnits(line_id=line_id, sku=order.lines[line_id].placed.sku, quantity=units)


def sent(order: Order, line_id: str, units: int) -> Order:
    """So many units of a line, which are allocated to o1-1, leave Vienna in its first parcel."""
    some = (_units(order, line_id, units),)
    return after(
        order,
        [
            ev.FulfillmentAccepted(fulfillment_order_id="o1-1"),
            ev.UnitsPicked(fulfillment_order_id="o1-1", units=some),
            ev.UnitsPacked(fulfillment_order_id="o1-1", parcel_id="o1-1-p1", units=some),
            ev.UnitsShipped(fulfillment_order_id="o1-1", parcel_id="o1-1-p1", location_id="wien", units=some),
        ],
    )


# Placing.


def test_what_the_channel_took_is_recorded_as_captured_and_what_it_reserved_as_authorised() -> None:
    assert new().charged == 5290
    reserved = new(terms=PaymentTerms(method=PaymentMethod.CHANNEL_AUTHORISED, amount=5290, reference="r"))
    assert (reserved.charged, reserved.covered) == (0, 5290)
    assert reserved.payments["channel"].by_channel


def test_a_gateway_is_asked_for_the_amount_and_never_for_nothing() -> None:
    terms = PaymentTerms(method=PaymentMethod.GATEWAY, amount=5290, gateway="simulated", instrument="sim_ok")
    [_, request] = decisions.place(replace(placed(MUGS), payment=terms))
    assert request == PaymentRequested(payment_id="1", gateway="simulated", instrument="sim_ok", amount=5290)
    assert len(decisions.place(replace(placed(MUGS), payment=replace(terms, amount=0)))) == 1


def test_figures_that_do_not_add_up_hold_the_order_and_the_note_names_the_difference() -> None:
    order = new(total=5200)
    assert order.holds["hold-1"].reason is HoldReason.TOTAL_MISMATCH
    assert order.holds["hold-1"].note == (
        "the channel's total is 52.00 EUR, lines and charges add up to 52.90 EUR: difference -0.90 EUR"
    )


def test_an_unpaid_order_with_a_wrong_total_is_held_twice() -> None:
    order = new(terms=PaymentTerms(method=PaymentMethod.UNPAID), total=5200)
    assert [hold.reason for hold in order.holds.values()] == [HoldReason.TOTAL_MISMATCH, HoldReason.PAYMENT_PENDING]
    assert list(order.holds) == ["hold-1", "hold-2"]
    assert order.charged == 0


# Holds.


def test_a_hold_is_not_opened_twice_for_the_same_reason_and_note() -> None:
    order = after(new(), decisions.hold(new(), HoldReason.MANUAL, "call ada"))
    assert decisions.hold(order, HoldReason.MANUAL, "call ada") == []
    twice = [(HoldReason.MANUAL, "call bob"), (HoldReason.MANUAL, "call bob"), (HoldReason.MANUAL, "call ada")]
    assert [event.handle for event in decisions.holds(order, twice) if isinstance(event, ev.OrderHeld)] == ["hold-2"]


def test_a_handle_is_never_given_again() -> None:
    order = after(new(), decisions.hold(new(), HoldReason.MANUAL))
    order = after(order, decisions.release(order, "hold-1"))
    order = after(order, decisions.hold(order, HoldReason.MANUAL))
    assert list(order.holds) == ["hold-2"]


def test_an_unknown_hold_cannot_be_released_and_the_open_ones_are_named() -> None:
    order = after(new(), decisions.hold(new(), HoldReason.MANUAL))
    with pytest.raises(NotFound, match="open: hold-1"):
        decisions.release(order, "hold-2")
    with pytest.raises(NotFound, match="open: none"):
        decisions.release(new(), "hold-1")


def test_nothing_is_left_to_hold_of_a_cancelled_or_sent_order() -> None:
    cancelled = after(new(), decisions.cancel(new()))
    gone = sent(allocated(new(MUGS), "1", 3), "1", 3)
    for order in (cancelled, gone):
        with pytest.raises(NotAllowed, match="nothing left to hold"):
            decisions.hold(order, HoldReason.MANUAL)
        assert "hold" not in order.actions


# Payment.


def test_a_payment_that_arrives_in_the_channel_lets_the_order_go_on() -> None:
    order = new(terms=PaymentTerms(method=PaymentMethod.UNPAID))
    events = decisions.paid_in_channel(order, PaymentTerms(method=PaymentMethod.PREPAID, amount=5290))
    order = after(order, events)
    assert (order.charged, dict(order.holds)) == (5290, {})


def test_a_payment_that_the_channel_tells_twice_is_recorded_once() -> None:
    paid = PaymentTerms(method=PaymentMethod.PREPAID, amount=5290)
    reserved = PaymentTerms(method=PaymentMethod.CHANNEL_AUTHORISED, amount=5290)
    assert decisions.paid_in_channel(new(), paid) == []
    assert decisions.paid_in_channel(new(), reserved) == []
    assert decisions.paid_in_channel(new(terms=reserved), reserved) == []
    assert decisions.paid_in_channel(new(), PaymentTerms(method=PaymentMethod.UNPAID)) == []


def test_what_the_channel_reserved_and_then_took_counts_once() -> None:
    order = new(terms=PaymentTerms(method=PaymentMethod.CHANNEL_AUTHORISED, amount=5290))
    order = after(order, decisions.paid_in_channel(order, PaymentTerms(method=PaymentMethod.PREPAID, amount=5290)))
    assert (order.charged, order.covered) == (5290, 5290)


def declined() -> Order:
    terms = PaymentTerms(method=PaymentMethod.GATEWAY, amount=5290, gateway="simulated", instrument="sim_decline")
    order = new(terms=terms)
    refusal = PaymentDeclined(payment_id="1", reference="r", code="card_declined")
    return after(order, [refusal, *decisions.hold(order, HoldReason.PAYMENT_DECLINED, "card_declined")])


def test_after_a_decline_another_instrument_may_pay_what_is_due_now() -> None:
    order = declined()
    assert "pay" in order.actions
    order = after(order, decisions.cancel(order, {"2": 2}))
    events = decisions.pay_again(order, gateway="simulated", instrument="sim_ok")
    assert events[0] == PaymentRequested(payment_id="2", gateway="simulated", instrument="sim_ok", amount=4090)
    assert not after(order, events).holds


def test_nobody_pays_again_for_what_is_paid_cancelled_or_was_never_declined() -> None:
    with pytest.raises(NotAllowed, match="waits for no payment"):
        decisions.pay_again(new(), gateway="simulated", instrument="sim_ok")
    cancelled = after(declined(), decisions.cancel(declined()))
    with pytest.raises(NotAllowed, match="waits for no payment"):
        decisions.pay_again(cancelled, gateway="simulated", instrument="sim_ok")


# Cancelling.


def test_units_without_a_place_are_cancelled_first_then_those_that_wait_then_those_at_a_location() -> None:
    order = new(line("1", "mug", 6, 6000))
    order = backordered(allocated(allocated(order, "1", 1, 1), "1", 2, 2, "graz"), "1", 2)
    [cancelled] = decisions.cancel(order, {"1": 5})
    assert isinstance(cancelled, ev.UnitsCancelled)
    assert [(gone.source, gone.quantity, gone.fulfillment_order_id, gone.location_id) for gone in cancelled.units] == [
        (UnitState.OPEN, 1, "", ""),
        (UnitState.BACKORDERED, 2, "", ""),
        (UnitState.ALLOCATED, 1, "o1-1", "wien"),
        (UnitState.ALLOCATED, 1, "o1-2", "graz"),
    ]


def test_units_already_shipped_cannot_be_cancelled() -> None:
    order = sent(allocated(new(), "1", 3), "1", 2)
    with pytest.raises(NotAllowed) as refused:
        decisions.cancel(order, {"1": 2, "2": 2})
    assert [(error.path, error.message) for error in refused.value.errors] == [
        ("lines.1", "0 of 2 units can still be cancelled")
    ]
    rest = after(order, decisions.cancel(order))
    assert rest.lines["1"].counts[UnitState.SHIPPED] == 2
    assert rest.actions[0] == "cancel", "the location can be asked for the unit that is still there"
    [asked] = cancel_or_ask(rest).events
    assert isinstance(asked, CancellationRequested)
    rest = after(rest, [asked])
    assert "cancel" not in rest.actions
    with pytest.raises(NotAllowed, match="none of its units"):
        decisions.cancel(rest)


def test_picked_units_are_in_somebodys_hands_and_stay() -> None:
    order = allocated(new(MUGS), "1", 3)
    picked = ev.UnitsPicked(fulfillment_order_id="o1-1", units=(_units(order, "1", 3),))
    with pytest.raises(NotAllowed, match="none of its units"):
        decisions.cancel(after(order, [ev.FulfillmentAccepted(fulfillment_order_id="o1-1"), picked]))


def test_a_line_that_the_order_does_not_have_is_named() -> None:
    with pytest.raises(NotFound, match="no line 7, 8"):
        decisions.cancel(new(), {"8": 1, "1": 1, "7": 1})


@pytest.mark.parametrize("units", [0, -1])
def test_less_than_one_unit_is_no_wish(units: int) -> None:
    with pytest.raises(InvalidInput, match="at least one unit"):
        decisions.cancel(new(), {"1": units})


def test_nobody_wishing_for_anything_changes_nothing() -> None:
    assert decisions.cancel(new(), {}) == []


@pytest.mark.parametrize("where", ["open", "waiting", "at a location"])
def test_an_order_of_very_many_skus_is_cancelled_in_steps_that_each_fit_into_one_transaction(where: str) -> None:
    lines = [line(str(n), f"sku-{n}", 1, 100) for n in range(1, 501)]
    order = new(*lines)
    if where == "waiting":
        order = after(order, [ev.UnitsBackordered(units=tuple(_units(order, each.line_id, 1) for each in lines))])
    if where == "at a location":
        order = after(
            order,
            [
                ev.UnitsAllocated(
                    allocations=tuple(
                        ev.Allocation(
                            fulfillment_order_id="o1-1",
                            location_id="wien",
                            line_id=each.line_id,
                            sku=each.sku,
                            quantity=1,
                        )
                        for each in lines
                    )
                )
            ],
        )
    writes = {"open": 0, "waiting": 2, "at a location": 1}[where]
    steps = 0
    while "cancel" in order.actions:
        [cancelled] = decisions.cancel(order)
        assert isinstance(cancelled, ev.UnitsCancelled)
        assert cancelled.units
        assert 1 + writes * len(cancelled.units) <= 100
        order = after(order, [cancelled])
        steps += 1
    assert order.counts[UnitState.CANCELLED] == 500
    assert steps == {"open": 1, "waiting": 12, "at a location": 6}[where]


# Contact.


def test_a_new_address_is_named_without_being_told_and_lets_the_hold_for_the_old_one_go() -> None:
    held = after(new(), decisions.holds(new(), [(HoldReason.BAD_ADDRESS, "no street"), (HoldReason.MANUAL, "")]))
    moved = replace(CONTACT, shipping=replace(HOME, line1="Graben 2"))
    events = decisions.change_contact(held, moved)
    assert events[0] == ev.ContactChanged(fields=("shipping",))
    order = after(held, events, moved)
    assert [hold.reason for hold in order.holds.values()] == [HoldReason.MANUAL]
    assert order.contact == moved
    assert decisions.change_contact(order, moved) == []


def test_an_address_cannot_change_once_a_parcel_is_on_its_way_to_it_but_a_phone_number_can() -> None:
    order = sent(allocated(new(), "1", 3), "1", 3)
    assert "edit_contact" not in order.actions
    with pytest.raises(NotAllowed, match="already on its way"):
        decisions.change_contact(order, replace(CONTACT, shipping=replace(HOME, line1="Graben 2")))
    assert decisions.change_contact(order, replace(CONTACT, phone="+43 1 5550100"))


def test_what_was_handed_over_without_a_parcel_does_not_fix_the_address() -> None:
    order = new(MUGS, line("2", "gift-card", 1, 2500, ships=False))
    order = after(order, [ev.UnitsProvided(units=(_units(order, "2", 1),))])
    assert "edit_contact" in order.actions
    assert decisions.change_contact(order, replace(CONTACT, shipping=replace(HOME, line1="Graben 2")))


def test_an_erased_contact_may_be_given_anew() -> None:
    order = replace(new(), contact=None)
    [changed] = decisions.change_contact(order, CONTACT)
    assert changed == ev.ContactChanged(fields=("name", "email", "shipping"))


def test_the_events_of_a_payment_in_the_channel_are_those_of_placing() -> None:
    assert decisions.place(placed(MUGS))[1:] == [
        PaymentCaptured(payment_id="channel", reference="", amount=3600, by_channel=True, method="prepaid")
    ]
    terms = PaymentTerms(method=PaymentMethod.CHANNEL_AUTHORISED, amount=3600)
    assert decisions.place(replace(placed(MUGS), payment=terms))[1:] == [
        PaymentAuthorised(payment_id="channel", reference="", amount=3600, by_channel=True, method="channel_authorised")
    ]
