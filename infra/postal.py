"""Gives the postal codes of a country a place each, and folds them into as few prefixes as say the same.

Few countries' codes come with coordinates. The others get them from the place of their locality's name; of several
places of one name, the one that lies among the code's neighbours, which are the codes that begin with the same signs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from statistics import median

from infra.places import Gazetteer, Place, apart

EXACT = 5
"""Kilometres: a prefix is left out when a shorter one gives a place as near as this to its own."""

SAME = 25
"""Kilometres within which several places of one name are as good as one."""

DOMINANT = 20
"""How many times the inhabitants of another place of the name make one the place that is meant."""

NEIGHBOURS = 3
"""Codes with one prefix that it takes to say where the prefix is."""

STRAY = 50
"""Kilometres beyond which, and three times the usual distance from its neighbours, a code's place is not believed."""

FINE = 500
"""Codes from which a country's postal codes tell by themselves where an address is."""

Localities = Mapping[str, Sequence[tuple[str, Place | None]]]
"""The localities of each postal code: a name, and a place where the source has one."""


def locate_codes(localities: Localities, gazetteer: Gazetteer) -> dict[str, Place]:
    """The place of every code for which one can be told."""
    known: dict[str, Place] = {}
    named: dict[str, list[list[Place]]] = {}
    for code, entries in localities.items():
        own = [place for _, place in entries if place]
        if own:
            known[code] = middle(own)
        else:
            named[code] = [found for name, _ in entries if (found := gazetteer.search(name))]
    sure = {
        code: middle(certain)
        for code, options in named.items()
        if (certain := [places[0] for places in options if _certain(places)])
    }
    around = _Neighbourhoods(known | sure)
    for code, options in named.items():
        places = [around.nearest(code, each) for each in options]
        believed = [place for place in places if not around.stray(code, place)]
        if believed:
            known[code] = middle(believed)
    return known


def _certain(places: Sequence[Place]) -> bool:
    """Whether a name can only mean its first place: the others are close by, or very small beside it."""
    first = places[0]
    return all(apart(first, p) <= SAME or first.population >= DOMINANT * p.population for p in places)


class _Neighbourhoods:
    """Where the codes of each prefix are, and how far apart."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._members: dict[str, list[Place]] = defaultdict(list)
        for code, place in places.items():
            for length in range(len(code)):
                self._members[code[:length]].append(place)
        self._areas: dict[str, tuple[Place, float]] = {}

    def nearest(self, code: str, places: Sequence[Place]) -> Place:
        """The place that is nearest to the code's neighbours; the first one when it has none."""
        area = self._around(code)
        return min(places, key=lambda place: apart(place, area[0])) if area else places[0]

    def stray(self, code: str, place: Place) -> bool:
        """Whether a place is much farther from the code's neighbours than they are from each other."""
        area = self._around(code)
        return area is not None and apart(place, area[0]) > STRAY + 3 * area[1]

    def _around(self, code: str) -> tuple[Place, float] | None:
        """The middle of the nearest neighbours that are enough of them, and their usual distance from it."""
        for length in range(len(code) - 1, -1, -1):
            prefix = code[:length]
            members = self._members.get(prefix, ())
            if len(members) >= NEIGHBOURS:
                if prefix not in self._areas:
                    centre = middle(members)
                    self._areas[prefix] = centre, median(apart(centre, member) for member in members)
                return self._areas[prefix]
        return None


def middle(places: Iterable[Place]) -> Place:
    """The median of coordinates: one place far away does not move it."""
    all_of_them = list(places)
    if len(all_of_them) == 1:
        return all_of_them[0]
    return Place(median(p.latitude for p in all_of_them), median(p.longitude for p in all_of_them))


def compact(codes: Mapping[str, Place], *, longest: int | None = None) -> dict[str, tuple[Place, int]]:
    """As few prefixes as tell every code's place within `EXACT` kilometres, each with its place and its reach.

    The reach is the distance in kilometres within which nine tenths of the prefix's codes lie. That of a whole code is
    0 where there are many, so that each is small; where there are few, it is the distance to the nearest other.
    `longest` is the number of signs beyond which codes are not to be looked at.
    """
    prefixes: dict[str, tuple[Place, int]] = {}

    def fold(prefix: str, members: Sequence[tuple[str, Place]], told: Place | None) -> None:
        # A code may be the beginning of others, as M for Manchester is of MK for Milton Keynes.
        whole = members[0][0] == prefix
        centre = members[0][1] if whole else middle(place for _, place in members)
        if prefix and (told is None or apart(centre, told) > EXACT):
            prefixes[prefix] = centre, _spacing(centre, codes) if whole else _reach(centre, members)
            told = centre
        if prefix and (len(members) == 1 or len(prefix) == longest):
            return  # the longer forms would only say the same
        length = len(prefix) + 1
        longer = [member for member in members if len(member[0]) >= length]
        for start, group in groupby(longer, key=lambda member: member[0][:length]):
            fold(start, list(group), told)

    if codes:
        fold("", sorted(codes.items()), None)
    return prefixes


def _reach(centre: Place, members: Sequence[tuple[str, Place]]) -> int:
    distances = sorted(apart(centre, place) for _, place in members)
    return max(SAME, round(distances[len(distances) * 9 // 10]))


def _spacing(place: Place, codes: Mapping[str, Place]) -> int:
    if len(codes) >= FINE:
        return 0
    return round(min((away for other in codes.values() if (away := apart(place, other)) > EXACT), default=0))
