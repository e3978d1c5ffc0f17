"""The parts of an Adobe Commerce order that are read here: `sales-data-order-interface` of AdobeDocs/commerce-webapi.

Amounts are numbers of the order's currency (those in the shop's own begin with `base_` and are not read); times are
UTC without saying so. A line pays `row_total + tax_amount + discount_tax_compensation_amount - discount_amount`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from oms.channels.payload import Amount, Count, Many, Payload, Perhaps, Text
from oms.channels.revision import FETCHED_AT


class Item(Payload):
    """A line, or a part of one that names it in `parent_item_id`."""

    item_id: Text = ""
    parent_item_id: Text = ""
    sku: Text = ""
    name: Text = ""
    product_id: Text = ""
    product_type: Text = ""
    is_virtual: Count = 0
    qty_ordered: Amount = Decimal(0)
    qty_canceled: Amount = Decimal(0)
    qty_refunded: Amount = Decimal(0)
    qty_shipped: Amount = Decimal(0)
    qty_invoiced: Amount = Decimal(0)
    price: Perhaps = None
    row_total: Amount = Decimal(0)
    tax_amount: Amount = Decimal(0)
    discount_amount: Amount = Decimal(0)
    discount_tax_compensation_amount: Amount = Decimal(0)
    weee_tax_applied_row_amount: Amount = Decimal(0)

    @property
    def net(self) -> Decimal:
        """What is paid without tax, after the discount."""
        left = self.row_total - self.discount_amount + self.discount_tax_compensation_amount
        return left + self.weee_tax_applied_row_amount

    @property
    def priced(self) -> bool:
        """Whether it costs anything by itself."""
        return bool(self.row_total or self.tax_amount)


class PostalAddress(Payload):
    """An address as the customer wrote it."""

    firstname: Text = ""
    middlename: Text = ""
    lastname: Text = ""
    company: Text = ""
    street: Many[Text] = ()
    city: Text = ""
    region: Text = ""
    region_code: Text = ""
    postcode: Text = ""
    country_id: Text = ""
    email: Text = ""
    telephone: Text = ""


class Shipping(Payload):
    """Where the goods go, and how."""

    address: PostalAddress | None = None
    method: Text = ""


class Assignment(Payload):
    """Goods that go one way; an order has one, or none when there is nothing to send."""

    shipping: Shipping | None = None


class CustomFee(Payload):
    """A fee that an extension of the checkout adds."""

    custom_fee_code: Text = ""
    custom_fee_label: Text = ""
    custom_fee_amount: Amount = Decimal(0)


class Extension(Payload):
    """What modules add to an order: the way of shipping, gift cards, store credit, reward points, gift wrapping."""

    shipping_assignments: Many[Assignment] = ()
    pickup_location_code: Text = ""
    custom_fees: Many[CustomFee] = ()
    gift_cards_amount: Amount = Decimal(0)
    gift_cards_refunded: Amount = Decimal(0)
    customer_balance_amount: Amount = Decimal(0)
    customer_balance_refunded: Amount = Decimal(0)
    reward_currency_amount: Amount = Decimal(0)
    gw_price: Amount = Decimal(0)
    gw_tax_amount: Amount = Decimal(0)
    gw_items_price: Amount = Decimal(0)
    gw_items_tax_amount: Amount = Decimal(0)
    gw_card_price: Amount = Decimal(0)
    gw_card_tax_amount: Amount = Decimal(0)


class Payment(Payload):
    """How it is paid."""

    method: Text = ""
    last_trans_id: Text = ""
    amount_authorized: Amount = Decimal(0)


class History(Payload):
    """A comment on the order."""

    comment: Text = ""


def _object(value: Any) -> Any:
    """An object that PHP writes as a list when it is empty."""
    return value if isinstance(value, dict) else {}


class AdobeOrder(Payload):
    """The order, whole."""

    entity_id: str = Field(min_length=1)
    grand_total: Amount
    increment_id: Text = ""
    state: Text = ""
    status: Text = ""
    created_at: Text = ""
    updated_at: Text = ""
    order_currency_code: Text = ""
    base_currency_code: Text = ""
    tax_amount: Amount = Decimal(0)
    shipping_amount: Amount = Decimal(0)
    shipping_tax_amount: Amount = Decimal(0)
    shipping_discount_amount: Amount = Decimal(0)
    shipping_discount_tax_compensation_amount: Amount = Decimal(0)
    shipping_description: Text = ""
    total_paid: Amount = Decimal(0)
    total_refunded: Amount = Decimal(0)
    customer_id: Text = ""
    customer_email: Text = ""
    customer_firstname: Text = ""
    customer_lastname: Text = ""
    billing_address: PostalAddress | None = None
    payment: Payment | None = None
    items: Many[Item] = ()
    status_histories: Many[History] = ()
    fetched_at: Annotated[Text, Field(alias=FETCHED_AT)] = ""
    more: Annotated[Extension, BeforeValidator(_object), Field(alias="extension_attributes")] = Extension()
