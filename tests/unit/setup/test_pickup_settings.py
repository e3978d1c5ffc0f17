"""What set-up says about customers who fetch their goods in a store."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from oms.setup import Channel, Location
from oms.setup_body import from_body
from oms.setup_channel import ChannelForm, ChannelRow
from oms.setup_forms import LocationForm, LocationRow

STORE: dict[str, Any] = {"name": "Mitte", "address": {"country": "DE"}, "latitude": 52.5, "longitude": 13.4}


def test_a_store_says_when_it_is_open_and_how_long_it_keeps_what_is_fetched() -> None:
    hours = {"sat": "10:00-16:00", "mon": "10:00-13:00, 15:00-19:00"}
    store = LocationForm(**STORE, pickup_days=7, ship_to_store=True, opening_hours=hours).value("mitte")
    assert (store.pickup_days, store.ship_to_store) == (7, True)
    assert list(store.opening_hours.items()) == [("mon", "10:00-13:00, 15:00-19:00"), ("sat", "10:00-16:00")]


@pytest.mark.parametrize(
    "hours", [{"monday": "10:00-19:00"}, {"mon": "10-19"}, {"mon": "19:00-10:00"}, {"mon": "10:00-13:00, 12:00-19:00"}]
)
def test_hours_that_cannot_be_are_refused(hours: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        LocationForm(**STORE, opening_hours=hours)


def test_a_place_without_these_settings_hands_nothing_over() -> None:
    assert LocationForm(**STORE).value("mitte").pickup_days == 0
    kept = {"location_id": "mitte", "name": "Mitte", "latitude": 1.0, "longitude": 2.0}
    assert from_body(Location, kept).opening_hours == {}


def test_rows_of_a_spreadsheet_say_the_same() -> None:
    row = LocationRow(location_id="mitte", **STORE, opening_hours="mon=10:00-19:00|tue=10:00-19:00")  # type: ignore[arg-type]
    assert row.opening_hours == {"mon": "10:00-19:00", "tue": "10:00-19:00"}
    channel = ChannelRow(channel_id="web", platform="shopify", name="Web", pickup_locations="Store Mitte=mitte")  # type: ignore[arg-type]
    assert channel.value("web").pickup_locations == {"Store Mitte": "mitte"}
    with pytest.raises(ValidationError, match="twice"):
        ChannelRow(channel_id="web", platform="shopify", name="Web", pickup_locations="A=x|A=y")  # type: ignore[arg-type]


def test_a_channel_names_its_places_with_the_ids_of_ours() -> None:
    kept = ChannelForm(platform="shopify", name="Web", pickup_locations={"Store Mitte": "mitte"}).value("web")
    assert kept.pickup_locations == {"Store Mitte": "mitte"}
    assert from_body(Channel, {"channel_id": "web", "platform": "shopify", "name": "Web"}).pickup_locations == {}
    with pytest.raises(ValidationError):
        ChannelForm(platform="shopify", name="Web", pickup_locations={"": "mitte"})
