"""What eBay is told: parcels that have left, orders that are off, money that goes back, and how many units may be sold.

Source: eBay Fulfillment API v1 (`createShippingFulfillment`, `issueRefund`), Post-Order API v2 (`cancellation`) and
Inventory API v1 (`bulkUpdatePriceQuantity`). None of them takes a key, so each call looks first at what is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from oms.channels.connection import Connection
from oms.channels.ebay import api
from oms.channels.ebay.figures import Figures, figures
from oms.channels.ebay.inbound import ASKED, CANCELED, PAID, hydrate
from oms.channels.ebay.payload import CancelRequest, EbayOrder, Refund
from oms.channels.ebay.signing import signed
from oms.channels.figures import minor
from oms.channels.outbound import Cancelled, MoneyBack, Sale, Shipped, StockAnswer, StockLevel
from oms.channels.payload import read
from oms.channels.rest import content
from oms.errors import Refused
from oms.money import Money
from oms.orders.reasons import CancellationReason
from oms.setup import ChannelUpdate

TAKES = frozenset(ChannelUpdate)

STOCK_BATCH = 25
"""Levels of one call, the most that eBay takes."""

CARRIERS: Mapping[str, str] = {
    "dhl": "DHL",
    "dhl_express": "DHL",
    "dpd": "DPD",
    "fedex": "FedEx",
    "gls": "GLS",
    "hermes": "Hermes",
    "ups": "UPS",
    "usps": "USPS",
}
"""Our carriers as eBay calls them; any other is `Other`."""

REASONS: Mapping[CancellationReason, str] = {
    CancellationReason.CUSTOMER: "BUYER_ASKED_CANCEL",
    CancellationReason.UNPAID: "ORDER_UNPAID",
}
"""Why an order is cancelled, as eBay calls it; for anything else it blames the seller's stock."""

OUT_OF_STOCK = "OUT_OF_STOCK_OR_CANNOT_FULFILL"

LATER = frozenset({34922, 34929})
"""A refund before this one is still under way, or the buyer's payment is."""


def confirm_shipment(connection: Connection, sale: Sale, parcel: Shipped) -> str:
    """Say that a parcel has left. One with its number, or without one and with the same units, is this one."""
    lines = [
        {"lineItemId": line.external_line_id, "quantity": line.quantity}
        for line in parcel.lines
        if line.external_line_id
    ]
    if not lines:
        raise Refused("the parcel has nothing in it that was sold on eBay")
    number = re.sub(r"[^A-Za-z0-9]", "", parcel.tracking_number)
    there = _parcel(connection, sale, number, lines)
    if there is not None:
        return there
    told: dict[str, Any] = {"lineItems": lines, "shippedDate": api.iso(parcel.at)}
    if number:
        carrier = CARRIERS.get(parcel.carrier.lower(), "Other")
        told |= {"shippingCarrierCode": carrier, "trackingNumber": number}
    try:
        made = api.ask(connection, "POST", _parcels(sale), body=told)
    except Refused:
        there = _parcel(connection, sale, number, lines)
        if there is None:
            raise
        return there
    return made.headers.get("location", "").rpartition("/")[2]


def cancel(connection: Connection, sale: Sale, cancelled: Cancelled) -> str:
    """Cancel an order as a whole; eBay then gives the buyer the money back. A wish of the buyer's is granted.

    eBay knows no cancellation of single units: the refund that follows says it, where the channel is told of refunds.

    Raises:
        Refused: it is too late for it; or only some units are cancelled, and nothing says so.
    """
    if not cancelled.everything:
        if ChannelUpdate.REFUNDS in connection.channel.updates:
            return ""
        raise Refused("eBay cancels only whole orders: refund the units there")
    order = _order(connection, sale)
    if _ending(order):
        return ""
    wish = _wish(order)
    try:
        return _granted(connection, wish) if wish else _cancelled(connection, order, cancelled)
    except Refused:
        if not _ending(_order(connection, sale)):
            raise
        return ""


def _wish(order: EbayOrder) -> CancelRequest | None:
    """The buyer's wish to cancel that nobody has answered."""
    wishes = (each for each in order.cancel_status.cancel_requests if each.cancel_request_state == "REQUESTED")
    return next(wishes, None)


def _ending(order: EbayOrder) -> bool:
    """Whether the order is cancelled, or will be without anybody's doing."""
    state = order.cancel_status.cancel_state
    return state == CANCELED or (state == ASKED and _wish(order) is None)


def _granted(connection: Connection, wish: CancelRequest) -> str:
    path = f"{api.CANCELLATIONS}/{quote(wish.cancel_request_id, safe='')}/approve"
    api.ask(connection, "POST", path, sign=signed)
    return wish.cancel_request_id


