"""What callers may ask of an order's holds over HTTP: open one, put it into somebody's hands, let it go."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oms.errors import NotAllowed
from oms.orders import decisions
from oms.orders.commands import Command, Note
from oms.orders.events import HoldReason, OrderEvent
from oms.orders.holding import OwnReason, assign
from oms.orders.log import Caller, OrderLog, execute
from oms.orders.order import Order


class HoldOrder(Command):
    """Let work on the order wait; the note says why."""

    reason: OwnReason = OwnReason.MANUAL
    """Decides in which work queue it stands, and what lets it go by itself, as for the holds that routing opens."""
    note: Note = ""


class ReleaseHold(Command):
    """Let a hold go; the note says why."""

    note: Note = ""


class AssignHold(Command):
    """Put a hold into somebody's hands."""

    owner: Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9][A-Za-z0-9 ._:-]*)?$")] | None = None
    """Who takes care of it: a name at work, no mail address. Without it: the caller. Empty: nobody."""


def hold_order(
    log: OrderLog, order_id: str, command: HoldOrder, caller: Caller, expected_version: int | None = None
) -> Order:
    """Open a hold for a person's own reason; see `decisions.hold`.

    Raises:
        NotAllowed: nothing is left that could wait; or it is to wait for money, and the money is there.
    """

    def decide(order: Order) -> list[OrderEvent]:
        if command.reason is OwnReason.PAYMENT_PENDING and order.covered >= order.due:
            raise NotAllowed(
                "what is due is covered: a hold that waits for money would go at once; name another reason"
            )
        return decisions.hold(order, HoldReason(command.reason), command.note)

    return execute(log, order_id, decide, caller, expected_version=expected_version)


def assign_hold(
    log: OrderLog,
    order_id: str,
    handle: str,
    command: AssignHold,
    caller: Caller,
    expected_version: int | None = None,
) -> Order:
    """Say who takes care of a hold; see `holding.assign`."""
    owner = caller.actor.removeprefix("key:") if command.owner is None else command.owner
    return execute(log, order_id, lambda order: assign(order, handle, owner), caller, expected_version=expected_version)


def release_hold(
    log: OrderLog,
    order_id: str,
    handle: str,
    command: ReleaseHold,
    caller: Caller,
    expected_version: int | None = None,
) -> Order:
    """Let a hold go; see `decisions.release`."""
    return execute(
        log,
        order_id,
        lambda order: decisions.release(order, handle, command.note),
        caller,
        expected_version=expected_version,
    )
