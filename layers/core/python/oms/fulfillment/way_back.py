"""The way back of a return: the label that the merchant buys for it, and what carriers say of its parcel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from oms.carriers.account import CarrierAccount
from oms.carriers.names import DEFAULT
from oms.carriers.protocol import Scan, Shipment
from oms.clock import Clock
from oms.errors import ConcurrentAppend, NotFound
from oms.fulfillment.labels import STANDARD, declaration, tracking_reference, weight_of
from oms.fulfillment.ports import Ports
from oms.fulfillment.purchases import Buyer, buy
from oms.ids import order_of
from oms.orders.after_sale import Return, ReturnStatus
from oms.orders.contact import Address, address_lines
from oms.orders.events import LineUnits, OrderEvent
from oms.orders.log import ATTEMPTS, Caller, append, load
from oms.orders.order import Order
from oms.orders.scans import Told, is_news
from oms.orders.way_back import ReturnLabelIssued, ReturnTracked
from oms.returns.quantities import find


def awaits_label(order: Order, return_id: str) -> bool:
    """Whether a return may come, was promised a label, and has none. Nothing is bought for an erased address."""
    known = find(order, return_id)
    promised = known.approved is not None and known.approved.with_label and known.label is None
    return promised and known.status is ReturnStatus.APPROVED and bool(_home(order))


def issue_label(ports: Ports, return_id: str, caller: Caller) -> Order:
    """Buy and keep the label of a return, and record it with the way back from its tracking number, in one entry.

    The purchase is known by the return and the place that it goes to, so whoever dies between carrier and log gets the
    same label at the next try, and two who try at once get one: see `purchases`.

    Raises:
        NotFound: there is no such return.
        InvalidInput: the carrier does not take the parcel.
        Unavailable: the carrier did not answer; ask again.
    """
    for _ in range(ATTEMPTS):
        order = load(ports.log, order_of(return_id))
        if not awaits_label(order, return_id):
            return order
        issued = _buy(ports, order, find(order, return_id), caller.clock)
        reference = tracking_reference(issued.carrier, issued.tracking_number)
        try:
            return append(ports.log, order, [issued], caller, references=[reference])
        except ConcurrentAppend:
            continue
    raise ConcurrentAppend(f"order {order_of(return_id)} is busy: try again")


def return_label_link(ports: Ports, return_id: str) -> str:
    """Where the label of a return can be opened.

    Raises:
        NotFound: there is no such return, or it has no label: none was promised, or it is not bought yet.
    """
    known = find(load(ports.log, order_of(return_id)), return_id)
    if known.label is None or not known.open:
        raise NotFound(f"return {return_id} has no label")
    return ports.documents.link(known.label.document)


def track_returns(order: Order, carrier: str, scans: Iterable[Scan]) -> list[OrderEvent]:
    """What the carrier said of parcels that come back. Scans already known, and of other parcels, are passed over."""
    events: list[OrderEvent] = []
    for known in order.after_sale.returns.values():
        if known.label is None or known.label.carrier != carrier:
            continue
        heard: list[Told] = [*known.scans]
        for scan in sorted(scans, key=lambda each: (each.at, each.scan_id)):
            if scan.tracking_number == known.label.tracking_number and is_news(scan, heard):
                heard.append(scan)
                events.append(
                    ReturnTracked(
                        return_id=known.requested.return_id,
                        scan_id=scan.scan_id,
                        status=scan.status,
                        at=scan.at,
                        description=scan.description,
                        code=scan.code,
                    )
                )
    return events


def _buy(ports: Ports, order: Order, known: Return, clock: Clock) -> ReturnLabelIssued:
    return_id, approved = known.requested.return_id, known.approved
    assert approved is not None
    name = _carrier_of(ports, order)
    account = next((each for each in ports.accounts() if each.carrier == name), None) if name != DEFAULT else None
    buyer = Buyer(purchases=ports.purchases, papers=ports.documents, clock=clock)
    shipment = _shipment(ports, order, known, approved.location_id, account)
    label = buy(
        buyer, ports.carrier(name), shipment, key=f"{return_id}-to-{approved.location_id}", folder=order.order_id
    )
    return ReturnLabelIssued(
        return_id=return_id,
        carrier=name,
        service=label.service,
        tracking_number=label.tracking_number,
        tracking_url=label.tracking_url,
        document=label.document,
        cost=label.cost,
        currency=label.currency,
    )


def _shipment(ports: Ports, order: Order, known: Return, location_id: str, account: CarrierAccount | None) -> Shipment:
    location, home = ports.location(location_id), _home(order)
    assert home is not None
    weights = [order.lines[each.line_id].placed.grams * each.quantity for each in known.requested.units]
    channel = ports.channel(order.placed.channel_id)
    shipment = Shipment(
        parcel_id=known.requested.return_id,
        reference=order.placed.number,
        service=STANDARD,
        sender=home,
        recipient=replace(location.address, name=channel.name, company=location.name),
        grams=sum(weights) if all(weights) else 0,
        discreet=True,
        returning=True,
    )
    if account is None:
        return shipment
    units = [
        LineUnits(line_id=each.line_id, sku=order.lines[each.line_id].placed.sku, quantity=each.quantity)
        for each in known.requested.units
    ]
    return replace(
        shipment,
        service=account.default_service,
        grams=weight_of(ports, order, units),
        declaration=declaration(ports, order, units, shipment, account, channel.incoterm),
    )


def _home(order: Order) -> Address | None:
    """Where the parcel is fetched from or handed in: the address that the order went to."""
    address = order.contact.destination if order.contact is not None else None
    return address if address is not None and address_lines(address, country=False) else None


def _carrier_of(ports: Ports, order: Order) -> str:
    """The carrier that brought the goods takes them back, if it still is one of ours; or the first account's."""
    brought = [parcel.label.carrier for parcel in order.parcels.values() if parcel.label and parcel.shipped_at]
    if brought and brought[-1] == DEFAULT:
        return DEFAULT
    active = [each.carrier for each in ports.accounts() if each.active]
    return next((each for each in reversed(brought) if each in active), active[0] if active else DEFAULT)
