"""Addresses as their countries write them."""

from __future__ import annotations

import pytest

from oms.notifications.postal import postal_lines
from oms.orders.contact import Address, locality


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (Address(city="Bolzano", region="BZ", postal_code="39100", country="IT"), ("39100 Bolzano BZ",)),
        (Address(city="Madrid", region="Comunidad de Madrid", postal_code="28001", country="ES"), ("28001 Madrid",)),
        (Address(city="München", region="BY", postal_code="80331", country="DE"), ("80331 München",)),
        (Address(city="New York", region="NY", postal_code="10001", country="us"), ("New York, NY 10001",)),
        (Address(city="Toronto", postal_code="M5V 3L9", country="CA"), ("Toronto, M5V 3L9",)),
        (Address(city="London", postal_code="SW1A 1AA", country="GB"), ("London", "SW1A 1AA")),
        (Address(city="Kuwait City", country="KW"), ("Kuwait City",)),
        (Address(country="US"), ()),
        (Address(), ()),
    ],
)
def test_city_region_and_code_stand_as_the_country_writes_them(address: Address, lines: tuple[str, ...]) -> None:
    assert locality(address) == lines


def test_the_country_is_named_in_the_readers_language_and_empty_lines_are_left_out() -> None:
    address = Address(name="Ai Sato", line1="1-2-3\nGinza", city="Tokyo", postal_code="104-0061", country="jp")
    assert postal_lines(address, "it") == ("Ai Sato", "1-2-3 Ginza", "104-0061 Tokyo", "Giappone")
    assert postal_lines(Address(), "de") == ()
