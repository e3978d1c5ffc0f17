"""Lanes on which channels hand in their orders, each with a limit of its own, so that none can crowd out another.

API Gateway limits by keys of a usage plan. The template has a key for each lane; which channel is on which lane follows
from the list of channels alone. So nothing has to be made, or can be missing, when a channel is set up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from zlib import crc32

LANES = 24
"""Lanes of channels. From more channels than this on, some share one."""

STRANGERS = 0
"""The lane of whoever names a channel that is none: they have a limit together."""


def lane_of(channel_id: str, channels: Sequence[str]) -> int:
    """The lane of a channel among all, sorted by their ids: each has its own, as long as there are as many."""
    place = bisect_left(channels, channel_id)
    known = place < len(channels) and channels[place] == channel_id
    return 1 + place % LANES if known else STRANGERS


def lane_by_name(channel_id: str) -> int:
    """A lane for a channel while the list of channels cannot be read: better a shared limit than none let in."""
    return 1 + crc32(channel_id.encode()) % LANES


def key_of(stack: str, lane: int) -> str:
    """The value of a lane's key. It opens nothing: keys of callers are not looked at."""
    return f"{stack}-channels-of-lane-{lane:02}"
