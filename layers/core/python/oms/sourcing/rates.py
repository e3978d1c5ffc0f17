"""Rate cards: what a carrier asks for a parcel by zone and weight, in minor units of the currency of the card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar, NamedTuple

from annotated_types import Ge, Gt, Le, MaxLen, MinLen

_STRICT: Mapping[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}
_KILOGRAM = 1000

MOST_ENDS = 400
"""Of a zone's ends that many are counted, and few more."""

Text = Annotated[str, MinLen(1), MaxLen(100)]
Texts = Annotated[tuple[Text, ...], MaxLen(500)]
Price = Annotated[int, Ge(0), Le(10**9)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A parcel of up to so many grams costs `price`."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT

    grams: Annotated[int, Gt(0), Le(10**7)]
    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Prices for destinations: those that meet every field that is set."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT

    name: Text
    """For people: `Germany`, `EU islands`."""
    countries: Texts = ()
    """ISO 3166-1 alpha-2; empty for all."""
    postal_prefixes: Texts = ()
    """Beginnings of the postal code, without regard to spaces and capitals; empty for all."""
    up_to_km: Annotated[int, Ge(1), Le(20_100)] | None = None
    """Up to so many kilometres as the crow flies; null for any distance."""
    services: Texts = ()
    """Shipping services, as channels name them; capitals make no difference; empty for all."""
    steps: Annotated[tuple[Step, ...], MinLen(1), MaxLen(100)]
    """From light to heavy, and never cheaper."""
    per_kilogram: Price = 0
    """For each kilogram, begun or whole, beyond the last step. 0: what is heavier goes in several parcels."""
    days: Annotated[int, Ge(0), Le(60)] | None = None
    """Delivery days on the way; null for those of the house's table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """The first of the zones that a destination meets is the one that counts."""

    card_id: str
    currency: str
    """ISO 4217."""
    name: str = ""
    zones: tuple[Zone, ...] = ()
    version: int = 0
    """Of the set-up."""


class Destination(NamedTuple):
    """Where a parcel goes, and by which service."""

    country: str
    postal_code: str = ""
    service: str = ""


class Edge(NamedTuple):
    """Prices that grow evenly: `price` at so many grams, and `rise` more for each `run` grams more."""

    grams: int
    price: int
    rise: int
    run: int


def zone_of(card: RateCard, destination: Destination, kilometres: int | None) -> Zone | None:
    """The card's zone for a parcel; None when it has none."""
    return next((zone for zone in card.zones if _meets(zone, destination, kilometres)), None)


def _meets(zone: Zone, destination: Destination, kilometres: int | None) -> bool:
    if zone.countries and destination.country not in zone.countries:
        return False
    if zone.postal_prefixes and not begins(destination.postal_code, zone.postal_prefixes):
        return False
    if zone.services and destination.service.casefold() not in {each.casefold() for each in zone.services}:
        return False
    return zone.up_to_km is None or (kilometres is not None and kilometres <= zone.up_to_km)


def begins(postal_code: str, prefixes: Iterable[str]) -> bool:
    """Whether a postal code begins with one of the prefixes; spaces, hyphens and capitals make no difference."""
    code = _plain(postal_code)
    return any(code.startswith(_plain(prefix)) for prefix in prefixes)


def _plain(text: str) -> str:
    return "".join(text.split()).replace("-", "").upper()


def price(zone: Zone, grams: int) -> int:
    """What a shipment of so many grams costs."""
    last = zone.steps[-1]
    if grams <= last.grams:
        return next(step.price for step in zone.steps if grams <= step.grams)
    if zone.per_kilogram:
        return last.price + -(-(grams - last.grams) // _KILOGRAM) * zone.per_kilogram
    full, rest = divmod(grams, last.grams)
    return full * last.price + (price(zone, rest) if rest else 0)


def ends(zone: Zone, weight: int) -> list[int]:
    """The weights up to which a zone's price stays the same, as far as they matter for so much weight."""
    last = zone.steps[-1].grams
    known = {step.grams for step in zone.steps}
    stride = _KILOGRAM if zone.per_kilogram else last
    inner = (0,) if zone.per_kilogram else (0, *(step.grams for step in zone.steps))
    for full in range(last, weight, stride):
        known |= {full + each for each in (stride, *inner)}
        if len(known) > MOST_ENDS:
            break
    return sorted({min(each, weight) for each in known})


def edge_below(zone: Zone, grams: int) -> Edge:
    """Even prices that are nowhere above the zone's up to so many grams, and meet them there if they can.

    A search for the optimum needs prices that grow evenly. These are the last edge of the lower convex hull of the
    zone's prices; an edge that would begin below one minor unit is left for one before.
    """
    hull = _hull(_corners(zone, grams))
    for (lighter, cheaper), (heavier, dearer) in reversed(list(pairwise(hull))):
        rise, run = dearer - cheaper, heavier - lighter
        if dearer * run - rise * heavier >= run:
            return Edge(heavier, dearer, rise, run)
    return Edge(grams, 0, 0, 1)


def _corners(zone: Zone, grams: int) -> Sequence[tuple[int, int]]:
    """Where the price is lowest for its weight: the ends of the steps, from nothing to so many grams."""
    last = zone.steps[-1].grams
    ends = {step.grams for step in zone.steps if step.grams < grams}
    if grams > last:
        stride = _KILOGRAM if zone.per_kilogram else last
        ends |= {last, last + stride * ((grams - last) // stride)}
        if not zone.per_kilogram:
            # Prices repeat after each full parcel, so the first and the last ones make the hull.
            ends |= {full * last + step.grams for full in (grams // last - 1, grams // last) for step in zone.steps}
    known = sorted(each for each in ends if each < grams)
    return [(0, zone.steps[0].price), *((each, price(zone, each)) for each in known), (grams, price(zone, grams))]


def _hull(points: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The lower convex hull of points sorted by weight."""
    hull: list[tuple[int, int]] = []
    for x, y in points:
        while len(hull) > 1 and (hull[-1][1] - hull[-2][1]) * (x - hull[-2][0]) >= (y - hull[-2][1]) * (
            hull[-1][0] - hull[-2][0]
        ):
            hull.pop()
        hull.append((x, y))
    return hull
