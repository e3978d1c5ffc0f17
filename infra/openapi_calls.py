"""What the API document says of each call beside what the app itself tells: bodies, answers, query parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from oms.carriers.simulated import SIGNATURE_HEADER
from oms.channels.canonical_model import CanonicalOrder
from oms.channels.keys import ChannelWithSecrets
from oms.customers.answers import (
    CustomerExport,
    CustomerResource,
    Erasure,
    FoundCustomers,
    MergedResource,
    NoteResource,
    PreferencesResource,
    SplitResource,
)
from oms.customers.requests import FindCustomers, MergeCustomers, SplitCustomer, WriteNote
from oms.fraud.forms import FraudRulesForm
from oms.fraud.rules import FraudRules
from oms.fulfillment.requests import (
    AcceptCancellation,
    DeclineCancellation,
    HandOver,
    OfParcel,
    Pack,
    Pick,
    PutBack,
    Reject,
)
from oms.notifications.preferences import Preferences
from oms.orders.commands import CancelOrder, PayOrder
from oms.orders.edit_commands import EditOrder
from oms.orders.hold_commands import AssignHold, HoldOrder, ReleaseHold
from oms.orders.money_commands import ReceivePayment, RefundMade
from oms.orders.transitions import FulfillmentStatus, OrderStatus
from oms.returns.requests import (
    ApproveReturn,
    CancelExchange,
    ClaimUnits,
    CreditReturn,
    CustomerReturn,
    DeclineReturn,
    ExchangeReturn,
    ReceiveReturn,
    ReceiveUnannounced,
    RequestReturn,
)
from oms.routing.resource import RoutingResource
from oms.setup import Location, Product
from oms.setup_channel import ChannelForm
from oms.setup_forms import ImportKind, LocationForm, ProductForm
from oms.stock.resource import Adjustments, Buckets, Count, LevelResource, LevelsResource, SkuResource
from oms.views.answers import (
    Acknowledgement,
    CustomersOrder,
    EventPage,
    FulfillmentPage,
    ImportReport,
    NoticeReceipt,
    OrderPage,
    OrderReceipt,
    OrderReturns,
    ReturnLink,
    ScansReceipt,
)
from oms.views.effect import EffectResource
from oms.views.queue_shapes import QueueList, QueuePage
from oms.views.shapes import OrderResource
from oms.views.work import FulfillmentWork

Tag = Literal["intake", "set-up", "orders", "stock", "inventory", "routing", "fulfillment", "returns", "customers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parameter in the query string."""

    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Versioned:
    """A value of set-up as it is stored, with its version."""

    value: type


@dataclass(frozen=True, slots=True)
class Rows:
    """The body of an import: CSV or JSON lines."""

    kind: ImportKind


