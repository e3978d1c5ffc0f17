"""What a product's set-up says about its stock: what a kit is made of, and when stock is low or too much."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from oms.errors import InvalidInput
from oms.orders.kits import Component
from oms.setup import Thresholds
from oms.setup_forms import ProductForm, ProductRow


def test_a_row_of_csv_names_components_and_thresholds_in_a_cell() -> None:
    row = ProductRow.model_validate(
        {
            "sku": "SET",
            "title": "Breakfast set",
            "components": "MUG=2| BOX | A=B=3",
            "thresholds": "berlin=5:200|milan=2|rome=:90",
        }
    )
    assert row.value("SET").components == (
        Component(sku="MUG", quantity=2),
        Component(sku="BOX", quantity=1),
        Component(sku="A=B", quantity=3),
    )
    assert row.value("SET").thresholds == {
        "berlin": Thresholds(low_stock=5, oversupply=200),
        "milan": Thresholds(low_stock=2),
        "rome": Thresholds(oversupply=90),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"components": [{"sku": "MUG", "quantity": 0}]},
        {"components": [{"sku": "MUG"}, {"sku": "MUG", "quantity": 2}]},
        {"components": [{"sku": f"S{number}"} for number in range(26)]},
        {"low_stock": 10, "oversupply": 10},
        {"location_low_stock": 11, "location_oversupply": 10},
        {"thresholds": {"berlin": {"low_stock": 3, "oversupply": 2}}},
        {"low_stock": -1},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ProductForm.model_validate({"title": "Set", **wrong})


def test_a_kit_is_not_made_of_itself() -> None:
    with pytest.raises(InvalidInput):
        ProductForm.model_validate({"title": "Set", "components": [{"sku": "SET"}]}).value("SET")
    with pytest.raises(ValidationError):
        ProductRow.model_validate({"title": "Set", "sku": "SET", "components": "SET=1"})
