"""The shapes of what the API answers, as typed dictionaries.

mypy checks what is rendered against them, the OpenAPI document is generated from them, and at run time they cost
nothing.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, NotRequired

from oms.orders.after_sale import Disposition, ReturnReason, ReturnStatus
from oms.orders.cancelling import CancellationStatus
from oms.orders.events import ChargeKind, HoldReason, PriceMode, TrackingStatus, UnitState
from oms.orders.exchanges import ExchangeStatus, ShipWhen
from oms.orders.screening import ScreeningOutcome
from oms.orders.settlement import PartStatus
from oms.orders.transitions import FulfillmentStatus, OrderStatus
from oms.payments.disputes import DisputeStatus
from oms.payments.ledger import Cover, PaymentStatus

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the OpenAPI document of these, asks for the newer one
    from typing_extensions import TypedDict


class Format:
    """Says in the API document what a text is: `date-time`, `date`, `uri`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Asked for by whoever makes the document, so that nothing of pydantic is needed here."""
        return {**handler(schema), "format": self.name}


Time = Annotated[str, Format("date-time")]
"""RFC 3339, in UTC."""

Day = Annotated[str, Format("date")]
"""A calendar date."""

Units = dict[UnitState, int]
"""How many units are in which state; states without any are left out."""


class MoneyResource(TypedDict):
    """An amount in minor units of an ISO 4217 currency: 1999 EUR are 19.99 euro."""

    amount: int
    currency: str


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


class FulfillmentOrderResource(TypedDict):
    """The share of an order that one location ships, and what it can do with it now."""

    fulfillment_order_id: str
    location_id: str
    status: FulfillmentStatus
    allocated_at: Time
    lines: list[FulfillmentLineResource]
    parcel_ids: list[str]
    cancellations: list[CancellationResource]
    actions: list[str]


class ScanResource(TypedDict):
    """What the carrier said of a parcel."""

    status: TrackingStatus
    at: Time
    description: str


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


class AddressResource(TypedDict):
    """A postal address as the customer wrote it; `country` is ISO 3166-1 alpha-2."""

    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str


class ContactResource(TypedDict):
    """Who ordered, and where the parcel goes. Only shown to callers that may read orders."""

    name: str
    email: str
    phone: str
    customer_id: str
    shipping: AddressResource | None
    billing: AddressResource | None


class ReturnUnitsResource(TypedDict):
    """Units of a line that were announced to come back."""

    line_id: str
    sku: str
    title: str
    quantity: int
    reason: ReturnReason


class ReceivedUnitsResource(TypedDict):
    """Units of a line that came back, or were missed, and what became of them."""

    line_id: str
    sku: str
    quantity: int
    disposition: Disposition


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
    """The date that the customer was told."""
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
    holds: list[HoldResource]
    released_holds: list[ReleasedHoldResource]
    screening: ScreeningResource | None
    """Null when the order was not screened for fraud."""
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
