"""Places on the globe and the great-circle distance between them."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the earth by the IUGG: (2a + b) / 3 of the GRS 80 ellipsoid."""

METRES_PER_KILOMETRE = 1000


@dataclass(frozen=True, slots=True)
class Coordinates:
    """A point in degrees: latitude north of the equator, longitude east of Greenwich (WGS 84)."""

    latitude: float
    longitude: float


def metres(start: Coordinates, end: Coordinates) -> int:
    """The great-circle distance in whole metres, by the haversine formula.

    The formula stays exact for near points (R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68, 1984);
    the earth being an ellipsoid makes it wrong by at most 0.6 per cent. Whole metres make sums of distances exact, so
    that they compare the same in whatever order they were added.
    """
    south, north = radians(start.latitude), radians(end.latitude)
    half_height = sin((north - south) / 2)
    half_width = sin(radians(end.longitude - start.longitude) / 2)
    chord = half_height**2 + cos(south) * cos(north) * half_width**2
    return round(2 * METRES_PER_KILOMETRE * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord))))


def kilometres(metres: int) -> int:
    """Whole kilometres, to the nearest."""
    return round(metres / METRES_PER_KILOMETRE)
