"""The parts of a Shopify order that are read here; source: Shopify REST Admin API, the Order resource.

Amounts without `_set` are in the shop's currency, which is the order's `currency`.
"""

from __future__ import annotations

from decimal import Decimal

from oms.channels.payload import Amount, Many, Payload, Perhaps, Text


class Money(Payload):
    """An amount in major units."""

    amount: Amount = Decimal(0)


class MoneyBag(Payload):
    """An amount in the shop's currency, and in the customer's, which is not read."""

    shop_money: Money | None = None

    @property
    def amount(self) -> Decimal:
        """In the shop's currency."""
        return self.shop_money.amount if self.shop_money else Decimal(0)


class TaxLine(Payload):
    """One tax; `channel_liable` when the channel pays it to the state."""

    price: Amount = Decimal(0)
    channel_liable: bool | None = None


class Taxed(Payload):
    """What lines and ways of shipping have in common."""

    tax_lines: Many[TaxLine] = ()

    @property
    def tax(self) -> Decimal:
        """All its taxes."""
        return sum((each.price for each in self.tax_lines), Decimal(0))


class DiscountAllocation(Payload):
    """The part of a discount that fell to a line."""

    amount: Amount = Decimal(0)


class Duty(MoneyBag):
    """Import duty on a line."""

    tax_lines: Many[TaxLine] = ()


class LineItem(Taxed):
    """A line; `current_quantity` is what is left of `quantity` after edits and refunds."""

    id: Text = ""
    sku: Text = ""
    title: Text = ""
    name: Text = ""
    variant_id: Text = ""
    quantity: int = 0
    current_quantity: int | None = None
    price: Amount = Decimal(0)
    total_discount: Amount = Decimal(0)
    discount_allocations: Many[DiscountAllocation] = ()
    duties: Many[Duty] = ()
    grams: int | None = None
    gift_card: bool | None = None
    requires_shipping: bool | None = None
    taxable: bool | None = None
    fulfillment_status: Text = ""
    tip_payment_gateway: Text = ""

    @property
    def is_tip(self) -> bool:
        """Shopify shows a tip as a line too, and marks it by this field's presence, whatever stands in it."""
        return "tip_payment_gateway" in self.model_fields_set

    @property
    def ships(self) -> bool:
        """Whether it goes into a parcel; what does not say so does, unless it is a gift card."""
        return not self.gift_card if self.requires_shipping is None else self.requires_shipping

    @property
    def discount(self) -> Decimal:
        """What was taken off the line; the allocations when there are any, else the older single figure."""
        return sum((each.amount for each in self.discount_allocations), Decimal(0)) or self.total_discount


class ShippingLine(Taxed):
    """A way of shipping that the customer chose."""

    title: Text = ""
    code: Text = ""
    price: Amount = Decimal(0)
    discounted_price: Perhaps = None
    discount_allocations: Many[DiscountAllocation] = ()
    is_removed: bool | None = None

    @property
    def discount(self) -> Decimal:
        """What was taken off its price."""
        allocated = sum((each.amount for each in self.discount_allocations), Decimal(0))
        if allocated or self.discounted_price is None:
            return allocated
        return self.price - self.discounted_price


class DiscountCode(Payload):
    """A code that the customer entered, with what it took off the order."""

    amount: Amount = Decimal(0)
    type: Text = ""


class PostalAddress(Payload):
    """An address as the customer wrote it."""

    name: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    address1: Text = ""
    address2: Text = ""
    city: Text = ""
    province: Text = ""
    province_code: Text = ""
    zip: Text = ""
    country: Text = ""
    country_code: Text = ""
    phone: Text = ""


class Customer(Payload):
    """Who ordered."""

    id: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    email: Text = ""
    phone: Text = ""
    verified_email: bool | None = None


class Transaction(Payload):
    """Money that moved; `amount` is in `currency`."""

    kind: Text = ""
    status: Text = ""
    amount: Amount = Decimal(0)
    currency: Text = ""


class Refund(Payload):
    """A refund with the movements of money that it consists of."""

    transactions: Many[Transaction] = ()


class FulfilledItem(Payload):
    """Units of a line, by the line's own id, in a fulfillment."""

    id: Text = ""
    quantity: int = 0


class Fulfillment(Payload):
    """A parcel that somebody has sent: we, who told Shopify of it, another app, or the merchant."""

    status: Text = ""
    line_items: Many[FulfilledItem] = ()


class OrderEdit(Payload):
    """An edit that was committed."""

    order_id: Text = ""


class Notice(Payload):
    """A document that is about an order and is not the order."""

    id: Text = ""
    order_id: Text = ""
    order_edit: OrderEdit | None = None


class ShopifyOrder(Payload):
    """The order, whole, as each webhook about it carries it."""

    id: Text
    currency: Text
    total_price: Amount
    name: Text = ""
    created_at: Text = ""
    processed_at: Text = ""
    updated_at: Text = ""
    cancelled_at: Text = ""
    financial_status: Text = ""
    customer_locale: Text = ""
    tags: Text = ""
    """Divided by commas."""
    test: bool | None = None
    taxes_included: bool | None = None
    duties_included: bool | None = None
    total_tax: Amount = Decimal(0)
    total_discounts: Perhaps = None
    total_tip_received: Amount = Decimal(0)
    discount_codes: Many[DiscountCode] = ()
    tax_lines: Many[TaxLine] = ()
    line_items: Many[LineItem] = ()
    shipping_lines: Many[ShippingLine] = ()
    original_total_duties_set: MoneyBag | None = None
    original_total_additional_fees_set: MoneyBag | None = None
    total_cash_rounding_payment_adjustment_set: MoneyBag | None = None
    refunds: Many[Refund] = ()
    fulfillments: Many[Fulfillment] = ()
    email: Text = ""
    contact_email: Text = ""
    phone: Text = ""
    customer: Customer | None = None
    shipping_address: PostalAddress | None = None
    billing_address: PostalAddress | None = None
