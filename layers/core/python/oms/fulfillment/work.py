"""The work on a fulfillment order, from the queue to the door: each use case loads, decides and appends.

Whoever lost an answer asks again: with the same cause nothing happens twice, and a wish that is fulfilled already is
answered with the order as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from oms.carriers.protocol import DEFAULT, Label, Shipment
from oms.errors import ConcurrentAppend, InvalidInput, NotAllowed, NotFound, VersionMismatch
from oms.fulfillment import decisions
from oms.fulfillment.decisions import Packing, Wish
from oms.fulfillment.documents import packing_slip
from oms.fulfillment.ports import Ports
from oms.ids import order_of
from oms.orders.events import LabelBought, OrderEvent, UnitsPacked, UnitsShipped
from oms.orders.log import ATTEMPTS, Caller, OrderLog, Reference, append, execute, load
from oms.orders.order import Order

STANDARD = "standard"
"""The service that is bought when neither the packer nor the order names one."""


def accept(ports: Ports, fulfillment_order_id: str, caller: Caller, *, expected_version: int | None = None) -> Order:
    """Take the work on; see `decisions.accept`."""
    return execute(
        ports.log,
        order_of(fulfillment_order_id),
        lambda order: decisions.accept(order, fulfillment_order_id),
        caller,
        expected_version=expected_version,
    )


def pick(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    units: Wish | None = None,
    expected_version: int | None = None,
) -> Order:
    """Take units from the shelf; see `decisions.pick`."""
    return execute(
        ports.log,
        order_of(fulfillment_order_id),
        lambda order: decisions.pick(order, fulfillment_order_id, units),
        caller,
        expected_version=expected_version,
    )


def pack(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    packing: Packing,
    carrier: str = DEFAULT,
    service: str = "",
    expected_version: int | None = None,
) -> Order:
    """Close a parcel and buy its label; parcel, label and the way back from its tracking number stand in one entry.

    The label is bought and kept before the entry is written: a label that the log knows can always be printed. The
    carrier's idempotency key is the parcel's id, so whoever dies in between gets the same label at the next try.

    Raises:
        NotAllowed, NotFound, Conflict: see `decisions.pack`; or the order has no address.
        InvalidInput: there is no such carrier, or it does not take the parcel.
        Unavailable: the carrier did not answer; ask again.
    """

    def close(order: Order) -> _Step:
        packed = decisions.pack(order, fulfillment_order_id, packing)
        if not packed:
            return _Step()
        bought = _buy_label(ports, order, packed[0], carrier, service or order.placed.shipping_service or STANDARD)
        reference = tracking_reference(carrier, bought.tracking_number)
        return _Step(events=(*packed, bought), references=(reference,))

    return _carry_out(ports.log, order_of(fulfillment_order_id), close, caller, expected_version)


def tracking_reference(carrier: str, tracking_number: str) -> Reference:
    """What a carrier's webhook finds the parcel's order by."""
    return Reference(kind="parcel", value=f"{carrier}#{tracking_number}")


def ship(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    parcel_id: str | None = None,
    expected_version: int | None = None,
) -> Order:
    """Book parcels out; see `decisions.ship`. Stock moves with each entry.

    Very many skus take more than one entry; a call that is broken off in between goes on where it stopped.
    """

    def leave(order: Order) -> _Step:
        events = tuple(decisions.ship(order, fulfillment_order_id, parcel_id))
        left = {each.parcel_id for each in decisions.unshipped(order, fulfillment_order_id, parcel_id)}
        gone = {event.parcel_id for event in events if isinstance(event, UnitsShipped) and event.complete}
        return _Step(events=events, last=left <= gone)

    return _carry_out(ports.log, order_of(fulfillment_order_id), leave, caller, expected_version)


def deliver(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    parcel_id: str | None = None,
    expected_version: int | None = None,
) -> Order:
    """Say that parcels were handed over, where no carrier says it; see `decisions.deliver`."""
    return execute(
        ports.log,
        order_of(fulfillment_order_id),
        lambda order: decisions.deliver(order, fulfillment_order_id, at=caller.clock(), parcel_id=parcel_id),
        caller,
        expected_version=expected_version,
    )


def packing_slip_link(ports: Ports, fulfillment_order_id: str) -> str:
    """Draw the packing slip of what is to be shipped now, keep it, and say where it can be opened.

    Raises:
        NotFound: there is no such fulfillment order.
    """
    order = load(ports.log, order_of(fulfillment_order_id))
    share = decisions.fulfillment_order(order, fulfillment_order_id)
    channel, location = ports.channel(order.placed.channel_id), ports.location(share.location_id)
    key = f"{order.order_id}/{fulfillment_order_id}-packing-slip.pdf"
    ports.documents.put(key, packing_slip(order, share, channel=channel, location=location))
    return ports.documents.link(key)


def label_link(ports: Ports, fulfillment_order_id: str, parcel_id: str | None = None) -> str:
    """Where the label of a parcel can be opened: of the one that was packed last, or of the one that is named.

    Raises:
        NotFound: there is no such fulfillment order or parcel, or none has been packed yet.
    """
    order = load(ports.log, order_of(fulfillment_order_id))
    parcel_ids = decisions.fulfillment_order(order, fulfillment_order_id).parcel_ids
    wanted = parcel_id or (parcel_ids[-1] if parcel_ids else "")
    label = order.parcels[wanted].label if wanted in parcel_ids else None
    if label is None:
        known = ", ".join(parcel_ids) or "none"
        raise NotFound(f"fulfillment order {fulfillment_order_id} has no label for {wanted or 'it'}; parcels: {known}")
    return ports.documents.link(label.document)


def _buy_label(ports: Ports, order: Order, packed: UnitsPacked, carrier: str, service: str) -> LabelBought:
    shipment = _shipment(ports, order, packed, service)
    try:
        seller = ports.carrier(carrier)
    except NotFound as error:
        raise InvalidInput(error.detail, path="carrier") from None
    label: Label = seller.buy_label(shipment, idempotency_key=packed.parcel_id)
    document = f"{order.order_id}/{packed.parcel_id}-label.pdf"
    ports.documents.put(document, label.document)
    return LabelBought(
        parcel_id=packed.parcel_id,
        carrier=carrier,
        service=label.service,
        tracking_number=label.tracking_number,
        tracking_url=label.tracking_url,
        document=document,
        cost=label.cost,
    )


def _shipment(ports: Ports, order: Order, packed: UnitsPacked, service: str) -> Shipment:
    contact = order.contact
    if contact is None or contact.shipping is None:
        raise NotAllowed(f"order {order.order_id} has no address to ship to: edit its contact, then pack")
    location = ports.location(order.fulfillment_orders[packed.fulfillment_order_id].location_id)
    shop = ports.channel(order.placed.channel_id).name
    return Shipment(
        parcel_id=packed.parcel_id,
        reference=order.placed.number,
        service=service,
        sender=replace(location.address, name=shop, company=location.name),
        recipient=replace(contact.shipping, phone=contact.shipping.phone or contact.phone),
        grams=packed.grams,
        length=packed.length,
        width=packed.width,
        height=packed.height,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What one entry records; `last` when the wish is then fulfilled."""

    events: Sequence[OrderEvent] = ()
    references: Sequence[Reference] = ()
    last: bool = True


def _carry_out(
    log: OrderLog, order_id: str, decide: Callable[[Order], _Step], caller: Caller, expected_version: int | None
) -> Order:
    """As `oms.orders.log.execute`, for wishes whose entries carry references, or that take several entries.

    Only the last entry has the caller's own cause, so that a wish that was broken off is not taken for done;
    `If-Match` is about the state in which it began.
    """
    outrun = 0
    while outrun < ATTEMPTS:
        order = load(log, order_id)
        if caller.cause in order.causes:
            return order
        begun = any(cause.startswith(f"{caller.cause}#") for cause in order.causes)
        if expected_version not in {None, order.version} and not begun:
            raise VersionMismatch(
                f"order {order_id} is at version {order.version}, not {expected_version}: read it again"
            )
        step = decide(order)
        cause = caller.cause if step.last else f"{caller.cause}#{order.version + 1}"
        try:
            order = append(log, order, step.events, replace(caller, cause=cause), references=step.references)
        except ConcurrentAppend:
            outrun += 1
            continue
        if step.last:
            return order
    raise ConcurrentAppend(f"order {order_id} is busy: try again")
