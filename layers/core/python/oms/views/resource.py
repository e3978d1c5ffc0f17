"""An order as the API shows it: the one place where its state becomes JSON."""

from __future__ import annotations

from datetime import datetime

from oms.clock import to_text
from oms.orders.cancelling import CancellationRequest
from oms.orders.codec import event_type, to_data, version_of
from oms.orders.contact import Address, Contact
from oms.orders.deadlines import backorder_deadline, pay_deadline
from oms.orders.events import Charge, ParcelTracked, UnitState
from oms.orders.order import Counts, Entry, FulfillmentOrder, Hold, Line, Order, Parcel, ReleasedHold, expected_delivery
from oms.orders.outward import Told
from oms.orders.pickup import Pickup
from oms.orders.screening import Screened
from oms.orders.transitions import order_status
from oms.payments.disputes import Dispute
from oms.payments.ledger import Cover, Payment, cover
from oms.returns.decisions import order_actions
from oms.returns.quantities import came_back
from oms.views.after_sale import (
    credit_resource,
    exchange_resource,
    money,
    receipt_resource,
    refund_resource,
    return_resource,
)
from oms.views.basic_shapes import AddressResource, ContactResource, ScanResource, Units
from oms.views.fallbacks import offers, rejections
from oms.views.shapes import (
    CancellationResource,
    ChannelToldResource,
    ChargeResource,
    ComponentResource,
    DisputeResource,
    EventResource,
    FulfillmentOrderResource,
    HoldResource,
    LineResource,
    OrderResource,
    ParcelResource,
    PaymentResource,
    PaymentStateResource,
    PickupResource,
    ReleasedHoldResource,
    ScreeningResource,
)


def order_resource(order: Order, *, contact: bool = False) -> OrderResource:
    """The order as JSON values; with the customer's personal data only when the caller may see it."""
    shown: OrderResource = {
        "order_id": order.order_id,
        "version": order.version,
        "status": order.status,
        "channel_id": order.placed.channel_id,
        "external_id": order.placed.external_id,
        "number": order.placed.number,
        "test": order.placed.test,
        "language": order.placed.language,
        "placed_at": to_text(order.placed.placed_at),
        "captured_at": to_text(order.captured_at),
        "updated_at": to_text(order.updated_at),
        "expected_delivery": promised.isoformat() if (promised := expected_delivery(order)) else None,
        "goods_expected": _goods_expected(order),
        "release_at": _time(order.placed.release_at),
        "released_at": _time(order.released_at),
        "pay_by": _time(pay_deadline(order)),
        "prices": order.placed.prices,
        "total": money(order, order.total),
        "due": money(order, order.due),
        "lines": [line_resource(order, line) for line in order.lines.values()],
        "shipping_service": order.shipping_service,
        "pickup_location_id": order.placed.pickup_location_id or None,
        "charges": [_charge(order, charge) for charge in order.charges],
        "payment": _payment_state(order),
        "fulfillment_orders": [fulfillment_order_resource(order, each) for each in order.fulfillment_orders.values()],
        "parcels": [parcel_resource(parcel) for parcel in order.parcels.values()],
        "returns": [return_resource(order, each) for each in order.after_sale.returns.values()],
        "receipts": [receipt_resource(each) for each in order.after_sale.unannounced],
        "credits": [credit_resource(order, each) for each in order.after_sale.credits],
        "refunds": [refund_resource(order, each) for each in order.after_sale.refunds.values()],
        "exchanges": [exchange_resource(order, each) for each in order.after_sale.exchanges.values()],
        "exchange_of": order.placed.exchange_of or None,
        "offers": offers(order),
        "holds": [_hold(hold) for hold in order.holds.values()],
        "released_holds": [_released(each) for each in order.released_holds],
        "screening": _screening(order.screening),
        "channel_told": [_told(each) for each in order.outward.told.values()],
        "actions": [*order.actions, *order_actions(order)],
    }
    if contact:
        shown["contact"] = _contact(order.contact)
    return shown


def _goods_expected(order: Order) -> str | None:
    arrives = order.promise.arrives
    return arrives.isoformat() if arrives and order.counts.get(UnitState.BACKORDERED) else None


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)


