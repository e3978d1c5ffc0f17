"""The shapes of what the API answers, as typed dictionaries.

mypy checks what is rendered against them, the OpenAPI document is generated from them, and at run time they cost
nothing.
"""

from __future__ import annotations

import sys
from typing import Any, NotRequired

from oms.orders.cancelling import CancellationStatus
from oms.orders.events import ChargeKind, HoldReason, PriceMode
from oms.orders.outward import ToldKind
from oms.orders.pickup import Proof
from oms.orders.screening import ScreeningOutcome
from oms.orders.transitions import FulfillmentStatus, OrderStatus
from oms.payments.disputes import DisputeStatus
from oms.payments.ledger import Cover, PaymentStatus
from oms.views.after_sale_shapes import (
    CreditResource,
    ExchangeResource,
    ReceiptResource,
    RefundResource,
    ReturnResource,
)
from oms.views.basic_shapes import ContactResource, Day, MoneyResource, ScanResource, Time, Units
from oms.views.fallback_shapes import OfferResource, RejectionResource

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the OpenAPI document of these, asks for the newer one
    from typing_extensions import TypedDict


class ComponentResource(TypedDict):
    """So many units of a sku are in one unit of a kit."""

    sku: str
    quantity: int


class LineResource(TypedDict):
    """A line of an order and where its units are. Amounts are for the whole line."""

    line_id: str
    external_line_id: str
    sku: str
    title: str
    quantity: int
    status: OrderStatus
    units: Units
    requires_shipping: bool
    list_price: MoneyResource | None
    """Per unit, before discount; null when the channel's price is no whole number of minor units."""
    discount: MoneyResource
    net: MoneyResource
    tax: MoneyResource
    returned: int
    """Units that came back."""
    credited: int
    """Units that the customer no longer owes, beside those that were cancelled."""
    added: bool
    """Whether an edit added it after the sale."""
    given_up_at: Time | None
    """When its units that wait for stock are cancelled; null when none wait, or they may wait for ever."""
    components: list[ComponentResource]
    """What one unit of a kit is put together of, from the moment when its units have a place or wait for one."""


class ChargeResource(TypedDict):
    """An amount beside the lines, such as shipping."""

    kind: ChargeKind
    title: str
    code: str
    net: MoneyResource
    tax: MoneyResource


class DisputeResource(TypedDict):
    """A charge that the customer contests at the bank."""

    dispute_id: str
    status: DisputeStatus
    amount: MoneyResource
    reason: str
    evidence_by: Time | None
    """When the merchant's answer must be in."""


class PaymentResource(TypedDict):
    """One tender and what became of it."""

    payment_id: str
    status: PaymentStatus
    gateway: str
    reference: str
    by_channel: bool
    requested: MoneyResource
    authorised: MoneyResource
    captured: MoneyResource
    voided: MoneyResource
    refunded: MoneyResource
    declined: str
    """The gateway's reason for refusing; empty when it did not."""
    method: str
    """How the money comes when no gateway of ours moves it: `gift_card`, `bank_transfer`; empty for a gateway's."""
    promised: MoneyResource
    """What the customer said to pay past any gateway; it covers the order if it is paid at the door."""
    expires_at: Time | None
    """When what is authorised lapses; null when the gateway does not say."""
    disputes: list[DisputeResource]


class PaymentStateResource(TypedDict):
    """How the order stands with its money: `none`, `partial`, `full` or `over` what is due."""

    authorised: Cover
    """How what is captured, or authorised and can still be captured, stands to what is due."""
    charged: Cover
    """How what is captured and was not given back stands to what is due."""
    covered_amount: MoneyResource
    charged_amount: MoneyResource
    """All that was ever captured."""
    refunded: Cover
    """How what was given back stands to what was captured."""
    refunded_amount: MoneyResource
    transferred_amount: MoneyResource
    """What was captured here and pays for another order now: that of an exchange, or the one that this is an exchange
    of. What is captured, less what was refunded and transferred, pays for this order."""
    disputed_amount: MoneyResource
    """What banks have taken back for disputes that are open or lost."""
    payments: list[PaymentResource]


class FulfillmentLineResource(TypedDict):
    """The units of a line that one location ships."""

    line_id: str
    sku: str
    title: str
    units: Units
    components: list[ComponentResource]
    """What is to be picked for each unit of a kit; empty for what is none."""


class CancellationResource(TypedDict):
    """Units that the location was asked to put back, and what it said."""

    request_id: str
    status: CancellationStatus
    requested_at: Time
    units: dict[str, int]
    """Units by line that were asked for."""
    cancelled: dict[str, int]
    """Those that were put back."""
    reason: str
    declined: str | None
    """Why they go out all the same; null unless it was declined."""
    late: bool
    """Whether they had left before anybody answered."""


