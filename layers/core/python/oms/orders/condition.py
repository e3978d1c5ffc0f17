"""In what condition goods come back, as whoever announces them says."""

from __future__ import annotations

from enum import StrEnum


class ItemCondition(StrEnum):
    """What was done with a unit before it came back."""

    UNOPENED = "unopened"
    """The packing is as it was."""
    OPENED = "opened"
    """Unpacked and tried, and not used."""
    USED = "used"
    UNKNOWN = "unknown"
    """Nobody said."""


KNOWN_CONDITIONS = tuple(each for each in ItemCondition if each is not ItemCondition.UNKNOWN)
"""Those that somebody can tell, and that a channel can take back."""
