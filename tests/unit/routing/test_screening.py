"""Screening in the routing of an order: before the money, held when a person must look, and never lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.errors import Unavailable
from oms.fraud import rules as ru
from oms.fraud.protocol import Screening, ScreeningRequest
from oms.fraud.rules import Counted, FraudRules
from oms.orders import decisions
from oms.orders.contact import Contact
from oms.orders.events import HoldReason, OrderPlaced, PaymentMethod
from oms.orders.log import append, execute, load
from oms.orders.order import Order
from oms.orders.screening import OrderScreened, ScreeningOutcome
from oms.orders.transitions import OrderStatus
from oms.routing.process import advance
from oms.routing.screen import ATTEMPTS, UNANSWERED
from tests.support.memory_stack import ADDRESS, MemoryStack
from tests.support.orders import line, placed

MUG = line("1", "mug", 2, 2000)
THROWAWAY = Contact(email="x@mailinator.com", shipping=ADDRESS, billing=ADDRESS)


@pytest.fixture
def stack() -> MemoryStack:
    stack = MemoryStack()
    stack.stock("mug", "north", 50)
    stack.fraud_rules = FraudRules(
        rules_id="default",
        review_from=40,
        rules=(
            ru.DisposableMail(rule_id="throwaway", points=40),
            ru.CountriesDiffer(rule_id="countries", points=30),
            ru.Velocity(rule_id="often", points=50, counted=Counted.INSTRUMENT, orders=2, hours=24),
        ),
    )
    return stack


def sold(*, screening: bool = True, instrument: str = "sim_ok", method: PaymentMethod | None = None) -> OrderPlaced:
    order = placed(MUG, instrument=instrument) if method is None else placed(MUG, method=method)
    return replace(order, screening=screening)


def take(stack: MemoryStack, contact: Contact = THROWAWAY, order_id: str = "o1", **how: object) -> Order:
    stack.captured(sold(**how), order_id, contact)  # type: ignore[arg-type]
    return advance(stack.ports(), order_id, f"m-{order_id}")


def release(stack: MemoryStack, reason: HoldReason = HoldReason.FRAUD, order_id: str = "o1") -> Order:
    order = load(stack, order_id)
    (handle,) = [hold.handle for hold in order.holds.values() if hold.reason is reason]
    wish = f"release {order.version}"
    execute(stack, order_id, lambda now: decisions.release(now, handle), stack.caller(wish))
    return advance(stack.ports(), order_id, wish)


def reasons(order: Order) -> list[HoldReason]:
    return [hold.reason for hold in order.holds.values()]


def screenings(stack: MemoryStack, order_id: str = "o1") -> list[OrderScreened]:
    return [event for entry in stack.entries(order_id) for event in entry.events if isinstance(event, OrderScreened)]


def test_without_the_channels_wish_nothing_is_screened(stack: MemoryStack) -> None:
    order = take(stack, screening=False)
    assert (order.status, screenings(stack), stack.counters.seen) == (OrderStatus.IN_FULFILLMENT, [], {})


def test_a_suspicious_order_is_held_before_anybodys_money_is_asked_for(stack: MemoryStack) -> None:
    order = take(stack)
    assert reasons(order) == [HoldReason.FRAUD]
    assert stack.gateway.authorisations == {}
    (hold,) = order.holds.values()
    assert hold.note == "scored 40 of 100: the mail address is of a service for throwaway addresses (40)"
    (found,) = screenings(stack)
    assert (found.score, found.outcome, found.provider) == (40, ScreeningOutcome.REVIEW, "rules")


def test_a_release_by_hand_lets_it_go_on_and_it_is_not_held_again(stack: MemoryStack) -> None:
    take(stack)
    order = release(stack)
    assert order.status is OrderStatus.IN_FULFILLMENT
    assert len(screenings(stack)) == len(stack.gateway.authorisations) == 1


def test_an_order_that_nothing_speaks_against_goes_through(stack: MemoryStack) -> None:
    order = take(stack, Contact(email="kim@example.org", shipping=ADDRESS))
    assert order.status is OrderStatus.IN_FULFILLMENT
    assert [found.outcome for found in screenings(stack)] == [ScreeningOutcome.ACCEPT]


def test_whoever_looks_at_a_held_order_sees_all_that_is_wrong_with_it(stack: MemoryStack) -> None:
    del stack.products["mug"]
    order = take(stack)
    assert reasons(order) == [HoldReason.FRAUD, HoldReason.UNKNOWN_SKU]
    stack.stock("mug", "north", 1)
    assert release(stack, HoldReason.UNKNOWN_SKU).status is OrderStatus.HELD
    assert release(stack).status is OrderStatus.IN_FULFILLMENT


def change(stack: MemoryStack, contact: Contact) -> Order:
    order = load(stack, "o1")
    append(
        stack, order, decisions.change_contact(order, contact), stack.caller(f"edit {order.version}"), contact=contact
    )
    return advance(stack.ports(), "o1", f"edited {order.version}")


def test_a_change_that_makes_it_worse_is_held_again_and_one_that_does_not_is_not(stack: MemoryStack) -> None:
    take(stack)
    release(stack)
    order = change(stack, replace(THROWAWAY, phone="+49 89 5550100"))
    assert order.status is OrderStatus.IN_FULFILLMENT
    order = change(stack, replace(THROWAWAY, shipping=replace(ADDRESS, country="FR")))
    assert reasons(order) == [HoldReason.FRAUD]
    assert [found.score for found in screenings(stack)] == [40, 40, 70]
    assert release(stack).status is OrderStatus.IN_FULFILLMENT


def test_a_change_while_it_is_held_is_screened_for_those_who_look_at_it(stack: MemoryStack) -> None:
    take(stack)
    order = change(stack, replace(THROWAWAY, shipping=replace(ADDRESS, country="FR")))
    assert reasons(order) == [HoldReason.FRAUD]
    assert order.screening.last is not None
    assert order.screening.last.score == 70
    assert release(stack).status is OrderStatus.IN_FULFILLMENT


def test_an_order_is_counted_once_however_often_it_is_screened(stack: MemoryStack) -> None:
    good = Contact(email="kim@example.org", shipping=ADDRESS)
    for number in range(1, 3):
        stack.fail_appends = 3
        assert take(stack, good, f"o{number}").status is OrderStatus.IN_FULFILLMENT
        advance(stack.ports(), f"o{number}", "again")
    assert reasons(take(stack, good, "o3")) == [HoldReason.FRAUD]


def test_orders_paid_in_an_exempt_way_are_let_pass(stack: MemoryStack) -> None:
    stack.fraud_rules = replace(stack.fraud_rules, exempt=(PaymentMethod.PREPAID,))
    order = take(stack, method=PaymentMethod.PREPAID)
    assert order.status is OrderStatus.IN_FULFILLMENT
    assert [found.provider for found in screenings(stack)] == ["exempt"]


@pytest.mark.parametrize(
    ("mail", "outcome"),
    [("score-70@x.example", ScreeningOutcome.REVIEW), ("refuse@x.example", ScreeningOutcome.REJECT)],
)
def test_a_vendor_may_screen_in_our_place(stack: MemoryStack, mail: str, outcome: ScreeningOutcome) -> None:
    stack.fraud_rules = replace(stack.fraud_rules, provider="simulated")
    order = take(stack, replace(THROWAWAY, email=mail))
    assert reasons(order) == [HoldReason.FRAUD]
    assert [(found.outcome, found.provider) for found in screenings(stack)] == [(outcome, "simulated")]
    assert stack.counters.seen == {}


def test_a_vendor_that_never_answers_leaves_the_order_to_a_person(stack: MemoryStack) -> None:
    stack.fraud_rules = replace(stack.fraud_rules, provider="simulated")
    order = take(stack, replace(THROWAWAY, email="silent@x.example"))
    while stack.later:
        order_id, attempt = stack.later.pop()
        assert (order.status, screenings(stack)) == (OrderStatus.PLACED, [])
        order = advance(stack.ports(), order_id, f"again {attempt}", attempt=attempt)
    (hold,) = order.holds.values()
    assert (hold.reason, hold.note, attempt) == (HoldReason.FRAUD, UNANSWERED, ATTEMPTS)
    assert stack.gateway.authorisations == {}
    assert release(stack).status is OrderStatus.IN_FULFILLMENT


def test_a_vendor_that_answers_late_is_heard(stack: MemoryStack, monkeypatch: pytest.MonkeyPatch) -> None:
    fine = Screening(score=0, outcome=ScreeningOutcome.ACCEPT, provider="v")
    answers: list[Unavailable | Screening] = [Unavailable("busy"), fine]

    def screen(_: ScreeningRequest) -> Screening:
        answer = answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    monkeypatch.setattr(stack, "screen", screen)
    assert take(stack).status is OrderStatus.PLACED
    assert stack.later == [("o1", 1)]
    assert advance(stack.ports(), "o1", "again", attempt=1).status is OrderStatus.IN_FULFILLMENT


def test_an_unpaid_order_is_screened_when_there_is_money_to_lose(stack: MemoryStack) -> None:
    take(stack, method=PaymentMethod.UNPAID)
    assert screenings(stack) == []
    terms = placed(MUG).payment
    execute(stack, "o1", lambda order: decisions.paid_in_channel(order, terms), stack.caller("paid"))
    assert reasons(advance(stack.ports(), "o1", "m2")) == [HoldReason.FRAUD]
