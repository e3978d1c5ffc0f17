"""Labels of parcels: who carries it, what the carrier is told of it, and where its label is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from oms.carriers import customs
from oms.carriers.account import CarrierAccount
from oms.carriers.names import DEFAULT, LabelFormat
from oms.carriers.protocol import Carrier, Shipment
from oms.carriers.shopping import Choice, choose
from oms.clock import Clock
from oms.errors import InvalidInput, NotAllowed, NotFound
from oms.fulfillment import decisions
from oms.fulfillment.ports import Ports
from oms.fulfillment.purchases import Bought, Buyer, Use, buy, chosen, extension
from oms.ids import order_of
from oms.orders.contact import Address
from oms.orders.events import LabelBought, LineUnits, UnitsPacked, UnitState
from oms.orders.log import Reference, load
from oms.orders.order import FulfillmentOrder, Order, Parcel, expected_delivery
from oms.orders.reach import phone_of

STANDARD = "standard"
"""The simulated carrier's service when neither the packer nor the order names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the packer says of the label: empty and None where it is left to the set-up."""

    carrier: str = ""
    service: str = ""
    format: LabelFormat | None = None


def tracking_reference(carrier: str, tracking_number: str) -> Reference:
    """What a carrier's webhook finds the parcel's order by."""
    return Reference(kind="parcel", value=f"{carrier}#{tracking_number}")


def buy_label(
    ports: Ports, order: Order, packed: UnitsPacked, wanted: Wanted, clock: Clock, *, key: str = ""
) -> LabelBought:
    """The label of a parcel, which may not be on the log yet. `key` is the parcel's id unless its label was voided.

    Raises:
        InvalidInput: there is no such carrier, or it does not take the parcel.
        Refused: the account may not do it.
        Unavailable: the carrier did not answer; ask again.
    """
    carrier, service = _carrier_of(ports, order, packed, wanted)
    seller, account = _seller(ports, carrier)
    if account is not None and not service:
        service = account.services_for(order.shipping_service)[0]
    shipment = _shipment(ports, order, packed, account, service or order.shipping_service or STANDARD, wanted.format)
    buyer = Buyer(purchases=ports.purchases, papers=ports.documents, clock=clock)
    bought = buy(buyer, seller, shipment, key=key or packed.parcel_id, folder=order.order_id)
    return label_event(packed.parcel_id, bought)


def label_key(parcel: Parcel) -> str:
    """Under which key a parcel's label is bought: another one for each that was voided."""
    return f"{parcel.parcel_id}-{parcel.voided + 1}" if parcel.voided else parcel.parcel_id


def label_in_use(order: Order, owner: str) -> Use:
    """The label of a parcel or of a return, as the log has it."""
    parcel = order.parcels.get(owner)
    if parcel is None:
        label = order.after_sale.returns[owner].label
        return Use(number=label.tracking_number) if label is not None else Use(key=owner)
    return Use(number=parcel.label.tracking_number) if parcel.label is not None else Use(key=label_key(parcel))


def label_event(parcel_id: str, bought: Bought) -> LabelBought:
    """What the log says of a label."""
    return LabelBought(
        parcel_id=parcel_id,
        carrier=bought.carrier,
        service=bought.service,
        tracking_number=bought.tracking_number,
        tracking_url=bought.tracking_url,
        document=bought.document,
        cost=bought.cost,
        currency=bought.currency,
    )


def label_link(
    ports: Ports, fulfillment_order_id: str, parcel_id: str | None = None, *, form: LabelFormat | None = None
) -> str:
    """Where the label of a parcel can be opened: of the one that was packed last, or of the one that is named.

    Raises:
        NotFound: there is no such fulfillment order or parcel, none has been packed yet, or its label has another form.
    """
    order = load(ports.log, order_of(fulfillment_order_id))
    parcel_ids = decisions.fulfillment_order(order, fulfillment_order_id).parcel_ids
    wanted = parcel_id or (parcel_ids[-1] if parcel_ids else "")
    label = order.parcels[wanted].label if wanted in parcel_ids else None
    if label is None:
        known = ", ".join(parcel_ids) or "none"
        raise NotFound(f"fulfillment order {fulfillment_order_id} has no label for {wanted or 'it'}; parcels: {known}")
    if form is not None and extension(label.document) is not form:
        raise NotFound(f"the label of {wanted} is {extension(label.document)}: labels are not converted")
    return ports.documents.link(label.document)


def rates(ports: Ports, fulfillment_order_id: str, packing: decisions.Packing) -> Choice:
    """What carriers ask for a parcel with these measures, and which of them `pack` would take; buys nothing.

    Without units it is all that is still to be sent.

    Raises:
        NotFound: there is no such fulfillment order.
        NotAllowed: no carrier is set up, or the order has no address.
        InvalidInput: the parcel cannot be declared to customs.
    """
    order = load(ports.log, order_of(fulfillment_order_id))
    share = decisions.fulfillment_order(order, fulfillment_order_id)
    units = tuple(
        LineUnits(line_id=line_id, sku=order.lines[line_id].placed.sku, quantity=quantity)
        for line_id, quantity in (packing.units or _live(share)).items()
        if line_id in share.lines
    )
    packed = UnitsPacked(
        fulfillment_order_id=fulfillment_order_id,
        parcel_id=f"{fulfillment_order_id}-p{len(share.parcel_ids) + 1}",
        units=units,
        grams=packing.grams,
        length=packing.length,
        width=packing.width,
        height=packing.height,
    )
    return _shop(ports, order, packed)


