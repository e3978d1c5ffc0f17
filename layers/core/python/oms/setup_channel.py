"""Channels as callers set them up: bodies of requests and rows of imports, with the secrets that go elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from oms.channels.keys import CREDENTIALS, unknown_names
from oms.clock import from_text, to_text
from oms.errors import InvalidInput
from oms.money import exponent
from oms.orders.condition import KNOWN_CONDITIONS, ItemCondition
from oms.setup import ID_PATTERN, Channel, ChannelUpdate, Platform
from oms.setup_fields import Category, Form, Id, Name, Units, Window
from oms.setup_pickup import PickupNames, pairs_in_a_cell

LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


def _currency(value: str) -> str:
    try:
        exponent(value or "EUR")
    except InvalidInput as error:
        raise ValueError(error.detail) from None
    return value


def _gateway(value: str) -> str:
    from oms.payments.gateway import NAMES

    if value and value not in NAMES:
        raise ValueError(f"there is no gateway {value!r}")
    return value


def _twice(names: Iterable[str]) -> str:
    """A name that stands there twice, however it is written, or nothing."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            return name
        seen.add(name.casefold())
    return ""


def _windows(value: dict[str, int]) -> dict[str, int]:
    if name := _twice(value):
        raise ValueError(f"category {name!r} stands there twice: capital letters make no difference")
    return value


def _conditions(value: tuple[ItemCondition, ...]) -> tuple[ItemCondition, ...]:
    if ItemCondition.UNKNOWN in value:
        raise ValueError("'unknown' is no condition to ask for: an empty list takes back whatever comes")
    return tuple(each for each in KNOWN_CONDITIONS if each in value)


def _once(value: tuple[ChannelUpdate, ...]) -> tuple[ChannelUpdate, ...]:
    return tuple(each for each in ChannelUpdate if each in value)


def _moment(value: str) -> str:
    try:
        return to_text(from_text(value))
    except ValueError:
        raise ValueError(f"{value!r} is no moment: write it as 2026-03-01T09:30:00Z") from None


