"""What sourcing knows of a location, and who may not give what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from oms.setup import Location, LocationKind
from oms.sourcing.distance import Coordinates

StockView = Mapping[str, Mapping[str, int]]
"""Available units by sku and location id, without those that others who wait for them have a right to."""

Barred = Mapping[tuple[str, str], str]
"""Who may not give what, and why, in words for the explanation: by (location id, sku), by (location id, "") nothing."""

NOBODY_BARRED: Barred = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What sourcing has to know of a location; the smaller `priority` is preferred among equally good ones.

    The fields are those of `oms.setup.Location`, where they are explained.
    """

    location_id: str
    latitude: float | None = None
    longitude: float | None = None
    away: int | None = None
    """Metres to the destination, where they are known without it: from the record of a decision."""
    priority: int = 0
    kind: LocationKind = LocationKind.WAREHOUSE
    country: str = ""
    groups: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    ships: bool = True
    rate_card: str = ""
    handling_parcel: int = 0
    handling_unit: int = 0
    unsold_percent: int = 0
    processing_days: int = 1
    cut_off: str = ""
    time_zone: str = "UTC"
    working_days: tuple[int, ...] = ()
    closed_days: tuple[date, ...] = ()

    @property
    def coordinates(self) -> Coordinates | None:
        """Where it is; None when either coordinate is unknown."""
        if self.latitude is None or self.longitude is None:
            return None
        return Coordinates(self.latitude, self.longitude)


def site_of(location: Location) -> Site:
    """A location as sourcing sees it."""
    return Site(
        location_id=location.location_id,
        latitude=location.latitude,
        longitude=location.longitude,
        priority=location.priority,
        kind=location.kind,
        country=location.address.country,
        groups=location.groups,
        markets=location.markets,
        abilities=location.abilities,
        services=location.services,
        ships=location.ships,
        rate_card=location.rate_card,
        handling_parcel=location.handling_parcel,
        handling_unit=location.handling_unit,
        unsold_percent=location.unsold_percent,
        processing_days=location.processing_days,
        cut_off=location.cut_off,
        time_zone=location.time_zone,
        working_days=location.working_days,
        closed_days=location.closed_days,
    )
