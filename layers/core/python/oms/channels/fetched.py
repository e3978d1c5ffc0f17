"""Where a platform's customer fetches the goods: its names of places, and ours."""

from __future__ import annotations

from collections.abc import Iterable

from oms.setup import Channel


def store_named(channel: Channel, names: Iterable[str]) -> str:
    """The location that the channel's `pickup_locations` has for one of these names; empty when it has for none.

    Capital letters and space around a name make no difference.
    """
    known = {name.strip().casefold(): location_id for name, location_id in channel.pickup_locations.items()}
    found = (known.get(name.strip().casefold(), "") for name in names if name.strip())
    return next((location_id for location_id in found if location_id), "")