class PickupResource(TypedDict):
    """Where the customer fetches the goods, and how far that is."""

    location_id: str
    """The store; the fulfillment order's own location sends them there, if it is another one."""
    ready_at: Time | None
    """When the customer was told that the goods are there."""
    last_day: Day | None
    """Until its end the customer may come, in the store's time zone; after it until the goods are put back."""
    reminded_at: Time | None
    expired_at: Time | None
    """When the last day was over and nobody had come."""
    collected_at: Time | None
    proof: Proof | None
    """By what staff knew whom they gave the goods to."""


class FulfillmentOrderResource(TypedDict):
    """The share of an order that one location ships, and what it can do with it now."""

    fulfillment_order_id: str
    location_id: str
    status: FulfillmentStatus
    allocated_at: Time
    lines: list[FulfillmentLineResource]
    parcel_ids: list[str]
    cancellations: list[CancellationResource]
    pickup: PickupResource | None
    """Null for what is brought to the customer."""
    rejections: list[RejectionResource]
    """What the location gave back of it."""
    actions: list[str]


class ParcelResource(TypedDict):
    """A box, what is in it (units by line), and its journey."""

    parcel_id: str
    fulfillment_order_id: str
    lines: dict[str, int]
    grams: int
    length: int
    width: int
    height: int
    carrier: str | None
    service: str | None
    tracking_number: str | None
    tracking_url: str | None
    shipped_at: Time | None
    delivered_at: Time | None
    scans: list[ScanResource]


class HoldResource(TypedDict):
    """A reason why work on the order waits."""

    handle: str
    reason: HoldReason
    note: str
    since: Time
    opened_by: str
    owner: str
    """Who takes care of it; empty while nobody does."""


class ReleasedHoldResource(HoldResource):
    """A reason why work waited once, and who let it go."""

    released_at: Time
    released_by: str
    released_note: str


class FindingResource(TypedDict):
    """One thing that spoke against an order."""

    rule: str
    points: int
    text: str


class ScreeningResource(TypedDict):
    """How likely the order is a fraud, as it was last looked at: a score from 0 to 100, and what it is made of."""

    score: int
    outcome: ScreeningOutcome
    provider: str
    at: Time
    reasons: list[FindingResource]


class ChannelToldResource(TypedDict):
    """One thing that the channel was told, or that somebody decided that it is not told, which `note` says."""

    kind: ToldKind
    key: str
    reference: str
    """The platform's own name of what it made; empty when it has none."""
    at: Time
    skipped: bool
    note: str


class OrderResource(TypedDict):
    """An order at one version of its log. `actions` are the calls that are possible now."""

    order_id: str
    version: int
    status: OrderStatus
    channel_id: str
    external_id: str
    number: str
    test: bool
    language: str
    placed_at: Time
    captured_at: Time
    updated_at: Time
    expected_delivery: Day | None
    """The day by which everything should be with the customer, as far as it is known today; null when nobody knows."""
    goods_expected: Day | None
    """The day on which the last of the goods that it waits for should reach a location."""
    release_at: Time | None
    """No location may begin before; null when the order has no remorse window."""
    released_at: Time | None
    """When the remorse window was closed."""
    pay_by: Time | None
    """When the order is given up if its money does not come; null while it waits for none, or may wait for ever."""
    prices: PriceMode
    """How the channel quoted its prices: `gross` or `net`."""
    total: MoneyResource
    due: MoneyResource
    """What the customer owes in all, for what is neither cancelled nor credited."""
    lines: list[LineResource]
    shipping_service: str
    """The service that what has not left yet goes by."""
    pickup_location_id: str | None
    """The store in which the customer fetches the goods; null when they are brought."""
    charges: list[ChargeResource]
    payment: PaymentStateResource
    fulfillment_orders: list[FulfillmentOrderResource]
    parcels: list[ParcelResource]
    returns: list[ReturnResource]
    receipts: list[ReceiptResource]
    """What came back without having been announced."""
    credits: list[CreditResource]
    refunds: list[RefundResource]
    exchanges: list[ExchangeResource]
    exchange_of: str | None
    """The order whose goods come back for these."""
    offers: list[OfferResource]
    """What was offered in place of what waits for stock."""
    holds: list[HoldResource]
    released_holds: list[ReleasedHoldResource]
    screening: ScreeningResource | None
    """Null when the order was not screened for fraud."""
    channel_told: list[ChannelToldResource]
    """What the channel was told of it, the first first; see `GET /channels/{channel_id}/updates` for what waits."""
    actions: list[str]
    contact: NotRequired[ContactResource | None]


class EventResource(TypedDict):
    """One event of an order's log: what happened, when, by whom and because of what. No personal data."""

    id: str
    """`<order_id>:<seq>:<index>`, the same as on the topic."""
    seq: int
    index: int
    at: Time
    actor: str
    cause: str
    type: str
    v: int
    """The version of the event's contract that `data` is in."""
    data: dict[str, Any]
