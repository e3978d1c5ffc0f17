"""Money, days and countries as people write them, by CLDR."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.core import get_global
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision

from oms.money import Money, exponent

MAIN_ZONES: Mapping[str, str] = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
    "VN": "Asia/Ho_Chi_Minh",
}
"""Where most people of a country with several time zones live."""


def money(amount: int, currency: str, locale: str) -> str:
    """An amount of minor units as `locale` writes it, never rounded.

    CLDR writes some currencies with fewer decimals than they have (no para to the dinar); an amount that has them gets
    them all.
    """
    value = Money(amount, currency).decimal
    digits = get_currency_precision(currency)
    if value != round(value, digits):
        digits = exponent(currency)
    decimals = f"0.{'0' * digits}" if digits else "0"
    pattern = re.sub(r"0\.0+", decimals, Locale.parse(locale).currency_formats["standard"].pattern)
    written = format_currency(value, currency, pattern, locale=locale, currency_digits=False)
    # CLDR asks for a space between a currency's letters and a digit; Babel does not put it there.
    return re.sub(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])", "\u00a0", written)


def day(moment: date, locale: str, country: str = "") -> str:
    """A day with its weekday; of an instant, the day that it is in the country where it matters to somebody."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(_zone(country)).date()
    return format_date(moment, format="full", locale=locale)


def weekdays(locale: str) -> list[str]:
    """The names of the days, Monday first."""
    names = Locale.parse(locale).days["stand-alone"]["wide"]
    return [str(names[index]) for index in range(len(names))]


def _zone(country: str) -> ZoneInfo:
    zones = get_global("territory_zones").get(country, ())
    name = zones[0] if len(zones) == 1 else MAIN_ZONES.get(country, "UTC")
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:  # a name that CLDR spells in its own way
        return ZoneInfo("UTC")


def country_name(code: str, locale: str) -> str:
    """A country in the reader's language; the code itself when it is none."""
    return str(Locale.parse(locale).territories.get(code, code))


def number(value: int, locale: str) -> str:
    """A whole number with the language's grouping."""
    return str(format_decimal(value, locale=locale))
