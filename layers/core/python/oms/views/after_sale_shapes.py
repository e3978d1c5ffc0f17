"""The shapes of what happens after the sale, as the API answers it: returns, exchanges, credits, refunds."""

from __future__ import annotations

import sys

from oms.orders.after_sale import Disposition, ReturnReason, ReturnStatus
from oms.orders.condition import ItemCondition
from oms.orders.exchanges import ExchangeStatus, ShipWhen
from oms.orders.settlement import PartStatus
from oms.views.basic_shapes import MoneyResource, ScanResource, Time

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the OpenAPI document of these, asks for the newer one
    from typing_extensions import TypedDict


class ReturnUnitsResource(TypedDict):
    """Units of a line that were announced to come back."""

    line_id: str
    sku: str
    title: str
    quantity: int
    reason: ReturnReason
    condition: ItemCondition


class ReceivedUnitsResource(TypedDict):
    """Units of a line that came back, or were missed, and what became of them."""

    line_id: str
    sku: str
    quantity: int
    disposition: Disposition
    credit: bool
    """False for what is not credited because of the condition in which it came."""


class ReceiptResource(TypedDict):
    """A parcel that came back to a location."""

    receipt_id: str
    location_id: str
    units: list[ReceivedUnitsResource]


class ReturnLabelResource(TypedDict):
    """The label that the merchant bought for the way back, and the parcel's journey so far."""

    carrier: str
    service: str
    tracking_number: str
    tracking_url: str
    scans: list[ScanResource]


class ReturnResource(TypedDict):
    """A return, what came of it, and what can be done with it now."""

    return_id: str
    status: ReturnStatus
    requested_at: Time
    by_customer: bool
    note: str
    units: list[ReturnUnitsResource]
    location_id: str | None
    """Where the goods may come to, once the return is approved."""
    restocking_fee: MoneyResource
    shipping_fee: MoneyResource
    label: ReturnLabelResource | None
    """Null when none was bought; `GET /returns/{return_id}/label.pdf` opens it."""
    declined: str | None
    """Why not, as the customer is told."""
    receipts: list[ReceiptResource]
    credited: dict[str, int]
    """Units by line that the customer no longer owes because of it."""
    exchange_id: str | None
    """The exchange that its credit pays for."""
    actions: list[str]


class ExchangeLineResource(TypedDict):
    """What the customer gets instead; the amount is for all its units, with tax."""

    sku: str
    title: str
    quantity: int
    amount: MoneyResource


class ExchangeResource(TypedDict):
    """Other goods for what a return brings back, as an order of their own."""

    exchange_id: str
    return_id: str
    status: ExchangeStatus
    ship: ShipWhen
    lines: list[ExchangeLineResource]
    total: MoneyResource
    order_id: str | None
    """The order of the goods; null until they are ordered."""
    transferred: MoneyResource
    """What the return has paid of them so far, less what came back."""
    return_by: Time | None
    """Until when the goods must be back that these were sent for at once."""


class CreditResource(TypedDict):
    """What the customer no longer owes: `amount` is the value of the units with `charges`, less the `fee`."""

    credit_id: str
    return_id: str | None
    reason: ReturnReason
    units: dict[str, int]
    charges: MoneyResource
    fee: MoneyResource
    amount: MoneyResource


class RefundPartResource(TypedDict):
    """The share of a refund that goes back to one payment."""

    payment_id: str
    order_id: str | None
    """The order that it pays for in place of going back: that of an exchange, or the one that an exchange is of."""
    amount: MoneyResource
    status: PartStatus


class RefundResource(TypedDict):
    """Money that goes back to where it came from."""

    refund_id: str
    amount: MoneyResource
    parts: list[RefundPartResource]
