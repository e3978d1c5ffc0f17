"""A shipment in the words of Karrio's models: what all carriers share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oms.carriers import karrio_measures as measures
from oms.carriers.customs import Declaration, Incoterm
from oms.carriers.karrio_library import models
from oms.carriers.protocol import Shipment
from oms.orders.contact import Address


def address(given: Address) -> Any:
    """An address. The number of the street is given as empty, or Karrio would put it before the street's name."""
    line1, line2 = (given.line1, given.line2) if given.line1 else (given.line2, "")
    return models().Address(
        person_name=given.name or given.company,
        company_name=given.company or None,
        address_line1=line1,
        address_line2=line2 or None,
        street_number="",
        city=given.city,
        postal_code=given.postal_code,
        state_code=given.region or None,
        country_code=given.country.upper(),
        phone_number=given.phone or None,
        residential=not given.company,
    )


def parcels(shipment: Shipment, *, imperial: bool) -> list[Any]:
    """Each parcel is a shipment of its own: it is packed, labelled, lost and taken back by itself."""
    described = shipment.declaration.items[0].description if shipment.declaration else None
    return [
        models().Parcel(id=shipment.parcel_id, description=described, **measures.parcel(shipment, imperial=imperial))
    ]


def rate_request(shipment: Shipment, *, services: Sequence[str], options: Mapping[str, Any], imperial: bool) -> Any:
    """The question what a shipment costs."""
    return models().RateRequest(
        shipper=address(shipment.sender),
        recipient=address(shipment.recipient),
        parcels=parcels(shipment, imperial=imperial),
        customs=customs(shipment.declaration, imperial=imperial) if shipment.declaration else None,
        services=list(services),
        reference=shipment.reference,
        options=dict(options) | _currency(shipment.declaration),
    )


def shipment_request(shipment: Shipment, *, service: str, options: Mapping[str, Any], imperial: bool) -> Any:
    """The wish to have it carried, paid by the merchant's account."""
    return models().ShipmentRequest(
        service=service,
        shipper=address(shipment.sender),
        recipient=address(shipment.recipient),
        parcels=parcels(shipment, imperial=imperial),
        payment=models().Payment(paid_by="sender"),
        customs=customs(shipment.declaration, imperial=imperial) if shipment.declaration else None,
        label_type=shipment.format.value.upper(),
        reference=shipment.reference,
        options=dict(options) | _currency(shipment.declaration),
    )


def customs(declaration: Declaration, *, imperial: bool) -> Any:
    """What customs are told."""
    weigh = measures.pounds if imperial else measures.kilograms
    total = measures.major_units(declaration.value, declaration.currency)
    return models().Customs(
        content_type="return_merchandise" if declaration.returned else "merchandise",
        incoterm=declaration.incoterm.value,
        invoice=declaration.invoice,
        commercial_invoice=True,
        certify=True,
        commodities=[
            models().Commodity(
                sku=item.sku,
                title=item.description,
                description=item.description,
                quantity=item.quantity,
                hs_code=item.hs_code,
                origin_country=item.origin_country,
                weight=float(weigh(item.grams)),
                weight_unit="LB" if imperial else "KG",
                value_amount=measures.major_units(item.value, declaration.currency),
                value_currency=declaration.currency,
            )
            for item in declaration.items
        ],
        duty=models().Duty(
            paid_by="sender" if declaration.incoterm is Incoterm.DDP else "recipient",
            currency=declaration.currency,
            declared_value=total,
        ),
    )


def _currency(declaration: Declaration | None) -> dict[str, Any]:
    """The value itself is not an option here: Karrio takes it for what each parcel is insured for, too."""
    return {"currency": declaration.currency} if declaration is not None else {}
