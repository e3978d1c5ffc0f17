"""What happened to an order after the sale, as the API shows it: to staff, and to the customer behind a signed link."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oms.clock import to_text
from oms.orders.after_sale import RefundPart, RefundRequested, Return, UnitsCredited, UnitsReceived
from oms.orders.condition import ItemCondition
from oms.orders.contact import address_lines
from oms.orders.exchanges import Exchange
from oms.orders.order import Order
from oms.orders.scans import merged
from oms.orders.settlement import part_status
from oms.orders.transfers import EXCHANGE_PAYMENT, returned_from, sent_to
from oms.returns.decisions import ACTIONS, order_actions
from oms.returns.exchanges import exchange_of, exchangeable
from oms.returns.quantities import returnable
from oms.returns.refusal import refusal
from oms.setup import Location
from oms.views.after_sale_shapes import (
    CreditResource,
    ExchangeResource,
    ReceiptResource,
    RefundPartResource,
    RefundResource,
    ReturnLabelResource,
    ReturnResource,
)
from oms.views.answers import CustomersOrder, CustomersReturn, OrderReturns
from oms.views.basic_shapes import MoneyResource


def money(order: Order, amount: int) -> MoneyResource:
    """An amount in the order's currency."""
    return {"amount": amount, "currency": order.placed.currency}


def order_returns(order: Order) -> OrderReturns:
    """All about what comes back of an order."""
    known = order.after_sale
    return {
        "order_id": order.order_id,
        "version": order.version,
        "returnable": _returnable(order),
        "returns": [return_resource(order, each) for each in known.returns.values()],
        "receipts": [receipt_resource(each) for each in known.unannounced],
        "credits": [credit_resource(order, each) for each in known.credits],
        "refunds": [refund_resource(order, each) for each in known.refunds.values()],
        "exchanges": [exchange_resource(order, each) for each in known.exchanges.values()],
        "due": money(order, order.due),
        "charged": money(order, order.charged),
        "refunded": money(order, order.refunded),
        "actions": list(order_actions(order)),
    }


def return_resource(order: Order, known: Return) -> ReturnResource:
    """One return."""
    requested, approved = known.requested, known.approved
    return_id = requested.return_id
    return {
        "return_id": return_id,
        "status": known.status,
        "requested_at": to_text(known.requested_at),
        "by_customer": requested.by_customer,
        "note": requested.note,
        "units": [
            {
                "line_id": each.line_id,
                "sku": each.sku,
                "title": order.lines[each.line_id].placed.title,
                "quantity": each.quantity,
                "reason": each.reason,
                "condition": each.condition,
            }
            for each in requested.units
        ],
        "location_id": approved.location_id if approved else None,
        "restocking_fee": money(order, approved.restocking_fee if approved else 0),
        "shipping_fee": money(order, approved.shipping_fee if approved else 0),
        "label": _label(known),
        "declined": _refusal(order, known, "en"),
        "receipts": [receipt_resource(each) for each in known.received],
        "credited": dict(known.credited),
        "exchange_id": exchange.requested.exchange_id if (exchange := exchange_of(order, return_id)) else None,
        "actions": [*ACTIONS[known.status], *(["exchange"] if exchangeable(order, known) else [])],
    }


def _label(known: Return) -> ReturnLabelResource | None:
    if known.label is None:
        return None
    return {
        "carrier": known.label.carrier,
        "service": known.label.service,
        "tracking_number": known.label.tracking_number,
        "tracking_url": known.label.tracking_url,
        "scans": [
            {"status": each.status, "at": to_text(each.at), "description": each.description}
            for each in merged(known.scans)
        ],
    }


def receipt_resource(receipt: UnitsReceived) -> ReceiptResource:
    """One parcel that came back."""
    return {
        "receipt_id": receipt.receipt_id,
        "location_id": receipt.location_id,
        "units": [
            {
                "line_id": each.line_id,
                "sku": each.sku,
                "quantity": each.quantity,
                "disposition": each.disposition,
                "credit": each.credit,
            }
            for each in receipt.units
        ],
    }


