from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from oms.errors import ConcurrentAppend, Conflict, NotAllowed, NotFound, VersionMismatch
from oms.orders import decisions
from oms.orders.events import HoldReason, OrderEvent
from oms.orders.log import ATTEMPTS, append, execute, load, place
from oms.orders.order import Entry, Order
from tests.support.memory_stack import START, MemoryStack
from tests.support.orders import line, placed

SOLD = placed(line("1", "mug", 2, 2000))


@pytest.fixture
def stack() -> MemoryStack:
    stack = MemoryStack()
    stack.captured(SOLD, "o1")
    return stack


def _hold(order: Order) -> Sequence[OrderEvent]:
    return decisions.hold(order, HoldReason.MANUAL, f"seen at version {order.version}")


def _meanwhile(stack: MemoryStack, times: int, decide: Callable[[Order], Sequence[OrderEvent]] = _hold) -> list[int]:
    """A decision before which somebody else appends, so many times; and the versions that it was made on."""
    seen: list[int] = []

    def decided(order: Order) -> Sequence[OrderEvent]:
        seen.append(order.version)
        if len(seen) <= times:
            append(stack, load(stack, "o1"), _hold(order), stack.caller(f"somebody-{len(seen)}"))
        return decide(order)

    execute(stack, "o1", decided, stack.caller("ours"))
    return seen


def test_a_decision_is_appended_with_who_why_and_when(stack: MemoryStack) -> None:
    order = execute(stack, "o1", _hold, stack.caller("ours"))
    entry = stack.entries("o1")[-1]
    assert (entry.seq, entry.actor, entry.cause, entry.at) == (2, "test", "ours", stack.now)
    assert (order.version, order.updated_at) == (2, stack.now)
    assert order == load(stack, "o1")


def test_when_somebody_was_faster_it_is_decided_again_on_what_is_there_then(stack: MemoryStack) -> None:
    assert _meanwhile(stack, times=3) == [1, 2, 3, 4]
    notes = [hold.note for hold in load(stack, "o1").holds.values()]
    assert notes == ["seen at version 1", "seen at version 2", "seen at version 3", "seen at version 4"]


def test_a_decision_that_is_outrun_each_time_gives_up_and_has_written_nothing(stack: MemoryStack) -> None:
    with pytest.raises(ConcurrentAppend, match="try again"):
        _meanwhile(stack, times=ATTEMPTS)
    assert "ours" not in load(stack, "o1").causes
    assert load(stack, "o1").version == 1 + ATTEMPTS


def test_what_was_possible_may_no_longer_be_when_somebody_was_faster(stack: MemoryStack) -> None:
    def cancelled(order: Order) -> Sequence[OrderEvent]:
        if order.version == 1:
            append(stack, order, decisions.cancel(order), stack.caller("somebody"))
        return decisions.cancel(order)

    with pytest.raises(NotAllowed):
        execute(stack, "o1", cancelled, stack.caller("ours"))
    assert load(stack, "o1").version == 2


def test_the_same_cause_is_carried_out_once_and_answered_as_it_stands(stack: MemoryStack) -> None:
    first = execute(stack, "o1", _hold, stack.caller("ours"))
    execute(stack, "o1", _hold, stack.caller("another"))
    again = execute(stack, "o1", _hold, stack.caller("ours"))
    assert (first.version, again.version) == (2, 3)
    assert len(again.holds) == 2


def test_a_lost_answer_asked_for_again_under_the_old_version_is_no_mismatch(stack: MemoryStack) -> None:
    execute(stack, "o1", _hold, stack.caller("ours"), expected_version=1)
    assert execute(stack, "o1", _hold, stack.caller("ours"), expected_version=1).version == 2


def test_if_match_refuses_an_order_that_changed_since_it_was_read(stack: MemoryStack) -> None:
    with pytest.raises(VersionMismatch, match="at version 1, not 2"):
        execute(stack, "o1", _hold, stack.caller("ours"), expected_version=2)
    assert execute(stack, "o1", _hold, stack.caller("ours"), expected_version=1).version == 2


def test_if_match_holds_also_against_somebody_who_is_faster_than_the_append(stack: MemoryStack) -> None:
    def overtaken(order: Order) -> Sequence[OrderEvent]:
        append(stack, order, _hold(order), stack.caller("somebody"))
        return decisions.cancel(order)

    with pytest.raises(VersionMismatch):
        execute(stack, "o1", overtaken, stack.caller("ours"), expected_version=1)
    assert "ours" not in load(stack, "o1").causes


def test_nothing_to_do_writes_nothing(stack: MemoryStack) -> None:
    assert execute(stack, "o1", lambda _: [], stack.caller("ours")).version == 1
    assert len(stack.entries("o1")) == 1


def test_a_decision_that_breaks_the_history_is_not_written(stack: MemoryStack) -> None:
    from oms.orders.events import HoldReleased
    from oms.orders.moving import BrokenHistory

    with pytest.raises(BrokenHistory):
        execute(stack, "o1", lambda _: [HoldReleased(handle="hold-7")], stack.caller("ours"))
    assert len(stack.entries("o1")) == 1


def test_an_unknown_order_is_not_found(stack: MemoryStack) -> None:
    with pytest.raises(NotFound, match="o2"):
        execute(stack, "o2", _hold, stack.caller("ours"))


def test_an_order_can_be_read_as_it_stood_at_any_moment(stack: MemoryStack) -> None:
    stack.tick(60)
    execute(stack, "o1", _hold, stack.caller("ours"))
    held_at = stack.now
    assert load(stack, "o1", until=held_at).version == 2
    assert load(stack, "o1", until=held_at - timedelta(microseconds=1)).version == 1
    with pytest.raises(NotFound, match="at 2026"):
        load(stack, "o1", until=START - timedelta(seconds=1))


def test_a_clock_that_goes_back_does_not_turn_the_log_around(stack: MemoryStack) -> None:
    stack.tick(-3600)
    order = execute(stack, "o1", _hold, stack.caller("ours"))
    assert order.updated_at == order.captured_at


def _first(fingerprint: str) -> Entry:
    sold = replace(SOLD, fingerprint=fingerprint)
    return Entry(
        order_id="o9", seq=1, at=START, actor="channel", cause="c", events=tuple(decisions.place(sold)), contact=None
    )


def test_an_order_sent_twice_is_one_order(stack: MemoryStack) -> None:
    first, is_new = place(stack, _first("same"))
    assert is_new
    again, is_new = place(stack, replace(_first("same"), at=START + timedelta(hours=1)))
    assert not is_new
    assert (again.at, again.events) == (first.at, first.events)
    assert len(stack.entries("o9")) == 1


def test_another_document_under_the_same_id_is_a_conflict_and_changes_nothing(stack: MemoryStack) -> None:
    place(stack, _first("one"))
    with pytest.raises(Conflict, match="with other content"):
        place(stack, _first("other"))
    assert len(stack.entries("o9")) == 1
