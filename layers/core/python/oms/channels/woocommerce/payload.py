"""The parts of a WooCommerce order that are read here; source: WooCommerce REST API v3, the Order resource.

Amounts of lines are net, after discount; `price` is a float and is not read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms.channels.payload import Amount, Many, Payload, Perhaps, Text


class Tax(Payload):
    """One tax rate's part of a line, not rounded."""

    total: Amount = Decimal(0)


class TaxedLine(Payload):
    """What lines, fees and shipping have in common."""

    total: Amount = Decimal(0)
    total_tax: Amount = Decimal(0)
    taxes: Many[Tax] = ()

    @property
    def exact_tax(self) -> Decimal:
        """The tax before rounding, where the document tells it."""
        return sum((tax.total for tax in self.taxes), Decimal(0)) or self.total_tax


class LineItem(TaxedLine):
    """A line; `subtotal` is its net amount before discounts, and plug-ins sell fractions of a unit."""

    id: Text = ""
    name: Text = ""
    product_id: Text = ""
    variation_id: Text = ""
    quantity: Amount = Decimal(0)
    sku: Text = ""
    subtotal: Perhaps = None
    subtotal_tax: Amount = Decimal(0)

    @property
    def product(self) -> str:
        """The variation that was sold, or the product when it has none; empty for a line that is neither."""
        return next((each for each in (self.variation_id, self.product_id) if each not in {"", "0"}), "")


class FeeLine(TaxedLine):
    """A fee, or a rebate when it is negative."""

    name: Text = ""


class Meta(Payload):
    """What plug-ins add to an order, or to a part of it."""

    key: Text = ""
    value: Any = None


class ShippingLine(TaxedLine):
    """A way of shipping that the customer chose."""

    method_title: Text = ""
    method_id: Text = ""
    meta_data: Many[Meta] = ()


class PostalAddress(Payload):
    """An address as the customer wrote it; e-mail and telephone stand in the billing one."""

    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    address_1: Text = ""
    address_2: Text = ""
    city: Text = ""
    state: Text = ""
    postcode: Text = ""
    country: Text = ""
    email: Text = ""
    phone: Text = ""


class Refund(Payload):
    """A refund; its total is below zero."""

    total: Amount = Decimal(0)


class WooOrder(Payload):
    """The order, whole, as each webhook about it carries it."""

    id: Text
    total: Amount
    number: Text = ""
    status: Text = ""
    currency: Text = ""
    date_created: Text = ""
    date_created_gmt: Text = ""
    date_modified: Text = ""
    date_modified_gmt: Text = ""
    date_paid_gmt: Text = ""
    needs_processing: bool | None = None
    prices_include_tax: bool | None = None
    total_tax: Amount = Decimal(0)
    cart_tax: Perhaps = None
    shipping_tax: Amount = Decimal(0)
    payment_method: Text = ""
    transaction_id: Text = ""
    customer_id: Text = ""
    billing: PostalAddress | None = None
    shipping: PostalAddress | None = None
    line_items: Many[LineItem] = ()
    shipping_lines: Many[ShippingLine] = ()
    fee_lines: Many[FeeLine] = ()
    refunds: Many[Refund] = ()
    meta_data: Many[Meta] = ()
