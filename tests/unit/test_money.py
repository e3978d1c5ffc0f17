from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from oms import money
from oms.errors import InvalidInput
from oms.money import Money, allocate, exponent, minor_units

WITHOUT_AN_EXPONENT = frozenset("XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX".split())
"""Metals, units of account and the codes for testing and for none: ISO 4217 gives them no minor unit."""

weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=30)
totals = st.integers(-(10**9), 10**9)


@given(totals, weights)
def test_shares_add_up_to_the_total(total: int, shares: list[int]) -> None:
    assert sum(allocate(total, shares)) == total


@given(totals, weights)
def test_each_share_is_within_one_unit_of_its_proportion(total: int, shares: list[int]) -> None:
    whole = sum(shares) or len(shares)
    for share, weight in zip(allocate(total, shares), shares, strict=True):
        assert abs(share - Fraction(total * (weight if sum(shares) else 1), whole)) < 1


@given(totals, weights)
def test_a_larger_weight_never_gets_less_and_among_equals_the_first_gets_more(total: int, shares: list[int]) -> None:
    result = [abs(share) for share in allocate(total, shares)]
    ranked = sorted(range(len(shares)), key=lambda i: (-shares[i], i))
    assert [result[i] for i in ranked] == sorted(result, reverse=True)


@given(totals, weights)
def test_a_negative_total_is_shared_as_its_positive(total: int, shares: list[int]) -> None:
    assert allocate(-total, shares) == [-share for share in allocate(total, shares)]


@given(totals, st.integers(1, 30))
def test_without_any_weight_all_shares_are_equal_but_for_the_remainder(total: int, count: int) -> None:
    shares = allocate(total, [0] * count)
    assert max(shares) - min(shares) <= 1


def test_a_remainder_goes_to_the_largest_fraction_first() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [1, 2, 3, 4]) == [1, 2, 3, 4]
    assert allocate(1, [1, 9]) == [0, 1]
    assert allocate(-1, [1, 9]) == [0, -1]


@pytest.mark.parametrize("shares", [[], [1, -1]])
def test_there_is_nothing_to_share_with_nobody_or_with_less_than_nothing(shares: list[int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        allocate(100, shares)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("19.99", "EUR", 1999),
        ("19.9", "EUR", 1990),
        ("19", "EUR", 1900),
        ("19.", "EUR", 1900),
        ("-0.05", "EUR", -5),
        ("+3", "EUR", 300),
        ("-0.00", "EUR", 0),
        ("19.990000", "EUR", 1999),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("1.2", "KWD", 1200),
        ("0.0001", "CLF", 1),
        ("999999999999999.99", "USD", 99_999_999_999_999_999),
    ],
)
def test_a_decimal_string_is_read_exactly(text: str, currency: str, amount: int) -> None:
    assert minor_units(text, currency) == amount
    assert Money.parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("19.999", "EUR"),
        ("0.5", "JPY"),
        ("1.2345", "KWD"),
        ("", "EUR"),
        (" 1", "EUR"),
        ("1,00", "EUR"),
        ("1_000", "EUR"),
        (".5", "EUR"),
        ("1e3", "EUR"),
        ("1e999999999", "EUR"),
        ("1" * 5000, "EUR"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("١٢", "EUR"),
        (None, "EUR"),
    ],
)
def test_what_nobody_can_pay_is_refused_and_the_path_named(text: str | None, currency: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        minor_units(text, currency, path="lines[0].price")
    assert [error.path for error in refused.value.errors] == ["lines[0].price"]


@given(st.integers(-(10**14), 10**14), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_an_amount_written_out_reads_back_as_itself(amount: int, currency: str) -> None:
    written = str(Money(amount, currency))
    text, code = written.split(" ")
    assert Money.parse(text, code) == Money(amount, currency)


def test_amounts_are_written_with_their_currencys_decimals() -> None:
    assert str(Money(1999, "EUR")) == "19.99 EUR"
    assert str(Money(-5, "EUR")) == "-0.05 EUR"
    assert str(Money(1200, "JPY")) == "1200 JPY"
    assert str(Money(1234, "KWD")) == "1.234 KWD"
    assert Money(1234, "KWD").decimal == Decimal("1.234")


def test_money_of_two_currencies_cannot_be_added() -> None:
    assert Money(1, "EUR") + Money(2, "EUR") - Money(4, "EUR") == Money(-1, "EUR")
    with pytest.raises(ValueError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")


def test_every_active_currency_has_the_exponent_of_iso_4217() -> None:
    for currency in Currency:
        if currency.code not in WITHOUT_AN_EXPONENT:
            assert exponent(currency.code) == currency.exponent, currency.code


def test_no_currency_is_known_here_that_iso_4217_does_not_list() -> None:
    tables = (money._WITHOUT_MINOR_UNIT, money._TWO_DIGITS, money._THREE_DIGITS, money._FOUR_DIGITS)
    listed = [code for table in tables for code in table]
    assert len(listed) == len(set(listed))
    assert set(listed) == {currency.code for currency in Currency} - WITHOUT_AN_EXPONENT


@pytest.mark.parametrize("code", ["", "eur", "XXX", "XAU", "EURO", "DEM"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput, match="ISO 4217"):
        exponent(code)
