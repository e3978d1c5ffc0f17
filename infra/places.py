"""Finds the places of a country by the names that postal data give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import cos, hypot, radians

from oms.sourcing.geography import plain_name

_KILOMETRES_PER_DEGREE = 111.2
_BRACKETED = re.compile(r"\(([^)]*)\)")
_PARTS = re.compile(r"[,;/()]| - ")
_SHORT = {"st": "saint", "ste": "sainte"}
_WITHIN = 50
"""Kilometres within which a district, village or station of a town lies."""

_SHORTEST_START = 2
"""Signs of a name written without spaces that its beginning must have: 港区."""


@dataclass(frozen=True, slots=True)
class Place:
    """A populated place: degrees and inhabitants."""

    latitude: float
    longitude: float
    population: int = 0


def apart(one: Place, other: Place) -> float:
    """Kilometres between two places, on a flat map: good enough to compare neighbours."""
    east = abs(one.longitude - other.longitude)
    east = min(east, 360 - east) * cos(radians((one.latitude + other.latitude) / 2))
    return _KILOMETRES_PER_DEGREE * hypot(one.latitude - other.latitude, east)


@dataclass(slots=True)
class Gazetteer:
    """The places of one country by their plain names, with the names that other languages have for them."""

    _by_name: dict[str, list[Place]] = field(default_factory=dict)
    _own_names: set[tuple[str, Place]] = field(default_factory=set)
    _found: dict[str, list[Place]] = field(default_factory=dict)

    def add(self, place: Place, name: str, others: Iterable[str]) -> None:
        """Make a place known under its own name and others."""
        own = plain_name(name)
        self._own_names.add((own, place))
        for each in {own, *map(plain_name, others)}:
            if each:
                self._by_name.setdefault(each, []).append(place)

    def items(self, least: int, least_of_others: int) -> Iterator[tuple[str, list[Place]]]:
        """Names with their places, the most populous first.

        Own names are those of places of at least so many inhabitants; `least_of_others` is the same for other names.
        """
        for name, places in sorted(self._by_name.items()):
            large = [
                place
                for place in dict.fromkeys(places)
                if place.population >= (least if (name, place) in self._own_names else least_of_others)
            ]
            if large:
                yield name, sorted(large, key=_by_size)

    def search(self, name: str) -> list[Place]:
        """The places that a locality of postal data may mean, the most populous first.

        What stands before a comma lies in what stands behind it: "Condesa, Ciudad de México" is no other Condesa.
        """
        if name not in self._found:
            inner, _, outer = name.partition(",")
            within = self._places(outer) if outer else []
            places = self._places(inner)
            if within:
                places = [p for p in places if any(apart(p, around) <= _WITHIN for around in within)] or within
            self._found[name] = places
        return self._found[name]

    def _places(self, name: str) -> list[Place]:
        """The places that bear the whole name, else a part of it, else its beginning."""
        found = next((places for each in _readings(name) if (places := self._by_name.get(each))), ())
        return sorted(found, key=_by_size)


def _by_size(place: Place) -> tuple[int, float, float]:
    return -place.population, place.latitude, place.longitude


def _readings(name: str) -> Iterator[str]:
    """What a locality may be called in a gazetteer, the likeliest first."""
    parts: list[str] = []
    for written in (name, _BRACKETED.sub(" ", name), *_PARTS.split(name)):
        plain = plain_name(written)
        for part in (plain, " ".join(_SHORT.get(word, word) for word in plain.split())):
            if part and part not in parts:
                parts.append(part)
                yield part
    for part in parts:
        words = part.split()
        # "Kappel SO", "Paris 07", "Baijnath S.O", "Lagos Mainland": the name, then what tells it from others.
        for length in range(len(words) - 1, 0, -1):
            yield " ".join(words[:length])
        if not part.isascii() and len(words) == 1:
            # Written without spaces, from the large to the small: 京都市左京区下鴨.
            for length in range(len(part) - 1, _SHORTEST_START - 1, -1):
                yield part[:length]
