"""Where an address is, and whether a parcel can be sent to it, by an offline data set.

The data set is a directory with one JSON file for each country, which `infra.geo` makes of maintained open data; a
country's file is read when an address there is first looked up. Coordinates in it are hundredths of a degree, which
is about a kilometre: what sourcing asks is which location is nearer.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from oms.orders.contact import Address
from oms.sourcing.distance import METRES_PER_KILOMETRE, Coordinates, metres

DATA = "OMS_GEO_DATA"
"""The environment variable that names the directory of the data set."""

_WITHOUT_MARK = str.maketrans(
    {"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i", "ð": "d", "þ": "th", "ħ": "h"}
)
_WORDS = re.compile(r"\w+")
_NOT_IN_CODES = re.compile(r"[^0-9A-Z]")
_COUNTRY = re.compile(r"[A-Z]{2}")
_WITH_RADIUS = 3


@dataclass(frozen=True, slots=True)
class Area:
    """What a postal prefix stands for: its middle, and the kilometres around it in which most of it lies."""

    middle: Coordinates
    kilometres: int


@dataclass(frozen=True, slots=True)
class Country:
    """What the data set knows of one country."""

    middle: Coordinates | None
    """Where its people are, on the median."""
    only_digits: bool
    """Whether the letters that people write around a postal code say nothing: D-80331, 5694 AB."""
    prefixes: Mapping[str, Sequence[int]]
    cities: Mapping[str, Sequence[Sequence[int]]]
    """The places of a name, the most populous first."""
    required: str
    """What an address there needs, of A (street), C (city), Z (postal code)."""
    code_pattern: str
    code_example: str

    def area(self, postal_code: str) -> Area | None:
        """The area of the longest known prefix of a code."""
        code = plain_code(postal_code, only_digits=self.only_digits)
        for length in range(len(code), 0, -1):
            if found := self.prefixes.get(code[:length]):
                return Area(_point(found), found[2] if len(found) == _WITH_RADIUS else 0)
        return None

    def places(self, city: str) -> list[Coordinates]:
        """All places there of that name, the most populous first."""
        return [_point(found) for found in self.cities.get(plain_name(city), ())]


def locate(country: str, postal_code: str, city: str = "", *, data: Path | None = None) -> Coordinates | None:
    """Where an address is, as exactly as the data set knows; None for a country that it does not have.

    The longest known prefix of the postal code says in which area; when the city has a place in it, that place is
    the answer, else the middle of the area. Without a known prefix it is the most populous city of the name, and
    without a known city the middle of the country.
    """
    known = country_data(country, data)
    if known is None:
        return None
    area = known.area(postal_code)
    places = known.places(city)
    if area is None:
        return places[0] if places else known.middle
    if not places:
        return area.middle
    nearest = min(places, key=lambda place: metres(place, area.middle))
    return nearest if metres(nearest, area.middle) <= METRES_PER_KILOMETRE * area.kilometres else area.middle


def address_problem(address: Address, *, data: Path | None = None) -> str | None:
    """Why no parcel can be sent to this address; None when nothing speaks against it.

    It must have a street; a country that exists; the city and the postal code where that country's addresses need them,
    and a postal code that is possible there. Whether the street exists is the carrier's to say.
    """
    country = address.country.strip().upper()
    if not country:
        return "the address has no country"
    known = country_data(country, data)
    if known is None:
        return f"{address.country!r} is no country: ISO 3166-1 alpha-2 is expected, such as DE"
    for field, letter, value in (
        ("street", "A", address.line1 or address.line2),
        ("city", "C", address.city),
        ("postal code", "Z", address.postal_code),
    ):
        if letter in known.required and not value.strip():
            return f"the address has no {field}"
    if address.postal_code.strip() and not _possible(address.postal_code, country, known):
        return f"{address.postal_code!r} is no postal code of {country}: it looks like {known.code_example}"
    return None


def plain_name(name: str) -> str:
    """A place's name as it is compared, without marks and case: "L'Haÿ-les-Roses" is "l hay les roses"."""
    text = name.casefold()
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text.translate(_WITHOUT_MARK))
        bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
        text = unicodedata.normalize("NFC", bare)
    return " ".join(_WORDS.findall(text))


def plain_code(postal_code: str, *, only_digits: bool) -> str:
    """A postal code as it is compared: capital letters and digits; without letters where `only_digits` says so."""
    code = _NOT_IN_CODES.sub("", unicodedata.normalize("NFKC", postal_code).upper())
    return "".join(sign for sign in code if sign.isdigit()) if only_digits else code


def country_data(country: str, data: Path | None = None) -> Country | None:
    """What the data set has on a country by its ISO 3166-1 alpha-2 code; None when there is no such country.

    Raises:
        RuntimeError: neither `data` nor the environment names the directory of the data set.
    """
    if data is None:
        if DATA not in os.environ:
            raise RuntimeError(f"the environment lacks {DATA}: the template sets it on the functions that route")
        data = Path(os.environ[DATA])
    code = country.strip().upper()
    return _read(data, code) if _COUNTRY.fullmatch(code) else None


@cache
def _read(data: Path, country: str) -> Country | None:
    file = data / f"{country}.json"
    if not file.exists():
        return None
    content: dict[str, Any] = json.loads(file.read_bytes())
    return Country(
        middle=_point(content["middle"]) if content["middle"] else None,
        only_digits=content["only_digits"],
        prefixes=content["prefixes"],
        cities=content["cities"],
        required=content["required"],
        code_pattern=content["code_pattern"],
        code_example=content["code_example"],
    )


def _point(hundredths: Sequence[int]) -> Coordinates:
    return Coordinates(hundredths[0] / 100, hundredths[1] / 100)


def _possible(postal_code: str, country: str, known: Country) -> bool:
    """Whether a code has the form of the country's, whatever stands between its parts or before it."""
    if not known.code_pattern:
        return True
    code = plain_code(postal_code, only_digits=False)
    bare = code.removeprefix(country).lstrip(ascii_uppercase) if known.only_digits else code
    forms = {
        f"{form[:cut]}{between}{form[cut:]}"
        for form in (code, bare, country + bare)
        for cut in range(len(form))
        for between in ("", " ", "-")
    }
    return any(re.fullmatch(known.code_pattern, form) for form in forms)
