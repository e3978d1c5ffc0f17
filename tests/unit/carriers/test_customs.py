"""What customs are told: where a border is, and figures that are exact."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.carriers.customs import Declaration, Incoterm, declare, needed, territory
from oms.errors import InvalidInput
from oms.orders.contact import Address
from oms.orders.events import LineUnits, PlacedLine
from oms.orders.sold import UnitRun
from oms.setup import Product
from tests.support.orders import line

MUG = Product(sku="mug", title="Tasse „Hügel“", grams=320, hs_code="691110", origin_country="PT",
              customs_description="Ceramic mug")  # fmt: skip


def at(country: str, postal_code: str = "") -> Address:
    return Address(country=country, postal_code=postal_code)


@pytest.mark.parametrize(
    ("sender", "recipient", "border"),
    [
        (at("DE", "10115"), at("IT", "20121"), False),
        (at("DE", "10115"), at("CH", "8001"), True),
        (at("DE", "10115"), at("GB", "SW1A 1AA"), True),
        (at("DE", "10115"), at("GB", "BT1 5GS"), False),
        (at("DE", "10115"), at("DE", "27498"), True),
        (at("DE", "10115"), at("DE", "78266"), True),
        (at("ES", "28001"), at("ES", "35001"), True),
        (at("IT", "20121"), at("IT", "23041"), True),
        (at("FR", "75001"), at("MC", "98000"), False),
        (at("US", "10001"), at("US", "98101"), False),
        (at("US", "10001"), at("CA", "M5V"), True),
    ],
)
def test_a_declaration_is_needed_where_a_customs_border_is(
    sender: Address, recipient: Address, *, border: bool
) -> None:
    assert needed(sender, recipient) is border
    assert needed(recipient, sender) is border


def test_two_places_outside_are_not_one_territory() -> None:
    assert territory(at("DE", "27498")) != territory(at("ES", "35001"))


def declared(placed: PlacedLine, quantity: int, product: Product = MUG) -> Declaration:
    units = [LineUnits(line_id=placed.line_id, sku=placed.sku, quantity=quantity)]
    return declare(
        {placed.line_id: placed}, units, {product.sku: product}, currency="EUR", incoterm=Incoterm.DAP, invoice="W-1"
    )


def test_units_are_worth_what_was_paid_without_tax() -> None:
    sold = replace(
        line("1", "mug", 3, 3100), units=(UnitRun(count=1, net=1034, tax=196), UnitRun(count=2, net=1033, tax=196))
    )
    made = declared(sold, 3)
    assert [(each.value, each.quantity) for each in made.items] == [(1034, 1), (1033, 2)]
    assert made.value == 3100
    item = made.items[0]
    assert (item.description, item.hs_code, item.origin_country, item.grams) == ("Ceramic mug", "691110", "PT", 320)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 10_000)), min_size=1, max_size=4))
def test_all_units_of_a_line_are_declared_for_what_the_line_cost(runs: list[tuple[int, int]]) -> None:
    quantity = sum(count for count, _ in runs)
    total = sum(count * net for count, net in runs)
    sold = replace(
        line("1", "mug", quantity, total), units=tuple(UnitRun(count=count, net=net, tax=0) for count, net in runs)
    )
    made = declared(sold, quantity)
    assert made.value == total
    assert sum(each.quantity for each in made.items) == quantity


def test_what_customs_lack_is_named_by_sku() -> None:
    with pytest.raises(InvalidInput) as lacking:
        declared(line("1", "mug", 1, 1000), 1, replace(MUG, hs_code="", origin_country=""))
    (error,) = lacking.value.errors
    assert (error.path, error.message) == ("products[mug]", "customs need to know hs_code, origin_country")
