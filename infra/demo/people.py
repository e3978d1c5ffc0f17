"""Who orders: invented customers in five languages, at streets that do not exist in cities that do.

Telephone numbers are from the ranges that regulators keep for fiction: Ofcom, ARCEP, Bundesnetzagentur, 555-01xx.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer and the address that the parcel goes to; `phone` and `email` are empty where there is none."""

    first_name: str
    last_name: str
    email: str
    phone: str
    language: str
    line1: str
    city: str
    region: str
    postal_code: str
    country: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A city to live in: how its people pay, the tax on what they buy in hundredths of a percent."""

    country: str
    city: str
    region: str
    postal_code: str
    street: str
    currency: str
    tax: int
    gross: bool = True
    """Whether prices there are quoted with the tax in them."""


HOMES = (
    Home(
        country="IT",
        city="Bologna",
        region="BO",
        postal_code="40121",
        street="Via dei Fiordalisi {}",
        currency="EUR",
        tax=2200,
    ),
    Home(
        country="IT",
        city="Torino",
        region="TO",
        postal_code="10121",
        street="Corso delle Querce {}",
        currency="EUR",
        tax=2200,
    ),
    Home(
        country="DE", city="Leipzig", region="", postal_code="04109", street="Lindenkehre {}", currency="EUR", tax=1900
    ),
    Home(
        country="DE", city="Köln", region="", postal_code="50667", street="Am Alten Steg {}", currency="EUR", tax=1900
    ),
    Home(country="AT", city="Graz", region="", postal_code="8010", street="Ziegelgasse {}", currency="EUR", tax=2000),
    Home(
        country="FR",
        city="Nantes",
        region="",
        postal_code="44000",
        street="{} rue des Tilleuls",
        currency="EUR",
        tax=2000,
    ),
    Home(
        country="FR", city="Lille", region="", postal_code="59000", street="{} quai du Moulin", currency="EUR", tax=2000
    ),
    Home(
        country="ES",
        city="Sevilla",
        region="SE",
        postal_code="41001",
        street="Calle del Naranjo {}",
        currency="EUR",
        tax=2100,
    ),
    Home(
        country="ES",
        city="Bilbao",
        region="BI",
        postal_code="48001",
        street="Calle del Faro {}",
        currency="EUR",
        tax=2100,
    ),
    Home(
        country="GB",
        city="Bristol",
        region="",
        postal_code="BS1 4DJ",
        street="{} Tanner's Row",
        currency="GBP",
        tax=2000,
    ),
    Home(
        country="GB",
        city="Edinburgh",
        region="",
        postal_code="EH1 1YZ",
        street="{} Hawthorn Close",
        currency="GBP",
        tax=2000,
    ),
    Home(country="CH", city="Bern", region="BE", postal_code="3011", street="Kornhausweg {}", currency="CHF", tax=810),
    Home(
        country="US",
        city="Portland",
        region="ME",
        postal_code="04101",
        street="{} Pine Wharf",
        currency="USD",
        tax=550,
        gross=False,
    ),
    Home(
        country="US",
        city="Austin",
        region="TX",
        postal_code="78701",
        street="{} Juniper Lane",
        currency="USD",
        tax=825,
        gross=False,
    ),
    Home(
        country="JP",
        city="Kyoto",
        region="26",
        postal_code="604-8001",
        street="{} Takakura-dori",
        currency="JPY",
        tax=1000,
    ),
    Home(
        country="JP",
        city="Sapporo",
        region="01",
        postal_code="060-0001",
        street="{} Kita Ichijo Nishi",
        currency="JPY",
        tax=1000,
    ),
    Home(
        country="KW",
        city="Kuwait City",
        region="",
        postal_code="13001",
        street="Block 3, Street {}",
        currency="KWD",
        tax=0,
    ),
)

LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "IT": ("it", "it", "de-IT"),
    "DE": ("de", "de", "it-DE"),
    "AT": ("de-AT",),
    "FR": ("fr", "fr", "es-FR"),
    "ES": ("es",),
    "GB": ("en-GB", "en-GB", "fr-GB"),
    "CH": ("de-CH", "fr-CH", "it-CH"),
    "US": ("en-US", "en-US", "es-US"),
    "JP": ("en",),
    "KW": ("en",),
}
"""What people speak where; the language is the customer's, not the country's."""

_AREAS = ("202", "206", "212", "303", "312", "404", "512", "617", "702", "808")

NAMES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "it": (("Giulia", "Matteo", "Noè", "Beatrice"), ("Lucchesi", "D'Amico", "Prandi", "De Rossi")),
    "de": (("Jörg", "Annika", "Fenja", "Ruprecht"), ("Brückner", "Hagedorn", "Süß", "von der Heide")),
    "fr": (("Zoé", "Étienne", "Maëlle", "Aurélien"), ("Lefèvre", "d'Aubigné", "Marchand", "Roux")),
    "es": (("Íñigo", "Lucía", "Begoña", "Joaquín"), ("Núñez", "Larrañaga", "Robledo", "Sanchís")),
    "en": (("Maeve", "Rowan", "Saoirse", "Callum"), ("O'Brien", "Whitcombe", "Ferris & Daughters", "St. John-Ames")),
}
"""First and last names by language; among them signs that trip templates, labels and mail headers."""


def customer(home: Home, number: int, dice: random.Random, *, language: str = "", mail: bool = True) -> Customer:
    """An invented customer; `number` makes mail address and telephone its own. Without `mail`, told by SMS only."""
    spoken = language or dice.choice(LANGUAGES[home.country])
    first, last = (dice.choice(names) for names in NAMES[spoken[:2]])
    return Customer(
        first_name=first,
        last_name=last,
        email=f"{_plain(first)}.{_plain(last)}.{number}@example.com" if mail else "",
        phone=_phone(home.country, number),
        language=spoken,
        line1=home.street.format(1 + dice.randrange(98)),
        city=home.city,
        region=home.region,
        postal_code=home.postal_code,
        country=home.country,
    )


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss"))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())


def _phone(country: str, number: int) -> str:
    match country:
        case "GB":
            return f"+447700900{number % 1000:03d}"
        case "FR":
            return f"+3363998{number % 10_000:04d}"
        case "DE":
            return f"+49{('17139200', '176040690')[number // 100 % 2]}{number % 100:02d}"
        case "US":
            return f"+1{_AREAS[number // 100 % len(_AREAS)]}55501{number % 100:02d}"
        case _:
            return ""
