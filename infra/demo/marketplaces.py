"""Sales as the platforms of the fourth act have them: what a stand-in is given to sell."""

from __future__ import annotations

from typing import Any

from infra.demo.sale import Item, Sale
from infra.standins.adobe_commerce import AdobeCommerce
from infra.standins.amazon import Amazon
from infra.standins.amazon_sale import sale as amazon_sale
from infra.standins.bigcommerce import BigCommerce
from infra.standins.ebay import Ebay
from infra.standins.ebay_sale import sale as ebay_sale

Json = dict[str, Any]

MARKETPLACE = "A1PA6795UKMFR9"
"""Amazon's German one."""


def amazon_id(sale: Sale) -> str:
    """An order id as Amazon writes it."""
    return f"302-{sale.number // 1000 % 10**7:07}-{sale.number % 10**7:07}"


def ebay_id(sale: Sale) -> str:
    """An order id as eBay writes it."""
    return f"12-{sale.number // 1000 % 10**5:05}-{sale.number % 10**5:05}"


def on_amazon(stand_in: Amazon, sale: Sale) -> Json:
    """Sell it on Amazon, which keeps the tax and pays it to the state; returns the notification of it."""
    buyer = sale.customer
    address = {
        "name": buyer.name,
        "addressLine1": buyer.line1,
        "city": buyer.city,
        "stateOrRegion": buyer.region,
        "postalCode": buyer.postal_code,
        "countryCode": buyer.country,
        "phone": buyer.phone,
        "addressType": "RESIDENTIAL",
    }
    return stand_in.sell(
        amazon_sale(
            amazon_id(sale),
            _lines(sale),
            marketplace=MARKETPLACE,
            shipping=sale.text(sale.shipping),
            tax_percent=_percent(sale),
            collected=True,
            currency=sale.currency,
            buyer={"buyerName": buyer.name, "buyerEmail": buyer.email},
            recipient={"deliveryAddress": address},
        )
    )


def on_ebay(stand_in: Ebay, sale: Sale) -> None:
    """Sell it on eBay."""
    buyer = sale.customer
    place = {
        "addressLine1": buyer.line1,
        "city": buyer.city,
        "stateOrProvince": buyer.region,
        "postalCode": buyer.postal_code,
        "countryCode": buyer.country,
    }
    person = {
        "fullName": buyer.name,
        "contactAddress": place,
        "primaryPhone": {"phoneNumber": buyer.phone},
        "email": buyer.email,
    }
    step = {"shipTo": person, "shippingCarrierCode": "DHL", "shippingServiceCode": "DE_DHLPaket"}
    stand_in.sell(
        ebay_sale(
            ebay_id(sale),
            _lines(sale),
            shipping=sale.text(sale.shipping),
            currency=sale.currency,
            buyer={"username": f"buyer{sale.number}", "buyerRegistrationAddress": person},
            fulfillmentStartInstructions=[{"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": step}],
        )
    )


def on_bigcommerce(stand_in: BigCommerce, sale: Sale) -> None:
    """Sell it in the BigCommerce store."""
    buyer = sale.customer
    stand_in.sell(
        _lines(sale),
        number=sale.number,
        shipping=sale.text(sale.shipping),
        tax_percent=_percent(sale),
        gross=sale.gross,
        customer_locale=buyer.language,
        billing_address={
            "first_name": buyer.first_name,
            "last_name": buyer.last_name,
            "company": "",
            "street_1": buyer.line1,
            "street_2": "",
            "city": buyer.city,
            "state": buyer.region,
            "zip": buyer.postal_code,
            "country": buyer.country,
            "country_iso2": buyer.country,
            "phone": buyer.phone,
            "email": buyer.email,
            "form_fields": [],
        },
    )


def on_adobe_commerce(stand_in: AdobeCommerce, sale: Sale) -> None:
    """Sell it in the Adobe Commerce shop."""
    buyer = sale.customer
    address = {
        "firstname": buyer.first_name,
        "lastname": buyer.last_name,
        "street": [buyer.line1],
        "city": buyer.city,
        "region": buyer.region,
        "region_code": buyer.region,
        "postcode": buyer.postal_code,
        "country_id": buyer.country,
        "email": buyer.email,
        "telephone": buyer.phone,
    }
    way = {"address": address, "method": "flatrate_flatrate", "total": {}}
    stand_in.sell(
        _lines(sale),
        number=sale.number,
        shipping=sale.text(sale.shipping),
        tax_percent=_percent(sale),
        customer_email=buyer.email,
        customer_firstname=buyer.first_name,
        customer_lastname=buyer.last_name,
        billing_address=address,
        extension_attributes={"shipping_assignments": [{"shipping": way, "items": []}]},
    )


def _lines(sale: Sale) -> list[Json]:
    return [_line(sale, item) for item in sale.items]


def _line(sale: Sale, item: Item) -> Json:
    line = {"sku": item.sku, "name": item.title, "price": sale.text(item.price), "quantity": item.quantity}
    return line | ({"discount": sale.text(item.discount)} if item.discount else {})


def _percent(sale: Sale) -> str:
    return f"{sale.tax / 100:g}"
