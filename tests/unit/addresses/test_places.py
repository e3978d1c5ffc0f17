"""Addresses as their countries write them, and nothing lost that rules do not know."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.addresses.places import Place, normalised


@pytest.mark.parametrize(
    ("country", "given", "code"),
    [
        ("CA", "m5v2t6", "M5V 2T6"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("NL", "1012ab", "1012 AB"),
        ("PL", "00001", "00-001"),
        ("PT", "1000 001", "1000-001"),
        ("BR", "01310100", "01310-100"),
        ("JP", "1000001", "100-0001"),
        ("SE", "111 22", "111 22"),
        ("AT", "A-1010", "1010"),
        ("US", "94043", "94043"),
        ("US", "94043-0001", "94043-0001"),
    ],
)
def test_a_postal_code_gets_the_form_of_its_country(country: str, given: str, code: str) -> None:
    place, notes = normalised(Place(country=country, city="x", region="x", postal_code=given))
    assert place.postal_code == code
    assert not any("postal code" in note for note in notes)


@pytest.mark.parametrize(
    ("country", "given", "region"),
    [
        ("US", "California", "CA"),
        ("US", "us-tx", "us-tx"),
        ("US", "US-TX", "TX"),
        ("us", "tx", "TX"),
        ("BR", "Sao Paulo", "SP"),
        ("CA", "Colombie-Britannique", "BC"),
        ("AU", "New South Wales", "NSW"),
        ("IT", "Verona", "VR"),
        ("JP", "Tokyo", "Tokyo"),
        ("DE", "Bayern", "Bayern"),
        ("GB", "Kent", "Kent"),
    ],
)
def test_a_region_gets_its_postal_abbreviation_where_it_has_one(country: str, given: str, region: str) -> None:
    assert normalised(Place(country=country, region=given))[0].region == region


def test_what_the_rules_do_not_know_is_kept_and_noted() -> None:
    place, notes = normalised(Place(country="IT", region="Padania", city="Verona", postal_code="3712"))
    assert (place.region, place.postal_code) == ("Padania", "3712")
    assert notes == ("region 'Padania' is none that is known of IT", "'3712' is no postal code of IT")
    kept = Place(country="ZZ", region="r", city="c", postal_code="1")
    assert normalised(kept) == (kept, ("there are no rules for a country 'ZZ'",))
    assert normalised(Place()) == (Place(), ())


def test_what_a_country_needs_and_is_not_there_is_noted() -> None:
    assert normalised(Place(country="DE", postal_code="10115"))[1] == ("city is missing",)
    assert normalised(Place(country="US", city="Austin", postal_code="73301"))[1] == ("region is missing",)


texts = st.text(max_size=12)
countries = st.sampled_from(["US", "CN", "JP", "GB", "HK", "BR", "ie", "", "ZZ", "1", "../x", "ÄÖ"])


@given(st.builds(Place, country=countries, region=texts, city=texts, postal_code=texts))
@settings(max_examples=100, deadline=None)
def test_nothing_is_refused_and_twice_is_once(place: Place) -> None:
    once, notes = normalised(place)
    assert normalised(once) == (once, notes)
    for before, after in ((place.region, once.region), (place.city, once.city), (place.postal_code, once.postal_code)):
        assert bool(before.split()) == bool(after), "no part is lost or made up"
