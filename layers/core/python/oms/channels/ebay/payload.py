"""The parts of an eBay order that are read here; source: eBay Sell APIs, Fulfillment API v1, type `Order`.

Amounts are in the currency of the sale; where the seller is paid in another one, the sale's amount is the one that it
was converted from.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from oms.channels.payload import Amount, Many, Payload, Perhaps, Text
from oms.orders.sold import MAX_UNITS


class Part(Payload):
    """A part whose names are written in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class Cash(Part):
    """An amount of money, and what it was before it was converted."""

    value: Amount = Decimal(0)
    currency: Text = ""
    converted_from_value: Perhaps = None
    converted_from_currency: Text = ""

    def of(self, currency: str) -> Decimal:
        """The amount in the currency of the sale."""
        if self.currency != currency and self.converted_from_currency == currency:
            return self.converted_from_value or Decimal(0)
        return self.value


class Tax(Part):
    """A tax of a line, or a fee that is collected like one."""

    tax_type: Text = ""
    amount: Cash | None = None


class DeliveryCost(Part):
    """What bringing a line costs."""

    shipping_cost: Cash | None = None
    discount_amount: Cash | None = None
    handling_cost: Cash | None = None
    import_charges: Cash | None = None
    shipping_intermediation_fee: Cash | None = None


class Refund(Part):
    """Money that went back, or is on its way. A refund of a line has no status."""

    amount: Cash | None = None
    refund_status: Text = ""


class LineItem(Part):
    """A line: `line_item_cost` is for all its units, before discount."""

    line_item_id: Text
    legacy_item_id: Text = ""
    legacy_variation_id: Text = ""
    sku: Text = ""
    title: Text = ""
    quantity: Annotated[int, Field(ge=1, le=MAX_UNITS)] = 1
    line_item_cost: Cash
    discounted_line_item_cost: Cash | None = None
    delivery_cost: DeliveryCost | None = None
    taxes: Many[Tax] = ()
    ebay_collect_and_remit_taxes: Many[Tax] = ()
    line_item_fulfillment_status: Text = ""
    refunds: Many[Refund] = ()


class PricingSummary(Part):
    """What the order costs."""

    total: Cash
    price_discount: Cash | None = None
    delivery_cost: Cash | None = None
    delivery_discount: Cash | None = None
    adjustment: Cash | None = None
    fee: Cash | None = None


class Payment(Part):
    """Money of the buyer's."""

    payment_date: Text = ""


class PaymentSummary(Part):
    """The order's payments and refunds."""

    payments: Many[Payment] = ()
    refunds: Many[Refund] = ()


class CancelRequest(Part):
    """That somebody asked for the cancellation of the order."""

    cancel_request_id: Text = ""
    cancel_initiator: Text = ""
    cancel_request_state: Text = ""


class CancelStatus(Part):
    """How far a cancellation has come. The requests stand only in an order that was fetched by itself."""

    cancel_state: Text = ""
    cancel_requests: Many[CancelRequest] = ()


class PostalAddress(Part):
    """An address."""

    address_line1: Text = Field("", alias="addressLine1")
    address_line2: Text = Field("", alias="addressLine2")
    city: Text = ""
    county: Text = ""
    state_or_province: Text = ""
    postal_code: Text = ""
    country_code: Text = ""


class Phone(Part):
    """A telephone number."""

    phone_number: Text = ""


class Person(Part):
    """Somebody with an address."""

    full_name: Text = ""
    company_name: Text = ""
    contact_address: PostalAddress | None = None
    primary_phone: Phone | None = None
    email: Text = ""


class Buyer(Part):
    """Who bought."""

    username: Text = ""
    buyer_registration_address: Person | None = None


class ShippingStep(Part):
    """How and where a parcel goes; the reference has to stand on parcels that eBay's own programs take further."""

    ship_to: Person | None = None
    shipping_service_code: Text = ""
    ship_to_reference_id: Text = ""


class PickupStep(Part):
    """The store in which the buyer fetches the goods."""

    merchant_location_key: Text = ""


class Instruction(Part):
    """How the goods come to the buyer."""

    fulfillment_instructions_type: Text = ""
    shipping_step: ShippingStep | None = None
    pickup_step: PickupStep | None = None


class FulfillmentProgram(Part):
    """Who handles the goods in eBay's place."""

    fulfilled_by: Text = ""


class Program(Part):
    """Programs of eBay that the order is in."""

    fulfillment_program: FulfillmentProgram | None = None


class EbayOrder(Part):
    """The order, whole."""

    order_id: Text
    creation_date: Text
    last_modified_date: Text = ""
    legacy_order_id: Text = ""
    sales_record_reference: Text = ""
    order_fulfillment_status: Text = ""
    order_payment_status: Text = ""
    buyer: Buyer | None = None
    pricing_summary: PricingSummary
    payment_summary: PaymentSummary = PaymentSummary()
    cancel_status: CancelStatus = CancelStatus()
    fulfillment_start_instructions: Many[Instruction] = ()
    line_items: Many[LineItem] = ()
    program: Program | None = None
