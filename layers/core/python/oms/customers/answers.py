"""The shapes of what the API answers about customers."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from oms.customers.history import Figures


class FoundCustomer(TypedDict):
    """A customer who was looked for. `verified` when the channel vouches for what was looked for."""

    customer_id: str
    verified: bool


class FoundCustomers(TypedDict):
    """Everybody whose orders have what was looked for, those that a channel vouches for first."""

    customers: list[FoundCustomer]


class CustomerName(TypedDict):
    """Who the customer is, as the newest order says it."""

    name: str
    email: str
    phone: str
    language: str


class NoteResource(TypedDict):
    """What staff wrote down."""

    note_id: str
    text: str
    actor: str
    at: str


class DecisionResource(TypedDict):
    """Why records are one or apart: `joined` by matching, `merged` or `split` by hand."""

    kind: Literal["joined", "merged", "split"]
    at: str
    actor: str
    customer_id: str
    """The other record."""
    order_ids: list[str]
    """The orders that showed it, or that were taken out."""


class CustomersOrderSummary(TypedDict):
    """An order in a customer's history; `status` is null for the moment in which lists do not know it yet."""

    order_id: str
    number: str
    channel_id: str
    placed_at: str
    status: str | None
    currency: str
    total: int
    charged: int
    refunded: int
    units: int
    units_returned: int


class CustomerResource(TypedDict):
    """A customer across all channels."""

    customer_id: str
    version: int
    since: str
    merged: list[str]
    """Ids of records that were joined to this one; they lead here."""
    apart: list[str]
    """Customers whom somebody has taken apart from this one."""
    erasing: bool
    """An erasure was begun and is not finished: call it again."""
    contact: CustomerName | None
    figures: Figures
    preferences: dict[str, Any] | None
    preferences_at: str | None
    notes: list[NoteResource]
    decisions: list[DecisionResource]
    possibly_the_same: list[str]
    """Customers whose orders mention a mail address or number of this one, unverified."""
    orders: list[CustomersOrderSummary]
    cursor: str | None


class PreferencesResource(TypedDict):
    """A customer's wishes, and since when."""

    customer_id: str
    version: int
    preferences: dict[str, Any]
    preferences_at: str


class SplitResource(TypedDict):
    """The customer whom the orders were given to."""

    customer_id: str
    order_ids: list[str]


class MergedResource(TypedDict):
    """The customer who stands for both."""

    customer_id: str
    merged: list[str]


class Erasure(TypedDict):
    """How far an erasure is: `erasing` means that it is to be called again."""

    customer_id: str
    status: Literal["erased", "erasing"]
    orders_left: int


class CustomerExport(TypedDict):
    """All that is kept about a customer: in `document`, or behind `url` when it is too large for an answer."""

    customer_id: str
    document: dict[str, Any] | None
    url: str | None