@dataclass(frozen=True, slots=True)
class Signed:
    """The body of a webhook: whatever the sender makes of it, signed as the sender signs."""

    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. Shapes are pydantic models, typed dictionaries, or one of the kinds above; None is an empty body."""

    tag: Tag
    answers: dict[int, Any]
    """What the successful answers look like, by status."""
    body: Any = None
    body_required: bool = True
    query: tuple[Query, ...] = field(default=())
    if_match: bool = False
    """Takes `If-Match`, and refuses with 412."""
    version_required: bool = False
    """Refuses some changes without `If-Match`, with 428."""
    repeatable: bool = False
    """Takes an `Idempotency-Key`."""


LIMIT = Query(
    name="limit",
    description="Items on a page.",
    schema={"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
)
CURSOR = Query(
    name="cursor",
    description="Where the page begins: the `cursor` of the page before it. Opaque.",
    schema={"type": "string"},
)

PREVIEW = Query(
    name="preview",
    description="With `true` nothing is written: the answer is what would change.",
    schema={"type": "boolean", "default": False},
)


def _set_up(form: type, value: type) -> tuple[Call, Call]:
    put = Call(tag="set-up", body=form, answers={200: Versioned(value), 201: Versioned(value)}, if_match=True)
    return put, Call(tag="set-up", answers={200: Versioned(value)})


def _import(kind: ImportKind) -> Call:
    return Call(tag="set-up" if kind != "stock" else "stock", body=Rows(kind), answers={200: ImportReport})


def _change(body: type, *, body_required: bool = False) -> Call:
    """A command to an order."""
    return Call(
        tag="orders",
        body=body,
        body_required=body_required,
        answers={200: OrderResource},
        if_match=True,
        repeatable=True,
    )


def _previewable(body: type, *, body_required: bool = False, version_required: bool = False) -> Call:
    """A command to an order, of which the caller can see beforehand what it would change."""
    return Call(
        tag="orders",
        body=body,
        body_required=body_required,
        answers={200: OrderResource | EffectResource},
        query=(PREVIEW,),
        if_match=True,
        version_required=version_required,
        repeatable=True,
    )


def _work(body: type | None = None, *, body_required: bool = False) -> Call:
    """A step of fulfillment."""
    return Call(
        tag="fulfillment",
        body=body,
        body_required=body_required,
        answers={200: FulfillmentWork},
        if_match=True,
        repeatable=True,
    )


def _return(body: type | None = None, *, body_required: bool = True) -> Call:
    """A step of a return."""
    return Call(
        tag="returns",
        body=body,
        body_required=body_required,
        answers={200: OrderReturns},
        if_match=True,
        repeatable=True,
    )


_put_channel, _get_channel = _set_up(ChannelForm, ChannelWithSecrets)
_put_location, _get_location = _set_up(LocationForm, Location)
_put_product, _get_product = _set_up(ProductForm, Product)
_put_fraud_rules, _get_fraud_rules = _set_up(FraudRulesForm, FraudRules)

CALLS: dict[tuple[str, str], Call] = {
    ("POST", "/channels/{channel_id}/orders"): Call(
        tag="intake", body=CanonicalOrder, answers={200: OrderReceipt, 201: OrderReceipt}
    ),
    ("POST", "/channels/{channel_id}/webhooks"): Call(
        tag="intake",
        body=Signed(("X-Shopify-Hmac-Sha256", "X-WC-Webhook-Signature")),
        answers={200: OrderReceipt | Acknowledgement, 201: OrderReceipt},
    ),
    ("PUT", "/channels/{channel_id}"): _put_channel,
    ("GET", "/channels/{channel_id}"): _get_channel,
    ("POST", "/channels/import"): _import("channels"),
    ("PUT", "/locations/{location_id}"): _put_location,
    ("GET", "/locations/{location_id}"): _get_location,
    ("POST", "/locations/import"): _import("locations"),
    ("PUT", "/products/{sku}"): _put_product,
    ("GET", "/products/{sku}"): _get_product,
    ("POST", "/products/import"): _import("products"),
    ("PUT", "/fraud-rules/{rules_id}"): _put_fraud_rules,
    ("GET", "/fraud-rules/{rules_id}"): _get_fraud_rules,
    ("GET", "/orders"): Call(
        tag="orders",
        answers={200: OrderPage},
        query=(
            Query(
                name="status",
                description="Only orders of this status.",
                schema={"type": "string", "enum": [status.value for status in OrderStatus]},
            ),
            Query(name="channel", description="Only orders of this channel.", schema={"type": "string"}),
            Query(
                name="customer",
                description="Only orders of this customer, by their id; of any status and channel.",
                schema={"type": "string"},
            ),
            LIMIT,
            CURSOR,
        ),
    ),
    ("GET", "/queues"): Call(tag="orders", answers={200: QueueList}),
    ("GET", "/queues/{queue}"): Call(tag="orders", answers={200: QueuePage}, query=(LIMIT, CURSOR)),
    ("GET", "/orders/{order_id}"): Call(
        tag="orders",
        answers={200: OrderResource},
        query=(
            Query(
                name="at",
                description="The moment whose state is wanted. Without it: now.",
                schema={"type": "string", "format": "date-time"},
            ),
        ),
    ),
    ("GET", "/orders/{order_id}/events"): Call(tag="orders", answers={200: EventPage}, query=(LIMIT, CURSOR)),
    ("POST", "/orders/{order_id}/cancel"): _previewable(CancelOrder),
    ("POST", "/orders/{order_id}/holds"): _change(HoldOrder),
    ("POST", "/orders/{order_id}/holds/{handle}/release"): _change(ReleaseHold),
    ("POST", "/orders/{order_id}/holds/{handle}/assign"): _change(AssignHold),
    ("POST", "/orders/{order_id}/edits"): _previewable(EditOrder, body_required=True, version_required=True),
    ("POST", "/orders/{order_id}/payments"): _change(PayOrder, body_required=True),
    ("POST", "/orders/{order_id}/payments/received"): _change(ReceivePayment, body_required=True),
    ("POST", "/orders/{order_id}/refunds/{refund_id}/made"): _change(RefundMade, body_required=True),
    ("POST", "/payments/{gateway}/webhooks"): Call(
        tag="orders", body=Signed(("Stripe-Signature",)), answers={200: NoticeReceipt, 202: NoticeReceipt}
    ),
    ("GET", "/orders/{order_id}/routing"): Call(tag="routing", answers={200: RoutingResource}),
    ("GET", "/stock/{sku}"): Call(tag="stock", answers={200: SkuResource}),
    ("PUT", "/stock/{sku}/{location_id}"): Call(tag="stock", body=Count, answers={200: LevelResource}, if_match=True),
    ("PUT", "/stock/{sku}/{location_id}/buckets"): Call(tag="stock", body=Buckets, answers={200: LevelResource}),
    ("POST", "/stock/adjustments"): Call(tag="stock", body=Adjustments, answers={200: LevelsResource}, repeatable=True),
    ("POST", "/stock/import"): _import("stock"),
    ("GET", "/locations/{location_id}/fulfillment-orders"): Call(
        tag="fulfillment",
        answers={200: FulfillmentPage},
        query=(
            Query(
                name="status",
                description="Statuses, separated by commas: "
                + ", ".join(FulfillmentStatus)
                + ". Without it: all in which the location has work to do.",
                schema={"type": "string"},
            ),
            LIMIT,
            CURSOR,
        ),
    ),
    ("GET", "/fulfillment-orders/{fulfillment_order_id}"): Call(tag="fulfillment", answers={200: FulfillmentWork}),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/accept"): _work(),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/pick"): _work(Pick),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/pack"): _work(Pack),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/ship"): _work(OfParcel),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/deliver"): _work(OfParcel),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/reject"): _work(Reject),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/ready"): _work(),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/hand-over"): _work(HandOver, body_required=True),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/put-back"): _work(PutBack),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/cancellation/accept"): _work(AcceptCancellation),
    ("POST", "/fulfillment-orders/{fulfillment_order_id}/cancellation/decline"): _work(
        DeclineCancellation, body_required=True
    ),
    ("GET", "/fulfillment-orders/{fulfillment_order_id}/packing-slip.pdf"): Call(
        tag="fulfillment", answers={303: None}
    ),
    ("POST", "/carriers/{carrier}/webhooks"): Call(
        tag="fulfillment", body=Signed((SIGNATURE_HEADER,)), answers={200: ScansReceipt, 202: ScansReceipt}
    ),
    ("GET", "/orders/{order_id}/returns"): Call(tag="returns", answers={200: OrderReturns}),
    ("POST", "/orders/{order_id}/returns"): _return(RequestReturn),
    ("POST", "/orders/{order_id}/claims"): _return(ClaimUnits),
    ("POST", "/orders/{order_id}/receipts"): _return(ReceiveUnannounced),
    ("POST", "/orders/{order_id}/return-links"): Call(tag="returns", answers={200: ReturnLink}),
    ("POST", "/returns/{return_id}/approve"): _return(ApproveReturn, body_required=False),
    ("POST", "/returns/{return_id}/decline"): _return(DeclineReturn),
    ("GET", "/returns/{return_id}/label.pdf"): Call(tag="returns", answers={303: None}),
    ("POST", "/returns/{return_id}/receive"): _return(ReceiveReturn),
    ("POST", "/returns/{return_id}/exchange"): _return(ExchangeReturn),
    ("POST", "/returns/{return_id}/exchange/cancel"): _return(CancelExchange, body_required=False),
    ("POST", "/returns/{return_id}/credit"): _return(CreditReturn),
    ("POST", "/returns/{return_id}/close"): _return(),
    ("GET", "/return/{token}"): Call(tag="returns", answers={200: CustomersOrder}),
    ("GET", "/return/{token}/{number}/label.pdf"): Call(tag="returns", answers={303: None}),
    ("POST", "/return/{token}"): Call(tag="returns", body=CustomerReturn, answers={200: CustomersOrder}),
    ("POST", "/customers/search"): Call(tag="customers", body=FindCustomers, answers={200: FoundCustomers}),
    ("GET", "/customers/{customer_id}"): Call(tag="customers", answers={200: CustomerResource}, query=(LIMIT, CURSOR)),
    ("PUT", "/customers/{customer_id}/preferences"): Call(
        tag="customers", body=Preferences, answers={200: PreferencesResource}, if_match=True
    ),
    ("POST", "/customers/{customer_id}/notes"): Call(
        tag="customers", body=WriteNote, answers={200: NoteResource}, repeatable=True
    ),
    ("POST", "/customers/{customer_id}/merge"): Call(
        tag="customers", body=MergeCustomers, answers={200: MergedResource}, repeatable=True
    ),
    ("POST", "/customers/{customer_id}/split"): Call(
        tag="customers", body=SplitCustomer, answers={200: SplitResource}, repeatable=True
    ),
    ("POST", "/customers/{customer_id}/export"): Call(tag="customers", answers={200: CustomerExport}),
    ("POST", "/customers/{customer_id}/erase"): Call(tag="customers", answers={200: Erasure}),
}
"""Every call of the API."""