def fulfillment_order_resource(order: Order, fulfillment: FulfillmentOrder) -> FulfillmentOrderResource:
    """One location's share of the order."""
    return {
        "fulfillment_order_id": fulfillment.fulfillment_order_id,
        "location_id": fulfillment.location_id,
        "status": fulfillment.status,
        "allocated_at": to_text(fulfillment.allocated_at),
        "lines": [
            {
                "line_id": line_id,
                "sku": order.lines[line_id].placed.sku,
                "title": order.lines[line_id].placed.title,
                "units": _units(counts),
                "components": _components(order, order.lines[line_id].placed.sku),
            }
            for line_id, counts in fulfillment.lines.items()
            if any(counts.values())
        ],
        "parcel_ids": list(fulfillment.parcel_ids),
        "cancellations": [
            _cancellation(order, each)
            for each in order.cancellations.values()
            if each.requested.fulfillment_order_id == fulfillment.fulfillment_order_id
        ],
        "pickup": _pickup(fulfillment.pickup),
        "rejections": rejections(order, fulfillment),
        "actions": list(order.actions_of(fulfillment)),
    }


def _pickup(pickup: Pickup | None) -> PickupResource | None:
    if pickup is None:
        return None
    return {
        "location_id": pickup.location_id,
        "ready_at": _time(pickup.ready_at),
        "last_day": pickup.ready.last_day.isoformat() if pickup.ready else None,
        "reminded_at": _time(pickup.reminded_at),
        "expired_at": _time(pickup.expired_at),
        "collected_at": _time(pickup.collected_at),
        "proof": pickup.proof,
    }


def parcel_resource(parcel: Parcel) -> ParcelResource:
    """A parcel with its tracking history, the earliest scan first whatever the order in which they came."""
    packed, label = parcel.packed, parcel.label
    lines: dict[str, int] = {}
    for unit in parcel.contents:
        lines[unit.line_id] = lines.get(unit.line_id, 0) + unit.quantity
    return {
        "parcel_id": parcel.parcel_id,
        "fulfillment_order_id": packed.fulfillment_order_id,
        "lines": lines,
        "grams": packed.grams,
        "length": packed.length,
        "width": packed.width,
        "height": packed.height,
        "carrier": label.carrier if label else None,
        "service": label.service if label else None,
        "tracking_number": label.tracking_number if label else None,
        "tracking_url": label.tracking_url if label else None,
        "shipped_at": to_text(parcel.shipped_at) if parcel.shipped_at else None,
        "delivered_at": to_text(parcel.delivered_at) if parcel.delivered_at else None,
        "scans": [_scan(scan) for scan in sorted(parcel.scans, key=lambda scan: (scan.at, scan.scan_id))],
    }


def event_resources(entry: Entry) -> list[EventResource]:
    """The events of one entry of the log."""
    return [
        {
            "id": f"{entry.order_id}:{entry.seq}:{index}",
            "seq": entry.seq,
            "index": index,
            "at": to_text(entry.at),
            "actor": entry.actor,
            "cause": entry.cause,
            "type": event_type(event),
            "v": version_of(event_type(event)),
            "data": to_data(event),
        }
        for index, event in enumerate(entry.events)
    ]


def _units(counts: Counts) -> Units:
    return {state: count for state, count in counts.items() if count}


def line_resource(order: Order, line: Line) -> LineResource:
    """One line of the order."""
    placed = line.placed
    return {
        "line_id": placed.line_id,
        "external_line_id": placed.external_line_id,
        "sku": placed.sku,
        "title": placed.title,
        "quantity": placed.quantity,
        "status": order_status(line.counts, held=False),
        "units": _units(line.counts),
        "requires_shipping": placed.requires_shipping,
        "list_price": money(order, placed.list_price) if placed.list_price is not None else None,
        "discount": money(order, placed.discount),
        "net": money(order, placed.net),
        "tax": money(order, placed.tax),
        "returned": came_back(order, placed.line_id),
        "credited": order.after_sale.credited_units.get(placed.line_id, 0),
        "added": line.added,
        "given_up_at": _time(backorder_deadline(order, line)),
        "components": _components(order, placed.sku),
    }


def _components(order: Order, sku: str) -> list[ComponentResource]:
    return [{"sku": each.sku, "quantity": each.quantity} for each in order.kits.get(sku, ())]


