"""What can happen to an order, in the past tense, with all that the fold needs; no personal data (see `contact`).

Amounts are minor units of the order's currency, weights grams, lengths millimetres, times UTC. An event is never
rewritten. A new version of an event gets a new number in `codec.VERSIONS` and a lift from the old one in `codec.LIFTS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from oms.orders.after_sale import (
    RefundRequested,
    ReturnApproved,
    ReturnClosed,
    ReturnDeclined,
    ReturnRequested,
    UnitsCredited,
    UnitsReceived,
)
from oms.orders.booking import Booking
from oms.orders.cancelling import CancellationDeclined, CancellationRequested
from oms.orders.editing import LinesAdded, ShippingServiceChanged, UnitsReleased
from oms.orders.exchanges import ExchangeCancelled, ExchangeLapsed, ExchangePlaced, ExchangeRequested
from oms.orders.explained import Candidate, Explanation
from oms.orders.holding import HoldAssigned
from oms.orders.kits import ComponentsFixed
from oms.orders.outward import ChannelTold
from oms.orders.pickup import PickupCollected, PickupExpired, PickupReady, PickupReminded
from oms.orders.promising import PromiseChanged
from oms.orders.reached import ParcelStateReached
from oms.orders.reasons import CancellationReason
from oms.orders.rejecting import LocationReadmitted, UnitsRejected
from oms.orders.release import OrderReleased
from oms.orders.reserving import ReservationUsed
from oms.orders.screening import OrderScreened
from oms.orders.sold import Charge, ChargeKind, LineUnits, PlacedLine, PriceMode, UnitRun
from oms.orders.substituting import SubstituteAccepted, SubstituteOffered, SubstituteRefused
from oms.orders.tracking import TrackingStatus
from oms.orders.units import UnitState
from oms.orders.way_back import ReturnLabelIssued, ReturnTracked
from oms.payments.ledger import (
    AuthorisationExpired,
    DisputeClosed,
    DisputeOpened,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentPending,
    PaymentPromised,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentRequested,
    PaymentTransferred,
    PaymentVoided,
    TransferReceived,
    TransferReturned,
)

__all__ = [
    "Candidate",
    "Charge",
    "ChargeKind",
    "Explanation",
    "LineUnits",
    "OrderReleased",
    "PlacedLine",
    "PriceMode",
    "TrackingStatus",
    "UnitRun",
    "UnitState",
]
"""What events are made of and other modules look for here."""


class TaxRemitter(StrEnum):
    """Who pays the tax to the state."""

    MERCHANT = "merchant"
    CHANNEL = "channel"


class PaymentMethod(StrEnum):
    """How the order is paid, as the channel says it."""

    PREPAID = "prepaid"
    """The channel has taken the money."""
    CHANNEL_AUTHORISED = "channel_authorised"
    """The channel's gateway has reserved the money, and the channel captures it."""
    GATEWAY = "gateway"
    """Our gateway is to authorise, and captures at shipment."""
    GIFT_CARD = "gift_card"
    """The channel has taken it off a gift card or store credit."""
    MARKETPLACE = "marketplace"
    """The marketplace has taken the money, and pays it out."""
    CASH_ON_DELIVERY = "cash_on_delivery"
    """The customer pays at the door: enough to ship, recorded when the money comes."""
    BANK_TRANSFER = "bank_transfer"
    """The customer transfers the money; nothing is shipped before it is recorded as received."""
    UNPAID = "unpaid"
    """Payment is still to come in the channel; nothing is shipped before."""
    EXCHANGE = "exchange"
    """Goods that come back pay for it. No channel says so: it is the order of an exchange."""


