"""The parts of an Amazon order that are read here; source: Selling Partner API, Orders 2026-01-01, type `Order`.

Amounts are for the whole item, that is, for all its units.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from oms.channels.payload import Amount, Many, Payload, Text
from oms.orders.sold import MAX_UNITS


class Part(Payload):
    """A part whose names are written in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class Cash(Part):
    """An amount of money."""

    amount: Amount = Decimal(0)
    currency_code: Text = ""


class Detail(Part):
    """What part of a tax or discount falls on the goods, on shipping, on gift wrap and so on."""

    subtype: Text = ""
    value: Cash | None = None


class Breakdown(Part):
    """An amount of one category: goods, shipping, tax, discount, a tip."""

    type: Text = ""
    status: Text = ""
    subtotal: Cash | None = None
    detailed_breakdowns: Many[Detail] = ()


class ItemProceeds(Part):
    """What an item costs."""

    proceeds_total: Cash | None = None
    breakdowns: Many[Breakdown] = ()


class OrderProceeds(Part):
    """What the order costs."""

    grand_total: Cash | None = None
    breakdowns: Many[Breakdown] = ()


class ItemPrice(Part):
    """The price of one unit."""

    unit_price: Cash | None = None


class Product(Part):
    """What was sold."""

    asin: Text = ""
    title: Text = ""
    seller_sku: Text = ""
    price: ItemPrice | None = None


class Measurement(Part):
    """How much of an item that is sold by weight or length."""

    unit: Text = ""
    value: Amount = Decimal(0)


class TaxCollection(Part):
    """Who collects a tax."""

    model: Text = ""


class ItemTax(Part):
    """The item's taxes, apart from their amounts."""

    tax_collections: Many[TaxCollection] = ()


class Asked(Part):
    """That somebody asked for the cancellation of an item, or carried it out."""

    requester: Text = ""
    cancelled_by: Text = ""


class ItemCancellation(Part):
    """A cancellation that was asked for, or carried out."""

    cancellation_request: Asked | None = None
    cancellation_execution: Asked | None = None


class Constraints(Part):
    """What the delivery of an item has to heed."""

    cash_on_delivery: Text = ""


class ItemShipping(Part):
    """How an item is shipped."""

    shipping_constraints: Constraints | None = None


class ItemFulfillment(Part):
    """How far an item has come."""

    quantity_fulfilled: int = 0
    shipping: ItemShipping | None = None


class OrderItem(Part):
    """A line. An item without units was cancelled before anything of it was shipped."""

    order_item_id: Text
    quantity_ordered: Annotated[int, Field(ge=0, le=MAX_UNITS)]
    product: Product
    measurement: Measurement | None = None
    proceeds: ItemProceeds | None = None
    tax: ItemTax | None = None
    cancellation: ItemCancellation | None = None
    fulfillment: ItemFulfillment | None = None

    @property
    def fulfilled(self) -> int:
        """Units that have been shipped."""
        return self.fulfillment.quantity_fulfilled if self.fulfillment else 0

    @property
    def cash_on_delivery(self) -> bool:
        """Whether the customer pays at the door."""
        shipping = self.fulfillment.shipping if self.fulfillment else None
        constraints = shipping.shipping_constraints if shipping else None
        return constraints is not None and bool(constraints.cash_on_delivery)

    @property
    def cancellation_wanted(self) -> bool:
        """Whether the buyer asked for a cancellation that nobody has carried out."""
        wish = self.cancellation
        return wish is not None and wish.cancellation_request is not None and wish.cancellation_execution is None

    @property
    def cancelled(self) -> bool:
        """Whether what was not shipped of it has been cancelled."""
        return self.cancellation is not None and self.cancellation.cancellation_execution is not None

    @property
    def marketplace_tax(self) -> bool:
        """Whether the marketplace collects the tax and pays it to the state."""
        collected = self.tax.tax_collections if self.tax else ()
        return any(each.model == "MARKETPLACE_FACILITATOR" for each in collected)


class DeliveryAddress(Part):
    """Where the parcel goes; names, street and telephone only for applications with the role for it."""

    name: Text = ""
    company_name: Text = ""
    address_line1: Text = Field("", alias="addressLine1")
    address_line2: Text = Field("", alias="addressLine2")
    address_line3: Text = Field("", alias="addressLine3")
    city: Text = ""
    district_or_county: Text = ""
    state_or_region: Text = ""
    municipality: Text = ""
    postal_code: Text = ""
    country_code: Text = ""
    phone: Text = ""


class Recipient(Part):
    """Who gets the parcel."""

    delivery_address: DeliveryAddress | None = None


class Buyer(Part):
    """Who bought; the address is one of Amazon's, which passes mail on."""

    buyer_name: Text = ""
    buyer_email: Text = ""


class SalesChannel(Part):
    """On which marketplace the order was placed."""

    channel_name: Text = ""
    marketplace_id: Text = ""


class Window(Part):
    """A period."""

    latest_date_time: Text = ""


class Fulfillment(Part):
    """Who ships the order, how far it has come and by when it has to leave."""

    fulfillment_status: Text = ""
    fulfilled_by: Text = ""
    fulfillment_service_level: Text = ""
    ship_by_window: Window | None = None


class AssociatedOrder(Part):
    """An order that this one replaces."""

    association_type: Text = ""


class AmazonOrder(Part):
    """The order, whole."""

    order_id: Text
    created_time: Text
    last_updated_time: Text = ""
    programs: Many[str] = ()
    associated_orders: Many[AssociatedOrder] = ()
    sales_channel: SalesChannel = SalesChannel()
    buyer: Buyer | None = None
    recipient: Recipient | None = None
    proceeds: OrderProceeds | None = None
    fulfillment: Fulfillment = Fulfillment()
    order_items: Many[OrderItem] = ()