def credit_resource(order: Order, credited: UnitsCredited) -> CreditResource:
    """One credit."""
    value = sum(each.amount for each in credited.units) + credited.charges - credited.fee
    return {
        "credit_id": credited.credit_id,
        "return_id": credited.return_id or None,
        "reason": credited.reason,
        "units": {each.line_id: each.quantity for each in credited.units},
        "charges": money(order, credited.charges),
        "fee": money(order, credited.fee),
        "amount": money(order, value),
    }


def refund_resource(order: Order, refund: RefundRequested) -> RefundResource:
    """One refund and where its money goes."""
    return {
        "refund_id": refund.refund_id,
        "amount": money(order, sum(each.amount for each in refund.parts)),
        "parts": [_part(order, refund.refund_id, each) for each in refund.parts],
    }


def exchange_resource(order: Order, known: Exchange) -> ExchangeResource:
    """One exchange and what became of it."""
    asked = known.requested
    sent, back = sent_to(order.payments, known.order_id), returned_from(order.payments, known.order_id)
    return {
        "exchange_id": asked.exchange_id,
        "return_id": asked.return_id,
        "status": known.status,
        "ship": asked.ship,
        "lines": [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "amount": money(order, line.net + line.tax),
            }
            for line in asked.lines
        ],
        "total": money(order, known.total),
        "order_id": known.order_id or None,
        "transferred": money(order, sent - back),
        "return_by": to_text(asked.return_by) if asked.return_by else None,
    }


def customers_order(
    order: Order, token: str, location: Callable[[str], Location], conditions: Sequence[ItemCondition] = ()
) -> CustomersOrder:
    """What the customer of an order is shown of it: whoever has the link may have had it from somebody else.

    `token` is the end of the link, from which the labels hang; `conditions` are those that the channel takes back.
    """
    shown = [line_id for line_id, line in order.lines.items() if line.placed.requires_shipping]
    return {
        "order_number": order.placed.number,
        "next": len(order.after_sale.returns) + 1,
        "lines": [
            {
                "line_id": line_id,
                "title": order.lines[line_id].placed.title,
                "returnable": returnable(order, line_id),
            }
            for line_id in shown
        ],
        "conditions": list(conditions),
        "returns": [
            _customers_return(order, number, known, token, location)
            for number, known in enumerate(order.after_sale.returns.values(), 1)
        ],
        "refunded": money(order, order.refunded),
    }


def _customers_return(
    order: Order, number: int, known: Return, token: str, location: Callable[[str], Location]
) -> CustomersReturn:
    approved = known.approved if known.declined is None else None
    place = location(approved.location_id) if approved and known.open else None
    return {
        "number": number,
        "status": known.status,
        "units": [
            {
                "line_id": each.line_id,
                "title": order.lines[each.line_id].placed.title,
                "quantity": each.quantity,
                "reason": each.reason,
                "condition": each.condition,
            }
            for each in known.requested.units
        ],
        "declined": _refusal(order, known, order.placed.language),
        "fees": money(order, approved.restocking_fee + approved.shipping_fee if approved else 0),
        "send_to": [place.name, *address_lines(place.address)] if place else [],
        "label": f"{token}/{number}/label.pdf" if place and known.label else None,
    }


def _refusal(order: Order, known: Return, language: str) -> str | None:
    return " ".join(refusal(order, known.declined, language)) if known.declined is not None else None


def _returnable(order: Order) -> dict[str, int]:
    return {line_id: count for line_id in order.lines if (count := returnable(order, line_id))}


def _part(order: Order, refund_id: str, part: RefundPart) -> RefundPartResource:
    status = part_status(order.payments[part.payment_id], refund_id, part)
    to = order.placed.exchange_of if part.payment_id == EXCHANGE_PAYMENT else part.order_id
    return {
        "payment_id": part.payment_id,
        "order_id": to or None,
        "amount": money(order, part.amount),
        "status": status,
    }
