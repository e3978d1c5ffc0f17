"""What a merchant sets up before the first order: channels, locations and products, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from oms.orders.condition import ItemCondition
from oms.orders.contact import Address
from oms.orders.kits import Component

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""What ids of channels and locations look like: they stand in URLs, secret names and keys of tables."""


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As opening hours name them."""


class Platform(StrEnum):
    """The form in which a channel sends its orders."""

    CANONICAL = "canonical"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    AMAZON = "amazon"
    BIGCOMMERCE = "bigcommerce"
    EBAY = "ebay"
    ADOBE_COMMERCE = "adobe_commerce"


class ChannelUpdate(StrEnum):
    """What a channel can be told of its orders and of what it sells."""

    SHIPMENTS = "shipments"
    CANCELLATIONS = "cancellations"
    REFUNDS = "refunds"
    STOCK = "stock"


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
    substitute_offer_hours: int = 0
    """Hours for which a substitute is offered by rule when nobody knows when a product comes; 0 offers none."""
    pool: tuple[str, ...] = ()
    """Locations that its orders are sent from, by id or by the name of a group; empty for all of them."""
    stock_buffer: int = 0
    """Units of each sku that it is not shown: what others may sell before it hears of that."""
    pickup_locations: Mapping[str, str] = field(default_factory=dict)
    """Where customers fetch their goods: the channel's names of places, or of services, to locations' ids."""
    api_url: str = ""
    """Where the platform's API answers, without a slash at the end; empty where orders only come in."""
    account: str = ""
    """What the platform calls the shop within its API: a marketplace, a store's hash, a store view."""
    updates: tuple[ChannelUpdate, ...] = ()
    """What the platform is told; empty for a channel that is told nothing."""
    updates_since: Mapping[str, str] = field(default_factory=dict)
    """By what it is told (`shipments`): what happened before this moment (RFC 3339) it is not told."""
    updates_per_minute: int = 0
    """How often the platform is told something at the most; 0 for as often as platforms of its kind bear."""
    stock_location: str = ""
    """The platform's own id of the place or source that stock levels are written to; empty for its only one."""
    incoterm: str = ""
    """Who pays duties and taxes abroad: `DAP` the customer, `DDP` the merchant; empty as the carrier's account says."""

    def dated(self, before: Channel | None, now: str) -> Channel:
        """The channel as it is kept: what it is told of is told from now on, or as before, unless it says since when.

        `now` is RFC 3339. Whoever switches something off and on again begins anew.
        """
        known = before.updates_since if before else {}
        since = {each.value: self.updates_since.get(each) or known.get(each) or now for each in self.updates}
        return replace(self, updates_since=since)


class LocationKind(StrEnum):
    """What a location is to the merchant."""

    WAREHOUSE = "warehouse"
    STORE = "store"


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
    buffer: int = 0
    """Units of each sku that stay there: no order is sourced from them."""
    kind: LocationKind = LocationKind.WAREHOUSE
    groups: tuple[str, ...] = ()
    """Names under which rules of sourcing speak of several locations."""
    markets: tuple[str, ...] = ()
    """Countries that it ships to (ISO 3166-1 alpha-2); empty for all."""
    abilities: tuple[str, ...] = ()
    """What it can handle that not every location can: `hazmat`, `cold`, `oversize`, or a name of the merchant's."""
    services: tuple[str, ...] = ()
    """Shipping services that it offers, as channels name them; empty for all."""
    ships: bool = True
    """Whether it sends parcels to customers; a store that does not can still hand over in person."""
    daily_capacity: int = 0
    """Units that it can take on for one working day; 0 for any number."""
    cut_off: str = ""
    """Time of its day (`14:30`) until which an order counts as of the same day; empty for midnight."""
    time_zone: str = "UTC"
    """IANA name, of `cut_off` and of its days."""
    working_days: tuple[int, ...] = ()
    """Days of the week on which it works, 1 for Monday to 7 for Sunday; empty for those usual in its country."""
    closed_days: tuple[date, ...] = ()
    """Further days on which it does not work, beside its country's public holidays."""
    rate_card: str = ""
    """Id of the rate card by which its parcels are charged; empty when it has none."""
    handling_parcel: int = 0
    """What preparing a parcel costs here, in minor units of its rate card's currency."""
    handling_unit: int = 0
    """What picking a unit costs here, in the same."""
    unsold_percent: int = 0
    """Share of its stock that it will not sell by itself before the price goes down."""
    pickup_days: int = 0
    """Days that goods stand ready here for the customer who fetches them; 0 where nobody can."""
    ship_to_store: bool = False
    """Whether what it lacks for them is sent to it from other locations."""
    opening_hours: Mapping[str, str] = field(default_factory=dict)
    """When it is open, by the day (`mon`: `10:00-19:00`); what is not named is closed, and nothing is not told."""
    label_format: str = ""
    """What its printers take: `pdf` or `zpl`; empty as the carrier's account says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Units available at which somebody is told; None tells nobody."""

    low_stock: int | None = None
    """So many or fewer are low stock; 0 is only when none is left."""
    oversupply: int | None = None
    """So many or more are too much."""


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
    buffer: int | None = None
    """Units that stay at each location, in place of the location's own figure; None is the location's."""
    backorder_limit: int | None = None
    """Units that may wait for stock at a time, over all orders; None sets no limit, 0 lets none wait."""
    preorder_limit: int | None = None
    """The same until its release; None is `backorder_limit`."""
    release_date: date | None = None
    """The day on which it comes out; until then whoever waits for it has preordered it."""
    hs_code: str = ""
    """Tariff number of the Harmonized System, six to ten digits: for customs."""
    origin_country: str = ""
    """Where it was made, ISO 3166-1 alpha-2: for customs."""
    customs_description: str = ""
    """What it is in plain English, as customs want it; empty for its title."""
    requires: tuple[str, ...] = ()
    """Abilities that a location must have to ship it: `hazmat`, `cold`, `oversize`, or a name of the merchant's."""
    substitutes: tuple[str, ...] = ()
    """Skus that may be offered in its place when it cannot be had, the best first."""
    markdown_percent: int = 0
    """Share of its price that it loses when it is not sold in time."""
    components: tuple[Component, ...] = ()
    """What one unit is put together of; empty for what is no kit. A kit has no stock of its own."""
    low_stock: int | None = None
    """Units available over all locations, at and below which somebody is told; None tells nobody."""
    oversupply: int | None = None
    """Units available over all locations, at and above which somebody is told."""
    location_low_stock: int | None = None
    """The same at each location."""
    location_oversupply: int | None = None
    """The same at each location."""
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)
    """In place of the figures for each location, by location id."""
