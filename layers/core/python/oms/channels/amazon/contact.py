"""Who bought an Amazon order and where it goes, as far as the application may see it."""

from __future__ import annotations

from oms.channels.amazon.payload import AmazonOrder, DeliveryAddress
from oms.orders.contact import Address, Contact


def contact(order: AmazonOrder) -> Contact:
    """The buyer, with Amazon's own mail address for them, and the address to deliver to."""
    given = order.recipient.delivery_address if order.recipient else None
    address = _address(given) if given else None
    buyer = order.buyer
    return Contact(
        name=(buyer.buyer_name if buyer else "") or (address.name if address else ""),
        email=buyer.buyer_email if buyer else "",
        phone=given.phone if given else "",
        shipping=address,
    )


def _address(given: DeliveryAddress) -> Address:
    further = (given.address_line2, given.address_line3, given.district_or_county if not given.city else "")
    return Address(
        name=given.name,
        company=given.company_name,
        line1=given.address_line1,
        line2=", ".join(line for line in further if line),
        city=given.city or given.municipality,
        region=given.state_or_region,
        postal_code=given.postal_code,
        country=given.country_code,
        phone=given.phone,
    )
