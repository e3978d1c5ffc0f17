"""Holds: several at once, each in somebody's hands, let go one by one; who opened and released them stays known."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from oms.errors import NotFound
from oms.orders.events import HoldReason
from oms.orders.hold_commands import (
    AssignHold,
    HoldOrder,
    ReleaseHold,
    assign_hold,
    hold_order,
    release_hold,
)
from oms.orders.holding import OwnReason
from oms.orders.log import Caller, load
from oms.orders.order import Order
from oms.orders.transitions import OrderStatus
from oms.routing.process import advance
from oms.views.resource import order_resource
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed


@pytest.fixture
def stack() -> MemoryStack:
    stack = MemoryStack()
    stack.stock("mug", "north", 5)
    stack.captured(placed(line("1", "mug", 2, 2000)), "o1")
    return stack


def by(stack: MemoryStack, actor: str, wish: str) -> Caller:
    return Caller(actor=actor, cause=wish, clock=stack.clock)


def held_twice(stack: MemoryStack) -> Order:
    hold_order(stack, "o1", HoldOrder(reason=OwnReason.FRAUD, note="third order today"), by(stack, "key:anna", "h1"))
    return hold_order(stack, "o1", HoldOrder(note="wants to change the colour"), by(stack, "key:ben", "h2"))


def test_work_starts_when_no_hold_remains_and_not_before(stack: MemoryStack) -> None:
    order = held_twice(stack)
    assert [hold.reason for hold in order.holds.values()] == [HoldReason.FRAUD, HoldReason.MANUAL]
    release_hold(stack, "o1", "hold-1", ReleaseHold(), by(stack, "key:anna", "r1"))
    assert advance(stack.ports(), "o1", "m1").status is OrderStatus.HELD
    release_hold(stack, "o1", "hold-2", ReleaseHold(), by(stack, "key:anna", "r2"))
    assert advance(stack.ports(), "o1", "m2").status is OrderStatus.IN_FULFILLMENT


def test_a_hold_has_one_owner_at_a_time_and_each_hold_its_own(stack: MemoryStack) -> None:
    held_twice(stack)
    mine = assign_hold(stack, "o1", "hold-1", AssignHold(), by(stack, "key:anna", "a1"))
    assert [hold.owner for hold in mine.holds.values()] == ["anna", ""]
    given = assign_hold(stack, "o1", "hold-1", AssignHold(owner="clara"), by(stack, "key:anna", "a2"))
    assert given.holds["hold-1"].owner == "clara"
    again = assign_hold(stack, "o1", "hold-1", AssignHold(owner="clara"), by(stack, "key:ben", "a3"))
    assert again.version == given.version
    assert (
        assign_hold(stack, "o1", "hold-1", AssignHold(owner=""), by(stack, "key:ben", "a4")).holds["hold-1"].owner == ""
    )


def test_who_opened_a_hold_and_who_let_it_go_is_shown(stack: MemoryStack) -> None:
    held_twice(stack)
    release_hold(stack, "o1", "hold-1", ReleaseHold(note="called them"), by(stack, "key:clara", "r1"))
    shown = order_resource(load(stack, "o1"))
    assert [(hold["handle"], hold["opened_by"], hold["owner"]) for hold in shown["holds"]] == [
        ("hold-2", "key:ben", "")
    ]
    (gone,) = shown["released_holds"]
    assert (gone["opened_by"], gone["released_by"], gone["released_note"]) == ("key:anna", "key:clara", "called them")
    assert {"release:hold-2", "assign:hold-2"} <= set(shown["actions"])


def test_a_hold_that_is_gone_cannot_be_taken(stack: MemoryStack) -> None:
    held_twice(stack)
    release_hold(stack, "o1", "hold-1", ReleaseHold(), by(stack, "key:anna", "r1"))
    with pytest.raises(NotFound, match="hold-2"):
        assign_hold(stack, "o1", "hold-1", AssignHold(), by(stack, "key:anna", "a1"))


@pytest.mark.parametrize("owner", ["anna@shop.example", " ", "-", "x" * 65])
def test_an_owner_is_a_name_at_work_and_no_mail_address(owner: str) -> None:
    with pytest.raises(ValidationError):
        AssignHold(owner=owner)


def test_a_person_opens_no_hold_that_only_routing_can_judge() -> None:
    with pytest.raises(ValidationError):
        HoldOrder.model_validate({"reason": "unknown_sku"})
    assert {reason.value for reason in OwnReason} <= {reason.value for reason in HoldReason}