def _live(share: FulfillmentOrder) -> dict[str, int]:
    return {line_id: count for line_id in share.lines if (count := share.in_work(line_id) or _open(share, line_id))}


def _open(share: FulfillmentOrder, line_id: str) -> int:
    return share.lines[line_id].get(UnitState.ALLOCATED, 0)


def _carrier_of(ports: Ports, order: Order, packed: UnitsPacked, wanted: Wanted) -> tuple[str, str]:
    """The carrier and service of a label: as they are named, as an earlier try chose, or as the prices say."""
    if wanted.carrier:
        return wanted.carrier, wanted.service
    active = [each for each in ports.accounts() if each.active]
    if not active:
        return DEFAULT, wanted.service
    offered = [(each.carrier, service) for each in active for service in each.services_for(order.shipping_service)]
    if wanted.service:
        return next((each for each in offered if each[1] == wanted.service), (active[0].carrier, wanted.service))
    if len(offered) == 1:
        return offered[0]
    earlier = chosen(ports.purchases.of(packed.parcel_id))
    if earlier is not None:
        return earlier
    choice = _shop(ports, order, packed)
    return choice.carrier, choice.service


def _shop(ports: Ports, order: Order, packed: UnitsPacked) -> Choice:
    active = [each for each in ports.accounts() if each.active]
    names = [each.carrier for each in active]
    shipment = _shipment(ports, order, packed, active[0] if active else None, "", None)
    return choose(
        active,
        ports.quotes(names, shipment) if names else {},
        shipping_service=order.shipping_service,
        promised=order.promise.told or expected_delivery(order),
        currency=order.placed.currency,
    )


def _seller(ports: Ports, carrier: str) -> tuple[Carrier, CarrierAccount | None]:
    account = next((each for each in ports.accounts() if each.carrier == carrier), None) if carrier != DEFAULT else None
    if account is not None and not account.active:
        raise InvalidInput(f"the account {carrier!r} is not active", path="carrier")
    try:
        return ports.carrier(carrier), account
    except NotFound as error:
        raise InvalidInput(error.detail, path="carrier") from None


def _shipment(
    ports: Ports,
    order: Order,
    packed: UnitsPacked,
    account: CarrierAccount | None,
    service: str,
    form: LabelFormat | None,
) -> Shipment:
    share = order.fulfillment_orders[packed.fulfillment_order_id]
    recipient = recipient_of(ports, order, share)
    location, channel = ports.location(share.location_id), ports.channel(order.placed.channel_id)
    sender = replace(location.address, name=channel.name, company=location.name)
    shipment = Shipment(
        parcel_id=packed.parcel_id,
        reference=order.placed.number,
        service=service,
        sender=sender,
        recipient=recipient,
        grams=packed.grams,
        length=packed.length,
        width=packed.width,
        height=packed.height,
    )
    if account is None:
        return replace(shipment, format=form or LabelFormat.PDF)
    return replace(
        shipment,
        grams=packed.grams or weight_of(ports, order, packed.units),
        format=form or (LabelFormat(location.label_format) if location.label_format else account.label_format),
        declaration=declaration(ports, order, packed.units, shipment, account, channel.incoterm),
    )


def declaration(
    ports: Ports,
    order: Order,
    units: Iterable[LineUnits],
    shipment: Shipment,
    account: CarrierAccount,
    incoterm: str,
) -> customs.Declaration | None:
    """What customs are told of a parcel; None where it crosses no border of theirs.

    Raises:
        InvalidInput: products lack what customs need to know.
    """
    if not customs.needed(shipment.sender, shipment.recipient):
        return None
    units = tuple(units)
    return customs.declare(
        {line_id: line.placed for line_id, line in order.lines.items()},
        units,
        ports.products({unit.sku for unit in units}),
        currency=order.placed.currency,
        incoterm=customs.Incoterm(incoterm) if incoterm else account.incoterm,
        invoice=order.placed.number,
        returned=shipment.returning,
    )


def weight_of(ports: Ports, order: Order, units: Iterable[LineUnits]) -> int:
    """What goods weigh by the order or their set-up; 0 where that of any is not known, and somebody has to weigh."""
    units = tuple(units)
    weights = {unit.line_id: order.lines[unit.line_id].placed.grams for unit in units}
    if not all(weights.values()):
        products = ports.products({unit.sku for unit in units})
        for unit in units:
            if not weights[unit.line_id] and unit.sku in products:
                weights[unit.line_id] = products[unit.sku].grams
    return sum(weights[unit.line_id] * unit.quantity for unit in units) if all(weights.values()) else 0


def recipient_of(ports: Ports, order: Order, share: FulfillmentOrder) -> Address:
    """Where a parcel goes: to the customer, or to the store where they fetch it.

    Raises:
        NotAllowed: the order has no address.
    """
    if share.pickup is not None:
        store = ports.location(share.pickup.location_id)
        return replace(store.address, name=store.name)
    contact = order.contact
    destination = contact.destination if contact is not None else None
    if contact is None or destination is None:
        raise NotAllowed(f"order {order.order_id} has no address to ship to: edit its contact, then pack")
    return replace(destination, phone=destination.phone or phone_of(contact) or contact.phone)