def _cancellation(order: Order, request: CancellationRequest) -> CancellationResource:
    requested, declined = request.requested, request.declined
    return {
        "request_id": requested.request_id,
        "status": order.cancellation_status(request),
        "requested_at": to_text(request.at),
        "units": {unit.line_id: unit.quantity for unit in requested.units},
        "cancelled": dict(request.cancelled),
        "reason": requested.reason,
        "declined": declined.reason if declined else None,
        "late": declined.late if declined else False,
    }


def _charge(order: Order, charge: Charge) -> ChargeResource:
    return {
        "kind": charge.kind,
        "title": charge.title,
        "code": charge.code,
        "net": money(order, charge.net),
        "tax": money(order, charge.tax),
    }


def _payment_state(order: Order) -> PaymentStateResource:
    return {
        "authorised": cover(order.covered, order.due),
        "charged": cover(order.charged - order.refunded - order.transferred, order.due),
        "covered_amount": money(order, order.covered),
        "charged_amount": money(order, order.charged),
        "refunded": cover(order.refunded, order.charged) if order.refunded else Cover.NONE,
        "refunded_amount": money(order, order.refunded),
        "transferred_amount": money(order, order.transferred),
        "disputed_amount": money(order, order.disputed),
        "payments": [_payment(order, payment) for payment in order.payments.values()],
    }


def _payment(order: Order, payment: Payment) -> PaymentResource:
    return {
        "payment_id": payment.payment_id,
        "status": payment.status,
        "gateway": payment.gateway,
        "reference": payment.reference,
        "by_channel": payment.by_channel,
        "requested": money(order, payment.requested),
        "authorised": money(order, payment.authorised),
        "captured": money(order, payment.captured),
        "voided": money(order, payment.voided),
        "refunded": money(order, payment.refunded),
        "declined": payment.declined,
        "method": payment.method,
        "promised": money(order, payment.promised),
        "expires_at": to_text(payment.expires_at) if payment.expires_at else None,
        "disputes": [_dispute(order, each) for each in payment.disputes.values()],
    }


def _dispute(order: Order, dispute: Dispute) -> DisputeResource:
    opened = dispute.opened
    return {
        "dispute_id": opened.dispute_id,
        "status": dispute.status,
        "amount": money(order, opened.amount),
        "reason": opened.reason,
        "evidence_by": to_text(opened.evidence_by) if opened.evidence_by else None,
    }


def _hold(hold: Hold) -> HoldResource:
    return {
        "handle": hold.handle,
        "reason": hold.reason,
        "note": hold.note,
        "since": to_text(hold.at),
        "opened_by": hold.opened_by,
        "owner": hold.owner,
    }


def _released(released: ReleasedHold) -> ReleasedHoldResource:
    return {
        **_hold(released.hold),
        "released_at": to_text(released.at),
        "released_by": released.released_by,
        "released_note": released.note,
    }


def _screening(screened: Screened) -> ScreeningResource | None:
    if screened.last is None or screened.at is None:
        return None
    return {
        "score": screened.last.score,
        "outcome": screened.last.outcome,
        "provider": screened.last.provider,
        "at": to_text(screened.at),
        "reasons": [{"rule": each.rule, "points": each.points, "text": each.text} for each in screened.last.reasons],
    }


def _told(told: Told) -> ChannelToldResource:
    event = told.event
    return {
        "kind": event.kind,
        "key": event.key,
        "reference": event.reference,
        "at": to_text(told.at),
        "skipped": event.skipped,
        "note": event.note,
    }


def _scan(scan: ParcelTracked) -> ScanResource:
    return {"status": scan.status, "at": to_text(scan.at), "description": scan.description}


def _contact(contact: Contact | None) -> ContactResource | None:
    if contact is None:
        return None
    return {
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "customer_id": contact.customer_id,
        "shipping": _address(contact.shipping),
        "billing": _address(contact.billing),
        "collectors": {each.fulfillment_order_id: each.name for each in contact.collectors},
    }


def _address(address: Address | None) -> AddressResource | None:
    if address is None:
        return None
    return {
        "name": address.name,
        "company": address.company,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
        "phone": address.phone,
    }