class HoldReason(StrEnum):
    """Why work on an order waits. Each reason's way out stands in the guide's chapter on holds."""

    UNKNOWN_SKU = "unknown_sku"
    BAD_ADDRESS = "bad_address"
    PAYMENT_DECLINED = "payment_declined"
    PAYMENT_PENDING = "payment_pending"
    DISPUTE = "dispute"
    """The customer contests a charge at the bank; it goes when the dispute is won."""
    TOTAL_MISMATCH = "total_mismatch"
    CHANNEL_CHANGE = "channel_change"
    CHANNEL_DOCUMENT = "channel_document"
    """The channel's document says what cannot be carried out as it stands: half a unit, goods sent by others."""
    FRAUD = "fraud"
    BACKORDER_LIMIT = "backorder_limit"
    """More units would wait for stock than a product lets wait."""
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """How the order is paid: `amount` is what the channel took or reserved; `instrument` is a gateway's token."""

    method: PaymentMethod
    amount: int = 0
    gateway: str = ""
    instrument: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced:
    """A channel sold something. `total` is the channel's own figure; ours is the sum of lines and charges."""

    channel_id: str
    external_id: str
    number: str
    currency: str
    placed_at: datetime
    language: str
    lines: tuple[PlacedLine, ...]
    total: int
    payment: PaymentTerms
    charges: tuple[Charge, ...] = ()
    prices: PriceMode = PriceMode.NET
    tax_remitter: TaxRemitter = TaxRemitter.MERCHANT
    shipping_service: str = ""
    revision: str = ""
    """The channel's own version of its document (its time of change), comparable as text; empty when it has none."""
    tenders: tuple[PaymentTerms, ...] = ()
    """Further means of payment beside `payment`: a gift card, store credit; each covers its own amount."""
    fingerprint: str = ""
    """A hash of what was sent, by which a repetition is told from a contradiction."""
    test: bool = False
    screening: bool = False
    """Whether the order is screened for fraud; from the channel's settings, part of no fingerprint."""
    release_at: datetime | None = None
    """Nothing is released to a location before: the customer may change their mind. None is at once."""
    pay_by: datetime | None = None
    """An order that still waits for its money then is given up. None is never."""
    backorder_days: int = 0
    """Days after which units that wait for stock are given up. 0 is never."""
    exchange_of: str = ""
    """The order whose goods come back for these; `external_id` is the exchange's id then."""
    reservation_id: str = ""
    """What was reserved for its basket before it was placed; empty when nothing was."""
    pickup_location_id: str = ""
    """The store in which the customer fetches the goods; empty when they are brought."""
    tags: tuple[str, ...] = ()
    """Words by which the channel marks orders, for rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRevised:
    """The channel sent a newer version of its document; what followed from it stands in the events beside."""

    revision: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanged:
    """Contact or address changed; the new data is the `contact` of the same entry. `fields` names what changed."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHeld:
    """Work waits until this hold is released. `handle` is unique within the order."""

    handle: str
    reason: HoldReason
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleased:
    """The named hold is gone; work goes on when none remains."""

    handle: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Units of a line reserved at a location for a fulfillment order; `source` is where the units were before."""

    fulfillment_order_id: str
    location_id: str
    line_id: str
    sku: str
    quantity: int
    source: UnitState = UnitState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsAllocated:
    """Stock was reserved, in the same transaction, for these units."""

    allocations: tuple[Allocation, ...]
    explanation: Explanation | None = None
    bookings: tuple[Booking, ...] = ()
    """The room that the units take of what their locations can hand over in a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsBackordered:
    """No location can cover these units now; they wait, first in, first out, for stock."""

    units: tuple[LineUnits, ...]
    limits: Mapping[str, int] = field(default_factory=dict)
    """How many units of a sku may wait at a time, over all orders, for those that have a limit."""
    explanation: Explanation | None = None
    """Why they have no place, if none of the units that were asked for has one; else it stands with those that have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsProvided:
    """Units that need no parcel (a gift card, a download, a service) were handed to the customer by the channel."""

    units: tuple[LineUnits, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed:
    """Payment is covered and every unit has a place or waits for one: the customer is told, with the date."""

    expected_delivery: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledUnits:
    """Units of a line that will not be shipped, and where they were; `location_id` when stock was reserved there.

    Of what was sent to a store and not fetched, `location_id` is the store.
    """

    line_id: str
    sku: str
    quantity: int
    source: UnitState
    fulfillment_order_id: str = ""
    location_id: str = ""
    parcel_id: str = ""
    """The parcel that packed units were taken out of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsCancelled:
    """Units were cancelled, and their stock, if reserved, given back in the same transaction."""

    units: tuple[CancelledUnits, ...]
    reason: str = ""
    """In somebody's words, for staff; the customer is told what `code` says."""
    code: CancellationReason = CancellationReason.OTHER
    request_id: str = ""
    """The request that the location accepted with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentAccepted:
    """The location has taken the work."""

    fulfillment_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsPicked:
    """Units were taken from the shelf."""

    fulfillment_order_id: str
    units: tuple[LineUnits, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsPacked:
    """Picked units went into a parcel: weight in grams, outer size in millimetres (0 when not measured)."""

    fulfillment_order_id: str
    parcel_id: str
    units: tuple[LineUnits, ...]
    grams: int = 0
    length: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelBought:
    """The carrier issued a tracking number and a label, kept in the documents bucket under `document`."""

    parcel_id: str
    carrier: str
    service: str
    tracking_number: str
    tracking_url: str
    document: str
    cost: int = 0
    currency: str = ""
    """Of `cost`, whose minor units it is in; empty where the carrier did not say, and before there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelVoided:
    """The label of a parcel is not to be used: the carrier is told, and the parcel needs another before it leaves."""

    parcel_id: str
    carrier: str
    tracking_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsShipped:
    """Units of a parcel left the location; stock moved from committed to gone in the same transaction.

    A parcel of very many skus takes more than one such event; `complete` marks the last.
    """

    fulfillment_order_id: str
    parcel_id: str
    location_id: str
    units: tuple[LineUnits, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelTracked:
    """The carrier said where the parcel is. `scan_id` is the carrier's, or derived from what it said."""

    parcel_id: str
    scan_id: str
    status: TrackingStatus
    at: datetime
    description: str = ""
    code: str = ""
    """The carrier's own word for it, where the source tells it: by it the same scan of two sources is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelDelivered:
    """The parcel reached the customer's door: its shipped units are delivered."""

    parcel_id: str
    at: datetime


OrderEvent = (
    OrderPlaced
    | OrderRevised
    | ContactChanged
    | OrderScreened
    | OrderHeld
    | HoldAssigned
    | HoldReleased
    | PaymentRequested
    | PaymentPromised
    | PaymentPending
    | PaymentAuthorised
    | PaymentDeclined
    | PaymentCaptured
    | PaymentVoided
    | AuthorisationExpired
    | PaymentRefunded
    | PaymentRefundFailed
    | PaymentTransferred
    | TransferReceived
    | TransferReturned
    | DisputeOpened
    | DisputeClosed
    | ComponentsFixed
    | ReservationUsed
    | UnitsAllocated
    | UnitsBackordered
    | UnitsProvided
    | OrderConfirmed
    | PromiseChanged
    | OrderReleased
    | UnitsCancelled
    | CancellationRequested
    | CancellationDeclined
    | LinesAdded
    | ShippingServiceChanged
    | UnitsReleased
    | SubstituteOffered
    | SubstituteAccepted
    | SubstituteRefused
    | UnitsRejected
    | LocationReadmitted
    | FulfillmentAccepted
    | UnitsPicked
    | UnitsPacked
    | LabelBought
    | LabelVoided
    | UnitsShipped
    | ParcelTracked
    | ParcelStateReached
    | ParcelDelivered
    | PickupReady
    | PickupReminded
    | PickupExpired
    | PickupCollected
    | ReturnRequested
    | ReturnApproved
    | ReturnLabelIssued
    | ReturnTracked
    | ReturnDeclined
    | UnitsReceived
    | ReturnClosed
    | UnitsCredited
    | RefundRequested
    | ExchangeRequested
    | ExchangePlaced
    | ExchangeLapsed
    | ExchangeCancelled
    | ChannelTold
)
