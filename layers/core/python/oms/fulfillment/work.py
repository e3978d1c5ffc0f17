"""The work on a fulfillment order, from the queue to the door: each use case loads, decides and appends.

Whoever lost an answer asks again: with the same cause nothing happens twice, and a wish that is fulfilled already is
answered with the order as it is.
"""

from __future__ import annotations

from oms.fulfillment import decisions, rejection
from oms.fulfillment.decisions import Packing, Wish
from oms.fulfillment.documents import packing_slip
from oms.fulfillment.labels import Wanted, buy_label, tracking_reference
from oms.fulfillment.ports import Ports
from oms.fulfillment.rejection import Rejecting
from oms.ids import order_of
from oms.orders import cancellation
from oms.orders.events import UnitsShipped
from oms.orders.log import Caller, execute, load
from oms.orders.order import Order
from oms.orders.several import Step, carry_out

ANY = Wanted()
"""Whatever label the set-up says."""


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
    label: Wanted = ANY,
    expected_version: int | None = None,
) -> Order:
    """Close a parcel and buy its label; parcel, label and the way back from its tracking number stand in one entry.

    The label is bought and kept before the entry is written: a label that the log knows can always be printed. The
    purchase is known by the parcel's id, so whoever dies in between gets the same label at the next try: see
    `purchases`. Without a carrier named, and with several set up, their prices choose: see `oms.carriers.shopping`.

    Raises:
        NotAllowed, NotFound, Conflict: see `decisions.pack`; or the order has no address.
        InvalidInput: there is no such carrier, or it does not take the parcel, or customs need to know more.
        Refused: the account with the carrier may not do it.
        Unavailable: the carrier did not answer; ask again.
    """

    def close(order: Order) -> Step:
        packed = decisions.pack(order, fulfillment_order_id, packing)
        if not packed:
            return Step()
        bought = buy_label(ports, order, packed[0], label, caller.clock)
        reference = tracking_reference(bought.carrier, bought.tracking_number)
        return Step(events=(*packed, bought), references=(reference,))

    return carry_out(ports.log, order_of(fulfillment_order_id), close, caller, expected_version)


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

    def leave(order: Order) -> Step:
        events = tuple(decisions.ship(order, fulfillment_order_id, parcel_id))
        left = {each.parcel_id for each in decisions.unshipped(order, fulfillment_order_id, parcel_id)}
        gone = {event.parcel_id for event in events if isinstance(event, UnitsShipped) and event.complete}
        return Step(events=events, last=left <= gone)

    return carry_out(ports.log, order_of(fulfillment_order_id), leave, caller, expected_version)


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


def reject(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    rejecting: Rejecting,
    expected_version: int | None = None,
) -> Order:
    """Give units back that cannot be sent, so that another location is asked; see `rejection.reject`.

    Stock is corrected with each entry, as the reason says.
    """

    def give_back(order: Order) -> Step:
        rejected = rejection.reject(order, fulfillment_order_id, rejecting)
        return Step(events=rejected.events, last=rejected.complete)

    return carry_out(ports.log, order_of(fulfillment_order_id), give_back, caller, expected_version)


def accept_cancellation(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    request_id: str | None = None,
    expected_version: int | None = None,
) -> Order:
    """Put units back that are not wanted any more; see `cancellation.accept`. Their stock is free with each entry."""

    def put_back(order: Order) -> Step:
        cancelled = cancellation.accept(order, fulfillment_order_id, request_id)
        return Step(events=cancelled.events, last=cancelled.complete)

    return carry_out(ports.log, order_of(fulfillment_order_id), put_back, caller, expected_version)


def decline_cancellation(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    reason: str,
    request_id: str | None = None,
    expected_version: int | None = None,
) -> Order:
    """Let the units go out all the same; see `cancellation.decline`."""
    return execute(
        ports.log,
        order_of(fulfillment_order_id),
        lambda order: cancellation.decline(order, fulfillment_order_id, reason, request_id),
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
