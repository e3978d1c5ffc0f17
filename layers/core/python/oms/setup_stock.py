"""What a product's set-up says about its stock, checked: what a kit is made of, and when stock is low or too much."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from oms.ids import MAX_SKU
from oms.orders.kits import MAX_COMPONENTS, Component
from oms.setup import ID_PATTERN, Thresholds

Threshold = Annotated[int, Field(ge=0, le=1_000_000_000)]


class ComponentForm(BaseModel):
    """So many units of a sku are in one unit of the kit."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    sku: Annotated[str, Field(min_length=1, max_length=MAX_SKU)]
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1


class ThresholdsForm(BaseModel):
    """Units available at a location at which somebody is told, in place of the figures for all locations."""

    model_config = ConfigDict(extra="forbid")

    low_stock: Threshold | None = None
    oversupply: Threshold | None = None

    @model_validator(mode="after")
    def _in_order(self) -> ThresholdsForm:
        check_order(self.low_stock, self.oversupply)
        return self


def check_order(low_stock: int | None, oversupply: int | None) -> None:
    """Stock cannot be low and too much at once.

    Raises:
        ValueError: by these figures it could.
    """
    if low_stock is not None and oversupply is not None and oversupply <= low_stock:
        raise ValueError(f"oversupply begins above low stock: {oversupply} is not above {low_stock}")


def _once(components: tuple[ComponentForm, ...]) -> tuple[ComponentForm, ...]:
    skus = [each.sku for each in components]
    if twice := sorted({sku for sku in skus if skus.count(sku) > 1}):
        raise ValueError(f"component {twice[0]!r} stands there twice: add its quantities")
    return components


Components = Annotated[tuple[ComponentForm, ...], Field(max_length=MAX_COMPONENTS), AfterValidator(_once)]
ByLocation = Annotated[dict[Annotated[str, Field(pattern=ID_PATTERN)], ThresholdsForm], Field(max_length=2000)]


def components_of(forms: tuple[ComponentForm, ...]) -> tuple[Component, ...]:
    """What a kit is made of, as a value."""
    return tuple(Component(sku=each.sku, quantity=each.quantity) for each in forms)


def thresholds_of(forms: dict[str, ThresholdsForm]) -> dict[str, Thresholds]:
    """Thresholds by location, as values."""
    return {
        location_id: Thresholds(low_stock=each.low_stock, oversupply=each.oversupply)
        for location_id, each in forms.items()
    }


def components_in_a_cell(value: object) -> object:
    """`MUG=2|BOX=1`, as CSV has it; a sku without a figure is there once. The last `=` of several counts."""
    if not isinstance(value, str):
        return value
    forms = []
    for each in (part.strip() for part in value.split("|")):
        if each:
            sku, mark, quantity = each.rpartition("=")
            forms.append({"sku": sku.strip(), "quantity": quantity.strip()} if mark else {"sku": each})
    return forms


def thresholds_in_a_cell(value: object) -> object:
    """`berlin=5:200|milan=2:`, as CSV has it: low stock, then oversupply; either may be left out."""
    if not isinstance(value, str):
        return value
    found = {}
    for each in (part.strip() for part in value.split("|")):
        if each:
            location_id, _, figures = each.partition("=")
            low, _, over = (part.strip() for part in figures.partition(":"))
            named = location_id.strip()
            if named in found:
                raise ValueError(f"location {named!r} stands there twice")
            found[named] = {"low_stock": low or None, "oversupply": over or None}
    return found
