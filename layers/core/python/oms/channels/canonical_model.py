"""The canonical order: what a channel without a dialect of its own posts. Strict: what is not known is refused.

Amounts are `{"amount": minor units, "currency": ISO 4217}`, all of them in the order's currency.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from oms.ids import MAX_SKU
from oms.orders.events import ChargeKind, PaymentMethod, PriceMode, TaxRemitter
from oms.orders.sold import MAX_TAG, MAX_TAGS, MAX_UNITS

MAX_LINES = 1000
"""Lines of an order. How many fit into the log depends on their titles: 500 do, whatever their script."""

MAX_TENDERS = 10
"""Means of payment of one order."""

MAX_AMOUNT = 10**14
"""No amount is as large, in minor units."""

Name = Annotated[str, Field(max_length=200)]
Code = Annotated[str, Field(max_length=100)]
Country = Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]


class Strict(BaseModel):
    """A part of the order: no unknown fields, and no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Amount(Strict):
    """An amount of money: 1999 EUR are 19.99 euro."""

    amount: Annotated[int, Field(gt=-MAX_AMOUNT, lt=MAX_AMOUNT)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class CanonicalLine(Strict):
    """What was sold. Its price is `unit_price` for each unit, or `total` for all of them; both only if they agree.

    `total` is before `discount`. `tax` is the tax on what is left after all discounts.
    """

    sku: Annotated[str, Field(max_length=MAX_SKU)] = ""
    title: Annotated[str, Field(max_length=500)] = ""
    quantity: Annotated[int, Field(ge=1, le=MAX_UNITS)]
    unit_price: Amount | None = None
    total: Amount | None = None
    discount: Amount | None = None
    tax: Amount | None = None
    grams: Annotated[int, Field(ge=0, le=10**7)] = 0
    requires_shipping: bool = True
    external_line_id: Code = ""


class CanonicalDiscount(Strict):
    """A discount on the whole order: shared over the lines in proportion to their prices."""

    title: Name = ""
    amount: Amount


class CanonicalCharge(Strict):
    """Shipping, a fee, a tip, duty or cash rounding; `amount` is in the order's price mode."""

    kind: Annotated[ChargeKind, Field(strict=False)]
    title: Name = ""
    code: Code = ""
    amount: Amount
    tax: Amount | None = None


class CanonicalAddress(Strict):
    """A postal address; `country` is ISO 3166-1 alpha-2."""

    name: Name = ""
    company: Name = ""
    line1: Name = ""
    line2: Name = ""
    city: Name = ""
    region: Name = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    country: Country = ""
    phone: Annotated[str, Field(max_length=50)] = ""


class CanonicalContact(Strict):
    """Who ordered, and where the parcel goes."""

    name: Name = ""
    email: Annotated[str, Field(max_length=254, pattern=r"^(\S+@\S+)?$")] = ""
    phone: Annotated[str, Field(max_length=50)] = ""
    customer_id: Code = ""
    """The channel's own id of the customer's account; empty for a guest."""
    email_verified: bool = False
    """The channel has made sure that this mail address is the customer's, by a link or a code sent to it."""
    phone_verified: bool = False
    """The same of the phone number."""
    shipping: CanonicalAddress | None = None
    billing: CanonicalAddress | None = None


class CanonicalPickup(Strict):
    """The customer fetches the goods in a store of the merchant."""

    location_id: Annotated[str, Field(min_length=1, max_length=64)]


def _of_a_channel(method: PaymentMethod) -> PaymentMethod:
    if method is PaymentMethod.EXCHANGE:
        raise ValueError("goods that come back pay only for the order of an exchange: request one")
    return method


class CanonicalPayment(Strict):
    """How the order is paid, or a part of it. One `amount` may be left out: what the others leave of the total."""

    method: Annotated[PaymentMethod, Field(strict=False), AfterValidator(_of_a_channel)]
    amount: Amount | None = None
    gateway: Code = ""
    instrument: Annotated[str, Field(max_length=200)] = ""
    reference: Name = ""


class CanonicalOrder(Strict):
    """One order. The same `external_id` with the same content is a repetition; with other content it is a conflict.

    It is paid by one `payment`, or by several `payments`.
    """

    external_id: Annotated[str, Field(min_length=1, max_length=200)]
    number: Code = ""
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    placed_at: AwareDatetime
    language: Annotated[str, Field(max_length=35, pattern=r"^([A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*)?$")] = ""
    prices: Annotated[PriceMode, Field(strict=False)]
    tax_remitter: Annotated[TaxRemitter, Field(strict=False)] = TaxRemitter.MERCHANT
    lines: Annotated[list[CanonicalLine], Field(min_length=1, max_length=MAX_LINES)]
    discounts: Annotated[list[CanonicalDiscount], Field(max_length=100)] = []
    charges: Annotated[list[CanonicalCharge], Field(max_length=100)] = []
    contact: CanonicalContact = CanonicalContact()
    payment: CanonicalPayment | None = None
    payments: Annotated[list[CanonicalPayment], Field(max_length=MAX_TENDERS)] = []
    total: Amount | None = None
    shipping_service: Code = ""
    pickup: CanonicalPickup | None = None
    """Without it the goods are brought to the customer."""
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=MAX_TAG)]], Field(max_length=MAX_TAGS)] = []
    """Words by which rules of sourcing know the order."""
    reservation_id: Code = ""
    """What was reserved for its basket: the order takes it over. It is no part of what makes two orders different."""
    test: bool = False
