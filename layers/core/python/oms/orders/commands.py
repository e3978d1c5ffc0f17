"""What callers may ask of an order over HTTP: the bodies of the requests, and each request carried out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oms.errors import InvalidInput
from oms.orders import decisions
from oms.orders.cancellation import Cancelled, cancel_or_ask, units_cancelled
from oms.orders.events import OrderEvent
from oms.orders.log import Caller, OrderLog, execute, load
from oms.orders.order import Order
from oms.orders.preview import Effect, preview
from oms.orders.reasons import CancellationReason
from oms.orders.several import Step, begun, carry_out, check_version

Note = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(max_length=200)]


class Command(BaseModel):
    """What all bodies share: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class CancelLine(Command):
    """So many units of a line."""

    line_id: Name
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]


class CancelOrder(Command):
    """Units to cancel: those of `lines`, or without it all that still can be.

    A location is asked for the units that it works on.
    """

    lines: Annotated[list[CancelLine], Field(min_length=1, max_length=1000)] | None = None
    reason: Note = ""
    """In words, for staff."""
    code: CancellationReason = CancellationReason.OTHER
    """Why, as the customer is told in their language."""


class PayOrder(Command):
    """Another instrument after a decline."""

    instrument: Annotated[str, Field(min_length=1, max_length=200)]
    """The gateway's token for card or wallet; never a card number."""
    gateway: Name = ""
    """The gateway of the declined payment, unless another is named."""


def cancel_order(
    log: OrderLog, order_id: str, command: CancelOrder, caller: Caller, expected_version: int | None = None
) -> Order:
    """Cancel units that nobody works on, and ask the locations that work on the others: see `cancel_or_ask`.

    In as many entries as it takes; after a break in between, the same cause cancels the rest.

    Raises:
        NotAllowed: units have left, or none is left to cancel.
        NotFound: no such order, or no such line.
        VersionMismatch: `expected_version` is not the order's version.
    """

    def decide(order: Order) -> Step:
        cancelled = _cancelled(order, command, _done(log, order, caller))
        return Step(events=cancelled.events, last=cancelled.complete)

    return carry_out(log, order_id, decide, caller, expected_version)


def preview_cancel(log: OrderLog, order_id: str, command: CancelOrder, expected_version: int | None = None) -> Effect:
    """What `cancel_order` would change; nothing is written.

    Raises:
        NotAllowed, NotFound, VersionMismatch: as the cancellation would.
    """
    order = load(log, order_id)
    check_version(order, expected_version)
    gone: Counter[str] = Counter()

    def decide(now: Order) -> Cancelled:
        cancelled = _cancelled(now, command, gone)
        gone.update(units_cancelled(cancelled.events))
        return cancelled

    return preview(order, decide)


def _cancelled(order: Order, command: CancelOrder, done: Mapping[str, int]) -> Cancelled:
    """What is next of a cancellation of which `done` units by line are cancelled already."""
    if command.lines is None:
        return cancel_or_ask(order, reason=command.reason, code=command.code)
    wish: Counter[str] = Counter()
    for line in command.lines:
        wish[line.line_id] += line.quantity
    wish.subtract(done)
    return cancel_or_ask(order, +wish, reason=command.reason, code=command.code)


def _done(log: OrderLog, order: Order, caller: Caller) -> Mapping[str, int]:
    """Units by line that the parts of this wish have cancelled, which was broken off."""
    if not begun(order, caller):
        return {}
    parts = [entry.events for entry in log.entries(order.order_id) if entry.cause.startswith(f"{caller.cause}#")]
    return units_cancelled(event for events in parts for event in events)


def pay_order(
    log: OrderLog, order_id: str, command: PayOrder, caller: Caller, expected_version: int | None = None
) -> Order:
    """Pay what is not covered with another instrument; see `decisions.pay_again`.

    Raises:
        InvalidInput: no gateway is named, and none took part in the order so far.
        NotAllowed: nothing is left to pay, or an attempt is under way.
    """

    def decide(order: Order) -> list[OrderEvent]:
        known = [payment for payment in order.payments.values() if payment.gateway]
        known = [payment for payment in known if payment.declined] or known
        gateway = command.gateway or (known[-1].gateway if known else "")
        if not gateway and "pay" in order.actions:
            raise InvalidInput("name the gateway: none took part in this order so far", path="gateway")
        return decisions.pay_again(order, gateway=gateway, instrument=command.instrument)

    return execute(log, order_id, decide, caller, expected_version=expected_version)
