"""What somebody has to look at in a channel: found while its orders are fetched, polled or compared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oms.ids import derived

MOST_WORDS = 1000
"""Characters of a problem that are kept."""


class WorkKind(StrEnum):
    """Why somebody has to look."""

    UNREADABLE = "unreadable"
    """The channel has a document that cannot be read as an order."""
    REFUSED = "refused"
    """The channel's platform does not let us see an order, or anything at all."""
    GAVE_UP = "gave_up"
    """A notice named an order that the platform did not have in all the time that we asked for it."""
    MISSING_THERE = "missing_there"
    """We have an order that the platform does not have, or no longer has."""
    MISSED = "missed"
    """The platform had an order that never reached us. It was captured when it was found."""
    DIFFERS = "differs"
    """An order stands otherwise with us than with the platform."""
    CANNOT_ASK = "cannot_ask"
    """The platform says that something happened to an order, and the channel has no `api_url` to ask at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to look at. The words name no person and repeat no value of a document."""

    channel_id: str
    kind: WorkKind
    external_id: str = ""
    """The channel's id of the order, or a file's name; empty when it is about the channel as a whole."""
    problem: str = ""

    @property
    def work_id(self) -> str:
        """The same for every finding of one kind about one order: found again, it is still one piece of work."""
        return f"{self.kind}-{derived('work', self.channel_id, self.kind, self.external_id, length=16)}"

    @property
    def digest(self) -> str:
        """Tells whether a finding says something else than the one before."""
        return derived(self.problem, length=16)
