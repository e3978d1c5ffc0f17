"""A label that is not to be used, and another one for the same parcel."""

from __future__ import annotations

from oms.errors import NotAllowed, NotFound
from oms.fulfillment import decisions
from oms.fulfillment.labels import Wanted, buy_label, label_key, tracking_reference
from oms.fulfillment.ports import Ports
from oms.ids import order_of
from oms.orders.events import LabelVoided, OrderEvent
from oms.orders.log import Caller, execute
from oms.orders.order import Order, Parcel
from oms.orders.several import Step, carry_out


def void_label(
    ports: Ports, fulfillment_order_id: str, caller: Caller, *, parcel_id: str, expected_version: int | None = None
) -> Order:
    """Say that a parcel's label is not to be used. The carrier is told after the log: nobody can ship with it then.

    Raises:
        NotFound: there is no such parcel.
        NotAllowed: it has left.
    """

    def decide(order: Order) -> list[OrderEvent]:
        parcel = _in_the_house(order, fulfillment_order_id, parcel_id)
        if parcel.label is None:
            return []
        label = parcel.label
        return [LabelVoided(parcel_id=parcel_id, carrier=label.carrier, tracking_number=label.tracking_number)]

    return execute(ports.log, order_of(fulfillment_order_id), decide, caller, expected_version=expected_version)


def label_anew(
    ports: Ports,
    fulfillment_order_id: str,
    caller: Caller,
    *,
    parcel_id: str,
    wanted: Wanted,
    expected_version: int | None = None,
) -> Order:
    """Buy another label for a parcel whose label was voided. A parcel that has one keeps it.

    Raises:
        NotFound: there is no such parcel.
        NotAllowed: it has left.
        InvalidInput, Refused, Unavailable: see `labels.buy_label`.
    """

    def decide(order: Order) -> Step:
        parcel = _in_the_house(order, fulfillment_order_id, parcel_id)
        if parcel.label is not None:
            return Step()
        bought = buy_label(ports, order, parcel.packed, wanted, caller.clock, key=label_key(parcel))
        return Step(events=(bought,), references=(tracking_reference(bought.carrier, bought.tracking_number),))

    return carry_out(ports.log, order_of(fulfillment_order_id), decide, caller, expected_version)


def _in_the_house(order: Order, fulfillment_order_id: str, parcel_id: str) -> Parcel:
    share = decisions.fulfillment_order(order, fulfillment_order_id)
    if parcel_id not in share.parcel_ids:
        raise NotFound(f"fulfillment order {fulfillment_order_id} has no parcel {parcel_id}")
    parcel = order.parcels[parcel_id]
    if parcel.shipped_at is not None or parcel.shipped:
        raise NotAllowed(f"parcel {parcel_id} has left")
    return parcel