def _cancelled(connection: Connection, order: EbayOrder, cancelled: Cancelled) -> str:
    paid = next((each.payment_date for each in order.payment_summary.payments if each.payment_date), "")
    told = {
        "legacyOrderId": order.legacy_order_id or order.order_id,
        "cancelReason": REASONS.get(cancelled.code, OUT_OF_STOCK),
        "buyerPaid": order.order_payment_status in PAID,
        **({"buyerPaidDate": {"value": paid}} if paid else {}),
    }
    made = content(api.ask(connection, "POST", api.CANCELLATIONS, body=told, sign=signed))
    return str((made or {}).get("cancelId", ""))


def refund(connection: Connection, sale: Sale, refund: MoneyBack) -> str:
    """Give money back. The tax that eBay collected is not in what it is told: eBay gives that back by itself.

    eBay takes no key, so it is looked whether what has gone back there in sum has this one in it already. A cancelled
    order has its money returned by eBay.
    """
    order = _order(connection, sale)
    found = figures(order)
    given = sum(_amount(each, found) for each in order.payment_summary.refunds if each.refund_status != "FAILED")
    before, wanted = (found.without_tax(each) for each in (sale.given_back, sale.given_back + refund.amount))
    amount = min(wanted - before, found.sellers - given)
    if _over(order) or given >= wanted or amount <= 0:
        return ""
    money = Money(amount, found.currency)
    path = f"{api.ORDERS}/{quote(sale.external_id, safe='')}/issue_refund"
    told: dict[str, Any] = {
        "reasonForRefund": "BUYER_RETURN" if refund.lines and amount == found.sellers else "OTHER_ADJUSTMENT",
        "orderLevelRefundAmount": {"value": f"{money.decimal:f}", "currency": found.currency},
        **({"comment": refund.note[:100]} if refund.note else {}),
    }
    made = content(api.ask(connection, "POST", path, body=told, later=LATER, sign=signed))
    answer = made if isinstance(made, dict) else {}
    if answer.get("refundStatus") == "FAILED":
        raise Refused("eBay could not give the money back")
    return str(answer.get("refundId", ""))


def set_stock(connection: Connection, levels: Sequence[StockLevel]) -> Sequence[StockAnswer]:
    """Set levels, all in one call."""
    told = {"requests": [_request(connection, level) for level in levels]}
    reply = api.ask(connection, "POST", f"{api.INVENTORY}/bulk_update_price_quantity", body=told)
    answers = {each.get("sku"): each for each in (content(reply) or {}).get("responses") or ()}
    return [StockAnswer(sku=level.sku, problem=_problem(answers.get(level.sku))) for level in levels]


def _request(connection: Connection, level: StockLevel) -> dict[str, Any]:
    availability: dict[str, Any] = {"quantity": level.available}
    if place := connection.channel.stock_location:
        availability["availabilityDistributions"] = [{"merchantLocationKey": place, "quantity": level.available}]
    return {"sku": level.sku, "shipToLocationAvailability": availability}


def _problem(answer: Mapping[str, Any] | None) -> str:
    if answer is None:
        return "eBay did not answer for this sku"
    if answer.get("statusCode") == HTTPStatus.OK:
        return ""
    errors = [str(each.get("message", "")) for each in answer.get("errors") or () if isinstance(each, dict)]
    return "; ".join(errors[:3])[:300] or f"eBay answered {answer.get('statusCode')}"


def _parcels(sale: Sale) -> str:
    return f"{api.ORDERS}/{quote(sale.external_id, safe='')}/shipping_fulfillment"


def _parcel(connection: Connection, sale: Sale, number: str, lines: Sequence[Mapping[str, Any]]) -> str | None:
    """The parcel as eBay has it already, by its id there."""
    reply = api.ask(connection, "GET", _parcels(sale))
    if reply.status == HTTPStatus.NOT_FOUND:
        raise Refused(f"eBay has no order {sale.external_id}")
    known = (content(reply) or {}).get("fulfillments") or ()
    return next((str(each.get("fulfillmentId", "")) for each in known if _same(each, number, lines)), None)


def _same(known: Mapping[str, Any], number: str, lines: Sequence[Mapping[str, Any]]) -> bool:
    there = str(known.get("shipmentTrackingNumber") or "")
    if there or number:
        return there == number
    units = {each.get("lineItemId"): each.get("quantity", 1) for each in known.get("lineItems") or ()}
    return units == {each["lineItemId"]: each["quantity"] for each in lines}


def _order(connection: Connection, sale: Sale) -> EbayOrder:
    raw = hydrate(connection, sale.external_id)
    if raw is None:
        raise Refused(f"eBay has no order {sale.external_id}")
    return read(EbayOrder, raw)


def _over(order: EbayOrder) -> bool:
    """Whether eBay gives, or has given, all of the money back."""
    return order.cancel_status.cancel_state == CANCELED or order.order_payment_status == "FULLY_REFUNDED"


def _amount(refund: Refund, found: Figures) -> int:
    return minor(refund.amount.of(found.currency), found.currency) if refund.amount else 0
