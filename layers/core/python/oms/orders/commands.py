"""What callers may ask of an order over HTTP: the bodies of the requests, and each request carried out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from oms.errors import ConcurrentAppend, FieldError, InvalidInput, NotFound, VersionMismatch
from oms.orders import decisions
from oms.orders.contact import Address, Contact
from oms.orders.events import OrderEvent, UnitsCancelled
from oms.orders.evolve import fold
from oms.orders.log import ATTEMPTS, Caller, OrderLog, append, execute, load
from oms.orders.order import Entry, Order
from oms.orders.reasons import CancellationReason
from oms.orders.transitions import CANCELLABLE

MAX_STEPS = 100
"""Appends that one cancellation may take: an order of very many skus is cancelled in parts."""

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
    """Units to cancel: those of `lines`, or without it all that still can be."""

    lines: Annotated[list[CancelLine], Field(min_length=1, max_length=1000)] | None = None
    reason: Note = ""
    """In words, for staff."""
    code: CancellationReason = CancellationReason.OTHER
    """Why, as the customer is told in their language."""


class AddressEdit(Command):
    """A postal address, whole."""

    name: Name = ""
    company: Name = ""
    line1: Name = ""
    line2: Name = ""
    city: Name = ""
    region: Name = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    """ISO 3166-1 alpha-2."""
    phone: Annotated[str, Field(max_length=50)] = ""


class ContactEdit(Command):
    """The parts of the contact that are to change; the others stay. An address is replaced whole."""

    name: Name | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^(\S+@\S+)?$")] | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    shipping: AddressEdit | None = None
    billing: AddressEdit | None = None


class EditOrder(BaseModel):
    """What is to change in the order. Only its `contact` can, so far."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    contact: ContactEdit | None = None


class PayOrder(Command):
    """Another instrument after a decline."""

    instrument: Annotated[str, Field(min_length=1, max_length=200)]
    """The gateway's token for card or wallet; never a card number."""
    gateway: Name = ""
    """The gateway of the declined payment, unless another is named."""


def cancel_order(
    log: OrderLog, order_id: str, command: CancelOrder, caller: Caller, expected_version: int | None = None
) -> Order:
    """Cancel units, in as many entries as it takes; after a break in between, the same cause cancels the rest.

    Raises:
        NotAllowed: units are in somebody's hands already, or none is left.
        NotFound: no such order, or no such line.
        VersionMismatch: `expected_version` is not the order's version.
    """
    outrun = 0
    for _ in range(MAX_STEPS):
        entries = log.entries(order_id)
        order = fold(entries)
        if order is None:
            raise NotFound(f"there is no order {order_id}")
        done = [entry for entry in entries if entry.cause == caller.cause]
        if not done:
            _expect(order, expected_version)
        wish = _remaining(order, command, done)
        if done and not wish:
            return order
        events = decisions.cancel(order, wish or None, reason=command.reason, code=command.code)
        try:
            order = append(log, order, events, caller)
        except ConcurrentAppend:
            outrun += 1
            if outrun == ATTEMPTS:
                raise
            continue
        if sum(_cancelled(events).values()) == sum(wish.values()):
            return order
    raise ConcurrentAppend(f"order {order_id} did not come to rest: try again")


def _remaining(order: Order, command: CancelOrder, done: Iterable[Entry]) -> dict[str, int]:
    """Units by line that are still to be cancelled after what these entries did."""
    if command.lines is None:
        open_units = {
            line_id: sum(line.counts.get(state, 0) for state in CANCELLABLE) for line_id, line in order.lines.items()
        }
        return {line_id: count for line_id, count in open_units.items() if count}
    wish: Counter[str] = Counter()
    for line in command.lines:
        wish[line.line_id] += line.quantity
    for entry in done:
        wish.subtract(_cancelled(entry.events))
    return dict(+wish)


def _cancelled(events: Iterable[OrderEvent]) -> Counter[str]:
    """Units by line that these events cancel; a line's units may have been at several locations."""
    units: Counter[str] = Counter()
    for event in events:
        if isinstance(event, UnitsCancelled):
            for gone in event.units:
                units[gone.line_id] += gone.quantity
    return units


def pay_order(
    log: OrderLog, order_id: str, command: PayOrder, caller: Caller, expected_version: int | None = None
) -> Order:
    """Try another instrument after a decline; see `decisions.pay_again`."""

    def decide(order: Order) -> list[OrderEvent]:
        declined = [payment.gateway for payment in order.payments.values() if payment.declined]
        gateway = command.gateway or next(reversed(declined), "")
        return decisions.pay_again(order, gateway=gateway, instrument=command.instrument)

    return execute(log, order_id, decide, caller, expected_version=expected_version)


def edit_order(
    log: OrderLog, order_id: str, command: EditOrder, caller: Caller, expected_version: int | None = None
) -> Order:
    """Change the contact; a hold for a bad address is let go. See `decisions.change_contact`.

    Raises:
        InvalidInput: something else is to be changed, which is not possible yet; or nothing at all.
        NotAllowed: a parcel is on its way to the old address.
        VersionMismatch: `expected_version` is not the order's version.
    """
    if command.model_extra:
        said = "cannot be edited yet: only `contact` can. Cancel units, or place another order"
        raise InvalidInput(said, errors=[FieldError(name, said) for name in sorted(command.model_extra)[:50]])
    if command.contact is None or not command.contact.model_fields_set:
        raise InvalidInput("names nothing that is to change", path="contact")
    for _ in range(ATTEMPTS):
        order = load(log, order_id)
        contact = _edited(order.contact or Contact(), command.contact)
        try:
            # The contact is made from this version, so it goes on this version or is made anew.
            return execute(
                log,
                order_id,
                lambda now, contact=contact: decisions.change_contact(now, contact),  # type: ignore[misc]
                caller,
                expected_version=order.version if expected_version is None else expected_version,
                contact=contact,
            )
        except VersionMismatch:
            if expected_version is not None:
                raise
    raise ConcurrentAppend(f"order {order_id} is busy: try again")


def _edited(contact: Contact, edit: ContactEdit) -> Contact:
    """The contact with the parts that the edit names. Null empties a part."""
    given: dict[str, Any] = {}
    for name in edit.model_fields_set:
        value = getattr(edit, name)
        if isinstance(value, AddressEdit):
            given[name] = Address(**value.model_dump())
        else:
            given[name] = value if value is not None or name in {"shipping", "billing"} else ""
    return replace(contact, **given)


def _expect(order: Order, version: int | None) -> None:
    if version not in {None, order.version}:
        raise VersionMismatch(f"order {order.order_id} is at version {order.version}, not {version}: read it again")
