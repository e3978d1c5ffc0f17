"""How often a platform may be told something, and when what did not succeed is tried again: figures and arithmetic.

The figures are on the safe side of what platforms publish for their smallest plans, at up to three calls for each thing
that is told (adapters look before they write): Shopify's GraphQL Admin API gives back 100 points a second and a change
costs 10; Amazon's `confirmShipment` takes 2 a second; BigCommerce takes 150 in 30 seconds; eBay counts by the day;
WooCommerce and Adobe Commerce set no limit, but are somebody's web server.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from oms.circuit import LONGEST_ASKED, wait_after
from oms.setup import Channel, Platform

PER_MINUTE: Mapping[Platform, int] = {
    Platform.SHOPIFY: 120,
    Platform.WOOCOMMERCE: 60,
    Platform.AMAZON: 60,
    Platform.BIGCOMMERCE: 90,
    Platform.EBAY: 60,
    Platform.ADOBE_COMMERCE: 60,
}
"""Things told in a minute, for channels that do not say their own figure."""

BURST = 10
"""Things that may be told at once after a pause."""

RETRIES = (
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    *(timedelta(hours=8),) * 12,
)
"""Waits between the tries of one thing: a little more than four days in all. Then a person has to look."""

SHORTEST_ASKED = timedelta(seconds=5)
"""Where a platform says that it is asked too often, and not for how long."""


def per_minute(channel: Channel) -> int:
    """How many things the channel is told in a minute at the most."""
    return channel.updates_per_minute or PER_MINUTE.get(channel.platform, 60)


def interval(channel: Channel) -> timedelta:
    """The time between two things when they come one after another."""
    return timedelta(minutes=1) / per_minute(channel)


def asked(seconds: float) -> timedelta:
    """How long to leave a platform alone that said that it is asked too often."""
    return min(LONGEST_ASKED, max(SHORTEST_ASKED, timedelta(seconds=seconds)))


def next_try(attempts: int, name: str, now: datetime, *, down: bool) -> datetime | None:
    """When something is tried again after so many tries; None when a person has to look.

    While the whole platform is down nobody has to look at each order.
    """
    wait = wait_after(attempts, RETRIES, name, endless=down)
    return None if wait is None else now + wait
