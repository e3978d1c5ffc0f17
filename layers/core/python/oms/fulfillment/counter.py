"""The counter of a store, from the bag to the customer's hands: each use case loads, decides and appends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from oms.errors import InvalidInput
from oms.fulfillment import pickup
from oms.fulfillment.ports import Ports
from oms.fulfillment.waiting import waiting
from oms.ids import order_of
from oms.orders.contact import Collector, Contact
from oms.orders.events import OrderEvent
from oms.orders.log import Caller, execute
from oms.orders.order import Order
from oms.orders.pickup import Proof
from oms.orders.reasons import CancellationReason
from oms.orders.several import Step, carry_out

Matches = Callable[[str, str], bool]
"""Whether a text is the code of a fulfillment order (id, text)."""


def make_ready(
    ports: Ports, fulfillment_order_id: str, caller: Caller, *, expected_version: int | None = None
) -> Order:
    """The goods stand at the counter, and the customer is told; see `pickup.ready`."""

    def decide(order: Order) -> list[OrderEvent]:
        store = ports.location(pickup.pickup_of(order, fulfillment_order_id)[1].location_id)
        return pickup.ready(order, fulfillment_order_id, waiting(store, caller.clock()))

    return execute(ports.log, order_of(fulfillment_order_id), decide, caller, expected_version=expected_version)


def hand_over(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    matches: Matches,
    code: str = "",
    identity_seen: bool = False,
    collected_by: str = "",
    expected_version: int | None = None,
) -> Order:
    """Give the goods to whoever has the code, or whose document staff have seen; see `pickup.hand_over`.

    The name of who came stands in the entry's contact, beside the customer's own, and goes with an erasure.

    Raises:
        InvalidInput: there is no proof, or the code is not that of this fulfillment order.
    """
    if not code and not identity_seen:
        raise InvalidInput("ask for the code of the ready message, or look at a document", path="code")
    if code and not matches(fulfillment_order_id, code):
        raise InvalidInput("this is not the code of this fulfillment order", path="code")
    proof = Proof.CODE if code else Proof.IDENTITY

    def decide(order: Order) -> Step:
        part = pickup.hand_over(order, fulfillment_order_id, at=caller.clock(), proof=proof)
        contact = _with_collector(order, fulfillment_order_id, collected_by) if part.complete else None
        return Step(events=part.events, contact=contact, last=part.complete)

    return carry_out(ports.log, order_of(fulfillment_order_id), decide, caller, expected_version)


def put_back(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    code: CancellationReason = CancellationReason.NOT_COLLECTED,
    reason: str = "",
    expected_version: int | None = None,
) -> Order:
    """Put goods back on the shelf that nobody fetched; see `pickup.put_back`. Their stock is free with each entry."""

    def decide(order: Order) -> Step:
        part = pickup.put_back(order, fulfillment_order_id, code=code, reason=reason)
        return Step(events=part.events, last=part.complete)

    return carry_out(ports.log, order_of(fulfillment_order_id), decide, caller, expected_version)


def _with_collector(order: Order, fulfillment_order_id: str, name: str) -> Contact | None:
    """The contact with who came; none is written for a customer whose data were erased."""
    if not name or order.contact is None:
        return None
    collector = Collector(fulfillment_order_id=fulfillment_order_id, name=name)
    return replace(order.contact, collectors=(*order.contact.collectors, collector))