class ChannelForm(Form):
    """Where orders come from."""

    platform: Platform
    """The form in which its orders come."""
    name: Name
    """The shop's name as its customers know it."""
    default_language: Annotated[str, Field(pattern=LANGUAGE)] = "en"
    """BCP 47; for customers whose own language the channel does not tell."""
    currency: Annotated[str, AfterValidator(_currency)] = ""
    """ISO 4217; for orders that do not name theirs."""
    gateway: Annotated[str, AfterValidator(_gateway)] = ""
    """What authorises and captures money that the channel did not take itself."""
    active: bool = True
    """An inactive channel's orders are refused."""
    return_window_days: Window = 30
    """Days after delivery in which customers may announce a return; 0 takes nothing back."""
    return_windows: Annotated[
        dict[Annotated[Category, Field(min_length=1)], Window], Field(max_length=500), AfterValidator(_windows)
    ] = Field(default_factory=dict)
    """In place of it for products of a category, by the category's name; capital letters make no difference."""
    return_conditions: Annotated[tuple[ItemCondition, ...], AfterValidator(_conditions)] = ()
    """What is taken back when customers return for a reason of their own; empty for whatever condition."""
    restocking_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """Share of the price that is kept when a customer sends something back for a reason of their own."""
    return_shipping_fee: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """What the way back costs the customer then, in minor units of the order's currency."""
    return_labels: bool = False
    """Whether a label for the way back is bought for each return that is approved."""
    exchange_return_days: Annotated[int, Field(ge=0, le=3650)] = 30
    """Days in which goods must be back that others were sent for at once; 0 waits for ever."""
    remorse_minutes: Annotated[int, Field(ge=0, le=10_080)] = 0
    """Minutes after an order came in which no location may begin with it; 0 lets them begin at once."""
    unpaid_expiry_hours: Annotated[int, Field(ge=0, le=8760)] = 0
    """Hours after which an order that still waits for its money is cancelled; 0 lets it wait for ever."""
    fraud_screening: bool = False
    """Whether its orders are screened for fraud before their payment, by the rules of `/fraud-rules`."""
    backorder_cancel_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """Days after which units that still wait for stock are cancelled; 0 lets them wait for ever."""
    substitute_offer_hours: Annotated[int, Field(ge=0, le=720)] = 0
    """Hours for which a substitute is offered by rule when nobody knows when a product comes; 0 offers none."""
    pool: Annotated[tuple[Annotated[str, Field(pattern=ID_PATTERN)], ...], Field(max_length=500)] = ()
    """Locations that its orders are sent from, by id or by the name of a group; empty for all of them."""
    stock_buffer: Units = 0
    """Units of each sku that it is not shown: what others may sell before it hears of that."""
    pickup_locations: PickupNames = Field(default_factory=dict)
    """Where customers fetch their goods: the channel's names of places, or of shipping services, to locations' ids."""
    api_url: Annotated[str, Field(max_length=500, pattern=r"^(https?://[^\s/]+(/[^\s]*[^\s/])?)?$")] = ""
    """Where the platform's API answers: `https://my-shop.myshopify.com`. Empty where orders only come in."""
    account: Annotated[str, Field(max_length=200)] = ""
    """What the platform calls the shop within its API: a marketplace, a store's hash, a store view."""
    updates: Annotated[tuple[ChannelUpdate, ...], AfterValidator(_once)] = ()
    """What the platform is told of its orders, and of stock; empty for nothing."""
    updates_since: dict[ChannelUpdate, Annotated[str, AfterValidator(_moment)]] = Field(default_factory=dict)
    """What happened before this moment (RFC 3339) is not told. Without it: what happens from now on, or as before."""
    updates_per_minute: Annotated[int, Field(ge=0, le=6000)] = 0
    """How often the platform is told something at the most; 0 for as often as platforms of its kind bear."""
    stock_location: Annotated[str, Field(max_length=200)] = ""
    """The platform's own id of the place that stock levels are written to; empty for its only one."""
    incoterm: Literal["", "DAP", "DDP"] = ""
    """Who pays duties and taxes abroad: `DAP` the customer, `DDP` the merchant; empty as the carrier's account says."""
    webhook_secret: Annotated[SecretStr, Field(min_length=8, max_length=500)] | None = None
    """Signs the platform's webhooks. It can be written and never read; without it, the one of before stays, and after a
    new one for another day."""
    credentials: dict[str, Annotated[SecretStr, Field(min_length=1, max_length=4000)] | None] = Field(
        default_factory=dict
    )
    """The keys of the platform's API by their names, written and never read. What is not named stays; null removes."""

    @field_validator("credentials")
    @classmethod
    def _keys_of_the_platform(cls, value: dict[str, SecretStr | None], info: ValidationInfo) -> object:
        platform = info.data.get("platform")
        if platform is not None and (wrong := unknown_names(platform, value)):
            taken = ", ".join(CREDENTIALS[platform]) or "none"
            raise ValueError(f"{platform} has no credential {', '.join(wrong)[:100]}; it takes: {taken}")
        return value

    def value(self, channel_id: str) -> Channel:
        """The channel, without its secrets."""
        plain = self.model_dump(include=set(ChannelForm.model_fields) - {"webhook_secret", "credentials"})
        plain["updates_since"] = {each.value: since for each, since in self.updates_since.items()}
        return Channel(channel_id=channel_id, **plain)

    def secrets(self) -> dict[str, str | None]:
        """The secrets that were sent, by name; None for one that is to be taken away."""
        given = {"webhook_secret": self.webhook_secret} if self.webhook_secret is not None else {}
        return {
            name: None if value is None else value.get_secret_value()
            for name, value in (given | self.credentials).items()
        }


class ChannelRow(ChannelForm):
    """A channel in an import. In CSV `return_windows` is `shoes=60|books=14`, `pool` is `milan|stores`."""

    channel_id: Id

    @field_validator("return_windows", mode="before")
    @classmethod
    def _windows_in_a_cell(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [each.partition("=") for each in value.split("|") if each.strip()]
        if name := _twice(name.strip() for name, _, _ in pairs):
            raise ValueError(f"category {name!r} stands there twice: capital letters make no difference")
        return {name: days.strip() for name, _, days in pairs}

    @field_validator("pickup_locations", "updates_since", "credentials", mode="before")
    @classmethod
    def _places_in_a_cell(cls, value: object) -> object:
        return pairs_in_a_cell(value)

    @field_validator("return_conditions", "pool", "updates", mode="before")
    @classmethod
    def _names_in_a_cell(cls, value: object) -> object:
        return [each.strip() for each in value.split("|") if each.strip()] if isinstance(value, str) else value
