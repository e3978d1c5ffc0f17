from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from oms.errors import ConcurrentAppend, InvalidInput, NotAllowed, NotFound, VersionMismatch
from oms.orders import events as ev
from oms.orders.commands import (
    CancelOrder,
    PayOrder,
    cancel_order,
    pay_order,
)
from oms.orders.contact import Address
from oms.orders.decisions import hold
from oms.orders.edit_commands import EditOrder, edit_order
from oms.orders.events import HoldReason, UnitState
from oms.orders.hold_commands import HoldOrder, ReleaseHold, hold_order, release_hold
from oms.orders.log import Caller, append, load
from oms.orders.order import Order
from oms.orders.transitions import OrderStatus
from oms.payments.ledger import PaymentDeclined
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed
from tests.support.shops import Sale, canonical_order
from tests.support.world import World

MANY = 200
Json = dict[str, Any]


@pytest.fixture
def stack() -> MemoryStack:
    stack = MemoryStack()
    stack.captured(placed(line("1", "MUG", 3, 300), line("2", "POT", 2, 200)), "o1")
    return stack


def cancel(stack: MemoryStack, body: Json, caller: Caller, version: int | None = None) -> Order:
    return cancel_order(stack, "o1", CancelOrder.model_validate(body), caller, version)


def edit(stack: MemoryStack, body: Json, *, cause: str = "edit", version: int | None = None) -> Order:
    return edit_order(stack, "o1", EditOrder.model_validate(body), stack.caller(cause), version)


def decide(stack: MemoryStack, events: Sequence[ev.OrderEvent], order_id: str = "o1") -> Order:
    return append(stack, load(stack, order_id), events, stack.caller(f"staff {len(stack.log[order_id])}"))


def cancelled(order: Order) -> dict[str, int]:
    return {line_id: each.counts.get(UnitState.CANCELLED, 0) for line_id, each in order.lines.items()}


def test_all_units_are_cancelled_when_none_are_named(stack: MemoryStack) -> None:
    order = cancel(stack, {}, stack.caller("c"))
    assert (order.status, order.due) == (OrderStatus.CANCELLED, 0)


def test_named_units_are_cancelled_and_lines_named_twice_are_added_up(stack: MemoryStack) -> None:
    wish = [{"line_id": "1", "quantity": 1}, {"line_id": "2", "quantity": 1}, {"line_id": "1", "quantity": 1}]
    order = cancel(stack, {"lines": wish, "reason": "changed her mind"}, stack.caller("c"))
    assert cancelled(order) == {"1": 2, "2": 1}


def test_the_same_cancellation_asked_for_twice_is_made_once(stack: MemoryStack) -> None:
    body = {"lines": [{"line_id": "1", "quantity": 1}]}
    first = cancel(stack, body, stack.caller("c"), 1)
    again = cancel(stack, body, stack.caller("c"), 1)
    assert cancelled(again) == cancelled(first) == {"1": 1, "2": 0}
    assert again.version == 2


def test_more_units_than_there_are_cannot_be_cancelled(stack: MemoryStack) -> None:
    with pytest.raises(NotAllowed) as refused:
        cancel(stack, {"lines": [{"line_id": "1", "quantity": 4}]}, stack.caller("c"))
    assert [error.path for error in refused.value.errors] == ["lines.1"]
    with pytest.raises(NotFound):
        cancel(stack, {"lines": [{"line_id": "9", "quantity": 1}]}, stack.caller("c"))
    assert load(stack, "o1").version == 1


def test_a_cancelled_order_cannot_be_cancelled_by_another_call(stack: MemoryStack) -> None:
    cancel(stack, {}, stack.caller("c"))
    with pytest.raises(NotAllowed):
        cancel(stack, {}, stack.caller("another"))


def test_an_order_that_is_not_there_is_not_found(stack: MemoryStack) -> None:
    with pytest.raises(NotFound):
        cancel_order(stack, "o2", CancelOrder(), stack.caller("c"))


def test_a_cancellation_under_an_old_version_changes_nothing(stack: MemoryStack) -> None:
    with pytest.raises(VersionMismatch):
        cancel(stack, {}, stack.caller("c"), 7)
    assert load(stack, "o1").version == 1


