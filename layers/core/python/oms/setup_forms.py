"""Locations, products and counts as callers set them up, and what each row of an import is, checked field by field."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from oms.errors import InvalidInput
from oms.orders.contact import Address
from oms.setup import Location, Product
from oms.setup_channel import ChannelRow
from oms.setup_fields import Category, Form, Id, Name, Part, Sku, Units, Window
from oms.setup_pickup import OpeningHours, pairs_in_a_cell
from oms.setup_sourcing import ProductCells, SourcingCells, SourcingOfLocation, SourcingOfProduct
from oms.setup_stock import (
    ByLocation,
    Components,
    Threshold,
    check_order,
    components_in_a_cell,
    components_of,
    thresholds_in_a_cell,
    thresholds_of,
)

Millimetres = Annotated[int, Field(ge=0, le=100_000)]


class AddressForm(Form):
    """The address of a location."""

    name: Part = ""
    company: Part = ""
    line1: Part = ""
    line2: Part = ""
    city: Part = ""
    region: Part = ""
    postal_code: Part = ""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    """ISO 3166-1 alpha-2."""
    phone: Part = ""


class LocationForm(SourcingOfLocation, Form):
    """A place that keeps stock and ships it."""

    name: Name
    address: AddressForm
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    """Degrees north of the equator."""
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    """Degrees east of Greenwich."""
    processing_days: Annotated[int, Field(ge=0, le=60)] = 1
    """Working days from allocation until a parcel is handed to the carrier."""
    active: bool = True
    """An inactive location is allocated nothing new; what it has, it still ships."""
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    """Between locations that are equally good, the lower number goes first."""
    buffer: Units = 0
    """Units of each sku that stay there: no order is sourced from them."""
    pickup_days: Annotated[int, Field(ge=0, le=90)] = 0
    """Days that goods stand ready here for the customer who fetches them; 0 where nobody can."""
    ship_to_store: bool = False
    """Whether what it lacks for them is sent to it from other locations."""
    opening_hours: OpeningHours = Field(default_factory=dict)
    """When it is open, by the day (`mon`: `10:00-19:00`); what is not named is closed."""
    label_format: Literal["", "pdf", "zpl"] = ""
    """What its printers take; empty as the carrier's account says."""

    def value(self, location_id: str) -> Location:
        """The location."""
        plain = self.model_dump(include=set(LocationForm.model_fields) - {"address"})
        return Location(location_id=location_id, address=Address(**self.address.model_dump()), **plain)


class LocationRow(SourcingCells, LocationForm):
    """A location in an import. In CSV `opening_hours` is `mon=10:00-19:00|sat=10:00-16:00`."""

    location_id: Id

    @field_validator("opening_hours", mode="before")
    @classmethod
    def _hours_in_a_cell(cls, value: object) -> object:
        return pairs_in_a_cell(value)


class ProductForm(SourcingOfProduct, Form):
    """What is sold under a sku. Sizes are those of the packed article; 0 where they were never measured."""

    title: Annotated[str, Field(min_length=1, max_length=500)]
    grams: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    length: Millimetres = 0
    """Millimetres, as are width and height."""
    width: Millimetres = 0
    height: Millimetres = 0
    return_window_days: Window | None = None
    """In place of the channel's, for its category or for all."""
    category: Category = ""
    """By which channels set their windows."""
    final_sale: bool = False
    """Taken back only when it is faulty."""
    hs_code: Annotated[str, Field(pattern=r"^([0-9]{6,10})?$")] = ""
    """Tariff number of the Harmonized System, six to ten digits: for customs."""
    origin_country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    """Where it was made, ISO 3166-1 alpha-2: for customs."""
    customs_description: Annotated[str, Field(max_length=200)] = ""
    """What it is in plain English, as customs want it; empty for its title."""
    buffer: Units | None = None
    """Units that stay at each location, in place of the location's own figure."""
    backorder_limit: Units | None = None
    """Units that may wait for stock at a time, over all orders; 0 lets none wait. Without it there is no limit."""
    preorder_limit: Units | None = None
    """The same until its release; without it `backorder_limit` counts."""
    release_date: date | None = None
    """The day on which it comes out; until then whoever waits for it has preordered it."""
    substitutes: Annotated[tuple[Sku, ...], Field(max_length=10)] = ()
    """Skus that may be offered in its place when it cannot be had, the best first."""
    components: Components = ()
    """What one unit is put together of. A kit has no stock of its own: its units take that of its components."""
    low_stock: Threshold | None = None
    """Units available over all locations, at and below which an alert is sent; without it none is."""
    oversupply: Threshold | None = None
    """Units available over all locations, at and above which an alert is sent."""
    location_low_stock: Threshold | None = None
    """The same at each location."""
    location_oversupply: Threshold | None = None
    """The same at each location."""
    thresholds: ByLocation = Field(default_factory=dict)
    """In place of the figures for each location, by location id."""

    @model_validator(mode="after")
    def _in_order(self) -> ProductForm:
        check_order(self.low_stock, self.oversupply)
        check_order(self.location_low_stock, self.location_oversupply)
        return self

    def value(self, sku: str) -> Product:
        """The product.

        Raises:
            InvalidInput: it is made of itself.
        """
        if sku in {each.sku for each in self.components}:
            raise InvalidInput(f"{sku} cannot be made of itself", path="components")
        plain = self.model_dump(include=set(ProductForm.model_fields) - {"components", "thresholds"})
        return Product(
            sku=sku,
            components=components_of(self.components),
            thresholds=thresholds_of(self.thresholds),
            **plain,
        )


class ProductRow(ProductCells, ProductForm):
    """A product in an import. In CSV `components` is `MUG=2|BOX=1`, `thresholds` is `berlin=5:200|milan=2`."""

    sku: Sku

    @field_validator("components", mode="before")
    @classmethod
    def _components_in_a_cell(cls, value: object) -> object:
        return components_in_a_cell(value)

    @field_validator("thresholds", mode="before")
    @classmethod
    def _thresholds_in_a_cell(cls, value: object) -> object:
        return thresholds_in_a_cell(value)

    @model_validator(mode="after")
    def _not_of_itself(self) -> ProductRow:
        if self.sku in {each.sku for each in self.components}:
            raise ValueError(f"{self.sku} cannot be made of itself")
        return self


class StockRow(Form):
    """A count in an import: so many units of a sku are on hand at a location."""

    sku: Sku
    location_id: Id
    on_hand: Annotated[int, Field(ge=0, le=1_000_000_000)]
    reference: Part = ""
    """Of the count, for the stock ledger."""


ImportKind = Literal["channels", "locations", "products", "stock"]

ROWS: dict[ImportKind, type[ChannelRow | LocationRow | ProductRow | StockRow]] = {
    "channels": ChannelRow,
    "locations": LocationRow,
    "products": ProductRow,
    "stock": StockRow,
}
"""What a row of each import is."""
