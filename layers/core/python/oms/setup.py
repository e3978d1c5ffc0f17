"""What a merchant sets up before the first order: channels, locations and products, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from oms.orders.condition import ItemCondition
from oms.orders.contact import Address

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""What ids of channels and locations look like: they stand in URLs, secret names and keys of tables."""


class Platform(StrEnum):
    """The form in which a channel sends its orders."""

    CANONICAL = "canonical"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where orders come from. The secret that signs its webhooks is not here: see `oms.platform.secrets`."""

    channel_id: str
    platform: Platform
    name: str
    """The shop's name as its customers know it: it signs the messages to them."""
    default_language: str = "en"
    """BCP 47; for customers whose own language the channel does not tell."""
    currency: str = ""
    """ISO 4217; for orders that do not name theirs. Empty when they always do."""
    gateway: str = ""
    """The gateway that authorises and captures what the channel did not take itself; empty when there is none."""
    active: bool = True
    """An inactive channel's orders are refused."""
    return_window_days: int = 30
    """Days after delivery in which customers may announce a return; 0 takes nothing back."""
    return_windows: Mapping[str, int] = field(default_factory=dict)
    """In place of it for products of a category, by the category's name."""
    return_conditions: tuple[ItemCondition, ...] = ()
    """What is taken back when customers return for a reason of their own; empty for whatever condition."""
    restocking_percent: int = 0
    """Share of the price that is kept when a customer sends something back for a reason of their own."""
    return_shipping_fee: int = 0
    """What the way back costs the customer then, in minor units of the order's currency."""
    return_labels: bool = False
    """Whether a label for the way back is bought for each return that is approved."""
    exchange_return_days: int = 30
    """Days in which goods must be back that others were sent for at once; 0 waits for ever."""
    remorse_minutes: int = 0
    """Minutes after an order came in which no location may begin with it; 0 lets them begin at once."""
    unpaid_expiry_hours: int = 0
    """Hours after which an order that still waits for its money is cancelled; 0 lets it wait for ever."""
    fraud_screening: bool = False
    """Whether its orders are screened for fraud before their payment; see `oms.fraud`."""
    backorder_cancel_days: int = 0
    """Days after which units that still wait for stock are cancelled; 0 lets them wait for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place that keeps stock and ships it: a warehouse, a store."""

    location_id: str
    name: str
    address: Address = field(default_factory=Address)
    latitude: float
    """Degrees north of the equator."""
    longitude: float
    """Degrees east of Greenwich."""
    processing_days: int = 1
    """Working days from allocation until the parcel is handed to the carrier."""
    active: bool = True
    """An inactive location is allocated nothing new; what it has, it still ships."""
    priority: int = 0
    """Between locations that are equally good, the lower number goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What is sold under a sku: weight in grams, outer size in millimetres, 0 where it was never measured."""

    sku: str
    title: str
    grams: int = 0
    length: int = 0
    width: int = 0
    height: int = 0
    return_window_days: int | None = None
    """In place of the channel's; None is the channel's, for its category or for all."""
    category: str = ""
    """By which channels set their windows; empty when it has none."""
    final_sale: bool = False
    """Taken back only when it is faulty."""