@pytest.mark.parametrize("named", [True, False])
def test_a_very_long_cancellation_is_mended_after_a_break(*, named: bool) -> None:
    stack = MemoryStack()
    stack.captured(placed(*(line(str(n), f"S{n}", 1, 100) for n in range(1, MANY + 1))), "o1")
    waiting = [ev.LineUnits(line_id=str(n), sku=f"S{n}", quantity=1) for n in range(1, MANY + 1)]
    decide(stack, [ev.UnitsBackordered(units=tuple(waiting))])
    body = {"lines": [{"line_id": str(n), "quantity": 1} for n in range(1, MANY + 1)]} if named else {}
    original, calls = stack.append, 0

    def dies_at_the_second(*arguments: Any, **others: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        original(*arguments, **others)

    stack.append = dies_at_the_second  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        cancel(stack, body, stack.caller("c"))
    stack.append = original  # type: ignore[method-assign]
    assert 0 < sum(cancelled(load(stack, "o1")).values()) < MANY
    mended = cancel(stack, body, stack.caller("c"), 2)
    assert sum(cancelled(mended).values()) == MANY
    assert cancel(stack, body, stack.caller("c"), 2).version == mended.version


def test_somebody_faster_is_waited_for(stack: MemoryStack) -> None:
    stack.fail_appends = 3
    assert cancel(stack, {}, stack.caller("c")).status is OrderStatus.CANCELLED
    stack.captured(placed(line("1", "MUG", 1, 100)), "o2")
    stack.fail_appends = 100
    with pytest.raises(ConcurrentAppend):
        cancel_order(stack, "o2", CancelOrder(), stack.caller("c"))


def test_a_hold_is_opened_and_released_by_its_handle(stack: MemoryStack) -> None:
    held = hold_order(stack, "o1", HoldOrder(note="call first"), stack.caller("h"), 1)
    (each,) = held.holds.values()
    assert (each.reason, each.note, held.status) == (HoldReason.MANUAL, "call first", OrderStatus.HELD)
    free = release_hold(stack, "o1", each.handle, ReleaseHold(), stack.caller("r"))
    assert free.status is OrderStatus.PLACED
    with pytest.raises(NotFound):
        release_hold(stack, "o1", each.handle, ReleaseHold(), stack.caller("r2"))
    assert release_hold(stack, "o1", each.handle, ReleaseHold(), stack.caller("r")).version == free.version


ROME = {"line1": "Via Roma 1", "city": "Roma", "postal_code": "00184", "country": "IT"}


def test_an_edit_changes_the_parts_that_it_names(stack: MemoryStack) -> None:
    before = load(stack, "o1").contact
    after = edit(stack, {"contact": {"shipping": ROME, "phone": "+39061"}}).contact
    assert before is not None
    assert after is not None
    assert (after.email, after.phone) == (before.email, "+39061")
    assert after.shipping == Address(**ROME)


def test_null_empties_a_part(stack: MemoryStack) -> None:
    contact = edit(stack, {"contact": {"email": None, "billing": None}}).contact
    assert contact is not None
    assert (contact.email, contact.billing) == ("", None)


def test_a_new_address_lets_the_hold_for_the_bad_one_go(stack: MemoryStack) -> None:
    decide(stack, hold(load(stack, "o1"), HoldReason.BAD_ADDRESS))
    assert edit(stack, {"contact": {"shipping": ROME}}).holds == {}


def test_an_edit_that_changes_nothing_writes_nothing(stack: MemoryStack) -> None:
    edit(stack, {"contact": {"name": "Kim"}})
    assert edit(stack, {"contact": {"name": "Kim"}}, cause="again").version == 2


def test_an_edit_keeps_what_somebody_else_changed_in_between(stack: MemoryStack) -> None:
    original = stack.append

    def append(*arguments: Any, **others: Any) -> None:
        stack.append = original  # type: ignore[method-assign]
        edit(stack, {"contact": {"name": "By another"}}, cause="another")
        original(*arguments, **others)

    stack.append = append  # type: ignore[method-assign]
    contact = edit(stack, {"contact": {"phone": "1"}}).contact
    assert contact is not None
    assert (contact.name, contact.phone) == ("By another", "1")


def test_an_edit_under_an_old_version_changes_nothing(stack: MemoryStack) -> None:
    with pytest.raises(VersionMismatch):
        edit(stack, {"contact": {"name": "Kim"}}, version=7)


@pytest.mark.parametrize("body", [{}, {"contact": {}}, {"contact": None}, {"lines": [], "add": []}])
def test_an_edit_that_names_nothing_is_refused(stack: MemoryStack, body: Json) -> None:
    with pytest.raises(InvalidInput) as refused:
        edit(stack, body)
    assert [error.path for error in refused.value.errors] == ["contact"]


def test_another_instrument_goes_to_the_gateway_that_declined(stack: MemoryStack) -> None:
    stack.captured(placed(line("1", "MUG", 1, 100), instrument="sim_declined"), "o2")
    decide(stack, [PaymentDeclined(payment_id="1", reference="r", code="no_funds")], "o2")
    decide(stack, hold(load(stack, "o2"), HoldReason.PAYMENT_DECLINED), "o2")
    order = pay_order(stack, "o2", PayOrder(instrument="sim_ok"), stack.caller("p"))
    assert [(each.gateway, each.instrument, each.requested) for each in order.payments.values()][-1] == (
        "simulated",
        "sim_ok",
        100,
    )
    assert order.holds == {}


def test_an_order_that_waits_for_no_payment_takes_none(stack: MemoryStack) -> None:
    with pytest.raises(NotAllowed):
        pay_order(stack, "o1", PayOrder(instrument="sim_ok"), stack.caller("p"))


# Over HTTP.


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        body = {"platform": "canonical", "name": "Store", "currency": "EUR"}
        world.http("PUT", "/channels/store", body, key="setup")
        yield world


def new_order(world: World, number: str) -> str:
    body = canonical_order(number, [Sale("MUG", 3, "10.00")], method="prepaid")
    path: str = world.http("POST", "/channels/store/orders", body, key="orders:write").json["order_id"]
    return f"/orders/{path}"


def test_the_calls_answer_with_the_order_as_it_stands_and_no_personal_data(world: World) -> None:
    order = new_order(world, "calls")
    held = world.http("POST", f"{order}/holds", {"note": "wait"}, key="ops", headers={"If-Match": '"1"'})
    assert (held.status, held.json["status"], held.headers["etag"]) == (200, "held", '"2"')
    (open_hold,) = held.json["holds"]
    free = world.http("POST", f"{order}/holds/{open_hold['handle']}/release", key="ops")
    assert (free.status, free.json["holds"]) == (200, [])
    edited = world.http("POST", f"{order}/edits", {"contact": {"name": "Somebody Else"}}, key="orders:write")
    assert (edited.status, edited.json["version"]) == (200, 4)
    gone = world.http("POST", f"{order}/cancel", key="orders:write")
    assert (gone.status, gone.json["status"]) == (200, "cancelled")
    for answer in (held, free, edited, gone):
        assert "Musterfrau" not in answer.body
        assert "Somebody Else" not in answer.body


@pytest.mark.parametrize("call", ["cancel", "holds", "holds/hold-1/release", "edits", "payments"])
def test_each_call_needs_the_scope_and_an_order(world: World, call: str) -> None:
    body = {"payments": {"instrument": "sim_ok"}, "edits": {"contact": {"name": "K"}}}.get(call, {})
    assert world.http("POST", f"/orders/onone/{call}", body).status == 401
    assert world.http("POST", f"/orders/onone/{call}", body, key="orders:read").status == 403
    assert world.http("POST", f"/orders/onone/{call}", body, key="orders:write").status == 404


def test_a_call_under_an_old_version_is_refused(world: World) -> None:
    order = new_order(world, "old")
    for call, body in (("cancel", {}), ("holds", {}), ("edits", {"contact": {"name": "K"}})):
        refused = world.http("POST", f"{order}/{call}", body, key="orders:write", headers={"If-Match": '"9"'})
        assert (refused.status, refused.problem) == (412, "version-mismatch")


def test_a_call_repeated_under_its_idempotency_key_is_carried_out_once(world: World) -> None:
    order = new_order(world, "once")
    body, headers = {"lines": [{"line_id": "1", "quantity": 1}]}, {"Idempotency-Key": "k1"}
    first, second = (world.http("POST", f"{order}/cancel", body, key="orders:write", headers=headers) for _ in range(2))
    assert first.json == second.json
    other = world.http("POST", f"{order}/cancel", body, key="orders:write", headers={"Idempotency-Key": "k2"})
    assert other.json["version"] == 3
