"""Several means of payment: each shipment is paid exactly once, to the minor unit, in a fixed order."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.errors import Conflict, NotAllowed
from oms.money import Money
from oms.orders import decisions, tenders
from oms.orders.events import HoldReason, PaymentMethod, PaymentTerms
from oms.orders.log import execute, load
from oms.orders.order import Order
from oms.orders.told import news
from oms.orders.transitions import OrderStatus
from oms.payments.ledger import PaymentStatus
from oms.payments.notices import DisputeNews, Notice, Told, dump
from oms.payments.notices import load as load_notice
from oms.routing.notices import settle
from oms.routing.process import advance
from oms.routing.shipments import costs, owed
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed
from tests.unit.routing.test_refunds import credit
from tests.unit.routing.test_routing import ship

EUR = "EUR"


def terms(method: PaymentMethod, amount: int, instrument: str = "sim_ok") -> PaymentTerms:
    gateway = "simulated" if method is PaymentMethod.GATEWAY else ""
    return PaymentTerms(
        method=method, amount=amount, gateway=gateway, instrument=instrument if gateway else "", reference=f"r{amount}"
    )


def sold(stack: MemoryStack, *payments: PaymentTerms, units: int = 5, price: int = 1000, shipping: int = 500) -> Order:
    """Units of a mug in one line, paid by these tenders."""
    stack.stock("mug", "north", units)
    order = placed(line("1", "mug", units, units * price), shipping=shipping)
    stack.captured(replace(order, payment=payments[0], tenders=payments[1:]), "o1")
    return advance(stack.ports(), "o1", "m1")


def parcels(stack: MemoryStack, sizes: list[int]) -> Order:
    order = load(stack, "o1")
    for size in sizes:
        order = ship(stack, order, "o1-1", {"1": size})
        order = advance(stack.ports(), "o1", f"m{order.version}")
    return order


def tell(stack: MemoryStack, notice: Notice) -> Order:
    return settle(stack.ports(), "o1", load_notice(dump(notice)))


def notice(order: Order, told: Told, payment: str = "1", notice_id: str = "e1", **facts: object) -> Notice:
    reference = order.payments[payment].reference
    return Notice(notice_id=notice_id, gateway="simulated", reference=reference, told=told, **facts)  # type: ignore[arg-type]


def dispute(order: Order, notice_id: str = "d1", **facts: object) -> Notice:
    told = DisputeNews(**{"dispute_id": "dp1", "amount": 5500, "reason": "fraudulent", **facts})  # type: ignore[arg-type]
    return notice(order, Told.DISPUTED, notice_id=notice_id, dispute=told)


@settings(max_examples=60, deadline=None)
@given(
    shares=st.lists(st.integers(1, 5500), min_size=1, max_size=4),
    kinds=st.lists(st.sampled_from(["gift_card", "gateway", "gateway:sim_once", "prepaid"]), min_size=4, max_size=4),
    cuts=st.permutations([1, 1, 3]),
)
def test_captures_over_all_tenders_add_up_to_what_was_shipped(
    shares: list[int], kinds: list[str], cuts: list[int]
) -> None:
    total = 5500
    amounts = []
    for share in shares:
        amounts.append(min(share, total - sum(amounts)))
    amounts[-1] += total - sum(amounts)
    payments = []
    for kind, amount in zip(kinds, amounts, strict=False):
        method, _, instrument = kind.partition(":")
        payments.append(terms(PaymentMethod(method), amount, instrument or "sim_ok"))
    stack = MemoryStack()
    order = sold(stack, *payments)
    taken_before = order.charged
    sent = 0
    for size in cuts:
        order = parcels(stack, [size])
        sent += size
        value = sent * 1000 + 500
        assert order.charged == max(taken_before, value)
        assert sum(value for _, value in costs(order)) == value
    assert order.charged == order.due == total
    assert order.overcharged == 0
    assert all(payment.capturable == 0 for payment in order.payments.values())
    by_gateway = sum(stack.gateway.charges.values())
    assert by_gateway == total - taken_before
    # What comes back afterwards never exceeds what each tender took.
    order = advance(stack.ports(), credit(stack, order, "1", 5, charges=500).order_id, "back")
    assert order.due == 0
    assert all(payment.refunded <= payment.captured for payment in order.payments.values())


def test_a_second_tender_pays_what_the_first_cannot_of_one_parcel() -> None:
    stack = MemoryStack()
    sold(stack, terms(PaymentMethod.GATEWAY, 2000), terms(PaymentMethod.GATEWAY, 3500))
    order = parcels(stack, [5])
    assert [payment.captured for payment in order.payments.values()] == [2000, 3500]
    assert sorted(stack.gateway.charges.values()) == [2000, 3500]


def test_a_gift_card_pays_the_first_parcels_and_the_card_the_rest() -> None:
    stack = MemoryStack()
    sold(stack, terms(PaymentMethod.GATEWAY, 2500), terms(PaymentMethod.GIFT_CARD, 3000))
    order = parcels(stack, [2])
    assert order.payments["1"].captured == 0
    assert list(owed(order)) == [("o1-1-p1", 0)]
    order = parcels(stack, [3])
    assert order.payments["1"].captured == 2500
    assert order.charged == order.due


def test_money_that_comes_after_a_parcel_left_does_not_change_what_is_charged_for_it() -> None:
    stack = MemoryStack()
    order = sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    order = ship(stack, order, "o1-1", {"1": 5})
    late = tenders.received(order, Money(5500, EUR), method="bank_transfer", reference="late")
    execute(stack, "o1", lambda _: late, stack.caller("late"))
    order = advance(stack.ports(), "o1", "m2")
    assert list(stack.gateway.charges.values()) == [5500]
    # It was paid twice, so one of the payments goes back.
    assert sum(part.amount for refund in order.after_sale.refunds.values() for part in refund.parts) == 5500


def test_a_gateway_that_captures_once_is_asked_anew_for_what_is_still_to_be_shipped() -> None:
    stack = MemoryStack()
    sold(stack, terms(PaymentMethod.GATEWAY, 5500, "sim_once"))
    order = parcels(stack, [2])
    assert [payment.status for payment in order.payments.values()] == [PaymentStatus.CAPTURED, PaymentStatus.AUTHORISED]
    assert [payment.authorised for payment in order.payments.values()] == [5500, 3000]
    order = parcels(stack, [3])
    assert order.charged == order.due == 5500
    assert sum(stack.gateway.charges.values()) == 5500


def test_what_was_shipped_on_a_reservation_that_is_gone_is_reserved_and_charged_again() -> None:
    stack = MemoryStack()
    order = sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    order = ship(stack, order, "o1-1", {"1": 5})
    gone = news(order, notice(order, Told.LET_GO), [])
    execute(stack, "o1", lambda _: gone, stack.caller("gone"))
    order = advance(stack.ports(), "o1", "m2")
    assert [payment.captured for payment in order.payments.values()] == [0, 5500]


def test_cash_at_the_door_is_enough_to_ship_and_is_recorded_when_it_comes() -> None:
    stack = MemoryStack()
    order = sold(stack, terms(PaymentMethod.CASH_ON_DELIVERY, 5500))
    assert order.status is OrderStatus.IN_FULFILLMENT
    order = parcels(stack, [5])
    assert (order.status, order.charged) == (OrderStatus.SHIPPED, 0)
    assert order.payments["1"].status is PaymentStatus.PROMISED
    for _ in range(2):
        order = execute(
            stack,
            "o1",
            lambda now: tenders.received(now, Money(5500, EUR), method="cash_on_delivery", reference="receipt 7"),
            stack.caller(f"cash {order.version}"),
        )
    assert (order.charged, order.due, order.covered) == (5500, 5500, 5500)
    with pytest.raises(Conflict):
        tenders.received(order, Money(1, EUR), method="cash_on_delivery", reference="receipt 7")


def test_a_transfer_is_waited_for_and_lets_the_order_go_when_all_of_it_came() -> None:
    stack = MemoryStack()
    order = sold(stack, terms(PaymentMethod.BANK_TRANSFER, 5500))
    assert [hold.reason for hold in order.holds.values()] == [HoldReason.PAYMENT_PENDING]
    assert "pay" in order.actions
    for reference, amount in (("a", 5000), ("b", 500)):
        assert order.status is OrderStatus.HELD
        money = Money(amount, EUR)
        came = tenders.received(order, money, method="bank_transfer", reference=reference)
        order = execute(stack, "o1", lambda _, came=came: came, stack.caller(reference))  # type: ignore[misc]
    assert order.payments["1"].captured == 5500
    assert advance(stack.ports(), "o1", "m2").status is OrderStatus.IN_FULFILLMENT


def test_nobody_records_by_hand_what_a_gateway_moves() -> None:
    order = sold(MemoryStack(), terms(PaymentMethod.GATEWAY, 5500))
    with pytest.raises(NotAllowed):
        tenders.received(order, Money(1, EUR), method="cash", reference="x", payment_id="1")


def test_a_refund_of_money_that_no_gateway_took_waits_until_somebody_has_made_it() -> None:
    stack = MemoryStack()
    sold(stack, terms(PaymentMethod.PREPAID, 5500))
    order = advance(stack.ports(), credit(stack, parcels(stack, [5]), "1", 2).order_id, "m9")
    assert (order.refunded, stack.gateway.refunds) == (0, {})
    order = execute(
        stack, "o1", lambda now: tenders.refund_made(now, "refund-1", reference="shop 5"), stack.caller("made")
    )
    assert order.refunded == 2000
    with pytest.raises(NotAllowed):
        tenders.refund_made(order, "refund-1", reference="shop 5")
    assert advance(stack.ports(), "o1", "m10").version == order.version


# What gateways tell.


def test_a_charge_of_our_own_is_no_news_whether_it_is_on_the_log_or_not() -> None:
    stack = MemoryStack()
    order = sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    order = ship(stack, order, "o1-1", {"1": 5})
    # The charge was made, and its record was lost: the notice finds it, once.
    order = tell(stack, notice(order, Told.CHARGED, amount=5500, final=True))
    assert order.charged == 5500
    again = tell(stack, notice(order, Told.CHARGED, notice_id="e2", amount=5500, final=True))
    assert (again.version, again.charged) == (order.version, 5500)


def test_a_charge_by_hand_pays_in_advance_and_is_not_made_again() -> None:
    stack = MemoryStack()
    order = sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    order = tell(stack, notice(order, Told.CHARGED, amount=5500, final=True))
    assert (order.charged, order.payments["1"].capturable) == (5500, 0)
    assert parcels(stack, [5]).charged == 5500
    assert stack.gateway.charges == {}


def test_a_refund_by_hand_is_not_asked_for_again_and_not_made_twice() -> None:
    stack = MemoryStack()
    sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    order = parcels(stack, [5])
    for number in range(3):
        order = tell(stack, notice(order, Told.GIVEN_BACK, notice_id=f"e{number}", refund="re1", amount=1000))
    assert (order.charged, order.refunded, order.due, order.overcharged) == (5500, 1000, 4500, 0)
    # The unit comes back after all: its money is back already.
    order = advance(stack.ports(), credit(stack, order, "1", 1).order_id, "m9")
    assert (order.refunded, order.due) == (1000, 4500)
    order = advance(stack.ports(), credit(stack, order, "1", 1).order_id, "m10")
    assert (order.refunded, order.due) == (2000, 3500)
    assert sum(stack.gateway.refunds.values()) == 1000


def test_a_dispute_holds_what_has_not_left_and_goes_when_it_is_won() -> None:
    stack = MemoryStack()
    order = sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    order = parcels(stack, [2])
    order = tell(stack, dispute(order, amount=2500))
    assert [hold.reason for hold in order.holds.values()] == [HoldReason.DISPUTE]
    assert (order.status, order.disputed) == (OrderStatus.HELD, 2500)
    assert order.payments["1"].status is PaymentStatus.DISPUTED
    order = tell(stack, dispute(order, "d2", amount=2500, won=True))
    assert (order.holds, order.disputed) == ({}, 0)


def test_nothing_is_refunded_that_a_dispute_has_taken() -> None:
    stack = MemoryStack()
    sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    order = tell(stack, dispute(parcels(stack, [5])))
    order = advance(stack.ports(), credit(stack, order, "1", 5, charges=500).order_id, "m8")
    assert (order.refunded, stack.gateway.refunds) == (0, {})
    lost = tell(stack, dispute(order, "d2", won=False))
    assert (lost.refunded, lost.overcharged) == (0, 0)


def test_a_dispute_that_is_won_frees_the_money_for_the_refund_that_waited() -> None:
    stack = MemoryStack()
    sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    order = tell(stack, dispute(parcels(stack, [5])))
    order = advance(stack.ports(), credit(stack, order, "1", 5, charges=500).order_id, "m8")
    order = tell(stack, dispute(order, "d2", won=True))
    assert order.refunded == 5500


def test_after_a_lost_dispute_nobody_is_charged_again_unasked() -> None:
    stack = MemoryStack()
    sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    order = tell(stack, dispute(parcels(stack, [2]), amount=2500, won=False))
    assert stack.gateway.authorisations.keys() == {next(iter(stack.gateway.authorisations))}
    handle = next(iter(order.holds), "")
    order = execute(stack, "o1", lambda now: decisions.release(now, handle), stack.caller("go on"))
    order = advance(stack.ports(), "o1", "m9")
    assert [hold.reason for hold in order.holds.values()] == [HoldReason.PAYMENT_PENDING]
    assert len(stack.gateway.authorisations) == 1


@pytest.mark.parametrize("won", [True, False])
def test_news_of_a_dispute_ends_in_one_state_in_any_order_and_told_twice(won: bool) -> None:  # noqa: FBT001 - a case
    ends = set()
    for order_of_news in permutations(range(3)):
        stack = MemoryStack()
        sold(stack, terms(PaymentMethod.GATEWAY, 5500))
        order = parcels(stack, [5])
        told = [
            dispute(order, "opened", withdrawn=False),
            dispute(order, "withdrawn"),
            dispute(order, "closed", won=won),
        ]
        for number in (*order_of_news, *order_of_news):
            order = tell(stack, told[number])
        payment = order.payments["1"]
        ends.add((order.disputed, payment.taken, payment.lost, payment.disputes["dp1"].status, order.due))
    assert len(ends) == 1


def test_a_notice_about_a_payment_of_another_order_changes_nothing() -> None:
    stack = MemoryStack()
    order = sold(stack, terms(PaymentMethod.GATEWAY, 5500))
    stranger = replace(notice(order, Told.LET_GO), reference="sim_other")
    assert tell(stack, stranger).version == order.version
