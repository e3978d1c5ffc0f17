"""The shapes of lists, reports and receipts; those of an order itself stand in `oms.views.shapes`."""

from __future__ import annotations

import sys
from typing import Literal

from oms.orders.after_sale import ReturnReason, ReturnStatus
from oms.orders.condition import ItemCondition
from oms.orders.events import HoldReason
from oms.orders.transitions import FulfillmentStatus, OrderStatus
from oms.payments.ledger import Cover
from oms.views.after_sale_shapes import (
    CreditResource,
    ExchangeResource,
    ReceiptResource,
    RefundResource,
    ReturnResource,
)
from oms.views.basic_shapes import Day, MoneyResource, Time
from oms.views.shapes import EventResource

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the OpenAPI document of these, asks for the newer one
    from typing_extensions import TypedDict


class OrderSummary(TypedDict):
    """An order in a list: no personal data, and no lines."""

    order_id: str
    version: int
    status: OrderStatus
    channel_id: str
    external_id: str
    number: str
    placed_at: Time
    updated_at: Time
    total: MoneyResource
    units: int
    """Units ordered, less those cancelled."""
    authorised: Cover
    charged: Cover
    holds: list[HoldReason]
    """The reasons of the holds that are open."""
    locations: list[str]
    """Where it is shipped from."""


class FulfillmentSummary(TypedDict):
    """A fulfillment order in a location's queue."""

    fulfillment_order_id: str
    order_id: str
    number: str
    channel_id: str
    location_id: str
    status: FulfillmentStatus
    allocated_at: Time
    lines: int
    units: int
    parcels: int
    held: bool
    pickup_location_id: str | None
    """The store where the customer fetches it; from when its parcels have left it stands in that store's queue."""
    last_day: Day | None
    """Until when the customer may fetch what stands ready."""
    actions: list[str]


class OrderPage(TypedDict):
    """Orders, the newest first; `cursor` leads to the next page, and is null on the last."""

    orders: list[OrderSummary]
    cursor: str | None


class EventPage(TypedDict):
    """Events of an order, the first first; `cursor` leads to the next page, and is null on the last."""

    events: list[EventResource]
    cursor: str | None


class FieldProblem(TypedDict):
    """What is wrong with one field."""

    path: str
    message: str


class ImportResult(TypedDict):
    """What became of one row of an import."""

    line: int
    """Where the row begins in the body; the first line is 1."""
    id: str
    """The row's own id, as far as it could be read; for stock `<sku>/<location_id>`."""
    result: Literal["created", "updated", "unchanged", "refused"]
    errors: list[FieldProblem]


class ImportReport(TypedDict):
    """What became of an import: how many rows of each result, and every row."""

    created: int
    updated: int
    unchanged: int
    refused: int
    rows: list[ImportResult]


class Links(TypedDict):
    """Where to read on."""

    self: str
    events: str


class OrderReceipt(TypedDict):
    """What a channel is told of an order that was taken."""

    order_id: str
    version: int
    status: OrderStatus
    links: Links


class Acknowledgement(TypedDict):
    """A webhook that made no order: `ready` for a ping, `ignored` for what is not about orders.

    `accepted` for one that only names an order, which is then asked for.
    """

    status: Literal["ready", "ignored", "accepted"]


class FulfillmentPage(TypedDict):
    """Fulfillment orders of a location, the longest waiting first; `cursor` is null on the last page."""

    fulfillment_orders: list[FulfillmentSummary]
    cursor: str | None


class NoticeReceipt(TypedDict):
    """What became of a gateway's webhook: its order is told, it waits for its order, or it is nothing to us."""

    status: Literal["taken", "parked", "ignored"]


class ScansReceipt(TypedDict):
    """How many scans of a carrier's webhook were applied, and how many wait for their parcel to be known."""

    applied: int
    parked: int


class OrderReturns(TypedDict):
    """All that came back of an order or is to come, and the money that followed."""

    order_id: str
    version: int
    returnable: dict[str, int]
    """Units by line that can still be announced."""
    returns: list[ReturnResource]
    receipts: list[ReceiptResource]
    """What came without having been announced."""
    credits: list[CreditResource]
    refunds: list[RefundResource]
    exchanges: list[ExchangeResource]
    due: MoneyResource
    charged: MoneyResource
    refunded: MoneyResource
    actions: list[str]


class CustomersLine(TypedDict):
    """A line of an order as its customer sees it, with the units that can still be announced."""

    line_id: str
    title: str
    returnable: int


class CustomersUnits(TypedDict):
    """Units that a customer announced."""

    line_id: str
    title: str
    quantity: int
    reason: ReturnReason
    condition: ItemCondition


class CustomersReturn(TypedDict):
    """A return as its customer sees it."""

    number: int
    status: ReturnStatus
    units: list[CustomersUnits]
    declined: str | None
    """Why not."""
    fees: MoneyResource
    """What is kept of the refund when all of it comes back."""
    send_to: list[str]
    """The address to send it to, line by line; empty until it is approved."""
    label: str | None
    """Where the label for the way back is, relative to the address of this answer; null while there is none."""


class CustomersOrder(TypedDict):
    """What a customer can return, and what became of it. No names, no addresses but the merchant's."""

    order_number: str
    next: int
    """The number of the next return: who sends it along may send the call again."""
    lines: list[CustomersLine]
    conditions: list[ItemCondition]
    """What is taken back when it comes for a reason of the customer's own; empty for whatever condition."""
    returns: list[CustomersReturn]
    refunded: MoneyResource


class ReturnLink(TypedDict):
    """A signed link for the customer; without the stack's own address in it, a path of the API."""

    url: str
    expires_at: Time
