"""The parts of a BigCommerce order that are read here; source: reference/orders.v2.oas2.yml of bigcommerce/docs.

The order is fetched with its consignments, their line items and its fees; refunds (reference/orders.v3.yml) are put in
by `inbound.hydrate`. Amounts are text of major units with four decimals, those of consignments and refunds numbers.
`total_ex_tax` and `total_inc_tax` of a line are before coupons and discounts, its `total_tax` is after them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from oms.channels.payload import Amount, Count, Many, Payload, Perhaps, Text
from oms.channels.revision import FETCHED_AT


def _listed(value: Any) -> Any:
    """Lines that were fetched apart; without them only their address stands there."""
    return value if isinstance(value, list) else ()


def _inside(value: Any) -> Any:
    """The fees of an order, with or without the envelope of their own address."""
    return value.get("fees", ()) if isinstance(value, dict) else value


class Discount(Payload):
    """A line's part of a coupon, a promotion or a discount that staff gave."""

    amount: Amount = Decimal(0)


class LineItem(Payload):
    """A line; `quantity` falls when staff takes units out of the order."""

    id: Text = ""
    product_id: Text = ""
    variant_id: Text = ""
    order_address_id: Text = ""
    name: Text = ""
    sku: Text = ""
    type: Text = ""
    quantity: Count = 0
    quantity_shipped: Count = 0
    quantity_refunded: Count = 0
    price_ex_tax: Amount = Decimal(0)
    price_inc_tax: Amount = Decimal(0)
    total_ex_tax: Amount = Decimal(0)
    total_inc_tax: Amount = Decimal(0)
    total_tax: Amount = Decimal(0)
    discounted_total_inc_tax: Perhaps = None
    applied_discounts: Many[Discount] = ()

    @property
    def physical(self) -> bool:
        """Whether it is something to send or to hand over."""
        return self.type in {"", "physical"}

    @property
    def product(self) -> str:
        """The variant that was sold, or the product when it is told no variant; empty for what is in no catalogue."""
        return next((each for each in (self.variant_id, self.product_id) if each not in {"", "0"}), "")


class PostalAddress(Payload):
    """An address as the customer wrote it."""

    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    street_1: Text = ""
    street_2: Text = ""
    city: Text = ""
    state: Text = ""
    zip: Text = ""
    country: Text = ""
    country_iso2: Text = ""
    email: Text = ""
    phone: Text = ""


class Shipping(PostalAddress):
    """Goods that go to one address."""

    id: Text = ""
    shipping_method: Text = ""
    line_items: Many[LineItem] = ()


class Place(Payload):
    """A location of the shop at which goods are fetched."""

    name: Text = ""
    code: Text = ""


class Pickup(Payload):
    """Goods that are fetched."""

    pickup_method_display_name: Text = ""
    location: Place | None = None
    line_items: Many[LineItem] = ()


class Sent(Payload):
    """Goods that need no parcel: downloads, gift certificates."""

    line_items: Many[LineItem] = ()


class Email(Payload):
    """What goes out by e-mail."""

    gift_certificates: Many[Sent] = ()


class Consignments(Payload):
    """The order by the way in which its goods come to the customer."""

    pickups: Many[Pickup] = ()
    shipping: Many[Shipping] = ()
    downloads: Many[Sent] = ()
    email: Email | None = None


class Fee(Payload):
    """A fee of the merchant's own."""

    id: Text = ""
    display_name_customer: Text = ""
    display_name_merchant: Text = ""
    cost_inc_tax: Amount = Decimal(0)
    cost_tax: Amount = Decimal(0)


class RefundPayment(Payload):
    """Money of a refund that goes one way."""

    amount: Amount = Decimal(0)
    is_declined: bool | None = None


class Refund(Payload):
    """A refund, by the ways that its money goes."""

    payments: Many[RefundPayment] = ()


class BigOrder(Payload):
    """The order, whole."""

    id: str = Field(min_length=1)
    total_inc_tax: Amount
    total_tax: Amount = Decimal(0)
    status_id: Count = 0
    date_created: Text = ""
    date_modified: Text = ""
    payment_status: Text = ""
    payment_method: Text = ""
    payment_provider_id: Text = ""
    staff_notes: Text = ""
    default_currency_code: Text = ""
    currency_code: Text = ""
    is_tax_inclusive_pricing: bool | None = None
    shipping_cost_inc_tax: Amount = Decimal(0)
    shipping_cost_tax: Amount = Decimal(0)
    handling_cost_inc_tax: Amount = Decimal(0)
    handling_cost_tax: Amount = Decimal(0)
    wrapping_cost_inc_tax: Amount = Decimal(0)
    wrapping_cost_tax: Amount = Decimal(0)
    store_credit_amount: Amount = Decimal(0)
    gift_certificate_amount: Amount = Decimal(0)
    items_total: Count = 0
    customer_id: Text = ""
    customer_locale: Text = ""
    billing_address: PostalAddress | None = None
    consignments: Consignments | None = None
    products: Annotated[Many[LineItem], BeforeValidator(_listed)] = ()
    fees: Annotated[Many[Fee], BeforeValidator(_inside)] = ()
    refunds: Many[Refund] = ()
    fetched_at: Annotated[Text, Field(alias=FETCHED_AT)] = ""

    @property
    def lines(self) -> tuple[LineItem, ...]:
        """All lines in the order in which they were made."""
        parts = self.consignments or Consignments()
        held = [part.line_items for part in parts.pickups] + [part.line_items for part in parts.shipping]
        held += [part.line_items for part in parts.downloads]
        held += [part.line_items for part in parts.email.gift_certificates] if parts.email else []
        each = {item.id: item for items in (self.products, *held) for item in items}
        return tuple(sorted(each.values(), key=lambda item: (len(item.id), item.id)))
