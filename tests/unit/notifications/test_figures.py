"""Money, days and countries as people write them."""

from __future__ import annotations

import itertools
import unicodedata
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from oms.errors import InvalidInput
from oms.money import exponent
from oms.notifications.figures import MAIN_ZONES, country_name, day, money, number
from oms.notifications.language import LANGUAGES


def known(code: str) -> bool:
    try:
        exponent(code)
    except InvalidInput:
        return False
    return True


CURRENCIES = sorted(currency.code for currency in Currency if known(currency.code))


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        (129999, "EUR", "en", "€1,299.99"),
        (129999, "EUR", "de", "1.299,99\u00a0€"),
        (129999, "EUR", "fr", "1\u202f299,99\u00a0€"),
        (129999, "CHF", "de_CH", "CHF\u00a01’299.99"),
        (4800, "JPY", "it", "4.800\u00a0JPY"),
        (4800, "JPY", "en", "¥4,800"),
        (12345, "KWD", "en", "KWD\u00a012.345"),
        (12345, "KWD", "es", "12,345\u00a0KWD"),
        (199900, "RSD", "en", "RSD\u00a01,999"),
        (199999, "RSD", "en", "RSD\u00a01,999.99"),
        (-500, "EUR", "de", "-5,00\u00a0€"),
        (0, "EUR", "it", "0,00\u00a0€"),
    ],
)
def test_money_is_written_as_the_language_writes_it(amount: int, currency: str, locale: str, written: str) -> None:
    assert money(amount, currency, locale) == written


@given(st.integers(0, 10**12), st.sampled_from(CURRENCIES), st.sampled_from([*LANGUAGES, "de_CH", "en_GB", "es_MX"]))
def test_no_amount_of_any_currency_is_rounded_when_it_is_written(amount: int, currency: str, locale: str) -> None:
    written = money(amount, currency, locale)
    figures = "".join(character for character in written if character.isdigit())
    digits = exponent(currency)
    assert int(figures) in {amount, amount // 10**digits if amount % 10**digits == 0 else amount}


@given(st.sampled_from(CURRENCIES), st.sampled_from(LANGUAGES))
def test_letters_of_a_currency_never_touch_its_figures(currency: str, locale: str) -> None:
    written = money(1234500, currency, locale)
    for left, right in itertools.pairwise(written):
        kinds = {unicodedata.category(left)[0], unicodedata.category(right)[0]}
        assert kinds != {"L", "N"}, written


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en", "Wednesday, November 25, 2026"),
        ("en_GB", "Wednesday, 25 November 2026"),
        ("de", "Mittwoch, 25. November 2026"),
        ("it", "mercoledì 25 novembre 2026"),
        ("fr", "mercredi 25 novembre 2026"),
        ("es", "miércoles, 25 de noviembre de 2026"),
    ],
)
def test_days_are_written_as_the_language_writes_them(locale: str, written: str) -> None:
    assert day(date(2026, 11, 25), locale) == written


@pytest.mark.parametrize(
    ("country", "weekday"),
    [
        ("JP", "Wednesday"),
        ("US", "Tuesday"),
        ("IT", "Wednesday"),
        ("AU", "Wednesday"),
        ("", "Tuesday"),
        ("XX", "Tuesday"),
    ],
)
def test_an_instant_is_told_as_the_day_that_it_is_where_the_parcel_goes(country: str, weekday: str) -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert day(late, "en", country).startswith(weekday)


def test_every_main_zone_exists() -> None:
    for name in MAIN_ZONES.values():
        assert ZoneInfo(name).key == name


@pytest.mark.parametrize(("code", "name"), [("IT", "Italien"), ("XX", "XX"), ("", "")])
def test_a_country_is_named_in_the_readers_language(code: str, name: str) -> None:
    assert country_name(code, "de") == name


def test_counts_are_grouped() -> None:
    assert (number(12345, "de"), number(7, "fr"), number(12345, "en")) == ("12.345", "7", "12,345")
